"""Choose between ways to find themes without touching the labelled files they are measured on.

    python -m benchmarks.themes_dev [--trades 外卖餐饮 电商] [--confirmed 5] [--draws 2] [--joined]

Each trade of the authored complaints is held out in turn: the axes of known causes are learnt from
the other trades, then its rows are grouped, cold and with five confirmed rows a cause. Causes with
at least ten rows count; the score is that of `benchmarks.themes`. `--joined` puts one to three
complaints in a row, at times with a word of praise: real rows name several failings, and a row
that is confirmed for one of them does not say which.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.theme_scores import incidence, scores
from models.artifact import DEFAULT_FOLDER, load_artifact
from models.encoders import Encoder
from models.text import normalize
from models.theme_guidance import Guidance
from models.themes import fit_themes
from pipeline.theme_axes import AxesParams, learn_from

CORPUS = Path("data/processed/corpus.parquet")
TRADES = ("外卖餐饮", "电商", "旅游酒店")
LEAST_ROWS = 10
SHORT = 25
PRAISED = 0.3


def learn_without(trade: str, corpus: pd.DataFrame, encoder: Encoder, folder: Path) -> Path:
    """Learn axes from the other trades, once a folder."""
    from safetensors.numpy import save_file

    file = folder / trade / "axes.safetensors"
    if not file.exists():
        axes = learn_from(corpus[corpus["trade"] != trade], encoder, AxesParams())
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file(axes.tensors(), file)
    return file.parent


def held_out(
    trade: str, corpus: pd.DataFrame, is_joined: bool = False
) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows of one trade's complaints, and rows by causes."""
    rows = corpus[(corpus["trade"] == trade) & (corpus["intent"] == "complaint")]
    rows = rows[(rows["source"] == "authored") & (rows["cause"] != "未说明原因")]
    causes = rows["cause"].value_counts()
    names = sorted(causes.index[causes >= LEAST_ROWS])
    labels = (rows["cause"].to_numpy()[:, None] == np.array(names)[None, :]).astype(float)
    texts = [normalize(text) for text in rows["text"]]
    if is_joined:
        is_praise = (corpus["intent"] == "praise") & (corpus["source"] == "authored")
        praise = [normalize(text) for text in corpus.loc[is_praise, "text"]]
        texts, labels = joined(texts, labels, [text for text in praise if len(text) <= SHORT])
        labels = labels[:, labels.sum(axis=0) >= LEAST_ROWS]
    ids = [f"{i:05d}" for i in range(len(texts))]
    return pd.DataFrame({"feedback_id": ids, "text": texts}), labels


def joined(
    texts: Sequence[str], labels: np.ndarray, praise: Sequence[str]
) -> tuple[list[str], np.ndarray]:
    """Rows of one to three complaints, three in ten with praise; the same each time."""
    rng = np.random.default_rng(0)
    order, rows, causes = list(rng.permutation(len(texts))), [], []
    while order:
        size = int(rng.choice([1, 2, 3], p=[0.5, 0.35, 0.15]))
        part, order = order[:size], order[size:]
        said = [texts[i] for i in part]
        if rng.random() < PRAISED:
            said.insert(int(rng.integers(0, 2)), praise[int(rng.integers(len(praise)))])
        rows.append("，".join(said))
        causes.append(labels[part].max(axis=0))
    return rows, np.array(causes)


def measure(
    rows: pd.DataFrame, labels: np.ndarray, encoder: Encoder, k: int, draw: int, folder: Path
) -> dict[str, float]:
    """Scores of the rows that were not drawn as confirmed; k = 0 is the cold run."""
    rng = np.random.default_rng(draw)
    drawn = [rng.permutation(np.flatnonzero(column))[:k] for column in labels.T]
    seeds = {str(j): [str(rows["text"][i]) for i in where] for j, where in enumerate(drawn)}
    guidance = Guidance(seeds) if k else None
    report = fit_themes(rows, encoder, guidance=guidance, axes_folder=folder)
    kept = np.ones(len(rows), dtype=bool)
    kept[np.concatenate(drawn).astype(int)] = False
    return scores(labels[kept], incidence(report, list(rows["feedback_id"]))[kept])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the held-out trades."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trades", nargs="+", default=list(TRADES))
    parser.add_argument("--confirmed", type=int, default=5)
    parser.add_argument("--draws", type=int, default=2)
    parser.add_argument("--joined", action="store_true", help="several complaints in a row")
    parser.add_argument("--model", type=Path, default=DEFAULT_FOLDER)
    options = parser.parse_args(arguments)
    corpus = pd.read_parquet(CORPUS).fillna("")
    encoder = load_artifact(options.model).encoder
    with tempfile.TemporaryDirectory() as folder:
        for trade in options.trades:
            axes = learn_without(trade, corpus, encoder, Path(folder))
            rows, labels = held_out(trade, corpus, options.joined)
            runs = {"cold": [measure(rows, labels, encoder, 0, 0, axes)]}
            runs[f"{options.confirmed} confirmed"] = [
                measure(rows, labels, encoder, options.confirmed, draw, axes)
                for draw in range(options.draws)
            ]
            for method, found in runs.items():
                mean = pd.DataFrame(found).mean()
                shown = " ".join(f"{name}={value:.3f}" for name, value in mean.items())
                print(f"{trade} causes={labels.shape[1]} {method}: {shown}", flush=True)


if __name__ == "__main__":
    main()
