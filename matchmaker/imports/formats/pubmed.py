"""PubMed: articles and book chapters as MEDLINE's XML has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from matchmaker.imports.formats.columns import evidence, language, year
from matchmaker.imports.formats.xml import first, records, text_of, texts
from matchmaker.imports.readers import BadRow, FileKind, Row
from matchmaker.sentences import sentence as _

SOURCE, LICENCE = "PubMed", "NLM terms"


def rows(name: str, data: bytes) -> Iterator[Row | BadRow]:
    """Every article of the file."""
    for number, article in enumerate(records(name, data, {"PubmedArticle", "PubmedBookArticle"}), start=1):
        yield row(number, article)


def row(number: int, article: Element) -> Row | BadRow:
    """One article as a row about a publication."""
    pmid = first(article, ".//MedlineCitation/PMID", ".//BookDocument/PMID", ".//PMID")
    if not pmid:
        return BadRow(number, _("PMID: expected the number of the article, found nothing"))
    doi = first(
        article,
        ".//Article/ELocationID[@EIdType='doi']",
        "./PubmedData/ArticleIdList/ArticleId[@IdType='doi']",
        ".//BookDocument/ArticleIdList/ArticleId[@IdType='doi']",
    ).lower()
    return Row(
        number,
        evidence(
            kind="publication",
            key=pmid,
            source=SOURCE,
            licence=LICENCE,
            title=first(article, ".//ArticleTitle", ".//BookTitle", ".//VernacularTitle").rstrip("."),
            description="\n".join(_abstract(article)),
            language=language(first(article, ".//Article/Language", ".//BookDocument/Language")),
            # What somebody marked as a main subject comes first.
            keywords=[
                *texts(article, ".//DescriptorName[@MajorTopicYN='Y']"),
                *texts(article, ".//KeywordList/Keyword"),
                *texts(article, ".//DescriptorName"),
            ],
            identifier=doi or pmid,
            url=f"https://doi.org/{doi}" if doi else f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
            year=year(first(article, ".//JournalIssue/PubDate/Year", ".//PubDate/Year", ".//PubDate/MedlineDate")),
            affiliations=[
                place
                for affiliation in article.iterfind(".//AuthorList//AffiliationInfo")
                for place in (
                    *texts(affiliation, "Identifier[@Source='ROR']"),
                    *places(affiliation.find("Affiliation")),
                )
            ],
        ),
        FileKind.STATEMENTS,
    )


def _abstract(article: Element) -> Iterator[str]:
    for part in article.iterfind(".//Abstract/AbstractText"):
        if text := text_of(part):
            label = part.get("Label") or ""
            yield f"{label.capitalize()}: {text}" if label else text


def places(affiliation: Element | None) -> list[str]:
    """The parts of an affiliation that may be an organisation's name: "Department, University, City, Country"."""
    parts = re.split(r"[,;]| - ", text_of(affiliation))
    return [name for part in parts if len(name := re.sub(r"^(?:and |the |from )+", "", part.strip(), flags=re.I)) > 3]
