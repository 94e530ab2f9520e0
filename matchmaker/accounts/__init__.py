"""Accounts: users, how they sign in, and the tokens their programs use.

A user is a person who signs in and acts for an organisation. What a user may do follows from the organisations they
belong to and the clusters they manage (``matchmaker.clusters``), never from the account alone; the one exception is
the role ``platform-admin``.
"""
