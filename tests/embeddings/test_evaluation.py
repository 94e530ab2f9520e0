"""The judge counts as trec_eval does, and asks the matcher the questions as they were put."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from embeddings import HashingEncoder
from embeddings.evaluation import evaluate, main, measure, ranks_fused, read_set
from embeddings.ranking import Match


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def owners_set(tmp_path: Path) -> Path:
    """Three projects; clinics and companies stand behind them."""
    (tmp_path / "set.json").write_text(json.dumps({"rank": "owners"}))
    write(
        tmp_path / "corpus.jsonl.gz",
        [
            {"_id": "p1", "text": "Viral vectors for gene therapy", "owners": ["Acme", "Uni A"], "order": 1},
            {"_id": "p2", "text": "Gene therapy of the liver", "owners": ["Beta", "Uni B"], "order": 2},
            {"_id": "p3", "text": "Concrete for bridges", "owners": ["Gamma"], "order": 3},
        ],
    )
    write(
        tmp_path / "owners.jsonl.gz",
        [{"_id": n, "sector": "industry"} for n in ("Acme", "Beta", "Gamma")]
        + [{"_id": n, "sector": "academia"} for n in ("Uni A", "Uni B")],
    )
    write(
        tmp_path / "queries.jsonl.gz",
        [
            {"_id": "q1", "text": "viral vectors, gene therapy", "sector": "industry", "exclude": ["Acme"]},
            {"_id": "q2", "text": "gene therapy of the liver", "sector": "industry", "before": 2},
        ],
    )
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tBeta\t1\nq2\tAcme\t1\n")
    return tmp_path


def test_sector_exclusion_and_time_are_honoured(owners_set: Path) -> None:
    figures = evaluate(owners_set, HashingEncoder())
    assert set(figures) == {"dense", "lexical", "fused", "rrf 1:1"}
    # Without the exclusion Acme would come first for q1, without `before` Beta for q2.
    assert set(figures["fused"].values()) == {1.0}


def test_the_run_is_separated_by_tabs(owners_set: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = owners_set / "run.tsv"
    assert main([str(owners_set), "--words-only", "--json", "--run", str(run)]) == 0
    assert json.loads(capsys.readouterr().out)[owners_set.name]["fused"]["MRR"] == 1.0
    first = run.read_text(encoding="utf-8").splitlines()[0].split("\t")
    assert first[:4] == ["q1", "Q0", "Beta", "1"]


def test_gains_are_linear_and_an_unanswered_query_counts_nothing(owners_set: Path) -> None:
    (owners_set / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tBeta\t2\nq1\tGamma\t1\nq2\tAcme\t1\n")
    judged = read_set(owners_set)
    gamma, beta = judged.names.index("Gamma") + 1, judged.names.index("Beta") + 1
    figures = measure(judged, {"q1": [Match(gamma, 2.0, None, (), ()), Match(beta, 1.0, None, (), ())]})
    assert figures["nDCG@10"] == pytest.approx((1 + 2 / 1.5849625) / (2 + 1 / 1.5849625) / 2)
    assert figures["MRR"] == 0.5


def test_a_folder_that_is_no_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"expected a judged set with set\.json"):
        read_set(tmp_path)


def test_the_interval_holds_the_mean_and_is_the_same_every_time(owners_set: Path) -> None:
    judged = read_set(owners_set)
    beta = judged.names.index("Beta") + 1
    figures = measure(judged, {"q1": [Match(beta, 2.0, None, (), ())]})
    assert (figures["low"], figures["nDCG@10"], figures["high"]) == (0.0, 0.5, 1.0)
    assert figures == measure(judged, {"q1": [Match(beta, 2.0, None, (), ())]})


def test_equal_ranks_fuse_to_equal_scores_and_ties_fall_to_the_smaller_key() -> None:
    def run(*keys: int) -> dict[str, list[Match]]:
        return {"q": [Match(key, 0.0, None, (), ()) for key in keys]}

    assert [m.key for m in ranks_fused([run(1, 2, 3), run(2, 1)])["q"]] == [1, 2, 3]


def test_blinded_words_find_no_answer_and_meaning_still_does(owners_set: Path) -> None:
    plain, blind = (evaluate(owners_set, HashingEncoder(), blind=b) for b in (False, True))
    assert plain["lexical"]["MRR"] == 1.0
    assert blind["lexical"]["MRR"] == 0.0
    assert blind["dense"] == plain["dense"]
    assert blind["fused"]["MRR"] == blind["dense"]["MRR"]
