"""Mails for an installation without a mail server: printed, readable, with the link to follow."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from flask_mailman import EmailMessage
from flask_mailman.backends.base import BaseEmailBackend


class EmailBackend(BaseEmailBackend):
    """Prints mails to standard output instead of sending them."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Print each mail as its reader would see it."""
        for message in email_messages:
            rule = "─" * 72
            lines = [rule, f"To:      {', '.join(message.to)}", f"Subject: {message.subject}", "", message.body, rule]
            sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        return len(email_messages)
