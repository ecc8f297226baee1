"""A real model folder of a few kilobytes: random weights under the project's own taxonomy."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from models.artifact import write_manifest
from models.classifier import Calibration, LabelSpace
from models.features import clause_features
from models.taxonomy import Taxonomy

DATA = Path(__file__).parents[2] / "data"
DIM, N_HIDDEN = 4, 3
CALIBRATION = Calibration(1.0, 1.0, (0.5,) * 6, (0.5, 0.5), (0.3, 0.6))


def make_tiny_model(folder: Path, seed: int = 0) -> Path:
    """Write a model folder that `FeedbackModel.load` takes; its answers mean nothing."""
    folder.mkdir(parents=True)
    shutil.copy(DATA / "taxonomy.yaml", folder)
    shutil.copy(DATA / "lexicon" / "urgency.yaml", folder)
    (folder / "words.txt").write_text("闪退\n客服\n", encoding="utf-8")
    (folder / "stopwords.txt").write_text("的\n", encoding="utf-8")
    taxonomy = Taxonomy.load(folder / "taxonomy.yaml")
    pairs = [(i, s) for i in taxonomy.intent_names for s in taxonomy.subtype_names]
    space = LabelSpace.of(taxonomy, pairs)
    _write_weights(folder, sum(space.widths), np.random.default_rng(seed))
    write_manifest(folder, folder.name, space, CALIBRATION, {})
    return folder


def _write_weights(folder: Path, n_logits: int, rng: np.random.Generator) -> None:
    features = sorted(set(clause_features("客服很好一打开就闪退", list)))
    vocabulary = {feature: i for i, feature in enumerate(features)}
    document = json.dumps({"model": {"vocab": vocabulary}}, ensure_ascii=False)
    (folder / "tokenizer.json").write_text(document, encoding="utf-8")
    shapes = {
        "text_weights": (DIM, n_logits),
        "bias": (n_logits,),
        "hidden_weights": (DIM, N_HIDDEN),
        "hidden_bias": (N_HIDDEN,),
        "clause_weights": (N_HIDDEN, n_logits),
    }
    heads = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    save_file(heads, folder / "heads.safetensors")
    table = rng.normal(size=(len(features), DIM)).astype(np.float32)
    save_file({"embedding.weight": table}, folder / "model.safetensors")
