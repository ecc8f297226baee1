"""Can a reader tell a theme's name from its quotes? Questions made of the public complaints.

    python -m benchmarks.theme_quiz FOLDER [--n 40] [--largest 100] [--seed 0] [--rows 0]

Finds the themes of the public complaints in the corpus, draws some of the largest and writes
`quiz.csv` (five quotes and three names: the theme's own and those of the two themes most like it,
in random order) and `key.csv` (which name is right) to FOLDER. The reader gets `quiz.csv` alone.
Near names make the test hard: a name that could stand for its neighbour is no good name.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from models.artifact import DEFAULT_FOLDER, load_artifact
from models.encoders import Encoder, unit_rows
from models.text import normalize
from models.theme_report import ThemeReport
from models.themes import fit_themes
from pipeline.store.theme_space import space_of

CORPUS = Path("data/processed/corpus.parquet")
AUTHORED = "authored"
N_QUOTES, LETTERS = 5, "ABC"


@dataclass(frozen=True)
class Question:
    """One theme to be recognised: its quotes, three names, and the letter of the right one."""

    quotes: tuple[str, ...]
    names: tuple[str, ...]
    answer: str


def public_complaints(n: int = 0) -> pd.DataFrame:
    """The corpus's complaints that stand on public sites; the first n, or all for 0."""
    corpus = pd.read_parquet(CORPUS, columns=["id", "text", "intent", "source"])
    rows = corpus[(corpus["source"] != AUTHORED) & (corpus["intent"] == "complaint")]
    rows = rows.drop_duplicates("text").sort_values("id", ignore_index=True)
    texts = [normalize(text) for text in rows["text"]]
    found = pd.DataFrame({"feedback_id": rows["id"], "text": texts})
    return found.head(n) if n else found


def nearest_themes(report: ThemeReport, rows: pd.DataFrame, space: Encoder) -> np.ndarray:
    """For each theme the others by how near their mentions lie, the nearest first."""
    text = dict(zip(rows["feedback_id"], rows["text"], strict=True))
    mentions = report.mentions
    said = [
        text[id_][start:end]
        for id_, start, end in zip(
            mentions["feedback_id"], mentions["start"], mentions["end"], strict=True
        )
    ]
    position = {theme.id: k for k, theme in enumerate(report.themes)}
    labels = np.array([position[id_] for id_ in mentions["theme_id"]])
    sums = np.zeros((len(position), space.dim))
    np.add.at(sums, labels, space.encode(said))
    centres = unit_rows(unit_rows(sums) - unit_rows(sums).mean(axis=0))
    alike = np.round(centres @ centres.T, 6)
    np.fill_diagonal(alike, -np.inf)
    return np.argsort(-alike, axis=1, kind="stable")


def make_quiz(
    report: ThemeReport, near: np.ndarray, n: int, largest: int, seed: int
) -> list[Question]:
    """Draw themes that have five quotes and ask for their names."""
    rng = np.random.default_rng(seed)
    able = [k for k, t in enumerate(report.themes) if len(t.quotes) >= N_QUOTES][:largest]
    questions = []
    for k in sorted(rng.choice(able, size=min(n, len(able)), replace=False).tolist()):
        theme = report.themes[k]
        names = [theme.name, *(report.themes[j].name for j in near[k, : len(LETTERS) - 1])]
        shown = [names[i] for i in rng.permutation(len(names))]
        quotes = tuple(quote.text for quote in theme.quotes[:N_QUOTES])
        questions.append(Question(quotes, tuple(shown), LETTERS[shown.index(theme.name)]))
    return [questions[i] for i in rng.permutation(len(questions))]


def write_quiz(questions: Sequence[Question], folder: Path) -> None:
    """Write the questions without answers, and the answers."""
    folder.mkdir(parents=True, exist_ok=True)
    head = ["number", *(f"quote_{i}" for i in range(1, N_QUOTES + 1)), *LETTERS]
    asked = [[n, *map(_plain, [*q.quotes, *q.names])] for n, q in enumerate(questions, start=1)]
    key = [[n, q.answer] for n, q in enumerate(questions, start=1)]
    for name, lines in (("quiz.csv", [head, *asked]), ("key.csv", [["number", "answer"], *key])):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)


def _plain(text: str) -> str:
    """Text that no spreadsheet computes."""
    return f"'{text}" if re.match(r"[=+\-@\t\r＝＋－＠]", text) else text


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a quiz and its key."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--n", type=int, default=40)
    parser.add_argument("--largest", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=0, help="the first so many, 0 for all")
    parser.add_argument("--model", type=Path, default=DEFAULT_FOLDER)
    options = parser.parse_args(arguments)
    encoder = load_artifact(options.model).encoder
    rows = public_complaints(options.rows)
    report = fit_themes(rows, encoder)
    near = nearest_themes(report, rows, space_of(encoder))
    questions = make_quiz(report, near, options.n, options.largest, options.seed)
    write_quiz(questions, options.folder)
    print(f"rows={len(rows)} themes={len(report.themes)} questions={len(questions)}")


if __name__ == "__main__":
    main()
