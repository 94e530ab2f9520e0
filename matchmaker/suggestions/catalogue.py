"""What a worker holds in memory to search with: the encoder, and an index that catches up before each search.

Nothing is loaded before a worker has started, because neither FAISS nor the model survives a fork.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Any

import numpy as np
import structlog
from flask import Flask, current_app, has_app_context
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from embeddings import Encoder, Matcher, ModelRefused, ModelUnavailable, Query, Statement, detect_language, load_encoder
from matchmaker.config import Settings
from matchmaker.db import db, only_reads, reading, writing
from matchmaker.suggestions import indexing
from matchmaker.suggestions.models import ItemKind, StatementRow

log = structlog.get_logger("matchmaker")

#: Statements that one commit, or one search, embeds on its way; the rest is for ``index sync``.
ON_THE_WAY = 16
#: How often a text is tried that the model stumbles over.
ATTEMPTS = 3
#: Seconds that a search waits for a model that is just being loaded, before it goes by words.
PATIENCE = 15
#: Prepared queries kept, so that going from page to page encodes nothing anew.
PREPARED = 512
#: Answers to "which statements may this viewer find" that are kept.
KEPT = 64

_NUMBERS = {kind: number for number, kind in enumerate(ItemKind)}
_KINDS = list(ItemKind)


def item_number(kind: ItemKind, item_id: int) -> int:
    """The one number under which the engine knows an item."""
    return item_id * 8 + _NUMBERS[kind]


def item_key(number: int) -> indexing.Key:
    """The item behind a number of the engine's."""
    return _KINDS[number % 8], number // 8


class ModelState(StrEnum):
    """Where the model stands in this process."""

    #: Switched off: everything goes by words.
    OFF = "off"
    #: Not asked for yet.
    WAITING = "waiting"
    LOADING = "loading"
    READY = "ready"
    #: It could not be loaded; everything goes by words.
    FAILED = "failed"


class Catalogue:
    """One process's encoder and index. Thread-safe."""

    def __init__(self, load: Callable[[], Encoder] | None, encoder: Encoder | None = None) -> None:
        self._load = load
        self._encoder = encoder
        self.state = ModelState.READY if encoder else ModelState.WAITING if load else ModelState.OFF
        #: Why the model could not be loaded.
        self.failure = ""
        self._loading = threading.Lock()
        self._catching_up = threading.Lock()
        self._matcher: Matcher | None = None
        self._seen = 0
        self._pending: set[int] = set()
        self._attempts: Counter[tuple[int, str]] = Counter()
        self._prepared: dict[tuple[str, str | None], Query] = {}
        self._by_words = Matcher(None)
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._keeping = threading.Lock()

    # --- The model ----------------------------------------------------------------------------------------------

    def encoder(self, *, patience: float = PATIENCE) -> Encoder | None:
        """The loaded model, loading it first if nobody has; None where there is none or it takes too long."""
        if self.state in (ModelState.WAITING, ModelState.LOADING) and self._loading.acquire(timeout=patience):
            try:
                if self.state is ModelState.WAITING:
                    self._load_now()
            finally:
                self._loading.release()
        return self._encoder if self.state is ModelState.READY else None

    def _load_now(self) -> None:
        assert self._load is not None  # noqa: S101 - for the type checker: the state is WAITING only with a loader.
        self.state = ModelState.LOADING
        try:
            encoder = self._load()
            encoder.encode_queries(["warm"])
        except (ModelUnavailable, ModelRefused, Exception) as error:
            self.failure = str(error) if isinstance(error, ModelUnavailable | ModelRefused) else type(error).__name__
            self.state = ModelState.FAILED
            log.error("model not loaded", error=type(error).__name__)
        else:
            self._encoder = encoder
            self.state = ModelState.READY

    @property
    def semantic(self) -> bool:
        """Whether searches go by meaning too."""
        return self.state not in (ModelState.OFF, ModelState.FAILED)

    @property
    def model_hash(self) -> str:
        """The fingerprint of the loaded model; '' without one."""
        return self._encoder.fingerprint if self._encoder else ""

    @property
    def seen(self) -> int:
        """The number of the latest change that this process's index knows."""
        return self._seen

    # --- The index ----------------------------------------------------------------------------------------------

    def matcher(self) -> Matcher:
        """The index, in step with everything that was committed before this call."""
        encoder = self.encoder()
        with self._catching_up:
            if self._matcher is None or self._matcher.encoder is not encoder:
                self._matcher, self._seen, self._pending = Matcher(encoder), 0, set()
                self._prepared.clear()
            self._catch_up(self._matcher)
            if encoder is not None and self._pending and only_reads() and self._embed(encoder):
                self._catch_up(self._matcher)
            return self._matcher

    def _catch_up(self, matcher: Matcher) -> None:
        # A session of its own sees the newest state, whatever moment the request's transaction stands at.
        with reading(), Session(db.engine) as session:
            now = indexing.clock(session)
            if now == self._seen:
                return
            if now < self._seen:
                # The database was restored from an older copy: what is known of it no longer holds.
                self._matcher = matcher = Matcher(matcher.encoder)
                self._seen, self._pending = 0, set()
            gone, kept = [], []
            rows = session.execute(
                indexing.changed_since(self.model_hash, self._seen), execution_options={"yield_per": 2000}
            )
            for row in rows:
                if row.gone:
                    gone.append(row.id)
                else:
                    kept.append(_statement(row))
        matcher.drop(gone)
        matcher.put(kept)
        self._pending -= set(gone)
        self._pending |= {one.id for one in kept if one.vector is None}
        self._pending -= {one.id for one in kept if one.vector is not None}
        self._seen = now

    def _embed(self, encoder: Encoder) -> int:
        try:
            return embed(encoder, attempts=self._attempts, only=sorted(self._pending)[:ON_THE_WAY], limit=ON_THE_WAY)
        except OperationalError:
            # Somebody else is writing for long; what has no vector yet is found by its words meanwhile.
            log.warning("vectors left pending", error="database busy")
            return 0

    def embed_some(self) -> None:
        """Embed what is pending, if the model is loaded and little is pending."""
        if self._encoder is not None:
            embed(self._encoder, attempts=self._attempts, limit=ON_THE_WAY)

    # --- Queries --------------------------------------------------------------------------------------------------

    def prepare(self, matcher: Matcher, text: str, language: str | None = None) -> Query:
        """The query of a text. One too long for the model is encoded in parts and their mean is searched with."""
        key = (text, language)
        known = self._prepared.get(key)
        if known is not None:
            return known
        try:
            spoken = detect_language(text) if language is None else language
            query = matcher.prepare(text, language=spoken, vector=_mean_of_parts(matcher.encoder, text, spoken))
        except Exception as error:
            # Whatever the model stumbles over, the words can be searched with.
            log.error("query not encoded", error=type(error).__name__)
            return self._by_words.prepare(text, language=language)
        if len(self._prepared) >= PREPARED:
            with suppress(StopIteration, RuntimeError, KeyError):
                del self._prepared[next(iter(self._prepared))]
        self._prepared[key] = query
        return query

    # --- Facts of the database that a search needs again and again ------------------------------------------------

    def keep(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What was made for this key, or is made now; the key must name everything that it depends on."""
        with self._keeping:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._keeping:
            self._kept[key] = made
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made

    # --- Starting -------------------------------------------------------------------------------------------------

    def warm(self, app: Flask) -> None:
        """Load the model and the index in the background; called in each worker, after the fork."""

        def load() -> None:
            with app.app_context(), reading():
                try:
                    self.matcher()
                except OperationalError:
                    log.error("index not loaded yet", error="database unavailable")

        threading.Thread(target=load, name="warm-up", daemon=True).start()


def _mean_of_parts(encoder: Encoder | None, text: str, language: str) -> np.ndarray | None:
    if encoder is None or len(text.split()) <= indexing.WORDS:
        return None
    parts = indexing.parts_of(text)
    mean = encoder.encode_queries(parts, languages=[language] * len(parts)).mean(axis=0)
    length = float(np.linalg.norm(mean))
    return mean / length if length > 0.0 else None


def _statement(row: Any) -> Statement:
    return Statement(
        id=row.id,
        text=row.text,
        language=row.language,
        owners=tuple(int(owner) for owner in row.owners.split(",") if owner),
        item=item_number(row.kind, row.item_id),
        vector=None if row.vector is None else np.frombuffer(row.vector, dtype="<f4"),
    )


def embed(
    encoder: Encoder,
    *,
    limit: int,
    only: Sequence[int] | None = None,
    attempts: Counter[tuple[int, str]] | None = None,
) -> int:
    """Make and store up to ``limit`` pending vectors in transactions of its own; returns how many.

    While the model works no transaction is open, so nobody waits for it.
    """
    attempts = Counter() if attempts is None else attempts
    with reading(), Session(db.engine) as session:
        query = indexing.pending(encoder.fingerprint).order_by(StatementRow.id)
        if only is not None:
            query = query.where(StatementRow.id.in_(only))
        # A text that was given up must not keep those behind it from their turn.
        rows = [
            row
            for row in session.execute(query.limit(limit + len(attempts)))
            if attempts[(row.id, row.text_hash)] < ATTEMPTS
        ][:limit]
    if not rows:
        return 0
    made = []
    vectors = indexing.encode(encoder, [row.text for row in rows], [row.language for row in rows])
    for row, vector in zip(rows, vectors, strict=True):
        if vector is None:
            attempts[(row.id, row.text_hash)] += 1
            log.error("text not encoded", statement=row.id, attempt=attempts[(row.id, row.text_hash)])
        else:
            made.append((row.id, row.text_hash, vector))
    if not made:
        return 0
    with writing(), Session(db.engine) as session:
        stored = indexing.store(session, encoder.fingerprint, made)
        session.commit()
    return stored


def embed_after_commit() -> None:
    """Try at once what was just committed; what can't be done now stays pending and is found by words."""
    if not has_app_context() or "catalogue" not in current_app.extensions:
        return
    try:
        current_catalogue().embed_some()
    except Exception as error:
        # The item is saved. A failing model or a busy database must not turn that into an error.
        log.error("vectors left pending", error=type(error).__name__)


def current_catalogue() -> Catalogue:
    """The catalogue of the running application."""
    catalogue: Catalogue = current_app.extensions["catalogue"]
    return catalogue


def init_app(app: Flask) -> None:
    """Give the application its catalogue. ``ENCODER`` in its configuration replaces the model; the tests use it."""
    settings: Settings = app.extensions["settings"]
    encoder: Encoder | None = app.config.get("ENCODER")

    def load() -> Encoder:
        return load_encoder(
            settings.model,
            cache_dir=settings.data_dir / "models",
            allow_download=settings.model is not None,
            reference=settings.encoder == "reference",
        )

    app.extensions["catalogue"] = Catalogue(None if settings.words_only else load, encoder)
