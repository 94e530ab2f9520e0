"""Pages to create, join and look after an organisation; the organisations of a cluster for its managers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_security import current_user

from matchmaker import sheets
from matchmaker.accounts.models import User
from matchmaker.accounts.security import ask_again
from matchmaker.clusters import notifications, operations, queries
from matchmaker.clusters.exports import MEMBER
from matchmaker.clusters.forms import TYPE_HELPS, AskForm, InvitationForm, OrganisationForm
from matchmaker.clusters.models import Invitation, MembershipRole, MembershipState, Organisation
from matchmaker.clusters.queries import Likeness
from matchmaker.db import EditConflict, db
from matchmaker.paging import Page
from matchmaker.permissions import NotPermitted, Permission, permits

bp = Blueprint("clusters", __name__)

PAGE_SIZE = 50


def _me() -> User:
    return current_user._get_current_object()


def _home() -> str:
    return url_for("home.index") if "home.index" in current_app.view_functions else "/"


# The way in: sign-up → mail → confirmation → sign-in → here → home.


@bp.get("/arrive")
@permits(Permission.ACCOUNT)
def arrive() -> Any:
    """Where a sign-in leads: home, or to the next step of whoever acts for nobody yet."""
    if g.viewer.owes_second_step:
        return redirect(url_for("accounts.second_step"))
    settled = g.viewer.organisation_ids or g.viewer.manages or g.viewer.platform_admin
    return redirect(_home() if settled else url_for(".start"))


@bp.get("/start")
@permits(Permission.ACCOUNT)
def start() -> str:
    """Create an organisation or join one; what waits for an answer."""
    return render_template(
        "clusters/start.html",
        memberships=queries.memberships_of(db.session, g.viewer.user_id),
        invitations=queries.invitations_for(db.session, _me()),
    )


@bp.route("/organisations/new", methods=["GET", "POST"])
@permits(Permission.ACCOUNT)
def create_organisation() -> Any:
    """Create an organisation, unless it is there already."""
    clusters = queries.clusters(db.session)
    form = OrganisationForm(clusters=clusters)
    if request.method == "GET":
        form.name.data = form.name.data or request.args.get("name", "")[:200]
        return _organisation_page(form)
    if not form.validate():
        return _organisation_page(form), 422
    facts = form.facts
    alike = queries.look_alikes(db.session, name=facts.name, ror=facts.ror, website=facts.website)
    same_ror = any(likeness is Likeness.ROR for _organisation, likeness in alike)
    if alike and (same_ror or not form.not_the_same.data):
        # Asking twice is cheaper than two records of one organisation; only equal ROR ids leave no doubt.
        form.not_the_same.data = "" if same_ror else "1"
        return _organisation_page(form, alike=alike, certain=same_ror), 409
    organisation = operations.create_organisation(db.session, _me(), facts, form.chosen(clusters))
    db.session.commit()
    flash(_("%(name)s is registered, and you look after it.", name=organisation.name))
    return redirect(_home())


def _organisation_page(form: OrganisationForm, **context: Any) -> str:
    return render_template("clusters/organisation_form.html", form=form, type_helps=TYPE_HELPS, **context)


@bp.get("/organisations/join")
@permits(Permission.ACCOUNT)
def join() -> str:
    """Find the organisation one works for, and ask to act for it."""
    words = request.args.get("q", "")[:200]
    return render_template(
        "clusters/join.html",
        words=words,
        found=queries.by_name(db.session, words),
        mine={m.organisation_id: m for m in queries.memberships_of(db.session, g.viewer.user_id)},
        form=AskForm(),
    )


@bp.post("/organisations/<public_id>/ask")
@permits(Permission.ACCOUNT)
def ask(public_id: str) -> Any:
    """Ask to join; those who look after the organisation get a mail."""
    organisation = queries.organisation_by_public_id(db.session, public_id)
    form = AskForm()
    if not form.validate():
        flash(_("The message is too long: at most 500 characters."), "error")
        return redirect(url_for(".join", q=organisation.name))
    try:
        membership, new = operations.ask_to_join(db.session, _me(), organisation, form.message.data)
    except operations.TooManyRequests:
        flash(_("You wait for %(number)s organisations already.", number=operations.REQUESTS_MOST), "error")
        return redirect(url_for(".start"))
    if new:
        notifications.tell_of_request(db.session, membership)
        flash(_("Your request is on its way. You get a mail as soon as it is answered."))
    db.session.commit()
    return redirect(url_for(".start"))


@bp.post("/memberships/<public_id>/withdraw")
@permits(Permission.ACCOUNT)
def withdraw(public_id: str) -> Any:
    """Take back one's own request to join."""
    membership = queries.own_request_or_refuse(db.session, public_id, g.viewer.user_id)
    notifications.forget_request(db.session, membership)
    operations.refuse(db.session, membership)
    db.session.commit()
    flash(_("Your request is taken back."))
    return redirect(url_for(".start"))


# Looking after an organisation.


def _own_organisation(permission: Permission) -> Organisation:
    """The organisation the viewer acts for, where they may look after it; else the first they may."""
    wanted = [g.viewer.organisation_id, *sorted(g.viewer.admin_of)]
    for organisation_id in wanted:
        if organisation_id in g.viewer.admin_of:
            return db.session.get_one(Organisation, organisation_id)
    raise NotPermitted(permission)


def _organisation(public_id: str | None, permission: Permission) -> Organisation:
    if public_id is None:
        return _own_organisation(permission)
    return queries.organisation_or_refuse(db.session, public_id, g.viewer, permission)


@bp.route("/organisations/edit", methods=["GET", "POST"], defaults={"public_id": None})
@bp.route("/organisations/<public_id>/edit", methods=["GET", "POST"])
@permits(Permission.ORGANISATION_ADMIN)
def edit_organisation(public_id: str | None) -> Any:
    """Change what the organisation says about itself."""
    organisation = _organisation(public_id, Permission.ORGANISATION_ADMIN)
    form = OrganisationForm(obj=None if request.method == "POST" else organisation)
    if request.method == "GET":
        form.version.data = str(organisation.version)
        return _organisation_page(form, organisation=organisation)
    if not form.validate():
        return _organisation_page(form, organisation=organisation), 422
    facts = form.facts
    alike = queries.look_alikes(db.session, name="", ror=facts.ror, website="", besides=organisation.id)
    if facts.ror and alike:
        form.ror.errors = [_("Another organisation has this ROR id already.")]
        return _organisation_page(form, organisation=organisation), 409
    try:
        operations.edit_organisation(
            organisation, facts, version=int(form.version.data) if form.version.data.isdecimal() else 0
        )
    except EditConflict:
        # What the other person saved stands beside what was typed; saving again is then a decision.
        form.version.data = str(organisation.version)
        return _organisation_page(form, organisation=organisation, saved=_differences(organisation, form)), 409
    db.session.commit()
    flash(_("Saved."))
    if "profiles.organisation" in current_app.view_functions:
        return redirect(url_for("profiles.organisation", public_id=organisation.public_id))
    return redirect(url_for(".edit_organisation", public_id=organisation.public_id))


def _differences(organisation: Organisation, form: OrganisationForm) -> list[tuple[str, Any]]:
    """What somebody else saved meanwhile and differs from the form: label and value."""
    typed = form.facts
    label = current_app.jinja_env.filters["label"]
    made = []
    for name in typed.__dataclass_fields__:
        theirs = getattr(organisation, name)
        if theirs == getattr(typed, name):
            continue
        field = form[name]
        words = dict(field.choices) if getattr(field, "choices", None) else {}
        shown = [words.get(one, label(one)) for one in (theirs if isinstance(theirs, list) else [theirs])]
        made.append((field.label.text, ", ".join(str(one) for one in shown if one not in (None, "")) or "–"))
    return made


@bp.get("/organisations/people", defaults={"public_id": None})
@bp.get("/organisations/<public_id>/people")
@permits(Permission.PEOPLE)
def people(public_id: str | None) -> str:
    """Who acts for the organisation, who asks to, and who is invited."""
    return _people_page(_organisation(public_id, Permission.PEOPLE), InvitationForm())


def _people_page(organisation: Organisation, form: InvitationForm) -> str:
    return render_template(
        "clusters/people.html",
        organisation=organisation,
        memberships=queries.people_of(db.session, organisation),
        invitations=queries.invitations_to(db.session, organisation),
        form=form,
    )


@bp.post("/organisations/<public_id>/invite")
@permits(Permission.PEOPLE)
def invite(public_id: str) -> Any:
    """Invite somebody by their address; whether it has an account changes nothing that can be seen."""
    organisation = _organisation(public_id, Permission.PEOPLE)
    form = InvitationForm()
    if form.validate() and any(
        m.state == MembershipState.ACTIVE and m.user.email.lower() == form.email.data.lower()
        for m in organisation.memberships
    ):
        form.email.errors = [_("This person acts for the organisation already.")]
    if form.errors:
        return _people_page(organisation, form), 422
    invitation = operations.invite(db.session, _me(), organisation, form.email.data, MembershipRole(form.role.data))
    notifications.send_invitation(db.session, invitation, _me())
    db.session.commit()
    flash(_("An invitation is on its way to %(email)s.", email=invitation.email))
    return redirect(url_for(".people", public_id=organisation.public_id))


@bp.post("/invitations/<public_id>/withdraw")
@permits(Permission.PEOPLE)
def withdraw_invitation(public_id: str) -> Any:
    """Take an invitation back."""
    invitation = queries.sent_invitation_or_refuse(db.session, public_id, g.viewer)
    operations.withdraw_invitation(invitation)
    db.session.commit()
    flash(_("The invitation to %(email)s is taken back.", email=invitation.email))
    return redirect(url_for(".people", public_id=invitation.organisation.public_id))


@bp.get("/invitations/<public_id>")
@permits(Permission.BROWSE)
def invitation(public_id: str) -> str:
    """Where the link in an invitation leads: what it is for, and how to go on."""
    return _invitation_page(queries.invitation_or_refuse(db.session, public_id))


def _invitation_page(shown: Invitation, *, other: bool = False) -> str:
    mine = g.viewer.signed_in and _me().email.lower() == shown.email.lower()
    return render_template(
        "clusters/invitation.html", invitation=shown, mine=mine, other=other or (g.viewer.signed_in and not mine)
    )


@bp.post("/invitations/<public_id>/accept")
@permits(Permission.ACCOUNT)
def accept_invitation(public_id: str) -> Any:
    """Act for the organisation from now on: for whoever confirmed the address it was sent to, and nobody else."""
    shown = queries.invitation_or_refuse(db.session, public_id)
    try:
        membership = operations.accept_invitation(db.session, shown, _me())
    except operations.NotInvited:
        db.session.rollback()
        return _invitation_page(queries.invitation_or_refuse(db.session, public_id), other=True), 409
    db.session.commit()
    flash(_("You now act for %(organisation)s.", organisation=membership.organisation.name))
    return redirect(_home())


@bp.post("/memberships/<public_id>/leave")
@permits(Permission.ACCOUNT)
def leave(public_id: str) -> Any:
    """Stop acting for an organisation; what one wrote stays with it."""
    membership = queries.own_membership_or_refuse(db.session, public_id, g.viewer.user_id)
    name = membership.organisation.name
    try:
        operations.remove(db.session, membership, here=g.sign_in)
    except operations.LastAdmin:
        return _last_admin(membership.organisation)
    db.session.commit()
    flash(_("You no longer act for %(organisation)s. What you wrote stays there.", organisation=name))
    return redirect(url_for("accounts.me"))


@bp.post("/memberships/<public_id>/hand-over")
@permits(Permission.ORGANISATION_ADMIN)
def hand_over(public_id: str) -> Any:
    """Let another member look after the organisation, and become a member oneself."""
    taker = queries.membership_or_refuse(db.session, public_id, g.viewer)
    if again := ask_again(url_for(".people", public_id=taker.organisation.public_id)):
        return again
    giver = next((m for m in taker.organisation.memberships if m.user_id == g.viewer.user_id), None)
    try:
        if giver is None:
            raise NotPermitted(public_id)
        operations.hand_over(db.session, giver, taker, here=g.sign_in)
    except operations.NotActive:
        raise NotPermitted(public_id) from None
    db.session.commit()
    flash(_("%(name)s looks after %(organisation)s from now on.", **_names(taker)))
    return redirect(url_for("accounts.me"))


@bp.post("/memberships/<public_id>/accept")
@permits(Permission.PEOPLE)
def accept(public_id: str) -> Any:
    """Let somebody act for the organisation."""
    membership = queries.membership_or_refuse(db.session, public_id, g.viewer)
    back = _after_change(membership.organisation)
    if membership.state == MembershipState.ASKED:
        operations.accept(db.session, membership)
        notifications.forget_request(db.session, membership)
        notifications.tell_accepted(db.session, membership)
        flash(_("%(name)s now acts for %(organisation)s.", **_names(membership)))
    db.session.commit()
    return redirect(back)


@bp.post("/memberships/<public_id>/refuse")
@permits(Permission.PEOPLE)
def refuse(public_id: str) -> Any:
    """Turn a request down."""
    membership = queries.membership_or_refuse(db.session, public_id, g.viewer)
    back = _after_change(membership.organisation)
    if membership.state == MembershipState.ASKED:
        user, organisation = membership.user, membership.organisation
        flash(_("The request of %(name)s is turned down.", name=user.display_name))
        notifications.forget_request(db.session, membership)
        operations.refuse(db.session, membership)
        notifications.tell_refused(db.session, user, organisation)
    db.session.commit()
    return redirect(back)


@bp.post("/memberships/<public_id>/make-admin")
@permits(Permission.PEOPLE)
def make_admin(public_id: str) -> Any:
    """Let a member look after the organisation too."""
    membership = queries.membership_or_refuse(db.session, public_id, g.viewer)
    if membership.state == MembershipState.ACTIVE:
        operations.make_admin(membership)
        flash(_("%(name)s looks after %(organisation)s too.", **_names(membership)))
    back = _after_change(membership.organisation)
    db.session.commit()
    return redirect(back)


@bp.post("/memberships/<public_id>/make-member")
@permits(Permission.PEOPLE)
def make_member(public_id: str) -> Any:
    """Take the rights of an admin back."""
    membership = queries.membership_or_refuse(db.session, public_id, g.viewer)
    back = _after_change(membership.organisation, leaving=membership.user_id == g.viewer.user_id)
    try:
        operations.make_member(db.session, membership, here=g.sign_in)
    except operations.LastAdmin:
        return _last_admin(membership.organisation)
    flash(_("%(name)s acts for %(organisation)s as a member.", **_names(membership)))
    db.session.commit()
    return redirect(back)


@bp.post("/memberships/<public_id>/remove")
@permits(Permission.PEOPLE)
def remove(public_id: str) -> Any:
    """End a membership."""
    membership = queries.membership_or_refuse(db.session, public_id, g.viewer)
    back = _after_change(membership.organisation, leaving=membership.user_id == g.viewer.user_id)
    names = _names(membership)
    try:
        operations.remove(db.session, membership, here=g.sign_in)
    except operations.LastAdmin:
        return _last_admin(membership.organisation)
    flash(_("%(name)s no longer acts for %(organisation)s.", **names))
    db.session.commit()
    return redirect(back)


def _names(membership: Any) -> dict[str, str]:
    return {"name": membership.user.display_name, "organisation": membership.organisation.name}


def _after_change(organisation: Organisation, *, leaving: bool = False) -> str:
    if leaving:
        return url_for("accounts.me")
    if organisation.id in g.viewer.admin_of:
        return url_for(".people", public_id=organisation.public_id)
    # A manager has just given the organisation its first admin, and looks after its people no longer.
    return url_for(".members")


def _last_admin(organisation: Organisation) -> Any:
    flash(_("Somebody has to look after %(name)s. Make another person admin first.", name=organisation.name), "error")
    return redirect(url_for(".people", public_id=organisation.public_id))


# The managers' list.


@bp.get("/cluster/members")
@bp.get("/cluster/members.<file:format>")
@permits(Permission.CURATE)
def members(format: sheets.Format | None = None) -> Any:
    """The organisations of the clusters one manages."""
    words = request.args.get("q", "")[:200]
    if format:
        everybody = queries.members_of(db.session, g.viewer.manages, words=words, size=sheets.MOST_ROWS)
        return sheets.answer("members", format, MEMBER, everybody.rows)
    listed = queries.members_of(
        db.session,
        g.viewer.manages,
        words=words,
        language=str(get_locale()),
        page=request.args.get("page", 1, type=int),
        size=PAGE_SIZE,
    )

    def url(number: int) -> str:
        return url_for("clusters.members", q=words or None, page=number if number > 1 else None)

    page = Page(listed.rows, listed.page, listed.pages, listed.found, url)
    return render_template("clusters/members.html", rows=listed.rows, totals=listed.totals, page=page, words=words)
