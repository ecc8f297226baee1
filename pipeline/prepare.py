"""Stage `prepare`: labelled files in, one clean corpus with its splits out.

Rows of one cause in one trade, and both rows of a contrast pair, stay on one side, so that the
held-out rows ask for what was not seen word for word.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from pydantic import Field

from models.privacy import mask
from models.taxonomy import Taxonomy
from models.text import has_content, normalize
from pipeline.corpus import find_files, read_corpus
from pipeline.output import atomic_writer
from pipeline.params import StageParams, load_params
from pipeline.stage import run_stage

UNSURE = "unsure"


class PrepareParams(StageParams):
    """What changes the corpus.

    Attributes:
        valid_share: Share of groups for calibration.
        test_share: Share of groups for the frozen test set.
        seed: Names the split; another seed, another split.
    """

    valid_share: Annotated[float, Field(gt=0, lt=0.5)] = 0.1
    test_share: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    seed: int = 0


def prepare(corpus: pd.DataFrame, params: PrepareParams) -> pd.DataFrame:
    """Clean the texts and split the rows.

    Args:
        corpus: Labelled rows, columns `CORPUS_COLUMNS`.
        params: Shares and seed.

    Returns:
        The same rows, normalised and masked, without exact repeats, with a column `split`
        (train, valid, test, or soft: a row whose reader was unsure, learnt from only through a
        teacher's judgement).
    """
    rows = corpus.copy()
    rows["text"] = [mask(normalize(text)).text for text in rows["text"]]
    rows = rows[[has_content(text) or bool(text) for text in rows["text"]]]
    rows = rows.drop_duplicates("text", keep="first").reset_index(drop=True)
    rows["split"] = [_split(key, params) for key in _groups(rows)]
    rows.loc[rows["confidence"] == UNSURE, "split"] = "soft"
    return rows


def _groups(rows: pd.DataFrame) -> list[str]:
    """Name each row's group: its pair, else cause and trade, else the row itself."""
    keys = []
    for row in rows.to_dict("records"):
        if row["pair"]:
            keys.append(f"pair {row['source']} {row['pair']}")
        elif row["cause"]:
            keys.append(f"cause {row['trade']} {row['cause']}")
        else:
            keys.append(f"row {row['id']}")
    return keys


def _split(key: str, params: PrepareParams) -> str:
    digest = hashlib.sha256(f"{params.seed} {key}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    if place < params.test_share:
        return "test"
    return "valid" if place < params.test_share + params.valid_share else "train"


def main(
    files: Annotated[list[Path], typer.Argument(help="labelled CSV files or folders of them")],
    output: Annotated[Path, typer.Option(help="the corpus, Parquet")],
    taxonomy: Annotated[Path, typer.Option()] = Path("data/taxonomy.yaml"),
) -> None:
    """Read labelled FILES, clean and split them, and write one corpus."""
    corpus = read_corpus(find_files(files), Taxonomy.load(taxonomy))
    prepared = prepare(corpus, load_params(PrepareParams, "prepare"))
    with atomic_writer(output) as file:
        prepared.to_parquet(file, index=False)
    typer.echo(f"{len(prepared)} rows: {prepared['split'].value_counts().to_dict()}", err=True)


if __name__ == "__main__":
    run_stage(main)
