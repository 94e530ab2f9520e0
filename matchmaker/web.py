"""What happens around every request: who looks, what they may open, how the answer is protected.

Deny by default: an endpoint whose permission nobody named keeps the application from starting.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import click
import structlog
from flask import Flask, Response, abort, current_app, g, has_request_context, make_response, redirect, request, url_for
from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from flask_security import current_user
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.middleware.proxy_fix import ProxyFix

from matchmaker import audit, repeats, throttle
from matchmaker.accounts.models import ApiToken
from matchmaker.accounts.operations import note_use
from matchmaker.accounts.queries import token_for
from matchmaker.accounts.views import language_cookie
from matchmaker.clusters.models import Cluster
from matchmaker.clusters.queries import clusters, viewer_for
from matchmaker.config import Settings
from matchmaker.db import db, set_read_only, utcnow, writing
from matchmaker.errors import answer
from matchmaker.extensions import babel
from matchmaker.introductions.queries import count_to_answer
from matchmaker.notifications.queries import unread
from matchmaker.permissions import VISITOR, NotPermitted, Permission, Viewer, allows, permission_of
from matchmaker.translations import LANGUAGES, own_name, terminal_language
from matchmaker.uploads import largest_body

log = structlog.get_logger("matchmaker")

#: GET addresses that write: the one a provider sends the browser back to, with the state that this browser was given,
#: and the one that opens a notification, which only its reader can, and which is then read.
WRITING_GETS = frozenset({"accounts.come_back", "notifications.open_one"})

#: How many refusals of one user are put on record in an hour; somebody who guesses ids makes thousands.
REFUSALS_NOTED = 50

#: The addresses under /api that answer without a token.
OPEN_API = frozenset({"openapi_document"})

#: Methods that never change anything.
READING_METHODS = ("GET", "HEAD", "OPTIONS")

#: Addresses that only read, although a form is posted to them because a text is too long or too private for an address.
READING_POSTS = frozenset({"suggestions.preview", "suggestions.for_text", "api_suggestions.suggest"})
#: Addresses that give a program all that is kept about somebody: for tokens that were allowed to take it along, on a
#: page that asked for the password. They change nothing, so such a token need not act in its owner's name.
EXPORTING = frozenset({"api_privacy.export", "api_privacy.export_ours", "api_transfers.download"})

#: Addresses that answer a free text. Each answer is harmless; thousands of them, asked for by a script, could map what
#: is not shown, so one person gets so many in a minute and in a day, and the visitors of one neighbourhood together.
PROBED = frozenset(
    {
        "directory.search",
        "directory.organisations",
        "suggestions.for_text",
        "suggestions.preview",
        "api_directory.find",
        "api_suggestions.suggest",
    }
)
PROBES_A_MINUTE, PROBES_A_DAY = 120, 2_000
PROBES_OF_VISITORS_A_MINUTE, PROBES_OF_VISITORS_A_DAY = 300, 10_000
#: Requests of one token in a minute.
API_REQUESTS_A_MINUTE = 300

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)


def flask_config(settings: Settings) -> dict[str, Any]:
    """Flask's configuration for these settings."""
    base = urlsplit(settings.base_url)
    return {
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_FALLBACKS": list(settings.former_secret_keys),
        "SQLALCHEMY_ENGINES": {"default": {"url": settings.database_url, "pool_pre_ping": True}},
        "MAX_CONTENT_LENGTH": 1_000_000,
        "MAX_FORM_MEMORY_SIZE": 500_000,
        "TRUSTED_HOSTS": list(settings.trusted_hosts) if settings.trusted_hosts else None,
        "PREFERRED_URL_SCHEME": base.scheme,
        "SESSION_COOKIE_NAME": "__Host-session" if settings.secure else "session",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_NAME": "__Host-remember_token" if settings.secure else "remember_token",
        "REMEMBER_COOKIE_SECURE": settings.secure,
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "BOOTSTRAP_SERVE_LOCAL": True,
        "BABEL_DEFAULT_LOCALE": LANGUAGES[0],
        "WTF_CSRF_TIME_LIMIT": None,
    }


def select_locale() -> str:
    """The language of the page: of the user's account, else as chosen in this browser, else as the browser asks for."""
    if not has_request_context():
        # A command speaks as its terminal asks; whatever else has no reader speaks English.
        return terminal_language() if click.get_current_context(silent=True) else LANGUAGES[0]
    for chosen in (getattr(current_user, "locale", "") if current_user else "", request.cookies.get(language_cookie())):
        if chosen in LANGUAGES:
            return chosen
    # Not Werkzeug's best match, which prefers a poor "en" to a good "de-AT".
    wanted = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality)
    return next((language for language in wanted if language in LANGUAGES), LANGUAGES[0])


def init_app(app: Flask, settings: Settings) -> None:
    """Bind the hooks that surround every request."""
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies
        )
    babel.init_app(app, locale_selector=select_locale)
    app.before_request(_begin)
    app.before_request(_refuse_nonsense)
    app.before_request(_guard)
    app.before_request(_slow_down)
    app.before_request(_repeat)
    # Whatever the thread does next, a job or a test, is not bound by what this request might do.
    app.teardown_request(lambda _error: set_read_only(False))
    app.after_request(_note_refusal)
    app.after_request(_keep_answer)
    app.after_request(_protect)
    app.after_request(_log)
    app.context_processor(_template_globals)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        get_locale=get_locale,
        has_endpoint=lambda name: name in current_app.view_functions,
        asset_version=secrets.token_hex(4),
        Permission=Permission,
    )


def check_permissions(app: Flask) -> None:
    """Refuse to start with an endpoint that no permission stands over."""
    unnamed = sorted(
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if permission_of(rule.endpoint, app.view_functions[rule.endpoint]) is None
    )
    if unnamed:
        raise RuntimeError(f"These endpoints name no permission (use @permits): {', '.join(unnamed)}.")


def _begin() -> None:
    g.started = time.perf_counter()
    g.request_id = secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)
    endpoint = request.endpoint or ""
    if request.method in READING_METHODS:
        set_read_only(endpoint not in WRITING_GETS)
    else:
        set_read_only(endpoint in READING_POSTS)
        largest = largest_body(current_app.view_functions.get(endpoint))
        if largest is not None:
            request.max_content_length = largest


def _refuse_nonsense() -> None:
    """Refuse what no browser types and no database keeps: NUL characters in an address or a form."""
    parts = [request.path, *request.args.keys(), *(value for _, value in request.args.items(multi=True))]
    if request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        parts += [*request.form.keys(), *(value for _, value in request.form.items(multi=True))]
    if any("\x00" in part for part in parts):
        abort(400)


def _guard() -> Any:
    """Load the viewer and ask for the permission of the endpoint, before any view runs."""
    g.viewer = VISITOR
    audit.set_actor(None)
    endpoint = request.endpoint
    if endpoint in ("static", "bootstrap.static"):
        return None
    if request.path.startswith("/api/"):
        if endpoint is None or endpoint in OPEN_API:
            return None
        # Cookies do not count here, so no other site can make a browser act through the API.
        token = _token_of_bearer()
        if token is None:
            return _ask_for_token()
        if endpoint in EXPORTING:
            if not token.exports:
                return answer(403, _("This token takes no data along. Make one that may."), code="exports_nothing")
        elif not token.writes and request.method not in READING_METHODS and endpoint not in READING_POSTS:
            return answer(403)
        g.viewer = viewer_for(db.session, token.user)
    elif current_user and current_user.is_authenticated:
        g.viewer = viewer_for(db.session, current_user)
    audit.set_actor(g.viewer.user_id)
    if endpoint is None:
        return None
    permission = permission_of(endpoint, current_app.view_functions[endpoint])
    if permission is not None and allows(g.viewer, permission):
        return None
    if not g.viewer.signed_in and request.method == "GET":
        return redirect(url_for("security.login", next=request.full_path.rstrip("?")))
    raise NotPermitted(endpoint)


def _slow_down() -> None:
    """Count what a script could do too often, and refuse it until the minute or the day is over."""
    viewer: Viewer = g.get("viewer", VISITOR)
    minute, day = timedelta(minutes=1), timedelta(days=1)
    counts: list[tuple[str, int, timedelta]] = []
    if "token_id" in g:
        counts.append((f"requests of token {g.token_id}", API_REQUESTS_A_MINUTE, minute))
    if request.endpoint in PROBED and (request.method == "POST" or request.args.get("q")):
        if viewer.signed_in:
            who, a_minute, a_day = f"user {viewer.user_id}", PROBES_A_MINUTE, PROBES_A_DAY
        else:
            who = f"visitors from {throttle.block_of(request.remote_addr)}"
            a_minute, a_day = PROBES_OF_VISITORS_A_MINUTE, PROBES_OF_VISITORS_A_DAY
        counts += [(f"probes a minute of {who}", a_minute, minute), (f"probes a day of {who}", a_day, day)]
    if counts:
        # The counts have a transaction of their own; ours must hold no lock meanwhile.
        db.session.rollback()
        try:
            with throttle.counting() as session:
                for key, limit, per in counts:
                    throttle.allow(session, key, limit, per)
        except OperationalError:
            # While somebody writes for long nothing can be counted; reading goes on all the same.
            log.warning("request not counted", error="database busy")


def _repeat() -> Any:
    """Give a program that names its request the answer it was given before, where there is one."""
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method != "POST" or "token_id" not in g or request.endpoint in READING_POSTS | EXPORTING:
        # What only reads is read anew; no copy of it is kept.
        return None
    if not 0 < len(key) <= 200 or not key.isascii() or not key.isprintable():
        return answer(422, _("Idempotency-Key: expected 1 to 200 printable ASCII characters."))
    digest = repeats.digest_of(request.method, request.full_path, request.get_data())
    try:
        known = repeats.begin(db.session, g.viewer.user_id, key, digest)
    except repeats.OtherRequest:
        return answer(422, _("This Idempotency-Key was sent with another request. Use a new one."))
    except repeats.NotAnswered:
        return answer(
            409, _("A request with this Idempotency-Key was taken up. Look at what it did, then use a new one.")
        )
    if known is None:
        g.to_keep = (g.viewer.user_id, key, digest)
        return None
    made = make_response(known.body, known.status)
    made.headers.update(known.headers)
    made.headers.update({"Content-Type": "application/json", "Idempotency-Replayed": "true"})
    return made


def _keep_answer(response: Response) -> Response:
    """Keep what a named request was answered, where something was done; a refusal may be tried again."""
    if "to_keep" not in g:
        return response
    # What the view did not commit is not kept by this commit either.
    db.session.rollback()
    if response.status_code >= 300:
        return response
    repeats.answered(db.session, *g.to_keep, response.status_code, response.headers, response.get_data(as_text=True))
    db.session.commit()
    return response


def _token_of_bearer() -> ApiToken | None:
    """The token that a program sent; notes at most once an hour that it was used."""
    scheme, _space, raw = request.headers.get("Authorization", "").partition(" ")
    token = token_for(db.session, raw.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        return None
    g.token_id = token.id
    if token.last_used_at is None or token.last_used_at < utcnow() - timedelta(hours=1):
        # A session of its own, since this request may be one that only reads; ours must hold no lock meanwhile.
        token_id = token.id
        db.session.rollback()
        with writing(), Session(db.engine) as session:
            note_use(session, token_id)
            session.commit()
    return token


def _ask_for_token() -> Response:
    asked = make_response(answer(401))
    asked.headers["WWW-Authenticate"] = 'Bearer realm="matchmaker"'
    return asked


def _note_refusal(response: Response) -> Response:
    """Put on record that somebody asked for what they may not do, or what is not there; a number an hour is enough."""
    viewer: Viewer = g.get("viewer", VISITOR)
    if not (viewer.signed_in and g.get("refused")):
        return response
    # The request's own session must hold no lock meanwhile.
    db.session.rollback()
    with writing(), Session(db.engine) as session:
        try:
            throttle.allow(session, f"refused:{viewer.user_id}", REFUSALS_NOTED, timedelta(hours=1))
        except throttle.TooOften:
            return response
        facts = {"method": request.method, "endpoint": request.endpoint or ""}
        audit.record(session, audit.Event.REFUSED, actor_id=viewer.user_id, facts=facts)
        session.commit()
    return response


def _protect(response: Response) -> Response:
    """Headers that hold on every answer, errors and static files included."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
    headers["X-Request-Id"] = g.get("request_id", "")
    if current_app.extensions["settings"].secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if response.mimetype == "text/html":
        headers["Content-Language"] = str(get_locale())
        response.vary.update(("Accept-Language", "Cookie"))
    viewer: Viewer = g.get("viewer", VISITOR)
    if viewer.signed_in:
        headers["Cache-Control"] = "no-store"
    elif request.endpoint in ("static", "bootstrap.static"):
        # The address carries a version, so a file may be kept until it changes.
        headers["Cache-Control"] = "public, max-age=31536000, immutable" if request.args else "public, max-age=3600"
    return response


def _log(response: Response) -> Response:
    # The route and not the path is logged: a path can carry a search text or a token.
    log.info(
        "request",
        method=request.method,
        route=str(request.url_rule) if request.url_rule else None,
        status=response.status_code,
        milliseconds=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        user=g.get("viewer", VISITOR).user_id,
    )
    return response


@dataclass(frozen=True)
class Link:
    """An entry of a menu."""

    label: Any
    url: str
    active: bool = False
    count: int = 0
    waiting: bool = False
    #: The language it leads to, where that is another one.
    code: str = ""


#: The main menu: where it leads, its word, and who sees it.
MENU = (
    ("home.index", _("Home"), Permission.ACCOUNT),
    ("needs.mine", _("Our needs"), Permission.CONTRIBUTE),
    ("profiles.mine", _("Our offers"), Permission.CONTRIBUTE),
    ("suggestions.for_text", _("Find partners"), Permission.SUGGEST),
    ("introductions.index", _("Introductions"), Permission.INTRODUCE),
    ("directory.organisations", _("Organisations"), Permission.BROWSE),
    ("testfields.index", _("Test fields"), Permission.BROWSE),
    ("desk.index", _("Desk"), Permission.CURATE),
    ("clusters.index", _("Clusters"), Permission.ADMINISTER),
    ("mail.index", _("Mails"), Permission.ADMINISTER),
    ("reports.index", _("Reports"), Permission.ADMINISTER),
    ("privacy.trail", _("Audit trail"), Permission.ADMINISTER),
    ("privacy.processing_register", _("Processing register"), Permission.ADMINISTER),
)
FOOTER = (
    ("outcomes.stories", _("Success stories"), Permission.BROWSE),
    ("programs", _("For programs"), Permission.BROWSE),
    ("privacy.notice", _("Privacy"), Permission.BROWSE),
)
ACCOUNT_MENU = (
    ("accounts.me", _("My account"), Permission.ACCOUNT),
    ("watches.index", _("Kept searches"), Permission.ACCOUNT),
    ("clusters.people", _("People of my organisation"), Permission.ORGANISATION_ADMIN),
    ("clusters.join", _("Join an organisation"), Permission.ACCOUNT),
    ("clusters.members", _("Organisations of my cluster"), Permission.CURATE),
    ("accounts.tokens", _("API tokens"), Permission.ACCOUNT),
    ("accounts.users", _("Users of this installation"), Permission.ADMINISTER),
    ("items.open_text", _("Open a confidential text"), Permission.ADMINISTER),
)


def _menu(entries: tuple[tuple[str, Any, Permission], ...], viewer: Viewer) -> list[Link]:
    return [
        Link(
            label,
            url_for(endpoint),
            active=request.endpoint == endpoint,
            count=(n := _waiting(endpoint, viewer)),
            waiting=n > 0,
        )
        for endpoint, label, permission in entries
        if endpoint in current_app.view_functions and allows(viewer, permission)
    ]


def _languages(viewer: Viewer) -> list[Link]:
    """The languages that a visitor may choose for this browser; who signed in has one in the account."""
    if viewer.signed_in:
        return []
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    now = str(get_locale())
    return [
        Link(own_name(code), url_for("accounts.speak", code=code, next=here), active=code == now, code=code)
        for code in LANGUAGES
    ]


def _cluster_shown(viewer: Viewer) -> Cluster | None:
    """The cluster whose name stands beside ours: the viewer's only one, or the installation's only one."""
    try:
        found = [c for c in clusters(db.session) if not viewer.cluster_ids or c.id in viewer.cluster_ids]
    except SQLAlchemyError:
        # An error page is rendered without a database too.
        return None
    return found[0] if len(found) == 1 else None


def _waiting(endpoint: str, viewer: Viewer) -> int:
    """How much waits for the viewer behind an entry of the menu."""
    if endpoint != "introductions.index":
        return 0
    try:
        return count_to_answer(db.session, viewer)
    except SQLAlchemyError:
        return 0


def _inbox_count(viewer: Viewer) -> int:
    """How many notifications wait for the viewer."""
    if viewer.user_id is None:
        return 0
    try:
        return unread(db.session, viewer.user_id)
    except SQLAlchemyError:
        return 0


def _template_globals() -> dict[str, Any]:
    viewer: Viewer = g.get("viewer", VISITOR)
    cluster = _cluster_shown(viewer)
    return {
        "viewer": viewer,
        "can": lambda permission, thing=None: allows(viewer, permission, thing),
        "nav": _menu(MENU, viewer),
        "account_links": _menu(ACCOUNT_MENU, viewer),
        "footer_links": _menu(FOOTER, viewer),
        "languages": _languages(viewer),
        "inbox_count": _inbox_count(viewer),
        "cluster_name": cluster.name if cluster else None,
        "demo_notice": cluster is not None and cluster.demonstration,
    }
