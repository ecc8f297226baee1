"""House rules that a linter does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(p for d in ("models", "pipeline", "serve") for p in (ROOT / d).rglob("*.py"))
# Long by reason: docstrings of one subject that would not gain from a split.
LONGER = {
    "models/text.py": 265,
    "pipeline/output_formats.py": 255,
    "models/deadlines.py": 280,
    "models/analysis.py": 265,
    "pipeline/finetune.py": 300,
    "pipeline/student.py": 270,
}


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_module_is_short(path):
    """A module over 250 lines holds two ideas, or has its reason in the list above."""
    limit = LONGER.get(str(path.relative_to(ROOT)), 250)
    assert len(path.read_text(encoding="utf-8").splitlines()) <= limit


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_unpickled(path):
    """A model file may come from anywhere; unpickling it would run what it says."""
    text = path.read_text(encoding="utf-8")
    assert "import pickle" not in text
    assert "joblib.load" not in text
    assert "weights_only=False" not in text
