"""What is known beforehand about failings: axes along which they differ, and some 300 known causes.

Learnt by `pipeline.theme_axes` from short clauses whose cause is known, for one encoder: its
vectors beside TF-IDF of characters, whitened within causes (linear discriminant analysis, Fisher
1936), and a softmax over the known causes. Known causes only draw mentions together; whether a
theme exists, where it ends and how it is called comes from the batch. Axes know their encoder by
the vectors that it gives to `PROBES`, so that another encoder is never read along them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from models.encoders import Encoder, unit_rows
from models.errors import ArtifactError
from models.theme_polarity import strip_intensity

AXES_FOLDER = Path(__file__).parent / "artifacts" / "theme-axes"
BACKGROUND = "(背景)"
PROBES = ("送餐慢", "屏幕碎了", "客服不回复", "味道不错")
_SAME = 0.995
_CHUNK = 8192


@dataclass(frozen=True, eq=False)
class CauseAxes:
    """Learnt axes of one encoder.

    Attributes:
        grams: Characters and runs of up to three, in the order of `idf`.
        idf: Their weights, shape (n_grams,).
        words: Their directions, shape (n_grams, n_words).
        word_weight: How much they count beside the encoder.
        mean: Mean of the joined features, shape (n_features,).
        axes: Discriminant directions, shape (n_features, n_axes).
        head: Weights of the known causes, shape (n_features, n_causes).
        bias: Their offsets, shape (n_causes,).
        causes: Their names; `BACKGROUND` is one of them.
        probes: The encoder's vectors of `PROBES`, shape (n_probes, dim).
    """

    grams: tuple[str, ...]
    idf: np.ndarray
    words: np.ndarray
    word_weight: float
    mean: np.ndarray
    axes: np.ndarray
    head: np.ndarray
    bias: np.ndarray
    causes: tuple[str, ...]
    probes: np.ndarray

    @classmethod
    def load(cls, path: Path) -> CauseAxes:
        """Read axes.

        Args:
            path: A safetensors file that `pipeline.theme_axes` wrote.

        Returns:
            The axes.

        Raises:
            ArtifactError: If the file is damaged or of another kind.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            found = load_file(path)
            numbers = {
                name: found[name].astype(np.float32)
                for name in ("idf", "words", "mean", "axes", "head", "bias", "probes")
            }
            return cls(
                grams=_unpack(found["grams"]),
                causes=_unpack(found["causes"]),
                word_weight=float(found["word_weight"][0]),
                **numbers,
            )
        except (OSError, KeyError, ValueError, SafetensorError) as error:
            raise ArtifactError(
                f"{path}: no cause axes ({error!r}); rebuild: python -m pipeline.theme_axes"
            ) from error

    def tensors(self) -> dict[str, np.ndarray]:
        """Give what `load` reads, large tables in half precision."""
        return {
            "grams": _pack(self.grams),
            "causes": _pack(self.causes),
            "word_weight": np.array([self.word_weight], dtype=np.float32),
            "words": self.words.astype(np.float16),
            **{name: getattr(self, name).astype(np.float16) for name in ("axes", "head")},
            **{
                name: getattr(self, name).astype(np.float32)
                for name in ("idf", "mean", "bias", "probes")
            },
        }

    def fits(self, encoder: Encoder) -> bool:
        """Say whether these axes were learnt on an encoder's vectors.

        Args:
            encoder: Any encoder.

        Returns:
            Whether it gives the probes the vectors they had.
        """
        found = encoder.encode(list(PROBES))
        same = found.shape == self.probes.shape
        return same and bool((np.sum(found * self.probes, axis=1) > _SAME).all())

    def read(self, phrases: Sequence[str], embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Place mentions.

        Args:
            phrases: What each says.
            embeddings: The encoder's unit rows, shape (n, dim).

        Returns:
            Unit rows along the axes, shape (n, n_axes); chances of the known causes, shape
            (n, n_causes).
        """
        places = np.zeros((len(phrases), self.axes.shape[1]), dtype=np.float32)
        chances = np.zeros((len(phrases), len(self.causes)), dtype=np.float32)
        for start in range(0, len(phrases), _CHUNK):
            part = slice(start, start + _CHUNK)
            features = self._features(phrases[part], embeddings[part])
            places[part] = unit_rows((features - self.mean) @ self.axes)
            chances[part] = softmax(features @ self.head + self.bias)
        return places, chances

    def _features(self, phrases: Sequence[str], embeddings: np.ndarray) -> np.ndarray:
        words = unit_rows(np.asarray(self._vectorizer.transform(bare(phrases)) @ self.words))
        return np.hstack([unit_rows(embeddings), self.word_weight * words]).astype(np.float32)

    @cached_property
    def _vectorizer(self) -> Any:
        vectorizer = gram_vectorizer(vocabulary={gram: i for i, gram in enumerate(self.grams)})
        vectorizer.idf_ = self.idf.astype(np.float64)
        return vectorizer


def gram_vectorizer(**options: Any) -> Any:
    """Make the TF-IDF that training and use share.

    Args:
        **options: Vocabulary, or what a gram must have to enter it.

    Returns:
        A scikit-learn vectorizer.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, **options)


def bare(phrases: Sequence[str]) -> list[str]:
    """Strip intensity, but never down to nothing.

    Args:
        phrases: Mentions.

    Returns:
        One string a phrase.
    """
    return [strip_intensity(phrase) or phrase for phrase in phrases]


def softmax(logits: np.ndarray) -> np.ndarray:
    """Turn logits into chances.

    Args:
        logits: Shape (n, n_classes).

    Returns:
        Same shape, rows add up to one.
    """
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances: np.ndarray = raised / raised.sum(axis=1, keepdims=True)
    return chances


def find_axes(encoder: Encoder, folder: Path = AXES_FOLDER) -> CauseAxes | None:
    """Look for the axes that belong to an encoder.

    Args:
        encoder: Any encoder.
        folder: Where axes lie.

    Returns:
        The first whose probes the encoder knows; None when there is none: themes then stand on
        the encoder and the characters alone.
    """
    for path in sorted(folder.glob("*.safetensors")):
        axes = _load(path, path.stat().st_mtime_ns)
        if axes.probes.shape[1] == encoder.dim and axes.fits(encoder):
            return axes
    return None


@cache
def _load(path: Path, _changed: int) -> CauseAxes:
    return CauseAxes.load(path)


def _pack(words: Sequence[str]) -> np.ndarray:
    return np.frombuffer("\n".join(words).encode(), dtype=np.uint8)


def _unpack(data: np.ndarray) -> tuple[str, ...]:
    return tuple(data.tobytes().decode().split("\n"))
