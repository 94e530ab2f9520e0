"""What people may know, take along and have erased: their data, and the trail of who did what.

``register.txt`` classifies every column there is; the processing register, the exports and what an erasure must reach
follow from it. A table or column that is missing there fails the tests.

*Erasing* a person takes the account and everything about the person, and leaves what they wrote for an organisation to
that organisation, without a name. Erasing an organisation takes all it registered. Each erasure is noted in a ledger,
in the database and in a file beside it, so that ``matchmaker privacy reapply`` repeats it after a backup was restored.
"""
