"""What the shipped model must do, whatever its figures say: plain cases, invariance, direction.

`cases.jsonl` holds authored feedback, one case a line, in three kinds. "minimum": labels that no
careful reader disputes. "invariance": two wordings of the same feedback. "direction": `other` is
`text` with an urgent fact added (effect "high"), or `text` denies or fears one (effect "none").
What code decides must hold case by case; what was learnt must hold for a share of each group.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from models.analysis import FeedbackModel
from models.results import FeedbackResult
from models.taxonomy import Taxonomy

Case = dict[str, Any]
Answers = dict[str, FeedbackResult]

ROOT = Path(__file__).parents[2]
CASES: list[Case] = [
    json.loads(line)
    for line in (Path(__file__).parent / "cases.jsonl").read_text(encoding="utf-8").splitlines()
]
ANY_TIME = datetime(2026, 1, 5, 9)
BY_CODE = ("traditional", "fullwidth")
LABELS = ("intent", "type", "subtype", "urgency")
KEPT = ("intent", "type", "urgency")
LEAST_SUBTYPE = 0.70
LEAST_OVERALL = 0.85
LEAST_INVARIANT = 0.80


def _select(**wanted: str) -> list[Case]:
    return [case for case in CASES if all(case.get(key) == wanted[key] for key in wanted)]


def _ids(cases: Sequence[Case]) -> list[str]:
    return [case["id"] for case in cases]


MINIMUM = _select(kind="minimum")
INVARIANCE = _select(kind="invariance")
SAME_SPELLING = [case for case in INVARIANCE if case["change"] in BY_CODE]
STATED = _select(kind="direction", effect="high")
UNDONE = _select(kind="direction", effect="none")
SUBTYPES = sorted({case["subtype"] for case in MINIMUM})
LEARNT_CHANGES = sorted({case["change"] for case in INVARIANCE} - set(BY_CODE))


@pytest.fixture(scope="module")
def answers() -> Answers:
    """Score every text of the file once."""
    model = FeedbackModel.load()
    texts = sorted({case[key] for case in CASES for key in ("text", "other") if key in case})
    results = model.analyze([{"text": text} for text in texts], as_of=ANY_TIME)
    return dict(zip(texts, results, strict=True))


def test_cases_are_many_and_distinct() -> None:
    """At least 300 authored cases were promised; the file must not shrink or repeat itself."""
    texts = [case["text"] for case in CASES]
    assert len(CASES) >= 330
    assert len(set(_ids(CASES))) == len(CASES)
    assert [text for text, n in Counter(texts).items() if n > 1] == []
    assert len(INVARIANCE) >= 60
    assert len(STATED) >= 50


def test_cases_cover_every_label_of_the_codebook() -> None:
    """A subtype without a plain example is one that nobody notices when it dies."""
    taxonomy = Taxonomy.load(ROOT / "data/taxonomy.yaml")
    count = {label: Counter(case[label] for case in MINIMUM) for label in LABELS}
    assert all(count["subtype"][name] >= 10 for name in taxonomy.subtype_names)
    assert all(count["intent"][name] >= 8 for name in taxonomy.intent_names)
    assert all(count["urgency"][name] >= 25 for name in ("high", "medium", "low"))
    assert all(taxonomy.type_of(case["subtype"]) == case["type"] for case in MINIMUM)


@pytest.mark.parametrize("subtype", SUBTYPES)
def test_plain_examples_of_a_subtype_get_it(subtype: str, answers: Answers) -> None:
    """Minimum function: a reader would not hesitate over any of these."""
    _check_share(
        _select(kind="minimum", subtype=subtype), _misses(answers, "subtype"), LEAST_SUBTYPE
    )


@pytest.mark.parametrize("label", KEPT)
def test_plain_examples_get_their_label(label: str, answers: Answers) -> None:
    """Minimum function over all cases: what a user sees first must nearly always be right."""
    _check_share(MINIMUM, _misses(answers, label), LEAST_OVERALL)


@pytest.mark.parametrize("change", LEARNT_CHANGES)
def test_what_does_not_matter_changes_nothing(change: str, answers: Answers) -> None:
    """Invariance to names, numbers, brands, punctuation: the failing thing is the same."""
    _check_share(
        _select(kind="invariance", change=change),
        lambda case: _changed(case, answers),
        LEAST_INVARIANT,
    )


@pytest.mark.parametrize("case", SAME_SPELLING, ids=_ids(SAME_SPELLING))
def test_spelling_changes_nothing(case: Case, answers: Answers) -> None:
    """Traditional and full-width characters are undone by code, so no case may differ."""
    assert _changed(case, answers) == ""


@pytest.mark.parametrize("case", STATED, ids=_ids(STATED))
def test_stated_fact_makes_a_row_high(case: Case, answers: Answers) -> None:
    """Direction: no model may talk down a fire, a theft or a threat to sue."""
    before, after = answers[case["text"]], answers[case["other"]]
    assert after.urgency == "high", f"{case['other']}: {after.urgency}, {after.urgency_reasons}"
    assert after.urgency_score >= before.urgency_score


@pytest.mark.parametrize("case", UNDONE, ids=_ids(UNDONE))
def test_denied_or_feared_fact_is_no_reason(case: Case, answers: Answers) -> None:
    """没有起火, 差点摔伤, 怕被盗刷: the fact did not happen, so it may not be quoted as one."""
    reasons = answers[case["text"]].urgency_reasons
    assert [reason for reason in reasons if reason.startswith("提到")] == []


def _misses(answers: Answers, label: str) -> Callable[[Case], str]:
    def miss(case: Case) -> str:
        got = getattr(answers[case["text"]], label)
        return "" if got == case[label] else f"{case[label]} → {got}"

    return miss


def _changed(case: Case, answers: Answers) -> str:
    one, other = answers[case["text"]], answers[case["other"]]
    pairs = [(getattr(one, label), getattr(other, label)) for label in KEPT]
    return ", ".join(f"{before} → {after}" for before, after in pairs if before != after)


def _check_share(cases: Sequence[Case], fault: Callable[[Case], str], least: float) -> None:
    """Fail with the list of faulty cases when fewer than `least` of them are right."""
    faults = [f"{case['id']} {case['text']}: {fault(case)}" for case in cases if fault(case)]
    share = 1 - len(faults) / len(cases)
    assert share >= least, f"{share:.0%} of {len(cases)}, wanted {least:.0%}\n" + "\n".join(faults)
