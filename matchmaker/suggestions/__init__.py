"""Suggestions: who fits, and why.

An item's text becomes *statements* (rows, written in the item's own transaction) and *embeddings* (rows too, made
after the commit). Each worker keeps an index in memory that catches up with the database before every search, so the
index is only ever a cache. The engine proposes candidates among what the viewer may read; the database has the last
word; the manager's verdicts are applied as constraints beside the scores. The only importer of ``embeddings``.
"""
