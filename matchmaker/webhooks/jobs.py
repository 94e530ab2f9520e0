"""The worker's part: sending what webhooks wait for."""

from __future__ import annotations

from datetime import timedelta

from matchmaker.jobs import job
from matchmaker.webhooks import sending
from matchmaker.webhooks.operations import JOB


@job(JOB, every=timedelta(minutes=1))
def send() -> None:
    """Send every delivery that is due, and those that come meanwhile."""
    while sending.send_due()[0]:
        pass
