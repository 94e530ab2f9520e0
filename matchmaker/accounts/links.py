"""Links in mails that confirm an address: opening one changes nothing, the button on its page does.

Mail programs and filters open links before any person does; whoever only looks confirms nothing.
"""

from __future__ import annotations

from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Flask, render_template, request
from flask_security.utils import check_and_get_token_status

#: The endpoint of each such link, what its token is called, and the setting that says how long it works.
LINKS = {
    "security.confirm_email": ("confirm", "SECURITY_CONFIRM_EMAIL_WITHIN"),
    "security.change_email_confirm": ("change_email", "SECURITY_CHANGE_EMAIL_WITHIN"),
}


def init_app(app: Flask) -> None:
    """Put a page with a button before Flask-Security's views, which confirm at once."""
    # Flask-Security's own route for it takes no POST.
    app.add_url_rule(
        f"{app.config['SECURITY_CHANGE_EMAIL_CONFIRM_URL']}/<token>", "security.change_email_confirm", methods=["POST"]
    )
    for endpoint, (name, within) in LINKS.items():
        app.view_functions[endpoint] = _behind_a_button(app.view_functions[endpoint], name, app.config[within])


def _behind_a_button(view: Any, name: str, within: timedelta) -> Any:
    @wraps(view)
    def asked(token: str) -> Any:
        expired, invalid, _data = check_and_get_token_status(token, name, within)
        if request.method == "POST" or expired or invalid:
            # A link that works no more is answered by the view, with the way to a new one.
            return view(token)
        return render_template("security/confirm_link.html", moving=name == "change_email")

    return asked
