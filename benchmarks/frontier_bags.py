"""The contenders of `benchmarks.frontier` that count or look up words and characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.frontier_sides import (
    SEED,
    Heads,
    Label,
    Lines,
    Side,
    Texts,
    folder_mb,
    jieba_lines,
    keep,
    kept,
    plain_lines,
    regression,
    rows_said,
    with_main,
)
from pipeline.metrics import LABELS

N_WORDS, N_DIMS, SIF = 20_000, 256, 1e-4
UNKNOWN = "[UNK]"


def majority(train: pd.DataFrame, _folder: Path) -> Side:
    """The commonest value of each label."""
    top = {name: train[name].mode()[0] for name in (*LABELS, "types")}
    return Side(lambda: lambda texts: pd.DataFrame([top] * len(texts)), 0.0, rows_said(len(train)))


def tfidf_words_svc(train: pd.DataFrame, folder: Path) -> Side:
    """Jieba words, TF-IDF, a linear SVM a label."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    vectoriser = TfidfVectorizer(analyzer=str.split, min_df=2)
    return _tfidf(train, folder, vectoriser, jieba_lines, lambda: LinearSVC(random_state=SEED))


def tfidf_chars_lr(train: pd.DataFrame, folder: Path) -> Side:
    """Character 1-3-grams, TF-IDF, logistic regression a label."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectoriser = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    return _tfidf(train, folder, vectoriser, plain_lines, regression)


def _tfidf(
    train: pd.DataFrame,
    folder: Path,
    vectoriser: Any,
    lines_of: Callable[[], Lines],
    make: Callable[[], Any],
) -> Side:
    vectors = vectoriser.fit_transform(lines_of()(list(train["text"])))
    path = keep((vectoriser, Heads.fit(vectors, train, make)), folder)

    def load() -> Label:
        lines, (words, heads) = lines_of(), kept(path)
        return lambda texts: heads.label(words.transform(lines(texts)))

    return Side(load, folder_mb(folder), rows_said(len(train)))


def fasttext_words(train: pd.DataFrame, folder: Path) -> Side:
    """fastText supervised on jieba words and word pairs, one model a label."""
    import fasttext  # type: ignore[import-untyped]

    fasttext.FastText.eprint = lambda _message: None
    lines, source = jieba_lines()(list(train["text"])), folder / "rows.txt"
    for name in (*LABELS, "types"):
        marked = (" ".join(f"__label__{v}" for v in x.split(";")) for x in train[name])
        pairs = zip(marked, lines, strict=True)
        source.write_text("".join(f"{labels} {line}\n" for labels, line in pairs), encoding="utf-8")
        options: dict[str, Any] = {"epoch": 25, "lr": 0.5, "wordNgrams": 2, "dim": 100}
        options |= {"minCount": 2, "bucket": 200_000, "thread": 1, "verbose": 0}
        options |= {"loss": "ova" if name == "types" else "softmax"}
        model = fasttext.train_supervised(str(source), **options)
        model.save_model(str(folder / f"{name}.bin"))
    source.unlink()
    return Side(lambda: _fasttext_label(folder), folder_mb(folder), rows_said(len(train)))


def _fasttext_label(folder: Path) -> Label:
    import fasttext

    cut = jieba_lines()
    models = {n: fasttext.load_model(str(folder / f"{n}.bin")) for n in (*LABELS, "types")}

    def label(texts: Texts) -> pd.DataFrame:
        lines = cut(texts)
        said = {n: [_bare(x[0]) for x in models[n].predict(lines)[0]] for n in LABELS}
        sets = models["types"].predict(lines, k=-1, threshold=0.5)[0]
        said["types"] = [";".join(map(_bare, row)) for row in sets]
        return with_main(pd.DataFrame(said))

    return label


def _bare(label: str) -> str:
    return label.removeprefix("__label__")


def word_distillation(train: pd.DataFrame, teacher: Path, folder: Path) -> Side:
    """Model2vec's recipe on words: each embedded alone by the teacher, PCA, SIF, mean, regression.

    Its own `distill` needs a tokeniser library that does not go with our transformers; its
    `StaticModel` does the look-up here all the same.
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    lines = jieba_lines()(list(train["text"]))
    words = frequent_words(lines, N_WORDS)
    static = _static_model(words, sif_table(_word_vectors(words, teacher), N_DIMS))
    static.save_pretrained(str(folder))
    heads = Heads.fit(
        static.encode(lines), train, lambda: make_pipeline(StandardScaler(), regression(1.0))
    )
    path = keep(heads, folder)
    learnt = f"{len(words):,} words, {rows_said(len(train))}"
    return Side(lambda: _static_label(folder, path), folder_mb(folder), learnt)


def frequent_words(lines: Texts, n_words: int) -> list[str]:
    """The commonest words of cut lines, commonest first; ties in order of appearance."""
    counts = Counter(word for line in lines for word in line.split())
    return [word for word, _ in counts.most_common(n_words) if word != UNKNOWN]


def sif_table(vectors: np.ndarray, n_dims: int) -> np.ndarray:
    """PCA of the words' vectors, weighted by SIF with Zipf's law for their frequencies.

    As `model2vec.distill` does it: rank r stands for a frequency proportional to 1 / (r + 1).
    """
    from sklearn.decomposition import PCA

    reduced = PCA(n_dims, svd_solver="covariance_eigh").fit_transform(vectors)
    inverse_rank = 1 / np.arange(2, len(vectors) + 2)
    weights = SIF / (SIF + inverse_rank / inverse_rank.sum())
    table: np.ndarray = (reduced * weights[:, None]).astype(np.float32)
    return table


def _word_vectors(words: list[str], teacher: Path) -> np.ndarray:
    from models.encoders import SentenceEncoder

    encoder = SentenceEncoder.load(teacher, max_length=16)
    encoder.batch_size = 256
    return encoder.encode(words)


def _static_model(words: list[str], table: np.ndarray) -> Any:
    from model2vec import StaticModel
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    vocabulary = {word: row for row, word in enumerate([UNKNOWN, *words])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    vectors = np.vstack([np.zeros_like(table[:1]), table])
    return StaticModel(vectors, tokenizer, normalize=True)


def _static_label(folder: Path, path: Path) -> Label:
    from model2vec import StaticModel

    cut, model, heads = jieba_lines(), StaticModel.from_pretrained(str(folder)), kept(path)
    return lambda texts: heads.label(model.encode(cut(texts)))
