"""Imports: organisations, statements and CORDIS files come in, with a dry run, progress and named bad rows."""
