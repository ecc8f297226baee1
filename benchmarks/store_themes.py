"""Themes for the store benchmark, made by the database: a year of 120 themes over every complaint.

Nothing is clustered: which theme a complaint belongs to follows from its row number, by a law in
which few themes are large and most are small; a fifth of the complaints belong to none. The tables
end up as full as a year of real weeks would leave them, which is all that the queries depend on.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, text

from pipeline.demo import END
from pipeline.store.aggregates import volumes
from pipeline.store.theme_tables import mention, theme, theme_fit, theme_week

if TYPE_CHECKING:
    from pipeline.store.engine import Store

N_THEMES = 120
_SHARE_IN_THEMES = 0.8
_PRIME = 10_007  # spreads consecutive row numbers evenly
_DEPARTMENTS = ("客服部", "物流部", "品控部", "产品部", "技术部")
_N_QUOTES, _N_PHRASES = 5, 60


def fill_themes(store: Store) -> None:
    """Give every complaint a mention, and every week its themes."""
    with store.begin() as connection:
        connection.execute(insert(theme), [_theme(i) for i in range(1, N_THEMES + 1)])
        connection.execute(text(_mentions()))
        connection.execute(insert(theme_week), _weeks(connection))
        complaints = volumes(store, ("week", "intent"))
        connection.execute(
            insert(theme_fit),
            [_fit(line.key[0], line.n) for line in complaints if line.key[1] == "complaint"],
        )


def _id(number: int) -> str:
    return f"T{number:04d}"


def _theme(number: int) -> dict[str, Any]:
    return {
        "id": _id(number),
        "name": f"问题{number}",
        "is_named": number % 3 == 0,
        "keywords": [f"词{number}", "服务", "房间"],
        "seeds": [],
        "department": _DEPARTMENTS[number % len(_DEPARTMENTS)],
        "kind": "流程漏洞",
        "root_id": _id(number),
        "whys": [],
        "version": 1,
        "created_at": END,
        "updated_at": END,
    }


def _mentions() -> str:
    """One clause a complaint: the first twenty characters."""
    weights = [1 / (i + 2) for i in range(N_THEMES)]
    edges = [int(_PRIME * _SHARE_IN_THEMES * edge / sum(weights)) for edge in accumulate(weights)]
    branches = " ".join(
        f"WHEN row_id % {_PRIME} < {edge} THEN '{_id(i)}'" for i, edge in enumerate(edges, start=1)
    )
    names = 'feedback_id, start, "end", text, key, week, theme_id, auto_theme_id, score, is_human'
    return (
        f"INSERT INTO mention ({names}) SELECT feedback_id, 0, least_end, substr(text, 1, 20), "
        "substr(text, 1, 4), week, t, t, 0.8, false FROM (SELECT feedback_id, text, week, "
        "CASE WHEN length(text) < 20 THEN length(text) ELSE 20 END AS least_end, "
        f"CASE {branches} END AS t FROM feedback WHERE intent = 'complaint') AS found"
    )


def _weeks(connection: Any) -> list[dict[str, Any]]:
    phrases: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    quotes: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    names = ("theme_id", "week", "feedback_id", "start", "end", "text", "key")
    query = select(*(mention.c[name] for name in names)).where(mention.c.theme_id.is_not(None))
    for theme_id, week, feedback_id, start, end, words, key in connection.execute(query):
        place = theme_id, week
        counts[place] += 1
        phrases[place][key] = phrases[place].get(key, 0) + 1
        if len(quotes[place]) < _N_QUOTES:
            quote = {"feedback_id": feedback_id, "text": words, "start": start, "end": end}
            quotes[place].append(quote)
    return [_week(*place, n, quotes[place], phrases[place]) for place, n in sorted(counts.items())]


def _week(
    theme_id: str, week: str, n: int, quotes: list[dict[str, Any]], phrases: dict[str, int]
) -> dict[str, Any]:
    ranked = sorted(phrases.items(), key=lambda item: (-item[1], item[0]))
    return {
        "theme_id": theme_id,
        "week": week,
        "name": f"问题{int(theme_id[1:])}",
        "n_rows": n,
        "n_family": n,
        "n_mentions": n,
        "keywords": [],
        "quotes": quotes,
        "phrases": [list(pair) for pair in ranked[:_N_PHRASES]],
        "change": "continuation",
    }


def _fit(week: str, n: int) -> dict[str, Any]:
    return {
        "week": week,
        "n_complaints": n,
        "n_mentions": n,
        "n_rare": n - int(n * _SHARE_IN_THEMES),
        "digest": "",
        "outcome": {},
        "fitted_at": END,
    }
