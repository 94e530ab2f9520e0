"""Imports: organisations, statements and CORDIS files come in, with a dry run, progress and named bad rows.

A row is known again by its *key* (its own, a ROR id, or a number of its source), so the same file twice creates
nothing new and an import that was killed goes on where it stopped. Good rows are kept; each bad row is reported with
its line and the reason.
"""
