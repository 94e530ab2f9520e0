"""Watches: searches that a member keeps, and is told about when something new fits.

A *watch* is a search as it stands in an address: words, a kind, filters. Words alone, a field of activity alone, or
both; watching a topic is keeping a search for its field. A *find* is one item that fits and that its owner was told
of, once. A job looks every few minutes with the rights its owner has at that moment; what the owner may not read is
never found. What fitted when the watch was made is known already and not told.
"""
