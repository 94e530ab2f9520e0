"""Reports: a reader finds something wrong with what another organisation published, and managers look at it.

A report is *open* until somebody decides on it: the thing is *taken down*, or it is *left as it is*. Both with a reason
that the reporter reads; what was taken down tells its owner too. It stays down until a manager *puts it back*: nothing
can publish it meanwhile. The owner never learns who reported.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Show owners what was taken down, and answer whoever would publish it all the same."""
    from flask_babel import gettext as _

    # Importing the guard is enough: it listens to every session.
    from matchmaker.reports import guard, queries

    def refused(_error: guard.TakenDown) -> object:
        from matchmaker.db import db
        from matchmaker.errors import answer

        db.session.rollback()
        return answer(409, _("This was taken down after a report. Its page says why and who can put it back."))

    app.jinja_env.globals["taken_down"] = queries.taken_down
    app.register_error_handler(guard.TakenDown, refused)
