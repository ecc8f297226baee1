"""From a path or an address in MLflow's store to a trained model's folder on this machine."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

from models.errors import DataError, StoreError
from models.yaml_file import read_yaml
from pipeline.tracking import TrackingSettings, load_mlflow, store_errors

MANIFEST = "manifest.json"
SHELF = Path("models/artifacts")
_N_DIGEST_HEX = 16


def find_folder(path: Path) -> Path:
    """Check that a folder is a trained model.

    Args:
        path: The folder.

    Returns:
        The same path.

    Raises:
        StoreError: If it is none; names the models beside it and on the usual shelf.
    """
    if (path / MANIFEST).is_file():
        return path
    shelves = dict.fromkeys([path, path.parent, SHELF])
    near = sorted({found.parent for shelf in shelves for found in shelf.glob(f"*/{MANIFEST}")})
    names = ", ".join(map(str, near)) or "none found"
    why = f"has no {MANIFEST}" if path.is_dir() else "is no folder"
    raise StoreError(
        f"{path}: {why}; expected a trained model's folder ({names}) or models:/huiyin@champion"
    )


def fetch_model(address: str, name: str, settings: TrackingSettings) -> Path:
    """Find the files of a registered model, downloading them if they are not on this machine.

    Args:
        address: Where MLflow keeps the logged model.
        name: Starts the name of its folder in the cache.
        settings: Where the cache and the server are.

    Returns:
        The folder of the trained model.

    Raises:
        StoreError: If the files are gone or are no Huiyin model.
    """
    url = urlparse(address)
    logged = _local(url.path, name) if url.scheme == "file" else _cached(address, name, settings)
    try:
        flavor = read_yaml(logged / "MLmodel")["flavors"]["python_function"]
        folder = logged / str(flavor["data"])
    except (DataError, KeyError, TypeError) as error:
        raise StoreError(f"{name} at {logged} was not registered by Huiyin: {error}") from error
    if not (folder / MANIFEST).is_file():
        raise StoreError(f"{name} at {folder} holds no Huiyin model: no {MANIFEST}")
    return folder


def _local(url_path: str, name: str) -> Path:
    folder = Path(url2pathname(url_path))
    if not folder.is_dir():
        raise StoreError(
            f"{name}: its files are gone from {folder}; a registry on files cannot be moved or "
            "copied, so name a model's folder instead or register it anew"
        )
    return folder


def _cached(address: str, name: str, settings: TrackingSettings) -> Path:
    """Download once: what an address holds never changes, and a half download is never seen."""
    key = hashlib.sha256(f"{settings.mlflow_uri} {address}".encode()).hexdigest()[:_N_DIGEST_HEX]
    target = settings.cache / f"{name}-{key}"
    if target.is_dir():
        return target
    settings.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.cache) as scratch, store_errors(settings):
        found = load_mlflow().artifacts.download_artifacts(
            artifact_uri=address, dst_path=scratch, tracking_uri=settings.mlflow_uri
        )
        try:
            shutil.move(found, target)
        except OSError:
            if not target.is_dir():  # another process may have been first
                raise
    return target
