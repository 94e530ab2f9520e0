"""``matchmaker clusters``, and the roles that follow from clusters and organisations."""

from __future__ import annotations

import click
from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from matchmaker.accounts.cli import user_or_fail, users
from matchmaker.accounts.models import PLATFORM_ADMIN
from matchmaker.accounts.operations import grant_role
from matchmaker.clusters import operations, queries
from matchmaker.clusters.models import Cluster, ClusterMembership, Organisation
from matchmaker.commands import Group, option
from matchmaker.db import db
from matchmaker.texts import clean_line, comparison_key

clusters = Group("clusters", help="Clusters: list, create.")

CLUSTER_MANAGER, ORGANISATION_ADMIN = "cluster-manager", "organisation-admin"


@clusters.command("list")
def list_clusters() -> None:
    """Every cluster: short name, name, number of organisations."""
    members = func.count(ClusterMembership.id)
    rows = db.session.execute(
        select(Cluster.slug, Cluster.name, members)
        .outerjoin(ClusterMembership)
        .group_by(Cluster.id)
        .order_by(Cluster.name)
    )
    for slug, name, number in rows:
        click.echo(f"{slug}\t{name}\t{number}")


@clusters.command()
@click.argument("name")
@option("--description", default="", help="What the cluster is for, in a sentence or two.")
def create(name: str, description: str) -> None:
    """Found a cluster. While there is one only, new organisations join it by themselves."""
    cleaned = clean_line(name)
    if not 2 <= len(cleaned) <= 160:
        raise click.ClickException(_("expected a name of 2 to 160 characters, found %(num)s", num=len(cleaned)))
    cluster = operations.create_cluster(db.session, cleaned, description=description)
    db.session.commit()
    click.echo(f"{cluster.slug}\t{cluster.name}")


@users.command("set-role")
@click.argument("email")
@click.argument("role", type=click.Choice([PLATFORM_ADMIN, CLUSTER_MANAGER, ORGANISATION_ADMIN]))
@option("--cluster", "slug", help="Short name of the cluster to manage; needed where there are several.")
@option("--organisation", "wanted", help="Name or public id of the organisation to look after.")
def set_role(email: str, role: str, slug: str | None, wanted: str | None) -> None:
    """Give a user a role: over the installation, a cluster or an organisation."""
    user = user_or_fail(email)
    if role == PLATFORM_ADMIN:
        grant_role(db.session, user, PLATFORM_ADMIN)
        where = _("this installation")
    elif role == CLUSTER_MANAGER:
        cluster = _cluster(slug)
        operations.appoint_manager(db.session, user, cluster)
        where = cluster.name
    else:
        organisation = _organisation(wanted)
        operations.appoint_admin(db.session, user, organisation)
        where = organisation.name
    db.session.commit()
    click.echo(_("%(email)s is %(role)s of %(where)s", email=user.email, role=role, where=where))


def _cluster(slug: str | None) -> Cluster:
    known = queries.clusters(db.session)
    fitting = [cluster for cluster in known if slug in (None, cluster.slug)]
    if len(fitting) != 1:
        names = ", ".join(cluster.slug for cluster in known) or _("none yet: `matchmaker clusters create NAME`")
        raise click.ClickException(_("expected --cluster to name one cluster; there are: %(names)s", names=names))
    return fitting[0]


def _organisation(wanted: str | None) -> Organisation:
    if not wanted:
        raise click.ClickException(_("expected --organisation with a name or public id"))
    same = or_(Organisation.public_id == wanted, Organisation.name_key == comparison_key(wanted))
    fitting = db.session.scalars(select(Organisation).where(same).limit(2)).all()
    if len(fitting) != 1:
        raise click.ClickException(
            _("expected one organisation called “%(name)s”, found several; give its public id", name=wanted)
            if fitting
            else _("expected an organisation called “%(name)s”, found none", name=wanted)
        )
    return fitting[0]


commands = (clusters,)
