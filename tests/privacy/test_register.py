"""Every column is classified, and what the classification promises fits the tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from matchmaker.audit import Event
from matchmaker.privacy.labels import EVENTS, GROUNDS
from matchmaker.privacy.register import Class, extract, register
from matchmaker.tables import metadata

#: Columns that name a person and do not make the row theirs, each with the reason.
NOT_MINE = {
    "introduction.to_user_id": "who answers for the other side; the asker's export must not tell",
    "introduction.broker_id": "the manager, who acts for the cluster",
    "report.decided_by_id": "the manager, who acts for the cluster; the rest of the row is the reporter's",
}
#: Columns that name an organisation and do not make the row its own, each with the reason.
NOT_OURS = {
    "verdict.organisation_id": "verdicts are the managers' own; members are not told of a veto",
    "verdict.partner_id": "as above",
    "introduction.to_organisation_id": "silent answers must not show; the asked side's own consents are exported",
    "interest.to_organisation_id": "interest is silent",
    "block.blocked_id": "who is blocked can't tell",
    "named_in_digest.organisation_id": "whom a digest to somebody else named",
    "report.organisation_id": "who reported an organisation, and with which words, it never learns",
    "statement.organisation_id": "a copy of the texts of items, which are exported",
}


def test_every_column_is_classified_and_none_that_is_no_more() -> None:
    columns = {f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns}
    listed = {f"{entry.table}.{name}" for entry in register().values() for name in entry.columns}
    hint = "say in matchmaker/privacy/register.txt what they hold"
    assert sorted(columns - listed) == [], hint
    assert sorted(listed - columns) == [], "these are gone: take them out of matchmaker/privacy/register.txt"


def test_every_table_says_what_for_on_which_ground_and_how_long() -> None:
    for entry in register().values():
        assert entry.purpose, entry.table
        assert entry.kept, entry.table
        assert entry.ground in GROUNDS, entry.table
        for name in (*entry.mine, *entry.ours):
            assert name in entry.columns, f"{entry.table}.{name}"


def _pointing(target: str) -> set[str]:
    return {
        f"{table.name}.{key.parent.name}"
        for table in metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == target
    }


def test_whatever_points_at_a_person_is_theirs_or_says_why_not() -> None:
    mine = {f"{entry.table}.{name}" for entry in register().values() for name in entry.mine}
    assert sorted(_pointing("user") - mine - set(NOT_MINE)) == []
    assert set(NOT_MINE) <= _pointing("user"), "an exception that is needed no more"


def test_whatever_points_at_an_organisation_is_its_own_or_says_why_not() -> None:
    ours = {f"{entry.table}.{name}" for entry in register().values() for name in entry.ours}
    assert sorted(_pointing("organisation") - ours - set(NOT_OURS)) == []
    assert set(NOT_OURS) <= _pointing("organisation"), "an exception that is needed no more"


def test_whatever_points_at_a_person_goes_or_lets_go_when_they_do() -> None:
    for table in metadata.tables.values():
        for key in table.foreign_keys:
            if key.column.table.name in ("user", "organisation"):
                assert key.ondelete in ("CASCADE", "SET NULL"), f"{table.name}.{key.parent.name}"


def test_nothing_that_guards_a_sign_in_is_exported() -> None:
    exported = {
        f"{entry.table}.{name}"
        for entry in register().values()
        for name, what in entry.columns.items()
        if what in (Class.PERSON, Class.TEXT, Class.FACT, Class.TRACE) and (entry.mine or entry.ours)
    }
    for name in exported:
        assert not any(word in name for word in ("password", "secret", "fs_uniquifier")), name
    assert not exported & {"sign_in.digest", "api_token.digest", "throttle.key"}


def test_every_event_of_the_trail_has_its_words() -> None:
    assert set(EVENTS) == set(Event)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("    text: name\n", "expected a table before"),
        ("thing | for a test | consent | a day | yours: - | ours: -\n", "expected mine: …, got 'yours: -'"),
    ],
)
def test_a_register_that_does_not_fit_is_refused_by_its_line(
    line: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "register.txt").write_text(line, encoding="utf-8")
    monkeypatch.setattr("matchmaker.privacy.register._FILE", tmp_path / "register.txt")
    with pytest.raises(ValueError, match=said):
        register.__wrapped__()


def test_what_the_register_says_is_offered_for_translation() -> None:
    offered = {text for _line, _function, text, _comments in extract(None, None, None, None)}
    assert {text for entry in register().values() for text in (entry.purpose, entry.kept)} == offered
