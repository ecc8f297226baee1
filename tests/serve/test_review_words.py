"""What the page says and how it looks: two languages in step, colours that can be read."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from string import Formatter

import pytest

from pipeline.store.theme_undo import TITLES
from pipeline.theme_effect import Verdict
from pipeline.theme_life import Status
from serve.review.look import DARK, LIGHT
from serve.review.words import Words, dictionary

SOURCES = sorted((Path(__file__).parents[2] / "serve" / "review").glob("*.py"))
_USED = re.compile(r"""\bt\(\s*"([a-z_]+(?:\.[^"{}]+)+)\"""")


def gaps(words: str) -> set[str]:
    """The names of the gaps in some words."""
    return {name for _, name, _, _ in Formatter().parse(words) if name is not None}


def test_both_languages_say_the_same_things() -> None:
    """A new word without its translation would end in an error for half the readers."""
    assert dictionary("zh").keys() == dictionary("en").keys()


def test_both_languages_have_the_same_gaps() -> None:
    """A gap that only one of them fills would lose a figure."""
    for key, words in dictionary("zh").items():
        assert gaps(words) == gaps(dictionary("en")[key]), key


def test_english_is_english() -> None:
    """Apart from the switch back, the name, and what stands in the store."""
    for key, words in dictionary("en").items():
        if key not in ("lang.other", "brand"):
            assert not re.search(r"[一-鿿]", words), key


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_word_that_is_used_exists(path: Path) -> None:
    """Found before a reader finds it."""
    used = set(_USED.findall(path.read_text("utf-8")))
    assert used <= dictionary("zh").keys()


def test_every_value_of_the_store_has_its_words() -> None:
    """A status or an edit shown by its code would puzzle a meeting."""
    words = dictionary("en")
    assert {f"status.{status.value}" for status in Status} <= words.keys()
    assert {f"event.{kind}" for kind in TITLES} <= words.keys()
    assert {f"effect.{verdict.value}" for verdict in Verdict} <= words.keys()


def test_an_unknown_value_stands_for_itself() -> None:
    """A channel that we never heard of is shown as it came."""
    assert Words("zh").of("channel", "抖音") == "抖音"


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_inks_can_be_read_on_their_grounds(colours: dict[str, str]) -> None:
    """WCAG AA: 4.5 to 1 for text."""
    grounds = ("ground", "surface", "raised")
    pairs = [
        *product(("ink", "soft", "accent", "bad", "warn", "good"), grounds),
        *((tone, f"{tone}-ground") for tone in ("bad", "warn", "good")),
        *(("on-accent", "accent"), ("on-mark", "mark")),
    ]
    for ink, ground in pairs:
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def contrast(first: str, second: str) -> float:
    """How far two colours are apart, as WCAG 2 counts it."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
