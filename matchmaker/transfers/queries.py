"""Reads of transfers: what of a cluster leaves, and the files in which it did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Cluster, ClusterMembership, Organisation
from matchmaker.curation.models import Verdict
from matchmaker.db import utcnow
from matchmaker.imports.contents import KINDS, Kind
from matchmaker.items.models import ItemState, WithTeaser
from matchmaker.items.queries import live
from matchmaker.permissions import CONFIDENTIAL, NotPermitted, Viewer, Visibility
from matchmaker.profiles.models import Profile
from matchmaker.transfers.models import KEPT, ClusterExport


def leaving(session: Session, cluster: Cluster) -> Iterator[tuple[Kind, list[Any]]]:
    """Of each kind, in the order of the public ids, what every manager of the cluster may read."""
    for kind in KINDS:
        yield kind, list(session.scalars(_wanted(kind, cluster).order_by(kind.model.public_id)))


def _wanted(kind: Kind, cluster: Cluster) -> Select[Any]:
    model = kind.model
    members = select(ClusterMembership.organisation_id).where(ClusterMembership.cluster_id == cluster.id)
    if model is Organisation:
        return select(model).where(model.id.in_(members))
    if model is Verdict:
        # A verdict on a teaser would tell whose it is.
        return select(model).where(model.cluster_id == cluster.id, ~model.on_teaser)
    open = model.visibility.in_((Visibility.PUBLIC, Visibility.MEMBERS))
    if model is Profile:
        return select(model).where(model.organisation_id.in_(members), model.state == ItemState.PUBLISHED, open)
    if issubclass(model, WithTeaser):
        open = or_(open, and_(model.visibility.in_(CONFIDENTIAL), model.for_managers))
    return select(model).where(model.organisation_id.in_(members), live(model), open)


def exports_for(viewer: Viewer) -> Select[tuple[ClusterExport]]:
    """The files of the managed clusters that can still be had, the latest first."""
    return (
        select(ClusterExport)
        .where(ClusterExport.cluster_id.in_(viewer.manages), ClusterExport.created_at > utcnow() - KEPT)
        .order_by(ClusterExport.id.desc())
    )


def ready_or_refuse(session: Session, public_id: str, viewer: Viewer) -> ClusterExport:
    """The file of that public id, where it is written and the viewer manages its cluster. Raises NotPermitted."""
    found = session.scalar(
        exports_for(viewer).where(ClusterExport.public_id == public_id, ClusterExport.ready_at.is_not(None))
    )
    if found is None:
        raise NotPermitted(public_id)
    return found
