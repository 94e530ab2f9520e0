"""The vector index on Milvus: the same contract, for boards that outgrow one machine.

It needs the extra `matchmaker[milvus]`. A directory ending in `.db` opens Milvus Lite inside the process, as
the tests do; an address opens a server.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from embeddings.index import Hits, VectorView, checked_allowed, checked_ids, checked_vectors

#: The most hits Milvus gives for one query.
MOST = 16_384
#: Ids in one expression, rows in one write, and queries in one search: each message stays far below 64 MB.
IDS_AT_ONCE, ROWS_AT_ONCE, QUERIES_AT_ONCE = 10_000, 5_000, 64
#: A write is seen by the next search of every client.
CONSISTENCY = "Strong"


class IndexUnavailable(Exception):
    """Milvus does not answer, refuses, or is not installed; the message says which."""


class MilvusIndex:
    """Vectors in one Milvus collection, which several processes may share.

    The connection opens on first use and must not be carried through a fork. `index_type` FLAT is exact; for
    millions of vectors take an approximate one, for example `index_type="HNSW"` with
    `index_parameters={"M": 16, "efConstruction": 200}` and `search_parameters={"ef": 128}`. Of several
    processes on one collection only one should write; the others are made with `writes=False`, which turns
    `put` and `drop` into checks of their input. A large `put` becomes visible in steps.
    """

    def __init__(
        self,
        dimension: int,
        *,
        uri: str,
        collection: str = "statements",
        token: str = "",
        index_type: str = "FLAT",
        index_parameters: Mapping[str, Any] | None = None,
        search_parameters: Mapping[str, Any] | None = None,
        writes: bool = True,
        timeout: float = 30.0,
    ) -> None:
        self.dimension = dimension
        self._uri, self._token, self._collection = uri, token, collection
        self._index = {"index_type": index_type, "params": dict(index_parameters or {})}
        self._search: dict[str, Any] = {"metric_type": "IP", "params": dict(search_parameters or {})}
        self._writes, self._timeout = writes, timeout
        self._lock = threading.Lock()
        self._client: Any = None

    def __len__(self) -> int:
        with self._asking() as client:
            rows = client.query(
                self._collection,
                filter="",
                output_fields=["count(*)"],
                consistency_level=CONSISTENCY,
                timeout=self._timeout,
            )
        return int(rows[0]["count(*)"])

    def put(self, ids: Sequence[int] | np.ndarray, vectors: np.ndarray) -> None:
        """Insert or replace."""
        new_ids, rows = checked_ids(ids), checked_vectors(vectors, self.dimension)
        if new_ids.size != rows.shape[0]:
            raise ValueError(f"expected {new_ids.size} vectors, one per id, got {rows.shape[0]}")
        if not self._writes:
            return
        with self._asking() as client:
            for start in range(0, new_ids.size, ROWS_AT_ONCE):
                part = slice(start, start + ROWS_AT_ONCE)
                data = [{"id": i, "vector": row} for i, row in zip(new_ids[part].tolist(), rows[part], strict=True)]
                client.upsert(self._collection, data, timeout=self._timeout)

    def drop(self, ids: Sequence[int] | np.ndarray) -> None:
        """Remove; absent ids are ignored."""
        gone = np.unique(np.asarray(ids, dtype=np.int64).reshape(-1))
        if not self._writes:
            return
        with self._asking() as client:
            for part in _chunks(gone):
                client.delete(self._collection, ids=part.tolist(), timeout=self._timeout)

    def view(self) -> VectorView:
        """The index itself: Milvus keeps no past states, so a view follows later changes."""
        return self

    def search(self, vectors: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[Hits]:
        """See VectorView. Without a filter, k is at most 16,383."""
        queries = checked_vectors(vectors, self.dimension)
        allowed = checked_allowed(allowed)
        if k < 1 or (allowed is not None and not allowed.size):
            return [_hits([], []) for _ in queries]
        if allowed is None:
            if k >= MOST and len(self) > MOST:
                raise ValueError(f"expected k of at most {MOST - 1:,}, Milvus's limit, got {k:,}")
            return self._nearest(queries, k, "")
        if allowed.size <= IDS_AT_ONCE:
            return self._nearest(queries, k, _among(allowed), int(allowed.size))
        found = self._broadly(queries, k, allowed)
        missing = [n for n, hits in enumerate(found) if hits is None]
        if missing:
            parts = [self._nearest(queries[missing], k, _among(p), int(p.size)) for p in _chunks(allowed)]
            for n, of_parts in zip(missing, zip(*parts, strict=True), strict=True):
                ids, scores = [h.ids for h in of_parts], [h.scores for h in of_parts]
                found[n] = _hits(np.concatenate(ids), np.concatenate(scores), k)
        return [hits for hits in found if hits is not None]

    def scores(self, vector: np.ndarray, ids: np.ndarray) -> np.ndarray:
        """See VectorView."""
        ids = np.asarray(ids, dtype=np.int64)
        wanted = np.unique(ids)
        known: dict[int, float] = {}
        for part in _chunks(wanted):
            hits = self._nearest(checked_vectors(vector, self.dimension), int(part.size), _among(part), int(part.size))[
                0
            ]
            known.update(zip(hits.ids.tolist(), hits.scores.tolist(), strict=True))
        # What an approximate index has overlooked is fetched; what is absent stays absent.
        overlooked = np.array([i for i in wanted.tolist() if i not in known], dtype=np.int64)
        with self._asking() as client:
            for part in _chunks(overlooked):
                rows = client.query(
                    self._collection,
                    filter=_among(part),
                    output_fields=["id", "vector"],
                    consistency_level=CONSISTENCY,
                    timeout=self._timeout,
                )
                for row in rows:
                    known[int(row["id"])] = float(np.asarray(row["vector"], dtype=np.float32) @ vector.reshape(-1))
        return np.array([known.get(i, np.nan) for i in ids.tolist()], dtype=np.float32)

    def remove(self) -> None:
        """Throw the whole collection away."""
        with self._asking() as client:
            client.drop_collection(self._collection, timeout=self._timeout)
        self.close()

    def close(self) -> None:
        """Give the connection back; the next use opens a new one."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _nearest(self, queries: np.ndarray, k: int, expression: str, most: int = MOST) -> list[Hits]:
        """The k nearest that satisfy the expression, of which `most` can exist; ties by id."""
        found: list[Hits] = []
        # One more than asked: if it ties with the last, ids must decide, which Milvus does not promise.
        limit = min(k + 1, most, MOST)
        for start in range(0, queries.shape[0], QUERIES_AT_ONCE):
            part = queries[start : start + QUERIES_AT_ONCE]
            for query, hits in zip(part, self._ask(part, limit, expression), strict=True):
                wide = limit
                while _cut_in_a_tie(hits, k, wide) and wide < min(most, MOST):
                    wide = min(wide * 4, most, MOST)
                    hits = self._ask(query[None, :], wide, expression)[0]
                found.append(_hits(hits.ids, hits.scores, k))
        return found

    def _broadly(self, queries: np.ndarray, k: int, allowed: np.ndarray) -> list[Hits | None]:
        """For a broad filter: the allowed among a deep unfiltered list, None where that list was too short."""
        depth = min(4 * k + 100, MOST)
        found: list[Hits | None] = []
        for hits in self._nearest(queries, depth, ""):
            kept = np.isin(hits.ids, allowed)
            ids, scores = hits.ids[kept], hits.scores[kept]
            complete = hits.ids.size < depth or ids.size >= k
            found.append(_hits(ids, scores, k) if complete else None)
        return found

    def _ask(self, queries: np.ndarray, limit: int, expression: str) -> list[Hits]:
        search = self._search
        if "ef" in search["params"]:
            # HNSW refuses to look at fewer than it is asked for.
            search = search | {"params": search["params"] | {"ef": max(search["params"]["ef"], limit)}}
        with self._asking() as client:
            answers = client.search(
                self._collection,
                data=list(queries),
                anns_field="vector",
                limit=limit,
                filter=expression,
                output_fields=["id"],
                search_params=search,
                consistency_level=CONSISTENCY,
                timeout=self._timeout,
            )
        return [_hits([row["id"] for row in rows], [row["distance"] for row in rows]) for rows in answers]

    @contextmanager
    def _asking(self) -> Iterator[Any]:
        """The connected client; what goes wrong with it is told as IndexUnavailable."""
        try:
            from pymilvus import MilvusException
        except ImportError as error:
            raise IndexUnavailable("expected pymilvus, found none; install matchmaker[milvus]") from error
        try:
            yield self._connected()
        except MilvusException as error:
            raise IndexUnavailable(f"expected an answer of Milvus at {self._uri}, got: {error.message}") from error

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                from pymilvus import MilvusClient

                client = MilvusClient(self._uri, token=self._token, timeout=self._timeout)
                try:
                    self._open(client)
                except BaseException:
                    client.close()
                    raise
                self._client = client
            return self._client

    def _open(self, client: Any) -> None:
        """Make the collection, or make sure that the one of this name is ours."""
        from pymilvus import DataType

        if not client.has_collection(self._collection):
            if not self._writes:
                raise IndexUnavailable(f"expected a collection {self._collection!r} at {self._uri}, found none")
            schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field("id", DataType.INT64, is_primary=True)
            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self.dimension)
            index = client.prepare_index_params()
            index.add_index("vector", metric_type="IP", **self._index)
            client.create_collection(self._collection, schema=schema, index_params=index, consistency_level=CONSISTENCY)
        fields = {field["name"]: field for field in client.describe_collection(self._collection)["fields"]}
        if fields.keys() != {"id", "vector"}:
            raise ValueError(f"expected {self._collection!r} to have id and vector, found {', '.join(sorted(fields))}")
        found = int(fields["vector"]["params"]["dim"])
        if found != self.dimension:
            raise ValueError(f"expected {self._collection!r} to hold {self.dimension} dimensions, found {found}")
        client.load_collection(self._collection)


def _hits(ids: Sequence[int] | np.ndarray, scores: Sequence[float] | np.ndarray, k: int = MOST) -> Hits:
    """The k best, ties by id."""
    found, values = np.asarray(ids, dtype=np.int64), np.asarray(scores, dtype=np.float32)
    order = np.lexsort((found, -values))[:k]
    return Hits(found[order], values[order])


def _cut_in_a_tie(hits: Hits, k: int, limit: int) -> bool:
    """Whether more of the same score as the k-th may exist than were given."""
    return hits.ids.size == limit > k and bool(hits.scores[-1] == hits.scores[k - 1])


def _among(ids: np.ndarray) -> str:
    return f"id in {ids.tolist()}"


def _chunks(ids: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, ids.size, IDS_AT_ONCE):
        yield ids[start : start + IDS_AT_ONCE]
