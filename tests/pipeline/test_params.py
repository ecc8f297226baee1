"""One stage's parameters: complete, in range, and never misspelt in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field, ValidationError

from models.errors import DataError
from pipeline.params import StageParams, load_params


class Brewing(StageParams):
    """A stage's parameters."""

    minutes: Annotated[int, Field(ge=1, le=10)] = 3
    leaf: str = "green"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A parameter file with one section."""
    path = tmp_path / "params.yaml"
    path.write_text("brew: {minutes: 4}\nother: {x: 1}\n", encoding="utf-8")
    return path


def test_a_section_is_read_and_the_rest_left_at_its_default(file: Path) -> None:
    """Sections belong to one stage each."""
    assert load_params(Brewing, "brew", file) == Brewing(minutes=4)


@pytest.mark.parametrize("text", ["other: {}\n", "brew:\n", "brew: {}\n"])
def test_a_missing_section_means_all_defaults(file: Path, text: str) -> None:
    """An empty section too: YAML reads it as null."""
    file.write_text(text, encoding="utf-8")
    assert load_params(Brewing, "brew", file) == Brewing()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("brew: {minuts: 4}", r"brew\.minuts: unknown key"),
        ("brew: {minutes: 99}", r"brew\.minutes: .*less than or equal to 10"),
        ("brew: {minutes: long}", r"brew\.minutes: .*integer"),
        ("brew: 3", r"params\.yaml: brew"),
        ("- brew", "one section per stage"),
        ("", "one section per stage"),
    ],
)
def test_a_wrong_file_is_refused_by_key(file: Path, text: str, message: str) -> None:
    """A misspelt key would train with the default and nobody would know."""
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_params(Brewing, "brew", file)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    """The command was run in another folder."""
    with pytest.raises(DataError, match="nowhere.yaml"):
        load_params(Brewing, "brew", tmp_path / "nowhere.yaml")


def test_parameters_cannot_change() -> None:
    """What is logged at the start is what was used."""
    with pytest.raises(ValidationError, match="frozen"):
        Brewing().minutes = 5
