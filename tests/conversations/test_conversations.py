"""What two who are introduced write to each other, and what nobody else ever sees of it."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.conversations import files
from matchmaker.conversations.links import linked
from matchmaker.conversations.models import Message, MessageFile
from matchmaker.introductions.models import Introduction
from tests.clients import Program
from tests.introductions.conftest import Person

PDF = b"%PDF-1.7\n%fine"


def send(person: Person, introduction: Introduction, body: str, **more: Any) -> Any:
    address = f"/introductions/{introduction.public_id}/messages"
    form = {"body": body, **more}
    return person.browser.post(address, data=form, content_type="multipart/form-data", follow_redirects=True)


def test_the_other_side_reads_what_was_written_and_is_told_without_a_word_of_it(
    sme: Person, researcher: Person, introduced: Introduction, world: Any, app: Flask
) -> None:
    app.extensions["mailman"].outbox.clear()
    send(sme, introduced, "Could we meet on Thursday? <b>Not bold</b>")
    [mail] = app.extensions["mailman"].outbox
    assert mail.to == [world.researcher.email]
    assert "Thursday" not in mail.body
    page = researcher.read(introduced)
    assert "Could we meet on Thursday?" in page
    assert "<b>Not bold</b>" not in page
    assert ">new<" in page
    assert ">new<" not in researcher.read(introduced), "what was shown has been read"


def test_an_answer_stands_below_what_it_answers(
    sme: Person, researcher: Person, introduced: Introduction, session: Session
) -> None:
    send(sme, introduced, "First question")
    send(sme, introduced, "Second question")
    first = session.scalars(select(Message).order_by(Message.id)).first()
    assert first is not None
    send(researcher, introduced, "Answer to the first", answers=first.public_id)
    page = sme.read(introduced)
    assert page.index("First question") < page.index("Answer to the first") < page.index("Second question")


def test_a_message_is_marked_with_the_language_that_its_words_tell(sme: Person, introduced: Introduction) -> None:
    send(sme, introduced, "Könnten wir uns nächste Woche im Labor treffen?")
    send(sme, introduced, "Could we meet in the lab next week?")
    send(sme, introduced, "Donnerstag, 9 Uhr")
    bodies = re.findall(r'class="message-body"( lang="\w+")?>(\w+)', sme.read(introduced))
    # Neither one in the page's language nor one too short to tell.
    assert bodies == [(' lang="de"', "Könnten"), ("", "Could"), ("", "Donnerstag")]


def test_nobody_writes_once_the_introduction_is_over(
    sme: Person, researcher: Person, introduced: Introduction, session: Session
) -> None:
    send(sme, introduced, "Written in time")
    sme.withdraw(introduced)
    assert "holds no longer" in send(researcher, introduced, "Written too late").text
    assert [message.body for message in session.scalars(select(Message))] == ["Written in time"]


def test_a_file_is_downloaded_and_never_shown_in_our_name(
    sme: Person, researcher: Person, person: Any, introduced: Introduction, session: Session, world: Any
) -> None:
    send(sme, introduced, "Our protocol", files=(io.BytesIO(PDF), "../../Prüf/protokoll.exe"))
    kept = session.scalars(select(MessageFile)).one()
    assert kept.name == "protokoll.pdf"
    address = f"/introductions/{introduced.public_id}/files/{kept.public_id}"
    answer = researcher.browser.get(address)
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert person(world.outsider).browser.get(address).status_code == 404


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.pdf", b"<html><script>alert(1)</script>\x00"),
        ("program.png", b"MZ\x90\x00"),
        ("empty.pdf", b""),
        ("latin.txt", "Prüfung".encode("latin-1")),
        ("large.pdf", PDF + b"x" * files.LARGEST),
    ],
)
def test_other_files_are_refused_by_their_content(name: str, content: bytes) -> None:
    with pytest.raises(files.FileRefused):
        files.check(name, content)


def packed(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return made.getvalue()


def test_office_documents_come_without_macros() -> None:
    assert files.check("a.zip", packed("[Content_Types].xml", "word/document.xml")).name == "a.docx"
    for names in (("[Content_Types].xml", "word/vbaProject.bin"), ("evil.exe",)):
        with pytest.raises(files.FileRefused):
            files.check("a.docx", packed(*names))


def test_nothing_is_sent_where_one_file_is_refused(sme: Person, introduced: Introduction, session: Session) -> None:
    answer = send(sme, introduced, "With a program", files=(io.BytesIO(b"MZ\x90\x00"), "tool.exe"))
    assert answer.status_code == 422
    assert "tool.exe" in answer.text
    assert ">With a program</textarea>" in answer.text, "what was typed is not lost"
    long = " ".join(["long"] * 1_700)
    assert f">{long}</textarea>" in send(sme, introduced, long).text
    assert not session.scalars(select(Message)).all()


def test_a_note_is_read_by_nobody_else(
    sme: Person, researcher: Person, person: Any, introduced: Introduction, world: Any
) -> None:
    sme.browser.post(f"/introductions/{introduced.public_id}/note", data={"note": "Ask about the price later"})
    assert "Ask about the price later" in sme.read(introduced)
    assert "Ask about the price later" not in researcher.read(introduced)
    assert "Ask about the price later" not in person(world.sme_admin).read(introduced)


def test_a_program_downloads_files_and_keeps_its_owners_note(
    app: Flask, sme: Person, researcher: Person, introduced: Introduction, world: Any
) -> None:
    send(sme, introduced, "Our protocol", files=(io.BytesIO(PDF), "protocol.pdf"))
    path = f"/introductions/{introduced.public_id}"
    theirs, outsider = Program(app, world.researcher), Program(app, world.outsider)
    [file] = theirs.get(f"{path}/messages").json["messages"][0]["files"]
    assert (file["name"], file["content_type"], file["size"]) == ("protocol.pdf", "application/pdf", len(PDF))
    answer = theirs.get(f"{path}/files/{file['id']}")
    assert (answer.data, answer.mimetype) == (PDF, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert outsider.get(f"{path}/files/{file['id']}").status_code == 404

    assert theirs.get(f"{path}/note").json == {"note": ""}
    assert theirs.put(f"{path}/note", note="Ask about the price later").json == {"note": "Ask about the price later"}
    assert "Ask about the price later" in researcher.read(introduced)
    assert Program(app, world.sme_user).get(f"{path}/note").json == {"note": ""}
    assert outsider.put(f"{path}/note", note="Mine").status_code == 404
    assert theirs.put(f"{path}/note", note=" ").json == {"note": ""}
    assert "Ask about the price later" not in researcher.read(introduced)


def test_a_program_sends_files_as_the_page_does(
    app: Flask, sme: Person, introduced: Introduction, session: Session, world: Any
) -> None:
    path = f"/introductions/{introduced.public_id}"
    ours = Program(app, world.researcher)

    def sent(*attached: tuple[bytes, str], to: Program = ours, claimed: Any = (), **form: str) -> Any:
        data = {**form, "files": [(io.BytesIO(content), name) for content, name in attached]}
        more = {"content_type": "multipart/form-data", "environ_overrides": dict(claimed)}
        return to.ask("POST", f"{path}/files", data=data, **more)

    first = sent((PDF, "../Prüf/plan.exe"), (b"a;b", "table.csv"), body="42")
    assert first.status_code == 201, first.json
    assert first.json["body"] == "42", "a text is a text, also where it looks like a number"
    assert [(one["name"], one["content_type"]) for one in first.json["files"]] == [
        ("plan.pdf", "application/pdf"), ("table.csv", "text/csv"),
    ]  # fmt: skip
    again = sent((PDF, "plan.pdf"), body="Here is the other one.", answers=first.json["id"])
    assert (again.status_code, again.json["answers"]) == (201, first.json["id"])
    assert "plan.pdf" in sme.read(introduced)

    program = (b"MZ\x90\x00", "tool.pdf")
    for wrong, where in (
        (sent((PDF, "plan.pdf"), body=" "), "body"),
        (sent(body="Nothing comes with it"), "files"),
        (sent((PDF, "plan.pdf"), program, body="With a program"), "files"),
        (sent((b"", "empty.pdf"), body="With nothing in it"), "files"),
        (sent(*[(PDF, "plan.pdf")] * (files.MOST + 1), body="Too many"), "files"),
        (sent((PDF, "plan.pdf"), body="More than there is", subject="x"), "subject"),
    ):
        assert (wrong.status_code, wrong.json["error"]["details"][0]["where"]) == (422, where), wrong.json
    claimed = {"CONTENT_LENGTH": str(files.LARGEST_FORM + 1)}
    assert sent((PDF, "large.pdf"), body="Large", claimed=claimed).status_code == 413
    assert sent((PDF, "plan.pdf"), body="Found", answers="222222222222").status_code == 404
    assert sent((PDF, "plan.pdf"), body="Mine", to=Program(app, world.outsider)).status_code == 404
    sme.withdraw(introduced)
    assert sent((PDF, "plan.pdf"), body="Too late").status_code == 409
    assert session.scalar(select(func.count(Message.id))) == 2


def test_links_are_safe_and_nothing_else_is_markup() -> None:
    made = linked('See https://example.org/a?b=1&c=2. javascript:alert(1) <img src=x> "quoted"')
    assert '<a href="https://example.org/a?b=1&amp;c=2" rel="nofollow noopener noreferrer">' in made
    assert "<img" not in made
    assert 'href="javascript' not in made
