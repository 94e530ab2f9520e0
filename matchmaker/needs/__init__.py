"""Needs: things sought, by an organisation, until a day.

States: draft → open → met, closed (withdrawn) or expired. A need can be renewed with one click.
"""
