"""The command `huiyin week`: score, themes, report and digest of one week, made for cron.

It may run twice, be killed anywhere and be run again: each step finds its own work done. Scoring
resumes where it broke off and is left out for an input that was scored already; rows are stored
under their ids; a fitted week is not fitted again unless rows or edits changed; the report's bytes
follow from the store; the digest has one key a week.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.artifact import DEFAULT_FOLDER
from models.deadlines import SHANGHAI
from models.errors import DataError
from pipeline.backlog_manifest import parquet_of
from pipeline.output import atomic_writer
from pipeline.report_period import Period
from pipeline.week_steps import Steps, file_digest, only_week

if TYPE_CHECKING:
    from models.encoders import Encoder
    from pipeline.report import Report
    from pipeline.store.engine import Store

Tell = Callable[[str], None]
TOPIC = "week"


@dataclass(frozen=True, slots=True)
class WeekJob:
    """What to do.

    Attributes:
        period: The week.
        output: Folder for scored rows, report, digest and the list of steps.
        store: The store's URL; None reads `HUIYIN_STORE`.
        source: Rows to score; None where they are scored.
        scored: Scored rows, file or folder of parts; None with neither takes what the store has.
        model: Model folder; None takes the shipped one.
        workers: Processes that score.
        customer_key: Secret for hashing customer ids; None drops them.
        is_notified: Whether the digest goes into the outbox.
        is_printed: Whether the report also becomes a PDF.
    """

    period: Period
    output: Path
    store: str | None = None
    source: Path | None = None
    scored: Path | None = None
    model: Path | None = None
    workers: int = 1
    customer_key: bytes | None = None
    is_notified: bool = False
    is_printed: bool = False


@dataclass(frozen=True, slots=True)
class WeekDone:
    """What a run did.

    Attributes:
        week: Such as `2026-W47`.
        files: The report's files and the digest.
        digest: The digest's lines.
        is_queued: Whether this run put the digest into the outbox.
    """

    week: str
    files: tuple[Path, ...]
    digest: tuple[str, ...]
    is_queued: bool

    def as_record(self) -> dict[str, Any]:
        """Give plain values.

        Returns:
            Ready for JSON.
        """
        return {
            "week": self.week,
            "files": [str(path) for path in self.files],
            "digest": list(self.digest),
            "queued": self.is_queued,
        }


def week_just_over(now: datetime) -> Period:
    """Give the last whole week.

    Args:
        now: An aware moment.

    Returns:
        The ISO week before the one that `now` is in, by Shanghai's calendar.
    """
    day = (now.astimezone(SHANGHAI) - timedelta(days=7)).isocalendar()
    return Period.of_week(f"{day.year}-W{day.week:02d}")


def run_week(job: WeekJob, tell: Tell = lambda _line: None) -> WeekDone:
    """Do all that the job asks for and is not done yet.

    Args:
        job: What to do.
        tell: Told one line a step.

    Returns:
        What is there now.

    Raises:
        DataError: If input or output cannot be used, or the week has no rows.
        StoreError: If the store refuses.
    """
    from pipeline.store.engine import open_store

    job.output.mkdir(parents=True, exist_ok=True)
    week = job.period.key
    with only_week(job.output, week):
        steps = Steps(job.output / f"week-{week}.json")
        scored = _score(job, steps, tell)
        store = open_store(job.store)
        try:
            _save(store, scored, steps, tell)
            _fit(store, job, tell)
            return _report(store, job, tell)
        finally:
            store.close()


def _score(job: WeekJob, steps: Steps, tell: Tell) -> Path | None:
    if job.source is None:
        return job.scored
    from pipeline.progress import progress_printer
    from pipeline.score import score_file

    scored = job.output / f"scored-{job.period.key}.parquet"
    manifest = (job.model or DEFAULT_FOLDER) / "manifest.json"
    stamp = f"{file_digest(job.source)} {file_digest(manifest)} {bool(job.customer_key)}"
    if steps.is_done("score", stamp) and scored.exists():
        tell(f"评分:{job.source} 已评过")
        return scored
    is_unfinished = steps.begun("score") == stamp
    steps.begin("score", stamp)
    summary = score_file(
        job.source,
        scored,
        model=job.model,
        workers=job.workers,
        # What has no date of its own belongs to the week that is reported.
        as_of=job.period.end - timedelta(seconds=1),
        customer_key=job.customer_key,
        resume=is_unfinished,
        restart=not is_unfinished,
        on_batch=progress_printer(),
    )
    steps.finish("score", stamp)
    tell(f"评分:读入 {summary.rows_in} = 已评 {summary.scored} + 拒收 {summary.rejected}")
    return scored


def _save(store: Store, scored: Path | None, steps: Steps, tell: Tell) -> None:
    from pipeline.store.saving import save_scored_file

    if scored is None:
        return
    stamp = f"{file_digest(scored)} {store.url}"
    if steps.is_done("save", stamp) and _is_stored(store, scored):
        tell("入库:已入过")
        return
    saved = save_scored_file(store, scored)
    steps.finish("save", stamp)
    tell(f"入库:新 {saved.n_new} 条,原有 {saved.n_again} 条")


def _is_stored(store: Store, scored: Path) -> bool:
    """Look for the last row: the store may have been replaced since."""
    import pyarrow.parquet as pq

    from pipeline.store.feedback import get

    ids = pq.read_table(parquet_of(scored), columns=["feedback_id"])["feedback_id"]
    return len(ids) == 0 or get(store, str(ids[-1])) is not None


def _fit(store: Store, job: WeekJob, tell: Tell) -> None:
    """Fit what the store has of the week, whichever way it came in."""
    from pipeline.store.period_rows import read_rows
    from pipeline.store.theme_week import fit_week
    from pipeline.theme_fit import theme_settings

    week = job.period.key
    rows = read_rows(store, job.period.start, job.period.end)
    if rows.empty:
        raise DataError(
            f"{week}: the store has no row of this week; name the rows with --input or --scored, "
            "or another week with --week"
        )
    outcome = fit_week(store, rows, week, _encoder(job.model), theme_settings())
    state = "无变化" if outcome.is_unchanged else f"{len(outcome.born)} 个新"
    tell(
        f"主题:{outcome.n_complaints} 条投诉,{len(outcome.continued)} 个延续,"
        f"{state},{len(outcome.regressed)} 个复发"
    )


def _encoder(model: Path | None) -> Encoder:
    from models.analysis import FeedbackModel

    encoder: Encoder = FeedbackModel.load(model).artifact.encoder
    return encoder


def _report(store: Store, job: WeekJob, tell: Tell) -> WeekDone:
    from models.taxonomy import Taxonomy
    from pipeline.report import make_store_report, write_report
    from pipeline.week_digest import digest_lines, digest_title

    taxonomy = Taxonomy.load((job.model or DEFAULT_FOLDER) / "taxonomy.yaml")
    report = make_store_report(store, job.period, taxonomy)
    files = write_report(report, job.output)
    if job.is_printed:
        from pipeline.report_pdf import write_pdf

        files.append(write_pdf(files[0]))
    title, lines = digest_title(report), digest_lines(report)
    files.append(job.output / f"digest-{job.period.key}.txt")
    with atomic_writer(files[-1]) as file:
        file.write("\n".join((title, *lines, "")).encode())
    tell(f"报告:{files[0]}")
    is_queued = job.is_notified and _enqueue(store, report, title, lines)
    if job.is_notified:
        tell("通知:已放入待发" if is_queued else "通知:本周的已放过,不再放")
    return WeekDone(job.period.key, tuple(files), lines, is_queued)


def _enqueue(store: Store, report: Report, title: str, lines: tuple[str, ...]) -> bool:
    from pipeline.store.outbox import enqueue

    week = report.figures.period.key
    payload = {"week": week, "title": title, "lines": list(lines)}
    with store.begin() as connection:
        return enqueue(connection, TOPIC, f"{TOPIC}:{week}", payload, datetime.now(SHANGHAI))
