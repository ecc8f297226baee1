"""Whoever only scores must not pay for torch: the base install scores and serves by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "mlflow", "sklearn", "transformers", "sentence_transformers", "dvc", "hdbscan")


@pytest.fixture(scope="module")
def light_python(tmp_path_factory):
    """A fresh environment with the wheel's base dependencies and nothing else."""
    folder = tmp_path_factory.mktemp("light")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    constraints = str(ROOT / "constraints.txt")
    command = [uv, "pip", "install", "--quiet", "--python", python, "-c", constraints, str(ROOT)]
    subprocess.run(list(map(str, command)), check=True, timeout=300)
    return python


@pytest.mark.slow
def test_scoring_works_without_training_packages(light_python, tmp_path):
    """The shipped model comes with the wheel and needs numpy and scipy only."""
    source, output = tmp_path / "in.csv", tmp_path / "out.jsonl"
    source.write_text("text\n一打开就闪退，根本登不上去\n", encoding="utf-8")
    command = [light_python.with_name("huiyin"), "score", source, "-o", output, "--workers", "1"]
    done = subprocess.run(
        list(map(str, command)), cwd=tmp_path, capture_output=True, text=True, env=_clean_env()
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(output.read_text(encoding="utf-8"))["intent"] == "complaint"


@pytest.mark.slow
def test_heavy_packages_are_absent(light_python):
    """The proof above is worth nothing if torch slipped in as somebody's dependency."""
    code = f"import importlib.util as u; print([n for n in {HEAVY!r} if u.find_spec(n)])"
    found = subprocess.run([str(light_python), "-c", code], capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def _clean_env():
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
