"""The report: right figures, honest words, inert customers, whole files."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
import typer

from models.deadlines import SHANGHAI
from models.errors import DataError
from models.taxonomy import Taxonomy
from pipeline.report import Report, main, make_report, write_report
from pipeline.report_period import Period
from pipeline.report_statistics import percent
from tests.parts import write_parts
from tests.report_sample import sample, scored_row, write_themes

WEEK = Period.of_week("2026-W47")
TAXONOMY = Taxonomy.load("data/taxonomy.yaml")
RLO, PDI = "\u202e", "\u2069"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}",
    "<!--",
    "]]>",
]


def report_of(rows: pd.DataFrame, **options: Any) -> Report:
    """Report W47 of some rows."""
    return make_report(rows, WEEK, TAXONOMY, **options)


def one_row(**changes: Any) -> pd.DataFrame:
    """Give one urgent row of W47 with some cells changed."""
    row = scored_row("X1", "17 10:00", "app", "【坏了】", urgency="high", department="技术部")
    return pd.DataFrame([row | changes])


def counts(found: tuple[Any, ...]) -> dict[str, tuple[int, int | None]]:
    """Map names to this period's and the last one's count."""
    return {count.name: (count.n, count.n_before) for count in found}


def test_rows_are_counted_by_type_beside_last_week() -> None:
    """The first question of the meeting: what got more."""
    found = counts(report_of(sample()).figures.by_type)
    assert found["quality"] == (7, 4)
    assert sum(n for n, _ in found.values()) == 20
    assert list(found) == list(TAXONOMY.type_names)


def test_every_breakdown_adds_up_to_all_rows() -> None:
    """A row that fell between two bars would be lost to the meeting."""
    figures = report_of(sample()).figures
    for found in (figures.by_type, figures.by_urgency, figures.by_intent, figures.by_channel):
        assert sum(count.n for count in found) == figures.n == 20
    assert sum(day.n for day in figures.by_day) == 20


def test_weeks_are_cut_at_midnight_in_shanghai() -> None:
    """A complaint of Sunday 16:00 UTC came on Monday for those who answer it."""
    rows = one_row(created_at=datetime(2026, 11, 15, 16, 0, tzinfo=UTC))
    assert report_of(rows).figures.n == 1
    rows = one_row(created_at=datetime(2026, 11, 15, 15, 59, 59, tzinfo=UTC))
    assert report_of(rows).figures.n == 0


def test_naive_moments_are_shanghais() -> None:
    """The design says so of every date without an offset."""
    assert report_of(one_row(created_at=datetime(2026, 11, 22, 23, 59))).figures.n == 1


def test_a_week_at_the_turn_of_the_year_belongs_to_its_iso_year() -> None:
    """1 January 2027 is a Friday of 2026-W53."""
    week = Period.of_week("2026-W53")
    assert (week.days[0].isoformat(), week.days[-1].isoformat()) == ("2026-12-28", "2027-01-03")
    assert week.previous.key == "2026-W52"
    assert Period.of_month("2026-01").previous.key == "2025-12"


@pytest.mark.parametrize("key", ["2026-W54", "2026-47", "W47", "2026-W00", "", "９９９９-W01"])
def test_a_week_that_is_none_is_refused_with_an_example(key: str) -> None:
    """The message is all a planner of cron jobs will see."""
    with pytest.raises(ValueError, match="such as 2026-W47"):
        Period.of_week(key)


def test_the_headline_is_made_of_the_figures() -> None:
    """People read this paragraph and nothing else."""
    words = report_of(sample()).headline
    for part in (
        "2026年第47周",
        "20 条",
        "比上期多 10 条",
        "70%",
        "产品质量类（4 → 7 条）",
        "紧急反馈 5 条",
    ):
        assert part in words


def test_a_change_that_chance_explains_is_called_so() -> None:
    """Ten rows against twenty prove nothing (p = 0.099)."""
    report = report_of(sample())
    assert not report.figures.is_n_changed
    assert "随机波动" in report.headline


def test_a_great_change_is_not_put_down_to_chance() -> None:
    """Otherwise the remark would be worthless."""
    rows = sample()
    this_week = rows[rows["created_at"] >= WEEK.start]
    many = [this_week.assign(feedback_id=this_week["feedback_id"] + str(i)) for i in range(10)]
    figures = report_of(pd.concat([rows, *many], ignore_index=True)).figures
    assert figures.is_n_changed
    assert all(count.is_changed for count in figures.by_type if count.name == "quality")


def test_rows_due_are_not_called_unanswered_when_nobody_knows() -> None:
    """Without `answered_at` all we know is that the time is over."""
    report = report_of(sample())
    assert not report.figures.has_answers
    assert {row.status for row in report.figures.due.rows} == {"unverified"}
    assert "无法得知是否已经答复" in report.page
    assert "未答复" not in report.page


def test_rows_due_count_from_the_week_before_too() -> None:
    """A Friday's complaint falls due on Wednesday, in another report."""
    due = report_of(sample()).figures.due
    assert due.n == 8
    assert "A07" in {row.feedback_id for row in due.rows}


def test_answered_rows_are_not_overdue() -> None:
    """Whoever answered in time must not be shown up in the meeting."""
    rows = sample()
    answered = rows["created_at"] + timedelta(hours=3)
    rows["answered_at"] = answered.where(rows["feedback_id"] != "B06")
    figures = report_of(rows).figures
    assert (figures.due.n, figures.due.n_urgent) == (1, 1)
    status = {row.feedback_id: row.status for row in figures.urgent.rows}
    assert (status["B06"], status["B01"]) == ("overdue", "answered")


def test_praise_is_never_due() -> None:
    """Nobody has to answer 很好 by Thursday."""
    rows = one_row(intent="praise", respond_due=WEEK.start + timedelta(days=3))
    assert report_of(rows).figures.due.n == 0


def test_scores_come_with_their_intervals() -> None:
    """Seventeen answers make a mean, not a fact."""
    csat, nps = report_of(sample()).figures.scores
    assert (csat.name, nps.name) == ("csat", "nps")
    assert csat.now.n == nps.now.n == 17
    for score in (csat.now, nps.now):
        assert score.low is not None and score.value is not None and score.high is not None
        assert score.low < score.value < score.high


@pytest.mark.parametrize(
    ("share", "words"), [(0.0, "0%"), (0.002, "<1%"), (0.996, ">99%"), (1.0, "100%"), (None, "–")]
)
def test_only_all_is_a_hundred_percent(share: float | None, words: str) -> None:
    """Themes that cover 100 % beside two thousand mentions without one: nobody would believe either."""
    assert percent(share) == words


def test_equal_answers_get_no_interval() -> None:
    """A spread of zero from two answers would look like certainty."""
    rows = pd.concat([one_row(csat=3.0), one_row(csat=3.0)], ignore_index=True)
    (csat,) = report_of(rows).figures.scores
    assert (csat.now.value, csat.now.low, csat.now.high) == (3.0, None, None)


def test_answers_outside_the_scale_are_left_out_and_said() -> None:
    """A 9 on a scale to 5 is a mistake of the export."""
    rows = pd.concat([one_row(csat=9), one_row(csat=2), one_row(csat=3)], ignore_index=True)
    report = report_of(rows)
    assert report.figures.scores[0].n_ignored == 1
    assert "1 份超出量程" in report.page


def test_an_empty_period_is_reported_as_empty() -> None:
    """A week of holidays must not break the schedule, and the reader wants to know what there is."""
    report = make_report(sample(), Period.of_week("2026-W30"), TAXONOMY)
    assert "本期没有反馈" in report.page
    assert "2026-11-09 至 2026-11-22" in report.headline
    assert json.loads(report.as_json())["n"] == 0


def test_a_table_without_rows_is_reported_as_empty() -> None:
    """So is a table whose every row was rejected."""
    assert "本期没有反馈" in report_of(sample().head(0)).page


def test_without_last_week_nothing_is_compared() -> None:
    """Zero would be a claim; the table just does not reach back."""
    rows = sample()
    report = report_of(rows[rows["created_at"] >= WEEK.start])
    assert report.figures.previous is None
    assert all(count.n_before is None for count in report.figures.by_type)
    assert "没有上期数据可比" in report.headline


def test_comparison_can_be_left_out() -> None:
    """For a reader who was not there last week."""
    figures = report_of(sample(), compare=False).figures
    assert figures.n_before is None


def test_optional_columns_may_be_missing() -> None:
    """`huiyin score` needs only `text`, and so must the report."""
    rows = sample().drop(columns=["channel", "csat", "nps", "ces"])
    figures = report_of(rows).figures
    assert (figures.n, figures.by_channel, figures.scores) == (20, (), ())


def test_a_needed_column_that_is_missing_is_named(tmp_path: Path) -> None:
    """The usual mistake is to pass the raw file."""
    sample().drop(columns=["urgency"]).to_parquet(tmp_path / "raw.parquet")
    with pytest.raises(DataError, match=r"raw\.parquet: lacks the column urgency"):
        make_report(tmp_path / "raw.parquet", WEEK, TAXONOMY)


def test_undated_rows_are_counted_and_said() -> None:
    """Skipped rows are never skipped in silence."""
    rows = sample().astype({"created_at": object})
    rows.loc[0, "created_at"] = None
    report = report_of(rows)
    assert report.figures.n_undated == 1
    assert "1 条反馈的日期无法识别" in report.page


def test_parquet_csv_and_frame_give_the_same_report(tmp_path: Path) -> None:
    """Nobody should have to know which format the figures came through."""
    rows = sample()
    rows.to_parquet(tmp_path / "s.parquet")
    flat = rows.copy()
    for name in ("types", "evidence", "urgency_reasons"):
        flat[name] = [json.dumps(cell, ensure_ascii=False) for cell in rows[name]]
    flat.to_csv(tmp_path / "s.csv", index=False, encoding="utf-8-sig")
    pages = [make_report(tmp_path / name, WEEK, TAXONOMY).page for name in ("s.parquet", "s.csv")]
    assert pages == [report_of(rows).page] * 2


def test_a_folder_of_parts_gives_the_report_of_its_rows(tmp_path: Path) -> None:
    """Beside the parts lie a manifest and rejected rows, which are no Parquet."""
    rows = sample()
    run = write_parts(tmp_path / "run", pa.Table.from_pandas(rows), 7)
    found = make_report(run, WEEK, TAXONOMY)
    assert found.as_json() == make_report(rows, WEEK, TAXONOMY).as_json()


def test_offsets_survive_the_apostrophe_of_a_csv(tmp_path: Path) -> None:
    """The CSV writer guards formulas with one more character in front."""
    row = one_row(text="'=1+1坏了", evidence='[{"label": "product", "start": 4, "end": 6}]')
    row.to_csv(tmp_path / "s.csv", index=False)
    urgent = make_report(tmp_path / "s.csv", WEEK, TAXONOMY).figures.urgent.rows[0]
    assert [piece.text for piece in urgent.excerpt.pieces if piece.is_evidence] == ["坏了"]


@pytest.mark.parametrize("content", [b"", b"PAR1 no such thing", b"\x00\xff\xfe"])
def test_a_damaged_file_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    """A stack trace helps nobody at 6 in the morning."""
    (tmp_path / "s.parquet").write_bytes(content)
    with pytest.raises(DataError, match="cannot be read as scored rows"):
        make_report(tmp_path / "s.parquet", WEEK, TAXONOMY)


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    """The next step belongs in the message."""
    with pytest.raises(DataError, match="huiyin score"):
        make_report(tmp_path / "none.parquet", WEEK, TAXONOMY)


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_plain_text_in_every_cell(words: str) -> None:
    """Every cell of a feedback export is written by strangers."""
    names = ("feedback_id", "channel", "type", "department", "model_version", "text")
    rows = one_row(**dict.fromkeys(names, words), urgency_reasons=[words], confidence_band="low")
    page = report_of(rows).page
    assert "<script" not in page
    assert "<img" not in page
    assert not re.search(r"<[^>]*\sonerror", page)
    assert "49" not in page or "{{ 7*7 }}" not in words
    assert page.count("<!--") == 0
    assert page.endswith("</html>")


def test_direction_overrides_cannot_turn_the_page() -> None:
    """One unclosed override would mirror all that follows it; <bdi> alone falls to a stray PDI."""
    page = report_of(one_row(text=f"坏{RLO}了{PDI}{RLO}abc")).page
    assert RLO not in page
    assert PDI not in page
    assert "<bdi><mark>坏</mark>了abc</bdi>" in page


def test_a_long_text_is_cut_around_its_evidence_and_marked() -> None:
    """50 KB of one customer must not bury the others."""
    text = "啰嗦" * 10_000 + "电池冒烟" + "啰嗦" * 10_000
    evidence = [{"label": "quality", "start": 20_000, "end": 20_004}]
    page = report_of(one_row(text=text, evidence=evidence)).page
    assert "<mark>电池冒烟</mark>" in page
    assert "原文 40,004 字，已截短" in page
    assert len(page) < 40_000


def test_evidence_outside_the_text_is_ignored() -> None:
    """A table that somebody edited by hand must still give a report."""
    evidence = [{"label": "x", "start": 5, "end": 900}, {"label": "x", "start": -3, "end": 1}, 7]
    assert "<mark>" not in report_of(one_row(text="坏了", evidence=evidence)).page


def test_themes_are_counted_by_rows_of_the_period(tmp_path: Path) -> None:
    """A theme's size in its file is that of the whole clustering, not of this week."""
    found = report_of(sample(), themes=write_themes(tmp_path, sample())).figures.themes
    assert found is not None
    sizes = {theme.name: (theme.n, theme.n_before) for theme in found.themes}
    assert sizes == {"快递迟迟不到": (4, 1), "付款失败": (3, 1), "退款拖延": (1, 0)}
    assert found.n_rare == 3
    assert found.coverage == pytest.approx(8 / 14)


def test_theme_quotes_are_of_the_period_and_stand_in_their_row(tmp_path: Path) -> None:
    """A reader wants the failing and the words around it."""
    report = report_of(sample(), themes=write_themes(tmp_path, sample()))
    assert report.figures.themes is not None
    quotes = report.figures.themes.themes[0].quotes
    assert [quote.feedback_id for quote in quotes] == ["B03", "B09", "B13"]
    assert "<mark>都五天了快递还没到</mark>，物流信息停在中转站" in report.page


def test_without_mentions_sizes_are_said_to_be_the_clusterings(tmp_path: Path) -> None:
    """The same number means something else then."""
    (write_themes(tmp_path, sample()) / "mentions.csv").unlink()
    report = report_of(sample(), themes=tmp_path)
    assert report.figures.themes is not None
    assert report.figures.themes.is_as_fitted
    assert all(theme.n_before is None for theme in report.figures.themes.themes)
    assert "条数为聚类时的规模" in report.page


def test_themes_that_were_not_fitted_on_last_week_have_no_change(tmp_path: Path) -> None:
    """From not looked at to five is no growth."""
    write_themes(tmp_path, sample())
    table = pd.read_csv(tmp_path / "mentions.csv")
    table[~table["feedback_id"].str.startswith("A")].to_csv(tmp_path / "mentions.csv", index=False)
    content = json.loads((tmp_path / "themes.json").read_text("utf-8")) | {"rare": []}
    (tmp_path / "themes.json").write_text(json.dumps(content), "utf-8")
    found = report_of(sample(), themes=tmp_path).figures.themes
    assert found is not None
    assert all(theme.n_before is None for theme in found.themes)


@pytest.mark.parametrize("content", ["{", '{"themes": [{"id": 3}]}', "7"])
def test_a_damaged_theme_file_is_named(tmp_path: Path, content: str) -> None:
    """There are two files and a table; the message must say which."""
    (tmp_path / "themes.json").write_text(content, "utf-8")
    with pytest.raises(DataError, match=r"themes\.json"):
        report_of(sample(), themes=tmp_path)


def test_unsure_rows_are_listed_the_least_sure_first() -> None:
    """They are this week's cheapest training rows."""
    review = report_of(sample()).figures.review
    assert review.n == 3
    assert [row.feedback_id for row in review.rows] == ["B15", "B19", "B20"]


def test_a_week_that_is_not_over_is_called_incomplete() -> None:
    """Half a week always looks like an improvement."""
    rows = sample()
    assert (
        "本期尚不完整" in report_of(rows[rows["created_at"] < WEEK.start + timedelta(days=3)]).page
    )
    assert "本期尚不完整" not in report_of(rows).page


def test_english_has_all_the_words() -> None:
    """A missing word would be found by the reader abroad, not by us."""
    page = report_of(sample(), language="en").page
    assert '<html lang="en">' in page
    for words in ("By type", "Product quality", "Urgent feedback", "more than before"):
        assert words in page


def test_the_page_needs_nothing_but_itself() -> None:
    """It is opened from a mail, on a train, behind a firewall."""
    page = report_of(sample()).page
    assert not re.search(r"(?:https?:)?//[a-z]|<script|<link|@import|url\(|\ssrc=", page)


def test_three_files_are_written_and_no_other(tmp_path: Path) -> None:
    """The names are a contract with whoever sends them on."""
    paths = write_report(report_of(sample()), tmp_path / "new")
    assert [path.name for path in paths] == [
        f"report-2026-W47{suffix}" for suffix in (".html", ".xlsx", ".json")
    ]
    assert sorted((tmp_path / "new").iterdir()) == sorted(paths)


def test_the_json_holds_every_figure_as_plain_values() -> None:
    """Dashboards read it; NaN would stop them."""
    report = report_of(sample())
    content = json.loads(report.as_json())
    assert content["headline"] == report.headline
    assert content["n"] == 20
    assert content["period"]["start"] == "2026-11-16T00:00:00+08:00"
    assert {"by_type", "by_day", "urgent", "due", "departments", "themes"} <= set(content)


def test_the_workbook_has_four_sheets_to_filter(tmp_path: Path) -> None:
    """Operations sort and hand on; they do not read Python."""
    themes = write_themes(tmp_path / "themes", sample())
    path = write_report(report_of(sample(), themes=themes), tmp_path)[1]
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["汇总", "按类型", "主题", "紧急反馈"]
    assert [sheet.max_row for sheet in book][1:] == [7, 4, 6]
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions


def test_the_workbook_shows_means_as_means_and_the_summary_whole(tmp_path: Path) -> None:
    """3.4 of 5 is not 340 %, and a paragraph in a row of one line is cut."""
    book = openpyxl.load_workbook(write_report(report_of(sample()), tmp_path)[1])
    sheet = book["汇总"]
    formats = {row[0].value: row[1].number_format for row in sheet.iter_rows(min_row=2)}
    assert [shown for name, shown in formats.items() if "CSAT" in name] == ["0.00"]
    assert sheet.row_dimensions[3].height > 30
    assert all(found.sheet_properties.pageSetUpPr.fitToPage for found in book)


@pytest.mark.parametrize("words", ["=1+1", '=cmd|"/c calc"!A1', "+86", "-3", "@x", "＝1", "\t=1"])
def test_formulas_are_text_in_the_workbook(tmp_path: Path, words: str) -> None:
    """Excel runs what a stranger wrote if it may."""
    rows = one_row(text=words, feedback_id=words, department=words)
    sheet = openpyxl.load_workbook(write_report(report_of(rows), tmp_path)[1])["紧急反馈"]
    cells = [cell for cell in sheet[2] if cell.value == words]
    assert len(cells) == 3
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in cells)


def test_the_order_of_rows_does_not_matter() -> None:
    """Spark writes its parts in any order."""
    rows = sample()
    assert report_of(rows.sample(frac=1, random_state=1)).page == report_of(rows).page


def test_nothing_of_the_input_is_changed() -> None:
    """The same frame goes on to the themes."""
    rows = sample()
    before = rows.copy(deep=True)
    report_of(rows)
    pd.testing.assert_frame_equal(rows, before)


def test_the_command_writes_a_month(tmp_path: Path) -> None:
    """The monthly meeting gets the same page."""
    sample().to_parquet(tmp_path / "s.parquet")
    main(tmp_path / "out", month="2026-11", scored=tmp_path / "s.parquet")
    content = json.loads((tmp_path / "out" / "report-2026-11.json").read_text("utf-8"))
    assert content["n"] == 30


@pytest.mark.parametrize("period", [{}, {"week": "2026-W47", "month": "2026-11"}, {"week": "x"}])
def test_the_command_wants_one_period(tmp_path: Path, period: dict[str, str]) -> None:
    """Wrong usage ends in exit code 2, before anything is read."""
    with pytest.raises(typer.BadParameter):
        main(tmp_path, scored=tmp_path / "none.parquet", **period)


def test_a_failed_write_keeps_the_old_report(tmp_path: Path) -> None:
    """Somebody may have it open."""
    report = report_of(sample())
    page = write_report(report, tmp_path)[0]
    (tmp_path / "report-2026-W47.xlsx").unlink()
    (tmp_path / "report-2026-W47.xlsx").mkdir()
    with pytest.raises(DataError, match="is a folder"):
        write_report(replace(report), tmp_path)
    assert page.read_text("utf-8") == report.page


def test_moments_are_shown_in_shanghais_clock() -> None:
    """The courier's phone call at 10:00 is not one at 02:00."""
    rows = one_row(created_at=datetime(2026, 11, 17, 2, 0, tzinfo=UTC))
    row = report_of(rows).figures.urgent.rows[0]
    assert row.created_at == datetime(2026, 11, 17, 10, tzinfo=SHANGHAI).isoformat(
        timespec="minutes"
    )
