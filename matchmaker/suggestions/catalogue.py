"""What a worker holds in memory to search with: the encoder, and an index that catches up before each search.

Nothing is loaded before a worker has started, because neither FAISS nor the model survives a fork.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from flask import Flask, current_app, has_app_context
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from embeddings import Encoder, Glossary, Matcher, ModelRefused, ModelUnavailable, Query, Statement, detect_language
from embeddings.encoder import GlossedEncoder
from embeddings.glossary import bundled_glossary
from embeddings.matcher import STORED
from matchmaker.config import Settings
from matchmaker.db import db, only_reads, reading
from matchmaker.suggestions import indexing, sharing
from matchmaker.suggestions.embedding import Attempts, embed
from matchmaker.suggestions.glossary import load as load_glossary
from matchmaker.suggestions.models import ItemKind
from matchmaker.suggestions.sharing import Milvus, Shared, milvus_of
from matchmaker.suggestions.switching import active_hash, default_space, load_active

log = structlog.get_logger("matchmaker")

#: Seconds that a search waits for a model that is just being loaded, before it goes by words.
PATIENCE = 15
#: Prepared queries kept, so that going from page to page encodes nothing anew.
PREPARED = 512
#: Seconds that must pass between two times that the terms of texts are kept.
KEEP_WORDS_EVERY = 600
#: Answers to "which statements may this viewer find" that are kept.
KEPT = 64

_NUMBERS = {kind: number for number, kind in enumerate(ItemKind)}
_KINDS = list(ItemKind)


def item_number(kind: ItemKind, item_id: int) -> int:
    """The one number under which the engine knows an item, or an owner."""
    return item_id * 8 + _NUMBERS[kind]


def item_key(number: int) -> indexing.Key:
    """The item behind a number of the engine's."""
    return _KINDS[number % 8], number // 8


def _owners_of(kind: ItemKind, item_id: int, organisations: str) -> tuple[int, ...]:
    """Who votes by a statement: the organisations behind it. Behind a teaser stands nobody, so it speaks for itself.

    That keeps it apart from all else that its organisation says: no score, order or count is made of both.
    """
    if kind == ItemKind.TEASER:
        return (item_number(kind, item_id),)
    return tuple(item_number(ItemKind.ORGANISATION, int(one)) for one in organisations.split(",") if one)


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


@contextmanager
def _without_collecting() -> Iterator[None]:
    """A hundred thousand new objects are not garbage; looking whether they are takes a third of a start."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Index:
    """The statements in memory under one encoder; it catches up with the database."""

    def __init__(
        self, encoder: Encoder | None, glossary: Glossary, words_folder: Path | None, shared: Shared | None = None
    ) -> None:
        #: What lies outside this process, and under which name; '' where all vectors are in memory.
        self.shared, self.collection = shared, shared.collection if shared else ""
        index = (lambda dimension: shared.index) if shared else None
        self.matcher = Matcher(encoder, index=index, glossary=glossary, words_folder=words_folder)
        #: The number of the latest change it knows.
        self.seen = 0
        #: The statements without a vector.
        self.pending: set[int] = set()

    def catch_up(self, session: Session, now: int, stored: int) -> None:
        """Take in everything up to a number of the clock; vectors up to the number ``stored`` lie elsewhere."""
        encoder = self.matcher.encoder
        gone: list[int] = []
        kept: list[Statement] = []
        changes = indexing.changed_since(encoder.space if encoder else "", self.seen, stored)
        with _without_collecting():
            for row in session.execute(changes, execution_options={"yield_per": 2000}):
                if row.gone:
                    gone.append(row.id)
                else:
                    kept.append(_statement(row, encoder.dimension if encoder else 0))
        self.matcher.drop(gone)
        self.matcher.put(kept)
        self.pending -= set(gone)
        self.pending |= {one.id for one in kept if one.vector is None}
        self.pending -= {one.id for one in kept if one.vector is not None}
        if self.shared:
            self.shared.hold(now, gone + [one.id for one in kept if one.vector is not STORED], stored)
        self.seen = now


class Catalogue:
    """One process's encoder and index. Thread-safe."""

    def __init__(
        self,
        load: Callable[[], Encoder] | None,
        encoder: Encoder | None = None,
        *,
        words_folder: Path | None = None,
        milvus: Milvus | None = None,
    ) -> None:
        self._load = load
        #: The server that holds the vectors, where this process does not.
        self._milvus = milvus
        #: Where the terms of texts are kept for the next start; a cache that may be deleted at any time.
        self._words_folder = words_folder
        self._keeper: threading.Thread | None = None
        self._is_worker = False
        self._encoder = encoder
        self.state = ModelState.READY if encoder else ModelState.WAITING if load else ModelState.OFF
        #: Why the model could not be loaded.
        self.failure = ""
        self._glossary: Glossary | None = None
        self._glossary_seen = 0
        self._loading = threading.Lock()
        self._catching_up = threading.RLock()
        self._index: _Index | None = None
        #: The thread that loads another model, and the fingerprint it was started for.
        self._switch: threading.Thread | None = None
        self._tried = ""
        #: Whether a busy database kept it from changing over: then it must look again though nothing was written.
        self._put_off = False
        #: Whether it changes over by itself when another model is taken into use.
        self._follows = True
        self._attempts: Attempts = Counter()
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
        assert self._load is not None  # noqa: S101 - for the type checker: whoever calls has looked.
        if self.state is not ModelState.READY:
            self.state = ModelState.LOADING
        try:
            encoder = self._load()
            encoder.encode_queries(["warm"])
        except OperationalError:
            # Which model is in use could not be read; that says nothing about the model.
            self.state = ModelState.READY if self._encoder else ModelState.WAITING
            raise
        except (ModelUnavailable, ModelRefused, Exception) as error:
            self.failure = str(error) if isinstance(error, ModelUnavailable | ModelRefused) else type(error).__name__
            self.state, self._encoder = ModelState.FAILED, None
            log.error("model not loaded", error=type(error).__name__)
            return
        self._encoder = read_through(encoder, self.glossary)
        self.state = ModelState.READY

    @property
    def semantic(self) -> bool:
        """Whether searches go by meaning too."""
        return self.state not in (ModelState.OFF, ModelState.FAILED)

    @property
    def model_hash(self) -> str:
        """The space of the loaded model's vectors; '' without one."""
        return self._encoder.space if self._encoder else ""

    @property
    def glossary(self) -> Glossary:
        """The glossary as this process knows it."""
        if self._glossary is None:
            self._glossary = bundled_glossary()
        return self._glossary

    def glossary_now(self, session: Session) -> Glossary:
        """The glossary as the database has it now; queries and new vectors go by it from here on."""
        at = indexing.moment(session)
        with self._catching_up:
            if at.glossary != self._glossary_seen:
                self._glossary, self._glossary_seen = load_glossary(session), at.glossary
                self._read_through(self._glossary)
            return self.glossary

    def _read_through(self, glossary: Glossary) -> None:
        self._prepared.clear()
        self._by_words = Matcher(None, glossary=glossary)
        if self._encoder is not None:
            self._encoder = read_through(self._encoder, glossary)
        if self._index is not None and self._index.matcher.encoder is not None:
            # The statements it touches follow, as the job makes their vectors anew.
            self._index.matcher.encoder, self._index.matcher.glossary = self._encoder, glossary
        else:
            # Without vectors nobody notes which texts it touches, so all are read again.
            self._index = None

    @property
    def seen(self) -> int:
        """The number of the latest change that this process's index knows."""
        return self._index.seen if self._index else 0

    @property
    def is_off(self) -> bool:
        """Whether the model is switched off by the installation's settings."""
        return self.state is ModelState.OFF

    def space(self) -> str:
        """The space that vectors are stored under now, told without loading a model; '' where that can't be told."""
        with reading(), Session(db.engine) as session:
            return active_hash(session) or self.model_hash or default_space(current_app.extensions["settings"])

    def tools(self) -> tuple[Encoder | None, Glossary]:
        """The encoder and the glossary that are in use now, for whoever makes vectors; no index is loaded for it."""
        self.encoder()
        with self._catching_up, reading(), Session(db.engine) as session:
            wanted = active_hash(session)
            if self._is_another(wanted):
                self._load_now()
                self._tried, self._index = wanted, None
            glossary = self.glossary_now(session)
            if self._encoder is not None:
                self._encoder = read_through(self._encoder, glossary)
            return self._encoder if self.state is ModelState.READY else None, glossary

    def _is_another(self, wanted: str) -> bool:
        """Whether another model than the loaded one was taken into use, and has not been tried yet."""
        return bool(self._load and self._follows and wanted and wanted not in (self.model_hash, self._tried))

    def _switch_to(self, wanted: str) -> None:
        """Load another model and its index in the background; searches go on with the present one until it is there."""
        self._tried = wanted
        app = current_app._get_current_object()  # type: ignore[attr-defined]

        def switch() -> None:
            with app.app_context(), reading():
                try:
                    while self._is_loaded_beside():
                        pass
                except OperationalError:
                    # The database is busy or gone: the next search begins anew.
                    self._tried, self._put_off = "", True
                    log.warning("model not changed yet", error="database unavailable")

        self._switch = threading.Thread(target=switch, name="model-switch", daemon=True)
        self._switch.start()

    def _is_loaded_beside(self) -> bool:
        """Take over the model in use with an index of its own; returns whether meanwhile yet another came into use."""
        beside = Catalogue(self._load, words_folder=self._words_folder, milvus=self._milvus)
        # A model that can't be loaded would otherwise be tried beside the one beside, and so on for ever.
        beside._follows = False
        beside.matcher()
        with self._catching_up:
            self.state, self.failure, self._encoder = beside.state, beside.failure, beside._encoder
            self._glossary, self._glossary_seen = beside._glossary, beside._glossary_seen
            self._index = beside._index
            self._prepared.clear()
            with Session(db.engine) as session:
                wanted = active_hash(session)
            if not self._is_another(wanted):
                return False
            self._tried = wanted
            return True

    # --- The index ----------------------------------------------------------------------------------------------

    def matcher(self) -> Matcher:
        """The index, in step with everything that was committed before this call."""
        self.encoder()
        with self._catching_up:
            self._catch_up()
            encoder = self._held.matcher.encoder
            if encoder is not None and self._held.pending and only_reads() and self._embed(encoder):
                self._catch_up()
            return self._held.matcher

    @property
    def _held(self) -> _Index:
        assert self._index is not None  # noqa: S101 - for the type checker: made by _catch_up.
        return self._index

    def _catch_up(self) -> None:
        # A session of its own sees the newest state, whatever moment the request's transaction stands at.
        with reading(), Session(db.engine) as session:
            at = indexing.moment(session)
            if at.glossary != self._glossary_seen:
                self.glossary_now(session)
            encoder = self._encoder if self.state is ModelState.READY else None
            to = sharing.standing(session, encoder.space) if self._milvus and encoder else None
            if (
                self._index is None
                or self._index.matcher.encoder is not encoder
                or self._index.collection != (to.collection if to else "")
                or at.now < self._index.seen
            ):
                # At the start, after another model or collection, or after the database was restored to what it was.
                shared = Shared(self._milvus, to, encoder.dimension) if self._milvus and encoder and to else None
                self._index = _Index(encoder, self.glossary, self._words_folder, shared)
                self._prepared.clear()
            if at.now == self._index.seen and not self._put_off:
                return
            self._put_off = False
            if self._is_another(wanted := active_hash(session)):
                self._switch_to(wanted)
            self._index.catch_up(session, at.now, to.seen if to else 0)
        self._keep_words()

    def _keep_words(self) -> None:
        """Keep the terms of all texts for the next start, in the background and now and then, in web workers only."""
        matcher = self._held.matcher
        if self._is_worker and matcher.has_words_to_keep and (self._keeper is None or not self._keeper.is_alive()):
            self._keeper = threading.Thread(
                target=matcher.keep_words, kwargs={"older_than": KEEP_WORDS_EVERY}, name="words", daemon=True
            )
            self._keeper.start()

    def _embed(self, encoder: Encoder) -> int:
        some = sorted(self._held.pending)[: indexing.ON_THE_WAY]
        try:
            return embed(encoder, self.glossary, attempts=self._attempts, only=some, limit=indexing.ON_THE_WAY)
        except OperationalError:
            # Somebody else is writing for long; what has no vector yet is found by its words meanwhile.
            log.warning("vectors left pending", error="database busy")
            return 0

    def embed_some(self) -> None:
        """Embed what is pending, if the model is loaded and little is pending."""
        if self._encoder is not None:
            embed(self._encoder, self.glossary, attempts=self._attempts, limit=indexing.ON_THE_WAY)

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

        self._is_worker = True

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


def _statement(row: Any, dimension: int) -> Statement:
    number, kind, item_id, owners, language, text, _, vector = row
    return Statement(
        id=number,
        text=text,
        language=sys.intern(language),
        owners=_owners_of(kind, item_id, owners),
        item=item_number(kind, item_id),
        vector=_vector(vector, dimension),
    )


def _vector(stored: bytes | None, dimension: int) -> np.ndarray | None:
    """A vector as the database gives it. A damaged one counts as none; ``index sync`` makes it anew."""
    if stored == b"":
        return STORED
    return np.frombuffer(stored, dtype="<f4") if stored and len(stored) == 4 * dimension else None


def read_through(encoder: Encoder, glossary: Glossary) -> Encoder:
    """The same model, given its texts as this glossary reads them."""
    if isinstance(encoder, GlossedEncoder) and encoder.glossary is not glossary:
        return GlossedEncoder(encoder.model, glossary)
    return encoder


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
        with reading(), Session(db.engine) as session:
            return load_active(session, settings)

    app.extensions["catalogue"] = Catalogue(
        None if settings.words_only else load,
        encoder,
        words_folder=settings.data_dir / "words",
        milvus=milvus_of(settings),
    )
