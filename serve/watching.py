"""What Prometheus is told. No label ever holds a customer's words."""

from __future__ import annotations

import os
from collections import Counter as Counts
from collections.abc import Iterable, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from models.results import FeedbackResult
from serve.drift import Drift
from serve.model_life import LoadedModel

# The library reads it at import; `serve.server` sets it when there are several workers.
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Watch:
    """The counters of one application."""

    def __init__(self) -> None:
        self._registry = own = CollectorRegistry()
        self._requests = Counter("huiyin_requests", "Requests", ["path", "status"], registry=own)
        self._seconds = Histogram(
            "huiyin_request_seconds", "Time to answer", ["path"], buckets=_SECONDS, registry=own
        )
        self._batch_rows = Histogram(
            "huiyin_batch_rows", "Rows scored together", buckets=_ROWS, registry=own
        )
        self._failed_rows = Counter("huiyin_failed_rows", "Rows answered by an error", registry=own)
        self._rows = Counter("huiyin_rows", "Rows by main type", ["type"], registry=own)
        self._urgency = Counter("huiyin_urgency_rows", "Rows by urgency", ["urgency"], registry=own)
        self._review = Counter("huiyin_review_rows", "Rows that need review", registry=own)
        self._model = Gauge(
            "huiyin_model_workers",
            "Workers that serve this model",
            ["model_version"],
            registry=own,
            multiprocess_mode="livesum",
        )
        self._updates = Counter(
            "huiyin_model_switches", "Models brought into service", registry=own
        )
        self._failing = Gauge(
            "huiyin_model_update_failing",
            "Workers that cannot bring the wanted model into service and keep the old one",
            registry=own,
            multiprocess_mode="livesum",
        )
        self._loaded_at = Gauge(
            "huiyin_model_loaded_timestamp_seconds",
            "When the model came into service, in the first worker",
            registry=own,
            multiprocess_mode="livemin",
        )
        self._shadow_rows = Counter(
            "huiyin_shadow_rows", "Rows that the challenger scored too", registry=own
        )
        self._shadow_differences = Counter(
            "huiyin_shadow_differences",
            "Labels in which the challenger differs",
            ["field", "served", "challenger"],
            registry=own,
        )
        self._alerts = Counter(
            "huiyin_alert_rows",
            "Urgent rows for each destination: queued, repeated, sent, failed, lost",
            ["what"],
            registry=own,
        )
        self._drift = Gauge(
            "huiyin_drift_psi",
            "How far the newest rows are from the first ones of this model; above 0.25 look",
            ["what"],
            registry=own,
            multiprocess_mode="livemax",
        )
        self.drift = Drift(lambda what, psi: self._drift.labels(what).set(psi))
        self._queued = Gauge(
            "huiyin_queued_rows",
            "Rows waiting or being scored",
            registry=own,
            multiprocess_mode="livesum",
        )

    def request(self, path: str, status: int, duration_s: float) -> None:
        """Count an answered request.

        Args:
            path: The route.
            status: HTTP status; 499 when the client left.
            duration_s: Time to answer.
        """
        self._requests.labels(path, status).inc()
        self._seconds.labels(path).observe(duration_s)

    def batch(self, n_rows: int) -> None:
        """Count rows that are scored together.

        Args:
            n_rows: How many.
        """
        self._batch_rows.observe(n_rows)

    def results(self, results: Iterable[FeedbackResult], n_failed: int) -> None:
        """Count what was said of rows.

        Args:
            results: The scored rows.
            n_failed: How many were answered by an error.
        """
        results = list(results)
        self.drift.add(results)
        for label, n in Counts(result.type for result in results).items():
            self._rows.labels(label).inc(n)
        for label, n in Counts(result.urgency for result in results).items():
            self._urgency.labels(label).inc(n)
        if n_review := sum(result.needs_review for result in results):
            self._review.inc(n_review)
        if n_failed:
            self._failed_rows.inc(n_failed)

    def model(self, model: LoadedModel, old: LoadedModel | None = None) -> None:
        """Note the model that came into service.

        Args:
            model: The model.
            old: The one it replaces.
        """
        if old:
            self._model.labels(old.version).set(0)
        self._model.labels(model.version).set(1)
        self._loaded_at.set(model.loaded_at.timestamp())
        self._updates.inc()

    def model_update(self, is_failing: bool) -> None:
        """Note whether the wanted model could be brought into service.

        Args:
            is_failing: True if another one answers in its stead, or none.
        """
        self._failing.set(is_failing)

    def shadow(self, n_rows: int, differences: Sequence[tuple[str, str, str]]) -> None:
        """Count what the challenger was asked and where it says something else.

        Args:
            n_rows: Rows compared.
            differences: Field, label served and challenger's label.
        """
        self._shadow_rows.inc(n_rows)
        for difference in differences:
            self._shadow_differences.labels(*difference).inc()

    def alerts(self, what: str, n: int) -> None:
        """Count urgent rows on their way to people.

        Args:
            what: queued, repeated, sent, failed or lost.
            n: How many; one for each destination.
        """
        if n:
            self._alerts.labels(what).inc(n)

    def queued(self, n_change: int) -> None:
        """Note that rows came into the queue or left it.

        Args:
            n_change: How many, negative when they left.
        """
        self._queued.inc(n_change)

    def exposition(self) -> bytes:
        """Give all counts, of all workers where there are several.

        Returns:
            Prometheus' text format.
        """
        if MULTIPROCESS not in os.environ:
            return generate_latest(self._registry)
        forget_the_dead(Path(os.environ[MULTIPROCESS]))
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody)  # type: ignore[no-untyped-call]
        return generate_latest(everybody)


def forget_the_dead(folder: Path) -> None:
    """Remove what a worker said of its present, once it was killed.

    Args:
        folder: Where the workers write.
    """
    for file in folder.glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdigit() and not Path("/proc", pid).exists() and Path("/proc/self").exists():
            file.unlink(missing_ok=True)
