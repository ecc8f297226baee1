"""What the README shows must run, and both languages must show the same."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READMES = [ROOT / "README.md", ROOT / "README.zh.md"]
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)


def _blocks(path: Path, language: str) -> list[str]:
    return [
        body for name, body in BLOCK.findall(path.read_text(encoding="utf-8")) if name == language
    ]


@pytest.mark.parametrize("path", READMES, ids=lambda p: p.name)
def test_python_of_the_readme_runs(path):
    """A newcomer's first paste must not fail."""
    for code in _blocks(path, "python"):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.split() == ["product", "high", "技术部"]


def test_score_command_of_the_readme_prints_what_it_says(tmp_path):
    """The shown result is the shipped model's, to the letter."""
    shown = next(b for b in _blocks(READMES[0], "json"))
    (tmp_path / "one.csv").write_text(
        "text\n付款扣了两次钱，客服电话打了三遍都没人接\n", encoding="utf-8"
    )
    huiyin = Path(sys.executable).with_name("huiyin")
    command = [huiyin, "score", "one.csv", "-o", "one.jsonl", "--as-of", "2026-11-20T09:00:00"]
    subprocess.run(list(map(str, command)), cwd=tmp_path, check=True, capture_output=True)
    written = (tmp_path / "one.jsonl").read_text(encoding="utf-8")
    assert re.sub(r"\s", "", shown) in re.sub(r"\s", "", written)


def test_both_languages_show_the_same_commands_and_figures():
    """A figure or a command changed in one language only misleads the readers of the other."""
    english, chinese = (path.read_text(encoding="utf-8") for path in READMES)
    assert english.count("\n## ") == chinese.count("\n## ")
    assert [b for _, b in BLOCK.findall(english)][:1] != []
    figures = re.compile(r"\| [\d.,]+ (?=\|)")
    assert figures.findall(english) == figures.findall(chinese)
