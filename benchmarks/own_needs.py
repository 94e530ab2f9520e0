"""Turn our own needs and competences into judged sets, which `python -m embeddings.evaluation` reads.

    python -m benchmarks.own_needs TARGET

The readable sources lie in `benchmarks/judged/own-needs/` (its README says how they were made) and, for the short
sets, in `benchmarks/needs/`. This file imports nothing of the engine, so that the judge stays apart from the judged.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).parent / "judged" / "own-needs"
SHORT = Path(__file__).parent / "needs"

#: Folders of needs that ask the 300 competences, and the files they come from.
NEEDS = {"own-needs": "needs", "plain-needs": "plain", "strangers-needs": "strangers"}

#: How somebody asks for what an acronym stands for.
ASKED_FOR = {
    "en": "Looking for {} expertise",
    "de": "Wir suchen Expertise zu {}",
    "sv": "Vi söker expertis inom {}",
}

#: Language of the needs, language of the competences.
PAIRS = (("en", "en"), ("de", "en"), ("sv", "en"), ("de", "de"), ("sv", "sv"), ("en", "de"), ("en", "sv"))

LANGUAGES = ("en", "de", "sv")

Row = Mapping[str, Any]

#: Words are compared by their first letters, which stands in for a stemmer and errs towards "shared".
STEM = 6

#: Words that say nothing about the subject.
STOP_WORDS = {
    "en": "a about after all also an and any are as at be been before but by can could did do does each even "
    "ever every for from had has have he her his how i if in into is it its just like may more most much must "
    "my no not of off on one only or other our out over own per so some than that the their them then there "
    "these they this those to too under until up us was we were what when where which while who why will with "
    "within would yet you your",
    "de": "ab aber alle allen alles als also am an andere anderen auch auf aus bei beim bis da damit das dass "
    "dem den denen denn der des die dies diese dieser doch dort durch ein eine einem einen einer eines er es "
    "etwas für gegen haben hat hin hinaus ihm ihn ihnen ihr ihre im immer in ins ist ja jede jeden jeder jedes "
    "kann kein keine kommt können man mehr mit müsse nach nicht nichts noch nur ob oder ohne rund samt schon "
    "sein seine sich sie sind so sollen sowie statt um und uns unser unsere unter vom von vor war was weil "
    "wenn wer werden wie wir wird wo wäre zu zum zur zwischen über",
    "sv": "alla allt andra att av blir bli bort bara de dem den denna deras dessa det detta dig din du där då "
    "efter eller en enligt er ett fram från får få för ha han har hela hur här i in inga ingen inget inom inte "
    "ja kan kring man med mellan men mer mot ned ner någon något några när och också om oss på redan samt sig "
    "sin sina sitt ska skulle som så till under upp ur ut utan vad var vara varje vem vi vid vill vår våra "
    "vårt än är åt över",
}
_STOPPED = {language: {word[:STEM] for word in words.split()} for language, words in STOP_WORDS.items()}


def read_source(name: str) -> list[dict[str, Any]]:
    """The rows of one of our source files: needs, plain, strangers, competences, keywords or one of the acronyms."""
    lines = (SOURCES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def content_words(text: str, language: str) -> set[str]:
    """The words of a text that carry meaning, lower case and cut to their first six letters."""
    stems = {word[:STEM] for word in re.findall(r"\w+", text.lower()) if not word.isdigit()}
    return stems - _STOPPED[language]


def shared_words(one: str, other: str, language: str) -> float:
    """How much of their vocabulary two texts of one language share: Jaccard over the content words, 0 to 1."""
    ours, theirs = content_words(one, language), content_words(other, language)
    return len(ours & theirs) / len(ours | theirs)


def names_expertise(text: str, acronym: Row) -> bool:
    """Whether this text holds the acronym or its long form, and so answers a question for it as well."""
    plain = re.sub(r"[-\u2010-\u2013]", " ", text)
    long_form = re.sub(r"[-\u2010-\u2013]", " ", acronym["long_form"])
    short = re.sub(r"[-\u2010-\u2013]", " ", acronym["acronym"])
    return re.search(rf"\b{re.escape(long_form)}", plain, re.IGNORECASE) is not None or (
        re.search(rf"\b{re.escape(short)}s?\b", plain) is not None
    )


def write_sets(target: Path) -> list[Path]:
    """Write every judged set into a folder of its own below `target`; return the folders."""
    competences = read_source("competences")
    keywords, acronyms = read_source("keywords"), read_source("acronyms")
    folders = _write_short_sets(target)
    for name, source in NEEDS.items():
        needs = read_source(source)
        for asked, told in PAIRS:
            folders.append(
                _write_set(
                    target / f"{name}-{asked}-{told}",
                    corpus=[_text(row["id"], row[told], told) for row in competences],
                    queries=[_text(row["id"], row[asked], asked) for row in needs],
                    answers=[(row["id"], answer) for row in needs for answer in row["answers"]],
                )
            )
    folders.append(
        _write_set(
            target / "own-needs-keywords",
            corpus=[_text(row["id"], row["en"], "en") for row in competences],
            queries=[_text(row["id"], row["query"], "en") for row in keywords],
            answers=[(row["id"], row["competence"]) for row in keywords],
        )
    )
    # A competence that names an acronym's subject would be a second right answer, so it stays out of this set.
    others = [row for row in competences if not any(names_expertise(row["en"], a) for a in acronyms)]
    folders.append(
        _write_set(
            target / "own-needs-acronyms",
            corpus=[_text(f"d{row['id']}", row["text"], "en") for row in acronyms]
            + [_text(row["id"], row["en"], "en") for row in others],
            queries=[_text(row["id"], row["query"], "en") for row in acronyms],
            answers=[(row["id"], f"d{row['id']}") for row in acronyms],
        )
    )
    folders.extend(_write_strangers_acronyms(target, competences))
    return folders


def _write_strangers_acronyms(target: Path, competences: list[dict[str, Any]]) -> list[Path]:
    """Acronyms looked for in each pair of languages, among texts that spell them out and competences that don't."""
    acronyms = read_source("strangers-acronyms")
    others = [row for row in competences if not any(names_expertise(row["en"], a) for a in acronyms)]
    return [
        _write_set(
            target / f"strangers-acronyms-{asked}-{told}",
            corpus=[_text(f"d{row['id']}", row[told], told) for row in acronyms]
            + [_text(row["id"], row[told], told) for row in others],
            queries=[_text(row["id"], ASKED_FOR[asked].format(row["acronym"]), asked) for row in acronyms],
            answers=[(row["id"], f"d{row['id']}") for row in acronyms],
        )
        for asked, told in PAIRS
    ]


def _write_short_sets(target: Path) -> list[Path]:
    """Needs and competences of one line each, in every pair of languages, and short queries of exact terms."""
    pairs, keywords, others = (_table(name) for name in ("pairs", "keywords", "distractors"))
    services, topics = ([row[1:] for row in others if row[0] == kind] for kind in ("service", "topic"))
    folders = []
    for ask, asked in enumerate(LANGUAGES):
        for tell, told in enumerate(LANGUAGES):
            answers = [(row[0], f"c{row[0]}", row[1 + 2 * ask], row[2 + 2 * tell]) for row in pairs]
            folders.append(_write_short(target / f"short-needs-{asked}-{told}", answers, asked, told, services, topics))
    terms = [(str(n), f"k{n}", query, competence) for n, (query, competence) in enumerate(keywords)]
    folders.append(_write_short(target / "short-needs-keywords", terms, "en", "en", services, topics))
    return folders


def _write_short(
    folder: Path,
    answers: list[tuple[str, str, str, str]],
    asked: str,
    told: str,
    services: list[list[str]],
    topics: list[list[str]],
) -> Path:
    tell = LANGUAGES.index(told)
    others = [
        _text(f"d{s}-{t}", service[tell].format(topic[tell]), told)
        for s, service in enumerate(services)
        for t, topic in enumerate(topics)
    ]
    return _write_set(
        folder,
        corpus=others + [_text(key, text, told) for _, key, _, text in answers],
        queries=[_text(number, query, asked) for number, _, query, _ in answers],
        answers=[(number, key) for number, key, _, _ in answers],
    )


def _table(name: str) -> list[list[str]]:
    lines = (SHORT / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def _text(key: str, text: str, language: str) -> dict[str, str]:
    return {"_id": key, "language": language, "text": text}


def _write_set(folder: Path, corpus: list[Row], queries: list[Row], answers: Iterable[tuple[str, str]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    about = {"rank": "documents", "split": "dev", "source": "written for this project", "licence": "MIT"}
    (folder / "set.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    # Ids tell nothing, but ties are broken by place: documents are laid out by id, whatever their role.
    _write_rows(folder / "corpus.jsonl.gz", sorted(corpus, key=lambda row: str(row["_id"])))
    _write_rows(folder / "queries.jsonl.gz", queries)
    lines = ["query-id\tcorpus-id\tscore", *(f"{query}\t{answer}\t1" for query, answer in answers)]
    (folder / "qrels.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _write_rows(path: Path, rows: Iterable[Row]) -> None:
    # Without the time of writing, the same sources give the same bytes.
    with (
        gzip.GzipFile(path, "wb", mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as file,
    ):
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def main(arguments: list[str]) -> int:
    """Write the sets and print their folders, one a line."""
    if len(arguments) != 1:
        print("expected one argument: the folder to write the sets to", file=sys.stderr)
        return 2
    for folder in write_sets(Path(arguments[0])):
        print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
