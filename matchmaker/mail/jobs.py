"""The worker's part: sending what the outbox holds."""

from __future__ import annotations

from datetime import timedelta

from matchmaker.jobs import job
from matchmaker.mail import delivery
from matchmaker.mail.operations import JOB


@job(JOB, every=timedelta(minutes=1))
def send_mails() -> None:
    """Send every mail that is due, and those that are written meanwhile."""
    while delivery.deliver_due()[0]:
        pass
