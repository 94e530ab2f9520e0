"""What is public, in forms that other programs read: schema.org, VIVO, CERIF, Atom feeds and QR codes.

Everything here is what a visitor reads, whoever asks: a thing that is not public has none of these addresses.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Let pages carry their own description for search engines, and say where its other forms stand."""
    from matchmaker.opendata import things
    from matchmaker.opendata.schema_org import description

    app.url_map.converters["linked"] = things.Ending
    app.jinja_env.globals.update(
        schema_org=description, other_forms=things.other_forms, code_url=things.code_url, page_address=things.page_of
    )
