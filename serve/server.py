"""`huiyin serve`: uvicorn with our settings."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

from serve.logs import LOG_CONFIG
from serve.settings import ServeSettings

_KEEP_ALIVE_S = 30
_GRACE_S = 20
# A worker that starts on a busy machine answers late and must not be killed for it; on the other
# hand the supervisor waits so long before it replaces a worker that was killed.
_HEALTH_CHECK_S = 15


def run_server(host: str = "127.0.0.1", port: int = 8000, workers: int = 1) -> None:
    """Serve until a signal comes; requests under way are answered first.

    Args:
        host: Address to listen on.
        port: Port to listen on.
        workers: Processes; each loads the model and counts its limits for itself.

    Raises:
        ArtifactError: If there is no model to serve.
        DataError: If the key file cannot be used.
    """
    # Read when numpy is imported: a second thread doubles the CPU time of products this small.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    _check(ServeSettings())
    if workers == 1:
        _serve(host, port, workers)
        return
    with tempfile.TemporaryDirectory(prefix="huiyin-metrics-") as folder:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
        os.environ.setdefault("HUIYIN_WAIT_FOR_MODEL", "true")
        # A browser's websocket may reach another process than the one that made its page.
        os.environ["HUIYIN_REVIEW"] = "false"
        _serve(host, port, workers)


def _check(settings: ServeSettings) -> None:
    """Say what is missing here in one line, not in every worker after its start."""
    from models.artifact import DEFAULT_FOLDER, read_manifest
    from pipeline.model_ref import REGISTERED
    from serve.keys import read_keys

    if not (settings.model or "").startswith(REGISTERED):
        read_manifest(Path(settings.model or DEFAULT_FOLDER))
    read_keys(settings.keys_file)


def _serve(host: str, port: int, workers: int) -> None:
    import uvicorn

    logging.captureWarnings(True)
    uvicorn.run(
        "serve.app:app_from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        # The review page talks over a websocket; the API has none.
        ws="websockets-sansio",
        lifespan="on",
        access_log=False,
        log_config=LOG_CONFIG,
        server_header=False,
        # The guard looks at the peer itself and refuses what was forwarded.
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
        timeout_worker_healthcheck=_HEALTH_CHECK_S,
    )
