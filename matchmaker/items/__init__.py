"""Items: what competences, needs, test fields and evidence have in common.

Each is a text in one language that an organisation stands behind, with a visibility (private by default) and a state:
draft → published → expired or withdrawn. Only a published, unexpired item is *live*: readable by others within its
visibility. Drafts never leave their organisation. The words of the forms (stages, cooperation types, rungs …) live
here too, because several slices speak them.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Give templates the words for enums, countries and languages."""
    from matchmaker.items import labels

    app.jinja_env.filters.update(
        label=labels.label,
        labels=labels.labels,
        standing_label=labels.standing_label,
        country=labels.country_name,
        language=labels.language_name,
    )
