"""Vectors in Milvus, for boards whose vectors don't fit into every worker: one job fills it, all workers search in it.

The database stays the truth. What the job has not brought over yet each worker holds in memory, so a change is found by
the next search as ever; a collection that lost something is left, and another is filled.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import structlog
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from embeddings.faiss_index import FaissIndex
from embeddings.layered import LayeredIndex
from embeddings.milvus import MilvusIndex
from matchmaker.config import Settings
from matchmaker.db import db, reading, writing
from matchmaker.suggestions import indexing
from matchmaker.suggestions.models import Embedding, SharedVectors, StatementRow

log = structlog.get_logger("matchmaker")

#: How Milvus searches: links of each vector, and how many candidates are looked at while building and while searching.
APPROXIMATE: dict[str, Any] = {
    "index_type": "HNSW",
    "index_parameters": {"M": 16, "efConstruction": 200},
    "search_parameters": {"ef": 512},
}
#: Seconds that a search waits for Milvus, and that the job does.
PATIENCE, JOBS_PATIENCE = 5.0, 60.0
#: Vectors that are brought over at once.
AT_ONCE = 5_000


@dataclass(frozen=True)
class Milvus:
    """The server that an installation was given."""

    url: str
    token: str

    def open(self, to: SharedVectors, dimension: int, *, writes: bool) -> MilvusIndex:
        """A collection; nothing is connected before its first use."""
        return MilvusIndex(
            dimension,
            uri=self.url,
            token=self.token,
            collection=to.collection,
            writes=writes,
            timeout=JOBS_PATIENCE if writes else PATIENCE,
            **APPROXIMATE,
        )


def milvus_of(settings: Settings) -> Milvus | None:
    """The server that the settings name, if they do."""
    return Milvus(settings.milvus_url, settings.milvus_token) if settings.milvus_url else None


def standing(session: Session, model_hash: str) -> SharedVectors | None:
    """How far the vectors of a model are in Milvus; None where nothing was begun."""
    return session.scalar(select(SharedVectors).where(SharedVectors.model_hash == model_hash))


# --- Searching, in every worker ---------------------------------------------------------------------------------------


class Shared:
    """What a worker searches in: a collection as it stands, and the vectors that are newer."""

    def __init__(self, milvus: Milvus, to: SharedVectors, dimension: int) -> None:
        self.collection = to.collection
        self.index = LayeredIndex(milvus.open(to, dimension, writes=False), FaissIndex(dimension), stored=to.seen > 0)
        #: Which ids came with which number of the clock, as long as they are held here.
        self._held: list[tuple[int, np.ndarray]] = []

    def hold(self, now: int, ids: Sequence[int], stored: int) -> None:
        """Note that these ids came by a number of the clock; let go of what is in Milvus by the number ``stored``."""
        self._held.append((now, np.array(ids, dtype=np.int64)))
        done = [held for at, held in self._held if at <= stored]
        if done:
            self._held = [(at, held) for at, held in self._held if at > stored]
            newer = np.concatenate([np.zeros(0, np.int64), *(held for _, held in self._held)])
            self.index.release(np.setdiff1d(np.concatenate(done), newer))


# --- Filling, in the job worker ---------------------------------------------------------------------------------------


def fill(milvus: Milvus, spaces: Collection[str]) -> None:
    """Bring everything that is new of these models to Milvus, and throw away what is there of models that are gone.

    Raises IndexUnavailable.
    """
    for space in spaces:
        _fill(milvus, space)
    with reading(), Session(db.engine) as session:
        others = select(SharedVectors).where(
            SharedVectors.model_hash.not_in(spaces), ~exists().where(Embedding.model_hash == SharedVectors.model_hash)
        )
        gone = session.scalars(others).all()
    for to in gone:
        milvus.open(to, 1, writes=True).remove()
        with writing(), Session(db.engine) as session:
            session.execute(delete(SharedVectors).where(SharedVectors.id == to.id))
            session.commit()


def _fill(milvus: Milvus, model_hash: str) -> None:
    """Bring one model's vectors. Killed at any moment it begins there the next time; repeating is harmless."""
    with reading(), Session(db.engine) as session:
        to, now = standing(session, model_hash), indexing.clock(session)
        size = session.scalar(select(func.length(Embedding.vector)).where(Embedding.model_hash == model_hash).limit(1))
    if not size:
        return
    if to is None or now < to.seen:
        # The first, or the database was restored from an older copy: what has come in since must not be found.
        to = _begin(model_hash)
    index = milvus.open(to, size // 4, writes=True)
    try:
        if to.seen < now:
            _bring(index, model_hash, to.seen)
            _note(to, now)
        found = len(index)
        with reading(), Session(db.engine) as session:
            expected = _count(session, model_hash, size)
            is_quiet = indexing.clock(session) == now
        if is_quiet and found != expected:
            log.warning("vectors in Milvus are filled anew", expected=expected, found=found)
            _begin(model_hash)
            index.remove()
    finally:
        index.close()


def _bring(index: MilvusIndex, model_hash: str, seen: int) -> None:
    with reading(), Session(db.engine) as session:
        rows = session.execute(indexing.changed_since(model_hash, seen), execution_options={"yield_per": AT_ONCE})
        for part in rows.partitions():
            whole = {row.id: row.vector for row in part if row.vector and len(row.vector) == 4 * index.dimension}
            index.drop([row.id for row in part if row.id not in whole])
            if whole:
                index.put(list(whole), np.stack([np.frombuffer(vector, dtype="<f4") for vector in whole.values()]))


def _count(session: Session, model_hash: str, size: int) -> int:
    """How many vectors Milvus should have."""
    made = (Embedding.statement_id == StatementRow.id) & (Embedding.text_hash == StatementRow.text_hash)
    whole = (Embedding.model_hash == model_hash) & (func.length(Embedding.vector) == size)
    query = select(func.count()).select_from(StatementRow).join(Embedding, made)
    return session.scalar(query.where(~StatementRow.gone, whole)) or 0


def _begin(model_hash: str) -> SharedVectors:
    """Begin a collection, the first or another; the clock moves, so that every worker leaves the one before."""
    with writing(), Session(db.engine, expire_on_commit=False) as session:
        to = standing(session, model_hash)
        if to is None:
            session.add(to := SharedVectors(model_hash=model_hash, filling=1, seen=0))
        else:
            to.filling, to.seen = to.filling + 1, 0
        indexing.next_tick(session)
        session.commit()
        return to


def _note(to: SharedVectors, now: int) -> None:
    with writing(), Session(db.engine) as session:
        same = (SharedVectors.id == to.id) & (SharedVectors.filling == to.filling)
        session.execute(update(SharedVectors).where(same).values(seen=now))
        session.commit()
