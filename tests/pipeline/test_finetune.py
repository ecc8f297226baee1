"""Fine-tuning a two-layer transformer made here: it learns, and an interrupted run goes on."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import torch

from models.classifier import LabelSpace
from models.taxonomy import Taxonomy
from pipeline import finetune as stage
from pipeline.finetune import FinetuneParams, Trainer, batches, finetune
from pipeline.multitask import Heads, frequent_causes, targets_of
from tests.tiny import tiny_corpus

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DIM = 32
ROWS = tiny_corpus().iloc[::3].reset_index(drop=True)
PARAMS = FinetuneParams(
    epochs=2,
    batch_size=5,
    learning_rate=5e-3,
    head_learning_rate=5e-2,
    max_length=32,
    min_cause_rows=2,
)


class TinySentenceModel:
    """What `finetune` uses of a SentenceTransformer, over a transformer of two layers."""

    def __init__(self, texts: list[str]) -> None:
        from transformers import BertConfig, BertModel

        torch.manual_seed(5)
        self.tokenizer = word_tokenizer(sorted({c for text in texts for c in text}))
        config = BertConfig(
            vocab_size=len(self.tokenizer),
            hidden_size=DIM,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
        )
        self.bert = BertModel(config, add_pooling_layer=False)

    def __getitem__(self, _index: int) -> SimpleNamespace:
        return SimpleNamespace(model=self.bert)

    def get_embedding_dimension(self) -> int:
        return DIM


def word_tokenizer(characters: list[str]) -> Any:
    """Characters as words; the prompt's letters are unknown."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: i for i, word in enumerate(["[PAD]", "[UNK]", *characters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=64
    )


def tiny_sentence_model() -> SentenceTransformer:
    model: Any = TinySentenceModel(list(ROWS["text"]))
    return model


@pytest.fixture(scope="module")
def space(taxonomy: Taxonomy) -> LabelSpace:
    """The tiny corpus's labels."""
    rows = tiny_corpus()
    return LabelSpace.of(taxonomy, list(zip(rows["intent"], rows["subtype"], strict=True)))


def weights(model: Any, heads: Heads) -> dict[str, torch.Tensor]:
    return {**model.bert.state_dict(), **heads.state_dict()}


def test_it_learns_twenty_rows(space: LabelSpace, tmp_path: Path) -> None:
    """One row a subtype: after some epochs it tells them apart."""
    model = tiny_sentence_model()
    params = PARAMS.model_copy(update={"epochs": 12})
    heads, _ = finetune(ROWS, model, space, params, tmp_path / "checkpoint.pt")
    trainer = Trainer(model, heads, params, len(ROWS))
    with torch.inference_mode():
        said = heads(trainer.embed(trainer.tokenize(list(ROWS["text"]))))[1].argmax(1).numpy()
    expected = [space.subtypes.index(name) for name in ROWS["subtype"]]
    assert (said == expected).mean() >= 0.8


def test_a_run_stopped_after_an_epoch_ends_with_the_same_weights(
    space: LabelSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hours of work go on where they stopped, not nearly there."""
    whole = tiny_sentence_model()
    expected = weights(whole, finetune(ROWS, whole, space, PARAMS, tmp_path / "whole.pt")[0])
    n_steps, step = -(-len(ROWS) // PARAMS.batch_size), Trainer.step
    done: list[float] = []

    def stop_in_second_epoch(trainer: Trainer, *args: Any) -> float:
        if len(done) > n_steps:
            raise KeyboardInterrupt
        done.append(step(trainer, *args))
        return done[-1]

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Trainer, "step", stop_in_second_epoch)
        finetune(ROWS, tiny_sentence_model(), space, PARAMS, tmp_path / "cut.pt")
    resumed = tiny_sentence_model()
    found = weights(resumed, finetune(ROWS, resumed, space, PARAMS, tmp_path / "cut.pt")[0])
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_the_checkpoint_is_read_without_pickle_code(space: LabelSpace, tmp_path: Path) -> None:
    """Tensors and numbers only."""
    params = PARAMS.model_copy(update={"epochs": 1})
    finetune(ROWS, tiny_sentence_model(), space, params, tmp_path / "checkpoint.pt")
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["epoch"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_word_embeddings_stay_as_they_are(space: LabelSpace, tmp_path: Path) -> None:
    """Most of them are of words that the rows do not hold."""
    model: Any = tiny_sentence_model()
    before = model.bert.embeddings.word_embeddings.weight.clone()
    layer = model.bert.encoder.layer[0].output.dense.weight.clone()
    finetune(ROWS, model, space, PARAMS.model_copy(update={"epochs": 1}), tmp_path / "c.pt")
    assert torch.equal(model.bert.embeddings.word_embeddings.weight, before)
    assert not torch.equal(model.bert.encoder.layer[0].output.dense.weight, layer)


def test_padding_does_not_change_a_vector(space: LabelSpace) -> None:
    """A short text beside a long one is the same text."""
    model: Any = tiny_sentence_model()
    trainer = Trainer(model, Heads(DIM, space, 1), PARAMS, 20)
    model.bert.eval()
    pieces = trainer.tokenize(["太贵", "客服一直不回复，退款半个月没到账"])
    with torch.inference_mode():
        together, alone = trainer.embed(pieces)[0], trainer.embed(pieces[:1])[0]
    assert torch.allclose(together, alone, atol=2e-2)  # bfloat16
    assert together.norm().item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("n_rows", [1, 10, 20, 30])
def test_a_run_of_few_steps_can_be_planned(space: LabelSpace, n_rows: int) -> None:
    """With few rows the schedule once divided by zero."""
    trainer = Trainer(tiny_sentence_model(), Heads(DIM, space, 1), PARAMS, n_rows)
    assert all(0 < rate < 1 for rate in trainer.schedule.get_last_lr())


def test_texts_are_cut_at_the_longest_length(space: LabelSpace) -> None:
    """And begin with the prompt that the base model knows."""
    trainer = Trainer(tiny_sentence_model(), Heads(DIM, space, 1), PARAMS, 20)
    (pieces,) = trainer.tokenize(["慢" * 100])
    assert len(pieces) == PARAMS.max_length


def test_every_row_is_in_one_batch() -> None:
    """None twice, none left out."""
    made = batches(np.arange(103) % 17, 10, np.random.default_rng(0))
    assert sorted(np.concatenate(made)) == list(range(103))
    assert max(map(len, made)) == 10


def test_batches_hold_rows_of_like_length() -> None:
    """Padding is wasted work."""
    lengths = np.random.default_rng(1).integers(5, 100, 200)
    made = batches(lengths, 10, np.random.default_rng(0))
    spread = np.mean([np.ptp(lengths[batch]) for batch in made])
    assert spread < np.ptp(lengths) / 5


def test_causes_with_few_rows_are_not_taught(space: LabelSpace) -> None:
    """One row names no theme; such rows have no cause to learn."""
    causes = frequent_causes(["闪退", "闪退", "慢", "", ""], 2)
    assert causes == ["闪退"]
    rows = pd.concat([ROWS.iloc[:2]]).assign(cause=["闪退", "慢"])
    assert targets_of(rows, space, causes).cause.tolist() == [0, -1]


def test_targets_are_the_labels(space: LabelSpace) -> None:
    """Several types at once, urgency from low to high."""
    rows = tiny_corpus().iloc[[1]]
    targets = targets_of(rows, space, [])
    assert space.intents[int(targets.intent[0])] == "complaint"
    assert space.subtypes[int(targets.subtype[0])] == "malfunction"
    assert [n for n, on in zip(space.types, targets.types[0], strict=True) if on] == [
        "product",
        "service",
    ]
    assert targets.urgency.tolist() == [1]


def test_the_stage_knows_its_prompt() -> None:
    """The teacher's and the fine-tuner's must be one, or training learns another input."""
    from pipeline import teacher

    assert stage.PROMPT == teacher.PROMPT
