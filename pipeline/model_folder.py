"""Write a trained student as a model folder; `models.artifact` reads it."""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from models.artifact import DATA_FILES, UNKNOWN, write_manifest
from models.classifier import Calibration, LabelSpace

_LIBRARIES = ("numpy", "scipy", "rjieba", "opencc")
_ST = "sentence_transformers.sentence_transformer.modules"
_MODULES = [
    {
        "idx": 0,
        "name": "0",
        "path": "",
        "type": f"{_ST}.static_embedding.StaticEmbedding",
    },
    {
        "idx": 1,
        "name": "1",
        "path": "1_Normalize",
        "type": f"{_ST}.normalize.Normalize",
    },
]


def write_model_folder(
    folder: Path,
    vocabulary: Sequence[str],
    table: np.ndarray,
    heads: dict[str, np.ndarray],
    space: LabelSpace,
    calibration: Calibration,
    sources: dict[str, Path],
    facts: dict[str, Any],
) -> str:
    """Write everything that scoring needs.

    Args:
        folder: Created; an older one is replaced.
        vocabulary: Features in table order.
        table: Their vectors, shape (n_features, dim).
        heads: Arrays by the names of `models.heads.StudentHeads`.
        space: The labels.
        calibration: Temperatures and thresholds.
        sources: Where each of `DATA_FILES` comes from.
        facts: Parameters and digests for the manifest; no clock.

    Returns:
        The model's version.
    """
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    (new / "1_Normalize").mkdir(parents=True)
    # The unknown feature stands last and weighs nothing.
    weights = np.vstack([table, np.zeros((1, table.shape[1]))]).astype(np.float16)
    save_file({"embedding.weight": weights}, new / "model.safetensors")
    _write_json(new / "tokenizer.json", _tokenizer([*vocabulary, UNKNOWN]), indent=None)
    _write_json(new / "modules.json", _MODULES)
    _write_json(new / "config_sentence_transformers.json", {"similarity_fn_name": "cosine"})
    _write_json(new / "1_Normalize" / "config.json", {})
    save_file({k: v.astype(np.float32) for k, v in heads.items()}, new / "heads.safetensors")
    for name in DATA_FILES:
        shutil.copyfile(sources[name], new / name)
    libraries = {name: version(name) for name in _LIBRARIES}
    made_by = {"python": platform.python_version(), **libraries}
    sealed = write_manifest(new, "huiyin", space, calibration, {**facts, "made_by": made_by})
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)
    return sealed


def _tokenizer(vocabulary: Sequence[str]) -> dict[str, Any]:
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {feature: i for i, feature in enumerate(vocabulary)},
            "unk_token": UNKNOWN,
        },
    }


def _write_json(path: Path, content: Any, indent: int | None = 1) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=indent) + "\n"
    path.write_text(text, encoding="utf-8")
