"""Vectors that nobody waits for: those of a large import, of a model being taken into use, of a changed glossary."""

from __future__ import annotations

from datetime import timedelta

import structlog
from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from embeddings import ModelRefused, ModelUnavailable
from matchmaker.clusters.models import Cluster
from matchmaker.db import db, reading, writing
from matchmaker.jobs import job
from matchmaker.suggestions import indexing, learning, switching
from matchmaker.suggestions.catalogue import Catalogue, current_catalogue
from matchmaker.suggestions.embedding import count_read_otherwise, embed_all, read_again
from matchmaker.suggestions.sharing import fill, milvus_of

log = structlog.get_logger("matchmaker")


@job("vectors", every=timedelta(minutes=1))
def vectors() -> None:
    """Make every vector that is missing, under the model in use and under the one being built."""
    catalogue = current_catalogue()
    if catalogue.is_off or not _is_work(catalogue):
        return
    encoder, glossary = catalogue.tools()
    if encoder is not None:
        embed_all(encoder, glossary)
        read_again(encoder, glossary)
    _go_on_building()


def _is_work(catalogue: Catalogue) -> bool:
    """Whether anything is left to do; asked first, so that a worker with nothing to do loads no model."""
    space = catalogue.space()
    with reading(), Session(db.engine) as session:
        return bool(
            switching.building(session)
            or indexing.count_pending(session, space)
            or count_read_otherwise(session, space, catalogue.glossary_now(session).version)
        )


def _go_on_building() -> None:
    with reading(), Session(db.engine) as session:
        use = switching.building(session)
    if use is None:
        return
    try:
        encoder = switching.load_use(current_app.extensions["settings"], use)
    except (ModelRefused, ModelUnavailable) as error:
        log.error("model not built", error=str(error))
        return
    _encoder, glossary = current_catalogue().tools()
    switching.build(encoder, glossary)


@job("milvus", every=timedelta(minutes=1))
def milvus() -> None:
    """Bring new vectors to Milvus, where the installation has it; until then every worker holds them itself."""
    server, catalogue = milvus_of(current_app.extensions["settings"]), current_catalogue()
    if server is None or catalogue.is_off:
        return
    with reading(), Session(db.engine) as session:
        use = switching.building(session)
    fill(server, {catalogue.space(), use.model_hash if use else ""} - {""})


@job("orders", every=timedelta(hours=24))
def orders() -> None:
    """Learn every cluster's order from what was decided in it."""
    with reading(), Session(db.engine) as session:
        clusters = session.scalars(select(Cluster.id).order_by(Cluster.id)).all()
    for cluster_id in clusters:
        # What is read and computed holds no lock; only the result is written.
        with reading(), Session(db.engine) as session:
            learned = learning.learned(session, cluster_id)
        with writing(), Session(db.engine) as session:
            learning.keep(session, cluster_id, learned)
            session.commit()
