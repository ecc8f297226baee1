"""The quiz hides its answers and asks among near names."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd

from benchmarks.theme_quiz import LETTERS, make_quiz, nearest_themes, write_quiz
from models.theme_report import Quote, Theme, ThemeReport

WORDS = {"汤洒了": (1, 0, 0), "粥洒了": (1, 0.2, 0), "送餐慢": (0, 1, 0.1), "屏幕碎了": (0, 0, 1)}


class Words:
    """An encoder that knows four clauses."""

    dim = 3

    def encode(self, texts):
        return np.array([WORDS[text] for text in texts], dtype=float)


def report_of(words):
    themes = tuple(
        Theme(
            f"T{k}", word, (), tuple(Quote("A", word, 0, 3) for _ in range(5)), 1, 0, "", "", {}, 1
        )
        for k, word in enumerate(words)
    )
    rows = pd.DataFrame({"feedback_id": list("ABCD"), "text": words})
    mentions = rows.assign(theme_id=[t.id for t in themes], start=0, end=[len(w) for w in words])
    return ThemeReport(themes, mentions, mentions.head(0), 4), rows


def test_wrong_names_are_those_of_the_nearest_themes():
    """A spilt soup is hardest to tell from a spilt porridge."""
    report, rows = report_of(list(WORDS))
    near = nearest_themes(report, rows, Words())
    assert near[0, 0] == 1 and near[1, 0] == 0
    questions = make_quiz(report, near, 4, 100, 0)
    soup = next(q for q in questions if q.quotes[0] == "汤洒了")
    assert len(set(soup.names)) == 3 and "粥洒了" in soup.names


def test_the_key_names_the_right_letter_and_the_quiz_does_not(tmp_path):
    """The same seed asks the same."""
    report, rows = report_of(list(WORDS))
    near = nearest_themes(report, rows, Words())
    questions = make_quiz(report, near, 3, 100, 7)
    assert questions == make_quiz(report, near, 3, 100, 7)
    write_quiz(questions, tmp_path)
    asked = list(csv.DictReader((tmp_path / "quiz.csv").read_text("utf-8").splitlines()))
    key = list(csv.DictReader((tmp_path / "key.csv").read_text("utf-8").splitlines()))
    assert [q[k["answer"]] == q["quote_1"] for q, k in zip(asked, key, strict=True)] == [True] * 3
    assert "answer" not in asked[0] and set(LETTERS) < set(asked[0])
