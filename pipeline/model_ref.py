"""Find the model that a person named: nothing, a folder, or a registered version."""

from __future__ import annotations

from pathlib import Path

REGISTERED = "models:/"


def resolve_model(ref: str | None) -> Path | None:
    """Turn a reference into a model folder.

    Args:
        ref: None for the shipped model, a folder, or `models:/huiyin@champion`.

    Returns:
        The folder; None for the shipped model.

    Raises:
        StoreError: If the registry has no such version.
    """
    if ref is None:
        return None
    if not ref.startswith(REGISTERED):
        return Path(ref)
    # MLflow takes seconds to import, and scoring with a folder does not need it.
    from pipeline.registry import resolve

    return resolve(ref)
