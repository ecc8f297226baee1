"""Vectors in which the same failing lies together.

Four views of a mention are joined and reduced:
- the encoder's, without its cone (every sentence embedding shares a strong mean direction), the
  less so the more the phrases' words agree: in a batch of one theme the mean is the theme;
- its place along the axes that part causes of other corpora (`models.theme_axes`);
- its chances of being one of the known causes, as square roots (Hellinger's distance);
- TF-IDF of the characters and character pairs that remain once intensity is stripped.
Without learnt axes the first and the last view stand alone. Everything is computed on one thread
and by exact methods, so that the number of cores changes no bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.encoders import unit_rows
from models.theme_axes import BACKGROUND, CauseAxes
from models.theme_polarity import strip_intensity

_KEYWORD_DIM = 100
_MEANING_WEIGHT = 0.5
_CHANCE_WEIGHT = 0.7
_SURE = 0.65
# Against few examples meaning tells more, and the place along the axes less.
_FEW_MEANING = 1.5
_FEW_PLACES = 0.6
_MANY = 20_000


@dataclass(frozen=True, eq=False)
class CauseVectors:
    """Mentions as the clusterer sees them.

    Attributes:
        rows: Unit rows, shape (n, at most `dim`), float32; zero without any signal.
        detail: The same before reduction, unit rows: few examples need every view in full, and
            weigh them otherwise.
        known: Known cause that a mention surely states, else -1, shape (n,).
        background: Which mentions state no failing at all, bool, shape (n,).
        chances: Of the known causes, the background left out, shape (n, n_causes); no column
            without axes.
    """

    rows: np.ndarray
    detail: np.ndarray
    known: np.ndarray
    background: np.ndarray
    chances: np.ndarray


def cause_vectors(
    phrases: Sequence[str],
    embeddings: np.ndarray,
    keyword_weight: float,
    dim: int,
    seed: int,
    axes: CauseAxes | None = None,
) -> CauseVectors:
    """Join the views and reduce them.

    Args:
        phrases: What each mention group says, in canonical order.
        embeddings: Unit rows of the same phrases, shape (n, encoder dim).
        keyword_weight: How much the keyword view counts beside the others, 0 leaves it out.
        dim: Width of the result at most.
        seed: Of the keyword view's reduction.
        axes: What was learnt about causes with this encoder, or None.

    Returns:
        The vectors and what is known of each mention.
    """
    n = len(phrases)
    known, background, named = np.full(n, -1), np.zeros(n, dtype=bool), np.zeros((n, 0))
    if n < 2:
        return CauseVectors(unit_rows(embeddings), unit_rows(embeddings), known, background, named)
    share = 1 - agreement(phrases)
    views = [unit_rows(embeddings - share * embeddings.mean(axis=0))]
    if axes is not None:
        places, chances = axes.read(phrases, embeddings)
        known, background = _verdicts(chances, axes.causes)
        named = chances[:, [cause != BACKGROUND for cause in axes.causes]]
        views = [_MEANING_WEIGHT * views[0], places, _CHANCE_WEIGHT * np.sqrt(chances)]
    if keyword_weight:
        views.append(keyword_weight * _reduce_counts(keyword_counts(phrases), seed))
    joined = np.hstack(views).astype(np.float32)
    return CauseVectors(_reduce(joined, dim), unit_rows(joined), known, background, named)


def agreement(phrases: Sequence[str]) -> float:
    """Say how much the phrases share their characters and character pairs.

    Args:
        phrases: At least two mentions.

    Returns:
        Mean cosine between two of them, from 0 (nothing shared) to 1 (all the same).
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), use_idf=False, binary=True)
    total = np.asarray(vectorizer.fit_transform(phrases).sum(axis=0))
    n = len(phrases)
    return max(0.0, float(np.square(total).sum() - n) / (n * (n - 1)))


def keyword_counts(phrases: Sequence[str]) -> Any:
    """Weigh characters and character pairs, intensity left out.

    Args:
        phrases: Mentions.

    Returns:
        TF-IDF rows, sparse, shape (n, n_features).
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    bare = [strip_intensity(phrase) or phrase for phrase in phrases]
    rare = 5 if len(phrases) > _MANY else 1
    return TfidfVectorizer(
        analyzer="char", ngram_range=(1, 2), sublinear_tf=True, min_df=rare
    ).fit_transform(bare)


def _few_weights(views: Sequence[np.ndarray]) -> np.ndarray:
    """What each column counts in comparison with few examples."""
    counts = [_FEW_MEANING, _FEW_PLACES, *[1.0] * (len(views) - 2)]
    columns = [np.full(view.shape[1], n) for view, n in zip(views, counts, strict=True)]
    return np.concatenate(columns).astype(np.float32)


def _verdicts(chances: np.ndarray, causes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Mentions that surely state a known cause, and mentions that surely state none."""
    likely, sure = chances.argmax(axis=1), chances.max(axis=1) >= _SURE
    nothing = causes.index(BACKGROUND) if BACKGROUND in causes else -1
    return (
        np.where(sure & (likely != nothing), likely, -1),
        (chances[:, nothing] > 0.5) if nothing >= 0 else np.zeros(len(chances), dtype=bool),
    )


def _reduce_counts(counts: Any, seed: int) -> np.ndarray:
    from sklearn.decomposition import TruncatedSVD

    dim = min(_KEYWORD_DIM, min(counts.shape) - 1)
    if dim < 2:
        return unit_rows(counts.toarray())
    return unit_rows(TruncatedSVD(dim, random_state=seed).fit_transform(counts))


def _reduce(rows: np.ndarray, dim: int) -> np.ndarray:
    """Project on the strongest directions, found exactly from the columns' products."""
    from scipy.linalg import eigh

    width = rows.shape[1]
    if min(dim, len(rows) - 1) >= width or min(dim, len(rows) - 1) < 2:
        return unit_rows(rows)
    _, axes = eigh(
        (rows.T @ rows).astype(np.float64),
        subset_by_index=[max(0, width - min(dim, len(rows) - 1)), width - 1],
    )
    return unit_rows(rows @ axes.astype(np.float32))
