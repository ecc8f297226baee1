"""How well themes match labelled causes, cold: no label is used to find them.

    python -m benchmarks.themes FILE.csv… [--encoder FOLDER] [--names] [--set granularity=0.5]…

Each file has columns id, text, causes (`;`-joined; misc, vague and none are no causes). Prints, a
file a line: macro-F1 of causes against their best one-to-one theme, share of causes at F1 ≥ 0.5,
extended B-cubed F1 (Amigó 2009; a row in no theme stands alone), share of rows in no theme,
seconds. At most three themes a cause count, the largest first.
Vectors are kept under the temporary folder, texts never.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from models.encoders import Encoder, SentenceEncoder
from models.text import normalize
from models.theme_report import ThemeReport
from models.themes import ThemeSettings, fit_themes

NO_CAUSE = {"misc", "vague", "none"}
CACHE = Path(tempfile.gettempdir()) / "huiyin-themes"
DEFAULT_ENCODER = Path("models/artifacts/teacher-base")


class CachedEncoder:
    """Loads the model only for phrases whose vectors are not on disk yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dim = 0

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; one .npy for each set of texts, named by a digest of model and texts."""
        stamp = max(p.stat().st_mtime_ns for p in self.path.rglob("*") if p.is_file())
        key = "\n".join([str(self.path), str(stamp), *texts])
        digest = hashlib.sha256(key.encode()).hexdigest()
        file = CACHE / f"{digest[:24]}.npy"
        if not file.exists():
            CACHE.mkdir(parents=True, exist_ok=True)
            np.save(file, SentenceEncoder.load(self.path, max_length=64).encode(texts))
        found: np.ndarray = np.load(file)
        return found


def read_gold(path: Path) -> tuple[pd.DataFrame, list[set[str]]]:
    """Read rows as the stage sees them, and each row's causes apart from them."""
    table = pd.read_csv(path, dtype=str)
    rows = pd.DataFrame({"feedback_id": table["id"], "text": [normalize(t) for t in table["text"]]})
    return rows, [set(causes.split(";")) - NO_CAUSE for causes in table["causes"]]


def incidence(report: ThemeReport, ids: Sequence[str], n_most: int) -> np.ndarray:
    """Rows by themes, ones where a row mentions a theme; the largest `n_most` themes."""
    position = {id_: i for i, id_ in enumerate(ids)}
    column = {theme.id: j for j, theme in enumerate(report.themes[:n_most])}
    found = np.zeros((len(ids), len(column)))
    for row in report.mentions.itertuples():
        if row.theme_id in column:
            found[position[row.feedback_id], column[row.theme_id]] = 1
    return found


def matched_f1(labels: np.ndarray, themes: np.ndarray) -> np.ndarray:
    """F1 of each cause against its theme in the best one-to-one matching, 0 without one."""
    both = labels.T @ themes
    f1 = 2 * both / np.maximum(labels.sum(0)[:, None] + themes.sum(0)[None, :], 1)
    found = np.zeros(len(f1))
    causes, matched = linear_sum_assignment(-f1)
    found[causes] = f1[causes, matched]
    return found


def b_cubed(labels: np.ndarray, themes: np.ndarray) -> float:
    """Extended B-cubed F1 over rows with a cause."""
    alone = np.diag((themes.sum(1) == 0).astype(float))
    kept = labels.sum(1) > 0
    labels, themes = labels[kept], np.hstack([themes, alone])[kept]
    same_theme, same_cause = themes @ themes.T, labels @ labels.T
    shared = np.minimum(same_theme, same_cause)
    precision = _mean_where(shared, same_theme)
    recall = _mean_where(shared, same_cause)
    return 2 * precision * recall / (precision + recall)


def _mean_where(shared: np.ndarray, pairs: np.ndarray) -> float:
    ratio = np.divide(shared, pairs, out=np.zeros_like(shared), where=pairs > 0)
    return float((ratio.sum(1) / (pairs > 0).sum(1)).mean())


def measure(
    path: Path, encoder: Encoder, settings: ThemeSettings
) -> tuple[dict[str, float], ThemeReport]:
    """Find the themes of one file and score them."""
    rows, causes = read_gold(path)
    names = sorted(set().union(*causes))
    labels = np.array([[name in row for name in names] for row in causes], dtype=float)
    start = time.perf_counter()
    report = fit_themes(rows, encoder, settings)
    seconds = time.perf_counter() - start
    themes = incidence(report, list(rows["feedback_id"]), 3 * len(names))
    f1 = matched_f1(labels, themes)
    return {
        "macro_f1": float(f1.mean()),
        "causes_at_0.5": float((f1 >= 0.5).mean()),
        "b_cubed": b_cubed(labels, themes),
        "in_no_theme": float((themes.sum(1) == 0).mean()),
        "themes": float(themes.shape[1]),
        "causes": float(len(names)),
        "seconds": seconds,
    }, report


def parse_settings(pairs: Sequence[str]) -> ThemeSettings:
    """Read NAME=VALUE overrides of `ThemeSettings`."""
    kinds = {f.name: type(f.default) for f in fields(ThemeSettings)}
    given = dict(pair.split("=", 1) for pair in pairs)
    return ThemeSettings(
        **{k: v == "true" if kinds[k] is bool else kinds[k](v) for k, v in given.items()}
    )


def main() -> None:
    """Print one line of figures a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--encoder", type=Path, default=DEFAULT_ENCODER)
    parser.add_argument(
        "--names", action="store_true", help="also list themes with keywords and a quote"
    )
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    settings = parse_settings(options.set)
    for path in options.files:
        figures, report = measure(path, CachedEncoder(options.encoder), settings)
        print(path.stem, " ".join(f"{name}={value:.3f}" for name, value in figures.items()))
        for theme in report.themes if options.names else ():
            print(
                f"  {theme.id} {theme.name} ({theme.size}) {'/'.join(theme.keywords)} | "
                + " | ".join(quote.text for quote in theme.quotes[:3])
            )


if __name__ == "__main__":
    main()
