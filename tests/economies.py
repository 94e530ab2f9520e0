"""What hundreds of applications in one run need not do again: read templates, and write the code of addresses."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule


class CompiledTemplates(BytecodeCache):
    """Keeps each template's code for the applications after the first; a changed source is compiled anew."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket with what was kept, which Jinja checks against the source."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


def write_addresses_when_asked() -> None:
    """Let Werkzeug write the code that makes a route's addresses when the first is made, not with each application.

    An application has hundreds of routes and a test asks for the addresses of a few: this is most of the time that
    making an application takes.
    """
    compile_now = Rule._compile_builder

    def compile_later(rule: Rule, append_unknown: bool = True) -> Any:
        written = cache(partial(compile_now, rule, append_unknown))
        return lambda bound, /, **values: written()(bound, **values)

    Rule._compile_builder = compile_later  # type: ignore[method-assign]
