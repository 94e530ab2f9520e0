"""Items: what competences, needs, test fields and evidence have in common.

Each is a text in one language that an organisation stands behind, with a visibility (private by default) and a state:
draft → published → expired or withdrawn. Only a published, unexpired item is *live*: readable by others within its
visibility. Drafts never leave their organisation. The words of the forms (stages, cooperation types, rungs …) live
here too, because several slices speak them.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Give templates the words for enums, countries and languages, and answer changes that were overtaken."""
    from sqlalchemy.orm.exc import StaleDataError

    from matchmaker.items import labels, pages
    from matchmaker.items.queries import ends_soon
    from matchmaker.texts import excerpt, web_address

    app.jinja_env.filters.update(
        label=labels.label,
        labels=labels.labels,
        in_sentence=labels.in_sentence,
        standing_label=labels.standing_label,
        country=labels.country_name,
        language=labels.language_name,
        web=web_address,
        excerpt=excerpt,
    )
    app.jinja_env.tests["ending_soon"] = ends_soon
    app.jinja_env.globals.update(file_links=pages.file_links, name_for_reader=pages.name_for_reader)
    app.register_error_handler(StaleDataError, pages.overtaken)
