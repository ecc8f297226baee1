"""The six ledgers: out as a workbook, the progress ledger back in."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from models.errors import DataError
from pipeline.cli_ledger import app
from pipeline.ledgers import write_ledgers
from pipeline.ledgers_import import import_progress, import_rows
from pipeline.ledgers_plan import plan_progress, read_progress
from pipeline.ledgers_progress import PROGRESS
from pipeline.store import theme_edits
from pipeline.store.engine import Store, open_store
from pipeline.store.theme_registry import list_events, list_themes
from tests.week_sample import fill

SHEETS = [
    *("客户反馈登记表", "问题分类标准表", "问题处理责任表"),
    *("问题处理进度跟踪表", "改进策略执行表", "投诉根源台账"),
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Three weeks of two problems."""
    opened = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    fill(opened)
    return opened


@pytest.fixture
def file(store: Store, tmp_path: Path) -> Path:
    """The newest week's ledgers."""
    path = tmp_path / "ledgers.xlsx"
    write_ledgers(store, path)
    return path


class Edited:
    """The progress sheet in somebody's Excel."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._book = openpyxl.load_workbook(path)
        self._sheet = self._book[PROGRESS]
        self._head = [cell.value for cell in self._sheet[1]]

    def set(self, theme_id: str, **cells: object) -> Edited:
        """Type into the row of a theme."""
        row = next(r for r in self._sheet.iter_rows(min_row=2) if r[0].value == theme_id)
        for name, value in cells.items():
            row[self._head.index(name)].value = value
        return self

    def save(self) -> Path:
        """Save over the export."""
        self._book.save(self._path)
        return self._path


def assign(store: Store, owner: str) -> None:
    """Somebody gives the second theme to another owner and leaves the rest."""
    view = theme(store, "T0002")
    theme_edits.set_action(
        store,
        "T0002",
        who=owner,
        owner=owner,
        action=view.action,
        due=view.due,
        action_on=view.action_on,
    )


def theme(store: Store, theme_id: str):
    return next(view for view in list_themes(store) if view.id == theme_id)


def test_six_sheets_with_header_filters_and_choices(file):
    """What the template of feedback handling asks for, ready to work in."""
    book = openpyxl.load_workbook(file)
    assert book.sheetnames[:6] == SHEETS
    for sheet in book.worksheets[:6]:
        assert sheet.freeze_panes == "C2"
        assert sheet.auto_filter.ref.startswith("A1:")
    register = [cell.value for cell in book["客户反馈登记表"][1]]
    wanted = ("编号", "日期", "客户ID/匿名", "类型", "描述", "紧急程度", "初步处理人")
    assert [name for name in register if name in wanted] == list(wanted)
    assert book[PROGRESS].data_validations.dataValidation
    assert book["选项"].sheet_state == "hidden"


def test_moments_fit_into_their_columns(file):
    """Excel shows one that does not as ####."""
    for sheet in openpyxl.load_workbook(file).worksheets:
        for cell in (cell for row in sheet.iter_rows(min_row=2) for cell in row):
            if cell.number_format.endswith("hh:mm"):
                assert sheet.column_dimensions[cell.column_letter].width >= 17


def test_what_came_of_an_action_is_a_number(store, file):
    """So that people can sort by it and reckon with it; the import goes on as before."""
    book = openpyxl.load_workbook(file)
    head, *rows = book["改进策略执行表"].iter_rows()
    place = [cell.value for cell in head].index("实施后/前")
    (before, after, ratio) = (rows[0][j] for j in range(place - 2, place + 1))
    assert ratio.value == pytest.approx(after.value / before.value)
    assert (ratio.data_type, ratio.number_format) == ("n", "0.00")
    assert import_progress(store, file, "王芳").n_changed == 0


def test_hours_are_no_percentages(file):
    """Half an hour is not 50 %, and two hours need no decimals."""
    sheet = openpyxl.load_workbook(file)["问题分类标准表"]
    columns = [column for column in sheet.iter_cols() if "时限" in column[0].value]
    assert {cell.number_format for column in columns for cell in column[1:]} == {"General"}


def test_header_and_long_words_have_room(file):
    """Rows that wrap are as high as their lines: LibreOffice does not measure them itself."""
    sheet = openpyxl.load_workbook(file)["问题分类标准表"]
    assert sheet.row_dimensions[1].height > 15
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)


def test_what_only_the_import_reads_makes_no_row_higher(file):
    """The hidden digests are long."""
    sheet = openpyxl.load_workbook(file)[PROGRESS]
    assert {sheet.row_dimensions[row].height for row in (2, 3)} == {None}


def test_nothing_in_the_workbook_computes(file):
    """Customers' words, theme names and actions may begin like a formula."""
    book = openpyxl.load_workbook(file)
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert {c.value for c in cells if c.quotePrefix} >= {"=散热太差了", "=散热差", "=换物流"}


def test_customers_are_anonymous(file):
    """Ten characters of a hash tell rows of one customer together, not who it is."""
    book = openpyxl.load_workbook(file)
    values = {line[2] for line in book["客户反馈登记表"].iter_rows(min_row=2, values_only=True)}
    assert all(len(value) <= 10 for value in values)


def test_same_store_gives_same_bytes(store, file, tmp_path):
    """Two exports can be compared."""
    write_ledgers(store, tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == file.read_bytes()


def test_untouched_sheet_changes_nothing(store, file):
    """Not even when somebody else went on meanwhile."""
    theme_edits.rename(store, "T0001", "散热不好", who="周敏")
    done = import_progress(store, file, "李强")
    assert (done.n_changed, done.n_same) == (0, 2)


def test_edits_come_back_with_the_persons_name(store, file):
    """Owner, action, days, cause and state; dates as Excel or a person writes them."""
    edited = Edited(file)
    edited.set("T0001", 负责人="王芳", 处理措施="清灰", 计划完成日期=datetime(2026, 12, 1))
    edited.set("T0001", 措施生效日期="2026/12/2", 根因类别="产品缺陷", 责任部门="研发部")
    edited.set("T0002", 处理状态="已解决", 办理说明="两周没有人提")
    done = import_progress(store, edited.save(), "王芳")
    assert done.n_changed == 2
    view = theme(store, "T0001")
    assert (view.owner, view.action, view.department) == ("王芳", "清灰", "研发部")
    assert (view.due, view.action_on) == (date(2026, 12, 1), date(2026, 12, 2))
    assert theme(store, "T0002").status == "resolved"
    assert {event.who for event in list_events(store, limit=3)} == {"王芳"}


def test_import_twice_changes_nothing_more(store, file):
    """The second time the store says what the sheet says."""
    path = Edited(file).set("T0001", 负责人="王芳").save()
    import_progress(store, path, "王芳")
    assert import_progress(store, path, "王芳").n_changed == 0


def test_conflict_is_shown_and_nothing_is_changed(store, file):
    """Two people, one theme: the sheet's row, both versions and the values are named."""
    theme_edits.set_action(store, "T0002", who="周敏", owner="周敏", action="加仓")
    path = Edited(file).set("T0001", 负责人="王芳").set("T0002", 负责人="王芳").save()
    with pytest.raises(DataError, match=r"第 3 行 T0002.*第 3 版 → 第 4 版.*「周敏」→「王芳」"):
        import_progress(store, path, "王芳")
    assert theme(store, "T0001").owner is None


def test_others_edits_of_other_cells_stay(store, file):
    """The sheet's cells that nobody touched are old; taking them back would undo a colleague."""
    assign(store, "周敏")
    edited = Edited(file).set("T0002", 计划完成日期="2026-12-04")
    assert import_progress(store, edited.save(), "王芳").n_changed == 1
    view = theme(store, "T0002")
    assert (view.owner, view.due) == ("周敏", date(2026, 12, 4))


def test_both_said_the_same_is_no_conflict(store, file):
    """Whoever was first."""
    assign(store, "王芳")
    path = Edited(file).set("T0002", 负责人="王芳").save()
    assert import_progress(store, path, "李强").n_same == 2


@pytest.mark.parametrize("takes_mine", [True, False])
def test_clashes_are_decided_one_by_one(store, file, takes_mine):
    """A meeting chooses; what did not clash is imported either way."""
    assign(store, "周敏")
    path = Edited(file).set("T0002", 负责人="王芳", 处理措施="加仓").save()
    rows = read_progress(path)
    (change,) = plan_progress(store, rows).clashing
    assert (change.clashes, change.who) == (("负责人",), "周敏")
    chosen = {"mine" if takes_mine else "theirs": {change.key}}
    import_rows(store, rows, "王芳", source="台账", **chosen)
    view = theme(store, "T0002")
    assert (view.owner, view.action) == ("王芳" if takes_mine else "周敏", "加仓")


def test_a_decision_holds_only_for_what_was_seen(store, file):
    """A third person's edit after the look at the clashes asks again."""
    assign(store, "周敏")
    rows = read_progress(Edited(file).set("T0002", 负责人="王芳").save())
    (change,) = plan_progress(store, rows).clashing
    assign(store, "赵强")
    with pytest.raises(DataError, match="被赵强改过"):
        import_rows(store, rows, "王芳", source="台账", mine={change.key})


def test_a_note_alone_is_not_lost_in_silence(store, file):
    """Notes are kept with a change of state; elsewhere the sheet says where to write."""
    with pytest.raises(DataError, match="办理说明"):
        import_progress(store, Edited(file).set("T0001", 办理说明="等备件").save(), "王芳")


def test_every_bad_cell_is_named_at_once(store, file):
    """Nobody mends a sheet one error at a time."""
    edited = Edited(file).set("T0001", 计划完成日期="月底", 根因类别="天意")
    path = edited.set("T0002", 处理状态="差不多", 处理措施="长" * 501).save()
    with pytest.raises(DataError) as caught:
        import_progress(store, path, "王芳")
    told = str(caught.value)
    assert "4 处要处理" in told
    for words in ("第 2 行 T0001 计划完成日期", "天意", "第 3 行 T0002 处理状态", "501 字"):
        assert words in told


def test_row_of_no_theme_is_refused(store, file):
    """A typed id, or one that was merged since."""
    theme_edits.merge(store, "T0001", "T0002", who="周敏")
    with pytest.raises(DataError, match="没有这个主题"):
        import_progress(store, file, "王芳")


def test_other_workbook_is_refused(store, tmp_path):
    """The message names the sheet."""
    path = tmp_path / "other.xlsx"
    openpyxl.Workbook().save(path)
    with pytest.raises(DataError, match=PROGRESS):
        import_progress(store, path, "王芳")


def test_commands(store, tmp_path):
    """What a team types."""
    path, url = tmp_path / "l.xlsx", store.url

    def run(*args: str) -> str:
        done = CliRunner().invoke(app, [*args, "--store", url], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    run("export", "-o", str(path), "--week", "2026-W47")
    Edited(path).set("T0001", 负责人="王芳").save()
    told = json.loads(run("import", str(path), "--who", "王芳", "--dry-run", "--json"))
    assert told["changed"] == 1
    assert theme(store, "T0001").owner is None
    run("import", str(path), "--who", "王芳")
    assert theme(store, "T0001").owner == "王芳"
