"""BERTopic as shipped, beside ours: its defaults, Chinese words from jieba for its vectoriser."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from models.themes import default_tag


def bertopic(texts: Sequence[str], embeddings: np.ndarray) -> tuple[np.ndarray, float]:
    """Run BERTopic's default pipeline on whole rows.

    Args:
        texts: Rows.
        embeddings: Their vectors, shape (n, dim); not part of the time.

    Returns:
        Rows by topics, ones and zeros, and the seconds it took.
    """
    import umap  # noqa: F401  (compiled before the clock starts)
    from bertopic import BERTopic
    from sklearn.feature_extraction.text import CountVectorizer

    tag = default_tag()
    words = CountVectorizer(tokenizer=lambda text: [w for w, _ in tag(text)], token_pattern=None)
    start = time.perf_counter()
    topics, _ = BERTopic(vectorizer_model=words).fit_transform(list(texts), embeddings)
    seconds = time.perf_counter() - start
    labels = np.array(topics)
    names = sorted(set(topics) - {-1})
    return (labels[:, None] == np.array(names)[None, :]).astype(float), seconds
