"""The report in a real browser: Debian's Chromium, without a window and without a network."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from models.taxonomy import Taxonomy
from pipeline.report import make_report, write_report
from pipeline.report_period import Period
from tests.report_sample import sample, scored_row, write_themes

_INSTALL = "apt-get update && apt-get install -y chromium fonts-noto-cjk"
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars"),
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_TIMEOUT_S = 120
_HOSTILE = '<script>document.title="taken"</script>"><img src=x onerror=document.title="taken">'

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A week with themes, and one hostile row in it."""
    folder = tmp_path_factory.mktemp("report")
    rows = pd.concat([sample(), pd.DataFrame([hostile_row()])], ignore_index=True)
    themes = write_themes(folder / "themes", sample())
    taxonomy = Taxonomy.load("data/taxonomy.yaml")
    report = make_report(rows, Period.of_week("2026-W47"), taxonomy, themes)
    return write_report(report, folder)[0]


@pytest.fixture(scope="module")
def dom(page: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page as the browser understood it, after all scripts had their chance."""
    return browse(page, tmp_path_factory.mktemp("profile"), "--dump-dom")


def hostile_row() -> dict[str, object]:
    """Make an urgent row that attacks through every cell a stranger fills."""
    row = scored_row("X1", "18 10:00", _HOSTILE, f"【坏了】{_HOSTILE}\u202e", urgency="high")
    return row | {"urgency_reasons": [_HOSTILE], "department": _HOSTILE}


def browse(page: Path, profile: Path, *flags: str) -> str:
    """Open a page and give what Chromium prints."""
    chromium = shutil.which("chromium")
    assert chromium, f"this test needs Chromium; install it: {_INSTALL}"
    command = [chromium, *_FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()]
    done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=True)
    return done.stdout.decode("utf-8")


def screenshot(page: Path, folder: Path, width: int) -> Image.Image:
    """Take a picture of the page at some width."""
    target = folder / f"{width}.png"
    browse(page, folder / "profile", f"--window-size={width},1600", f"--screenshot={target}")
    with Image.open(target) as image:
        return image.convert("RGB")


def test_chinese_words_reach_the_reader(dom: str) -> None:
    """The headline, a label of a chart and a theme: text, not pictures of it."""
    for words in ("客户反馈周报", "2026年第47周", "产品质量类", "快递迟迟不到", "紧急反馈"):
        assert words in dom


def test_charts_are_drawings_with_words(dom: str) -> None:
    """By day, type, urgency, intent, channel, satisfaction and theme."""
    charts = re.findall(r"<svg.*?</svg>", dom, re.DOTALL)
    assert len(charts) == 7
    assert all("<rect" in chart and "<text" in chart and "<title>" in chart for chart in charts)


def test_quotes_are_marked_within_their_row(dom: str) -> None:
    """The browser kept the mark and the words around it."""
    assert "<mark>付款一直转圈</mark>，优惠券倒是给我核销了" in dom


def test_hostile_words_do_nothing(dom: str) -> None:
    """Had a script run, the title would be another; had a tag been made, it would be in the DOM."""
    assert "<title>客户反馈周报 · 2026-W47</title>" in dom
    assert "<script" not in dom
    assert "<img" not in dom
    assert "&lt;script&gt;" in dom


def test_the_page_names_no_other_place(page: Path) -> None:
    """Nothing is fetched, whatever the browser would do."""
    assert not re.search(r"https?://", page.read_text("utf-8"))


@pytest.mark.parametrize("width", [1280, 375])
def test_nothing_sticks_out_of_the_page(page: Path, tmp_path: Path, width: int) -> None:
    """Words cut off at the edge are the first thing a phone spoils."""
    image = screenshot(page, tmp_path, width)
    assert image.width == width
    edge = image.crop((width - 6, 0, width, image.height))
    assert edge.getcolors() == [(6 * image.height, (255, 255, 255))]


def test_chinese_is_drawn_with_glyphs_not_boxes(page: Path, tmp_path: Path) -> None:
    """Without a Chinese font every character is the same box; two headings then look alike."""
    pictures = []
    for words in ("口回音", "口反馈"):
        target = tmp_path / f"{words}.html"
        style = re.search(r"<style>.*?</style>", page.read_text("utf-8"), re.DOTALL)
        assert style
        target.write_text(f"<meta charset=utf-8>{style[0]}<h1>{words}</h1>", "utf-8")
        pictures.append(screenshot(target, tmp_path, 400).tobytes())
    assert pictures[0] != pictures[1]
