"""By what organisations are recognised: ROR ids, websites, names; and the countries they may be in."""

from __future__ import annotations

import pytest
from babel import Locale

from matchmaker.clusters.countries import countries
from matchmaker.clusters.identity import BadIdentifier, domain_of, ror_id, web_address


@pytest.mark.parametrize(
    "raw", ["01zgy1s35", "https://ror.org/01zgy1s35", "HTTP://ROR.ORG/01ZGY1S35", "ror.org/01zgy1s35/", " 01zgy1s35 "]
)
def test_a_ror_id_is_read_in_every_usual_form(raw: str) -> None:
    assert ror_id(raw) == "https://ror.org/01zgy1s35"


@pytest.mark.parametrize("raw", ["01zgy1s36", "10zgy1s35", "01zgy1s3", "01zgyis35", "https://evil.example/01zgy1s35"])
def test_a_mistyped_ror_id_is_refused(raw: str) -> None:
    with pytest.raises(BadIdentifier):
        ror_id(raw)


def test_no_ror_id_is_fine() -> None:
    assert ror_id("  ") == ""


@pytest.mark.parametrize(
    ("raw", "full"),
    [
        ("www.example.org", "https://www.example.org"),
        ("http://example.org/a?b=c", "http://example.org/a?b=c"),
        ("https://müller-gmbh.de", "https://müller-gmbh.de"),
        ("", ""),
    ],
)
def test_a_website_gets_its_full_address(raw: str, full: str) -> None:
    assert web_address(raw) == full


@pytest.mark.parametrize(
    "raw",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://user@example.org",
        "ftp://example.org",
        "https://localhost",
        "https://127.0.0.1",
        'https://example.org/"onclick=',
        "https://exam ple.org",
        "https://[::1]",
        "mailto:a@example.org",
        "https://",
    ],
)
def test_what_is_not_a_website_is_refused(raw: str) -> None:
    with pytest.raises(BadIdentifier):
        web_address(raw)


def test_a_site_that_many_share_tells_nothing() -> None:
    assert domain_of("https://www.Knochenwerk.example/team") == "knochenwerk.example"
    assert domain_of("https://www.linkedin.com/company/knochenwerk") == ""
    assert domain_of("https://knochenwerk.github.io") == ""
    assert domain_of("") == domain_of(None) == ""


def test_every_country_is_there_once_and_in_the_order_of_the_language() -> None:
    english = countries(Locale("en"))
    codes = [code for code, _ in english]
    assert len(codes) == len(set(codes)) == 250
    assert {"DE", "SE", "NO", "XK", "TW"} <= set(codes)
    assert not {"EU", "UN", "ZZ"} & set(codes)
    german = [name for _, name in countries(Locale("de"))]
    assert german.index("Oman") < german.index("Österreich") < german.index("Pakistan")
    swedish = [name for _, name in countries(Locale("sv"))]
    assert swedish.index("Zimbabwe") < swedish.index("Åland") < swedish.index("Österrike")
