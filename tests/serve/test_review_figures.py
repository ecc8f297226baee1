"""Figures of the page: the same picture every time, intervals that hold, counts from SQL."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from models.deadlines import SHANGHAI
from pipeline.report_statistics import mean_of
from pipeline.store.engine import Store, open_store
from pipeline.store.feedback import save_scored
from serve.review.inbox_reading import read_corrections, read_queue
from serve.review.models_reading import read_models
from serve.review.projection import project
from serve.review.theme_reading import (
    count_in_segment,
    count_union,
    family_of,
    places_of,
    read_phrases,
    read_releases,
    read_sparks,
)
from serve.review.week_figures import mean_from_counts, read_week
from tests.browser.review_sample import LAST, WEEKS, scored
from tests.store.theme_sample import WEEK_1, WEEK_2, WEEK_3, plant

NOW = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Nothing in it."""
    return open_store(f"sqlite:///{tmp_path / 'figures.db'}")


@pytest.fixture
def planted(store: Store) -> list[str]:
    """Two themes in three weeks."""
    sizes = {WEEK_1: [4, 2], WEEK_2: [0, 3], WEEK_3: [5, 1]}
    return plant(store, ["快递太慢", "汤洒了"], sizes)


@pytest.fixture
def two_weeks(store: Store) -> Store:
    """Feedback of the last two weeks of the sample."""
    for week in WEEKS[-3:-1]:
        save_scored(store, scored(week))
    return store


def test_the_map_is_the_same_every_time_and_fills_its_frame() -> None:
    """Signs are fixed, so that nothing flips from week to week for no reason."""
    vectors = np.random.default_rng(1).normal(size=(30, 8))
    weights = np.ones(30)
    flat = project(vectors, weights)
    assert np.array_equal(flat, project(vectors.copy(), weights))
    assert np.allclose(np.abs(flat).max(axis=0), 1)
    assert np.allclose(flat, project(vectors + 5, weights))


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_points_can_be_laid_out_too(n: int) -> None:
    """The first week may have a single phrase."""
    flat = project(np.eye(max(n, 1), 5)[:n], np.ones(n))
    assert flat.shape == (n, 2)
    assert np.isfinite(flat).all()


def test_a_mean_from_counts_is_the_mean_of_the_answers() -> None:
    """Only the interval is a normal one instead of Student's."""
    counts = [(1.0, 10), (4.0, 30), (7.0, 60)]
    answers = [value for value, n in counts for _ in range(n)]
    ours, exact = mean_from_counts(counts, (1, 7)), mean_of(answers, (1, 7))
    assert ours.value == pytest.approx(exact.value)
    assert ours.low == pytest.approx(exact.low, abs=0.01)
    assert mean_from_counts([], (1, 7)).value is None
    assert mean_from_counts([(3.0, 4)], (1, 7)).low is None


def test_an_empty_store_has_no_week(store: Store) -> None:
    """The page then says what to run."""
    assert read_week(store, None, NOW) is None
    assert read_models(store) is None


def test_a_week_is_counted_as_its_rows_say(two_weeks: Store) -> None:
    """Against the frame that was saved."""
    rows, before = scored(LAST), scored(WEEKS[-3])
    figures = read_week(two_weeks, None, NOW)
    assert figures is not None
    assert figures.week == LAST
    assert figures.by_type == rows["type"].value_counts().to_dict()
    assert figures.by_type_before == before["type"].value_counts().to_dict()
    assert figures.n_complaints == (rows["intent"] == "complaint").sum()
    assert figures.themes is None
    satisfied = rows["csat"].dropna()
    assert figures.scores.csat.value == pytest.approx((satisfied >= 4).mean())
    nps = rows["nps"].dropna()
    expected = 100 * ((nps >= 9).mean() - (nps <= 6).mean())
    assert figures.scores.nps.value == pytest.approx(expected)
    assert figures.scores.ces.value == pytest.approx(rows["ces"].mean())


def test_touchpoints_that_satisfy_too_few_are_named(two_weeks: Store) -> None:
    """The worst first; those with hardly an answer are left out."""
    figures = read_week(two_weeks, LAST, NOW)
    assert figures is not None
    scores = [score.value for _, score in figures.touchpoints]
    assert "配送" in dict(figures.touchpoints)
    assert scores == sorted(scores)
    assert all(score is not None and score < 0.85 for score in scores)


def test_sparklines_have_a_place_for_every_week(store: Store, planted: list[str]) -> None:
    """A week without a mention is a nought, not a gap."""
    assert read_sparks(store, WEEK_3) == {planted[0]: [4, 0, 5], planted[1]: [2, 3, 1]}
    assert read_sparks(store, WEEK_2)[planted[1]] == [2, 3]


def test_phrases_lead_to_all_their_mentions(store: Store, planted: list[str]) -> None:
    """What is ticked for a split is what leaves."""
    family = family_of(store, planted[0])
    phrases = read_phrases(store, family)
    assert sum(phrase.n for phrase in phrases) == 9
    assert [phrase.n for phrase in phrases] == sorted((p.n for p in phrases), reverse=True)
    assert len(places_of(store, family, [phrases[0].key])) == phrases[0].n


def test_the_preview_of_a_merge_counts_rows_once(store: Store, planted: list[str]) -> None:
    """Together they have the rows of both, of all complaints of the week."""
    assert count_union(store, planted, WEEK_3) == (6, 100)


def test_a_segment_narrows_rows_and_total(two_weeks: Store) -> None:
    """The share within a region is of that region's complaints."""
    rows = scored(LAST)
    east = rows[(rows["region"] == "华东") & (rows["intent"] == "complaint")]
    assert count_in_segment(two_weeks, LAST, {"region": "华东"}) == ({}, len(east))


def test_the_queue_and_corrections_of_rows(two_weeks: Store) -> None:
    """The least sure first; an untouched row has no corrections."""
    queue = read_queue(two_weeks, 5)
    assert len(queue) == 5
    assert all(row.result.needs_review for row in queue)
    assert read_corrections(two_weeks, [row.feedback_id for row in queue]) == {}


def test_drift_is_largest_where_most_changed(two_weeks: Store) -> None:
    """The surge of the sample is in its types."""
    figures = read_models(two_weeks)
    assert figures is not None
    assert figures.versions == [("huiyin-sample", len(scored(LAST)))]
    psi = {drift.dimension: drift.psi for drift in figures.drifts}
    assert psi["type"] > 0
    assert all(value >= 0 for value in psi.values())


def test_a_release_is_the_first_week_of_a_version(store: Store) -> None:
    """What was there from the beginning is older."""
    for week in WEEKS[4:6]:
        save_scored(store, scored(week))
    assert read_releases(store) == [("5.3", WEEKS[5])]
