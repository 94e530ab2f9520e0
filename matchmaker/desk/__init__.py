"""The desk: the cluster manager's home; what waits, what was decided, what is missing."""
