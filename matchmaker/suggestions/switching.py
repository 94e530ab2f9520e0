"""The model in use: another is built beside it, taken into use at once, and one can go back at once.

Every vector is stored under the fingerprint of its model, and a worker reads those of one model only, so vectors of two
models never meet. The active model is a row that each worker compares with its own before a search.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from embeddings import BUNDLED_MODEL, Encoder, Glossary, ModelRefused, ModelUnavailable, load_encoder
from embeddings.encoder import find_model
from matchmaker.config import Settings
from matchmaker.db import db, reading, utcnow, writing
from matchmaker.suggestions import indexing
from matchmaker.suggestions.embedding import Progress, embed_all
from matchmaker.suggestions.models import Embedding, ModelUse, Standing


class NothingToGoBackTo(Exception):
    """No model was used before, or its vectors were tidied away."""


# --- Loading ----------------------------------------------------------------------------------------------------------


def load_active(session: Session, settings: Settings) -> Encoder:
    """The encoder of the model in use. Raises ModelUnavailable and ModelRefused."""
    use = active(session)
    return load(settings, settings.model) if use is None else load_use(settings, use)


def load_use(settings: Settings, use: ModelUse) -> Encoder:
    """The encoder of a model that was taken into use; one whose files changed since is refused."""
    encoder = load(settings, use.name)
    if encoder.space != use.model_hash:
        raise ModelRefused(
            f"expected {use.name or BUNDLED_MODEL} as it was taken into use ({use.model_hash[:12]}…), "
            f"found {encoder.space[:12]}…: its files changed. Run `matchmaker model use` to take it as it is now"
        )
    return encoder


def load(settings: Settings, name: str | None) -> Encoder:
    """The encoder of that name or directory. Raises ModelUnavailable and ModelRefused."""
    return load_encoder(
        name or None,
        cache_dir=settings.data_dir / "models",
        allow_download=bool(name),
        reference=settings.encoder == "reference",
    )


@cache
def default_space(settings: Settings) -> str:
    """The fingerprint of the model that the settings name, told by its files; '' where it is not there."""
    try:
        return find_model(settings.model, settings.data_dir / "models").fingerprint
    except (ModelUnavailable, ModelRefused):
        return ""


def full_name(name: str) -> str:
    """A directory by its whole path, so that it is found from wherever a worker starts; '' for the bundled model."""
    if name == BUNDLED_MODEL:
        return ""
    path = Path(name).expanduser()
    return str(path.resolve()) if path.is_dir() else name


# --- Reading ----------------------------------------------------------------------------------------------------------


def active(session: Session) -> ModelUse | None:
    """The model somebody took into use; None where the installation's setting decides."""
    return session.scalar(select(ModelUse).where(ModelUse.standing == Standing.ACTIVE))


def active_hash(session: Session) -> str:
    """The fingerprint of the model somebody took into use; '' where nobody did."""
    return session.scalar(select(ModelUse.model_hash).where(ModelUse.standing == Standing.ACTIVE)) or ""


def building(session: Session) -> ModelUse | None:
    """The model whose vectors are being made beside those in use."""
    return session.scalar(select(ModelUse).where(ModelUse.standing == Standing.BUILDING))


def former(session: Session) -> ModelUse | None:
    """The model that was used before the present one."""
    return session.scalar(
        select(ModelUse).where(ModelUse.standing == Standing.FORMER).order_by(ModelUse.since.desc(), ModelUse.id.desc())
    )


def uses(session: Session) -> list[tuple[ModelUse, int]]:
    """Every model that was taken into use with the number of its vectors, the latest first."""
    counts = dict(session.execute(select(Embedding.model_hash, func.count()).group_by(Embedding.model_hash)).all())
    rows = session.scalars(select(ModelUse).order_by(ModelUse.since.desc(), ModelUse.id.desc()))
    return [(use, counts.get(use.model_hash, 0)) for use in rows]


# --- Switching --------------------------------------------------------------------------------------------------------


def begin(session: Session, encoder: Encoder, name: str, *, present: tuple[str, Encoder] | None) -> ModelUse:
    """Note that a model's vectors are to be made. ``present`` names what is in use, should nobody have noted it."""
    if active(session) is None and present is not None:
        in_use = _noted(session, *present)
        in_use.standing = Standing.ACTIVE
    earlier = building(session)
    if earlier is not None and earlier.model_hash != encoder.space:
        earlier.standing = Standing.FORMER
        earlier.since = utcnow()
    use = _noted(session, name, encoder)
    use.name = name
    if use.standing is not Standing.ACTIVE:
        use.standing = Standing.BUILDING
        use.since = utcnow()
    session.flush()
    return use


def _noted(session: Session, name: str, encoder: Encoder) -> ModelUse:
    use = session.scalar(select(ModelUse).where(ModelUse.model_hash == encoder.space))
    if use is None:
        use = ModelUse(
            name=name, model_hash=encoder.space, dimension=encoder.dimension, standing=Standing.FORMER, since=utcnow()
        )
        session.add(use)
        session.flush()
    return use


def build(encoder: Encoder, glossary: Glossary, progress: Progress | None = None) -> bool:
    """Make the vectors of the model being built and take it into use; returns whether it is.

    Killed at any moment it goes on where it stopped; what is written meanwhile is embedded before the swap.
    """
    while True:
        failed = embed_all(encoder, glossary, progress)
        with writing(), Session(db.engine) as session:
            use = building(session)
            if use is None or use.model_hash != encoder.space:
                # Somebody decided otherwise meanwhile, or another process came first.
                return active_hash(session) == encoder.space
            # The transaction holds the clock, so nothing is written between this look and the swap.
            indexing.next_tick(session)
            if indexing.count_pending(session, encoder.space) <= failed:
                swap(session, use)
                session.commit()
                return True


def swap(session: Session, use: ModelUse) -> None:
    """Take a model into use: every worker sees it before its next search."""
    indexing.next_tick(session)
    earlier = active(session)
    if earlier is not None and earlier is not use:
        earlier.standing = Standing.FORMER
        earlier.since = utcnow()
        session.flush()
    use.standing = Standing.ACTIVE
    use.since = utcnow()
    session.flush()


def go_back(session: Session) -> ModelUse:
    """Take the model into use that was used before; what changed meanwhile is found by words until it is embedded.

    Raises NothingToGoBackTo.
    """
    use = former(session)
    if use is None:
        raise NothingToGoBackTo(_("no model was used before this one"))
    kept = session.scalar(select(func.count()).select_from(Embedding).where(Embedding.model_hash == use.model_hash))
    if not kept:
        raise NothingToGoBackTo(
            _(
                "the vectors of %(model)s were tidied away; run `matchmaker model use` to make them anew",
                model=use.name or BUNDLED_MODEL,
            )
        )
    swap(session, use)
    return use


def tidy() -> int:
    """Delete the vectors of models that are neither in use nor being built, some at a time; returns how many."""
    gone = 0
    with reading(), Session(db.engine) as session:
        wanted = {use.model_hash for use in (active(session), building(session)) if use is not None}
    if not wanted:
        return 0
    while True:
        with writing(), Session(db.engine) as session:
            ids = session.scalars(select(Embedding.id).where(Embedding.model_hash.not_in(wanted)).limit(5_000)).all()
            if not ids:
                return gone
            session.execute(delete(Embedding).where(Embedding.id.in_(ids)))
            session.commit()
            gone += len(ids)
