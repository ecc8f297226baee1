"""Reading the packaged 4-bit image: byte by byte as its C source says, and never half of it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from models.errors import ArtifactError
from pipeline.e5_image import BLOCK, E5Image, dequantise, read_image

HIDDEN, FEED_FORWARD = 32, 64
PIECES = (("<s>", 0.0), ("</s>", 0.0), ("<pad>", 0.0), ("<unk>", 0.0), ("▁慢", -3.5))
SCALE = 0.25


def quantised(n_rows: int, width: int) -> bytes:
    """Rows whose nibbles count up: weight j of a block is (j % 16 - 8) times the scale."""
    low = np.arange(16, dtype=np.uint8)
    block = np.float16(SCALE).tobytes() + (low | (low << 4)).tobytes()
    return block * (n_rows * width // BLOCK)


def tensors() -> dict[str, bytes]:
    norm = np.arange(HIDDEN, dtype="<f4").tobytes()
    return {
        "emb.word": quantised(len(PIECES), HIDDEN),
        "emb.pos": np.ones((3, HIDDEN), dtype="<f4").tobytes(),
        "emb.ln.w": norm,
        "l0.fi.w": quantised(FEED_FORWARD, HIDDEN),
        "l0.fo.w": quantised(HIDDEN, FEED_FORWARD),
        "l0.aln.w": norm,
        "l0.q.b": norm,
    }


def image_bytes(block: int = BLOCK) -> bytes:
    """A whole image of one layer."""
    head = b"E5S1" + struct.pack("<i", 1)
    head += struct.pack("<7ifi", HIDDEN, 1, 2, FEED_FORWARD, len(PIECES), 3, 1, 1e-12, block)
    words = [piece.encode() for piece, _ in PIECES]
    offsets = np.cumsum([0, *map(len, words)]).astype("<u4")
    head += struct.pack("<5iQ", len(PIECES), 0, 1, 2, 3, offsets[-1]) + offsets.tobytes()
    head += np.array([score for _, score in PIECES], dtype="<f4").tobytes() + b"".join(words)
    head += struct.pack("<iI", 2, 0)
    head += struct.pack("<IBI", ord("Ａ"), 1, ord("A")) + struct.pack(
        "<IB2I", ord("㎏"), 2, 107, 103
    )
    found = tensors()
    size = len(head) + 4 + sum(2 + len(name) + 21 for name in found)
    directory, data = struct.pack("<i", len(found)), b""
    for name, raw in found.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", 0, 0, size + len(data), len(raw))
        data += raw
    return head + directory + data


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> E5Image:
    """The image, read."""
    path = tmp_path_factory.mktemp("image") / "e5.bin"
    path.write_bytes(image_bytes())
    return read_image(path)


def test_sizes_are_read(image: E5Image) -> None:
    """In the header's order."""
    sizes = image.sizes
    assert (sizes.hidden, sizes.n_layers, sizes.n_heads) == (HIDDEN, 1, 2)
    assert (sizes.feed_forward, sizes.n_words, sizes.max_positions) == (FEED_FORWARD, 5, 3)
    assert sizes.n_token_types == 1
    assert sizes.layer_norm_eps == pytest.approx(1e-12)


def test_pieces_keep_their_ids_and_scores(image: E5Image) -> None:
    """Cut by bytes, not by characters."""
    assert image.vocabulary.pieces == PIECES
    specials = image.vocabulary
    assert (specials.bos, specials.eos, specials.pad, specials.unk) == (0, 1, 2, 3)


def test_the_normalisation_map_may_lengthen(image: E5Image) -> None:
    """㎏ becomes two letters."""
    assert image.normalisation == {"Ａ": "A", "㎏": "kg"}


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("emb.word", (5, HIDDEN)),
        ("emb.pos", (3, HIDDEN)),
        ("l0.fi.w", (FEED_FORWARD, HIDDEN)),
        ("l0.fo.w", (HIDDEN, FEED_FORWARD)),
        ("emb.ln.w", (HIDDEN,)),
        ("l0.aln.w", (HIDDEN,)),
        ("l0.q.b", (HIDDEN,)),
    ],
)
def test_tensors_have_the_shape_of_their_name(
    image: E5Image, name: str, shape: tuple[int, ...]
) -> None:
    """The directory holds only byte counts."""
    assert image.tensors[name].shape == shape


def test_low_nibbles_come_before_high_nibbles() -> None:
    """Weight j is in the low nibble of byte j, weight j + 16 in its high nibble."""
    blocks = np.zeros(1, dtype=[("scale", "<f2"), ("nibbles", "u1", (16,))])
    blocks["scale"] = 0.5
    blocks["nibbles"][0, 0] = 0xF0
    weights = dequantise(blocks)
    assert weights.shape == (BLOCK,)
    assert weights[0] == -4
    assert weights[16] == 3.5
    assert weights.dtype == np.float32


def test_matrices_are_scaled_block_by_block(image: E5Image) -> None:
    """All of them hold the same block here."""
    expected = (np.tile(np.arange(16), 2) - 8) * SCALE
    assert (image.tensors["emb.word"] == expected).all()


def test_another_file_is_refused(tmp_path: Path) -> None:
    """By its first bytes."""
    (tmp_path / "x.bin").write_bytes(b"GGUF" + image_bytes()[4:])
    with pytest.raises(ArtifactError, match="x.bin: not an e5 image"):
        read_image(tmp_path / "x.bin")


def test_another_block_size_is_refused(tmp_path: Path) -> None:
    """Its weights would be read as noise."""
    (tmp_path / "x.bin").write_bytes(image_bytes(block=64))
    with pytest.raises(ArtifactError, match="blocks of 64 weights, expected 32"):
        read_image(tmp_path / "x.bin")


def test_an_image_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    """A broken download must not become a model with fewer words."""
    whole = image_bytes()
    for size in [*range(0, 400, 7), *range(400, len(whole), 53), len(whole) - 1]:
        (tmp_path / "x.bin").write_bytes(whole[:size])
        with pytest.raises(ArtifactError):
            read_image(tmp_path / "x.bin")
