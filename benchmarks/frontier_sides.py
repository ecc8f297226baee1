"""The contenders of `benchmarks.frontier`: each learns, or is loaded, and then labels texts.

Peers give labels only; ours give the full result. All read the same normalised, masked texts.
"""

from __future__ import annotations

import pickle
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.analysis import FeedbackModel
from models.classifier import Calibration, Decoded, LabelSpace, decode
from models.second_opinion import OnnxReader, SecondOpinion
from models.urgency import LEVELS
from pipeline.evaluate import predict
from pipeline.metrics import LABELS

SETFIT_ROWS_A_TYPE, SETFIT_STEPS = 16, 20
SEED = 0
Texts = Sequence[str]
Vectorise = Callable[[Texts], Any]


@dataclass(frozen=True)
class Side:
    """A contender that is ready to label.

    Attributes:
        label: Gives columns intent, type, types, subtype and urgency.
        size_mb: On disk.
        load_s: From disk to ready, imports not counted.
    """

    label: Callable[[Texts], pd.DataFrame]
    size_mb: float
    load_s: float


def majority(train: pd.DataFrame) -> Side:
    """The commonest value of each label."""
    top = {name: train[name].mode()[0] for name in (*LABELS, "types")}
    return Side(lambda texts: pd.DataFrame([top] * len(texts)), 0.0, 0.0)


def tfidf_words_svc(train: pd.DataFrame) -> Side:
    """Jieba words, TF-IDF, a linear SVM a label."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    vectoriser = TfidfVectorizer(tokenizer=_words, token_pattern=None, min_df=2)
    return _linear(train, vectoriser, lambda: LinearSVC(random_state=SEED))


def tfidf_chars_lr(train: pd.DataFrame) -> Side:
    """Character 1-3-grams, TF-IDF, logistic regression a label."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectoriser = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    return _linear(train, vectoriser, _regression)


def fasttext_words(train: pd.DataFrame) -> Side:
    """fastText supervised on jieba words and word pairs, one model a label."""
    import fasttext

    fasttext.FastText.eprint = lambda _message: None
    size = loading = 0.0
    models: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        lines = [" ".join(_words(text)) for text in train["text"]]
        for name in (*LABELS, "types"):
            source, target = Path(folder, "rows.txt"), Path(folder, f"{name}.bin")
            marked = (" ".join(f"__label__{v}" for v in x.split(";")) for x in train[name])
            pairs = zip(marked, lines, strict=True)
            source.write_text("".join(f"{labels} {line}\n" for labels, line in pairs))
            options = {"epoch": 25, "lr": 0.5, "wordNgrams": 2, "dim": 100, "thread": 1}
            loss = "ova" if name == "types" else "softmax"
            options |= {"minCount": 2, "bucket": 200_000, "verbose": 0, "loss": loss}
            fasttext.train_supervised(str(source), **options).save_model(str(target))
            started = time.perf_counter()
            models[name] = fasttext.load_model(str(target))
            loading += time.perf_counter() - started
            size += target.stat().st_size / 1e6

    def label(texts: Texts) -> pd.DataFrame:
        lines = [" ".join(_words(text)) for text in texts]
        said = {n: [_bare(x[0]) for x in models[n].predict(lines)[0]] for n in LABELS}
        sets = models["types"].predict(lines, k=-1, threshold=0.5)[0]
        said["types"] = [";".join(map(_bare, row)) for row in sets]
        return _with_main(pd.DataFrame(said))

    return Side(label, size, loading)


def model2vec_lr(train: pd.DataFrame, teacher: Path) -> Side:
    """model2vec: each jieba word of the corpus embedded alone, PCA, then regression a label."""
    from model2vec import StaticModel
    from model2vec.distill import distill

    counts = pd.Series([w for text in train["text"] for w in _words(text)]).value_counts()
    words = [str(word) for word in counts[counts >= 2].index if str(word).strip()]
    model = distill(str(teacher), vocabulary=words, pca_dims=256, device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        size = _folder_mb(Path(folder))
        started = time.perf_counter()
        StaticModel.from_pretrained(folder)
        loading = time.perf_counter() - started
    heads = _Heads(train, _scaled(model.encode, train["text"]), _regression)
    return Side(heads.label, size + heads.size_mb, loading + heads.load_s)


def setfit(train: pd.DataFrame, base: Path) -> Side:
    """SetFit on a few rows a type; its tuned body then carries a head a label."""
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    groups = train.groupby("type", group_keys=False)
    few = groups.sample(SETFIT_ROWS_A_TYPE, random_state=SEED).reset_index(drop=True)
    model = SetFitModel.from_pretrained(str(base), device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        options = {"batch_size": 16, "max_steps": SETFIT_STEPS, "num_epochs": 1, "seed": SEED}
        arguments = TrainingArguments(output_dir=folder, report_to="none", **options)
        rows = Dataset.from_dict({"text": list(few["text"]), "label": list(few["type"])})
        Trainer(model, arguments, train_dataset=rows).train()
    heads = _Heads(few, _sentence_vectors(model.model_body), _regression)
    return Side(heads.label, _folder_mb(base) + heads.size_mb, _transformer_load_s(base))


def frozen_lr(train: pd.DataFrame, base: Path, n_rows: int) -> Side:
    """The base transformer as it comes, regression on its vectors."""
    from sentence_transformers import SentenceTransformer

    rows = train.sample(min(n_rows, len(train)), random_state=SEED)
    body = SentenceTransformer(str(base), device="cpu")
    heads = _Heads(rows, _sentence_vectors(body), _regression)
    return Side(heads.label, _folder_mb(base) + heads.size_mb, _transformer_load_s(base))


def teacher_bf16(teacher: Path, opinion: Path, space: LabelSpace) -> Side:
    """The fine-tuned teacher in torch, with the calibration of its int8 build."""
    from safetensors.numpy import load_file

    from models.encoders import SentenceEncoder
    from pipeline.teach import teacher_logits

    started = time.perf_counter()
    encoder = SentenceEncoder.load(teacher, max_length=128)
    heads = load_file(teacher / "heads.safetensors")
    loading = time.perf_counter() - started
    calibration = SecondOpinion.load(opinion, 1.0).calibration

    def label(texts: Texts) -> pd.DataFrame:
        logits = teacher_logits(encoder.encode(list(texts)), heads)
        return _named(decode(logits, space, calibration), space, calibration)

    return Side(label, _folder_mb(teacher), loading)


def teacher_int8(opinion: Path, space: LabelSpace) -> Side:
    """The same in onnxruntime, 8-bit, one text at a time on one thread."""
    started = time.perf_counter()
    reader = OnnxReader.load(opinion)
    loading = time.perf_counter() - started
    calibration = SecondOpinion.load(opinion, 1.0).calibration

    def label(texts: Texts) -> pd.DataFrame:
        return _named(decode(reader(texts), space, calibration), space, calibration)

    return Side(label, _folder_mb(opinion), loading)


def ours(opinion: Path | None = None, share: float = 0.0) -> Side:
    """The shipped student, or the cascade: full results of the rows."""
    started = time.perf_counter()
    second = SecondOpinion.load(opinion, share) if opinion else None
    model = FeedbackModel.load(None, second)
    loading = time.perf_counter() - started
    size = _folder_mb(Path("models/artifacts/default")) + (_folder_mb(opinion) if opinion else 0)
    return Side(lambda texts: predict(model, texts).frame, size, loading)


class _Heads:
    """One linear classifier a label, and one a type for the set of types."""

    def __init__(self, train: pd.DataFrame, vectorise: Vectorise, make: Callable[[], Any]) -> None:
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.preprocessing import MultiLabelBinarizer

        self._vectorise = vectorise
        vectors = vectorise(list(train["text"]))
        self._labels = {name: make().fit(vectors, train[name]) for name in LABELS}
        self._names = MultiLabelBinarizer()
        applies = self._names.fit_transform([t.split(";") for t in train["types"]])
        self._types = OneVsRestClassifier(make()).fit(vectors, applies)
        stored = pickle.dumps((self._labels, self._types))
        self.size_mb = len(stored) / 1e6
        started = time.perf_counter()
        pickle.loads(stored)
        self.load_s = time.perf_counter() - started

    def label(self, texts: Texts) -> pd.DataFrame:
        vectors = self._vectorise(list(texts))
        said = {name: head.predict(vectors) for name, head in self._labels.items()}
        sets = self._names.inverse_transform(self._types.predict(vectors))
        return _with_main(pd.DataFrame(said).assign(types=[";".join(row) for row in sets]))


def _linear(train: pd.DataFrame, vectoriser: Any, make: Callable[[], Any]) -> Side:
    vectoriser.fit(train["text"])
    heads = _Heads(train, vectoriser.transform, make)
    size = len(pickle.dumps(vectoriser)) / 1e6
    return Side(heads.label, size + heads.size_mb, heads.load_s)


def _regression() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=10.0, max_iter=100)


def _scaled(encode: Callable[[list[str]], np.ndarray], fitted_on: Texts) -> Vectorise:
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(encode(list(fitted_on)))
    return lambda texts: scaler.transform(encode(list(texts)))


def _sentence_vectors(body: Any) -> Vectorise:
    import torch

    def vectorise(texts: Texts) -> np.ndarray:
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            options = {"batch_size": 32, "convert_to_tensor": True, "show_progress_bar": False}
            vectors: np.ndarray = body.encode(list(texts), **options).float().numpy()
        return vectors * 10  # unit rows are too short for a regression of this strength

    return vectorise


def _named(labels: Decoded, space: LabelSpace, calibration: Calibration) -> pd.DataFrame:
    medium, high = calibration.urgency_thresholds
    levels = (1 - labels.urgency[:, 0] >= medium).astype(int)
    levels[labels.urgency[:, 2] >= high] = 2
    sets = [";".join(np.array(space.types)[row]) for row in labels.types]
    return pd.DataFrame(
        {
            "intent": [space.intents[i] for i in labels.intent],
            "type": [space.types[i] for i in labels.type],
            "types": sets,
            "subtype": [space.subtypes[i] for i in labels.subtype],
            "urgency": [LEVELS[i] for i in levels],
        }
    )


def _with_main(frame: pd.DataFrame) -> pd.DataFrame:
    """A set of types holds the main type at least."""
    pairs = zip(frame["types"], frame["type"], strict=True)
    return frame.assign(types=[";".join({*t.split(";"), m} - {""}) for t, m in pairs])


def _words(text: str) -> list[str]:
    import jieba

    return [word for word in jieba.lcut(text) if word.strip()]


def _bare(label: str) -> str:
    return label.removeprefix("__label__")


def _transformer_load_s(folder: Path) -> float:
    from sentence_transformers import SentenceTransformer

    started = time.perf_counter()
    SentenceTransformer(str(folder), device="cpu")
    return time.perf_counter() - started


def _folder_mb(folder: Path) -> float:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6
