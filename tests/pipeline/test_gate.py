"""What the gate lets through, and what it says when it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from pipeline.compare import Comparison, Contender, SetComparison
from pipeline.compare_bootstrap import Difference
from pipeline.compare_speed import Speed
from pipeline.contradictions import Contradiction
from pipeline.gate import GateParams, judge

PARAMS = GateParams()


def difference(figure: str, change: float, chance_worse: float = 1.0, rows: int = 80) -> Difference:
    """A figure that changed."""
    return Difference(figure, 0.8, 0.8 + change, change - 0.02, change + 0.02, chance_worse, rows)


def comparison(*differences: Difference, name: str = "test", rows: int = 500) -> Comparison:
    """Two models that differ in some figures only."""
    contender = Contender("第 1 版", "huiyin-1", 1000, 0.04)
    part = SetComparison(name, rows, 0, differences, ())
    return Comparison(contender, contender, (part,), Speed(50, 50, 1.0), ())


def test_nothing_lost_nothing_said() -> None:
    """A gate that always finds something is switched off by its users."""
    assert judge(comparison(difference("type.product.f1", 0.02)), PARAMS).findings == ()


@pytest.mark.parametrize(
    ("figure", "change"),
    [
        ("type.product.f1", -0.05),
        ("type.service.log_chance", -0.09),
        ("subtype.delay.f1", -0.1),
        ("high_recall", -0.05),
        ("type_ece", 0.03),
    ],
)
def test_a_loss_is_refused_with_its_figures(figure: str, change: float) -> None:
    """The message must do for deciding: what fell, from where to where, how surely."""
    verdict = judge(comparison(difference(figure, change)), PARAMS)
    assert not verdict.is_passed
    message = verdict.refusals[0].message
    assert "0.800" in message
    assert f"{0.8 + change:.3f}" in message
    assert "80 条" in message


def test_a_refusal_names_the_class() -> None:
    """`type.service`, not `a class`."""
    verdict = judge(comparison(difference("type.service.log_chance", -0.09)), PARAMS)
    assert verdict.refusals[0].subject == "type.service"
    assert "type.service" in verdict.refusals[0].message


@pytest.mark.parametrize(
    "harmless",
    [
        difference("type.product.f1", -0.02),
        difference("type.product.f1", -0.1, chance_worse=0.9),
        difference("type.product.f1", -0.5, rows=5),
        difference("subtype.delay.log_chance", -0.1),
        difference("high_recall", -0.02),
        difference("type_macro_f1", -0.1),
    ],
)
def test_what_may_be_chance_or_is_small_passes(harmless: Difference) -> None:
    """Within the tolerance, within chance, or on too few rows."""
    assert judge(comparison(harmless), PARAMS).is_passed


def test_a_class_may_have_its_own_tolerance() -> None:
    """A company may care more for one class than for the rest."""
    params = GateParams(class_tolerances={"type.product": 0.2})
    assert judge(comparison(difference("type.product.f1", -0.1)), params).is_passed
    assert not judge(comparison(difference("type.quality.f1", -0.1)), params).is_passed


def test_slower_by_a_third_is_refused() -> None:
    """The API's promise of milliseconds is part of the model."""
    slow = replace(comparison(), speed=Speed(50, 80, 0.625))
    assert judge(slow, PARAMS).refusals[0].check == "speed"
    assert judge(replace(comparison(), speed=Speed(50, 70, 0.71)), PARAMS).is_passed


def test_corrections_are_judged_but_for_calibration() -> None:
    """They are rows that were doubted: low confidence is how they were chosen."""
    worse = [difference("type_ece", 0.3), difference("type.product.f1", -0.1)]
    verdict = judge(comparison(*worse, name="corrections"), PARAMS)
    assert [f.subject for f in verdict.refusals] == ["type.product"]


def test_few_rows_are_shown_not_judged() -> None:
    """Twenty rows prove nothing."""
    verdict = judge(comparison(difference("type.product.f1", -0.3), rows=20), PARAMS)
    assert verdict.is_passed
    assert [f.check for f in verdict.findings] == ["rows"]


@pytest.mark.parametrize(
    ("rate", "is_warned"), [(None, True), (0.041, False), (0.05, True), (0.2, True)]
)
def test_unsettled_labels_warn(rate: float | None, is_warned: bool) -> None:
    """Doubtful labels do not stop a model, but nobody may overlook them."""
    after = Contender("第 2 版", "huiyin-2", 1000, rate)
    verdict = judge(replace(comparison(), after=after), PARAMS)
    assert verdict.is_passed
    assert bool(verdict.findings) == is_warned


def contradiction(chance: float, share: float) -> Contradiction:
    """Rows that look like service and carry other labels."""
    given = (("account", 20), ("product", 5))
    return Contradiction(
        "type.service", "changed", 30, 25, 0.06, chance, share, given, ("a17", "b4")
    )


@pytest.mark.parametrize(
    ("chance", "share", "level"),
    [(1e-9, 0.05, "refuse"), (1e-9, 0.005, "warn"), (0.05, 0.05, None)],
)
def test_wrong_new_labels_are_refused_if_they_are_sure_and_many(
    chance: float, share: float, level: str | None
) -> None:
    """What may be chance is not said; a few wrong labels are said, and a person decides."""
    found = replace(comparison(), contradictions=(contradiction(chance, share),))
    assert [f.level for f in judge(found, PARAMS).findings] == ([level] if level else [])


def test_a_refusal_of_labels_says_what_to_read() -> None:
    """The class, how many, what they carry instead, and where to begin."""
    found = replace(comparison(), contradictions=(contradiction(1e-9, 0.05),))
    (refusal,) = judge(found, PARAMS).refusals
    assert refusal.subject == "type.service"
    for figure in ("30 条", "25 条", "type.account 20 条", "6.0%", "不到 0.01%", "a17、b4"):
        assert figure in refusal.message


def test_labels_that_cannot_be_compared_are_said() -> None:
    """A version from elsewhere kept no labels: nobody may take silence for a clean bill."""
    verdict = judge(replace(comparison(), contradictions=None), PARAMS)
    assert verdict.is_passed
    assert [f.check for f in verdict.findings] == ["new_labels"]


def test_a_misspelt_parameter_fails_by_name() -> None:
    """A tolerance that nobody reads protects nobody."""
    with pytest.raises(ValidationError, match="class_tolerence"):
        GateParams.model_validate({"class_tolerence": 0.1})
