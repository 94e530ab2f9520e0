"""Who may do what: one table of rights, denied by default.

Every route names one permission with ``@permits``; a view that loads an object asks again with ``require(permission,
thing)``. What the viewer may not do looks exactly like what does not exist: 404.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar


class Visibility(StrEnum):
    """Who may read a text, from the most open to the most private."""

    #: Everybody, signed in or not.
    PUBLIC = "public"
    #: Signed-in members of a cluster that the organisation belongs to.
    MEMBERS = "members"
    #: Members of any cluster read an anonymous text by the owner; the rest follows after both sides agreed.
    TEASER = "teaser"
    #: The own organisation only.
    PRIVATE = "private"


#: The levels at which the text itself is for nobody but its owner and whom the owner trusts with it.
CONFIDENTIAL = (Visibility.TEASER, Visibility.PRIVATE)


@dataclass(frozen=True)
class Viewer:
    """Who looks: the facts about a signed-in user (or a visitor) that rights are decided on."""

    user_id: int | None = None
    #: The organisation the user acts for now.
    organisation_id: int | None = None
    #: Every organisation the user is an active member of.
    organisation_ids: frozenset[int] = frozenset()
    #: Those of them whose people and profile the user manages.
    admin_of: frozenset[int] = frozenset()
    #: Clusters whose members-only texts the user may read.
    cluster_ids: frozenset[int] = frozenset()
    #: Clusters the user curates for.
    manages: frozenset[int] = frozenset()
    platform_admin: bool = False
    #: Whether roles are withheld until the user sets up a second step, as one of their clusters asks.
    owes_second_step: bool = False

    @property
    def signed_in(self) -> bool:
        return self.user_id is not None


VISITOR = Viewer()


class Permission(StrEnum):
    """What a viewer may be allowed to do; the table below says who is."""

    #: Open a page meant for everybody; what it lists is filtered by what the viewer may read.
    BROWSE = "browse"
    #: Use one's own account.
    ACCOUNT = "account"
    #: Read one thing.
    READ = "read"
    #: Read what others show of their confidential texts.
    READ_TEASER = "read-teaser"
    #: Register competences, needs, test fields and evidence for the own organisation.
    CONTRIBUTE = "contribute"
    #: Change or withdraw what the own organisation registered.
    EDIT = "edit"
    #: Ask for suggestions, and answer them with "not now" or "never".
    SUGGEST = "suggest"
    #: Ask for introductions, mark interest, and say how many requests one wants.
    INTRODUCE = "introduce"
    #: See an introduction and answer for the own side of it.
    INTRODUCTION = "introduction"
    #: Change an organisation's profile.
    ORGANISATION_ADMIN = "organisation-admin"
    #: Say who belongs to an organisation.
    PEOPLE = "people"
    #: Pin, veto and propose pairs in a cluster one manages.
    CURATE = "curate"
    #: Bring in files: into a cluster one manages, or a whole cluster into the installation.
    IMPORT = "import"
    #: Decide on reports about organisations of the managed clusters and what they published.
    MODERATE = "moderate"
    #: Look after the installation.
    ADMINISTER = "administer"


class NotPermitted(Exception):
    """The viewer may not do this; the web answers as if the thing did not exist."""


def _anybody(viewer: Viewer, thing: Any) -> bool:
    return True


def _signed_in(viewer: Viewer, thing: Any) -> bool:
    return viewer.signed_in


def _reader(viewer: Viewer, thing: Any) -> bool:
    """Own organisation: everything. Others: what is live, by its visibility; else whom its owner let in."""
    if thing is None:
        return True
    if thing.organisation_id in viewer.organisation_ids:
        return True
    if not thing.is_live:
        return False
    if thing.visibility == Visibility.PUBLIC:
        return True
    if thing.visibility == Visibility.MEMBERS:
        return bool(viewer.cluster_ids & thing.organisation.cluster_ids)
    return _confidant(viewer, thing)


def _confidant(viewer: Viewer, thing: Any) -> bool:
    """Who may read a confidential text besides its owner: a manager whom the owner ticked for this very text, and a
    platform admin for as long as an opening lasts that the owner is shown. Records and profiles know no such people.
    """
    if not hasattr(thing, "trusted"):
        return False
    if viewer.manages and viewer.manages & thing.organisation.cluster_ids and thing.is_entrusted_to(viewer.user_id):
        return True
    return viewer.platform_admin and bool(thing.is_opened_for(viewer.user_id))


def _reader_of_teasers(viewer: Viewer, thing: Any) -> bool:
    """Members of any cluster here, whoever stands behind it: who may read it must not tell whose it is."""
    return bool(viewer.cluster_ids or viewer.platform_admin) and (thing is None or thing.is_live)


def _member(viewer: Viewer, thing: Any) -> bool:
    """A member of an organisation; of the very one, where a thing is given."""
    if thing is None:
        return bool(viewer.organisation_ids)
    return thing.organisation_id in viewer.organisation_ids


def _asker(viewer: Viewer, thing: Any) -> bool:
    """A member of the organisation that asks, or a manager of one of its clusters who may read what it asks with."""
    if thing is None:
        return bool(viewer.organisation_ids or viewer.manages)
    if thing.organisation_id in viewer.organisation_ids:
        return True
    return bool(viewer.manages & thing.organisation.cluster_ids) and _reader(viewer, thing)


def _side(viewer: Viewer, thing: Any) -> bool:
    """A member of a side that may know of the introduction."""
    if thing is None:
        return bool(viewer.organisation_ids)
    return thing.side_of(viewer.organisation_ids) is not None


def _organisation_admin(viewer: Viewer, thing: Any) -> bool:
    if thing is None:
        return bool(viewer.admin_of)
    return thing.organisation_id in viewer.admin_of


def _keeper_of_people(viewer: Viewer, thing: Any) -> bool:
    """The organisation's admins; as long as it has none, the managers of its clusters.

    A manager who could add people to any organisation could read its drafts through them.
    """
    if _organisation_admin(viewer, thing):
        return True
    if thing is None:
        return bool(viewer.manages)
    return not thing.has_admin and bool(viewer.manages & thing.cluster_ids)


def _manager(viewer: Viewer, thing: Any) -> bool:
    if thing is None:
        return bool(viewer.manages)
    return thing.cluster_id in viewer.manages


def _importer(viewer: Viewer, thing: Any) -> bool:
    """The cluster's managers; platform admins what brings its cluster with it and so belongs to none that is here."""
    if thing is None:
        return bool(viewer.manages) or viewer.platform_admin
    return viewer.platform_admin if thing.cluster_id is None else thing.cluster_id in viewer.manages


def _moderator(viewer: Viewer, thing: Any) -> bool:
    """Platform admins, and the managers of the reported organisation's clusters: but not in their own case, and not
    where its owner is hidden, since who decides would tell where it belongs.
    """
    if viewer.platform_admin:
        return True
    if thing is None:
        return bool(viewer.manages)
    if thing.on_teaser or thing.organisation_id in viewer.organisation_ids:
        return False
    return bool(viewer.manages & thing.organisation.cluster_ids)


def _platform_admin(viewer: Viewer, thing: Any) -> bool:
    return viewer.platform_admin


#: The table of rights. A permission that is missing here is held by nobody.
RIGHTS: dict[Permission, Callable[[Viewer, Any], bool]] = {
    Permission.BROWSE: _anybody,
    Permission.ACCOUNT: _signed_in,
    Permission.READ: _reader,
    Permission.READ_TEASER: _reader_of_teasers,
    Permission.CONTRIBUTE: _member,
    Permission.EDIT: _member,
    Permission.SUGGEST: _asker,
    Permission.INTRODUCE: _member,
    Permission.INTRODUCTION: _side,
    Permission.ORGANISATION_ADMIN: _organisation_admin,
    Permission.PEOPLE: _keeper_of_people,
    Permission.CURATE: _manager,
    Permission.IMPORT: _importer,
    Permission.MODERATE: _moderator,
    Permission.ADMINISTER: _platform_admin,
}

#: Endpoints of libraries, which can't carry our decorator, and the permission each stands under.
FOREIGN_ENDPOINTS: dict[str, Permission] = {
    "static": Permission.BROWSE,
    "bootstrap.static": Permission.BROWSE,
}


def allows(viewer: Viewer, permission: Permission, thing: Any = None) -> bool:
    """Whether the viewer holds the permission: at all, or for this very thing."""
    rule = RIGHTS.get(permission)
    return rule is not None and rule(viewer, thing)


def require(viewer: Viewer, permission: Permission, thing: Any = None) -> None:
    """Go on only where the viewer holds the permission. Raises NotPermitted."""
    if not allows(viewer, permission, thing):
        raise NotPermitted(permission)


View = TypeVar("View", bound=Callable[..., Any])


def permits(permission: Permission) -> Callable[[View], View]:
    """Name the permission of a view. The application refuses to start with a view that names none."""

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def permission_of(endpoint: str, view: Callable[..., Any] | None) -> Permission | None:
    """The permission an endpoint stands under, or None where nobody named one."""
    named = getattr(view, "permission", None)
    if named is None and endpoint.startswith("security."):
        # Flask-Security guards its own pages; they are the way in, so everybody may open them.
        return Permission.BROWSE
    return named or FOREIGN_ENDPOINTS.get(endpoint)
