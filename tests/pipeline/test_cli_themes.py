"""`huiyin themes …` on a store: what a team types."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from models.errors import StoreError
from pipeline.cli_themes import app
from pipeline.store.engine import open_store
from tests.store.theme_sample import WEEK_1, WEEK_2, plant


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A store with two themes."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = open_store(url)
    plant(store, ["汤洒了", "=送餐慢"], {WEEK_1: [6, 5], WEEK_2: [7, 6]})
    store.close()
    return url


def run(*args: str) -> str:
    result = CliRunner().invoke(app, list(args), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_list_shows_the_largest_first(url):
    """One line a theme: id, rows, share, status, name."""
    lines = run("list", "--store", url).splitlines()
    assert [line.split()[0] for line in lines] == ["T0001", "T0002"]
    assert "汤洒了" in lines[0]


def test_list_as_json_is_the_views(url):
    """A script reads ids and versions from it."""
    views = json.loads(run("list", "--store", url, "--week", WEEK_1, "--json"))
    assert [(view["id"], view["n"], view["version"]) for view in views] == [
        ("T0001", 6, 1),
        ("T0002", 5, 1),
    ]


def test_show_tells_all(url):
    """Status, weeks and quotes; as JSON with the facts."""
    assert "汤洒了" in run("show", "T0001", "--store", url)
    shown = json.loads(run("show", "T0001", "--store", url, "--json"))
    assert [week["n"] for week in shown["weeks"]] == [6, 7]
    assert shown["facts"]["weeks"] == [WEEK_1, WEEK_2]


def test_edits_and_undo(url):
    """Each command is one edit; undo takes the last one back."""
    run("rename", "T0001", "汤汁洒漏", "--who", "甲", "--store", url)
    split = json.loads(
        run("split", "T0001", "盖子松", "CF45-0-0:0:4", "--who", "甲", "--store", url, "--json")
    )
    assert split["created"] == "T0003"
    run("merge", "T0003", "T0002", "--who", "甲", "--store", url)
    run("undo", "--who", "甲", "--store", url)
    names = {v["id"]: v["name"] for v in json.loads(run("list", "--store", url, "--json"))}
    assert names == {"T0001": "汤汁洒漏", "T0002": "=送餐慢", "T0003": "盖子松"}


def test_causes_are_written_down(url):
    """A theme from words, the five whys and the fishbone."""
    described = json.loads(
        run("describe", "验证码", "收不到验证码", "--who", "甲", "--store", url, "--json")
    )
    run("five-whys", "T0001", "盖子松", "换了供应商", "--who", "甲", "--store", url)
    run("fishbone", "T0001", "料", "--who", "甲", "--store", url)
    run("cause", "T0001", "采购部", "流程漏洞", "--who", "甲", "--store", url)
    shown = json.loads(run("show", "T0001", "--store", url, "--json"))
    assert described["created"] == "T0003"
    assert (shown["whys"], shown["fishbone"]) == (["盖子松", "换了供应商"], "料")
    assert (shown["theme"]["department"], shown["theme"]["kind"]) == ("采购部", "流程漏洞")


def test_conflict_is_an_error_of_the_store(url):
    """The command ends with one clear line."""
    with pytest.raises(StoreError, match="已是第 1 版"):
        run("rename", "T0001", "汤汁洒漏", "--version", "7", "--who", "甲", "--store", url)


def test_exports_are_safe_for_a_spreadsheet(url, tmp_path):
    """A theme's name may be what a customer typed."""
    mentions, themes = tmp_path / "m.csv", tmp_path / "t.csv"
    places = ("--mentions", str(mentions), "--themes", str(themes))
    told = json.loads(run("export", *places, "--store", url, "--json"))
    assert told["themes"] == {"file": str(themes), "n": 2}
    rows = list(csv.DictReader(mentions.read_text("utf-8-sig").splitlines()))
    assert [*rows[0]] == ["feedback_id", "theme_id", "theme_name", "start", "end", "score"]
    assert {row["theme_name"] for row in rows} == {"汤洒了", "'=送餐慢"}
    assert len(list(csv.DictReader(themes.read_text("utf-8-sig").splitlines()))) == 2


def test_fit_wants_one_place_to_write_to(tmp_path):
    """A folder and a store at once is a mistake of usage."""
    both = ["-o", str(tmp_path), "--store", f"sqlite:///{tmp_path / 's.db'}"]
    result = CliRunner().invoke(app, ["fit", str(tmp_path / "x.parquet"), *both])
    assert result.exit_code == 2


def test_fit_goes_to_the_store_unless_told_otherwise(tmp_path, monkeypatch):
    """As every other command of themes does: HUIYIN_STORE, or the file in the working folder."""
    url, asked = f"sqlite:///{tmp_path / 's.db'}", []
    monkeypatch.setenv("HUIYIN_STORE", url)
    monkeypatch.setattr("pipeline.theme_fit.save_scored", lambda store, _: asked.append(store.url))
    monkeypatch.setattr("pipeline.theme_fit.fit_week", _no_week)
    scored = tmp_path / "scored.parquet"
    pd.DataFrame({"created_at": []}).to_parquet(scored)
    result = CliRunner().invoke(app, ["fit", str(scored), "--week", WEEK_1])
    assert isinstance(result.exception, _ReachedError), result.output
    assert asked == [url]


class _ReachedError(Exception):
    pass


def _no_week(*_):
    raise _ReachedError
