"""Drift: chance stays below the stated rate, and a real change is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.drift import Drift, DriftParams, find_drift
from pipeline.drift_advice import Agreement, advise, measure_agreement
from pipeline.drift_distance import jensen_shannon, stability_index
from pipeline.drift_signals import Signals, unknown_share

TYPES = ("product", "quality", "service", "account")
QUICK = DriftParams(n_draws=200)


def rows(
    n: int, seed: int, mix: tuple[float, ...] = (0.4, 0.3, 0.2, 0.1), shift: float = 0.0
) -> Signals:
    """Rows as a model might score them, one seed one set."""
    rng = np.random.default_rng(seed)
    types = rng.choice(TYPES, size=n, p=mix)
    frame = pd.DataFrame(
        {
            "intent": rng.choice(["complaint", "praise"], size=n),
            "type": types,
            "subtype": types,
            "urgency": rng.choice(["high", "low"], size=n, p=(0.2, 0.8)),
            "confidence": rng.beta(8, 2, size=n),
            "urgency_score": rng.uniform(0, 100, size=n).round(),
            "length": rng.geometric(0.05, size=n) + shift,
            "unknown_words": rng.choice([0.0, 0.0, 0.0, 0.1, 0.3], size=n),
            "channel": rng.choice(["app", "weibo"], size=n),
            "day": "",
        }
    )
    return Signals(frame, rng.normal(size=(n, 4)))


@pytest.mark.slow
def test_chance_raises_an_alarm_as_often_as_stated() -> None:
    """Both sides come from one law; at a stated rate of 10 %, 12 of 120 trials are expected."""
    params = DriftParams(false_alarm_rate=0.1, least_distance=0.0, n_draws=200)
    alarms = sum(
        any(d.is_drift for d in find_drift(rows(400, 2 * i), rows(250, 2 * i + 1), params))
        for i in range(120)
    )
    assert 3 <= alarms <= 22  # three standard deviations


def test_a_changed_mix_is_found_and_named() -> None:
    """The figure says what moved, from where to where."""
    found = find_drift(rows(800, 1), rows(800, 2, mix=(0.1, 0.3, 0.5, 0.1)), QUICK)
    by_name = {d.signal: d for d in found if not d.channel}
    assert by_name["type"].is_drift
    assert {value for value, _, _ in by_name["type"].moved[:2]} == {"product", "service"}
    assert not by_name["confidence"].is_drift
    assert found[0].is_drift


def test_longer_texts_are_found_in_the_channel_they_come_from() -> None:
    """One channel may change while the others hide it in the sum."""
    reference, current = rows(1200, 3), rows(1200, 4)
    is_weibo = current.frame["channel"] == "weibo"
    current.frame["length"] += 25 * is_weibo
    found = {(d.signal, d.channel): d for d in find_drift(reference, current, QUICK)}
    assert found["length", "weibo"].is_drift
    assert not found["length", "app"].is_drift


def test_a_shift_of_meaning_shows_in_the_vectors() -> None:
    """Labels and lengths may stay while customers speak of something else."""
    current = rows(600, 6)
    moved = Signals(current.frame, current.vectors + 0.5)
    by_name = {d.signal: d for d in find_drift(rows(600, 5), moved, QUICK) if not d.channel}
    assert by_name["embedding"].is_drift
    assert not by_name["type"].is_drift


def test_rows_of_a_day_are_drawn_together() -> None:
    """Days with events of their own widen what counts as chance."""
    reference = rows(900, 7)
    day = np.repeat(np.arange(30), 30)
    busy = reference.frame.assign(type=np.array(TYPES)[day % 4], day=[f"d{d:02}" for d in day])
    week = rows(210, 8).frame.assign(day=[f"e{d}" for d in np.repeat(np.arange(7), 30)])
    current = Signals(week, rows(210, 8).vectors)
    by_row = Signals(busy.assign(day=""), reference.vectors)
    limit = {
        name: next(
            d.threshold
            for d in find_drift(side, current, QUICK)
            if d.signal == "type" and not d.channel
        )
        for name, side in (("day", Signals(busy, reference.vectors)), ("row", by_row))
    }
    assert limit["day"] > 1.5 * limit["row"]


def test_the_same_rows_give_the_same_answer() -> None:
    """A scheduler that asks again must not be told something else."""
    assert find_drift(rows(300, 1), rows(300, 2), QUICK) == find_drift(
        rows(300, 1), rows(300, 2), QUICK
    )


def test_a_value_never_seen_before_counts() -> None:
    """A new class has no share in the reference."""
    current = rows(400, 10)
    current.frame.loc[:120, "type"] = "brand_new"
    found = {d.signal: d for d in find_drift(rows(400, 9), current, QUICK) if not d.channel}
    assert found["type"].is_drift
    assert found["type"].moved[0][0] == "brand_new"


def test_no_rows_are_refused() -> None:
    """Nothing was scored that week."""
    with pytest.raises(ValueError, match="both sides need rows"):
        find_drift(rows(10, 0), Signals(rows(10, 0).frame[:0], np.zeros((0, 4))), QUICK)


def test_distances_are_zero_for_equals_and_one_for_strangers() -> None:
    """The ends of the scale; counts need not add up to the same."""
    assert jensen_shannon(np.array([2.0, 6]), np.array([1.0, 3])) == pytest.approx(0)
    assert jensen_shannon(np.array([5.0, 0]), np.array([0.0, 9])) == pytest.approx(1)
    assert stability_index(np.array([50.0, 50]), np.array([50.0, 50])) == pytest.approx(0)
    assert stability_index(np.array([50.0, 50]), np.array([80.0, 20])) > 0.25


def drift(is_drift: bool) -> Drift:
    """One figure, beyond chance or not."""
    return Drift("type", "", 0.3 if is_drift else 0.01, 0.2, 0.1, 500, 500)


FALLEN, HELD, FEW = (
    Agreement(100, 90, 100, 60),
    Agreement(100, 90, 100, 89),
    Agreement(100, 90, 5, 1),
)


@pytest.mark.parametrize(
    ("is_drift", "agreement", "action"),
    [
        (True, FALLEN, "retrain"),
        (True, HELD, "watch"),
        (True, FEW, "label"),
        (True, None, "label"),
        (False, FALLEN, "label"),
        (False, HELD, "nothing"),
        (False, None, "nothing"),
    ],
)
def test_retraining_is_advised_on_evidence_alone(
    is_drift: bool, agreement: Agreement | None, action: str
) -> None:
    """Drift alone says that customers changed, not that the model is worse."""
    assert advise([drift(is_drift)], agreement).action == action


def test_agreement_counts_the_corrected_rows_of_each_side() -> None:
    """A correction belongs to the side that scored its text, however it was typed."""
    labels = {"intent": "complaint", "type": "quality", "urgency": "low"}
    reference = pd.DataFrame([{"text": "屏幕裂了", **labels}, {"text": "没人看过", **labels}])
    current = pd.DataFrame([{"text": "电池鼓包", **labels}])
    said = pd.DataFrame(
        [{"text": " 屏幕裂了 ", **labels}, {"text": "电池鼓包", **labels | {"urgency": "high"}}]
    )
    assert measure_agreement(reference, current, said) == Agreement(1, 1, 1, 0)


def test_unknown_words_are_those_outside_the_vocabulary(artifact) -> None:
    """A text without words has none."""
    share = unknown_share(["客服骂人", "魑魅魍魉饕餮", "!!", "客服"], artifact.encoder)
    assert share.shape == (4,)
    assert share[1] > share[0]
    assert share[2] == 0
    assert ((share >= 0) & (share <= 1)).all()


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three weeks as `huiyin score` writes them: the last one speaks of another thing."""
    folder = tmp_path_factory.mktemp("scored")
    paths = {}
    for seed, name in enumerate(("before", "same", "other")):
        frame = rows(300, 20 + seed).frame.drop(columns=["length", "unknown_words", "day"])
        rng = np.random.default_rng(seed)
        words = (
            ["充电慢", "炸裂爆屏"] if name == "other" else ["客服不理人", "退款很慢", "快递丢了"]
        )
        frame["text"] = [f"{rng.choice(words)}{'吧' * rng.integers(0, 4)}" for _ in range(300)]
        frame["feedback_id"] = [f"{name}-{i}" for i in range(300)]
        frame["types"], frame["needs_review"], frame["model_version"] = frame["type"], False, "m"
        paths[name] = folder / f"{name}.csv"
        frame.to_csv(paths[name], index=False)
    return paths


def run(*arguments: object) -> tuple[int, str]:
    """Give the command."""
    done = CliRunner().invoke(app, ["drift", *map(str, arguments)], catch_exceptions=False)
    return done.exit_code, done.stdout


def test_the_exit_code_tells_a_scheduler(
    scored: dict[str, Path], tiny_model: Path, tmp_path: Path
) -> None:
    """0 is no drift, 3 is drift; JSON and file say the same."""
    assert run(scored["before"], scored["same"], "--model", tiny_model)[0] == 0
    code, said = run(
        *(scored["before"], scored["other"], "--model", tiny_model, "--json", "-o", tmp_path)
    )
    assert code == 3
    written = json.loads((tmp_path / "drift.json").read_text(encoding="utf-8"))
    assert json.loads(said) == written
    assert written["advice"]["action"] == "label"
    assert written["figures"][0]["is_drift"]


@pytest.mark.slow
def test_the_report_is_one_page_without_any_text_of_customers(
    scored: dict[str, Path], tiny_model: Path, tmp_path: Path
) -> None:
    """It goes to people who may not read feedback."""
    run(scored["before"], scored["other"], "--model", tiny_model, "-o", tmp_path, "--report")
    page = (tmp_path / "drift.html").read_text(encoding="utf-8")
    assert "unknown_words" in page
    assert "炸裂爆屏" not in page
