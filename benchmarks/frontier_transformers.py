"""The contenders of `benchmarks.frontier` with a transformer, and ours."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.frontier_sides import (
    SEED,
    Heads,
    Label,
    Side,
    Texts,
    folder_mb,
    keep,
    kept,
    regression,
    rows_said,
)
from models.analysis import FeedbackModel
from models.artifact import DEFAULT_FOLDER
from models.classifier import Calibration, Decoded, LabelSpace, decode
from models.second_opinion import OnnxReader, SecondOpinion
from models.urgency import LEVELS
from pipeline.evaluate import predict

SETFIT_ROWS_A_TYPE, SETFIT_ROUNDS, SETFIT_LIMIT_S = 8, 4, 120.0
LEARN_TOKENS, READ_TOKENS = 64, 128


def frozen_lr(train: pd.DataFrame, base: Path, n_rows: int, folder: Path) -> Side:
    """The base transformer as it comes, regression on its vectors."""
    rows = train.sample(min(n_rows, len(train)), random_state=SEED)
    vectors = _sentence_vectors(_body(base, LEARN_TOKENS))(list(rows["text"]))
    path = keep(Heads.fit(vectors, rows, _on_unit_rows), folder)
    size = folder_mb(base) + folder_mb(folder)
    return Side(lambda: _headed(base, path), size, rows_said(len(rows)))


def setfit(train: pd.DataFrame, base: Path, folder: Path) -> Side:
    """SetFit's own trainer, on the types of a few rows; its head gives the type.

    The other labels come from heads on the tuned body's vectors of the same rows.
    """
    from setfit import SetFitModel  # type: ignore[import-untyped]

    groups = train.groupby("type", group_keys=False)
    few = groups.sample(SETFIT_ROWS_A_TYPE, random_state=SEED).reset_index(drop=True)
    model = SetFitModel.from_pretrained(str(base), device="cpu")
    n_steps = _tune(model, few, folder)
    vectors = _sentence_vectors(model.model_body)(list(few["text"]))
    heads = Heads.fit(vectors, few, _on_unit_rows)
    heads.labels["type"] = model.model_head
    path = keep(heads, folder)
    model.model_body.save(str(folder / "body"), create_model_card=False)
    learnt = f"{rows_said(len(few))}, {n_steps} steps"
    return Side(lambda: _headed(folder / "body", path), folder_mb(folder), learnt)


def _tune(model: Any, few: pd.DataFrame, folder: Path) -> int:
    """Train until the pairs are through or the time is up; gives the steps done."""
    from datasets import Dataset
    from setfit import Trainer, TrainingArguments
    from transformers import TrainerCallback

    ends = time.monotonic() + SETFIT_LIMIT_S

    class StopInTime(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:  # noqa: ARG002
            control.should_training_stop |= time.monotonic() > ends
            return control

    arguments = TrainingArguments(
        output_dir=str(folder / "unused"),
        batch_size=16,
        num_epochs=1,
        num_iterations=SETFIT_ROUNDS,
        max_length=LEARN_TOKENS,
        seed=SEED,
        report_to="none",
        save_strategy="no",
        show_progress_bar=False,
    )
    model.model_body.max_seq_length = LEARN_TOKENS
    rows = Dataset.from_dict({"text": list(few["text"]), "label": list(few["type"])})
    trainer = Trainer(model, arguments, train_dataset=rows, callbacks=[StopInTime()])
    trainer.train()
    return int(trainer.st_trainer.state.global_step)


def teacher_bf16(teacher: Path, opinion: Path, space: LabelSpace, _folder: Path) -> Side:
    """The fine-tuned teacher in torch, with the calibration of its int8 build."""
    from safetensors.numpy import load_file

    from models.encoders import SentenceEncoder
    from pipeline.teach import teacher_logits

    calibration = SecondOpinion.load(opinion, 1.0).calibration

    def load() -> Label:
        encoder = SentenceEncoder.load(teacher, max_length=READ_TOKENS)
        heads = load_file(teacher / "heads.safetensors")
        return lambda texts: _decoded(
            teacher_logits(encoder.encode(list(texts)), heads), space, calibration
        )

    return Side(load, folder_mb(teacher), "its own stage")


def teacher_int8(opinion: Path, space: LabelSpace, _folder: Path) -> Side:
    """The same in onnxruntime, 8-bit, one text at a time on one thread."""
    calibration = SecondOpinion.load(opinion, 1.0).calibration

    def load() -> Label:
        reader = OnnxReader.load(opinion)
        return lambda texts: _decoded(reader(texts), space, calibration)

    return Side(load, folder_mb(opinion), "its own stage")


def ours(opinion: Path | None, share: float, _folder: Path) -> Side:
    """The shipped student, or the cascade: full results of the rows."""

    def load() -> Label:
        second = SecondOpinion.load(opinion, share) if opinion else None
        model = FeedbackModel.load(None, second)
        return lambda texts: predict(model, texts).frame

    size = folder_mb(DEFAULT_FOLDER) + (folder_mb(opinion) if opinion else 0)
    return Side(load, size, "its own stage")


def _headed(body: Path, heads: Path) -> Label:
    vectors, learnt = _sentence_vectors(_body(body, READ_TOKENS)), kept(heads)
    return lambda texts: learnt.label(vectors(texts))


def _body(folder: Path, max_length: int) -> Any:
    from models.encoders import SentenceEncoder

    return SentenceEncoder.load(folder, max_length).model


def _sentence_vectors(body: Any) -> Callable[[Texts], np.ndarray]:
    import torch

    def vectorise(texts: Texts) -> np.ndarray:
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            options = {"batch_size": 32, "convert_to_tensor": True, "show_progress_bar": False}
            vectors: np.ndarray = body.encode(list(texts), **options).float().numpy()
        return vectors

    return vectorise


def _on_unit_rows() -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    return make_pipeline(FunctionTransformer(_longer), regression())


def _longer(vectors: np.ndarray) -> np.ndarray:
    return vectors * 10  # unit rows are too short for a regression of this strength


def _decoded(logits: np.ndarray, space: LabelSpace, calibration: Calibration) -> pd.DataFrame:
    labels: Decoded = decode(logits, space, calibration)
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
