"""Stage `teach`: the fine-tuned teacher reads every text once and writes down its judgement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch
import typer
from safetensors.numpy import load_file, save_file

from models.encoders import SentenceEncoder
from models.privacy import mask
from models.text import has_content, normalize
from pipeline.corpus import review_lines
from pipeline.multitask import VECTOR_SCALE
from pipeline.stage import run_stage

LONGEST = 400


def unlabelled_texts(known: Sequence[str]) -> list[str]:
    """List the real reviews that may be learnt from without labels.

    Args:
        known: Texts that are in the corpus already.

    Returns:
        Normalised, masked, distinct texts in file order, cut at `LONGEST` characters.
    """
    lines = [line for polarity in ("neg", "pos") for line in review_lines(polarity)]
    texts = (mask(normalize(line)).text[:LONGEST] for line in lines)
    seen = set(known)
    fresh = [text for text in dict.fromkeys(texts) if text not in seen]
    return [text for text in fresh if has_content(text)]


def teacher_logits(vectors: np.ndarray, heads: dict[str, np.ndarray]) -> np.ndarray:
    """Score the teacher's vectors by its own heads.

    Args:
        vectors: Unit rows, shape (n, dim).
        heads: `labels.weight` and `labels.bias`.

    Returns:
        Shape (n, n_logits), float32.
    """
    logits: np.ndarray = vectors * VECTOR_SCALE @ heads["labels.weight"].T + heads["labels.bias"]
    return logits.astype(np.float32)


def main(
    corpus: Annotated[Path, typer.Argument(help="the prepared corpus, Parquet")],
    teacher: Annotated[Path, typer.Argument(help="folder of the fine-tuned teacher")],
    texts_out: Annotated[Path, typer.Argument(help="all texts, Parquet")],
    output: Annotated[Path, typer.Argument(help="vectors and logits, safetensors")],
) -> None:
    """Embed the corpus and the unlabelled reviews with TEACHER."""
    labelled = list(pd.read_parquet(corpus)["text"])
    texts = [*labelled, *unlabelled_texts(labelled)]
    torch.set_num_threads(max(torch.get_num_threads(), 1))
    vectors = SentenceEncoder.load(teacher, max_length=128).encode(texts)
    logits = teacher_logits(vectors, load_file(teacher / "heads.safetensors"))
    pd.DataFrame({"text": texts}).to_parquet(texts_out, index=False)
    save_file({"vectors": vectors.astype(np.float16), "logits": logits}, output)
    typer.echo(f"{len(texts)} texts, {len(labelled)} of them labelled", err=True)


if __name__ == "__main__":
    run_stage(main)
