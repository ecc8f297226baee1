"""A slower, better model for the rows that the student is least sure of.

Its folder, made by `pipeline.cascade`: model.onnx (int8, Chinese vocabulary only), tokenizer.json,
tokens.npy (their rows in the embedding table), heads.safetensors and opinion.json. onnxruntime
reads it: neither torch nor the training code is needed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from models.classifier import Calibration, Decoded, LabelSpace, decode
from models.encoders import unit_rows
from models.errors import ArtifactError

OPINION = "opinion.json"
VECTOR_SCALE = 16.0
_FORMAT = 1
_MAX_TOKENS = 128
_PROMPT = "query: "


@dataclass(frozen=True)
class SecondOpinion:
    """What to ask, and when.

    Attributes:
        read: Gives the logits of texts, shape (n, n_logits); a text's do not depend on the others.
        calibration: Of those logits.
        version: Name and digest of the second model; stands in the results that it gave.
        below: Rows that the student is less sure of than this are read again; 0 asks for none, a
            figure above 1 for all.
    """

    read: Callable[[Sequence[str]], np.ndarray]
    calibration: Calibration
    version: str
    below: float

    @classmethod
    def load(cls, folder: str | Path, share: float) -> SecondOpinion:
        """Load a teacher's folder.

        Args:
            folder: From `pipeline.cascade`.
            share: Share of rows to read again, in [0, 1]; met on rows like the held-out ones.

        Returns:
            The second opinion.

        Raises:
            ArtifactError: If onnxruntime or a file is missing or damaged.
        """
        folder = Path(folder)
        try:
            opinion: dict[str, Any] = json.loads((folder / OPINION).read_text(encoding="utf-8"))
            if opinion["format"] != _FORMAT:
                raise ArtifactError(f"{folder}: format {opinion['format']}, expected {_FORMAT}")
            calibration = Calibration(**_tuples(opinion["calibration"]))
            below = float(np.interp(share, opinion["shares"], opinion["below"]))
            reader = OnnxReader.load(folder)
        except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
            raise ArtifactError(
                f"{folder}: no teacher to ask ({error}); make one: python -m pipeline.cascade"
            ) from error
        return cls(reader, calibration, str(opinion["version"]), below)


def read_again(
    labels: Decoded, texts: Sequence[str], space: LabelSpace, second: SecondOpinion
) -> list[int]:
    """Put a second opinion in the place of the labels that are least sure.

    Args:
        labels: Of all texts; the arrays change where a text was read again.
        texts: Normalised, masked texts.
        space: The labels.
        second: Whom to ask.

    Returns:
        Rows that were read again, in order.
    """
    rows = np.flatnonzero(labels.confidence < second.below)
    if len(rows):
        logits = second.read([texts[int(i)] for i in rows])
        better = decode(logits, space, second.calibration)
        for field in fields(Decoded):
            getattr(labels, field.name)[rows] = getattr(better, field.name)
    return [int(i) for i in rows]


class OnnxReader:
    """The fine-tuned teacher in int8, one text at a time.

    Activations are quantised by the range of the whole batch, so a batch of several texts would
    let neighbours change an answer.

    Args:
        session: Opens the session of onnxruntime (token ids and their mask in, hidden states
            out) at the first text: a session does not survive a fork.
        tokenizer: Of the tokenizers package.
        token_rows: Row of each token id in the embedding table, int64.
        heads: `labels.weight` and `labels.bias`.
    """

    def __init__(
        self,
        session: Callable[[], Any],
        tokenizer: Any,
        token_rows: np.ndarray,
        heads: Mapping[str, np.ndarray],
    ) -> None:
        self._open = session
        self._tokenizer = tokenizer
        self._token_rows = token_rows
        self._weights = np.ascontiguousarray(heads["labels.weight"].T * VECTOR_SCALE)
        self._bias = heads["labels.bias"]

    @classmethod
    def load(cls, folder: Path) -> OnnxReader:
        """Load the model.

        Args:
            folder: Where it lies.

        Returns:
            The reader.

        Raises:
            ArtifactError: If onnxruntime or tokenizers is not installed.
        """
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ImportError as error:
            raise ArtifactError("a second opinion needs: pip install 'huiyin[cascade]'") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the workers are processes
        session = partial(
            onnxruntime.InferenceSession,
            (folder / "model.onnx").read_bytes(),
            options,
            providers=["CPUExecutionProvider"],
        )
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(_MAX_TOKENS)
        heads = load_file(folder / "heads.safetensors")
        return cls(session, tokenizer, np.load(folder / "tokens.npy", allow_pickle=False), heads)

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Score texts.

        Args:
            texts: Normalised, masked texts.

        Returns:
            Logits, shape (n, n_logits), float32.
        """
        vectors = [self._vector(text) for text in texts]
        if not vectors:
            return np.zeros((0, len(self._bias)), dtype=np.float32)
        return np.stack([v @ self._weights + self._bias for v in vectors]).astype(np.float32)

    @cached_property
    def _session(self) -> Any:
        return self._open()

    def _vector(self, text: str) -> np.ndarray:
        ids = self._token_rows[self._tokenizer.encode(_PROMPT + text).ids][None, :]
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        hidden = self._session.run(None, feeds)[0][0]
        vector: np.ndarray = unit_rows(hidden.mean(axis=0, keepdims=True))[0]
        return vector


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
