"""Profiles: what a member offers.

The profile of an organisation is the organisation itself; research groups and persons have a profile of their own
inside it. A *competence* is one statement of what a profile can do; *evidence* (a publication, project, patent or
licence) backs it and may be shared by several organisations.
"""
