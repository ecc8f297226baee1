"""What cutting promises, and what the domain dictionary is for."""

import logging
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import ArtifactError
from models.segmentation import Segmenter
from models.text import normalize

with warnings.catch_warnings():
    # jieba's source has old-style escapes; Python warns while it compiles them.
    warnings.simplefilter("ignore")
    import jieba

LEXICON = Path(__file__).parents[2] / "data/lexicon"
SENTENCES = (
    "{}",
    "老是{}了",
    "一{}就没了",
    "这次{}太久",
    "都{}好几次",
    "我的{}怎么还不处理",
    "{}用不了",
    "因为{}投诉过",
    "说是{}其实不是",
)
POLARITY = frozenset("不没无未别非太很再也都又还就才只更最挺真好差能会要") | {
    "没有",
    "可以",
    "必须",
}


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    """The segmenter as shipped."""
    return Segmenter.load(LEXICON)


@pytest.fixture(scope="module")
def plain_jieba() -> jieba.Tokenizer:
    """Jieba without the domain dictionary."""
    jieba.setLogLevel(logging.ERROR)
    return jieba.Tokenizer()


def lines_of(name: str) -> list[str]:
    """Read the entries of a lexicon file, comments and blanks left out."""
    lines = (LEXICON / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_words_are_many_unique_and_earn_their_place(plain_jieba: jieba.Tokenizer) -> None:
    """A term that ordinary jieba already keeps whole in every sentence only costs loading time."""
    words = lines_of("words.txt")
    split = [
        word
        for word in words
        if any(word not in plain_jieba.lcut(sentence.format(word)) for sentence in SENTENCES)
    ]
    assert len(words) >= 1600
    assert len(set(words)) == len(words)
    assert len(split) >= 0.95 * len(words)


def test_terms_stay_whole_inside_sentences(segmenter: Segmenter) -> None:
    """The point of the dictionary: 小程序 is one thing, not 小 and 程序."""
    pairs = [(word, sentence) for word in segmenter.words for sentence in SENTENCES[:4]]
    whole = sum(word in segmenter.cut(sentence.format(word)) for word, sentence in pairs)
    assert whole >= 0.97 * len(pairs)


def test_lexicon_files_are_versioned_and_sorted_within_sections() -> None:
    """The version tells a model which lexicon it was trained with; sorting keeps diffs readable."""
    for name in ("words.txt", "stopwords.txt"):
        first, *_ = text = (LEXICON / name).read_text(encoding="utf-8").split("\n\n")
        assert first.startswith("# huiyin-")
        for section in text[1:]:
            terms = [line for line in section.splitlines() if not line.startswith("#")]
            assert terms == sorted(terms)


def test_stopwords_leave_polarity_alone(segmenter: Segmenter) -> None:
    """Without 不 and 太 a complaint reads like praise."""
    assert segmenter.stopwords.isdisjoint(POLARITY)


@settings(max_examples=200, deadline=None)
@given(st.text().map(normalize))
def test_tokens_join_back_to_the_text_without_blanks(text: str) -> None:
    """No character may be lost or doubled by the native cutter."""
    tokens = SHARED.cut(text)
    assert "".join("".join(tokens).split()) == "".join(text.split())


def test_pickled_segmenter_cuts_the_same(segmenter: Segmenter) -> None:
    """Worker processes and Spark receive it pickled; the native object cannot travel."""
    copy = pickle.loads(pickle.dumps(segmenter))
    text = "骑手超时还态度差，平台介入也没用"
    assert copy.cut(text) == segmenter.cut(text)
    assert copy.stopwords == segmenter.stopwords


def test_threads_share_one_segmenter(segmenter: Segmenter) -> None:
    """The API answers from several threads with a single instance."""
    texts = ["验证码收不到", "花呗分期乱扣费", "小程序闪退"] * 50
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(segmenter.cut, texts)) == [segmenter.cut(text) for text in texts]


def test_chinese_tokens_equal_jieba_with_the_same_words(segmenter: Segmenter) -> None:
    """Choosing rjieba for speed must not change what the models see."""
    tokenizer = jieba.Tokenizer()
    for word in segmenter.words:
        tokenizer.add_word(word)
    for text in (
        "这次大床房的性价比高，就是前台态度差",
        "快递员把我的东西扔在驿站，价保也不给",
        "充电桩老是跳枪",
    ):
        assert segmenter.cut(text) == tokenizer.lcut(text)


def test_missing_lexicon_is_an_artifact_error(tmp_path: Path) -> None:
    """The user must read which file is missing, not a traceback."""
    with pytest.raises(ArtifactError, match=r"words\.txt"):
        Segmenter.load(tmp_path)


SHARED = Segmenter(["小程序"], frozenset())
