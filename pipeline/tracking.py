"""Where runs are logged: any MLflow server, a SQLite file by default.

MLflow takes seconds to import and keeps its target in a global, so both happen inside the functions
here.
"""

from __future__ import annotations

import getpass
import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.errors import StoreError
from pipeline.tracked_run import Run

_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
    # The default of 7 keeps a command waiting four minutes for a server that is down.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
}


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run under a number without a name
        return "unknown"


class TrackingSettings(BaseSettings):
    """Where tracking runs, from `HUIYIN_*` in the environment.

    Attributes:
        mlflow_uri: A tracking server or database; the default is a file in the working folder.
        experiment: The MLflow experiment of all runs.
        cache: Where models of a remote server are kept once downloaded.
        user: Who is named in the audit trail.
    """

    model_config = SettingsConfigDict(env_prefix="HUIYIN_", frozen=True)

    mlflow_uri: str = "sqlite:///mlflow.db"
    experiment: str = "huiyin"
    cache: Path = Field(default_factory=lambda: Path.home() / ".cache" / "huiyin" / "models")
    user: str = Field(default_factory=_login)


@contextmanager
def start_run(
    name: str,
    *,
    tags: Mapping[str, str] | None = None,
    nested: bool = False,
    settings: TrackingSettings | None = None,
) -> Iterator[Run]:
    """Open a run; when the block raises, the run is marked as failed.

    MLflow's global target is ours inside the block and what it was after it.

    Args:
        name: Name of the run.
        tags: Tags of the run.
        nested: True makes it a child of the run that is open, as in a sweep.
        settings: Where to; None reads the environment.

    Yields:
        The run.

    Raises:
        StoreError: If MLflow is missing or refuses.
    """
    settings = settings or TrackingSettings()
    client = make_client(settings, create=True)
    mlflow = load_mlflow()
    with store_errors(settings), _pointed_at(mlflow, settings.mlflow_uri):
        experiment_id = _ensure_experiment(client, settings)
        with mlflow.start_run(
            experiment_id=experiment_id, run_name=name, nested=nested, tags=dict(tags or {})
        ) as run:
            yield Run(client, run.info.run_id, settings)


def make_client(settings: TrackingSettings | None = None, *, create: bool = False) -> Any:
    """Connect to the tracking server.

    Args:
        settings: Where; None reads the environment.
        create: True makes a missing SQLite file.

    Returns:
        An `MlflowClient` for runs and registry.

    Raises:
        StoreError: If MLflow is missing, the database does not exist or the server refuses.
    """
    settings = settings or TrackingSettings()
    file = _sqlite_file(settings.mlflow_uri)
    if file and not file.exists():
        if not create:
            raise StoreError(
                f"{settings.mlflow_uri}: there is no such database; train a model first "
                "(huiyin train) or say where it is in HUIYIN_MLFLOW_URI"
            )
        file.parent.mkdir(parents=True, exist_ok=True)
    mlflow = load_mlflow()
    with store_errors(settings), warnings.catch_warnings():
        # MLflow 3.17 sets up its tables with an option that SQLAlchemy 2.1 is about to drop.
        warnings.filterwarnings("ignore", "The ``noload`` loader strategy", DeprecationWarning)
        return mlflow.MlflowClient(settings.mlflow_uri, settings.mlflow_uri)


def load_mlflow() -> ModuleType:
    """Import MLflow without its telemetry, its progress bars and its chatter.

    Returns:
        The module; a setting that the environment already has is left alone.

    Raises:
        StoreError: If it is not installed.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        import mlflow
    except ImportError as error:
        raise StoreError(f"MLflow is missing ({error}); pip install 'huiyin[pipeline]'") from error
    module: ModuleType = mlflow
    return module


@contextmanager
def store_errors(settings: TrackingSettings) -> Iterator[None]:
    """Turn what MLflow raises into one clear line.

    Args:
        settings: Names the server in the message.

    Yields:
        Nothing.

    Raises:
        StoreError: In place of MLflow's exception.
    """
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        reason = " ".join(str(error).split())
        raise StoreError(f"MLflow at {_without_password(settings.mlflow_uri)}: {reason}") from error


@contextmanager
def _pointed_at(mlflow: ModuleType, uri: str) -> Iterator[None]:
    before = os.environ.get("MLFLOW_TRACKING_URI")  # set_tracking_uri writes it too
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before)


def _ensure_experiment(client: Any, settings: TrackingSettings) -> str:
    found = client.get_experiment_by_name(settings.experiment)
    if found is None:
        # MLflow would put artifacts in the working folder, wherever the database is.
        file = _sqlite_file(settings.mlflow_uri)
        location = (file.parent / "mlruns").as_uri() if file else None
        return str(client.create_experiment(settings.experiment, artifact_location=location))
    return str(found.experiment_id)


def _sqlite_file(uri: str) -> Path | None:
    _, is_sqlite, path = uri.rpartition("sqlite:///")
    return Path(path).resolve() if is_sqlite else None


def _without_password(uri: str) -> str:
    scheme, separator, rest = uri.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
