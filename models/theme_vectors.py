"""Vectors in which the same failing lies together: the encoder's view beside the characters'.

The encoder's cone is removed by centring (every sentence embedding shares a strong mean
direction), the less the more the phrases' words agree: in a batch of one theme the mean is the
theme. The keyword view is TF-IDF of what remains once intensity is stripped. Both are joined and
reduced by a seeded SVD.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.encoders import unit_rows
from models.theme_polarity import strip_intensity

_KEYWORD_DIM = 100


def cause_vectors(
    phrases: Sequence[str], embeddings: np.ndarray, keyword_weight: float, dim: int, seed: int
) -> np.ndarray:
    """Join the two views and reduce them.

    Args:
        phrases: What each mention group says, in canonical order.
        embeddings: Unit rows of the same phrases, shape (n, encoder dim).
        keyword_weight: How much the keyword view counts beside the encoder's, 0 leaves it out.
        dim: Width of the result at most.
        seed: Of the SVD.

    Returns:
        Unit rows, shape (n, at most `dim`), float32; phrases without any signal are zero rows.
    """
    if len(phrases) < 2:
        return unit_rows(embeddings)
    share = 1 - agreement(phrases)
    meaning = unit_rows(embeddings - share * embeddings.mean(axis=0))
    if keyword_weight == 0:
        return _reduce(meaning, dim, seed)
    words = _reduce(keyword_counts(phrases), _KEYWORD_DIM, seed)
    return _reduce(unit_rows(np.hstack([meaning, keyword_weight * words])), dim, seed)


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
    return TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True).fit_transform(
        bare
    )


def _reduce(rows: Any, dim: int, seed: int) -> np.ndarray:
    from sklearn.decomposition import TruncatedSVD

    dim = min(dim, min(rows.shape) - 1)
    if dim < 2:
        return unit_rows(rows if isinstance(rows, np.ndarray) else rows.toarray())
    return unit_rows(TruncatedSVD(dim, random_state=seed).fit_transform(rows))
