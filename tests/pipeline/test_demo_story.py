"""The demo's story: what its actions are about changes, or does not, in the rows themselves."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import typer

from pipeline import demo
from pipeline.demo_rows import demo_rows

_MENDED = {"没有收到|没收到|发货": 3, "隔音|噪音": 4, "早餐": 4}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """The demo's rows with the number of their week, 0 to 7."""
    rows = demo_rows()
    since = rows["created_at"] - rows["created_at"].min().normalize()
    return rows.assign(week=since.dt.days // 7)


def _share(rows: pd.DataFrame, words: str) -> float:
    return float(rows["text"].str.contains(words).mean())


@pytest.mark.slow
@pytest.mark.parametrize(("words", "since"), _MENDED.items())
def test_what_was_mended_is_said_less(rows: pd.DataFrame, words: str, since: int) -> None:
    """Half as often at most, so that the page's own test finds the effect."""
    before, after = rows[rows["week"] < since], rows[rows["week"].between(since, 6)]
    assert _share(after, words) < _share(before, words) / 2


@pytest.mark.slow
def test_what_was_not_mended_is_said_as_often(rows: pd.DataFrame) -> None:
    """The page then calls the action without effect, from the figures alone."""
    before, after = rows[rows["week"] < 3], rows[rows["week"] >= 3]
    assert _share(after, "XP") > 0.95 * _share(before, "XP")


@pytest.mark.slow
def test_breakfast_comes_back_in_the_last_week(rows: pd.DataFrame) -> None:
    """The theme was closed the week before."""
    last, quiet = rows[rows["week"] == 7], rows[rows["week"].between(4, 6)]
    assert _share(last, "早餐") > 3 * _share(quiet, "早餐")


def test_a_stopped_demo_says_so_and_is_not_taken_for_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C is no failure; the next run begins anew."""

    def stopped(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "_run", stopped)
    monkeypatch.setattr(demo, "demo_rows", lambda: pd.DataFrame({"text": ["房间太小"]}))
    with pytest.raises(typer.Exit) as ended:
        demo.main(tmp_path, 1)
    assert ended.value.exit_code == 130
    assert "再运行一次 huiyin demo" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["feedback.parquet"]
