"""Labels that agree with each other, whatever the logits are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.classifier import Calibration, LabelSpace, decode, softmax
from models.taxonomy import Taxonomy
from tests.tiny import TAXONOMY, tiny_corpus

CODEBOOK = Taxonomy.load(TAXONOMY)
PAIRS = list(zip(tiny_corpus()["intent"], tiny_corpus()["subtype"], strict=True))
SPACE = LabelSpace.of(CODEBOOK, PAIRS)
PLAIN = Calibration(1.0, 1.0, (0.5,) * 6, (0.5, 0.5), (0.4, 0.7))


def random_logits(seed: int, scale: float) -> np.ndarray:
    """Draw four rows; arrays drawn number by number would take minutes."""
    return np.random.default_rng(seed).normal(scale=scale, size=(4, sum(SPACE.widths)))


LOGITS = st.builds(random_logits, st.integers(0, 10**6), st.sampled_from([0.0, 0.1, 3.0, 60.0]))


def test_columns_are_split_head_by_head() -> None:
    """Training lays the heads side by side in this order."""
    heads = SPACE.split(np.arange(sum(SPACE.widths))[None, :])
    assert [head.shape[1] for head in heads] == [5, 20, 6, 3]
    assert np.concatenate(heads, axis=1)[0].tolist() == list(range(34))


def test_an_unknown_label_is_refused() -> None:
    """A misspelt label in the data must not vanish."""
    with pytest.raises(ValueError, match="tuple"):
        LabelSpace.of(CODEBOOK, [("complaint", "crash")])


@given(LOGITS)
def test_urgency_chances_sum_to_one(logits: np.ndarray) -> None:
    """They are compared with thresholds as chances."""
    urgency = decode(logits, SPACE, PLAIN).urgency
    assert urgency.sum(axis=1) == pytest.approx(np.ones(4))
    assert (urgency >= 0).all()


@given(LOGITS)
def test_confidence_is_the_largest_share_of_six(logits: np.ndarray) -> None:
    """The main type's chance is one of six that sum to one."""
    confidence = decode(logits, SPACE, PLAIN).confidence
    assert ((confidence >= 1 / 6 - 1e-9) & (confidence <= 1 + 1e-9)).all()


@given(LOGITS)
def test_the_subtype_belongs_to_the_type(logits: np.ndarray) -> None:
    """Routing looks the department up by both."""
    decoded = decode(logits, SPACE, PLAIN)
    assert (SPACE.type_index[decoded.subtype] == decoded.type).all()


@given(LOGITS)
def test_a_pair_that_training_never_saw_cannot_come_out(logits: np.ndarray) -> None:
    """A suggestion about a payment, a complaint without content: nonsense however sure."""
    decoded = decode(logits, SPACE, PLAIN)
    assert SPACE.allowed[decoded.intent, decoded.subtype].all()


@given(LOGITS)
def test_the_main_type_is_always_among_the_types(logits: np.ndarray) -> None:
    """Even where its own threshold is missed."""
    strict = Calibration(1.0, 1.0, (0.999,) * 6, (0.5, 0.5), (0.4, 0.7))
    decoded = decode(logits, SPACE, strict)
    assert decoded.types[np.arange(4), decoded.type].all()


@given(LOGITS)
def test_rows_are_decoded_alone(logits: np.ndarray) -> None:
    """The answer for one row must not depend on its neighbours."""
    together = decode(logits, SPACE, PLAIN)
    alone = [decode(logits[i : i + 1], SPACE, PLAIN) for i in range(4)]
    assert together.confidence.tobytes() == b"".join(one.confidence.tobytes() for one in alone)


@given(LOGITS)
def test_suggestion_is_the_type_exactly_when_it_is_the_intent(logits: np.ndarray) -> None:
    """The codebook says so, and the tiny corpus holds no exception."""
    decoded = decode(logits, SPACE, PLAIN)
    is_intent = decoded.intent == SPACE.intents.index("suggestion")
    assert (is_intent == (decoded.type == SPACE.types.index("suggestion"))).all()


def test_confidence_follows_from_the_allowed_pairs_alone() -> None:
    """Two pairs, one logit apart by 2: the odds are e²."""
    space = LabelSpace.of(CODEBOOK, [("complaint", "damage"), ("complaint", "attitude")])
    logits = np.zeros((1, sum(space.widths)))
    logits[0, 5 + space.subtypes.index("damage")] = 2
    logits[0, 5 + space.subtypes.index("payment")] = 50
    decoded = decode(logits, space, PLAIN)
    assert space.types[decoded.type[0]] == "quality"
    assert decoded.confidence[0] == pytest.approx(1 / (1 + math.exp(-2)))


def test_a_higher_temperature_is_less_sure() -> None:
    """That is what calibration uses it for."""
    space = LabelSpace.of(CODEBOOK, [("complaint", "damage"), ("complaint", "attitude")])
    logits = np.zeros((1, sum(space.widths)))
    logits[0, 5 + space.subtypes.index("damage")] = 2
    warm = Calibration(4.0, 4.0, (0.5,) * 6, (0.5, 0.5), (0.4, 0.7))
    assert decode(logits, space, warm).confidence[0] == pytest.approx(1 / (1 + math.exp(-0.5)))


def test_second_types_need_their_own_threshold() -> None:
    """Each type has its own, because rare types are seldom sure."""
    logits = np.zeros((1, sum(SPACE.widths)))
    logits[0, 25:31] = 0.1  # a chance of 0.525 for each type
    calibration = Calibration(1.0, 1.0, (0.5, 0.6, 0.5, 0.6, 0.6, 0.6), (0.5, 0.5), (0.4, 0.7))
    decoded = decode(logits, SPACE, calibration)
    said = {SPACE.types[i] for i in np.flatnonzero(decoded.types[0])}
    assert said == {"product", "service", SPACE.types[decoded.type[0]]}


def test_softmax_takes_minus_infinity_for_impossible() -> None:
    """Forbidden pairs are marked so."""
    assert softmax(np.array([0.0, -np.inf, 0.0])).tolist() == [0.5, 0, 0.5]


def test_softmax_survives_large_logits() -> None:
    """`exp(1000)` alone would overflow."""
    assert softmax(np.array([1000.0, 0.0])).tolist() == [1, 0]
