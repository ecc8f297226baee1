"""One row in, one result out, whatever stands beside it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.analysis import FeedbackModel
from models.artifact import Artifact
from models.deadlines import SHANGHAI
from models.results import RESULT_FIELDS, as_record
from models.taxonomy import Taxonomy
from tests.tiny import tiny_corpus

AT = datetime(2026, 11, 23, 9)
PERSONAL = (
    "我叫王小明，手机13812345678，邮箱wang@example.com",
    "身份证11010519491231002X，车牌粤B12345，微信号：wxid_abc123",
)
EXTREMES = ("", " ", "。。。", "😡😡😡", "卡" * 5000, "太慢了，客服不回复。" * 500, *PERSONAL)
TEXTS = st.sampled_from([*tiny_corpus()["text"], *EXTREMES]) | st.text(max_size=40)
BATCHES = st.lists(TEXTS, min_size=1, max_size=8)


def rows_of(texts: list[str]) -> list[dict[str, Any]]:
    return [{"text": text, "feedback_id": f"F{i}"} for i, text in enumerate(texts)]


def sure_of(artifact: Artifact, intent: str, subtype: str, weight: float = 50.0) -> FeedbackModel:
    """A model that gives every row the same intent and subtype and takes it for not urgent."""
    space, heads = artifact.space, artifact.heads
    bias = np.zeros_like(heads.bias)
    bias[space.intents.index(intent)] = weight
    bias[len(space.intents) + space.subtypes.index(subtype)] = weight
    bias[-3] = weight
    constant = replace(
        heads,
        text_weights=np.zeros_like(heads.text_weights),
        clause_weights=np.zeros_like(heads.clause_weights),
        bias=bias,
    )
    return FeedbackModel(replace(artifact, heads=constant))


@settings(max_examples=40)
@example(texts=list(EXTREMES))
@given(texts=BATCHES)
def test_alone_equals_in_batch(feedback_model: FeedbackModel, texts: list[str]) -> None:
    """The design: scoring a row alone or in a batch gives the same bytes."""
    rows = rows_of(texts)
    alone = [feedback_model.analyze([row], AT)[0] for row in rows]
    assert feedback_model.analyze(rows, AT) == alone


@settings(max_examples=40)
@example(texts=list(EXTREMES), seed=1)
@given(texts=BATCHES, seed=st.integers(0, 99))
def test_shuffled_equals_in_order(
    feedback_model: FeedbackModel, texts: list[str], seed: int
) -> None:
    """Nor does the order matter."""
    rows = rows_of(texts)
    mixed = random.Random(seed).sample(rows, len(rows))
    by_id = {r.feedback_id: r for r in feedback_model.analyze(mixed, AT)}
    assert [by_id[row["feedback_id"]] for row in rows] == feedback_model.analyze(rows, AT)


def test_rows_beyond_one_block_equal_the_same_rows_alone(feedback_model: FeedbackModel) -> None:
    """A long list is worked off in blocks."""
    rows = rows_of(list(tiny_corpus()["text"]) * 9)
    results = feedback_model.analyze(rows, AT)
    assert [r.feedback_id for r in results] == [row["feedback_id"] for row in rows]
    assert results[511:514] == [feedback_model.analyze([row], AT)[0] for row in rows[511:514]]


@settings(max_examples=40)
@example(texts=list(EXTREMES))
@given(texts=BATCHES)
def test_evidence_points_at_words_of_the_text(
    feedback_model: FeedbackModel, texts: list[str]
) -> None:
    """It is highlighted on the page."""
    for result in feedback_model.analyze(rows_of(texts), AT):
        assert all(0 <= e.start < e.end <= len(result.text) for e in result.evidence)
        assert [e.label for e in result.evidence] in ([], list(result.types))


@settings(max_examples=40)
@given(texts=BATCHES)
def test_labels_of_a_result_agree(
    feedback_model: FeedbackModel, taxonomy: Taxonomy, texts: list[str]
) -> None:
    """Main type first, each type once, the subtype its own, the department the taxonomy's."""
    for r in feedback_model.analyze(rows_of(texts), AT):
        assert r.types[0] == r.type
        assert len(set(r.types)) == len(r.types)
        assert taxonomy.type_of(r.subtype) == r.type
        assert r.department == taxonomy.department(r.type, r.subtype)
        assert 0 <= r.confidence <= 1
        assert r.needs_review == (r.confidence_band == "low")
        assert r.urgency_reasons


@settings(max_examples=20)
@example(texts=[*EXTREMES] * 2)
@given(texts=BATCHES)
def test_columns_hold_what_the_results_hold(
    feedback_model: FeedbackModel, texts: list[str]
) -> None:
    """Files are scored by columns, single rows by results."""
    results = feedback_model.analyze(rows_of(texts), AT)
    ids = [row["feedback_id"] for row in rows_of(texts)]
    columns = feedback_model.analyze_columns({"text": texts, "feedback_id": ids}, AT)
    assert list(columns) == list(RESULT_FIELDS)
    spans = [tuple((e.label, e.start, e.end) for e in r.evidence) for r in results]
    assert columns.pop("evidence") == spans
    for name, values in columns.items():
        assert values == [getattr(result, name) for result in results]


def test_an_empty_list_gives_an_empty_list(feedback_model: FeedbackModel) -> None:
    """A file may hold only rejected rows."""
    assert feedback_model.analyze([], AT) == []


@pytest.mark.parametrize("text", ["", "。。。", "\u200b"])
def test_a_text_without_words_has_no_evidence(feedback_model: FeedbackModel, text: str) -> None:
    """There is nothing to point at, and still a result."""
    assert feedback_model.analyze([{"text": text}], AT)[0].evidence == ()


@pytest.mark.parametrize("text", PERSONAL)
def test_personal_data_stands_in_no_field(feedback_model: FeedbackModel, text: str) -> None:
    """Results are stored and shown; what was masked is only counted."""
    result = feedback_model.analyze([{"text": text}], AT)[0]
    shown = str(as_record(result))
    secrets = ("王小明", "13812345678", "wang@", "11010519491231002X", "粤B12345", "wxid_abc123")
    assert not [secret for secret in secrets if secret in shown]
    assert sum(result.redactions.values()) == 3


def test_a_quoted_fact_is_masked_too(artifact: Artifact) -> None:
    """Reasons quote the text, so they must quote the masked one."""
    model = sure_of(artifact, "complaint", "attitude")
    result = model.analyze([{"text": "客服王小明13812345678骂我"}], AT)[0]
    assert result.urgency == "high"
    assert "13812345678" not in "".join(result.urgency_reasons)


def test_the_text_is_normalised(feedback_model: FeedbackModel) -> None:
    """Offsets point into this text, not into the raw one."""
    assert feedback_model.analyze([{"text": "<b>ＡＰＰ又閃退了</b>"}], AT)[0].text == "APP又闪退了"


@pytest.mark.parametrize("spelling", ["APP又閃退了", "ＡＰＰ又闪退了", " APP又闪退了 "])
def test_one_text_in_two_spellings_is_judged_alike(
    feedback_model: FeedbackModel, spelling: str
) -> None:
    """Traditional characters and full width change nothing."""
    rows = [{"text": "APP又闪退了"}, {"text": spelling}]
    plain, other = feedback_model.analyze(rows, AT)
    assert plain == other


@pytest.mark.parametrize(
    "created_at",
    [
        datetime(2026, 11, 23, 9),
        datetime(2026, 11, 23, 9, tzinfo=SHANGHAI),
        "2026-11-23T09:00:00",
        "2026-11-23T01:00:00+00:00",
    ],
)
def test_deadlines_are_in_shanghai(feedback_model: FeedbackModel, created_at: object) -> None:
    """Naive means Shanghai, another zone is converted."""
    result = feedback_model.analyze([{"text": "太慢了", "created_at": created_at}])[0]
    assert result.acknowledge_due == datetime(2026, 11, 23, 11, tzinfo=SHANGHAI)
    for due in (result.acknowledge_due, result.respond_due, result.resolve_due):
        assert due.utcoffset() == timedelta(hours=8)
        assert due.tzinfo == SHANGHAI


def test_as_of_stands_in_for_a_missing_moment_only(feedback_model: FeedbackModel) -> None:
    """A row's own time wins."""
    rows = [{"text": "太慢了"}, {"text": "太慢了", "created_at": datetime(2026, 1, 5, 9)}]
    years = [r.acknowledge_due.month for r in feedback_model.analyze(rows, AT)]
    assert years == [11, 1]


def test_a_row_without_any_moment_is_refused(feedback_model: FeedbackModel) -> None:
    """The clock is never read, or the same file would give other dates tomorrow."""
    with pytest.raises(ValueError, match="needs as_of"):
        feedback_model.analyze([{"text": "太慢了"}])


@pytest.mark.parametrize("row", [{}, {"text": None}, {"text": 3}])
def test_a_row_without_a_text_is_refused(
    feedback_model: FeedbackModel, row: dict[str, Any]
) -> None:
    """The message names the row."""
    with pytest.raises(ValueError, match="'F9': text must be a string"):
        feedback_model.analyze([{"feedback_id": "F9", **row}], AT)


def test_the_refusal_of_a_text_does_not_repeat_it(feedback_model: FeedbackModel) -> None:
    """Messages end in logs, and what a customer wrote must not."""
    with pytest.raises(ValueError, match="got list") as caught:
        feedback_model.analyze([{"feedback_id": "F9", "text": ["我的电话是 13812345678"]}], AT)
    assert "138" not in str(caught.value)


def test_context_reaches_the_urgency(artifact: Artifact) -> None:
    """A third contact is high though the words are calm."""
    model = sure_of(artifact, "complaint", "delay")
    rows = [{"text": "还没好"}, {"text": "还没好", "contact_count": 3}]
    assert [r.urgency for r in model.analyze(rows, AT)] == ["low", "high"]


@pytest.mark.parametrize(
    ("intent", "subtype", "urgency"),
    [
        ("complaint", "failure", "high"),
        ("inquiry", "payment", "high"),
        ("praise", "failure", "low"),
        ("suggestion", "feature", "low"),
        ("invalid", "none", "low"),
    ],
)
def test_facts_count_where_something_happened(
    artifact: Artifact, intent: str, subtype: str, urgency: str
) -> None:
    """Praise tells how a danger was averted, a suggestion what to guard against."""
    model = sure_of(artifact, intent, subtype)
    assert model.analyze([{"text": "充电器起火了"}], AT)[0].urgency == urgency


def test_a_fact_counts_where_the_intent_is_unsure(artifact: Artifact) -> None:
    """A model that half takes a fire for praise must not talk it down."""
    model = sure_of(artifact, "praise", "failure", weight=1.0)
    assert model.analyze([{"text": "充电器起火了"}], AT)[0].urgency == "high"


def test_an_unsure_row_goes_to_review(artifact: Artifact) -> None:
    """Abstention: a person looks at what the model does not know."""
    unsure = sure_of(artifact, "complaint", "failure", weight=0.0)
    sure = sure_of(artifact, "complaint", "failure")
    results = [model.analyze([{"text": "屏幕裂了"}], AT)[0] for model in (unsure, sure)]
    assert [(r.confidence_band, r.needs_review) for r in results] == [
        ("low", True),
        ("high", False),
    ]


def test_the_version_is_the_models(feedback_model: FeedbackModel) -> None:
    """Every result can be traced to the model that gave it."""
    assert feedback_model.analyze([{"text": "好"}], AT)[0].model_version == feedback_model.version
