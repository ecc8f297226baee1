"""Where the themes of a week sit, in a few words each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from serve.review.labels import segment_value
from serve.review.tags import set_text, tag
from serve.review.view import View
from serve.review.words import Words

if TYPE_CHECKING:
    from nicegui.element import Element

    from pipeline.store.engine import Store
    from pipeline.theme_breakdown import Segment

# One place of each, in the order in which a team asks.
DIMENSIONS = ("product", "version", "region", "touchpoint", "channel", "customer_tier")
_MOST = 3


def fill_where(view: View, spots: Mapping[str, Element], week: str) -> None:
    """Write beside each theme where it sits, once that is known.

    Args:
        view: The page.
        spots: Theme id to the element that is to say it.
        week: The week.
    """

    def draw(found: Mapping[str, Sequence[Segment]]) -> None:
        for theme_id, segments in found.items():
            if segments:
                set_text(spots[theme_id], where_words(view.t, segments))

    read = partial(read_where, ids=list(spots), week=week)
    if spots:
        view.later(tag("div"), lambda: read(view.desk.open()), draw)


def where_words(t: Words, segments: Sequence[Segment]) -> str:
    """Say where a theme sits.

    Args:
        t: The language.
        segments: Places where it is notably more frequent than elsewhere.

    Returns:
        Such as: 集中在 2026款(3.2 ×)、华东(2.8 ×).
    """
    places = [f"{segment_value(t, s.dimension, s.value)} {s.lift:.1f} ×" for s in segments]
    return t("week.where", places=t("week.and").join(places))


def read_where(store: Store, ids: Sequence[str], week: str) -> dict[str, list[Segment]]:
    """Find where themes are notably more frequent than elsewhere.

    Args:
        store: The store.
        ids: The themes.
        week: The week; only its complaints are compared.

    Returns:
        Theme id to at most three places, each of another dimension.
    """
    from pipeline.store.theme_places import read_places

    with store.read() as connection:
        places = read_places(connection, ids, [week], DIMENSIONS)
    return {id_: _best(places.get(id_, ())) for id_ in ids}


def _best(segments: Sequence[Segment]) -> list[Segment]:
    """Take the strongest of each dimension; they come with the highest lift first."""
    first: dict[str, Segment] = {}
    for segment in segments:
        if segment.is_notable and segment.lift:
            first.setdefault(segment.dimension, segment)
    return list(first.values())[:_MOST]
