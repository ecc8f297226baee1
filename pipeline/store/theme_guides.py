"""What people did to themes, as guidance for clustering the next week."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, func, select

from models.theme_guidance import Guidance
from pipeline.store.theme_known import read_seeds
from pipeline.store.theme_rows import chunks
from pipeline.store.theme_tables import mention, theme, theme_link, verdict
from pipeline.theme_rulings import REJECT

_TYPICAL = 3
_Pair = tuple[str, str]


def read_guidance(connection: Connection, week: str) -> Guidance:
    """Gather what people confirmed, put together and kept apart.

    A theme that people merged, split or threw a mention out of starts from its most frequent
    clauses too, so that pairs of clauses have a theme to stand for.

    Args:
        connection: Any.
        week: The week to be fitted; its own mentions count only for themes without others, so
            that fitting it again gives the same.

    Returns:
        Seeds under the ids of the themes that stand for themselves, and pairs that do not
        contradict them.
    """
    roots = {row.id: row.root_id for row in connection.execute(select(theme.c.id, theme.c.root_id))}
    seeds = read_seeds(connection)
    parted = _parted(connection, roots)
    thrown = _thrown_out(connection, roots)
    merged = sorted(id_ for id_, root in roots.items() if id_ != root)
    named = {*merged, *(roots[id_] for id_ in merged), *(id_ for pair in parted for id_ in pair)}
    typical = _typical(connection, named | {id_ for _, id_ in thrown}, week)
    taken = {clause for clauses in seeds.values() for clause in clauses}
    for id_ in sorted(typical.keys() - set(merged)):
        own = [clause for clause in typical[id_] if clause not in taken]
        taken |= set(own)
        seeds[id_] = [*seeds.get(id_, ()), *own]
    seeds = {id_: clauses for id_, clauses in sorted(seeds.items()) if clauses}
    together = [
        (seeds[roots[id_]][0], clause)
        for id_ in merged
        if roots[id_] in seeds
        for clause in typical.get(id_, ())
        if clause not in taken
    ]
    apart = [(seeds[a][0], seeds[b][0]) for a, b in parted if a in seeds and b in seeds]
    apart += [(seeds[id_][0], clause) for clause, id_ in thrown if id_ in seeds]
    return Guidance(seeds, together, _possible(Guidance(seeds, together), apart))


def _possible(guidance: Guidance, apart: Iterable[_Pair]) -> list[_Pair]:
    """Pairs that what was confirmed does not contradict; the same words may be both."""
    group = {clause: name for name, clauses in guidance.groups().items() for clause in clauses}
    return sorted({(a, b) for a, b in apart if group.get(a, a) != group.get(b, b)})


def _parted(connection: Connection, roots: Mapping[str, str]) -> list[_Pair]:
    stands = (theme_link.c.kind == "split") & theme_link.c.is_human & ~theme_link.c.is_void
    links = connection.execute(select(theme_link.c.from_id, theme_link.c.to_id).where(stands))
    pairs = {(roots[row.from_id], roots[row.to_id]) for row in links}
    return sorted((a, b) for a, b in pairs if a != b)


def _thrown_out(connection: Connection, roots: Mapping[str, str]) -> list[_Pair]:
    """Clauses that are in no theme any more because a person said so, and the themes."""
    here = (
        (verdict.c.feedback_id == mention.c.feedback_id)
        & (verdict.c.start == mention.c.start)
        & (verdict.c.end == mention.c.end)
    )
    query = (
        select(mention.c.text, verdict.c.theme_id)
        .join(verdict, here)
        .where((verdict.c.kind == REJECT) & ~verdict.c.is_void & mention.c.theme_id.is_(None))
    )
    return sorted({(row.text, roots[row.theme_id]) for row in connection.execute(query)})


def _typical(
    connection: Connection, theme_ids: Collection[str], week: str
) -> dict[str, tuple[str, ...]]:
    """The most frequent clauses of themes."""
    found: dict[str, list[tuple[bool, int, str]]] = {}
    is_own = mention.c.week == week
    for piece in chunks(sorted(theme_ids)):
        query = (
            select(mention.c.theme_id, is_own, mention.c.text, func.count())
            .where(mention.c.theme_id.in_(piece))
            .group_by(mention.c.theme_id, is_own, mention.c.text)
        )
        for id_, own, text, n in connection.execute(query):
            found.setdefault(id_, []).append((bool(own), -n, text))
    return {id_: _first(rows) for id_, rows in found.items()}


def _first(rows: list[tuple[bool, int, str]]) -> tuple[str, ...]:
    others = [row for row in rows if not row[0]] or rows
    return tuple(text for _, _, text in sorted(others)[:_TYPICAL])
