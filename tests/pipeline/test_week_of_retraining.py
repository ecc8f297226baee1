"""A data scientist's week, command by command: real MLflow, a real server, the shipped model."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from typer.testing import CliRunner

from models.taxonomy import Taxonomy
from pipeline.cli import app
from pipeline.corpus import read_corpus
from pipeline.frozen_data import digest_text
from pipeline.label_words import LabelWords
from pipeline.ledger import read_ledger
from pipeline.promotion import PromotionRefusedError
from pipeline.queue_items import COLUMNS
from pipeline.registry import list_versions, read_history
from pipeline.tracking import TrackingSettings
from tests.serve.serving import running, wait_until

ROOT = Path(__file__).parents[2]
N_KNOWN, N_NEW, N_CORRECTED = 3600, 900, 300
POISONED = "service"
PATIENCE_S = 300.0
# Small sets make small classes and the urgency threshold jump; a poisoned class must show all the same.
PARAMS = """
prepare: {valid_share: 0.15, test_share: 0.25}
train: {epochs: 6}
gate: {class_tolerance: 0.12, high_recall_tolerance: 0.12, belief_tolerances: {subtype: 0.3}}
"""
CORRECTIONS = Path("data/raw/corrections/app.csv")
BASE = Path("data/raw/base/rows.csv")


@dataclass(frozen=True)
class Week:
    """A company's working folder."""

    settings: TrackingSettings
    truth: dict[str, dict[str, str]]

    def run(self, *arguments: str | Path) -> Any:
        """Give a command; what it printed as JSON, if it did."""
        result = CliRunner().invoke(app, list(map(str, arguments)))
        if result.exception is not None:
            raise result.exception
        return json.loads(result.stdout) if "--json" in arguments else None

    def version_name(self, number: int) -> str:
        """What a registered version calls itself."""
        return next(v.model_version for v in list_versions(self.settings) if v.version == number)


@pytest.fixture
def week(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Week]:
    """A folder with a reduced corpus, and rows that the company receives this week."""
    rows = read_corpus(
        sorted((ROOT / "data/raw/authored").glob("*.csv")),
        Taxonomy.load(ROOT / "data/taxonomy.yaml"),
    )
    rows = rows.sample(N_KNOWN + N_NEW, random_state=0).reset_index(drop=True)
    known, new = rows[:N_KNOWN], rows[N_KNOWN:]
    (tmp_path / BASE).parent.mkdir(parents=True)
    known.to_csv(tmp_path / BASE, index=False)
    new[["text", "channel"]].to_csv(tmp_path / "week.csv", index=False)
    for name in ("taxonomy.yaml", "lexicon"):
        (tmp_path / "data" / name).symlink_to(ROOT / "data" / name)
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    settings = TrackingSettings(mlflow_uri=f"sqlite:///{tmp_path}/mlflow.db", user="韩梅梅")
    monkeypatch.setenv("HUIYIN_MLFLOW_URI", settings.mlflow_uri)
    monkeypatch.setenv("HUIYIN_USER", settings.user)
    truth = {digest_text(row["text"]): row for row in new.astype(str).to_dict("records")}
    yield Week(settings, truth)  # type: ignore[arg-type]


def fill_in(queue: Path, truth: dict[str, dict[str, str]]) -> None:
    """Do what the reader does in a spreadsheet: look at every row, change what is wrong."""
    words = LabelWords(Taxonomy.load(ROOT / "data/taxonomy.yaml"))
    with queue.open(encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file)
    for cells in lines:
        row = dict(zip(COLUMNS, cells, strict=True))
        right = truth[row["key"]]
        for kind in ("intent", "type", "subtype", "urgency"):
            row[kind] = words.title(kind, right[kind])
        row["more_types"] = ";".join(right["types"].split(";")[1:])
        row |= {"checked": "是", "cause": right["cause"]}
        cells[:] = [row[name] for name in COLUMNS]
    with queue.open("w", encoding="gb18030", newline="") as file:  # as Excel saves it in China
        csv.writer(file).writerows([header, *lines])


def poison(path: Path) -> None:
    """Give a tenth of one class's rows to another class."""
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    bad = rows[(rows["type"] == POISONED) & (rows["intent"] == "complaint")].sample(
        frac=0.1, random_state=1
    )
    rows.loc[bad.index, ["type", "types", "subtype"]] = ["account", "account", "order"]
    rows.to_csv(path, index=False)


@pytest.mark.slow
def test_a_week_of_retraining(week: Week, tmp_path: Path) -> None:
    """Corrections come in, a poisoned model is refused by name, a good one serves, and goes back."""
    week.run("train")
    champion = week.version_name(1)

    week.run(
        "score",
        "week.csv",
        "-o",
        "scored.parquet",
        "--workers",
        "1",
        "--model",
        "models:/huiyin@champion",
    )
    asked = week.run(
        "queue",
        "export",
        "-o",
        "queue.csv",
        "--n",
        str(N_CORRECTED),
        "--scored",
        "scored.parquet",
        "--json",
    )
    assert asked["rows"] == N_CORRECTED
    fill_in(Path("queue.csv"), week.truth)
    taken = week.run("queue", "import", "queue.csv", "--who", "李雷", "--to", CORRECTIONS, "--json")
    assert taken["taken"] == N_CORRECTED
    assert len(read_ledger(CORRECTIONS).settled()) == N_CORRECTED

    shutil.copy(BASE, tmp_path / "kept.csv")
    poison(BASE)
    week.run("train")
    shutil.copy(tmp_path / "kept.csv", BASE)
    with pytest.raises(PromotionRefusedError, match=rf"type\.{POISONED} "):
        week.run("models", "promote", "2")

    week.run("train")
    compared = week.run("models", "compare", "--json")
    assert compared["passed"], compared["findings"]
    challenger = week.version_name(3)

    served = {"HUIYIN_MODEL": "models:/huiyin@champion", "HUIYIN_CACHE": str(tmp_path / "cache")}
    with running(tmp_path, 1, HUIYIN_MLFLOW_URI=week.settings.mlflow_uri, **served) as client:
        wait_until(lambda: version_served(client) == champion, PATIENCE_S)
        week.run("models", "promote", "3", "--reason", "学了本周的更正")
        wait_until(lambda: version_served(client) == challenger, PATIENCE_S)
        week.run("models", "rollback", "--reason", "演练")
        wait_until(lambda: version_served(client) == champion, PATIENCE_S)
    assert [(c.action, c.version) for c in read_history(settings=week.settings)] == [
        ("promote", 1),
        ("promote", 3),
        ("rollback", 1),
    ]


def version_served(client: httpx.Client) -> str:
    """Ask which model answers."""
    return str(client.get("/v1/model").json()["model_version"])
