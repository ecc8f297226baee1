"""`huiyin distill --on BACKLOG`: the student made again, with a company's own words in its table.

The company's rows need no labels: they are masked, the fine-tuned teacher judges them beside the
texts that the shipped student learnt from, and the student is distilled from all of it. The texts
lie in a temporary folder while this runs, and nowhere afterwards; the model holds their words.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import load_file, save_file

from models.encoders import SentenceEncoder
from models.errors import ArtifactError, DataError
from models.privacy import mask
from models.segmentation import Segmenter
from models.text import has_content, normalize
from pipeline import distill
from pipeline.ingest import read_batches
from pipeline.params import load_params
from pipeline.teach import LONGEST, TeachParams, invent, teacher_logits, unlabelled_texts

_ANY_TIME = datetime(2026, 1, 5, 9)  # ingesting wants a date, distilling does not
_HEADS = "heads.safetensors"
_NEEDED = (_HEADS, "modules.json")
_SEED = 0


@dataclass(frozen=True)
class Places:
    """Where the ingredients lie.

    Attributes:
        teacher: Folder of the fine-tuned teacher.
        corpus: The prepared corpus.
        taxonomy: The taxonomy file.
        lexicon: Folder of words, stop words and urgent facts.
    """

    teacher: Path = Path("models/artifacts/teacher")
    corpus: Path = Path("data/processed/corpus.parquet")
    taxonomy: Path = Path("data/taxonomy.yaml")
    lexicon: Path = Path("data/lexicon")


@dataclass(frozen=True)
class Distilled:
    """What was done.

    Attributes:
        version: Of the new model.
        n_read: Usable rows of the backlog.
        n_own: Distinct texts of them that were learnt from.
        n_texts: All texts that the teacher judged.
    """

    version: str
    n_read: int
    n_own: int
    n_texts: int


def distill_on(
    backlog: Sequence[Path],
    output: Path,
    places: Places,
    text_column: str = "text",
    max_texts: int = 50_000,
    with_shipped: bool = True,
) -> Distilled:
    """Distil a student on own rows beside the corpus.

    Args:
        backlog: Files of feedback, without labels.
        output: Model folder to write; must not exist.
        places: Where the ingredients lie.
        text_column: The column with the customers' words.
        max_texts: Own texts to learn from at most; of more, a fixed random part is taken.
        with_shipped: Whether the reviews that the shipped student learnt from join.

    Returns:
        What was done.

    Raises:
        DataError: If a file cannot be used, nothing usable is in it, or `output` exists.
        ArtifactError: If there is no teacher or no corpus; says how to make it.
    """
    _check(places, output)
    rows = pd.read_parquet(places.corpus)
    labelled = list(rows["text"])
    read = [text for path in backlog for text in _texts_of(path, text_column)]
    own = own_texts(read, labelled, max_texts)
    if not own:
        names = ", ".join(map(str, backlog))
        raise DataError(f"{names}: no usable text that the corpus lacks, expected at least one")
    known = [*labelled, *own]
    texts = [*known, *(unlabelled_texts(known) if with_shipped else ())]
    encoder = SentenceEncoder.load(places.teacher, max_length=128)
    params = load_params(TeachParams, "teach")
    texts += invent(rows, encoder, Segmenter.load(places.lexicon), params)
    vectors = encoder.encode(texts)
    logits = teacher_logits(vectors, load_file(places.teacher / _HEADS))
    version = _distil(texts, vectors, logits, output, places)
    return Distilled(version, len(read), len(own), len(texts))


def own_texts(texts: Iterable[str], known: Sequence[str], max_texts: int) -> list[str]:
    """Clean a company's texts.

    Args:
        texts: As they were written.
        known: Texts of the corpus: the held-out ones must not be learnt from by this door.
        max_texts: How many to keep at most.

    Returns:
        Normalised, masked, distinct texts that say something, cut at `LONGEST`, in file order.
    """
    clean = dict.fromkeys(mask(normalize(text)).text[:LONGEST] for text in texts)
    seen = set(known)
    fresh = [text for text in clean if text not in seen and has_content(text)]
    if len(fresh) <= max_texts:
        return fresh
    chosen = np.random.default_rng(_SEED).choice(len(fresh), max_texts, replace=False)
    return [fresh[int(i)] for i in np.sort(chosen)]


def _check(places: Places, output: Path) -> None:
    lacking = [name for name in _NEEDED if not (places.teacher / name).is_file()]
    if lacking:
        raise ArtifactError(
            f"{places.teacher}: no fine-tuned teacher ({lacking[0]} is missing); name its folder "
            "with --teacher, or make one: dvc unfreeze distill && dvc repro"
        )
    if not places.corpus.is_file():
        raise ArtifactError(f"{places.corpus}: is missing; make it: dvc repro prepare")
    if output.exists():
        raise DataError(f"{output}: exists already; name a folder that does not")


def _texts_of(path: Path, text_column: str) -> list[str]:
    batches = read_batches(path, text_column=text_column, as_of=_ANY_TIME)
    return [text for batch in batches for text in batch.rows.column("text").to_pylist()]


def _distil(
    texts: Sequence[str], vectors: np.ndarray, logits: np.ndarray, output: Path, places: Places
) -> str:
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        judged, judgement = Path(folder, "texts.parquet"), Path(folder, "judgement.safetensors")
        pd.DataFrame({"text": texts}).to_parquet(judged, index=False)
        save_file({"vectors": vectors.astype(np.float16), "logits": logits}, judgement)
        distill.main(places.corpus, judged, judgement, output, places.taxonomy, places.lexicon)
    from models.artifact import load_artifact

    return load_artifact(output).version
