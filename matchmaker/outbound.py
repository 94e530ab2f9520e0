"""Requests that leave this machine: to addresses that somebody typed, so never to our own network.

A name is resolved once, and the connection goes to the very address that was checked: what a name server says a moment
later changes nothing. No redirect is followed, no proxy is asked, and an answer has a size and a time.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import SplitResult, urlsplit

#: Seconds for a whole exchange, from the name to the last byte.
PATIENCE = 10.0
#: Bytes of an answer that are read.
LARGEST_ANSWER = 1_000_000
#: Networks that lead to addresses of version 4 by another way, and could so lead home.
_DETOURS = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")))


class Refused(Exception):
    """No request goes to such an address; the message says what was expected."""


class Unreachable(Exception):
    """Nobody answered there, or not in time, or with more than is read; the message is a word for a log."""


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def check(url: str, *, local: bool = False) -> SplitResult:
    """The parts of an address to which a request may go, as far as its text tells. Raises Refused.

    ``local`` lets it be this machine and unencrypted; it is for tests.
    """
    if not url.isascii() or not url.isprintable() or any(c in url for c in ' \\"<>^`{|}'):
        raise Refused("expected an address of ASCII characters without spaces")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("expected an address such as https://example.org/hook") from None
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise Refused("expected an address that begins with https://")
    if not parts.hostname or parts.username is not None or parts.password is not None or port == 0:
        raise Refused("expected a host's name, and neither user nor password")
    with suppress(ValueError):
        if not local and not is_foreign(parts.hostname):
            raise Refused("expected an address on the internet, found one of a private network")
    return parts


def is_foreign(address: str) -> bool:
    """Whether an IP address is on the open internet. Raises ValueError for what is no IP address."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    detour = any(parsed in network for network in _DETOURS if network.version == parsed.version)
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved and not detour


def send(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
    local: bool = False,
    patience: float = PATIENCE,
    most: int = LARGEST_ANSWER,
) -> Reply:
    """Ask another machine, once. A redirect is an answer like any other. Raises Refused, Unreachable."""
    parts = check(url, local=local)
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=patience, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=patience)
    door = _Door(patience, local)
    # The host's name stays what the certificate is checked for; only where the connection goes is decided here.
    connection._create_connection = door.open  # type: ignore[attr-defined]
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, body=body, headers=dict(headers))
        answer = connection.getresponse()
        read = answer.read(most + 1)
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise Unreachable("time" if door.shut else type(error).__name__) from error
    finally:
        door.close()
        connection.close()
    if door.shut:
        raise Unreachable("time")
    if len(read) > most:
        raise Unreachable("size")
    return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, read)


class _Door:
    """Opens one connection, to an address that may be asked, and shuts it when the time is over."""

    def __init__(self, patience: float, local: bool) -> None:
        self._ends = time.monotonic() + patience
        self._local = local
        self._end: threading.Timer | None = None
        #: Whether the time was over before the exchange was.
        self.shut = False

    def open(self, where: tuple[str, int], *_ours: Any, **_other: Any) -> socket.socket:
        """A connection to the first address of a host that answers. Raises Refused, OSError."""
        found = socket.getaddrinfo(*where, type=socket.SOCK_STREAM)
        if not self._local and not all(is_foreign(str(address[0])) for *_rest, address in found):
            # One private address among public ones is a trick, not an accident.
            raise Refused("expected an address on the internet, found one of a private network")
        failure = OSError("no address")
        for family, kind, protocol, _name, address in found:
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(self._left())
                made.connect(address)
            except OSError as error:
                made.close()
                failure = error
            else:
                # A time-out of the socket begins anew with every byte; this one does not.
                self._end = threading.Timer(self._left(), self._shut, (made,))
                self._end.daemon = True
                self._end.start()
                return made
        raise failure

    def _left(self) -> float:
        return max(0.001, self._ends - time.monotonic())

    def _shut(self, made: socket.socket) -> None:
        self.shut = True
        with suppress(OSError):
            made.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop watching the clock."""
        if self._end is not None:
            self._end.cancel()
