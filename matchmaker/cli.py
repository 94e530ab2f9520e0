"""The command ``matchmaker``: Flask's own command group over our application."""

from __future__ import annotations

import sys

import click
from flask.cli import FlaskGroup

from matchmaker.config import ConfigurationError


def _create() -> object:
    from matchmaker import create_app

    return create_app()


@click.group(cls=FlaskGroup, create_app=_create, add_default_commands=True)
def group() -> None:
    """Partner matchmaking for innovation clusters."""


def main() -> None:
    """The entry point; a configuration error is a sentence, not a trace."""
    try:
        group(prog_name="matchmaker")
    except ConfigurationError as error:
        click.echo(f"matchmaker: {error}", err=True)
        sys.exit(2)
