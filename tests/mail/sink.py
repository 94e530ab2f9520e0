"""A mail server for tests that can misbehave in every way a real one does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests.servers import free_port


class Moody(SMTP):
    """The protocol, with the moods of the sink."""

    async def smtp_DATA(self, arg: str | None) -> None:
        if self.event_handler.mood == "hangs up in the middle":
            await self.push("354 go on")
            self.transport.close()
            return
        await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg: str | None) -> None:
        if self.event_handler.mood == "never says goodbye":
            await asyncio.Event().wait()
        await super().smtp_QUIT(arg)


@dataclass
class Sink:
    """A mail server that keeps what it is given, unless its mood says otherwise."""

    port: int = field(default_factory=free_port)
    mood: str = "kind"
    received: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    #: Called when a mail has come in and before the sender learns of it.
    before_answer: Callable[[], None] = lambda: None
    controller: Controller | None = None

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if self.mood == "knows nobody" or address.startswith("nobody"):
            return "550 no such user"
        if self.mood == "greylists":
            return "450 come back later"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.mood == "dislikes the content":
            return "554 spam"
        if self.mood == "is full":
            return "452 no space"
        self.received.append(message_from_bytes(envelope.content, policy=policy.default))
        self.recipients.append(list(envelope.rcpt_tos))
        if self.mood == "answers too late":
            await asyncio.Event().wait()
        self.before_answer()
        return "250 kept"

    @property
    def message_ids(self) -> list[str]:
        return [message["Message-ID"] for message in self.received]

    def start(self) -> None:
        """Open for mails."""
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.factory = lambda: Moody(self, hostname="sink.example")  # type: ignore[method-assign]
        self.controller.start()

    def stop(self) -> None:
        """Close, as an outage does."""
        if self.controller is not None:
            self.controller.stop()
            self.controller = None
