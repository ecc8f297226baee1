"""Every section of params.yaml belongs to a stage's model, and every model has its section."""

from __future__ import annotations

import pytest
import yaml

from pipeline.finetune import FinetuneParams
from pipeline.gate import GateParams
from pipeline.params import load_params
from pipeline.prepare import PrepareParams
from pipeline.student import StudentParams
from pipeline.teach import TeachParams
from pipeline.themes import ThemesParams
from pipeline.train import TrainParams
from tests.contract.stage_imports import ROOT

MODELS = {
    "prepare": PrepareParams,
    "finetune": FinetuneParams,
    "teach": TeachParams,
    "student": StudentParams,
    "train": TrainParams,
    "gate": GateParams,
    "themes": ThemesParams,
}
SECTIONS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))


def test_sections_are_the_models():
    """A section nobody reads is a setting that does nothing."""
    assert set(SECTIONS) == set(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_section_names_every_key(name):
    """Defaults hidden in code are not seen in a diff of params.yaml."""
    assert set(SECTIONS[name]) == set(MODELS[name].model_fields)


@pytest.mark.parametrize("name", MODELS)
def test_section_loads(name):
    """Ranges hold."""
    load_params(MODELS[name], name, ROOT / "params.yaml")
