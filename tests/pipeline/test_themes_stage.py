"""The stage: a Parquet file in, two whole files out."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.encoders import unit_rows
from models.errors import DataError
from models.theme_report import MENTION_COLUMNS
from models.themes import ThemeSettings
from pipeline.themes import ThemesParams, find_themes


class FirstCharacterEncoder:
    """Texts with the same first character get the same direction."""

    dim = 32

    def encode(self, texts: list[str]) -> np.ndarray:
        rows = [np.random.default_rng(ord(text[0])).normal(size=self.dim) for text in texts]
        return unit_rows(np.stack(rows))


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    texts = [f"{thing}坏了{i}" for thing in ("屏", "盖") for i in "甲乙丙丁戊"]
    rows = pd.DataFrame({"feedback_id": [f"CF{i}" for i in range(10)], "text": texts})
    path = tmp_path / "scored.parquet"
    rows.assign(
        intent="complaint", type="quality", subtype="damage", department="品控部"
    ).to_parquet(path)
    return path


def test_both_files_tell_the_same_themes(scored: Path, tmp_path: Path) -> None:
    """A team reads themes.json, an analyst joins mentions.csv."""
    find_themes(scored, tmp_path / "out", FirstCharacterEncoder(), ThemesParams())
    themes = json.loads((tmp_path / "out/themes.json").read_text(encoding="utf-8"))["themes"]
    mentions = pd.read_csv(tmp_path / "out/mentions.csv")
    assert tuple(mentions.columns) == MENTION_COLUMNS
    assert mentions.groupby("theme_id")["feedback_id"].nunique().to_dict() == {
        theme["id"]: theme["size"] for theme in themes
    }


def test_same_input_gives_the_same_bytes(scored: Path, tmp_path: Path) -> None:
    """DVC compares hashes; a clock or a random id would rerun everything after it."""
    for name in ("a", "b"):
        find_themes(scored, tmp_path / name, FirstCharacterEncoder(), ThemesParams())
    for file in ("themes.json", "mentions.csv"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    """One clear line, not a trace."""
    (tmp_path / "x.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match=r"x\.parquet"):
        find_themes(tmp_path / "x.parquet", tmp_path, FirstCharacterEncoder(), ThemesParams())


def test_parameters_mirror_the_settings() -> None:
    """Two lists of the same thing drift apart unless something holds them together."""
    assert ThemesParams().settings() == ThemeSettings()
    assert set(ThemesParams.model_fields) == {field.name for field in fields(ThemeSettings)}


def test_a_file_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    """An error number of the operating system helps nobody."""
    with pytest.raises(DataError, match=r"none\.parquet: no such file; make it with huiyin score"):
        find_themes(tmp_path / "none.parquet", tmp_path, FirstCharacterEncoder(), ThemesParams())
