"""Distilling on a company's own rows, with a teacher of one layer made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file
from typer.testing import CliRunner

from models.analysis import FeedbackModel
from models.artifact import Artifact
from models.errors import ArtifactError, DataError
from pipeline.cli import app
from pipeline.distill_on import Places, distill_on, own_texts
from tests.pipeline.test_finetune import word_tokenizer
from tests.tiny import LEXICON, TAXONOMY, tiny_corpus, tiny_params

DIM = 16
OWN = "鑫能版手机壳一摔就散架,联系我13812345678"


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, artifact: Artifact) -> Places:
    """A teacher that loads as any other, and the tiny corpus."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("ingredients")
    tokenizer = word_tokenizer(sorted({c for text in tiny_corpus()["text"] for c in text}))
    sizes = {"hidden_size": DIM, "intermediate_size": 16, "max_position_embeddings": 256}
    layers = {"num_hidden_layers": 1, "num_attention_heads": 2}
    config = BertConfig(vocab_size=len(tokenizer), **sizes, **layers)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder / "bert")
    tokenizer.save_pretrained(folder / "bert")
    modules = [Transformer(str(folder / "bert")), Pooling(DIM, "mean"), Normalize()]
    model = SentenceTransformer(modules=modules, device="cpu")
    model.save(str(folder / "teacher"), create_model_card=False)
    n_logits = sum(artifact.space.widths)
    weights = np.random.default_rng(3).normal(size=(n_logits, DIM)).astype(np.float32)
    heads = {"labels.weight": weights, "labels.bias": np.zeros(n_logits, np.float32)}
    save_file(heads, folder / "teacher" / "heads.safetensors")
    tiny_corpus().to_parquet(folder / "corpus.parquet")
    return Places(folder / "teacher", folder / "corpus.parquet", TAXONOMY, LEXICON)


@pytest.fixture
def backlog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Own rows, and parameters for a tiny student."""
    student = tiny_params().model_copy(update={"epochs": 1}).model_dump_json()
    params = f"student: {student}\nteach: {{n_recombined: 0, n_substituted: 0}}\n"
    (tmp_path / "params.yaml").write_text(params, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    rows = pd.DataFrame({"原话": [OWN, OWN, "壳子鑫能版的味道很大", "", "!!!"]})
    rows.to_csv(tmp_path / "own.csv", index=False, encoding="utf-8")
    return tmp_path / "own.csv"


def test_own_words_come_into_the_table(places: Places, backlog: Path, tmp_path: Path) -> None:
    """That is what it is for; a phone number is masked before anything is learnt."""
    done = distill_on([backlog], tmp_path / "model", places, "原话", with_shipped=False)
    model = FeedbackModel.load(tmp_path / "model")
    vocabulary = model.artifact.encoder.vocabulary
    assert any("鑫" in feature for feature in vocabulary)
    assert not any("1381" in feature or "5678" in feature for feature in vocabulary)
    assert (done.n_own, done.version) == (2, model.version)
    assert done.n_texts == len(tiny_corpus()) + 2


def test_own_parquet_is_read_as_well(places: Places, backlog: Path, tmp_path: Path) -> None:
    """A warehouse writes Parquet."""
    pd.read_csv(backlog).to_parquet(tmp_path / "own.parquet")
    options = ["--teacher", str(places.teacher), "--corpus", str(places.corpus), "--no-shipped"]
    source = ["--on", str(tmp_path / "own.parquet"), "--text-column", "原话"]
    (tmp_path / "data").symlink_to(TAXONOMY.parent)
    result = CliRunner().invoke(app, ["distill", *source, *options, "-o", str(tmp_path / "m")])
    assert result.exit_code == 0, result.output
    assert FeedbackModel.load(tmp_path / "m").version in result.output


def test_held_out_texts_are_not_learnt_by_this_door() -> None:
    """A backlog may hold rows that somebody labelled for the corpus."""
    held_out = tiny_corpus().query("split == 'valid'")["text"].iloc[0]
    assert own_texts([held_out, "新的一句话"], list(tiny_corpus()["text"]), 10) == ["新的一句话"]


def test_of_many_texts_a_fixed_part_is_taken() -> None:
    """The same part at every run, in file order."""
    texts = [f"第{i}个包裹丢了" for i in range(50)]
    found = own_texts(texts, [], 10)
    assert len(found) == 10
    assert found == own_texts(texts, [], 10) == [t for t in own_texts(texts, [], 99) if t in found]


def test_without_a_teacher_it_says_how_to_get_one(backlog: Path, tmp_path: Path) -> None:
    """The repository ships none."""
    with pytest.raises(ArtifactError, match=r"nowhere: no fine-tuned teacher .*dvc repro"):
        distill_on([backlog], tmp_path / "m", Places(teacher=tmp_path / "nowhere"))


def test_a_folder_that_exists_is_left_alone(places: Places, backlog: Path, tmp_path: Path) -> None:
    """Half an hour later is too late to ask."""
    with pytest.raises(DataError, match="exists already"):
        distill_on([backlog], tmp_path, places)


def test_a_backlog_without_new_text_is_refused(
    places: Places, backlog: Path, tmp_path: Path
) -> None:
    """The result would be the shipped model under another name."""
    pd.DataFrame({"text": ["!!!", ""]}).to_csv(backlog, index=False)
    with pytest.raises(DataError, match=r"own\.csv: no usable text"):
        distill_on([backlog], tmp_path / "m", places)
