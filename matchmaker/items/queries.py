"""Which items a viewer may read, as conditions inside a query: the same rule as ``permissions``, before any cut."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters.models import ClusterManager, ClusterMembership, Organisation
from matchmaker.db import today
from matchmaker.items.models import Item, ItemState, Teaser, WithTeaser
from matchmaker.permissions import CONFIDENTIAL, NotPermitted, Permission, Viewer, Visibility, allows

AnyItem = TypeVar("AnyItem", bound=Item)

#: How long before its end an item is called to its owner's attention.
SOON = timedelta(days=30)
#: Where an owner's items stand, in the order of the owner's tabs.
STANDINGS = ("published", "expiring", "expired", "draft", "met", "withdrawn")


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


def entrusted(model: type[Any], viewer: Viewer) -> ColumnElement[bool]:
    """Confidential texts that their owners let this manager read: never searched for, only handed over."""
    if not viewer.manages or not issubclass(model, WithTeaser):
        return false()
    members = select(ClusterMembership.organisation_id).where(ClusterMembership.cluster_id.in_(viewer.manages))
    return and_(
        live(model),
        model.visibility.in_(CONFIDENTIAL),
        model.organisation_id.in_(members),
        or_(model.for_managers, model.trusted.any(User.id == viewer.user_id)),
    )


def kept_from(model: type[Any], viewer: Viewer) -> ColumnElement[bool]:
    """Confidential texts that are neither the viewer's own nor entrusted to the viewer."""
    confidential = and_(model.visibility.in_(CONFIDENTIAL), model.organisation_id.not_in(viewer.organisation_ids))
    return and_(confidential, not_(entrusted(model, viewer)))


def shown_teasers(viewer: Viewer) -> ColumnElement[bool]:
    """The teasers the viewer may find: the same ones for every member of any cluster."""
    if not viewer.cluster_ids:
        return false()
    return and_(Teaser.live, or_(Teaser.expires_on.is_(None), Teaser.expires_on >= today()))


def findable(model: type[Any], viewer: Viewer) -> ColumnElement[bool]:
    """What lists, searches and suggestions may show: live, and visible to the viewer (own confidential ones too).

    What is confidential stands in no index: only SQL finds it, and only for its own organisation.
    """
    if model is Teaser:
        return shown_teasers(viewer)
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


def teaser_or_refuse(session: Session, public_id: str, viewer: Viewer) -> Teaser:
    """The teaser of that public id, for its readers and its owner. Raises NotPermitted otherwise."""
    found = session.scalar(select(Teaser).where(Teaser.public_id == public_id))
    if found is None or not allows(viewer, Permission.READ_TEASER, found):
        raise NotPermitted(public_id)
    return found


def confidential_at(session: Session, address: str) -> WithTeaser | None:
    """The published confidential item whose page, or whose teaser's page, has this address."""
    public_id = address.strip().rstrip("/").rpartition("/")[2].partition("?")[0]
    teaser = session.scalar(select(Teaser).where(Teaser.public_id == public_id))
    if teaser is not None:
        return teaser.item if teaser.is_live else None
    for model in WithTeaser.__subclasses__():
        found = session.scalar(
            select(model).where(model.public_id == public_id, live(model), model.visibility.in_(CONFIDENTIAL))
        )
        if found is not None:
            return found
    return None


def managers_of(session: Session, organisation: Organisation) -> list[User]:
    """The managers of an organisation's clusters, whom it may trust with a confidential text, by name."""
    return list(
        session.scalars(
            select(User)
            .where(
                User.id.in_(
                    select(ClusterManager.user_id).where(ClusterManager.cluster_id.in_(organisation.cluster_ids))
                ),
                User.active,
            )
            .order_by(User.name, User.id)
        )
    )


def standing_is(model: type[Any], standing: str) -> ColumnElement[bool]:
    """Where an item stands as its owner sees it: one of STANDINGS; *expiring* are the published ones that end soon."""
    if standing == "published":
        return live(model)
    if standing == "expiring":
        return and_(live(model), model.expires_on <= today() + SOON)
    if standing == "expired":
        return and_(model.state == ItemState.PUBLISHED, model.expires_on < today())
    return model.state == ItemState(standing)


def ends_soon(item: Item) -> bool:
    """Whether a live item ends within the time in which its owner should renew it."""
    return item.is_live and item.expires_on is not None and item.expires_on <= today() + SOON


def counts(session: Session, model: type[Any], organisation_id: int) -> dict[str, int]:
    """How many of an organisation's items stand where, and in ``all`` how many there are."""
    columns = [func.count().filter(standing_is(model, standing)).label(standing) for standing in STANDINGS]
    row = session.execute(
        select(func.count().label("all"), *columns).where(model.organisation_id == organisation_id)
    ).one()
    return dict(row._mapping)


def of_organisation(model: type[Any], organisation_id: int, standing: str = "") -> Select[Any]:
    """An organisation's own items, all or by where they stand, the latest change first."""
    wanted = select(model).where(model.organisation_id == organisation_id)
    if standing in STANDINGS:
        wanted = wanted.where(standing_is(model, standing))
    return wanted.order_by(model.updated_at.desc(), model.id.desc())
