"""Stage `cascade`: the fine-tuned teacher, made ready to give second opinions while scoring.

The embedding table keeps the tokens that Chinese feedback can hold, the matrices become 8-bit
integers (dynamic quantisation), and what the teacher's logits mean is learnt on held-out rows,
with the student's confidence under which a given share of rows is asked about.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
import typer
from safetensors.numpy import load_file, save_file

from models.artifact import file_digest
from models.classifier import Calibration, decode
from models.second_opinion import OPINION, OnnxReader, SecondOpinion
from pipeline.calibrate import calibrate
from pipeline.stage import run_stage

if TYPE_CHECKING:
    import torch

SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0)
JUDGED = ("valid", "test")
_ABOVE_ALL = 1.01
_EXPORTED = ("model.onnx", "tokenizer.json", "tokens.npy", "heads.safetensors")


def kept_tokens(tokenizer: Any, n_tokens: int) -> np.ndarray:
    """Pick the tokens that Chinese feedback can hold.

    Args:
        tokenizer: Of the tokenizers package.
        n_tokens: Rows of the embedding table.

    Returns:
        Ids in order: special tokens, and every token of Chinese characters, ASCII, or symbols.
    """
    ids = []
    for i in range(n_tokens):
        token = tokenizer.id_to_token(i)
        if token is None or i < _N_SPECIAL or all(map(_may_occur, token)):
            ids.append(i)
    return np.array(ids, dtype=np.int64)


_N_SPECIAL = 4
_LETTERS_ELSEWHERE = range(0x00C0, 0x2000)
_KOREAN = range(0xAC00, 0xD7B0)
_KANA = range(0x3040, 0x3100)


def _may_occur(character: str) -> bool:
    point = ord(character)
    return not any(point in block for block in (_LETTERS_ELSEWHERE, _KOREAN, _KANA))


def export(teacher: Path, folder: Path) -> None:
    """Write the int8 model with its tokenizer and heads.

    Args:
        teacher: The fine-tuned sentence-transformers folder.
        folder: An existing folder for the files.
    """
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from tokenizers import Tokenizer
    from transformers import AutoModel

    torch.manual_seed(0)
    tokenizer = Tokenizer.from_file(str(teacher / "tokenizer.json"))
    network = AutoModel.from_pretrained(str(teacher), dtype=torch.float32).eval()
    words = network.get_input_embeddings()
    kept = kept_tokens(tokenizer, words.weight.shape[0])
    rows = np.full(words.weight.shape[0], int(np.searchsorted(kept, 3)), dtype=np.int64)
    rows[kept] = np.arange(len(kept))
    smaller = torch.nn.Embedding.from_pretrained(  # type: ignore[no-untyped-call]
        words.weight.detach()[torch.from_numpy(kept)]
    )
    network.set_input_embeddings(smaller)
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / "full.onnx"
        _to_onnx(network, full)
        quantize_dynamic(full, folder / "model.onnx", weight_type=QuantType.QInt8, per_channel=True)
    np.save(folder / "tokens.npy", rows)
    shutil.copyfile(teacher / "tokenizer.json", folder / "tokenizer.json")
    heads = load_file(teacher / "heads.safetensors")
    save_file({k: v for k, v in heads.items() if k.startswith("labels.")}, folder / _EXPORTED[3])


def _to_onnx(network: torch.nn.Module, path: Path) -> None:
    import torch

    class Hidden(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden: torch.Tensor = self.network(
                input_ids=input_ids, attention_mask=attention_mask
            ).last_hidden_state
            return hidden

    ids = torch.tensor([[0, 5, 6, 7, 8, 2]])
    axes = {0: "texts", 1: "tokens"}
    torch.onnx.export(
        Hidden(),
        (ids, torch.ones_like(ids)),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["hidden"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "hidden": axes},
        dynamo=False,
    )


def confidence_bounds(confidence: np.ndarray) -> list[float]:
    """Find below which confidence each share of rows lies.

    Args:
        confidence: The student's, on rows it was not trained on.

    Returns:
        One bound for each of `SHARES`.
    """
    inner = [round(float(np.quantile(confidence, share)), 4) for share in SHARES[1:-1]]
    return [0.0, *inner, _ABOVE_ALL]


def write_opinion(folder: Path, calibration: Calibration, bounds: list[float]) -> str:
    """Seal the folder.

    Args:
        folder: Holds the exported files.
        calibration: Of the teacher's logits.
        bounds: From `confidence_bounds`.

    Returns:
        The version.
    """
    digests = {name: file_digest(folder / name) for name in _EXPORTED}
    content = {"calibration": vars(calibration), "shares": SHARES, "below": bounds}
    digest = hashlib.sha256(json.dumps([digests, content], sort_keys=True).encode()).hexdigest()
    version = f"teacher-{digest[:12]}"
    opinion = {"format": 1, "version": version, **content, "files": digests}
    (folder / OPINION).write_text(json.dumps(opinion, indent=1) + "\n", encoding="utf-8")
    return version


def main(
    corpus: Annotated[Path, typer.Argument(help="the prepared corpus, Parquet")],
    teacher: Annotated[Path, typer.Argument(help="folder of the fine-tuned teacher")],
    student: Annotated[Path, typer.Argument(help="folder of the student")],
    output: Annotated[Path, typer.Argument(help="folder to make")],
) -> None:
    """Make TEACHER ready for second opinions on the rows that STUDENT is unsure of."""
    from models.analysis import FeedbackModel

    model = FeedbackModel.load(student)
    rows = pd.read_parquet(corpus)
    rows = rows[rows["split"].isin(JUDGED)]
    texts = list(rows["text"])
    new = output.with_name(output.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    export(teacher, new)
    space = model.artifact.space
    calibration = calibrate(OnnxReader.load(new)(texts), rows, space)
    encoded = model.artifact.encoder.encode_clauses(texts)
    logits, _ = model.artifact.heads.scores(encoded)
    labels = decode(logits, space, model.artifact.calibration)
    version = write_opinion(new, calibration, confidence_bounds(labels.confidence))
    SecondOpinion.load(new, share=0.1)
    shutil.rmtree(output, ignore_errors=True)
    new.rename(output)
    typer.echo(f"{version}: {_size_mb(output):.0f} MB", err=True)


def _size_mb(folder: Path) -> float:
    return sum(p.stat().st_size for p in folder.iterdir()) / 1e6


if __name__ == "__main__":
    run_stage(main)
