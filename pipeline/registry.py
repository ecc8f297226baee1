"""Which trained model is the champion, which was before it, and where its files are.

Every change of an alias made here is recorded; see `pipeline.alias_trail`.
"""

from __future__ import annotations

import importlib.metadata
import re
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.errors import StoreError
from pipeline.alias_trail import AliasChange, find_earlier, read_changes
from pipeline.model_files import fetch_model, find_folder
from pipeline.pyfunc_model import LOADER_MODULE, example_frame, load_frame_model, make_signature
from pipeline.registered import (
    MODEL_NAME,
    MODEL_VERSION_TAG,
    RegisteredVersion,
    Registry,
    name_versions,
)
from pipeline.tracked_run import Run
from pipeline.tracking import TrackingSettings, load_mlflow, store_errors

CHAMPION = "champion"

_REF = re.compile(r"models:/(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<version>\d+))")


def register(run: Run, folder: Path, tags: Mapping[str, str] | None = None) -> RegisteredVersion:
    """Log a trained model in the open run and register it; the first becomes the champion.

    The model is loaded and scores the input example first, so that none is registered that cannot.

    Args:
        run: The innermost open run, from `start_run`.
        folder: The trained model.
        tags: Tags of the version, such as the data's digest.

    Returns:
        The new version.

    Raises:
        StoreError: If MLflow refuses.
        ValueError: If the run is closed, or a nested one is open.
    """
    model = load_frame_model(folder)
    model.predict(example_frame())
    registry = Registry(run.settings)
    with store_errors(run.settings):
        logged = _log_model(run, folder)
        if registry.find() is None:
            registry.client.create_registered_model(MODEL_NAME)
        made = registry.client.create_model_version(
            MODEL_NAME,
            logged.model_uri,
            run.run_id,
            tags={MODEL_VERSION_TAG: model.version, **(tags or {})},
            model_id=logged.model_id,
        )
    if CHAMPION not in registry.get().aliases:
        promote(int(made.version), reason="first version", settings=run.settings)
    return registry.describe(made, registry.get().aliases)


def list_versions(settings: TrackingSettings | None = None) -> list[RegisteredVersion]:
    """List what is registered.

    Args:
        settings: Where; None reads the environment.

    Returns:
        All versions, newest first.

    Raises:
        StoreError: If there is no registry or no model in it.
    """
    registry = Registry(settings)
    aliases = registry.get().aliases
    known = registry.versions()
    return [registry.describe(known[number], aliases) for number in sorted(known, reverse=True)]


def promote(
    version: int,
    alias: str = CHAMPION,
    *,
    reason: str = "",
    who: str | None = None,
    forced: Sequence[str] = (),
    settings: TrackingSettings | None = None,
) -> AliasChange:
    """Point an alias at a version and record who did so, when and why.

    No gate is asked here; see `pipeline.promotion`.

    Args:
        version: The version.
        alias: The alias.
        reason: Why.
        who: By whom; None takes the user of the settings.
        forced: What the gate refused it for, if it is promoted all the same.
        settings: Where; None reads the environment.

    Returns:
        The recorded change.

    Raises:
        StoreError: If there is no such version; names those that exist.
    """
    registry = Registry(settings)
    known = registry.versions()
    if version not in known:
        raise StoreError(f"{MODEL_NAME} has no version {version}; {name_versions(known)}")
    current = _find_pointer(registry.get(), alias)
    by, now = who or registry.settings.user, datetime.now(UTC)
    change = AliasChange("promote", alias, version, current, by, now, reason, tuple(forced))
    return _record_and_move(registry, change)


def rollback(
    alias: str = CHAMPION,
    *,
    reason: str = "",
    who: str | None = None,
    settings: TrackingSettings | None = None,
) -> AliasChange:
    """Point an alias at the version it was promoted away from; a second call goes one further back.

    Args:
        alias: The alias.
        reason: Why.
        who: By whom; None takes the user of the settings.
        settings: Where; None reads the environment.

    Returns:
        The recorded change. A version deleted meanwhile is passed over.

    Raises:
        StoreError: If no earlier version is recorded.
    """
    registry = Registry(settings)
    registered = registry.get()
    current = _find_pointer(registered, alias)
    known = registry.versions()
    earlier = find_earlier(read_changes(registered.tags, alias), current, known)
    if earlier is None:
        raise StoreError(
            f"{MODEL_NAME}@{alias}: no earlier version is recorded to go back to; "
            f"name one with promote; {name_versions(known)}"
        )
    who = who or registry.settings.user
    change = AliasChange("rollback", alias, earlier, current, who, datetime.now(UTC), reason)
    return _record_and_move(registry, change)


def read_history(
    alias: str = CHAMPION, settings: TrackingSettings | None = None
) -> list[AliasChange]:
    """Read the audit trail of an alias.

    Args:
        alias: The alias.
        settings: Where; None reads the environment.

    Returns:
        All recorded changes, oldest first.

    Raises:
        StoreError: If there is no registry or no model in it.
    """
    return read_changes(Registry(settings).get().tags, alias)


def resolve(ref: str | Path, settings: TrackingSettings | None = None) -> Path:
    """Find the folder of a trained model; one on a remote server is downloaded once.

    Args:
        ref: `models:/huiyin@champion`, `models:/huiyin/3`, or a folder.
        settings: Where the registry is; None reads the environment.

    Returns:
        The folder with its manifest.

    Raises:
        StoreError: If there is no such model; names those that exist.
    """
    if not str(ref).startswith("models:"):
        return find_folder(Path(ref))
    registry = Registry(settings)
    name, version = _resolve_version(str(ref), registry)
    with store_errors(registry.settings):
        address = registry.client.get_model_version_download_uri(name, str(version))
    return fetch_model(address, f"{name}-{version}", registry.settings)


def _log_model(run: Run, folder: Path) -> Any:
    mlflow = load_mlflow()
    active = mlflow.active_run()
    if active is None or active.info.run_id != run.run_id:
        raise ValueError(f"run {run.run_id} is not the innermost open one; register within it")
    with warnings.catch_warnings():
        # On its first import mlflow.pyfunc warns of its own chat types.
        warnings.filterwarnings("ignore", ".*Any type hint is inferred as AnyType", UserWarning)
        return mlflow.pyfunc.log_model(
            name="model",
            loader_module=LOADER_MODULE,
            data_path=str(folder),
            signature=make_signature(),
            input_example=example_frame(),
            pip_requirements=[_requirement()],
        )


def _resolve_version(ref: str, registry: Registry) -> tuple[str, int]:
    parts = _REF.fullmatch(ref)
    if parts is None:
        raise StoreError(f"{ref}: expected models:/NAME@ALIAS or models:/NAME/NUMBER")
    name, alias = parts["name"], parts["alias"]
    aliases = registry.get(name).aliases
    known = registry.versions(name)
    version = int(aliases.get(alias, 0) if alias else parts["version"])
    if version not in known:
        raise StoreError(f"{ref}: there is no such version; {name_versions(known, aliases)}")
    return name, version


def _find_pointer(registered: Any, alias: str) -> int | None:
    version = registered.aliases.get(alias)
    return None if version is None else int(version)


def _record_and_move(registry: Registry, change: AliasChange) -> AliasChange:
    """Record first: the trail bears a record without its change, not a change unrecorded."""
    with store_errors(registry.settings):
        registry.client.set_registered_model_tag(MODEL_NAME, *change.as_tag())
        registry.client.set_registered_model_alias(MODEL_NAME, change.alias, str(change.version))
    return change


def _requirement() -> str:
    try:
        return f"{MODEL_NAME}=={importlib.metadata.version(MODEL_NAME)}"
    except importlib.metadata.PackageNotFoundError:
        return MODEL_NAME
