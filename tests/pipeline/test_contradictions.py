"""Wrong labels among new and changed rows are told from wrong guesses, class by class."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.contradictions import Contradiction, find_contradictions
from pipeline.label_evidence import LOOKS, weigh_labels
from pipeline.label_issues import issue_key
from pipeline.metrics import LABELS

N = 400


def table(n: int = N, wrong: int = 0) -> pd.DataFrame:
    """Half look like product, half like service; the last rows that look so carry the other."""
    looks = np.where(np.arange(n) % 2 == 0, "product", "service")
    given = looks.copy()
    given[np.flatnonzero(looks == "service")[::-1][:wrong]] = "product"
    names = [f"r{i}" for i in range(n)]
    frame = pd.DataFrame({"id": names, "text": names, "cause": names, "type": given})
    for label in LABELS:
        frame[label] = frame.get(label, "")
        frame[label + LOOKS] = looks if label == "type" else ""
    return frame


def most_likely(before: pd.DataFrame, after: pd.DataFrame) -> Contradiction:
    """What is least likely chance."""
    return find_contradictions(before, after)[0]


def test_flipped_labels_are_found_and_named() -> None:
    """Twenty rows of service became product; the class that they were taken from is named."""
    found = most_likely(table(), table(wrong=20))
    assert (found.subject, found.kind) == ("type.service", "changed")
    assert (found.rows, found.wrong, found.usual) == (20, 20, 0.0)
    assert found.given == (("product", 20),)
    assert found.chance < 1e-6
    assert found.share == pytest.approx(20 / 180)
    assert set(found.ids) <= set(table().tail(40)["id"])


def test_wrong_labels_among_new_rows_are_found() -> None:
    """The import of a company brings rows, not changes."""
    found = most_likely(table()[:300], table(wrong=20))
    assert (found.subject, found.kind, found.rows) == ("type.service", "new", 50)
    assert found.chance < 1e-6


def test_a_model_that_errs_on_old_rows_too_proves_nothing() -> None:
    """The guess is as often wrong on the rows that both models know."""
    rows = table()
    doubtful = (np.arange(N) % 10 == 1) & (rows["type"] == "service")
    rows.loc[doubtful, "type"] = "product"
    found = find_contradictions(rows[:300], rows)
    assert {c.kind for c in found} == {"new"}
    assert min(c.chance for c in found) > 0.1


def test_rows_that_were_chosen_because_they_are_hard_prove_nothing() -> None:
    """The new rows are contradicted in both classes alike: the guesses are bad there."""
    rows = table(wrong=20)
    is_hard = (rows["type_looks"] == "product") & (rows.index >= 360)
    rows.loc[is_hard, "type"] = "service"
    rows.loc[rows.index < 40, "type_looks"] = rows.loc[rows.index < 40, "type_looks"][::-1].tolist()
    assert min(c.chance for c in find_contradictions(rows[:300], rows)) > 0.01


def test_a_correction_that_agrees_with_the_other_rows_is_welcome() -> None:
    """Wrong labels are put right: the rows changed, and nothing contradicts them now."""
    assert all(c.wrong == 0 for c in find_contradictions(table(wrong=20), table()))


def test_wordings_of_one_cause_are_one_witness() -> None:
    """A new failing that is guessed wrongly is guessed wrongly in all its wordings."""
    after = table(wrong=20)
    after.loc[after.index[-40:], "cause"] = "one"
    assert find_contradictions(table(), after) == ()


def test_no_rows_in_common_is_no_evidence() -> None:
    """Without old rows nothing says how often the guesses are wrong."""
    assert find_contradictions(table().assign(text="others"), table(wrong=20)) == ()


def corpus() -> pd.DataFrame:
    """Two kinds of rows that a model tells apart; one label is wrong, one row measures."""
    is_crash = np.arange(80) % 2 == 0
    rows = pd.DataFrame(
        {
            "id": [f"r{i}" for i in range(80)],
            "text": [
                f"{'闪退' if c else '态度差'}{chr(0x4E00 + i)}" for i, c in enumerate(is_crash)
            ],
            "intent": "complaint",
            "type": np.where(is_crash, "product", "service"),
            "subtype": "other",
            "urgency": "low",
            "cause": "",
            "trade": "",
            "pair": "",
            "split": "train",
        }
    )
    rows.loc[4, "type"] = "service"
    rows.loc[6, "type"] = "service"
    rows["types"] = rows["type"]
    rows.loc[6, "types"] = "service;product"
    rows.loc[79, "split"] = "test"
    return rows


def encode(texts: list[str]) -> np.ndarray:
    """Vectors that know whether something crashed."""
    is_crash = np.array(["闪退" in text for text in texts], dtype=float)
    return np.stack([is_crash, 1 - is_crash], axis=1)


def test_evidence_holds_no_text_and_no_row_that_measures() -> None:
    """It lies in the registry for years: digests do."""
    kept = weigh_labels(corpus(), encode)  # type: ignore[arg-type]
    assert len(kept) == 79
    assert not kept.astype(str).apply(lambda column: column.str.contains("闪退|态度")).any().any()


def test_evidence_says_what_a_row_looks_like() -> None:
    """The wrong label is seen; a second type of the same row, and a settled label, are not."""
    kept = weigh_labels(corpus(), encode)  # type: ignore[arg-type]
    wrong = kept[kept["type_looks"] != kept["type"]]
    assert list(zip(wrong["id"], wrong["type_looks"], strict=True)) == [("r4", "product")]
    key = issue_key(wrong["text"].iloc[0], "type", "service")
    settled = weigh_labels(corpus(), encode, {key})  # type: ignore[arg-type]
    assert settled.set_index("id")["type_looks"]["r4"] == ""
