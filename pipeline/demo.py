"""The command `huiyin demo`: the whole job on real reviews, from raw text to a store worth showing.

A second run that would do the same does nothing; what people changed in the store meanwhile stays.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

import typer

from models.analysis import FeedbackModel
from models.artifact import DEFAULT_FOLDER
from models.encoders import Encoder
from models.taxonomy import Taxonomy
from models.themes import ThemeSettings
from pipeline.demo_rows import CHANNELS, END, LAST_WEEK, REGIONS, demo_rows
from pipeline.output import atomic_writer
from pipeline.progress import progress_printer
from pipeline.score import Summary, score_file

__all__ = ["CHANNELS", "END", "LAST_WEEK", "REGIONS", "demo_rows", "main"]

# The customers are made up; what matters is that the same one gets the same hash.
_CUSTOMER_KEY = b"huiyin-demo"
_STORY = 2  # count up when what the demo does changes, so that it is done again


@dataclass(frozen=True, slots=True)
class _Files:
    """Where the demo writes."""

    folder: Path

    @property
    def source(self) -> Path:
        return self.folder / "feedback.parquet"

    @property
    def scored(self) -> Path:
        return self.folder / "scored.parquet"

    @property
    def themes(self) -> Path:
        return self.folder / "themes"

    @property
    def report(self) -> Path:
        return self.folder / "report" / f"report-{LAST_WEEK}.html"

    @property
    def store(self) -> Path:
        return self.folder / "huiyin.db"

    @property
    def done(self) -> Path:
        return self.folder / "done.json"


def main(output: Path, workers: int) -> None:
    """Run the demo into a folder.

    Args:
        output: Folder for input, results, themes, store and report.
        workers: Processes that score.
    """
    started, files = time.monotonic(), _Files(output)
    with atomic_writer(files.source) as file:
        demo_rows().to_parquet(file, index=False)
    stamp = _stamp(files)
    told = _told(files, stamp)
    if told is None:
        try:
            told = _run(files, workers)
        except KeyboardInterrupt:
            again = "已停:还没有做完,没有留下写了一半的文件。再运行一次 huiyin demo 就从头做。"
            typer.echo(f"\n{again}", err=True)
            raise typer.Exit(130) from None
        with atomic_writer(files.done) as file:
            file.write(json.dumps({"stamp": stamp, "told": told}, ensure_ascii=False).encode())
    else:
        told += f"\n已是最新:没有重做(删掉 {output}/ 可以从头再来)"
    typer.echo(f"{told}\n用时      {time.monotonic() - started:.0f} 秒")


def _run(files: _Files, workers: int) -> str:
    from pipeline import report, themes

    summary = score_file(
        files.source,
        files.scored,
        workers=workers,
        as_of=END,
        customer_key=_CUSTOMER_KEY,
        restart=True,
        on_batch=progress_printer(),
    )
    themes.main(files.scored, files.themes, week=LAST_WEEK)
    url = f"sqlite:///{files.store}"
    _fill(url, files)
    report.main(output=files.report.parent, store=url, week=LAST_WEEK)
    return _table(summary, files, url)


def _fill(url: str, files: _Files) -> None:
    """Make the store anew, week by week, with what a team did in between."""
    import pandas as pd

    from pipeline.demo_story import play
    from pipeline.store.engine import open_store
    from pipeline.store.saving import save_scored
    from pipeline.store.theme_week import fit_week
    from pipeline.theme_fit import weeks_of

    for suffix in ("", "-wal", "-shm"):
        files.store.with_name(files.store.name + suffix).unlink(missing_ok=True)
    rows = pd.read_parquet(files.scored)
    store = open_store(url)
    save_scored(store, rows, now=END)
    encoder: Encoder = FeedbackModel.load(DEFAULT_FOLDER).artifact.encoder
    for week in weeks_of(rows):
        outcome = fit_week(store, rows, week, encoder, ThemeSettings())
        play(store, week)
        typer.echo(
            f"{week}:{outcome.n_complaints} 条投诉,{len(outcome.continued)} 个主题延续,"
            f"{len(outcome.born)} 个新,{len(outcome.regressed)} 个复发",
            err=True,
        )
    store.close()


def _stamp(files: _Files) -> str:
    manifest = (DEFAULT_FOLDER / "manifest.json").read_bytes()
    parts = (str(_STORY).encode(), files.source.read_bytes(), manifest)
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _told(files: _Files, stamp: str) -> str | None:
    """Give what the last run told, if it did the same and its files are still there."""
    wanted = (files.scored, files.themes / "themes.json", files.store, files.report)
    try:
        done = json.loads(files.done.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if done.get("stamp") != stamp or not all(path.exists() for path in wanted):
        return None
    return str(done["told"])


def _table(summary: Summary, files: _Files, url: str) -> str:
    taxonomy = Taxonomy.load(DEFAULT_FOLDER / "taxonomy.yaml")
    record = summary.as_record()
    content = json.loads((files.themes / "themes.json").read_text(encoding="utf-8"))
    types = "  ".join(f"{taxonomy.title('type', k)} {v}" for k, v in record["by_type"].items())
    urgencies = "  ".join(
        f"{taxonomy.title('urgency', k)} {v}" for k, v in record["by_urgency"].items()
    )
    names = "  ".join(f"{t['name']} {t['size']}" for t in content["themes"][:8])
    lines = [
        f"读入      {record['rows_in']} 行 = 已评 {record['scored']} + 拒收 {record['rejected']}",
        f"速度      {record['rows_per_second']:,.0f} 行/秒(含读写)",
        f"类型      {types}",
        f"紧急      {urgencies}",
        f"主题      {names}",
        f"模型      {record['model_version']}",
        f"报告      {files.report}",
        f"数据库    {url}",
        f"看网页    HUIYIN_STORE={url} huiyin serve   然后打开 http://127.0.0.1:8000/review",
    ]
    return "\n".join(lines)
