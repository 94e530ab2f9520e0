"""A researcher offers a competence with evidence, sees what it answers, and loses nothing to a colleague's edit."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.visitors import Visitor

TITLE = "Delirium screening of hospital patients at night with bed sensors"
HOW = (
    "We place a mat of pressure sensors under the mattress of older patients and compare restlessness at night with "
    "the delirium scores that trained nurses take twice a day. Four wards with 96 beds take part."
)
RECORD = "Restless nights foretell delirium: a study on four geriatric wards"


def publish_competence(page: Page, title: str) -> None:
    page.goto("/competences/new")
    page.get_by_label("What can you do?").fill(title)
    page.get_by_label("How do you do it, and for whom?").fill(HOW)
    page.get_by_label("Keywords").fill("delirium, geriatrics, bed sensor")
    page.get_by_role("radio", name="Public").check()
    page.get_by_role("button", name="Publish the competence").click()
    expect(page.get_by_text(f"“{title}” is published.")).to_be_visible()


def test_a_competence_is_backed_and_answers_needs(researcher: Callable[..., Visitor]) -> None:
    visitor = researcher()
    page = visitor.page
    publish_competence(page, TITLE)
    visitor.check_page()
    page.get_by_role("link", name="Add a record").click()
    page.get_by_label("Title").fill(RECORD)
    page.get_by_label("Summary").fill("Restlessness in the night before was the earliest sign in 61 of 80 patients.")
    page.get_by_label("Year").fill("2025")
    page.get_by_label("Identifier").fill("10.5555/restless.2025")
    expect(page.get_by_role("checkbox", name=TITLE)).to_be_checked()
    visitor.check_page()
    page.get_by_role("button", name="Publish the record").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(page.get_by_role("region", name="Backed by").get_by_role("link", name=RECORD)).to_be_visible()
    page.get_by_role("link", name="See who seeks this").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who seeks this")
    first = page.locator("article.suggestion").first
    expect(first.get_by_text("You offer", exact=True).first).to_be_visible()
    expect(first.locator("mark").first).to_be_visible()
    visitor.check_page()


def test_of_two_edits_neither_is_lost(researcher: Callable[..., Visitor]) -> None:
    title = "Gait analysis of older patients on a pressure walkway"
    visitor = researcher()
    page = visitor.page
    publish_competence(page, title)
    page.get_by_role("link", name="Edit", exact=True).click()
    colleague = researcher().page
    colleague.goto(page.url)
    colleague.get_by_label("What becomes better for the other side?").fill("Falls are foreseen a week earlier.")
    colleague.get_by_role("button", name="Save").click()
    expect(colleague.get_by_text("Saved.")).to_be_visible()

    page.get_by_label("What becomes better for the other side?").fill("Nurses see at a glance who is unsteady.")
    with page.expect_response(lambda answer: answer.request.method == "POST" and "/edit" in answer.url) as sent:
        page.get_by_role("button", name="Save").click()
    assert sent.value.status == 409
    conflict = page.get_by_role("alert").filter(has_text="Nothing is lost")
    expect(conflict).to_contain_text("Falls are foreseen a week earlier.")
    expect(conflict).to_contain_text("Nurses see at a glance who is unsteady.")
    expect(conflict).to_be_focused()
    mine = page.get_by_label("What becomes better for the other side?")
    expect(mine).to_have_value("Nurses see at a glance who is unsteady.")
    visitor.check_page_everywhere()
    # Having seen both, the second save is a decision.
    mine.fill("Falls are foreseen a week earlier. Nurses see at a glance who is unsteady.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(
        "Falls are foreseen a week earlier. Nurses see at a glance who is unsteady."
    )


def test_leaving_a_half_written_text_brings_it_back_on_return(researcher: Callable[..., Visitor]) -> None:
    page = researcher().page
    page.goto("/competences/new")
    page.get_by_label("What can you do?").fill("Half a thought about tremor")
    page.on("dialog", lambda dialog: dialog.accept())
    expect(page.locator("#writing .seen-title")).to_have_text("Half a thought about tremor")
    page.goto("/offers")
    page.goto("/competences/new")
    page.get_by_role("button", name="Bring it back").click()
    expect(page.get_by_label("What can you do?")).to_have_value("Half a thought about tremor")
