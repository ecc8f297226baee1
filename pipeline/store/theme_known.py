"""Reading what is known of all themes before a week is placed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, select

from models.encoders import Encoder, unit_rows
from pipeline.store.theme_rows import chunks
from pipeline.store.theme_tables import mention, theme, theme_link, theme_week, verdict
from pipeline.theme_found import Known, phrase_key
from pipeline.theme_likeness import Profile

_PROBE = ("验证码收不到", "送餐慢", "客服态度差", "屏幕碎了")
_MAX_SAID = 20
_SEED_WEIGHT = 3


def fingerprint(encoder: Encoder) -> str:
    """Name an encoder by what it does; vectors of another one cannot be compared.

    Args:
        encoder: Any.

    Returns:
        Sixteen hexadecimal digits.
    """
    probe = np.round(encoder.encode(list(_PROBE)), 2) + 0.0  # no negative zero
    return hashlib.sha256(probe.astype("<f4").tobytes()).hexdigest()[:16]


def read_known(
    connection: Connection, week: str, words: Sequence[str], encoder: Encoder, memory: int
) -> Known:
    """Read themes, the owners of this week's words and what people said of them.

    Args:
        connection: Any.
        week: The week to be placed; what it left behind last time counts only for themes that
            have no other week, so that placing it again gives the same.
        words: Its normalised clauses.
        encoder: Makes vectors anew where they are missing or another encoder's.
        memory: A theme is known by so many weeks.

    Returns:
        What is known.
    """
    rows = list(connection.execute(select(theme).order_by(theme.c.id)).mappings())
    roots = {row["id"]: row["root_id"] for row in rows}
    weeks = _read_weeks(connection, week, memory)
    vectors = _vectors(weeks, rows, encoder)
    leaves = [
        Profile(
            row["id"],
            vectors[row["id"]],
            _phrases(weeks, row),
            tuple(row["keywords"]),
            _weekly(weeks.get(row["id"], ())),
        )
        for row in rows
        if row["id"] in vectors
    ]
    return Known(
        leaves,
        roots,
        _owners(connection, week, words),
        _said(connection, words),
        _siblings(connection, roots),
    )


def _read_weeks(connection: Connection, week: str, memory: int) -> dict[str, list[Any]]:
    place = func.row_number().over(
        partition_by=theme_week.c.theme_id, order_by=theme_week.c.week.desc()
    )
    names = ("theme_id", "week", "phrases", "vector", "encoder", "n_mentions")
    columns = [theme_week.c[name] for name in names]
    mentioned = theme_week.c.n_mentions > 0
    recent = select(*columns, place.label("place")).where(mentioned).subquery()
    found: dict[str, list[Any]] = {}
    for row in connection.execute(select(recent).where(recent.c.place <= memory + 1)):
        found.setdefault(row.theme_id, []).append(row)
    return {id_: _without(rows, week)[:memory] for id_, rows in found.items()}


def _without(rows: list[Any], week: str) -> list[Any]:
    rows = sorted(rows, key=lambda row: row.week, reverse=True)
    return [row for row in rows if row.week != week] or rows


def _vectors(
    weeks: Mapping[str, list[Any]], rows: Sequence[Any], encoder: Encoder
) -> dict[str, np.ndarray]:
    """Sum of each theme's vectors; where one is stale, from the phrases."""
    name = fingerprint(encoder) if rows else ""
    stale: Counter[tuple[str, str]] = Counter()
    sums: dict[str, np.ndarray] = {}
    for id_, own in weeks.items():
        for row in own:
            if row.encoder == name and row.vector is not None:
                vector = np.frombuffer(row.vector, dtype="<f4").astype(np.float64)
                sums[id_] = sums.get(id_, 0.0) + vector
            else:
                stale.update({(id_, phrase): n for phrase, n in row.phrases})
    for row in rows:
        stale.update({(row["id"], seed): _SEED_WEIGHT for seed in row["seeds"]})
    if stale:
        pairs = sorted(stale)
        words = sorted({phrase for _, phrase in pairs})
        position = {phrase: i for i, phrase in enumerate(words)}
        encoded = unit_rows(encoder.encode(words)).astype(np.float64)
        for id_, phrase in pairs:
            vector = np.sqrt(stale[id_, phrase]) * encoded[position[phrase]]
            sums[id_] = sums.get(id_, 0.0) + vector
    return sums


def _weekly(rows: Sequence[Any]) -> float:
    """The largest of its weeks: a theme that was ever that large may be so again."""
    return float(max((row.n_mentions for row in rows), default=0))


def _phrases(weeks: Mapping[str, list[Any]], row: Any) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for own in weeks.get(row["id"], ()):
        counts.update(dict(own.phrases))
    counts.update({phrase_key(seed): _SEED_WEIGHT for seed in row["seeds"]})
    return dict(counts)


def _owners(connection: Connection, week: str, words: Sequence[str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for piece in chunks(words):
        query = (
            select(mention.c.key, mention.c.theme_id, func.count())
            .where(mention.c.key.in_(piece), mention.c.theme_id.is_not(None))
            .where(mention.c.week != week)
            .group_by(mention.c.key, mention.c.theme_id)
        )
        for key, theme_id, n in connection.execute(query):
            found.setdefault(key, {})[theme_id] = n
    return found


def _said(connection: Connection, words: Sequence[str]) -> dict[str, list[tuple[str, str, str]]]:
    found: dict[str, list[tuple[str, str, str]]] = {}
    if connection.execute(select(verdict.c.id).where(~verdict.c.is_void).limit(1)).first() is None:
        return found
    wanted = set(words)
    place = func.row_number().over(partition_by=verdict.c.key, order_by=verdict.c.id.desc())
    recent = select(verdict, place.label("place")).where(~verdict.c.is_void).subquery()
    query = select(recent).where(recent.c.place <= _MAX_SAID).order_by(recent.c.id)
    for row in connection.execute(query):
        if row.key in wanted:
            found.setdefault(row.key, []).append((row.feedback_id, row.kind, row.theme_id))
    return found


def _siblings(connection: Connection, roots: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Themes that people parted; a cluster that covers both is divided between them."""
    parted = (theme_link.c.kind == "split") & theme_link.c.is_human & ~theme_link.c.is_void
    found: dict[str, set[str]] = {}
    for row in connection.execute(select(theme_link).where(parted)):
        one, other = roots[row.from_id], roots[row.to_id]
        if one != other:
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return {id_: frozenset(others) for id_, others in found.items()}


def read_seeds(connection: Connection) -> dict[str, list[str]]:
    """Gather what people confirmed, as words that a clusterer can start from.

    Args:
        connection: Any.

    Returns:
        Each theme that stands for itself to clauses that belong to it: confirmed and assigned
        ones, and the words that described it; ascending.
    """
    found: dict[str, set[str]] = {}
    for row in connection.execute(select(theme.c.root_id, theme.c.seeds)):
        found.setdefault(row.root_id, set()).update(row.seeds)
    query = (
        select(theme.c.root_id, mention.c.text)
        .join(theme, theme.c.id == mention.c.theme_id)
        .join(
            verdict,
            (verdict.c.feedback_id == mention.c.feedback_id)
            & (verdict.c.start == mention.c.start)
            & (verdict.c.end == mention.c.end),
        )
        .where(mention.c.is_human & ~verdict.c.is_void)
        .distinct()
    )
    for root, text in connection.execute(query):
        found.setdefault(root, set()).add(text)
    return {root: sorted(texts) for root, texts in sorted(found.items()) if texts}
