"""Where templates, static files and translations lie: in the installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def resource_folder(name: str) -> str:
    """The folder of that name, packaged or in the checkout. Raises FileNotFoundError where neither exists."""
    for candidate in (PACKAGE / name, PACKAGE.parent / name):
        if candidate.is_dir():
            return str(candidate)
    raise FileNotFoundError(f"expected a folder {name!r} in or beside {PACKAGE}, found neither")
