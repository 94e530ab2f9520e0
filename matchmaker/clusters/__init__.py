"""Clusters: the networks, the organisations in them, who belongs to an organisation, and who manages a cluster.

A membership of a user in an organisation is *asked for* (waiting until an organisation admin agrees) or *active*.
Whoever creates an organisation is its first admin.
"""
