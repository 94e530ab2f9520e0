"""From statements to vectors, in transactions of their own: a kill at any moment loses one batch of work and no fact.

Everything that makes vectors comes through here: a commit and a search for the few on their way, the job ``vectors``
and the commands for all there are. What was made is stored batch by batch; the next run asks the database what is left.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import structlog
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from embeddings import Encoder, Glossary
from matchmaker.db import db, reading, writing
from matchmaker.permissions import Visibility
from matchmaker.suggestions import indexing
from matchmaker.suggestions.models import Embedding, StatementRow

log = structlog.get_logger("matchmaker")

#: Texts that are embedded and committed together. The encoder sorts them by length, which saves most of the padding.
BATCH = 1024
#: Vectors whose reading is compared together after the glossary changed.
COMPARED = 2048
#: How often a text is tried that the model stumbles over.
ATTEMPTS = 3

Attempts = Counter[tuple[int, str]]
Progress = Callable[[int], object]


@dataclass(frozen=True)
class Made:
    """A vector that was made for a statement: of which text, read how."""

    statement: int
    text_hash: str
    reading: str
    vector: np.ndarray


# --- How a text is read ---------------------------------------------------------------------------------------------


def reading_of(encoder: Encoder, glossary: Glossary, text: str, language: str) -> str:
    """A hash of all that the glossary makes of a text: what the model is given, and the terms it is found by."""
    english = glossary.english(text, "" if language in encoder.languages else language)
    facts = "\0".join((english, *glossary.terms(text, language)))
    return hashlib.sha256(facts.encode()).hexdigest()[:32]


# --- Making vectors -------------------------------------------------------------------------------------------------


def encode(encoder: Encoder, texts: Sequence[str], languages: Sequence[str]) -> list[np.ndarray | None]:
    """A unit vector for each text, or None where the model could not make a sound one."""
    try:
        rows: Sequence[np.ndarray] = encoder.encode_passages(texts, languages=languages)
    except Exception:
        # One text that the model stumbles over must not keep the others from their vectors.
        if len(texts) == 1:
            return [None]
        return [encode(encoder, [one], [language])[0] for one, language in zip(texts, languages, strict=True)]
    return [row if _is_sound(row, encoder.dimension) else None for row in rows]


def _is_sound(vector: np.ndarray, dimension: int) -> bool:
    return (
        vector.shape == (dimension,)
        and bool(np.isfinite(vector).all())
        and abs(float(np.linalg.norm(vector)) - 1.0) < 1e-3
    )


def embed(
    encoder: Encoder,
    glossary: Glossary,
    *,
    limit: int,
    only: Sequence[int] | None = None,
    attempts: Attempts | None = None,
) -> int:
    """Make and store up to ``limit`` pending vectors in a transaction of its own; returns how many.

    While the model works no transaction is open, so nobody waits for it.
    """
    attempts = Counter() if attempts is None else attempts
    with reading(), Session(db.engine) as session:
        query = indexing.pending(encoder.space).order_by(StatementRow.id)
        if only is not None:
            query = query.where(StatementRow.id.in_(only))
        # A text that was given up must not keep those behind it from their turn.
        rows = [
            row
            for row in session.scalars(query.limit(limit + len(attempts)))
            if attempts[(row.id, row.text_hash)] < ATTEMPTS
        ][:limit]
        return _make(session, encoder, glossary, rows, attempts)


def embed_all(encoder: Encoder, glossary: Glossary, progress: Progress | None = None) -> int:
    """Make and store every pending vector, batch by batch; returns how many texts the model could not encode."""
    attempts: Attempts = Counter()
    while True:
        stored, last = 0, 0
        while True:
            with reading(), Session(db.engine) as session:
                query = indexing.pending(encoder.space).where(StatementRow.id > last)
                rows = list(session.scalars(query.order_by(StatementRow.id).limit(BATCH)))
                if not rows:
                    break
                last = rows[-1].id
                made = _make(session, encoder, glossary, rows, attempts)
            stored += made
            if progress is not None:
                progress(made)
        # Something may have been written behind us; a round that stores nothing was the last.
        if not stored:
            break
    with reading(), Session(db.engine) as session:
        return indexing.count_pending(session, encoder.space)


def _make(
    session: Session, encoder: Encoder, glossary: Glossary, rows: Sequence[StatementRow], attempts: Attempts
) -> int:
    """Vectors for these statements, stored; those of texts that are known already are copied."""
    if not rows:
        return 0
    readings = {row.id: reading_of(encoder, glossary, row.text, row.language) for row in rows}
    known = _known(session, encoder, rows)
    # The transaction that looked ends here: no lock and no snapshot is held while the model works.
    session.expunge_all()
    session.rollback()
    made: list[Made] = []
    # A text that several statements share is read once.
    waiting: dict[tuple[str, str], list[StatementRow]] = {}
    for row in rows:
        vector = known.get((row.id, readings[row.id]))
        if vector is not None:
            made.append(Made(row.id, row.text_hash, readings[row.id], vector))
        else:
            waiting.setdefault((row.text_hash, readings[row.id]), []).append(row)
    firsts = [held[0] for held in waiting.values()]
    vectors = encode(encoder, [row.text for row in firsts], [row.language for row in firsts]) if firsts else []
    for held, vector in zip(waiting.values(), vectors, strict=True):
        for row in held:
            if vector is None:
                attempts[(row.id, row.text_hash)] += 1
                log.error("text not encoded", statement=row.id, attempt=attempts[(row.id, row.text_hash)])
            else:
                made.append(Made(row.id, row.text_hash, readings[row.id], vector))
    if not made:
        return 0
    with writing(), Session(db.engine) as session:
        stored = store(session, encoder.space, made, glossary.version)
        session.commit()
    return stored


def _known(session: Session, encoder: Encoder, rows: Sequence[StatementRow]) -> Mapping[tuple[int, str], np.ndarray]:
    """Vectors of the very same texts, by statement and reading.

    A vector carries what its text says, so it is taken over only from a text that is public or the organisation's own:
    not even the time it takes tells whether somebody else keeps the same words in private.
    """
    wanted: dict[str, list[StatementRow]] = {}
    for row in rows:
        wanted.setdefault(row.text_hash, []).append(row)
    found = session.execute(
        select(
            Embedding.text_hash,
            Embedding.reading,
            Embedding.vector,
            StatementRow.organisation_id,
            StatementRow.visibility,
        )
        .join(StatementRow, StatementRow.id == Embedding.statement_id)
        .where(Embedding.model_hash == encoder.space, Embedding.text_hash.in_(wanted), ~StatementRow.gone)
    )
    known: dict[tuple[int, str], np.ndarray] = {}
    for text_hash, read, vector, organisation_id, visibility in found:
        if len(vector) != 4 * encoder.dimension:
            continue
        for row in wanted[text_hash]:
            if visibility == Visibility.PUBLIC or organisation_id == row.organisation_id:
                known[row.id, read] = np.frombuffer(vector, dtype="<f4")
    return known


def store(session: Session, model_hash: str, made: Sequence[Made], glossary: str) -> int:
    """Store vectors that were made under a version of the glossary; commits nothing.

    What has changed meanwhile, or what another worker has stored, is left out. Returns how many were stored.
    """
    # The clock's row is locked first, so that two workers look at what is there one after the other.
    tick = indexing.next_tick(session)
    ids = [one.statement for one in made]
    present = dict(
        session.execute(select(StatementRow.id, StatementRow.text_hash).where(StatementRow.id.in_(ids))).all()
    )
    held = {
        statement: (text_hash, read)
        for statement, text_hash, read in session.execute(
            select(Embedding.statement_id, Embedding.text_hash, Embedding.reading).where(
                Embedding.statement_id.in_(ids), Embedding.model_hash == model_hash
            )
        )
    }
    rows = [
        {
            "statement_id": one.statement,
            "model_hash": model_hash,
            "text_hash": one.text_hash,
            "reading": one.reading,
            "glossary": glossary,
            "vector": np.ascontiguousarray(one.vector, dtype="<f4").tobytes(),
            "changed": tick,
        }
        for one in made
        if present.get(one.statement) == one.text_hash and held.get(one.statement) != (one.text_hash, one.reading)
    ]
    if rows:
        outdated = [row["statement_id"] for row in rows if row["statement_id"] in held]
        if outdated:
            session.execute(
                delete(Embedding).where(Embedding.statement_id.in_(outdated), Embedding.model_hash == model_hash)
            )
        session.execute(insert(Embedding), rows)
    return len(rows)


def drop_damaged(encoder: Encoder) -> int:
    """Delete vectors that are not as long as the model's, so that they are made anew; returns how many."""
    wrong = (Embedding.model_hash == encoder.space) & (func.length(Embedding.vector) != 4 * encoder.dimension)
    with writing(), Session(db.engine) as session:
        gone = session.execute(delete(Embedding).where(wrong)).rowcount
        session.commit()
        return int(gone)


# --- After the glossary changed -------------------------------------------------------------------------------------


def read_again(encoder: Encoder, glossary: Glossary, progress: Progress | None = None) -> int:
    """Compare how every text is read with how it was read for its vector; make anew what differs.

    Until then the older vector is used: it lies in the same space. Returns how many were made anew.
    """
    made_anew = 0
    attempts: Attempts = Counter()
    for rows in _read_otherwise(encoder, glossary):
        same, differing = [], []
        for row, read, embedding in rows:
            if reading_of(encoder, glossary, row.text, row.language) == read:
                same.append(embedding)
            else:
                differing.append(row)
        if same:
            with writing(), Session(db.engine) as session:
                session.execute(update(Embedding).where(Embedding.id.in_(same)).values(glossary=glossary.version))
                session.commit()
        for start in range(0, len(differing), BATCH):
            with reading(), Session(db.engine) as session:
                made_anew += _make(session, encoder, glossary, differing[start : start + BATCH], attempts)
        if progress is not None:
            progress(len(rows))
    return made_anew


def _read_otherwise(encoder: Encoder, glossary: Glossary) -> Iterator[list[tuple[StatementRow, str, int]]]:
    """The statements whose vector was made under another version of the glossary, in batches."""
    last = 0
    while True:
        with reading(), Session(db.engine) as session:
            found = [
                (row, read, embedding)
                for row, read, embedding in session.execute(
                    select(StatementRow, Embedding.reading, Embedding.id)
                    .join(Embedding, Embedding.statement_id == StatementRow.id)
                    .where(_other_glossary(encoder.space, glossary.version), StatementRow.id > last)
                    .order_by(StatementRow.id)
                    .limit(COMPARED)
                )
            ]
            session.expunge_all()
        if not found:
            return
        last = found[-1][0].id
        yield found


def _other_glossary(model_hash: str, version: str) -> object:
    return (
        (Embedding.model_hash == model_hash)
        & (Embedding.text_hash == StatementRow.text_hash)
        & (Embedding.glossary != version)
        & ~StatementRow.gone
    )


def count_read_otherwise(session: Session, model_hash: str, version: str) -> int:
    """How many vectors were made under another version of the glossary and have not been compared since."""
    query = select(func.count()).select_from(Embedding).join(StatementRow, StatementRow.id == Embedding.statement_id)
    return session.scalar(query.where(_other_glossary(model_hash, version))) or 0
