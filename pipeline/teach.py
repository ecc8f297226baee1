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

from models.encoders import Encoder, SentenceEncoder
from models.privacy import mask
from models.segmentation import Segmenter
from models.text import has_content, normalize
from pipeline.augment import common_words, nearest_words, recombine, substitute
from pipeline.corpus import review_lines
from pipeline.multitask import VECTOR_SCALE
from pipeline.params import StageParams, load_params
from pipeline.stage import run_stage

LONGEST = 400
LEXICON = Path("data/lexicon")


class TeachParams(StageParams):
    """What changes the texts that the teacher reads.

    Attributes:
        n_recombined: New texts made of clauses of the authored training rows.
        n_substituted: New texts made of training rows with words put in the place of their like.
        n_neighbours: Words that may stand for a word.
        substitution_rate: Chance that a word is replaced.
        least_word_count: Content words of jieba's dictionary that it counts as often may stand in.
        seed: Of every choice.
    """

    n_recombined: Annotated[int, Field(ge=0)] = 40_000
    n_substituted: Annotated[int, Field(ge=0)] = 40_000
    n_neighbours: Annotated[int, Field(ge=1)] = 12
    substitution_rate: Annotated[float, Field(gt=0, le=1)] = 0.35
    least_word_count: Annotated[int, Field(ge=1)] = 100
    seed: int = 0


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


def invent(
    rows: pd.DataFrame, encoder: Encoder, segmenter: Segmenter, params: TeachParams
) -> list[str]:
    """Make texts that no customer wrote, for the student to learn more wordings from.

    Args:
        rows: The prepared corpus with its split; held-out rows are left alone.
        encoder: Tells which words are alike.
        segmenter: Word segmentation.
        params: How many of which.

    Returns:
        Texts; none of them has a label.
    """
    train = rows[rows["split"] == "train"]
    made = recombine(train[train["source"] == "authored"], params.n_recombined, params.seed)
    if params.n_substituted:
        known = list(train["text"])
        words = common_words(known, segmenter.cut, params.least_word_count)
        near = nearest_words(words, encoder.encode(words), params.n_neighbours)
        rate, n = params.substitution_rate, params.n_substituted
        made += substitute(known, near, segmenter.cut, n, rate, params.seed)
    return list(dict.fromkeys(made))


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
    lexicon: Annotated[Path, typer.Option(help="words.txt and stopwords.txt")] = LEXICON,
) -> None:
    """Embed the corpus and the unlabelled reviews with TEACHER."""
    rows = pd.read_parquet(corpus)
    labelled = list(rows["text"])
    texts = [*labelled, *unlabelled_texts(labelled)]
    torch.set_num_threads(max(torch.get_num_threads(), 1))
    encoder = SentenceEncoder.load(teacher, max_length=128)
    texts += invent(rows, encoder, Segmenter.load(lexicon), load_params(TeachParams, "teach"))
    vectors = encoder.encode(texts)
    logits = teacher_logits(vectors, load_file(teacher / "heads.safetensors"))
    pd.DataFrame({"text": texts}).to_parquet(texts_out, index=False)
    save_file({"vectors": vectors.astype(np.float16), "logits": logits}, output)
    typer.echo(f"{len(texts)} texts, {len(labelled)} of them labelled", err=True)


if __name__ == "__main__":
    run_stage(main)
