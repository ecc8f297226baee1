"""Hostile words, small screens, keyboards only, and people who may only look."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from pipeline.store.theme_registry import list_themes
from serve.keys import create_key
from tests.browser.review_sample import HOSTILE, LAST, make_store
from tests.browser.review_server import Visit, browsing, serving_page

pytestmark = pytest.mark.slow

_NAME = "<img src=x onerror=1>名"
# Quotes, buttons and borders of the charts are ours; what ECharts draws has its own description.
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str, str]]:
    """A hostile store behind keys: the address, a theme, an editor's key and a viewer's."""
    folder = tmp_path_factory.mktemp("page")
    url = f"sqlite:///{folder / 'hostile.db'}"
    store = make_store(url, HOSTILE, n_weeks=3)
    theme = max(list_themes(store), key=lambda one: one.n)
    store.close()
    keys = [create_key(folder / "keys.json", f"组{s}", [s]) for s in ("review", "view")]
    with serving_page(folder, url) as address:
        yield address, theme.id, keys[0], keys[1]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with browsing() as browser:
        yield browser


@pytest.fixture(scope="module")
def visit(browser: Browser, served: tuple[str, str, str, str]) -> Visit:
    """An editor with a hostile name."""
    return Visit(browser, served[0], _NAME, served[2])


@pytest.fixture(scope="module")
def paths(served: tuple[str, str, str, str]) -> list[str]:
    """Every page."""
    theme = f"themes/{served[1]}?week={LAST}"
    return ["", "themes", theme, "map", "inbox", "inbox?q=送餐慢", "ledgers", "models"]


def test_hostile_words_are_words_on_every_page(visit: Visit, paths: list[str]) -> None:
    """No script ran, no picture was asked for, nothing left the machine, no page broke."""
    for path in paths:
        page = visit.open(path)
        assert "回音" in page.title()
        assert page.locator("main img, main script, main iframe").count() == 0
    assert visit.errors == []
    assert visit.elsewhere == []


def test_hostile_words_can_be_read(visit: Visit) -> None:
    """What the customer wrote stands there letter by letter."""
    page = visit.open("inbox?q=onerror")
    assert HOSTILE[1] in page.inner_text("article .quote >> nth=0")
    page = visit.open("inbox?q=script")
    assert HOSTILE[0] in page.inner_text("article .quote >> nth=0")


def test_hostile_names_and_searches_are_words(visit: Visit) -> None:
    """Those come from people, who can be hostile too."""
    page = visit.open("inbox?q=" + "%3Cscript%3Edocument.title%3D1%3C/script%3E")
    assert "<script>document.title=1</script>" in page.inner_text("main [role=status]")
    assert _NAME in page.inner_text(".who")


def test_nothing_sticks_out_on_a_phone(
    browser: Browser, served: tuple[str, str, str, str], paths: list[str]
) -> None:
    """Nothing wider than the screen, and what one presses is large enough for a thumb."""
    phone = Visit(browser, served[0], "李", served[2], viewport={"width": 375, "height": 740})
    for path in paths:
        page = phone.open(path)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
        small = page.evaluate(
            "[...document.querySelectorAll('main button, header button')]"
            ".filter(b => b.checkVisibility() && b.offsetHeight < 28).length"
        )
        assert small == 0, path
    phone.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    browser: Browser, served: tuple[str, str, str, str], paths: list[str], scheme: str
) -> None:
    """Contrast, names, roles and order, as the WCAG's levels A and AA ask for."""
    visit = Visit(browser, served[0], "李", served[2], color_scheme=scheme)
    axe = Axe()
    # Only colours differ in the dark; the two pages that have them all are enough there.
    for path in paths if scheme == "light" else (paths[2], paths[4]):
        page = visit.open(path)
        found = axe.run(page, options=_RULES).response["violations"]
        serious = [
            (path, one["id"], one["nodes"][0]["html"][:200], len(one["nodes"]))
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []
    visit.close()


def test_the_keyboard_is_enough(visit: Visit, served: tuple[str, str, str, str]) -> None:
    """Go to a theme, rename it and take that back without touching a mouse."""
    page = visit.open("")
    page.keyboard.press("2")
    page.wait_for_selector("tbody tr a")
    page.wait_for_function("window.did_handshake === true")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.matches('tbody tr a')")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    page.wait_for_selector("#do-rename")
    page.wait_for_function("window.did_handshake === true")
    before = page.inner_text("main h1")
    page.keyboard.press("e")
    page.wait_for_selector("#rename[open]")
    page.focus("#rename input[name=name]")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("键盘改的名字")
    page.keyboard.press("Enter")
    visit.said("已改名为")
    page.wait_for_function("document.activeElement.id === 'do-rename'")
    page.keyboard.press("z")
    visit.said("已撤销")
    assert page.inner_text("main h1") == before
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#keys:not([open])", state="attached")


def test_a_viewer_looks_and_changes_nothing(
    browser: Browser, served: tuple[str, str, str, str]
) -> None:
    """No form of an edit is even sent to the browser."""
    address, theme, _, key = served
    visit = Visit(browser, address, "访客", key)
    page = visit.open(f"themes/{theme}?week={LAST}")
    page.wait_for_selector("text=您以只读身份登录")
    assert page.locator("main form:not([method=get])").count() == 0
    assert page.locator("dialog:not(#keys)").count() == 0
    visit.close()


def test_a_viewer_downloads_ledgers_and_uploads_none(
    browser: Browser, served: tuple[str, str, str, str]
) -> None:
    """The button is not there, and a request made by hand is refused; hostile words are text."""
    address, _, _, key = served
    visit = Visit(browser, address, "访客", key)
    page = visit.open("ledgers")
    assert page.locator("input[type=file]").count() == 0
    file = {"name": "a.xlsx", "mimeType": "application/zip", "buffer": b"PK"}
    origin = {"Origin": address.removesuffix("/review/")}
    sent = visit.context.request.post(
        f"{address}ledgers/upload", multipart={"file": file}, headers=origin
    )
    assert sent.status == 403
    found = visit.context.request.get(f"{address}ledgers.xlsx?period={LAST}")
    book = openpyxl.load_workbook(BytesIO(found.body()))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert any(str(cell.value).startswith("=cmd|") and cell.quotePrefix for cell in cells)
    assert visit.context.request.get(f"{address}ledgers.xlsx?period=2026-99").status == 400
    visit.close()


def test_the_other_language(visit: Visit) -> None:
    """The switch stays where one is, and the page says its language."""
    page = visit.open("themes")
    page.click("header button:has-text('English')")
    page.wait_for_selector("main h1:has-text('Themes')")
    assert page.get_attribute("html", "lang") == "en-US"
    page.click("header button:has-text('中文')")
    page.wait_for_selector("main h1:has-text('主题')")
