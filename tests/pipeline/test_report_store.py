"""The report from a store: what got worse, where, what was done and whether it helped."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from models.artifact import DEFAULT_FOLDER
from models.errors import DataError, StoreError
from models.taxonomy import Taxonomy
from pipeline import report_pdf
from pipeline.report import Report, make_store_report, write_report
from pipeline.report import main as report_command
from pipeline.report_compare import year_before
from pipeline.report_period import Period
from pipeline.report_story import effects_sentence
from pipeline.report_titles import Titles
from pipeline.store.engine import Store, open_store
from pipeline.store.saving import save_scored
from pipeline.theme_effect import Verdict
from tests.store.scored_sample import scored_frame
from tests.week_sample import fill, row

WEEK = Period.of_week("2026-W47")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Three weeks, and one row of the same week last year."""
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('report') / 'store.db'}")
    fill(opened)
    save_scored(opened, scored_frame(row("2025-W47", 0, 1) | {"feedback_id": "CF-2025"}))
    return opened


@pytest.fixture(scope="module")
def report(store: Store, taxonomy: Taxonomy) -> Report:
    """The report of the newest week."""
    return make_store_report(store, WEEK, taxonomy)


def test_growing_theme_is_named_with_its_place(report):
    """The first question of the meeting: what got worse, and where."""
    assert report.facts is not None
    worst = report.facts.movers[0]
    assert (worst.name, worst.status, worst.n, worst.n_before) == ("=散热差", "growing", 45, 20)
    assert worst.where is not None
    assert worst.where.value == "华东"
    assert "“=散热差”45 条（上周 20 条），集中在华东" in report.headline


def test_cluster_reads_as_times_elsewhere(report):
    """A lift is written as people say it."""
    assert "华东 =散热差：" in report.page
    assert "× 其他地区" in report.page


def test_action_shows_before_and_after(report):
    """The last question of the meeting: did last month's fix work."""
    assert report.facts is not None
    (found,) = report.facts.actions
    assert found.effect.verdict == Verdict.WORKS
    assert (found.effect.before.value, found.effect.after.value) == (0.2, 0.035)
    assert "措施见效：“送货慢”占比 20.0% → 3.5%" in report.headline


def test_comparison_has_last_week_and_last_year(report):
    """Seasons show against the same week a year ago."""
    assert report.facts is not None
    rows = report.facts.compared[0]
    assert (rows.name, rows.now, rows.before, rows.year_ago) == ("rows", 78, 54, 1)


def test_cause_and_lateness_stand_at_the_theme(report):
    """Problem, cause, action; a day that passed is marked."""
    assert "仓库远 → 只有一个仓" in report.page
    assert "已逾期" in report.page


def test_low_touchpoint_is_marked(report):
    """Under 85 % somebody should look."""
    assert report.facts is not None
    low = {(g.value, g.is_low) for g in report.facts.groups if g.dimension == "touchpoint"}
    assert ("使用", True) in low


def test_same_store_gives_same_bytes(store, taxonomy, report):
    """A second run must not look like news: neither clock nor archive time is in the files."""
    again = make_store_report(store, WEEK, taxonomy)
    assert again.page == report.page
    assert again.workbook == report.workbook
    assert again.as_json() == report.as_json()


def test_workbook_is_text_where_it_looks_like_a_formula(report):
    """A theme's name and an action are what somebody typed."""
    book = openpyxl.load_workbook(BytesIO(report.workbook))
    assert book.sheetnames[4:] == ["对比", "变差的问题", "措施效果", "集中点", "满意度分组"]
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert any(cell.value == "=换物流" and cell.quotePrefix for cell in cells)


def test_json_holds_all_facts(report):
    """Other programs read the same figures."""
    told = json.loads(report.as_json())["store"]
    assert told["actions"][0]["effect"]["verdict"] == "有效"
    assert told["week"] == "2026-W47"


def test_english_report_has_no_chinese_words_of_ours(store, taxonomy):
    """Only what customers and people typed stays Chinese."""
    page = make_store_report(store, WEEK, taxonomy, language="en").page
    assert "What got worse" in page
    assert "变差" not in page


def test_month_takes_its_last_fitted_week(store, taxonomy):
    """A month's themes are those of its last week."""
    report = make_store_report(store, Period.of_month("2026-11"), taxonomy)
    assert report.facts is not None
    assert report.facts.week == "2026-W47"
    assert report.figures.n == 202


def test_empty_store_gives_an_empty_report(tmp_path, taxonomy):
    """The first cron run may come before the first row."""
    opened = open_store(f"sqlite:///{tmp_path / 'empty.db'}")
    report = make_store_report(opened, WEEK, taxonomy)
    assert report.figures.n == 0
    assert report.facts is not None
    assert report.facts.week is None


def test_a_store_that_is_not_there_is_named_and_not_made(tmp_path):
    """A misspelt path would else give an empty report, and look like a quiet week."""
    path = tmp_path / "huiyn.db"
    with pytest.raises(StoreError, match=r"huiyn\.db: no such store; check --store"):
        report_command(output=tmp_path / "report", week=WEEK.key, store=f"sqlite:///{path}")
    assert list(tmp_path.iterdir()) == []


def test_what_came_back_is_not_praised_as_mended(report):
    """The same paragraph says that it is back."""
    mended = report.facts.actions[0]
    titles = Titles(Taxonomy.load(DEFAULT_FOLDER / "taxonomy.yaml"), "zh")
    works = replace(mended, effect=replace(mended.effect, verdict=Verdict.WORKS))
    assert mended.name in effects_sentence([works], titles)
    assert effects_sentence([replace(works, status_title="复发")], titles) == ""


def test_shares_are_in_percent_and_columns_fit_what_is_seen(report):
    """0.3079977 in a column of forty characters is no figure to hold a meeting with."""
    book = openpyxl.load_workbook(BytesIO(report.workbook))
    sheet = book["按类型"]
    assert {cell.number_format for cell in sheet["E"][1:]} == {"0.0%"}
    assert sheet.column_dimensions["E"].width < 15
    assert sheet["B2"].data_type == "n"


def test_year_before_week_53_is_week_52():
    """Most years have no week 53."""
    assert year_before(Period.of_week("2026-W53")).key == "2025-W52"
    assert year_before(Period.of_month("2026-02")).key == "2025-02"


def test_what_is_for_paper_is_not_on_the_screen(report):
    """The chart that stands on the next page repeats its heading; on the screen it needs none."""
    screen = re.sub(r"@media print\{.*?\n</style>", "", report.page, flags=re.DOTALL)
    assert '<h3 class="paper">' in screen
    assert ".paper{display:none}" in screen
    assert ".paper{display:block}" not in screen


def test_pdf_without_browser_says_what_to_install(tmp_path, monkeypatch):
    """Not a traceback about a missing program."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError, match="install it"):
        report_pdf.write_pdf(tmp_path / "report.html")


@pytest.mark.slow
def test_pdf_is_a4(report, tmp_path):
    """What goes round the table is printed."""
    page = write_report(report, tmp_path)[0]
    data = report_pdf.write_pdf(page).read_bytes()
    assert data.startswith(b"%PDF")
    assert b"/MediaBox [0 0 594.95996 841.91998]" in data or b"/MediaBox [0 0 595" in data
    assert Path(tmp_path / "report-2026-W47.pdf").exists()
