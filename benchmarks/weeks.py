"""Do themes keep their identity? Twelve simulated weeks of complaints with planted events.

    python -m benchmarks.weeks GOLD_DIR [--model FOLDER] [--disjoint] [--seed 0]
    python -m benchmarks.weeks GOLD_DIR --big [--store URL]
    python -m benchmarks.weeks --trades 电商 手机电脑

GOLD_DIR holds themes_waimai.csv and themes_shop.csv (id, text, causes; `;`-joined, main first).
Planted in each: two births (weeks 4 and 7), a growth (week 8), a theme that is closed, falls silent
(weeks 5 to 8) and returns (week 9), and two themes that a person merges (after week 5).
`--disjoint` never uses a row in two weeks in turn, so that known words cannot carry an id over.

Prints a line a file:
  pairs          of mention pairs of one cause in two weeks in turn, each in its week's best theme
                 of that cause, the share that has one id
  same_words     of mentions that come again in the same row in a later week, the share that keeps
                 its id
  births         planted births whose theme is born in that very week
  false_new      themes a week, from the second on, that are born for a cause that had one, or none
  reopened       1 when the return reopened the closed theme, with its id
  merged         share of later mentions of the merged theme's words that went to the target
  growth         1 when the planted growth was called growing in its week

`--trades` plays weeks of held-out trades of the authored corpus instead: ways are chosen on them.
`--big` times a week of 5,000 rows that is added to a store of 1,000,000 mentions.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from models.analysis import FeedbackModel
from models.encoders import Encoder
from models.text import normalize
from models.theme_axes import AXES_FOLDER
from models.themes import ThemeSettings
from pipeline.store.engine import Store, open_store
from pipeline.store.theme_edits import close, merge
from pipeline.store.theme_mentions import list_mentions
from pipeline.store.theme_registry import get_theme, list_themes
from pipeline.store.theme_week import WeekOutcome, fit_week

WEEKS = [f"2026-W{n}" for n in range(30, 42)]
NO_CAUSE = {"misc", "vague", "none", ""}
FILES = ("themes_waimai.csv", "themes_shop.csv")
BIRTHS = {4: "birth_a", 7: "birth_b"}
SILENT = range(5, 9)
GROWTH_WEEK, RETURN_WEEK, MERGE_WEEK = 8, 9, 5


@dataclass
class Plan:
    """Which cause plays which part; ranks by size, so that nothing is chosen by its content."""

    births: dict[int, str]
    returning: str
    growing: str
    merged: tuple[str, str]

    @classmethod
    def of(cls, causes: list[set[str]]) -> Plan:
        """Give the parts out by how frequent causes are."""
        counts = Counter(cause for row in causes for cause in row)
        ranked = sorted(counts, key=lambda cause: (-counts[cause], cause))
        first, second, third, fourth, fifth, sixth = ranked[:6]
        return cls({4: third, 7: fifth}, second, fourth, (first, sixth))

    def is_silent(self, cause: str, week: int) -> bool:
        """Say whether a cause is kept out of a week."""
        if cause == self.returning:
            return week in SILENT
        return any(cause == born and week < since for since, born in self.births.items())


@dataclass
class Seen:
    """What the weeks showed: per week, (source row, start, end) to theme id."""

    themes: list[dict[tuple[int, int, int], str]] = field(default_factory=list)
    outcomes: list[WeekOutcome] = field(default_factory=list)
    closed: str | None = None
    merged: tuple[str, str] | None = None
    growth: bool = False


def read(path: Path) -> tuple[list[str], list[set[str]]]:
    """Read texts and their causes."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    causes = [set(row.split(";")) - NO_CAUSE for row in table["causes"]]
    return [normalize(text) for text in table["text"]], causes


def sample_week(
    causes: list[set[str]], plan: Plan, week: int, rng: np.random.Generator, pool: Sequence[int]
) -> list[int]:
    """Choose a week's source rows: half of those that may appear; planted causes in full."""
    allowed = [i for i in pool if not any(plan.is_silent(c, week) for c in causes[i])]
    born = {plan.births.get(week), plan.returning if week == RETURN_WEEK else None}
    sure = [i for i in allowed if causes[i] & born]
    rest = [i for i in allowed if not causes[i] & born]
    chosen = rng.choice(rest, size=len(rest) // 2, replace=False).tolist()
    extra = [i for i in chosen if plan.growing in causes[i]] if week >= GROWTH_WEEK else []
    return sorted(sure + chosen) + extra * 2


def simulate(
    store: Store,
    texts: Sequence[str],
    causes: list[set[str]],
    encoder: Encoder,
    settings: ThemeSettings,
    disjoint: bool,
    seed: int,
    axes: Path = AXES_FOLDER,
) -> tuple[Seen, list[set[str]], Plan]:
    """Play the twelve weeks."""
    plan, seen = Plan.of(causes), Seen()
    rng = np.random.default_rng(seed)
    halves = np.array_split(rng.permutation(len(texts)), 2)
    for week, key in enumerate(WEEKS, start=1):
        pool = sorted(halves[week % 2].tolist()) if disjoint else range(len(texts))
        rows = sample_week(causes, plan, week, rng, pool)
        ids = [f"{key}-{n:04d}-{i}" for n, i in enumerate(rows)]
        frame = pd.DataFrame({"feedback_id": ids, "text": [texts[i] for i in rows]})
        frame["intent"] = "complaint"
        seen.outcomes.append(fit_week(store, frame, key, encoder, settings, axes_folder=axes))
        seen.themes.append(read_ids(store, key))
        act(store, seen, causes, plan, week)
    return seen, causes, plan


def read_ids(store: Store, week: str) -> dict[tuple[int, int, int], str]:
    """Theme of each mention of a week, by its source row."""
    found = {}
    for view in list_themes(store, week):
        for m in list_mentions(store, view.id, week, limit=10**6) if view.n else ():
            found[int(m.feedback_id.rsplit("-", 1)[1]), m.start, m.end] = view.id
    return found


def act(store: Store, seen: Seen, causes: list[set[str]], plan: Plan, week: int) -> None:
    """Do what a person does in that week."""
    themes = seen.themes[-1]
    if week == SILENT.start - 1:
        seen.closed = best_theme(themes, causes, plan.returning)
        if seen.closed:
            close(store, seen.closed, who="reader")
    if week == MERGE_WEEK:
        # A person who has just closed a theme does not merge it away: its return could not be seen.
        others = {place: theme for place, theme in themes.items() if theme != seen.closed}
        pair = [best_theme(others, causes, cause) for cause in plan.merged]
        if pair[0] and pair[1] and pair[0] != pair[1]:
            merge(store, pair[1], pair[0], who="reader")
            seen.merged = (pair[1], pair[0])
    if week == GROWTH_WEEK:
        theme = best_theme(themes, causes, plan.growing)
        seen.growth = bool(theme) and get_theme(store, str(theme)).theme.status == "growing"


def best_theme(
    themes: dict[tuple[int, int, int], str], causes: list[set[str]], cause: str
) -> str | None:
    """The theme whose rows fit a cause's best (F1)."""
    rows: dict[str, set[int]] = {}
    for (row, _, _), theme in themes.items():
        rows.setdefault(theme, set()).add(row)
    seen = {row for own in rows.values() for row in own}
    wanted = {row for row in seen if cause in causes[row]}
    scores = {t: 2 * len(own & wanted) / (len(own) + len(wanted)) for t, own in rows.items()}
    best = max(sorted(scores), key=lambda theme: scores[theme], default=None)
    return best if best is not None and scores[best] > 0 else None


def measure(seen: Seen, causes: list[set[str]], plan: Plan) -> dict[str, float]:
    """Turn what was seen into figures."""
    target = dict([seen.merged]) if seen.merged else {}
    weeks = [{p: target.get(t, t) for p, t in themes.items()} for themes in seen.themes]
    pairs, same = pair_continuity(weeks, causes), word_continuity(weeks)
    births = [is_born(seen, causes, cause, week) for week, cause in plan.births.items()]
    back = best_theme(seen.themes[RETURN_WEEK - 1], causes, plan.returning)
    reopened = back == seen.closed and back in seen.outcomes[RETURN_WEEK - 1].regressed
    return {
        "pairs": pairs,
        "same_words": same,
        "births": float(np.mean(births)),
        "false_new": false_new(seen, causes, plan),
        "reopened": float(reopened),
        "merged": merged_share(seen),
        "growth": float(seen.growth),
        "themes": float(len({t for themes in weeks for t in themes.values()})),
    }


def pair_continuity(weeks: list[dict[tuple[int, int, int], str]], causes: list[set[str]]) -> float:
    """Share of mention pairs of a cause's best themes of two weeks in turn that have one id."""
    kept = total = 0
    for before, after in pairwise(weeks):
        for cause in sorted(set().union(*causes)):
            one, two = best_theme(before, causes, cause), best_theme(after, causes, cause)
            if one is None or two is None:
                continue
            n = _size(before, causes, cause, one) * _size(after, causes, cause, two)
            total, kept = total + n, kept + n * (one == two)
    return kept / max(1, total)


def _size(
    themes: dict[tuple[int, int, int], str], causes: list[set[str]], cause: str, theme: str
) -> int:
    return sum(t == theme and cause in causes[place[0]] for place, t in themes.items())


def word_continuity(weeks: list[dict[tuple[int, int, int], str]]) -> float:
    """Share of mentions seen again in a later week that keep their id."""
    last: dict[tuple[int, int, int], str] = {}
    kept = total = 0
    for themes in weeks:
        for place, theme in themes.items():
            if place in last:
                total, kept = total + 1, kept + (last[place] == theme)
            last[place] = theme
    return kept / total if total else float("nan")


def is_born(seen: Seen, causes: list[set[str]], cause: str, week: int) -> bool:
    """Say whether a cause's best theme of its first week is new in that week."""
    return best_theme(seen.themes[week - 1], causes, cause) in seen.outcomes[week - 1].born


def false_new(seen: Seen, causes: list[set[str]], plan: Plan) -> float:
    """Themes a week that are born though their main cause had a theme, or that have no cause."""
    had: set[str] = set()
    false = 0
    for week, (themes, outcome) in enumerate(zip(seen.themes, seen.outcomes, strict=True), start=1):
        main = {theme: main_cause(themes, causes, theme) for theme in set(themes.values())}
        if week > 1:
            false += sum(
                main.get(t) is None or (main[t] in had and main[t] != plan.births.get(week))
                for t in outcome.born
            )
        had |= {cause for cause in main.values() if cause}
    return false / (len(WEEKS) - 1)


def main_cause(
    themes: dict[tuple[int, int, int], str], causes: list[set[str]], theme: str
) -> str | None:
    """The cause that most of a theme's rows have."""
    rows = {place[0] for place, t in themes.items() if t == theme}
    counts = Counter(cause for row in rows for cause in causes[row])
    return min(counts, key=lambda cause: (-counts[cause], cause), default=None)


def merged_share(seen: Seen) -> float:
    """Share of the merged theme's words that are found in its target afterwards."""
    if seen.merged is None:
        return float("nan")
    old, target = seen.merged
    places = {p for themes in seen.themes[:MERGE_WEEK] for p, t in themes.items() if t == old}
    later = [t for themes in seen.themes[MERGE_WEEK:] for p, t in themes.items() if p in places]
    return later.count(target) / len(later) if later else float("nan")


def main() -> None:
    """Print one line of figures a file, or the seconds of a big store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gold", type=Path, nargs="?")
    parser.add_argument("--trades", nargs="+", default=[])
    parser.add_argument("--model", type=Path, default=Path("models/artifacts/default"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--disjoint", action="store_true")
    parser.add_argument("--big", action="store_true")
    parser.add_argument("--store", help="for --big; a SQLite file in a temporary folder by default")
    options = parser.parse_args()
    if not options.gold and not options.trades:
        parser.error("give GOLD_DIR or --trades")
    encoder = FeedbackModel.load(options.model).artifact.encoder
    settings = ThemeSettings()
    if options.trades:
        from benchmarks.weeks_dev import measure_trades

        measure_trades(options.trades, encoder, settings, options.disjoint, options.seed)
        return
    with tempfile.TemporaryDirectory() as folder:
        if options.big:
            from benchmarks.weeks_big import time_big

            url = options.store or f"sqlite:///{folder}/big.db"
            texts = [text for name in FILES for text in read(options.gold / name)[0]]
            figures = time_big(open_store(url), texts, encoder, settings)
            print(" ".join(f"{name}={value:.1f}" for name, value in figures.items()))
            return
        for name in FILES:
            start = time.perf_counter()
            store = open_store(f"sqlite:///{folder}/{name}.db")
            texts, causes = read(options.gold / name)
            seen, causes, plan = simulate(
                store, texts, causes, encoder, settings, options.disjoint, options.seed
            )
            figures = measure(seen, causes, plan) | {"seconds": time.perf_counter() - start}
            print(
                name, " ".join(f"{key}={value:.3f}" for key, value in figures.items()), flush=True
            )


if __name__ == "__main__":
    main()
