"""A stage that imports a file it does not name would keep a stale result that DVC calls fresh."""

from __future__ import annotations

import pytest
import yaml

from tests.contract.stage_imports import ROOT, build_graph, imported_files

STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]


@pytest.fixture(scope="module")
def graph():
    """One graph for all stages."""
    return build_graph()


@pytest.mark.parametrize("name", STAGES)
def test_stage_names_every_file_it_imports(name, graph):
    """The deps in dvc.yaml are exactly the import closure, so an edit reruns what it touches."""
    named = {dep for dep in STAGES[name]["deps"] if dep.endswith(".py")}
    modules = [command.split()[2] for command in _commands(name)]
    assert named == {f for module in modules for f in imported_files(module, graph)}


@pytest.mark.parametrize("name", STAGES)
def test_no_stage_depends_on_gold(name):
    """Gold is for measuring; a stage that read it would make every figure worthless."""
    texts = [*_commands(name), *map(str, STAGES[name]["deps"])]
    assert not any("gold" in text for text in texts)


def test_no_stage_depends_on_a_whole_package():
    """DVC deletes outs before it runs; a folder of code as dep or out would take sources along."""
    places = {
        str(place)
        for stage in STAGES.values()
        for place in [*stage["deps"], *map(_path, stage.get("outs", []))]
    }
    assert not places & {"models", "pipeline", "models/", "pipeline/"}


def _commands(name):
    command = STAGES[name]["cmd"]
    return command if isinstance(command, list) else [command]


def _path(out):
    return next(iter(out)) if isinstance(out, dict) else out
