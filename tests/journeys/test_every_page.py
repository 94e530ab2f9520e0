"""Every page of a filled cluster, as everybody who may see it: usable by all, whole at every width, silent."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from matchmaker import create_app
from matchmaker.config import Settings
from tests.journeys.conftest import Demonstration
from tests.journeys.visitors import Visits, apart
from tests.servers import Server

#: Every page, by its endpoint: addresses whose names in braces are filled in from the demonstration.
FOR_ALL = {
    "home.index": ["/"],
    "directory.search": ["/search", "/search?q=bone", "/search?q=qqqq", "/search?q=bone&what=evidence&sector=academia"],
    "directory.organisations": ["/organisations", "/organisations?q=lübeck"],
    "testfields.index": ["/test-fields/", "/test-fields/?rung=gmp&country=DE"],
    "testfields.show": ["/test-fields/{test_field}"],
    "profiles.organisation": ["/organisations/{organisation}"],
    "profiles.organisation_evidence": ["/organisations/{organisation}/evidence"],
    "profiles.competence": ["/competences/{competence}"],
    "profiles.profile": ["/profiles/{profile}"],
    "profiles.evidence": ["/evidence/{evidence}"],
    "needs.show": ["/needs/{need}"],
    "outcomes.stories": ["/stories"],
    "privacy.notice": ["/privacy"],
    "programs": ["/programs"],
    "programs_section": ["/programs/needs"],
    "items.teaser": ["/teasers/{teaser}"],
}
FOR_VISITORS = {
    "security.login": ["/sign-in"],
    "security.register": ["/sign-up"],
    "security.forgot_password": ["/recover"],
    "security.send_confirmation": ["/confirm"],
    "accounts.check_mail": ["/account/check-mail"],
    None: ["/no/such/page", "/needs/000000000000"],
}
FOR_MEMBERS = {
    "needs.mine": ["/needs/mine", "/needs/mine?state=draft"],
    "needs.add": ["/needs/new"],
    "needs.show": ["/needs/{own_need}"],
    "needs.edit": ["/needs/{own_need}/edit"],
    "profiles.mine": ["/offers"],
    "profiles.my_evidence": ["/offers/evidence"],
    "profiles.add_competence": ["/competences/new"],
    "drafting.start": ["/offers/build/"],
    "profiles.competence": ["/competences/{own_competence}"],
    "profiles.edit_competence": ["/competences/{own_competence}/edit"],
    "profiles.add_evidence": ["/evidence/new"],
    "profiles.edit_evidence": ["/evidence/{own_evidence}/edit"],
    "profiles.add_profile": ["/profiles/new"],
    "profiles.edit_profile": ["/profiles/{own_profile}/edit"],
    "testfields.mine": ["/test-fields/mine"],
    "testfields.add": ["/test-fields/new"],
    "suggestions.for_need": [
        "/suggestions/need/{own_need}",
        "/suggestions/need/{own_need}?tab=test_fields",
        "/suggestions/need/{own_need}?tab=saved",
        "/suggestions/need/{own_need}?country=EE&sector=public",
    ],
    "suggestions.for_competence": ["/suggestions/competence/{own_competence}"],
    "suggestions.team": ["/suggestions/need/{own_need}/team"],
    "suggestions.for_organisation": ["/suggestions/organisation/{own_organisation}"],
    "suggestions.compare": [
        "/suggestions/need/{own_need}/compare",
        "/suggestions/need/{own_need}/compare?pick={organisation}&pick={other_organisation}&pick={third_organisation}",
    ],
    "suggestions.for_text": ["/suggestions/text"],
    "accounts.me": ["/account"],
    "accounts.tokens": ["/account/tokens"],
    "webhooks.index": ["/account/webhooks"],
    "accounts.sign_ins": ["/account/sign-ins"],
    "accounts.second_step": ["/account/second-step"],
    "security.change_email": ["/account/email"],
    "security.two_factor_setup": ["/account/app"],
    "security.wan_register": ["/account/passkeys"],
    "watches.index": ["/searches"],
    "notifications.inbox": ["/inbox"],
    "notifications.preferences": ["/account/notifications"],
    "privacy.mine": ["/account/privacy"],
    "privacy.ours": ["/organisations/{own_organisation}/data"],
    "privacy.our_trail": ["/organisations/{own_organisation}/audit"],
    "introductions.index": ["/introductions/"],
    "introductions.limits": ["/introductions/limits"],
    "introductions.marks": ["/introductions/interest"],
    "introductions.ask": ["/introductions/ask/{organisation}"],
    "reports.ask": ["/reports/about/{organisation}"],
    "security.change_password": ["/account/password"],
    "security.verify": ["/account/verify"],
    "clusters.start": ["/start"],
    "clusters.join": ["/organisations/join", "/organisations/join?q=a", "/organisations/join?q=qqqq"],
    "clusters.create_organisation": ["/organisations/new"],
    "clusters.edit_organisation": ["/organisations/{own_organisation}/edit"],
    "clusters.people": ["/organisations/{own_organisation}/people"],
    "directory.search": ["/search?what=need"],
}
FOR_MANAGERS = {
    "home.index": ["/"],
    "desk.index": ["/desk/", "/desk/?page=2"],
    "desk.for_the_board": ["/desk/board", "/desk/board?period=2020-Q1"],
    "curation.verdicts": ["/verdicts/", "/verdicts/?kind=veto&state=withdrawn"],
    "curation.propose": ["/verdicts/propose", "/verdicts/propose?need={need}&organisation={organisation}"],
    "clusters.members": ["/cluster/members"],
    "imports.index": ["/desk/imports/"],
    "transfers.index": ["/desk/exports/"],
    "introductions.desk": ["/introductions/desk"],
    "reports.index": ["/reports/"],
    "suggestions.for_teaser": ["/suggestions/teaser/{teaser}"],
    "suggestions.order_index": ["/suggestions/order"],
    "suggestions.glossary_index": ["/suggestions/glossary"],
    "suggestions.glossary_entry": ["/suggestions/glossary/entry"],
    "suggestions.glossary_history": ["/suggestions/glossary/history"],
    "suggestions.for_need": ["/suggestions/need/{vetoed_need}", "/suggestions/need/{pinned_need}"],
    "needs.show": ["/needs/{need}"],
}
#: Those who host test fields see these too; the researcher does.
FOR_HOSTS = {
    "testfields.edit": ["/test-fields/{hosted}/edit"],
    "testfields.mine": ["/test-fields/mine"],
    "testfields.show": ["/test-fields/{hosted}"],
}
#: Addresses that answer a GET without being a page to look at.
NOT_PAGES = {
    "clusters.arrive": "leads on",
    "security.confirm_email": "needs a link from a mail: looked at in test_sign_up.py",
    "security.reset_password": "needs a link from a mail: looked at in test_sign_up.py",
    "clusters.index": "for those who run the installation: looked at in test_empty_cluster.py",
    "mail.index": "for those who run the installation: looked at in test_empty_cluster.py",
    "privacy.trail": "for those who run the installation: looked at in test_empty_cluster.py",
    "privacy.processing_register": "for those who run the installation: looked at in test_empty_cluster.py",
    "items.open_text": "for those who run the installation: looked at in test_empty_cluster.py",
    "accounts.users": "for those who run the installation: looked at in test_empty_cluster.py",
    "accounts.go_to": "leads on",
    "accounts.speak": "leads on",
    "accounts.come_back": "leads on",
    "clusters.invitation": "needs an invitation: walked in tests/clusters/test_invitations.py",
    "reports.show": "needs a report: read by all three in tests/reports/test_reports.py",
    "introductions.show": "needs an introduction: looked at in test_introduction.py",
    "introductions.accept": "needs an introduction: looked at in test_introduction.py",
    "introductions.decline": "needs an introduction: looked at in test_introduction.py",
    "introductions.renew": "needs an introduction: looked at in test_introduction.py",
    "introductions.brokered": "needs an introduction: looked at in test_introduction.py",
    "introductions.propose": "needs an introduction: looked at in test_introduction.py",
    "watches.show": "needs a kept search: looked at in test_inbox.py",
    "security.change_email_confirm": "the same page: walked in tests/accounts/test_second_step.py",
    "security.mf_recovery": "stands between password and page: walked in tests/accounts/test_second_step.py",
    "security.mf_recovery_codes": "shows codes once: walked in tests/accounts/test_second_step.py",
    "security.tf_select": "stands between password and page: walked in tests/accounts/test_second_step.py",
    "security.two_factor_rescue": "stands between password and page: walked in tests/accounts/test_second_step.py",
    "security.two_factor_token_validation": "stands between password and page: walked in test_second_step.py",
    "security.wan_signin": "looked at in test_passkeys.py",
    "security.wan_verify": "looked at in test_passkeys.py",
    "security.wan_delete": "leads on",
    "notifications.open_one": "leads on",
    "notifications.confirm_unsubscribe": "needs a link from a mail: looked at in test_inbox.py",
    "conversations.download": "a file",
    "imports.show": "needs an uploaded file: looked at in test_import.py",
    "imports.result": "a file",
    "profiles.competences_file": "a file",
    "desk.needs": "a file",
    "desk.silent": "a file",
    "desk.gaps": "a file",
    "desk.figures": "a file",
    "imports.listed": "a file",
    "reports.listed": "a file",
    "accounts.users_file": "a file",
    "privacy.trail_file": "a file",
    "privacy.our_trail_file": "a file",
    "opendata.form": "for programs",
    "opendata.code": "a picture",
    "opendata.needs": "a feed",
    "opendata.test_fields": "a feed",
    "health.healthz": "for machines",
    "health.readyz": "for machines",
}


def addresses(pages: dict[Any, list[str]]) -> list[str]:
    return [address for listed in pages.values() for address in listed]


@dataclass(frozen=True)
class Known:
    """Things of the demonstration that have pages."""

    ids: dict[str, str]

    def address(self, template: str) -> str:
        return template.format(**self.ids)


OWN = "organisation_id = (select id from organisation where name = 'Knochenwerk Lübeck GmbH')"
OF_RESEARCHER = "organisation_id = (select id from organisation where name like 'Fyris Institute%')"
PUBLIC = "state = 'published' and visibility = 'public'"
QUERIES = {
    "need": f"select public_id from need where {PUBLIC} and language = 'sv' order by id",
    "teaser": "select public_id from teaser where need_id is not null and live order by id",
    "competence": f"select public_id from competence where {PUBLIC} and language = 'de' order by id",
    "evidence": f"select public_id from evidence where {PUBLIC} order by id",
    "profile": f"select public_id from profile where {PUBLIC} order by id",
    "test_field": f"select public_id from test_field where {PUBLIC} order by id",
    "hosted": f"select public_id from test_field where {OF_RESEARCHER} order by id",
    "organisation": "select public_id from organisation where name = 'Tallbacken Omsorgsteknik AB'",
    "other_organisation": "select public_id from organisation where name = 'Skarpnäs Biomaterials AB'",
    "third_organisation": "select public_id from organisation where name = 'Förde-Klinik Schwentinental'",
    "own_organisation": "select public_id from organisation where name = 'Knochenwerk Lübeck GmbH'",
    "own_need": f"select public_id from need where {OWN} order by id",
    "own_competence": f"select public_id from competence where {OWN} order by id",
    "own_evidence": f"select public_id from evidence where {OWN} order by id",
    "own_profile": f"select public_id from profile where {OWN} order by id",
    "pinned_need": "select need.public_id from need join verdict on need_id = need.id where verdict.kind = 'pin'",
    "vetoed_need": (
        "select need.public_id from need join verdict on need_id = need.id "
        "where verdict.kind = 'veto' and visibility <> 'private'"
    ),
}


@pytest.fixture(scope="module")
def known(demonstration: Demonstration) -> Known:
    with closing(sqlite3.connect(demonstration.data_dir / "matchmaker.sqlite3")) as database:
        found = {name: database.execute(query).fetchone() for name, query in QUERIES.items()}
    missing = [name for name, row in found.items() if row is None]
    assert not missing, f"expected the demonstration to have {missing}"
    return Known({name: row[0] for name, row in found.items()})


def test_no_page_is_left_out(settings: Settings) -> None:
    """A new page has to be looked at here."""
    addresses_of_app = apart(lambda: create_app(settings)).url_map
    listed = {*FOR_ALL, *FOR_VISITORS, *FOR_MEMBERS, *FOR_MANAGERS, *FOR_HOSTS, *NOT_PAGES}
    pages = {
        rule.endpoint
        for rule in addresses_of_app.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.endpoint.endswith("static")
        and not rule.rule.startswith(("/api/", "/openapi"))
    }
    assert sorted(pages - listed) == []
    assert listed - pages == {None}


@pytest.mark.parametrize("template", addresses(FOR_ALL) + addresses(FOR_VISITORS))
def test_a_page_for_everybody(visit: Visits, cluster: Server, known: Known, template: str) -> None:
    visitor = visit(cluster)
    visitor.page.goto(known.address(template))
    visitor.check_page_everywhere()


@pytest.mark.parametrize("template", addresses(FOR_MEMBERS))
def test_a_page_for_members(
    visit: Visits, cluster: Server, demonstration: Demonstration, known: Known, template: str
) -> None:
    visitor = visit(cluster, demonstration.sme)
    answer = visitor.page.goto(known.address(template))
    assert answer
    assert answer.status == 200
    visitor.check_page_everywhere()


@pytest.mark.parametrize("template", addresses(FOR_MANAGERS))
def test_a_page_for_managers(
    visit: Visits, cluster: Server, demonstration: Demonstration, known: Known, template: str
) -> None:
    visitor = visit(cluster, demonstration.manager)
    answer = visitor.page.goto(known.address(template))
    assert answer
    assert answer.status == 200
    visitor.check_page_everywhere()


@pytest.mark.parametrize("template", addresses(FOR_HOSTS))
def test_a_page_for_hosts(
    visit: Visits, cluster: Server, demonstration: Demonstration, known: Known, template: str
) -> None:
    visitor = visit(cluster, demonstration.researcher)
    answer = visitor.page.goto(known.address(template))
    assert answer
    assert answer.status == 200
    visitor.check_page_everywhere()
