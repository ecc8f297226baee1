"""DVC with the real dvc.yaml: nothing reruns for nothing, and what was touched does rerun.

The project's code and a few labelled rows are copied into a repository of their own. What takes
minutes to make stands there as a stub and is committed as made, so that only the bookkeeping is
real; the stage `prepare` runs for real.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COPIED = ("dvc.yaml", "params.yaml", "models", "pipeline", "data/taxonomy.yaml", "data/lexicon")
N_ROWS = 40
pytestmark = pytest.mark.slow


def dvc(folder: Path, *arguments: str) -> str:
    """Give a DVC command with this environment's Python."""
    # The stages call `python`, and must find the copy's packages, not the installed ones.
    place = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": place, "PYTHONPATH": str(folder), "DVC_NO_ANALYTICS": "1"}
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def touched(folder: Path) -> set[str]:
    """Stages that DVC would rerun."""
    return set(json.loads(dvc(folder, "status", "--json")))


def paths_of(stage: dict[str, Any], kind: str) -> list[str]:
    """Paths that a stage reads or writes."""
    return [next(iter(p)) if isinstance(p, dict) else p for p in stage.get(kind, [])]


def stub_missing(folder: Path) -> None:
    """Put something in every place that a stage reads or writes."""
    stages = yaml.safe_load((folder / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    places = {
        p
        for s in stages.values()
        for k in ("deps", "outs", "metrics", "plots")
        for p in paths_of(s, k)
    }
    for name in sorted(places):
        path = folder / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"stub of {name}\n", encoding="utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project in a repository of its own, all stages committed as made."""
    folder = tmp_path_factory.mktemp("dvc") / "project"
    ignore = shutil.ignore_patterns("__pycache__", "artifacts", "*.db")
    for name in COPIED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name, **({"ignore": ignore} if copy is shutil.copytree else {}))
    source = (ROOT / "data/raw/authored/software.csv").read_text(encoding="utf-8").splitlines()
    (folder / "data/raw/authored").mkdir(parents=True)
    (folder / "data/raw/authored/few.csv").write_text(
        "\n".join(source[: N_ROWS + 1]), encoding="utf-8"
    )
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    dvc(folder, "init", "-q")
    stub_missing(folder)
    dvc(folder, "commit", "-q", "-f")
    return folder


@pytest.fixture
def edited(project: Path) -> Any:
    """Change files for one test."""
    kept: dict[Path, bytes | None] = {}

    def edit(name: str, old: str, new: str) -> None:
        path = project / name
        kept[path] = path.read_bytes() if path.exists() else None
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        assert old in text
        path.write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")

    yield edit
    for path, content in kept.items():
        path.unlink() if content is None else path.write_bytes(content)


def test_nothing_touched_nothing_to_do(project: Path) -> None:
    """A stage that reruns for nothing costs minutes each time."""
    assert touched(project) == set()


@pytest.mark.parametrize(
    ("name", "old", "new", "stages"),
    [
        ("params.yaml", "train:\n  epochs: 12", "train:\n  epochs: 13", {"train"}),
        (
            "params.yaml",
            "prepare:\n  valid_share: 0.1",
            "prepare:\n  valid_share: 0.2",
            {"prepare"},
        ),
        ("pipeline/train.py", "", "\n# edited\n", {"train"}),
        ("pipeline/calibrate.py", "", "\n# edited\n", {"train"}),
        ("pipeline/evaluate.py", "", "\n# edited\n", {"evaluate"}),
        ("data/raw/company/rows.csv", "", "id,text\n", {"prepare", "audit"}),
        ("data/lexicon/words.txt", "", "新词\n", {"train"}),
    ],
)
def test_what_is_touched_reruns(
    project: Path, edited: Any, name: str, old: str, new: str, stages: set[str]
) -> None:
    """A parameter, a file, an import: exactly the stages that use it; `distill` is frozen."""
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    edited(name, old, new)
    assert touched(project) == stages


def test_an_import_far_below_counts(project: Path, edited: Any) -> None:
    """A change in how texts are normalised reaches every stage that reads texts."""
    edited("models/text.py", "", "\n# edited\n")
    assert {"prepare", "train", "evaluate"} <= touched(project)


def test_a_file_that_is_no_dependency_is_none(project: Path, edited: Any) -> None:
    """Work on the commands or the report must not retrain a model."""
    edited("pipeline/cli.py", "", "\n# edited\n")
    assert touched(project) == set()


def test_repro_runs_once(project: Path, edited: Any) -> None:
    """For real: a company's file is taken in, and the second call has nothing to do."""
    row = "company-1,一点支付就闪退,complaint,product,product,malfunction,high,支付闪退\n"
    (project / "data/raw/company").mkdir(parents=True, exist_ok=True)
    edited(
        "data/raw/company/rows.csv", "", "id,text,intent,type,types,subtype,urgency,cause\n" + row
    )
    first = dvc(project, "repro", "prepare")
    assert "Running stage 'prepare'" in first
    assert "Running stage" not in dvc(project, "repro", "prepare")
    assert (project / "data/processed/corpus.parquet").read_bytes()[:4] == b"PAR1"


def test_an_experiment_has_its_own_parameter(project: Path) -> None:
    """`dvc exp run -S` tries a value out; the working folder stays as it is."""
    (project / ".gitignore").write_text("__pycache__/\n", encoding="utf-8")
    who = ("-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false")
    for arguments in (["add", "."], [*who, "commit", "-q", "-m", "made"]):
        subprocess.run(["git", *arguments], cwd=project, check=True)
    before = (project / "params.yaml").read_bytes()
    change = ("-S", "prepare.valid_share=0.2")
    dvc(project, "exp", "run", "prepare", *change, "--temp", "--name", "more-valid")
    shown = dvc(project, "params", "diff", "HEAD", "more-valid", "--json")
    assert json.loads(shown)["params.yaml"]["prepare.valid_share"] == {
        "old": 0.1,
        "new": 0.2,
        "diff": 0.1,
    }
    assert (project / "params.yaml").read_bytes() == before
