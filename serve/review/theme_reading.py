"""What the pages of themes read beside the registry: sparklines, segments, phrases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from pipeline.store.tables import feedback, week_share
from pipeline.store.theme_tables import mention, theme, theme_fit, theme_week

if TYPE_CHECKING:
    from pipeline.store.engine import Store
    from pipeline.store.theme_verdicts import Place

SEGMENTS = ("type", "product", "region", "channel", "customer_tier")
N_SPARK_WEEKS = 12
_MAX_VALUES = 60
_N_PHRASES = 40


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way of saying it, which a theme may be split by.

    Attributes:
        key: The normalised phrase.
        text: One customer's words of it.
        n: Mentions.
    """

    key: str
    text: str
    n: int


def read_sparks(store: Store, week: str) -> dict[str, list[int]]:
    """Read each theme's last weeks.

    Args:
        store: The store.
        week: The last of them.

    Returns:
        Theme to its rows in the fitted weeks, the last 12 at most.
    """
    fits = select(theme_fit.c.week).where(theme_fit.c.week <= week)
    fits = fits.order_by(theme_fit.c.week.desc()).limit(N_SPARK_WEEKS)
    with store.read() as connection:
        weeks = sorted(connection.execute(fits).scalars())
        place = {name: i for i, name in enumerate(weeks)}
        names = (theme_week.c.theme_id, theme_week.c.week, theme_week.c.n_family)
        found: dict[str, list[int]] = {}
        for id_, at, n in connection.execute(select(*names).where(theme_week.c.week.in_(weeks))):
            found.setdefault(id_, [0] * len(weeks))[place[at]] = n
    return found


def read_options(store: Store, week: str) -> dict[str, list[str]]:
    """Read what the themes of a week can be filtered by.

    Args:
        store: The store.
        week: The week.

    Returns:
        Dimension to its values, the most frequent first.
    """
    query = (
        select(week_share.c.dimension, week_share.c.value)
        .where(week_share.c.week == week, week_share.c.n > 0, week_share.c.value != "")
        .where(week_share.c.dimension.in_(SEGMENTS))
        .order_by(week_share.c.n.desc(), week_share.c.value)
    )
    found: dict[str, list[str]] = {name: [] for name in SEGMENTS}
    with store.read() as connection:
        for dimension, value in connection.execute(query):
            if len(found[dimension]) < _MAX_VALUES:
                found[dimension].append(value)
    return found


def count_in_segment(
    store: Store, week: str, where: Mapping[str, str]
) -> tuple[dict[str, int], int]:
    """Count themes within one part of the feedback.

    Args:
        store: The store.
        week: The week.
        where: Dimension to value.

    Returns:
        Theme to its rows there, and all complaints there.
    """
    conditions: list[Any] = [feedback.c.week == week]
    conditions += [feedback.c[name] == value for name, value in where.items() if name in SEGMENTS]
    inside = (
        select(theme.c.root_id, func.count(mention.c.feedback_id.distinct()))
        .select_from(mention)
        .join(feedback, feedback.c.feedback_id == mention.c.feedback_id)
        .join(theme, theme.c.id == mention.c.theme_id)
        .where(mention.c.week == week, *conditions)
        .group_by(theme.c.root_id)
    )
    total = select(func.count()).where(*conditions, feedback.c.intent == "complaint")
    with store.read() as connection:
        counts = {id_: int(n) for id_, n in connection.execute(inside)}
        return counts, int(connection.execute(total).scalar_one())


def read_phrases(store: Store, family: Sequence[str], week: str | None = None) -> list[Phrase]:
    """Read the ways in which customers say it.

    Args:
        store: The store.
        family: The theme and those merged into it.
        week: Only of this week; None takes all.

    Returns:
        The most frequent first.
    """
    said: Any = mention.c.theme_id.in_(family)
    if week is not None:
        said &= mention.c.week == week
    n = func.count().label("n")
    # Counted in the index first, so that only the words of the few that are shown are read.
    top = select(mention.c.key, n).where(said).group_by(mention.c.key)
    top = top.order_by(n.desc(), mention.c.key).limit(_N_PHRASES)
    with store.read() as connection:
        counts = {key: int(count) for key, count in connection.execute(top)}
        texts = select(mention.c.key, func.min(mention.c.text)).where(
            mention.c.key.in_(list(counts)), said
        )
        found = connection.execute(texts.group_by(mention.c.key))
        text_of = {row[0]: row[1] for row in found}
    return [Phrase(key, text_of[key], count) for key, count in counts.items()]


def places_of(store: Store, family: Sequence[str], keys: Sequence[str]) -> list[Place]:
    """Read where phrases stand.

    Args:
        store: The store.
        family: The theme and those merged into it.
        keys: Normalised phrases.

    Returns:
        Mentions as (feedback_id, start, end).
    """
    query = select(mention.c.feedback_id, mention.c.start, mention.c.end).where(
        mention.c.theme_id.in_(family), mention.c.key.in_(keys)
    )
    with store.read() as connection:
        return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def count_union(store: Store, family: Sequence[str], week: str) -> tuple[int, int]:
    """Count what themes would be together.

    Args:
        store: The store.
        family: The themes.
        week: The week.

    Returns:
        Rows in that week that mention any, and all complaints of it.
    """
    rows = select(func.count(mention.c.feedback_id.distinct())).where(
        mention.c.theme_id.in_(family), mention.c.week == week
    )
    total = select(theme_fit.c.n_complaints).where(theme_fit.c.week == week)
    with store.read() as connection:
        n = int(connection.execute(rows).scalar_one())
        return n, int(connection.execute(total).scalar() or 0)


def family_of(store: Store, theme_id: str) -> list[str]:
    """Read a theme and those merged into it.

    Args:
        store: The store.
        theme_id: The theme.

    Returns:
        Ids.
    """
    query = select(theme.c.id).where(theme.c.root_id == theme_id).order_by(theme.c.id)
    with store.read() as connection:
        return list(connection.execute(query).scalars())


def read_releases(store: Store) -> list[tuple[str, str]]:
    """Read when each version of a product was first written about.

    Args:
        store: The store.

    Returns:
        Versions and weeks; those of the store's first week are left out, for they are older.
    """
    first = func.min(week_share.c.week)
    query = (
        select(week_share.c.value, first)
        .where(week_share.c.dimension == "version", week_share.c.value != "", week_share.c.n > 0)
        .group_by(week_share.c.value)
        .order_by(first, week_share.c.value)
    )
    with store.read() as connection:
        found = [(value, week) for value, week in connection.execute(query)]
        oldest = connection.execute(select(func.min(week_share.c.week))).scalar()
    return [(value, week) for value, week in found if week != oldest]
