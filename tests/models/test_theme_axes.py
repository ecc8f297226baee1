"""Axes belong to one encoder and survive being saved."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from models.encoders import unit_rows
from models.errors import ArtifactError
from models.theme_axes import BACKGROUND, PROBES, CauseAxes, find_axes
from models.theme_vectors import cause_vectors


class Encoder:
    """Fixed random directions, one a text; `salt` makes it another encoder."""

    dim = 16

    def __init__(self, salt: int = 0) -> None:
        self.salt = salt

    def encode(self, texts: list[str]) -> np.ndarray:
        seeds = [self.salt * 1_000_003 + sum(map(ord, text)) for text in texts]
        return unit_rows(np.stack([np.random.default_rng(s).normal(size=16) for s in seeds]))


@pytest.fixture
def axes() -> CauseAxes:
    rng = np.random.default_rng(0)
    head = np.zeros((20, 3))
    head[16] = (0, 9, 0)  # the word dimension of 洒
    head[17] = (9, 0, 0)  # … of 错
    return CauseAxes(
        grams=("洒", "错", "慢"),
        idf=np.ones(3),
        words=np.eye(3, 4),
        word_weight=1.0,
        mean=np.zeros(20),
        axes=rng.normal(size=(20, 5)),
        head=head,
        bias=np.zeros(3),
        causes=(BACKGROUND, "洒漏", "配送慢"),
        probes=Encoder().encode(list(PROBES)),
    )


def test_saving_keeps_what_axes_say(axes: CauseAxes, tmp_path: Path) -> None:
    """Half precision is enough for directions."""
    save_file(axes.tensors(), tmp_path / "a.safetensors")
    again = CauseAxes.load(tmp_path / "a.safetensors")
    phrases = ["汤洒了", "慢"]
    vectors = Encoder().encode(phrases)
    assert again.causes == axes.causes
    for one, other in zip(axes.read(phrases, vectors), again.read(phrases, vectors), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)


def test_axes_are_found_by_their_encoder_alone(axes: CauseAxes, tmp_path: Path) -> None:
    """Another encoder's vectors mean nothing along these axes."""
    save_file(axes.tensors(), tmp_path / "a.safetensors")
    assert find_axes(Encoder(), tmp_path) is not None
    assert find_axes(Encoder(salt=1), tmp_path) is None


def test_damaged_axes_say_how_to_rebuild(tmp_path: Path) -> None:
    """One clear line instead of a trace."""
    (tmp_path / "a.safetensors").write_bytes(b"none")
    with pytest.raises(ArtifactError, match=r"pipeline\.theme_axes"):
        CauseAxes.load(tmp_path / "a.safetensors")


def test_known_causes_and_background_are_told(axes: CauseAxes) -> None:
    """Sure mentions of a known cause anchor a theme; background never does."""
    phrases = ["汤洒了", "没错", "不知道"]
    found = cause_vectors(phrases, Encoder().encode(phrases), 0.6, 10, 0, axes)
    assert found.known.tolist() == [1, -1, -1]
    assert found.background.tolist() == [False, True, False]
