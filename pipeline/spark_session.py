"""A Spark session fit for feedback, and the model on its executors."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import DataError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_BATCH_ROWS = 4096
_NEED_SPARK = "pip install 'huiyin[spark]' and a Java runtime, version 17 or newer"


@contextmanager
def spark_session(master: str | None) -> Iterator[SparkSession]:
    """Take the session that is there, or start one and end it.

    Args:
        master: The cluster; None takes all cores of this machine.

    Yields:
        The session, set to Shanghai's time and to moments of microseconds.

    Raises:
        DataError: If PySpark or Java is missing.
    """
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise DataError(f"--engine spark: PySpark is not installed; {_NEED_SPARK}") from error
    builder: Any = SparkSession.builder.appName("huiyin score")
    running = SparkSession.getActiveSession()
    if running is None:
        master = master or "local[*]"
        builder = builder.master(master)
        if master.startswith("local"):
            # Spark would take the first python3 of the PATH, which need not have our packages.
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = builder.config("spark.ui.showConsoleProgress", "false")
    try:
        session = builder.getOrCreate()
    except PySparkRuntimeError as error:
        detail = str(error).splitlines()[0]
        raise DataError(f"--engine spark: no Java ({detail}); {_NEED_SPARK}") from error
    wanted = {
        "spark.sql.session.timeZone": "Asia/Shanghai",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(_BATCH_ROWS),
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    }
    before = {name: session.conf.get(name) for name in wanted}
    try:
        for name, value in wanted.items():
            session.conf.set(name, value)
        yield session
    finally:
        if running is None:
            session.stop()
        else:
            for name, old in before.items():
                session.conf.set(name, str(old))


def ship_model(session: SparkSession, model: Path, version: str) -> str:
    """Send the model's folder to every executor, once.

    Args:
        session: Of a cluster.
        model: The folder.
        version: Which model it is.

    Returns:
        The name under which executors find it.
    """
    name = f"huiyin-model-{version}"
    # Executors fetch it when their first task begins, so it must outlive this call.
    folder = tempfile.mkdtemp(prefix="huiyin-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    archive = shutil.make_archive(str(Path(folder) / name), "zip", model)
    session.sparkContext.addArchive(f"{archive}#{name}")
    return name
