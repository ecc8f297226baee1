"""Small parts that every page with themes shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serve.review.tags import tag
from serve.review.words import Words

if TYPE_CHECKING:
    from pipeline.store.theme_views import ThemeView

TONES = {
    "regressed": "bad",
    "growing": "bad",
    "new": "warn",
    "declining": "good",
    "resolved": "good",
    "stable": "",
    "quiet": "",
}
SURE = 0.05
_WHOLE = 10  # from here on tenths of a row only distract


def status_badge(t: Words, theme: ThemeView) -> None:
    """Draw where a theme stands.

    Args:
        t: The language.
        theme: The theme.
    """
    tag("span", t(f"status.{theme.status.value}"), f"badge {TONES[theme.status.value]}")
    if theme.is_rare_rising:
        tag("span", t("status.rare_rising"), "badge warn")


def change_words(t: Words, theme: ThemeView, *, has_q: bool = True) -> str:
    """Say how a theme moved, and whether that is more than chance.

    Args:
        t: The language.
        theme: The theme.
        has_q: With the figure behind the verdict; the first page leaves it out.

    Returns:
        Such as: 按以往应有 4 条,不是偶然(q = 0.002); empty with nothing to compare.
    """
    if theme.expected is None:
        return "" if theme.n_before is None else t("week.before", n=theme.n_before)
    key = "themes.sure" if is_sure(theme) else "themes.unsure"
    digits = 1 if theme.expected < _WHOLE else 0
    words = t(key, expected=f"{theme.expected:.{digits}f}")
    return words + t("themes.q", q=probability(theme.q)) if has_q else words


def is_sure(theme: ThemeView) -> bool:
    """Tell whether the change is more than chance."""
    return theme.q is not None and theme.q <= SURE


def probability(value: float | None) -> str:
    """Write a q-value."""
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
