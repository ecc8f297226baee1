"""`huiyin score --engine spark`: the same rows as on one machine, from Parquet to Parquet.

Three passes over the input, of which only the last is work: the first reads every row as the local
engine does and finds its id; a window finds equal ids in the order of the files, which no single
task can; the last scores what is left. So ids, rejected rows and results are those of
`huiyin score` on one machine, whatever the cluster did in between.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from models.artifact import DEFAULT_FOLDER, read_manifest
from models.errors import DataError
from pipeline.ingest import column_names
from pipeline.ingest_assemble import ROW_COLUMNS
from pipeline.ingest_cells import optional_rules
from pipeline.ingest_dates import read_moment
from pipeline.ingest_parquet import plain_type
from pipeline.score_summary import Summary
from pipeline.scored import scored_schema
from pipeline.spark_session import ship_model, spark_session
from pipeline.spark_task import (
    FILE,
    ID,
    IDENTITY,
    IS_OWN,
    LINES,
    N_BEFORE,
    REASON,
    ROW,
    Reading,
    identify,
    reject_repeats,
    score_rows,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PARTITION = "created_date"


@dataclass(frozen=True)
class SparkJob:
    """What is to be scored on a cluster.

    Attributes:
        source: A Parquet file, folder or pattern that every executor can read.
        output: A folder that does not exist yet and that every executor can write.
        text_column: The column with the customer's words.
        model: Model folder; None takes the shipped one.
        as_of: Stands in for a missing `created_at`.
        customer_key: Secret for hashing customer ids.
        partition_by: "date" for one folder a day.
    """

    source: str | Path
    output: str | Path
    text_column: str
    model: Path | None
    as_of: datetime
    customer_key: bytes | None = None
    partition_by: str | None = None


def score_on_spark(job: SparkJob, master: str | None = None) -> Summary:
    """Score on a cluster.

    Args:
        job: What and how.
        master: The cluster; None takes the session that is there, or all cores of this machine.

    Returns:
        What was done.

    Raises:
        DataError: If Spark is not there, the input has no text column, or the output exists.
        ArtifactError: If there is no such model.
    """
    started = time.monotonic()
    model = job.model or DEFAULT_FOLDER
    version = str(read_manifest(model)["version"])
    with spark_session(master) as session:
        summary = _run(session, job, ship_model(session, model, version))
    summary.model_version = version
    summary.seconds = time.monotonic() - started
    return summary


def _run(session: SparkSession, job: SparkJob, model_name: str) -> Summary:
    from pyspark.sql import functions as f
    from pyspark.sql.pandas.types import from_arrow_schema

    rows = _read(session, job)
    reading = _reading(rows, job)
    columns = rows.columns[:-2]
    found = rows.mapInArrow(identify(reading), from_arrow_schema(IDENTITY)).persist()
    odd = _odd_rows(found)
    marked = rows.join(odd, [FILE, ROW], "left")
    repeats = marked.where(f.col("is_repeat")).select(*columns, FILE, ROW)
    good = marked.where("is_drop is null or not is_drop").select(
        *columns, FILE, ROW, f.coalesce(f.col(N_BEFORE), f.lit(0)).alias(N_BEFORE)
    )
    schema = _plain_schema(reading)
    task = score_rows(reading, model_name, schema)
    scored = good.mapInArrow(task, from_arrow_schema(schema))
    _write(scored, job)
    lines = repeats.mapInArrow(reject_repeats(reading), from_arrow_schema(LINES)).union(
        found.where(f.col(REASON).isNotNull()).select(f.col(REASON).alias("value"))
    )
    lines.coalesce(1).write.text(f"{job.output}.rejected")
    summary = _count(session, job)
    found.unpersist()
    return summary


def _read(session: SparkSession, job: SparkJob) -> DataFrame:
    from pyspark.errors import AnalysisException
    from pyspark.sql import functions as f

    try:
        rows = session.read.parquet(str(job.source))
    except AnalysisException as error:
        detail = str(error).splitlines()[0]
        raise DataError(f"{job.source}: cannot be read as Parquet ({detail})") from error
    return rows.select(
        *[f.col(f"`{name}`") for name in rows.columns],
        f.col("_metadata.file_path").alias(FILE),
        f.col("_metadata.row_index").alias(ROW),
    )


def _reading(rows: DataFrame, job: SparkJob) -> Reading:
    from pyspark.sql.pandas.types import to_arrow_schema

    fields = list(to_arrow_schema(rows.schema))[:-2]
    names = column_names(str(job.source), [field.name for field in fields], job.text_column)
    types = {name: plain_type(field.type) for name, field in zip(names, fields, strict=True)}
    return Reading(tuple(names), types, read_moment(job.as_of), job.customer_key)


def _plain_schema(reading: Reading) -> pa.Schema:
    """Give the schema of scored rows, as `Assembler` orders and types the columns read."""
    known = {"text": pa.string()}
    known |= {name: rule.type for name, rule in optional_rules(reading.customer_key).items()}
    others = {n: t for n, t in reading.types.items() if n not in ROW_COLUMNS}
    return scored_schema(pa.schema(list({**known, **others}.items())))


def _odd_rows(found: DataFrame) -> DataFrame:
    """List the few rows that are not simply scored: rejected ones, and those whose id was there."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    usable = found.where(f.col(REASON).isNull())
    in_order = Window.partitionBy(ID).orderBy(FILE, ROW)
    is_made = (~f.col(IS_OWN)).cast("int")
    numbered = usable.select(
        FILE,
        ROW,
        IS_OWN,
        f.row_number().over(in_order).alias("place"),
        (f.sum(is_made).over(in_order) - f.first(is_made).over(in_order)).alias("n_made"),
    ).where(f.col("place") > 1)
    repeats = numbered.select(
        FILE,
        ROW,
        f.col("n_made").cast("long").alias(N_BEFORE),
        f.col(IS_OWN).alias("is_repeat"),
        f.col(IS_OWN).alias("is_drop"),
    )
    rejected = found.where(f.col(REASON).isNotNull()).select(
        FILE,
        ROW,
        f.lit(0).cast("long").alias(N_BEFORE),
        f.lit(False).alias("is_repeat"),
        f.lit(True).alias("is_drop"),
    )
    return repeats.union(rejected)


def _write(scored: DataFrame, job: SparkJob) -> None:
    from pyspark.errors import AnalysisException
    from pyspark.sql import functions as f

    writer = scored.write
    if job.partition_by == "date":
        if PARTITION in scored.columns:
            raise DataError(
                f"{job.source}: has a column {PARTITION!r}; rename it to partition by date"
            )
        dated = scored.withColumn(PARTITION, f.to_date("created_at"))
        writer = dated.write.partitionBy(PARTITION)
    try:
        writer.mode("errorifexists").parquet(str(job.output))
    except AnalysisException as error:
        if "ALREADY_EXISTS" in str(error):
            raise DataError(f"{job.output}: exists; name a new folder") from error
        raise


def _count(session: SparkSession, job: SparkJob) -> Summary:
    rows = session.read.parquet(str(job.output)).groupBy("type", "urgency").count().collect()
    summary = Summary()
    by_type: Counter[str] = Counter()
    by_urgency: Counter[str] = Counter()
    for row in rows:
        by_type[row["type"]] += row["count"]
        by_urgency[row["urgency"]] += row["count"]
    summary.by_type, summary.by_urgency = by_type, by_urgency
    summary.scored = sum(by_type.values())
    summary.rejected = session.read.text(f"{job.output}.rejected").count()
    summary.rows_in = summary.scored + summary.rejected
    return summary
