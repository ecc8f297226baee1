"""A trained model as a folder: plain tensors, JSON, YAML and text, never a pickle.

manifest.json          format, labels, calibration, digest of every file, what it was trained on
model.safetensors      the student's table (sentence-transformers StaticEmbedding)
tokenizer.json         its vocabulary: features joined by spaces, see models.features
modules.json …         so that SentenceTransformer(folder) loads it too
heads.safetensors      weights of models.heads
taxonomy.yaml urgency.yaml words.txt stopwords.txt
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from models.classifier import Calibration, LabelSpace
from models.encoders import StaticEncoder
from models.errors import ArtifactError
from models.facts import FactFinder
from models.heads import StudentHeads
from models.segmentation import Segmenter
from models.taxonomy import Taxonomy

FORMAT = 1
MANIFEST = "manifest.json"
UNKNOWN = "[UNK]"
DEFAULT_FOLDER = Path(__file__).parent / "artifacts" / "default"
DATA_FILES = ("taxonomy.yaml", "urgency.yaml", "words.txt", "stopwords.txt")


@dataclass(frozen=True)
class Artifact:
    """Everything a model folder holds, loaded.

    Attributes:
        version: Name and digest of the content.
        encoder: The student.
        heads: Its heads.
        space: The labels.
        calibration: Temperatures and thresholds.
        taxonomy: Routing and service levels.
        facts: Finder of urgent facts.
        segmenter: Word segmentation with the domain's terms.
        manifest: The manifest as read.
    """

    version: str
    encoder: StaticEncoder
    heads: StudentHeads
    space: LabelSpace
    calibration: Calibration
    taxonomy: Taxonomy
    facts: FactFinder
    segmenter: Segmenter
    manifest: dict[str, Any]


def load_artifact(folder: str | Path) -> Artifact:
    """Load a model folder after checking that no file of it changed.

    Args:
        folder: Where `manifest.json` lies.

    Returns:
        The loaded model.

    Raises:
        ArtifactError: If a file is missing, damaged or of another format; names it.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    try:
        _refuse_changes(folder, manifest)
        return _load(folder, manifest)
    except (KeyError, TypeError, ValueError, SafetensorError) as error:
        raise ArtifactError(f"{folder}: does not fit this version of huiyin ({error!r})") from error


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read a model folder's manifest.

    Args:
        folder: The model folder.

    Returns:
        The manifest.

    Raises:
        ArtifactError: If there is none, or it is of another format.
    """
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArtifactError(f"{folder}: no model folder, {MANIFEST} cannot be read") from error
    except ValueError as error:
        raise ArtifactError(f"{path}: is not JSON ({error})") from error
    if not isinstance(manifest, dict):
        raise ArtifactError(f"{path}: is no manifest, expected a JSON object")
    if manifest.get("format") != FORMAT:
        raise ArtifactError(f"{path}: format {manifest.get('format')}, expected {FORMAT}: retrain")
    return manifest


def write_manifest(
    folder: Path, name: str, space: LabelSpace, calibration: Calibration, facts: dict[str, Any]
) -> str:
    """Seal a model folder: digest every file and write the manifest.

    Args:
        folder: The folder, complete but for the manifest.
        name: First part of the version.
        space: The labels.
        calibration: Temperatures and thresholds.
        facts: What else to record (data digest, parameters, library versions); no clock.

    Returns:
        The version.
    """
    found = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST)
    files = {p.relative_to(folder).as_posix(): file_digest(p) for p in found}
    content = {
        "labels": {
            "intents": space.intents,
            "subtypes": space.subtypes,
            "types": space.types,
            "type_index": space.type_index.tolist(),
            "allowed": space.allowed.astype(int).tolist(),
        },
        "calibration": asdict(calibration),
        "files": files,
        **facts,
    }
    version = _version(name, content)
    manifest = {"format": FORMAT, "version": version, **content}
    (folder / MANIFEST).write_text(
        json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    return version


def file_digest(path: Path) -> str:
    """Digest a file.

    Args:
        path: The file.

    Returns:
        SHA-256, hexadecimal.

    Raises:
        ArtifactError: If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error.strerror})") from error


def _version(name: str, content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _refuse_changes(folder: Path, manifest: dict[str, Any]) -> None:
    content = {k: v for k, v in manifest.items() if k not in ("format", "version")}
    changed = [n for n, digest in content["files"].items() if file_digest(folder / n) != digest]
    if _version(manifest["version"].rpartition("-")[0], content) != manifest["version"]:
        changed.append(MANIFEST)
    if changed:
        path = folder / changed[0]
        raise ArtifactError(f"{path}: is not the file that was saved; restore the folder")


def _load(folder: Path, manifest: dict[str, Any]) -> Artifact:
    segmenter = Segmenter.load(folder)
    labels = manifest["labels"]
    space = LabelSpace(
        tuple(labels["intents"]),
        tuple(labels["subtypes"]),
        tuple(labels["types"]),
        np.array(labels["type_index"]),
        np.array(labels["allowed"], dtype=bool),
    )
    return Artifact(
        manifest["version"],
        load_encoder(folder, segmenter),
        StudentHeads.of(load_file(folder / "heads.safetensors")),
        space,
        Calibration(**{k: _tupled(v) for k, v in manifest["calibration"].items()}),
        Taxonomy.load(folder / "taxonomy.yaml"),
        FactFinder.load(folder / "urgency.yaml"),
        segmenter,
        manifest,
    )


def load_encoder(folder: Path, segmenter: Segmenter) -> StaticEncoder:
    """Load the student's table.

    Args:
        folder: A model folder.
        segmenter: Word segmentation with the domain's terms.

    Returns:
        The encoder.
    """
    table = load_file(folder / "model.safetensors")["embedding.weight"]
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    features = sorted(vocabulary, key=vocabulary.__getitem__)
    return StaticEncoder(features, table.astype(np.float32), segmenter.cut)


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
