"""``python -m matchmaker`` is the command ``matchmaker``."""

from matchmaker.cli import main

main()
