"""Stage `teach`: the fine-tuned teacher reads every text once and writes down its judgement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch
import typer
from pydantic import Field
from safetensors.numpy import load_file, save_file

from models.clauses import split_clauses
from models.encoders import SentenceEncoder
from models.privacy import mask
from models.text import has_content, normalize
from pipeline.corpus import review_lines
from pipeline.multitask import VECTOR_SCALE
from pipeline.params import StageParams, load_params
from pipeline.stage import run_stage

LONGEST = 400
_LEAST_CLAUSE = 4


class TeachParams(StageParams):
    """What changes the texts that the teacher reads.

    Attributes:
        n_recombined: New texts made of clauses of the authored training rows.
        seed: Of their choice.
    """

    n_recombined: Annotated[int, Field(ge=0)] = 40_000
    seed: int = 0


def recombine(rows: pd.DataFrame, params: TeachParams) -> list[str]:
    """Make new texts out of clauses that customers of one trade wrote.

    Nobody labels them: they only show the student what its teacher thinks of more wordings.

    Args:
        rows: Training rows with text and trade.
        params: How many, and the seed.

    Returns:
        Distinct texts of one to three clauses.
    """
    rng = np.random.default_rng(params.seed)
    pools = {
        str(trade): [c.text for text in texts for c in split_clauses(text) if len(c.text) > 1]
        for trade, texts in rows.groupby("trade")["text"]
    }
    names = sorted(pools)
    weights = np.array([len(pools[name]) for name in names], dtype=float)
    made: dict[str, None] = {}
    while pools and len(made) < params.n_recombined:
        pool = pools[names[int(rng.choice(len(names), p=weights / weights.sum()))]]
        n_clauses = int(rng.choice([1, 2, 3], p=[0.3, 0.5, 0.2]))
        text = rng.choice([" ", ",", "。"]).join(rng.choice(pool, n_clauses))
        if len(text) >= _LEAST_CLAUSE:
            made[str(text)] = None
    return list(made)


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
    rows = pd.read_parquet(corpus)
    labelled = list(rows["text"])
    texts = [*labelled, *unlabelled_texts(labelled)]
    texts += recombine(rows[_is_authored_training(rows)], load_params(TeachParams, "teach"))
    torch.set_num_threads(max(torch.get_num_threads(), 1))
    vectors = SentenceEncoder.load(teacher, max_length=128).encode(texts)
    logits = teacher_logits(vectors, load_file(teacher / "heads.safetensors"))
    pd.DataFrame({"text": texts}).to_parquet(texts_out, index=False)
    save_file({"vectors": vectors.astype(np.float16), "logits": logits}, output)
    typer.echo(f"{len(texts)} texts, {len(labelled)} of them labelled", err=True)


def _is_authored_training(rows: pd.DataFrame) -> pd.Series[bool]:
    return (rows["split"] == "train") & (rows["source"] == "authored")


if __name__ == "__main__":
    run_stage(main)
