"""How well themes match labelled causes, and how fast they are, beside BERTopic.

    python -m benchmarks.themes FILE.csv… [--encoder FOLDER] [--confirmed 5] [--bertopic] [--names]
    python -m benchmarks.themes --n 100000 [--bertopic]

Each file has columns id, text, causes (`;`-joined; misc, vague and none are no causes). Cold, no
label is used to find themes. Prints, a file and method a line: macro-F1 of causes against their
best one-to-one theme, share of causes at F1 ≥ 0.5, extended B-cubed F1, share of rows in no theme,
themes (at most three a cause count), seconds. `--confirmed K`: K rows a cause, drawn at random
five times, are given as confirmed; they do not count in the score, nor in that of the cold run
beside it. `--n` measures time and memory
on so many mentions made of the corpus's clauses. A transformer's vectors are kept under the
temporary folder and are not part of the time; texts are never kept.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.theme_peers import bertopic
from benchmarks.theme_scores import incidence, scores
from models.artifact import DEFAULT_FOLDER, MANIFEST, load_artifact
from models.encoders import Encoder, SentenceEncoder
from models.mentions import split_mentions
from models.text import normalize
from models.theme_axes import AXES_FOLDER
from models.theme_guidance import Guidance
from models.themes import ThemeSettings, fit_themes

NO_CAUSE = {"misc", "vague", "none"}
CACHE = Path(tempfile.gettempdir()) / "huiyin-themes"
CORPUS = Path("data/processed/corpus.parquet")
PEER_ENCODER = Path("models/artifacts/teacher-base")
DRAWS = 5


class CachedEncoder:
    """A transformer that is loaded only for texts whose vectors are not on disk yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dim = 384

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; one .npy for each set of texts, named by a digest of model and texts."""
        stamp = max(p.stat().st_mtime_ns for p in self.path.rglob("*") if p.is_file())
        key = "\n".join([str(self.path), str(stamp), *texts])
        file = CACHE / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.npy"
        if not file.exists():
            CACHE.mkdir(parents=True, exist_ok=True)
            np.save(file, SentenceEncoder.load(self.path, max_length=64).encode(texts))
        found: np.ndarray = np.load(file)
        return found


def open_encoder(folder: Path) -> Encoder:
    """The student of a model folder, or a transformer with its vectors kept."""
    return load_artifact(folder).encoder if (folder / MANIFEST).exists() else CachedEncoder(folder)


def read_gold(path: Path) -> tuple[pd.DataFrame, list[set[str]]]:
    """Read rows as the stage sees them, and each row's causes apart from them."""
    table = pd.read_csv(path, dtype=str)
    rows = pd.DataFrame({"feedback_id": table["id"], "text": [normalize(t) for t in table["text"]]})
    return rows, [set(causes.split(";")) - NO_CAUSE for causes in table["causes"]]


def label_table(causes: Sequence[set[str]]) -> tuple[list[str], np.ndarray]:
    """Names of the causes, and rows by causes."""
    names = sorted(set().union(*causes))
    return names, np.array([[name in row for name in names] for row in causes], dtype=float)


def measure_confirmed(
    rows: pd.DataFrame,
    causes: Sequence[set[str]],
    encoder: Encoder,
    settings: ThemeSettings,
    k: int,
    axes: Path,
) -> tuple[dict[str, float], dict[str, float]]:
    """Give k random rows of each cause as confirmed; mean scores of the others, and cold."""
    names, labels = label_table(causes)
    ids = list(rows["feedback_id"])
    cold = incidence(fit_themes(rows, encoder, settings, axes_folder=axes), ids)
    found, without = [], []
    for draw in range(DRAWS):
        rng = np.random.default_rng(draw)
        drawn = {n: rng.permutation(np.flatnonzero(labels[:, j]))[:k] for j, n in enumerate(names)}
        seeds = {name: [str(rows["text"][i]) for i in where] for name, where in drawn.items()}
        report = fit_themes(rows, encoder, settings, Guidance(seeds), axes)
        kept = np.ones(len(rows), dtype=bool)
        kept[np.concatenate(list(drawn.values()))] = False
        found.append(scores(labels[kept], incidence(report, ids)[kept]))
        without.append(scores(labels[kept], cold[kept]))
    return _means(found), _means(without)


def _means(found: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def many_rows(n_mentions: int, seed: int = 0) -> pd.DataFrame:
    """Rows of one to three clauses of the corpus's complaints, so many clauses in all."""
    corpus = pd.read_parquet(CORPUS, columns=["text", "intent"])
    texts = corpus.loc[corpus["intent"] == "complaint", "text"]
    clauses = np.array([piece.text for text in texts for piece in split_mentions(text)])
    rng = np.random.default_rng(seed)
    picked = clauses[rng.integers(0, len(clauses), n_mentions)]
    cuts = np.cumsum(rng.integers(1, 4, n_mentions))
    parts = np.split(picked, cuts[cuts < n_mentions])
    ids = [f"M{i:07d}" for i in range(len(parts))]
    return pd.DataFrame({"feedback_id": ids, "text": ["，".join(part) for part in parts]})


def measure_speed(n_mentions: int, encoder: Encoder, with_peer: bool) -> None:
    """Print seconds and the peak of memory; the peer gets its vectors for nothing."""
    rows = many_rows(n_mentions)
    start = time.perf_counter()
    report = fit_themes(rows, encoder)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"huiyin   rows={len(rows)} themes={len(report.themes)} s={seconds:.1f} peak_gb={peak:.2f}"
    )
    if with_peer:
        topics, peer_s = bertopic(list(rows["text"]), encoder.encode(list(rows["text"])))
        print(
            f"bertopic rows={len(rows)} themes={topics.shape[1]} s={peer_s:.1f} "
            f"ratio={peer_s / seconds:.1f}"
        )


def measure_file(path: Path, encoder: Encoder, options: argparse.Namespace) -> None:
    """Print the figures of one file."""
    settings = parse_settings(options.set)
    rows, causes = read_gold(path)
    _, labels = label_table(causes)
    start = time.perf_counter()
    report = fit_themes(rows, encoder, settings, axes_folder=options.axes)
    seconds = time.perf_counter() - start
    themes = incidence(report, list(rows["feedback_id"]))
    _print(path.stem, "huiyin cold", {**scores(labels, themes), "seconds": seconds})
    if options.confirmed:
        found, cold = measure_confirmed(
            rows, causes, encoder, settings, options.confirmed, options.axes
        )
        _print(path.stem, f"huiyin {options.confirmed} confirmed", found)
        _print(path.stem, "cold, same rows", cold)
    if options.bertopic:
        texts = list(rows["text"])
        topics, seconds = bertopic(texts, CachedEncoder(PEER_ENCODER).encode(texts))
        _print(path.stem, "bertopic", {**scores(labels, topics), "seconds": seconds})
    for theme in report.themes if options.names else ():
        quotes = " | ".join(quote.text for quote in theme.quotes)
        print(f"  {theme.id} {theme.name} ({theme.size}) {'/'.join(theme.keywords)} | {quotes}")


def _print(file: str, method: str, figures: dict[str, float]) -> None:
    shown = " ".join(f"{name}={value:.3f}" for name, value in figures.items())
    print(f"{file:14s} {method:18s} {shown}", flush=True)


def parse_settings(pairs: Sequence[str]) -> ThemeSettings:
    """Read NAME=VALUE overrides of `ThemeSettings`."""
    kinds = {f.name: type(f.default) for f in fields(ThemeSettings)}
    given = dict(pair.split("=", 1) for pair in pairs)
    return ThemeSettings(
        **{k: v == "true" if kinds[k] is bool else kinds[k](v) for k, v in given.items()}
    )


def main() -> None:
    """Measure the files, then speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--encoder", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--axes", type=Path, default=AXES_FOLDER, help="folder of cause axes")
    parser.add_argument("--confirmed", type=int, default=0, metavar="K")
    parser.add_argument("--bertopic", action="store_true", help="run BERTopic beside it")
    parser.add_argument("--names", action="store_true", help="also list themes and their quotes")
    parser.add_argument("--n", type=int, default=0, metavar="MENTIONS")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    encoder = open_encoder(options.encoder)
    for path in options.files:
        measure_file(path, encoder, options)
    if options.n:
        measure_speed(options.n, encoder, options.bertopic)


if __name__ == "__main__":
    main()
