"""The weekly meeting as one story, in a real browser, on a real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from pipeline.ledgers_progress import PROGRESS
from pipeline.store.engine import Store, open_store
from pipeline.store.theme_edits import set_action
from pipeline.store.theme_registry import list_events, list_themes
from tests.browser.review_sample import LAST, NEXT, add_week, make_store
from tests.browser.review_server import Visit, browsing, serving_page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with eight weeks."""
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'meeting.db'}"
    make_store(url).close()
    return url


@pytest.fixture(scope="module")
def store(url: str) -> Iterator[Store]:
    """The same store, as the nightly job opens it."""
    store = open_store(url)
    yield store
    store.close()


@pytest.fixture(scope="module")
def visits(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Visit, Visit]]:
    """Two people at the same page."""
    folder = tmp_path_factory.mktemp("page")
    with serving_page(folder, url) as address, browsing() as browser:
        first = Visit(browser, address, "李晓雯")
        second = Visit(browser, address, "王建国")
        yield first, second
        assert first.errors + second.errors == []
        assert first.elsewhere + second.elsewhere == []


def id_of(store: Store, name: str) -> str:
    """Find a theme by its name."""
    return next(theme.id for theme in list_themes(store) if theme.name == name)


def growing(store: Store) -> str:
    """The theme that the sample lets surge."""
    return next(theme.id for theme in list_themes(store) if theme.status == "growing")


def test_the_meeting(visits: tuple[Visit, Visit], store: Store) -> None:
    """Open, sort, read, rename, merge, undo, split, assign, close; next week it is back again."""
    visit, _ = visits
    slow = growing(store)
    page = visit.open("")
    line = f"li:has(a[href*='/themes/{slow}'])"
    page.wait_for_selector(f"{line} >> text=/集中在.*华东/")
    assert "谁来改:" in page.inner_text(line)
    page.click(f"main a[href*='/themes/{slow}']")
    page.wait_for_selector(".quoted mark")
    assert "送餐" in page.inner_text(".quoted mark >> nth=0")

    page = visit.open(f"themes?week={LAST}")
    page.click("th a:has-text('与以往相比')")
    page.wait_for_selector("th[aria-sort=descending]:has-text('与以往相比')")
    assert page.get_attribute("tbody tr a >> nth=0", "href").split("?")[0].endswith(slow)

    page = visit.open(f"themes/{slow}")
    page.click("#do-rename")
    page.fill("#rename input[name=name]", "骑手送得太慢")
    page.keyboard.press("Enter")
    visit.said("已改名为")
    assert page.inner_text("main h1") == "骑手送得太慢"

    screen = next(theme for theme in list_themes(store) if "屏幕" in theme.name)
    page = visit.open(f"themes/{screen.id}")
    page.click("button:text-is('合并') >> nth=0")
    page.select_option("#merge select[name=into]", slow)
    page.click("#merge button[value=preview]")
    page.wait_for_selector("#merge .card:has-text('合并后')")
    page.click("#merge button[value=go]")
    visit.said("已并入")
    page.click(".notice button:has-text('撤销')")
    visit.said("已撤销")
    assert {theme.id for theme in list_themes(store) if theme.n} >= {slow, screen.id}

    page = visit.open(f"themes/{screen.id}")
    page.click("button:text-is('拆分') >> nth=0")
    page.fill("#split input[name=name]", "屏幕黑屏失灵")
    page.check("#split input[name=phrase] >> nth=0")
    page.click("#split button[value=preview]")
    page.wait_for_selector("#split .card:has-text('离开')")
    page.click("#split button[value=go]")
    visit.said("已拆出")

    page = visit.open(f"themes/{slow}")
    page.click("#do-action")
    page.fill("#action input[name=owner]", "赵强")
    page.fill("#action textarea", "晚高峰增派骑手")
    page.fill("#action input[name=due]", "2026-12-04")
    page.click("#action button.first")
    visit.said("已保存")
    assert "赵强" in page.inner_text(".facts")
    page.click("button:text-is('标为已解决') >> nth=0")
    page.fill("#state textarea", "增派后恢复")
    page.click("#state button.first")
    visit.said("已标为已解决")

    add_week(store, NEXT)
    page = visit.open("")
    assert NEXT.split("-W")[1] in page.inner_text("main h1")
    page.wait_for_selector(f".sections > div >> nth=0 >> a[href*='/themes/{slow}']")
    acted = f"section:has-text('做过的措施有没有用') tr:has(a[href*='/themes/{slow}'])"
    assert "本周又多了" in page.locator(acted).inner_text()
    kinds = [(event.who, event.kind) for event in list_events(store, slow) if event.is_human]
    expected = ["close", "set_action", "undo", "merge", "rename"]
    assert kinds == [("李晓雯", kind) for kind in expected]


def test_the_ledger_goes_out_and_comes_back(
    visits: tuple[Visit, Visit], store: Store, tmp_path: Path
) -> None:
    """Export, edit in Excel, import: a colleague's edit of one cell is shown and chosen about."""
    visit, _ = visits
    slow = growing_or_back(store)
    page = visit.open("ledgers")
    with page.expect_download() as waiting:
        page.click("#export")
    path = tmp_path / waiting.value.suggested_filename
    assert path.name == f"台账-{NEXT}.xlsx"
    waiting.value.save_as(path)
    edit_progress(path, slow, 负责人="周敏", 计划完成日期="2026-12-11")
    view = next(theme for theme in list_themes(store) if theme.id == slow)
    set_action(store, slow, who="王建国", owner="王建国", action=view.action, due=view.due)

    page.set_input_files("input[type=file]", path)
    page.click("button:text-is('上传并预览')")
    page.wait_for_selector("#import")
    page.wait_for_function("window.did_handshake === true")
    assert "王建国" in page.inner_text("fieldset legend")
    assert page.locator("tr:has-text('两边都改过')").count() == 1
    page.check("input[type=radio][value=mine]")
    page.click("#import")
    visit.said("已导入 1 个主题")
    page.wait_for_selector("text=没有要改的")
    view = next(theme for theme in list_themes(store) if theme.id == slow)
    assert (view.owner, str(view.due)) == ("周敏", "2026-12-11")
    assert next(e.who for e in list_events(store, slow) if e.is_human) == "李晓雯"


def test_a_file_that_is_no_ledger_is_named(visits: tuple[Visit, Visit], tmp_path: Path) -> None:
    """The picture from the same folder, say."""
    page = visits[0].open("ledgers")
    path = tmp_path / "照片.xlsx"
    path.write_bytes(b"no workbook")
    page.set_input_files("input[type=file]", path)
    page.click("button:text-is('上传并预览')")
    assert "照片.xlsx" in page.inner_text("main ul.words li")


def edit_progress(path: Path, theme_id: str, **cells: str) -> None:
    """Type into the theme's row of the progress sheet, as somebody in Excel does."""
    book = openpyxl.load_workbook(path)
    sheet = book[PROGRESS]
    head = [cell.value for cell in sheet[1]]
    row = next(row for row in sheet.iter_rows(min_row=2) if row[0].value == theme_id)
    for name, value in cells.items():
        row[head.index(name)].value = value
    book.save(path)


def test_two_editors_see_each_other(visits: tuple[Visit, Visit], store: Store) -> None:
    """The slower one is told who was faster, sees it, and can go on."""
    first, second = visits
    screen = next(theme for theme in list_themes(store) if theme.name.startswith("屏幕"))
    pages = [visit.open(f"themes/{screen.id}") for visit in visits]
    for page in pages:
        page.click("#do-rename")
    pages[0].fill("#rename input[name=name]", "屏幕容易坏")
    pages[0].click("#rename button.first")
    first.said("已改名为")
    pages[1].fill("#rename input[name=name]", "屏幕质量差")
    pages[1].click("#rename button.first")
    second.said("李晓雯 刚刚改过")
    assert pages[1].inner_text("main h1") == "屏幕容易坏"
    pages[1].click("#do-rename")
    pages[1].fill("#rename input[name=name]", "屏幕质量差")
    pages[1].click("#rename button.first")
    second.said("已改名为")


def test_a_label_is_corrected_in_two_clicks(visits: tuple[Visit, Visit], store: Store) -> None:
    """And it stands there with the name of who did it."""
    visit, _ = visits
    page = visit.open("inbox")
    card = page.locator("article").first
    card.locator("summary").click()
    card.locator("button[name=urgency][value=low]").click()
    visit.said("已记下更正")
    page.wait_for_selector("article >> nth=0 >> text=李晓雯")


def test_search_finds_and_marks(visits: tuple[Visit, Visit]) -> None:
    """With the keyboard: a slash, a word, Enter."""
    page = visits[0].open("inbox")
    page.keyboard.press("/")
    page.keyboard.type("验证码")
    page.keyboard.press("Enter")
    page.wait_for_selector("article mark:has-text('验证码')")


def test_a_quote_is_thrown_out_and_taken_back(visits: tuple[Visit, Visit], store: Store) -> None:
    """One click each."""
    visit, _ = visits
    page = visit.open(f"themes/{growing_or_back(store)}?week={LAST}")
    before = page.inner_text(".quoted >> nth=0 >> .quote")
    page.locator(".quoted").first.locator("button.bad").click()
    visit.said("已剔除")
    page.click(".notice button:has-text('撤销')")
    visit.said("已撤销")
    assert page.inner_text(".quoted >> nth=0 >> .quote") == before


def growing_or_back(store: Store) -> str:
    """The theme of the story, by the name it was given."""
    return id_of(store, "骑手送得太慢")
