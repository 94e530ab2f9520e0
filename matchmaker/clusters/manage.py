"""The platform admin's page: the clusters of this installation and who manages them."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from matchmaker.accounts.models import User
from matchmaker.clusters import operations, queries
from matchmaker.clusters.forms import ClusterForm, ManagerForm
from matchmaker.clusters.models import Cluster, ClusterManager
from matchmaker.clusters.views import bp
from matchmaker.db import db
from matchmaker.permissions import NotPermitted, Permission, permits


@bp.get("/clusters")
@permits(Permission.ADMINISTER)
def index() -> str:
    """Every cluster with its managers, and the form for a new one."""
    return _page(ClusterForm(), ManagerForm())


@bp.post("/clusters")
@permits(Permission.ADMINISTER)
def found() -> Any:
    """Found a cluster."""
    form = ClusterForm()
    if not form.validate_on_submit():
        return _page(form, ManagerForm()), 422
    cluster = operations.create_cluster(db.session, form.name.data, description=form.description.data)
    db.session.commit()
    flash(_("%(name)s is founded. Now appoint somebody to manage it.", name=cluster.name))
    return redirect(url_for("clusters.index"))


@bp.post("/clusters/<public_id>/second-step")
@permits(Permission.ADMINISTER)
def ask_second_step(public_id: str) -> Any:
    """Ask a second step of those who manage the cluster or look after its organisations, or ask it no longer."""
    cluster = _cluster(public_id)
    operations.ask_second_step(db.session, cluster, request.form.get("ask") == "1", by=g.viewer.user_id)
    db.session.commit()
    if cluster.asks_second_step:
        flash(_("Managers and organisation admins of %(name)s need a second step from now on.", name=cluster.name))
    else:
        flash(_("%(name)s asks for no second step any more.", name=cluster.name))
    return redirect(url_for("clusters.index"))


@bp.post("/clusters/<public_id>/managers")
@permits(Permission.ADMINISTER)
def appoint(public_id: str) -> Any:
    """Let a user curate for a cluster."""
    cluster = _cluster(public_id)
    form = ManagerForm()
    user = None
    if form.validate_on_submit():
        user = db.session.scalar(select(User).where(User.email == form.email.data.lower()))
        if user is None:
            form.email.errors = [_("Nobody has signed up with this address yet.")]
    if user is None:
        return _page(ClusterForm(formdata=None), form, appointing=cluster), 422
    operations.appoint_manager(db.session, user, cluster)
    db.session.commit()
    flash(_("%(person)s now manages %(cluster)s.", person=user.display_name, cluster=cluster.name))
    return redirect(url_for("clusters.index"))


@bp.post("/clusters/<public_id>/managers/<user_id>/dismiss")
@permits(Permission.ADMINISTER)
def dismiss(public_id: str, user_id: str) -> Any:
    """End a user's management of a cluster; the verdicts given stay."""
    cluster = _cluster(public_id)
    user = db.session.scalar(
        select(User).join(ClusterManager).where(User.public_id == user_id, ClusterManager.cluster_id == cluster.id)
    )
    if user is None:
        raise NotPermitted(user_id)
    operations.dismiss_manager(db.session, user, cluster, here=g.sign_in)
    db.session.commit()
    flash(_("%(person)s no longer manages %(cluster)s.", person=user.display_name, cluster=cluster.name))
    return redirect(url_for("clusters.index"))


def _cluster(public_id: str) -> Cluster:
    cluster = db.session.scalar(select(Cluster).where(Cluster.public_id == public_id))
    if cluster is None:
        raise NotPermitted(public_id)
    return cluster


def _page(form: ClusterForm, manager_form: ManagerForm, appointing: Cluster | None = None) -> str:
    managers: dict[int, list[User]] = {}
    for row in db.session.scalars(select(ClusterManager).order_by(ClusterManager.id)):
        managers.setdefault(row.cluster_id, []).append(row.user)
    return render_template(
        "clusters/index.html",
        clusters=queries.clusters(db.session),
        managers=managers,
        form=form,
        manager_form=manager_form,
        appointing=appointing,
    )
