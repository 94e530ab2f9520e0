"""Which items a viewer may read, as conditions inside a query: the same rule as ``permissions``, before any cut."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import ClusterMembership
from matchmaker.db import today
from matchmaker.items.models import Item, ItemState
from matchmaker.permissions import NotPermitted, Permission, Viewer, Visibility, allows

AnyItem = TypeVar("AnyItem", bound=Item)


def live(model: type[Any]) -> ColumnElement[bool]:
    """Published and not expired."""
    return and_(model.state == ItemState.PUBLISHED, or_(model.expires_on.is_(None), model.expires_on >= today()))


def visible_to_others(model: type[Any], viewer: Viewer) -> ColumnElement[bool]:
    """By visibility alone: public, or members-only within one of the viewer's clusters."""
    visible: ColumnElement[bool] = model.visibility == Visibility.PUBLIC
    if viewer.cluster_ids:
        same_cluster = select(ClusterMembership.organisation_id).where(
            ClusterMembership.cluster_id.in_(viewer.cluster_ids)
        )
        visible = or_(
            visible,
            and_(model.visibility == Visibility.MEMBERS, model.organisation_id.in_(same_cluster)),
        )
    return visible


def readable(model: type[Any], viewer: Viewer) -> ColumnElement[bool]:
    """What the viewer may read: live and visible, or the own organisation's in any state."""
    others = and_(live(model), visible_to_others(model, viewer))
    if not viewer.organisation_ids:
        return others
    return or_(others, model.organisation_id.in_(viewer.organisation_ids))


def findable(model: type[Any], viewer: Viewer) -> ColumnElement[bool]:
    """What searches and suggestions may show: live, and readable by the viewer (own private ones included)."""
    visible = visible_to_others(model, viewer)
    if viewer.organisation_ids:
        visible = or_(visible, model.organisation_id.in_(viewer.organisation_ids))
    return and_(live(model), visible)


def get_or_refuse(session: Session, model: type[AnyItem], public_id: str, viewer: Viewer) -> AnyItem:
    """The item of that public id. Raises NotPermitted where it does not exist or the viewer may not read it."""
    found = session.scalar(select(model).where(model.public_id == public_id))
    if found is None or not allows(viewer, Permission.READ, found):
        raise NotPermitted(public_id)
    return found
