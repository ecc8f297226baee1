"""The command `huiyin`: exit codes, one line for an expected error, JSON alone on stdout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from models.errors import StoreError
from pipeline import cli
from tests.tiny import ROOT, tiny_corpus

HEAVY = ("torch", "sklearn", "mlflow", "pandas", "pyarrow", "transformers")


def run(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str, str]:
    """Run as a shell would: exit code, stdout, stderr."""
    monkeypatch.setattr(sys, "argv", ["huiyin", *arguments])
    code: object = 0
    try:
        cli.run()
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    return int(str(code or 0)), out, err


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two rows."""
    pd.DataFrame({"text": ["一打开就闪退", "很好"]}).to_csv(tmp_path / "in.csv", index=False)
    return tmp_path / "in.csv"


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """Labelled rows."""
    tiny_corpus().to_csv(tmp_path / "gold.csv", index=False)
    return tmp_path / "gold.csv"


def scoring(source: Path, output: Path, model: Path) -> list[str]:
    """Give the arguments that score a file in one process."""
    return ["score", str(source), "-o", str(output), "--model", str(model), "--workers", "1"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        *([name, "--help"] for name in ("score", "train", "evaluate", "report", "demo")),
        *(["models", name, "--help"] for name in ("list", "promote", "rollback")),
        ["themes", "fit", "--help"],
    ],
)
def test_every_command_explains_itself(arguments: list[str]) -> None:
    """In Chinese, and without running anything."""
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 0
    assert any("\u4e00" <= c <= "\u9fff" for c in result.stdout)


def test_help_lists_the_commands_of_the_design() -> None:
    """`huiyin --help` is where people begin."""
    shown = CliRunner().invoke(cli.app, ["--help"]).stdout
    assert all(
        name in shown for name in ("score", "train", "evaluate", "report", "models", "themes")
    )


def _commands(group: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not hasattr(group, "commands"):
        return {path: group}
    return {
        k: v for name, c in group.commands.items() for k, v in _commands(c, (*path, name)).items()
    }


def test_every_command_that_ends_speaks_json() -> None:
    """A script need not read prose; `serve` does not end, `demo` is for people."""
    commands = _commands(typer.main.get_command(cli.app))
    silent = {p for p, c in commands.items() if not any("--json" in x.opts for x in c.params)}
    assert silent == {("serve",), ("demo",)}


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["score"],
        ["score", "in.csv"],
        ["score", "in.csv", "-o", "out.csv", "--workers", "0"],
        ["score", "in.csv", "-o", "out.csv", "--as-of", "yesterday"],
        ["score", "in.csv", "-o", "out.csv", "--colour"],
        ["evaluate"],
        ["models", "promote", "newest"],
    ],
)
def test_wrong_usage_is_exit_code_2(
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A script can tell it from a failed run."""
    code, out, err = run(arguments, monkeypatch, capsys)
    assert code == 2
    assert out == ""
    assert err


def test_an_unknown_file_is_one_line_and_exit_code_1(
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No traceback, nothing on stdout, nothing written."""
    arguments = ["score", str(tmp_path / "nowhere.csv"), "-o", str(tmp_path / "out.csv")]
    code, out, err = run([*arguments, "--model", str(tiny_model)], monkeypatch, capsys)
    assert code == 1
    assert out == ""
    assert err.splitlines() == [f"错误: {tmp_path / 'nowhere.csv'}: does not exist; check the path"]
    assert list(tmp_path.iterdir()) == []


def test_a_header_without_rows_says_so(
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An empty output is right, but nobody has to wonder about it."""
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("text\n", encoding="utf-8")
    arguments = ["score", str(source), "-o", str(output), "--model", str(tiny_model)]
    code, _, err = run(arguments, monkeypatch, capsys)
    assert code == 0
    assert "一行反馈也没有" in err
    assert output.exists()


@pytest.mark.parametrize("option", ["--model", "--customer-key-file", "--text-column"])
def test_a_wrong_option_is_one_line_and_exit_code_1(
    source: Path,
    tiny_model: Path,
    option: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever is named and not there."""
    arguments = scoring(source, source.with_name("out.csv"), tiny_model)
    code, out, err = run([*arguments, option, "nowhere"], monkeypatch, capsys)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "nowhere" in err


def test_score_writes_the_file_and_tells_people_on_stderr(
    source: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Stdout stays free."""
    output = source.with_name("out.csv")
    code, out, err = run(scoring(source, output, tiny_model), monkeypatch, capsys)
    assert (code, out) == (0, "")
    assert "读入 2 = 已评 2 + 拒收 0" in err
    assert output.is_file()


def test_score_json_stands_alone_on_stdout(
    source: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """So that it can be piped."""
    arguments = scoring(source, source.with_name("out.csv"), tiny_model)
    code, out, err = run([*arguments, "--json", "--as-of", "2026-11-23"], monkeypatch, capsys)
    assert code == 0
    assert json.loads(out)["scored"] == 2
    assert "读入" in err


@pytest.mark.parametrize("moment", ["2026-11-23T09:00", "2026-11-23T01:00Z", "2026/11/23 9:00"])
def test_rows_without_a_moment_get_that_of_the_run(
    moment: str,
    source: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With or without a zone, as in the files; without one it is Shanghai's."""
    output = source.with_name("out.jsonl")
    arguments = [*scoring(source, output, tiny_model), "--as-of", moment]
    assert run(arguments, monkeypatch, capsys)[0] == 0
    created = [json.loads(line)["created_at"] for line in output.read_text("utf-8").splitlines()]
    assert {datetime.fromisoformat(at) for at in created} == {datetime(2026, 11, 23, 1, tzinfo=UTC)}


def test_evaluate_without_the_teacher_says_how_to_make_one(
    gold: Path,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The teacher is not shipped: `--cascade` needs it."""
    arguments = ["evaluate", "--gold", str(gold), "--model", str(tiny_model)]
    arguments += ["--cascade", "1", "--teacher", str(tmp_path / "none")]
    code, _, err = run(arguments, monkeypatch, capsys)
    assert code == 1
    assert "python -m pipeline.cascade" in err


def test_evaluate_prints_figures_and_tables(
    gold: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Issue 2: macro-F1 of four labels, micro-F1 of types, quadratic kappa, confusion tables."""
    arguments = ["evaluate", "--gold", str(gold), "--model", str(tiny_model)]
    code, out, _ = run(arguments, monkeypatch, capsys)
    assert code == 0
    for name in ("intent", "type", "subtype", "urgency"):
        assert f"{name}_macro_f1" in out
        assert f"{name}: truth down, prediction across" in out
    assert "types_micro_f1" in out
    assert "urgency_quadratic_kappa" in out


def test_evaluate_json_stands_alone_on_stdout(
    gold: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """All of the report."""
    arguments = ["evaluate", "--gold", str(gold), "--model", str(tiny_model), "--json"]
    code, out, _ = run(arguments, monkeypatch, capsys)
    assert code == 0
    assert set(json.loads(out)) == {"rows", "figures", "slices", "classes", "confusion"}


def test_evaluate_with_wrong_columns_is_one_clear_line(
    source: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It names those that are missing and those found."""
    arguments = ["evaluate", "--gold", str(source), "--model", str(tiny_model)]
    code, out, err = run(arguments, monkeypatch, capsys)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "'intent'" in err
    assert "found ['text']" in err


def test_a_store_that_refuses_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every expected error ends the same way."""

    def refuse() -> None:
        raise StoreError("the tracking server is away")

    monkeypatch.setattr("pipeline.registry.list_versions", refuse)
    code, out, err = run(["models", "list"], monkeypatch, capsys)
    assert (code, out, err) == (1, "", "错误: the tracking server is away\n")


def test_a_package_that_the_light_install_lacks_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`pip install .` brings neither scikit-learn nor hdbscan; a traceback would not say so."""

    def lack() -> None:
        raise ModuleNotFoundError("No module named 'sklearn'", name="sklearn.metrics")

    monkeypatch.setattr("pipeline.registry.list_versions", lack)
    code, out, err = run(["models", "list"], monkeypatch, capsys)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "sklearn:pip install 'huiyin[train,pipeline]'" in err


def test_an_interrupt_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C on a long run."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.registry.list_versions", interrupt)
    code, out, err = run(["models", "list"], monkeypatch, capsys)
    assert (code, out, err) == (130, "", "已中断,没有留下写了一半的文件。\n")


def test_a_system_error_that_no_stage_foresaw_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk behind standard output, say: a traceback would say less."""

    def fill() -> None:
        Path("/dev/full").write_bytes(b"x")

    monkeypatch.setattr("pipeline.registry.list_versions", fill)
    code, out, err = run(["models", "list"], monkeypatch, capsys)
    assert (code, out, err) == (1, "", "错误: No space left on device\n")


def test_help_loads_nothing_heavy() -> None:
    """Half a second of waiting for a line of help is too much."""
    program = f"import sys, pipeline.cli; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
