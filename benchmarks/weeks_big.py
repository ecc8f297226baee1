"""How long a week takes when the store already holds a million mentions."""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
from sqlalchemy import insert

from models.encoders import Encoder
from models.themes import ThemeSettings
from pipeline.store.engine import Store
from pipeline.store.theme_counts import top_phrases
from pipeline.store.theme_editing import insert_theme
from pipeline.store.theme_known import fingerprint
from pipeline.store.theme_registry import list_themes
from pipeline.store.theme_rows import lock, next_id, now
from pipeline.store.theme_tables import mention, theme_fit, theme_week
from pipeline.store.theme_week import fit_week
from pipeline.theme_found import phrase_key

N_WEEKS, N_THEMES, A_WEEK = 200, 200, 5_000
_KB = 1024


def time_big(
    store: Store, texts: Sequence[str], encoder: Encoder, settings: ThemeSettings
) -> dict[str, float]:
    """Fill a store, add a week of 5,000 rows and time it."""
    rng = np.random.default_rng(0)
    clauses = sorted({piece for text in texts for piece in text.split("，") if 3 < len(piece) < 30})
    start = time.perf_counter()
    fill(store, clauses, encoder, rng)
    filled = time.perf_counter()
    rows = [
        f"{texts[i]}，{clauses[j]}"
        for i, j in zip(
            rng.integers(0, len(texts), A_WEEK), rng.integers(0, len(clauses), A_WEEK), strict=True
        )
    ]
    frame = pd.DataFrame({"feedback_id": [f"new-{i}" for i in range(A_WEEK)], "text": rows})
    begun = time.perf_counter()
    outcome = fit_week(store, frame.assign(intent="complaint"), "2026-W40", encoder, settings)
    done = time.perf_counter()
    n_listed = len(list_themes(store))
    return {
        "fill_s": filled - start,
        "week_s": done - begun,
        "list_s": time.perf_counter() - done,
        "mentions": outcome.n_mentions,
        "rare": outcome.n_rare,
        "born": len(outcome.born),
        "themes": n_listed,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KB,
    }


def fill(store: Store, clauses: Sequence[str], encoder: Encoder, rng: np.random.Generator) -> None:
    """Plant 200 weeks of 200 themes: 1,000,000 mentions of real clauses."""
    keys = [phrase_key(clause) for clause in clauses]
    vectors = encoder.encode(keys).astype(np.float64)
    owner = rng.integers(0, N_THEMES, len(clauses))
    name = fingerprint(encoder)
    with store.begin() as connection:
        lock(connection)
        ids = [next_id(connection) for _ in range(N_THEMES)]
        for id_ in ids:
            insert_theme(connection, id_, f"主题{id_}", is_named=False)
        for n in range(N_WEEKS):
            week = f"{2022 + n // 50}-W{n % 50 + 1:02d}"
            chosen = rng.integers(0, len(clauses), A_WEEK)
            connection.execute(
                insert(mention),
                [
                    {
                        "feedback_id": f"{week}-{i}",
                        "start": 0,
                        "end": len(clauses[c]),
                        "text": clauses[c],
                        "key": keys[c],
                        "week": week,
                        "theme_id": ids[owner[c]],
                        "auto_theme_id": ids[owner[c]],
                        "score": 0.8,
                        "is_human": False,
                    }
                    for i, c in enumerate(chosen.tolist())
                ],
            )
            connection.execute(
                insert(theme_week),
                [
                    _week(ids[t], week, chosen[owner[chosen] == t], keys, vectors, name)
                    for t in np.unique(owner[chosen]).tolist()
                ],
            )
            connection.execute(
                insert(theme_fit).values(
                    week=week,
                    n_complaints=A_WEEK,
                    n_mentions=A_WEEK,
                    n_rare=0,
                    digest="",
                    outcome={},
                    fitted_at=now(),
                )
            )


def _week(
    id_: str, week: str, chosen: np.ndarray, keys: Sequence[str], vectors: np.ndarray, name: str
) -> dict[str, object]:
    from collections import Counter

    words, counts = np.unique(chosen, return_counts=True)
    phrases = Counter(dict(zip((keys[w] for w in words), counts.tolist(), strict=True)))
    return {
        "theme_id": id_,
        "week": week,
        "name": id_,
        "n_rows": len(chosen),
        "n_family": len(chosen),
        "n_mentions": len(chosen),
        "keywords": [],
        "quotes": [],
        "phrases": top_phrases(phrases),
        "vector": (np.sqrt(counts) @ vectors[words]).astype("<f4").tobytes(),
        "encoder": name,
        "change": "continuation",
    }
