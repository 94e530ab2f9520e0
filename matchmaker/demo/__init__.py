"""The demonstration cluster: fictional, clearly marked, created by ``make run`` only, removable by one command."""
