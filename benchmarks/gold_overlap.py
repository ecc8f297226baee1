"""Does the corpus repeat a held-back row? Prints counts and our own row ids, stores nothing.

python -m benchmarks.gold_overlap GOLD_DIR [CORPUS]
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from models.privacy import mask
from models.text import normalize

SHORTEST = 8
ALIKE = 0.7
RUN = 12
_IGNORED = re.compile(r"\[[^\]]*\]|\s+")


def bare(text: str) -> str:
    """Drop blanks and the tags of masked data, which rows share without repeating each other."""
    return _IGNORED.sub("", text)


def grams(text: str, width: int) -> set[str]:
    """All runs of `width` characters."""
    return {text[start : start + width] for start in range(len(text) - width + 1)}


def read_gold(folder: Path) -> list[str]:
    """Read the texts of all held-back tables, prepared as the corpus is."""
    tables = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in folder.glob("*.csv")]
    texts = pd.concat([table["text"] for table in tables if "text" in table.columns])
    return [bare(mask(normalize(text)).text) for text in texts]


def find_overlaps(
    ids: Sequence[str], texts: Sequence[str], gold: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield our row id and how it repeats a held-back row (`alike` or `run`)."""
    gold_grams = [grams(text, 3) for text in gold]
    runs = {run for text in gold for run in grams(text, RUN)}
    holders = defaultdict(list)
    for row, found in enumerate(gold_grams):
        for gram in found:
            holders[gram].append(row)
    for row_id, text in zip(ids, map(bare, texts), strict=True):
        if len(text) < SHORTEST:
            continue
        ours = grams(text, 3)
        shared = Counter(row for gram in ours for row in holders.get(gram, ()))
        if any(n / len(ours | gold_grams[row]) >= ALIKE for row, n in shared.most_common(5)):
            yield row_id, "alike"
        if not runs.isdisjoint(grams(text, RUN)):
            yield row_id, "run"


def main() -> None:
    """Print how many corpus rows repeat a held-back one; exit 1 if any does."""
    if len(sys.argv) < 2:
        sys.exit("give the folder of the held-back CSV files")
    corpus = Path(sys.argv[2] if len(sys.argv) > 2 else "data/processed/corpus.parquet")
    rows = pd.read_parquet(corpus)
    gold = read_gold(Path(sys.argv[1]))
    found = list(find_overlaps(list(rows["id"]), list(rows["text"]), gold))
    print(f"{len(rows):,} corpus rows against {len(gold):,} held-back rows: {len(found)} overlaps")
    for row_id, kind in found:
        print(kind, row_id)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
