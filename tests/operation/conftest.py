"""What the tests of a running installation share: its people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask_security import hash_password
from sqlalchemy.orm import Session

from embeddings import HashingEncoder
from matchmaker import create_app
from matchmaker.config import load
from matchmaker.db import db, set_read_only
from tests import factories
from tests.conftest import CHEAP_ARGON2, SECRET_KEY
from tests.servers import Server, Servers


@pytest.fixture(scope="session")
def serve_world(serve: Servers) -> Callable[..., tuple[Server, factories.World]]:
    """Starts installations with the world in them; everybody signs in with ``factories.PASSWORD``."""

    def start(**settings: str) -> tuple[Server, factories.World]:
        made: list[factories.World] = []

        def people(server: Server) -> None:
            app = create_app(
                replace(load(server.environment), log_level="ERROR"),
                TESTING=True,
                ENCODER=HashingEncoder(),
                SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=CHEAP_ARGON2,
            )
            set_read_only(False)
            with app.app_context():
                factories.password_hash = factories.password_hash or hash_password(factories.PASSWORD)
                with Session(db.engine, expire_on_commit=False) as session:
                    made.append(factories.world(session))
                db.engine.dispose()

        server = serve(people, **{"MATCHMAKER_SECRET_KEY": SECRET_KEY, "MATCHMAKER_MODEL": "none", **settings})
        return server, made[0]

    return start
