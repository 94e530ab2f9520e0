"""matchmaker: partner matchmaking and networking for innovation clusters.

One folder per feature ("slice"), each with the same few file names; see the README's map. ``create_app`` puts them
together.
"""

from __future__ import annotations

import gc
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from flask_openapi3 import Info, OpenAPI

from matchmaker.config import Settings, load

#: Every slice, lowest first. The order is that of the import layers in pyproject.toml.
SLICES = (
    "accounts",
    "notifications",
    "clusters",
    "items",
    "profiles",
    "needs",
    "testfields",
    "curation",
    "suggestions",
    "introductions",
    "conversations",
    "meetings",
    "outcomes",
    "reports",
    "imports",
    "webhooks",
    "digest",
    "directory",
    "opendata",
    "transfers",
    "drafting",
    "watches",
    "desk",
    "home",
    "privacy",
    "demo",
)


def application() -> OpenAPI:
    """The one application of a process: the server's, or a command's."""
    gc.disable()
    try:
        return create_app()
    finally:
        # What was read stays as long as the process does: looking through it for garbage took a quarter of the start.
        gc.freeze()
        gc.enable()


def create_app(settings: Settings | None = None, **overrides: Any) -> OpenAPI:
    """The application, ready to serve. ``overrides`` are Flask configuration values; the tests use them."""
    from matchmaker import api, audit, db, errors, extensions, health, jobs, logs, mail, sheets, web
    from matchmaker.accounts import security
    from matchmaker.resources import resource_folder

    settings = settings or load()
    app = OpenAPI(
        "matchmaker",
        info=Info(title="matchmaker", version="1", description=api.DESCRIPTION),
        security_schemes=api.SECURITY_SCHEMES,
        doc_ui=False,
        template_folder=resource_folder("templates"),
        static_folder=resource_folder("static"),
        validation_error_callback=api.validation_error,
    )
    app.config.from_mapping(web.flask_config(settings))
    app.config.from_mapping(overrides)
    app.extensions["settings"] = settings

    logs.configure(settings)
    db.init_app(app)
    extensions.bootstrap.init_app(app)
    extensions.csrf.init_app(app)
    jobs.init_app(app, settings)
    mail.init_app(app, settings)
    audit.init_app(app)
    # Before Flask-Security, whose hooks read the user: the kind of transaction is decided first.
    web.init_app(app, settings)
    security.init_app(app)
    errors.init_app(app)
    sheets.init_app(app)
    api.init_app(app, web.READING_POSTS | web.EXPORTING)
    for name in SLICES:
        _register_slice(app, name)
    app.register_blueprint(health.bp)
    web.check_permissions(app)
    return app


def _register_slice(app: OpenAPI, name: str) -> None:
    """Bind what a slice offers: pages (``views.bp``), JSON (``api.blueprint``), jobs, commands (``cli.commands``)."""
    module = import_module(f"matchmaker.{name}")
    if hasattr(module, "init_app"):
        module.init_app(app)
    if find_spec(f"matchmaker.{name}.notifications"):
        # Importing it is enough: its kinds register themselves.
        import_module(f"matchmaker.{name}.notifications")
    if find_spec(f"matchmaker.{name}.manage"):
        # Manager pages stand on the blueprint of the slice's views.
        import_module(f"matchmaker.{name}.manage")
    if find_spec(f"matchmaker.{name}.views"):
        app.register_blueprint(import_module(f"matchmaker.{name}.views").bp)
    if find_spec(f"matchmaker.{name}.api"):
        app.register_api(import_module(f"matchmaker.{name}.api").blueprint)
    if find_spec(f"matchmaker.{name}.jobs"):
        # Importing it is enough: its functions register themselves.
        import_module(f"matchmaker.{name}.jobs")
    if find_spec(f"matchmaker.{name}.cli"):
        for command in import_module(f"matchmaker.{name}.cli").commands:
            app.cli.add_command(command)
