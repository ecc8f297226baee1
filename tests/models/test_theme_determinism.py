"""The same rows give the same themes, bit for bit, however the work is cut up."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from models.artifact import DEFAULT_FOLDER, load_artifact
from models.encoders import Encoder
from models.theme_guidance import Guidance
from models.themes import fit_themes

PARTS = [
    ["汤", "粥", "奶茶", "面", "饮料", "豆浆", "麻辣烫", "酸辣粉"],
    ["洒了一半", "送来都凉了", "太咸", "少送一份", "等了一个小时", "里面有头发"],
]
GUIDANCE = Guidance({"洒漏": ["汤洒了", "粥洒了一半"], "异物": ["面里面有头发"]})


class SplitEncoder:
    """Asks the encoder for a few texts at a time."""

    def __init__(self, encoder: Encoder, size: int) -> None:
        self.encoder, self.size, self.dim = encoder, size, encoder.dim

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        parts = [texts[i : i + self.size] for i in range(0, len(texts), self.size)]
        return np.vstack([self.encoder.encode(part) for part in parts])


def complaints() -> pd.DataFrame:
    texts = [f"{thing}{fault}" for thing in PARTS[0] for fault in PARTS[1]]
    texts += [f"{a}，还有{b}" for a, b in zip(texts, texts[7:], strict=False)]
    return pd.DataFrame({"feedback_id": [f"D{i:04d}" for i in range(len(texts))], "text": texts})


def digest(rows: pd.DataFrame, encoder: Encoder) -> str:
    found = []
    for guidance in (None, GUIDANCE):
        report = fit_themes(rows, encoder, guidance=guidance)
        found += [repr(report.as_record()), report.mentions.to_csv()]
    return hashlib.sha256("".join(found).encode()).hexdigest()


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_artifact(DEFAULT_FOLDER).encoder


@pytest.fixture(scope="module")
def expected(encoder: Encoder) -> str:
    return digest(complaints(), encoder)


@pytest.mark.slow
def test_rows_in_another_order(encoder: Encoder, expected: str) -> None:
    """A database returns rows as it likes."""
    rows = complaints().sample(frac=1, random_state=3)
    assert digest(rows, encoder) == expected


@pytest.mark.slow
def test_texts_embedded_a_few_at_a_time(encoder: Encoder, expected: str) -> None:
    """How many texts the encoder gets at once is a matter of memory, not of themes."""
    assert digest(complaints(), SplitEncoder(encoder, 7)) == expected


@pytest.mark.slow
@pytest.mark.parametrize("threads", ["1", "2"])
def test_threads(threads: str, expected: str) -> None:
    """A laptop and a server print the same report."""
    done = subprocess.run(
        [sys.executable, __file__],
        env={**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == expected


if __name__ == "__main__":
    sys.stdout.write(digest(complaints(), load_artifact(DEFAULT_FOLDER).encoder))
