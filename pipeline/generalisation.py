"""Stage `generalisation`: how far the corpus carries, to fewer rows and to a trade never seen.

A quick linear model stands in for the product's: it is the shape of the curve and the gap between
trades that count here, not the level.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from pipeline.output import atomic_writer
from pipeline.stage import run_stage

FIELDS = ("type", "intent", "urgency")
FIRST_SIZE = 125
JUDGED = ("valid", "test")  # labels that their reader was unsure of judge nobody
_N_FEATURES = 2**17


@dataclass(frozen=True)
class Score:
    """How well a model did on rows that it never saw.

    Attributes:
        name: What was learnt from, or the trade left out.
        n_train: Rows learnt from.
        n_held_out: Rows judged.
        macro_f1: Field to macro-averaged F1 over the labels that occur in the judged rows.
    """

    name: str
    n_train: int
    n_held_out: int
    macro_f1: dict[str, float]


def learning_curve(corpus: pd.DataFrame, features: Any, seed: int = 0) -> list[Score]:
    """Train on 125, 250, 500 … and all training rows.

    Args:
        corpus: The prepared corpus, with its split.
        features: Of its rows, sparse, shape (n_rows, n_features).
        seed: Draws the rows; each size holds the smaller one.

    Returns:
        Scores on the validation and test rows together.
    """
    split = corpus["split"]
    order = np.random.default_rng(seed).permutation(np.flatnonzero(split == "train"))
    held_out = np.flatnonzero(split.isin(JUDGED))
    return [
        _score(corpus, features, order[:size], held_out, f"{size} rows")
        for size in _sizes(len(order))
    ]


def leave_one_trade_out(corpus: pd.DataFrame, features: Any) -> list[Score]:
    """Train on all other trades and judge each one.

    Args:
        corpus: The prepared corpus.
        features: Of its rows, sparse, shape (n_rows, n_features).

    Returns:
        One score a trade, in order of name.
    """
    trades = corpus["trade"].to_numpy(dtype=str)
    is_sure = corpus["split"].isin(["train", *JUDGED]).to_numpy()
    return [
        _score(
            corpus,
            features,
            np.flatnonzero(is_sure & (trades != trade)),
            np.flatnonzero(is_sure & (trades == trade)),
            str(trade),
        )
        for trade in np.unique(trades[is_sure])
    ]


def count_features(texts: Sequence[str]) -> Any:
    """Count hashed character 1–3-grams and words; nothing is learnt, so nothing can leak.

    Args:
        texts: Texts.

    Returns:
        Sparse counts, shape (n_texts, n_features).
    """
    import rjieba
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import HashingVectorizer

    options: dict[str, Any] = {
        "n_features": _N_FEATURES,
        "alternate_sign": False,
        "norm": None,
        "dtype": np.float32,
    }
    characters = HashingVectorizer(analyzer="char", ngram_range=(1, 3), **options)
    words = HashingVectorizer(analyzer=rjieba.cut, **options)
    return hstack([characters.transform(texts), words.transform(texts)], format="csr")


def format_scores(title: str, scores: Sequence[Score]) -> str:
    """Lay scores out as a Markdown table.

    Args:
        title: Head of the first column.
        scores: Its rows.

    Returns:
        The table.
    """
    head = [title, "learnt from", "judged", *(f"{field} F1" for field in FIELDS)]
    rows = [
        [s.name, f"{s.n_train:,}", f"{s.n_held_out:,}", *(f"{s.macro_f1[f]:.3f}" for f in FIELDS)]
        for s in scores
    ]
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *rows])


def _sizes(n_rows: int) -> list[int]:
    sizes = []
    size = FIRST_SIZE
    while size < n_rows:
        sizes.append(size)
        size *= 2
    return [*sizes, n_rows]


def _score(
    corpus: pd.DataFrame, features: Any, train: np.ndarray, held_out: np.ndarray, name: str
) -> Score:
    from sklearn.feature_extraction.text import TfidfTransformer

    weights = TfidfTransformer(sublinear_tf=True).fit(features[train])
    seen, unseen = weights.transform(features[train]), weights.transform(features[held_out])
    labels = {field: corpus[field].to_numpy(dtype=str) for field in FIELDS}
    macro_f1 = {f: _macro_f1(seen, y[train], unseen, y[held_out]) for f, y in labels.items()}
    return Score(name, len(train), len(held_out), macro_f1)


def _macro_f1(seen: Any, labels: np.ndarray, unseen: Any, truth: np.ndarray) -> float:
    from sklearn.linear_model import SGDClassifier
    from sklearn.metrics import f1_score

    if len(np.unique(labels)) == 1:
        predicted = np.full(len(truth), labels[0])
    else:
        model = SGDClassifier(alpha=3e-5, max_iter=12, tol=None, average=True, random_state=0)
        predicted = model.fit(seen, labels).predict(unseen)
    score = f1_score(truth, predicted, labels=np.unique(truth), average="macro", zero_division=0)
    return float(score)


def main(
    corpus: Annotated[Path, typer.Argument(help="the prepared corpus, Parquet")],
    output: Annotated[Path, typer.Argument(help="the scores, JSON")],
) -> None:
    """Measure how CORPUS carries to fewer rows and unseen trades, and write the scores."""
    rows = pd.read_parquet(corpus)
    features = count_features(list(rows["text"]))
    scores = {
        "learning_curve": learning_curve(rows, features),
        "leave_one_trade_out": leave_one_trade_out(rows, features),
    }
    content = {name: [asdict(score) for score in found] for name, found in scores.items()}
    with atomic_writer(output) as file:
        file.write(f"{json.dumps(content, ensure_ascii=False, indent=1)}\n".encode())
    typer.echo(format_scores("rows", scores["learning_curve"]), err=True)
    typer.echo(format_scores("trade left out", scores["leave_one_trade_out"]), err=True)


if __name__ == "__main__":
    run_stage(main)
