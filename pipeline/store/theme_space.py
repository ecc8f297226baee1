"""The space in which themes of different weeks are compared.

Where cause axes were learnt for an encoder, mentions lie along them: they part causes better than
the encoder's own directions do. Everything here is the same in every week, unlike the vectors of
the clusterer, which are reduced anew for each batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.encoders import Encoder, unit_rows
from models.theme_axes import AXES_FOLDER, CauseAxes, find_axes

_CHANCE_WEIGHT = 0.7


class CauseSpace:
    """An encoder's vectors read along cause axes."""

    def __init__(self, encoder: Encoder, axes: CauseAxes) -> None:
        self._encoder, self._axes = encoder, axes

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        n_axes: int = self._axes.axes.shape[1]
        return n_axes + len(self._axes.causes)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Place texts.

        Args:
            texts: Any number.

        Returns:
            Unit rows, shape (n, dim), float32.
        """
        if not len(texts):
            return np.zeros((0, self.dim), dtype=np.float32)
        places, chances = self._axes.read(list(texts), self._encoder.encode(texts))
        return unit_rows(np.hstack([places, _CHANCE_WEIGHT * np.sqrt(chances)])).astype(np.float32)


def space_of(encoder: Encoder, folder: Path = AXES_FOLDER) -> Encoder:
    """Choose the space for an encoder.

    Args:
        encoder: Any.
        folder: Where axes lie.

    Returns:
        Its cause space; itself where no axes were learnt for it.
    """
    axes = find_axes(encoder, folder)
    return CauseSpace(encoder, axes) if axes is not None else encoder
