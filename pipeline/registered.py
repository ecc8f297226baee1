"""What the registry holds: the model, its versions, where its aliases point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from models.errors import StoreError
from pipeline.tracking import TrackingSettings, make_client, store_errors

MODEL_NAME = "huiyin"
MODEL_VERSION_TAG = "model_version"


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """One version of the registered model.

    Attributes:
        version: Its number.
        aliases: Such as champion.
        model_version: What the model calls itself in its results.
        run_id: The run that made it.
        created_at: When it was registered, UTC.
        tags: Its tags.
        metrics: The run's last metrics.
    """

    version: int
    aliases: tuple[str, ...]
    model_version: str
    run_id: str
    created_at: datetime
    tags: dict[str, str]
    metrics: dict[str, float]


class Registry:
    """An open registry.

    Args:
        settings: Where it is; None reads the environment.

    Raises:
        StoreError: If there is none.
    """

    def __init__(self, settings: TrackingSettings | None = None) -> None:
        self.settings = settings or TrackingSettings()
        self.client = make_client(self.settings)

    def find(self, name: str = MODEL_NAME) -> Any | None:
        """Look for a registered model.

        Args:
            name: Its name.

        Returns:
            MLflow's `RegisteredModel`, or None.
        """
        with store_errors(self.settings):
            found = self.client.search_registered_models(f"name='{name}'")
        return found[0] if found else None

    def get(self, name: str = MODEL_NAME) -> Any:
        """Look for a registered model that must be there.

        Args:
            name: Its name.

        Returns:
            MLflow's `RegisteredModel`.

        Raises:
            StoreError: If there is none; names those that exist.
        """
        if found := self.find(name):
            return found
        with store_errors(self.settings):
            names = ", ".join(model.name for model in self.client.search_registered_models())
        raise StoreError(f"no model {name} is registered; there are: {names or 'none'}")

    def versions(self, name: str = MODEL_NAME) -> dict[int, Any]:
        """List the versions of a model.

        Args:
            name: Its name.

        Returns:
            Number to MLflow's `ModelVersion`.
        """
        with store_errors(self.settings):
            found = self.client.search_model_versions(f"name='{name}'")
        return {int(version.version): version for version in found}

    def describe(self, found: Any, aliases: Mapping[str, Any]) -> RegisteredVersion:
        """Put together what is known of a version.

        Args:
            found: MLflow's `ModelVersion`.
            aliases: All aliases of the model.

        Returns:
            The description.
        """
        number = int(found.version)
        return RegisteredVersion(
            version=number,
            aliases=tuple(sorted(alias for alias, v in aliases.items() if int(v) == number)),
            model_version=found.tags.get(MODEL_VERSION_TAG, ""),
            run_id=found.run_id or "",
            created_at=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC),
            tags=dict(found.tags),
            metrics=self._metrics(found.run_id),
        )

    def _metrics(self, run_id: str | None) -> dict[str, float]:
        from mlflow.exceptions import MlflowException

        try:
            return dict(self.client.get_run(run_id).data.metrics) if run_id else {}
        except MlflowException:  # the run was deleted; the version outlives it
            return {}


def name_versions(known: Iterable[int], aliases: Mapping[str, Any] | None = None) -> str:
    """Write down what exists, for an error.

    Args:
        known: Version numbers.
        aliases: Alias to version number.

    Returns:
        Such as `there are versions 1, 2; champion is 2`.
    """
    versions = ", ".join(map(str, sorted(known))) or "none"
    pointers = "".join(f"; {alias} is {version}" for alias, version in (aliases or {}).items())
    return f"there are versions {versions}{pointers}"
