"""The digest: one mail, at most as often as its reader wants, with what waits and who fits.

It holds a line for each piece of news that the reader wants in the digest and has not read, and strong or good partners
for the own needs that nobody has answered and no digest has named. The partners are only for readers who have not
looked in for as long as a digest takes to come round; whoever comes here anyway sees them here. They are asked for with
the rights the reader has when the digest is written. Without anything to say no digest is sent.
"""
