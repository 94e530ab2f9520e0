"""The command line in the language of the terminal: help, answers, and click's own words around them.

Commands are written in English as always: help stands in docstrings and ``help=``, and ``extract`` finds it there for
the catalogues. Groups, commands and options of this module say it in the language that the terminal asks for.
"""

from __future__ import annotations

import ast
import inspect
import io
from collections.abc import Iterator
from functools import partial
from typing import IO, Any

import click
from babel.messages.extract import extract_python
from flask.cli import AppGroup, FlaskGroup

from matchmaker.config import N_
from matchmaker.translations import terminal_language, translations_to


def said(message: str) -> str:
    """A message in the language of the terminal."""
    found: str = translations_to(terminal_language()).gettext(message) if message else ""
    return found


def ngettext(singular: str, plural: str, number: int) -> str:
    """A message on that number of things in the language of the terminal."""
    found: str = translations_to(terminal_language()).ngettext(singular, plural, number)
    return found


class _Spoken:
    """A command or option whose help is said anew whenever somebody asks."""

    _help: str | None = None

    @property
    def help(self) -> str | None:
        return said(inspect.cleandoc(self._help)) if self._help else self._help

    @help.setter
    def help(self, words: str | None) -> None:
        self._help = words


class Option(_Spoken, click.Option):
    """An option, and what it asks where it prompts."""

    _prompt: str | None = None

    @property
    def prompt(self) -> str | None:
        return said(self._prompt) if self._prompt else self._prompt

    @prompt.setter
    def prompt(self, words: str | None) -> None:
        self._prompt = words


class _SpokenCommand(_Spoken):
    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        # Click keeps the one it made, with the words of that moment.
        option: click.Option | None = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = said("Show this message and exit.")
        return option


class Command(_SpokenCommand, click.Command):
    """A command."""


class Group(_SpokenCommand, AppGroup):
    """The commands of a slice, each of which runs in the application's context."""

    command_class = Command


class Root(_SpokenCommand, FlaskGroup):
    """The command ``matchmaker`` itself, without Flask's commands for developers, who type ``flask --app wsgi``."""

    command_class = Command

    def __init__(self, **settings: Any) -> None:
        super().__init__(add_default_commands=False, add_version_option=False, **settings)
        # What is left of Flask's options chooses another application or a debugger.
        self.params = []


option = partial(click.option, cls=Option)
confirmation_option = partial(click.confirmation_option, cls=Option)

# --- Click's own words ------------------------------------------------------------------------------------------------

#: What click says in our commands. It asks Python's gettext, which reads compiled catalogues only; so it is asked to
#: ask ours. What is missing here is said in English.
CLICK = (
    N_("Aborted!"),
    N_("Choose from:\n\t{choices}"),
    N_("Commands"),
    N_("Confirm the action without prompting."),
    N_("Error: invalid input"),
    N_("Error: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("Invalid value: {message}"),
    N_("Missing argument"),
    N_("Missing command."),
    N_("Missing option"),
    N_("No such command {name!r}."),
    N_("No such option {name!r}."),
    N_("Option {name!r} does not take a value."),
    N_("Options"),
    N_("Show the version and exit."),
    N_("Show this message and exit."),
    N_("Try '{command} {option}' for help."),
    N_("Usage:"),
    N_("default: {default}"),
    N_("required"),
    N_("{name} {filename!r} does not exist."),
    N_("{name} {filename!r} is a directory."),
    N_("{name} {filename!r} is a file."),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
    ngettext("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)", 1),
    ngettext("{value!r} is not {choice}.", "{value!r} is not one of {choices}.", 1),
)
for _module in (
    click.core,
    click.decorators,
    click.exceptions,
    click.formatting,
    click.parser,
    click.termui,
    click.types,
):
    for _name, _ours in (("_", said), ("ngettext", ngettext)):
        if hasattr(_module, _name):
            setattr(_module, _name, _ours)


# --- For the catalogues -----------------------------------------------------------------------------------------------


def extract(
    fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, str, Any, list[str]]]:
    """What a file of commands says, for ``make words``: marked texts, docstrings of commands, help and prompts."""
    written = fileobj.read()
    yield from extract_python(io.BytesIO(written), keywords, comment_tags, options)
    for node in ast.walk(ast.parse(written)):
        if isinstance(node, ast.FunctionDef) and any(map(_makes_command, node.decorator_list)):
            yield node.lineno, "gettext", ast.get_docstring(node), []
        elif isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg in ("help", "prompt") and isinstance(keyword.value, ast.Constant):
                    yield node.lineno, "gettext", keyword.value.value, []


def _makes_command(decorator: ast.expr) -> bool:
    made_by = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(made_by, ast.Attribute) and made_by.attr in ("command", "group")
