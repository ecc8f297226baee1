"""The notebooks run from top to bottom, hold no output, and define nothing."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = (
    "1-what-the-data-says",
    "2-retrain-on-your-own-labels",
    "3-where-the-model-fails",
    "4-themes-explored",
)
N_ROWS = "600"
PATIENCE_S = 1200  # a busy machine, not what a notebook needs
DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def code_cells(path: Path) -> list[dict[str, Any]]:
    """Read a notebook's code."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_all_four_are_there() -> None:
    """The week's four questions have a notebook each."""
    assert tuple(path.stem for path in NOTEBOOKS) == NAMES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_output_is_checked_in(path: Path) -> None:
    """Outputs hold customers' words and make every diff unreadable."""
    for cell in code_cells(path):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_nothing_is_defined(path: Path) -> None:
    """What is worth a name belongs into the packages, where it is tested."""
    for cell in code_cells(path):
        tree = ast.parse("".join(cell["source"]))
        assert not [node for node in ast.walk(tree) if isinstance(node, DEFINING)]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_runs_from_top_to_bottom(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a sample; a cell that raises fails the test with its traceback."""
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("HUIYIN_SAMPLE", N_ROWS)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=PATIENCE_S,
        startup_timeout=PATIENCE_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    pictures = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 4
