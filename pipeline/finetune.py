"""Stage `finetune`: teach the transformer the codebook.

One pass over the labelled rows trains all heads and draws rows of one cause together. Batches are
made of rows of like length, and the forward pass runs in bfloat16, so that two CPU cores do it in
one sitting; a GPU is used where there is one. The word embeddings stay as they are: most of them
are of other languages, and they are four fifths of the weights. An interrupted run goes on from
its last epoch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
import torch
import typer
from pydantic import Field
from safetensors.torch import save_file
from torch.nn import functional

from models.classifier import LabelSpace
from models.taxonomy import Taxonomy
from pipeline.multitask import (
    Heads,
    Targets,
    cause_loss,
    frequent_causes,
    label_loss,
    targets_of,
)
from pipeline.params import StageParams, load_params
from pipeline.stage import run_stage

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PROMPT = "query: "
BUCKET_BATCHES = 40


class FinetuneParams(StageParams):
    """What changes the fine-tuned teacher.

    Attributes:
        epochs: Passes over the rows.
        batch_size: Rows a step.
        learning_rate: Peak rate of the transformer.
        head_learning_rate: Peak rate of the heads.
        max_length: Tokens kept of a text.
        label_smoothing: Chance mass given to the other labels.
        cause_weight: Weight of the cause loss beside the labels' 1.
        min_cause_rows: Rarer causes are not taught.
        warm_up: Share of steps in which the rates rise.
        seed: Of the weights and the order of rows.
    """

    epochs: Annotated[int, Field(ge=1, le=50)] = 3
    batch_size: Annotated[int, Field(ge=2, le=512)] = 32
    learning_rate: Annotated[float, Field(gt=0, le=1e-2)] = 8e-5
    head_learning_rate: Annotated[float, Field(gt=0, le=1)] = 2e-3
    max_length: Annotated[int, Field(ge=16, le=512)] = 128
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.05
    cause_weight: Annotated[float, Field(ge=0, le=10)] = 0.3
    min_cause_rows: Annotated[int, Field(ge=2)] = 6
    warm_up: Annotated[float, Field(ge=0, lt=1)] = 0.08
    seed: int = 0


class Trainer:
    """The state of a training run.

    Args:
        model: The transformer to teach; its weights change.
        heads: The heads to teach.
        params: How.
        n_rows: Rows an epoch.
    """

    def __init__(
        self, model: SentenceTransformer, heads: Heads, params: FinetuneParams, n_rows: int
    ) -> None:
        self.params = params
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        module: Any = model[0]
        self.bert: Any = module.model.to(self.device)
        self.tokenizer = model.tokenizer
        self.heads = heads.to(self.device)
        for weight in self.bert.embeddings.word_embeddings.parameters():
            weight.requires_grad = False
        groups: list[dict[str, Any]] = [
            {"params": [w for w in self.bert.parameters() if w.requires_grad]},
            {"params": list(heads.parameters()), "lr": params.head_learning_rate},
        ]
        self.optimizer = torch.optim.AdamW(
            groups,
            lr=params.learning_rate,
            weight_decay=0.01,
        )
        steps = params.epochs * -(-n_rows // params.batch_size)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer,
            [params.learning_rate, params.head_learning_rate],
            total_steps=steps,
            pct_start=max(params.warm_up, 1.5 / max(steps, 4)),  # at 1 / steps it divides by 0
            cycle_momentum=False,
        )

    def tokenize(self, texts: list[str]) -> list[list[int]]:
        """Cut texts into pieces.

        Args:
            texts: Normalised texts.

        Returns:
            Piece ids of each text, prompt and end marks included.
        """
        prompted = [PROMPT + text for text in texts]
        ids: list[list[int]] = self.tokenizer(
            prompted, truncation=True, max_length=self.params.max_length
        )["input_ids"]
        return ids

    def embed(self, pieces: list[list[int]]) -> torch.Tensor:
        """Embed tokenised texts.

        Args:
            pieces: Piece ids of each text.

        Returns:
            Unit rows, shape (n, dim).
        """
        longest = max(map(len, pieces))
        ids = torch.full((len(pieces), longest), self.tokenizer.pad_token_id)
        mask = torch.zeros_like(ids)
        for i, row in enumerate(pieces):
            ids[i, : len(row)] = torch.tensor(row)
            mask[i, : len(row)] = 1
        ids, mask = ids.to(self.device), mask.to(self.device)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            hidden = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        weighted = hidden.float() * mask[..., None]
        return functional.normalize(weighted.sum(1) / mask.sum(1, keepdim=True), dim=1)

    def step(self, pieces: list[list[int]], targets: Targets) -> float:
        """Learn from one batch.

        Args:
            pieces: Piece ids of each text.
            targets: Their labels.

        Returns:
            The loss before the step.
        """
        vectors = self.embed(pieces)
        loss = label_loss(self.heads(vectors), targets, self.params.label_smoothing)
        loss = loss + self.params.cause_weight * cause_loss(self.heads, vectors, targets)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.bert.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        return float(loss.detach())

    def state(self) -> dict[str, Any]:
        """Collect what a later run needs to go on.

        Returns:
            Tensors and numbers only.
        """
        return {
            "bert": self.bert.state_dict(),
            "heads": self.heads.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a saved state.

        Args:
            state: What `state` gave.
        """
        self.bert.load_state_dict(state["bert"])
        self.heads.load_state_dict(state["heads"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])


def batches(lengths: np.ndarray, batch_size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Make batches of rows of like length, in random order.

    Args:
        lengths: Tokens of each row.
        batch_size: Rows a batch.
        rng: Source of the order.

    Returns:
        Row numbers of each batch.
    """
    order = rng.permutation(len(lengths))
    made = []
    bucket = batch_size * BUCKET_BATCHES
    for start in range(0, len(order), bucket):
        rows = order[start : start + bucket]
        rows = rows[np.argsort(lengths[rows], kind="stable")]
        made += [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
    return [made[i] for i in rng.permutation(len(made))]


def finetune(
    rows: pd.DataFrame,
    model: SentenceTransformer,
    space: LabelSpace,
    params: FinetuneParams,
    checkpoint: Path,
) -> tuple[Heads, list[str]]:
    """Teach a model the labels of rows.

    Args:
        rows: Training rows of the corpus.
        model: The base model; its weights change.
        space: The labels.
        params: How.
        checkpoint: Where the state after each epoch is kept; a run that finds it goes on.

    Returns:
        The heads, and the causes in the order of their proxies.
    """
    torch.manual_seed(params.seed)
    causes = frequent_causes(list(rows["cause"]), params.min_cause_rows)
    heads = Heads(int(model.get_embedding_dimension() or 0), space, len(causes))
    trainer = Trainer(model, heads, params, len(rows))
    targets = targets_of(rows, space, causes)
    pieces = trainer.tokenize(list(rows["text"]))
    lengths = np.array([len(ids) for ids in pieces])
    for epoch in range(_resume(trainer, checkpoint), params.epochs):
        torch.manual_seed(params.seed + epoch)
        rng = np.random.default_rng(params.seed + epoch)
        trainer.bert.train()
        losses = [
            trainer.step([pieces[i] for i in batch], targets.take(batch))
            for batch in batches(lengths, params.batch_size, rng)
        ]
        typer.echo(f"epoch {epoch + 1}/{params.epochs}: loss {np.mean(losses):.3f}", err=True)
        _save_state(trainer, checkpoint, epoch + 1)
    trainer.bert.eval()
    return heads, causes


def _resume(trainer: Trainer, checkpoint: Path) -> int:
    if not checkpoint.exists():
        return 0
    state = torch.load(checkpoint, weights_only=True)
    trainer.restore(state)
    return int(state["epoch"])


def _save_state(trainer: Trainer, checkpoint: Path, epoch: int) -> None:
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    temporary = checkpoint.with_suffix(".tmp")
    torch.save({**trainer.state(), "epoch": epoch}, temporary)
    temporary.replace(checkpoint)


def main(
    corpus: Annotated[Path, typer.Argument(help="the prepared corpus, Parquet")],
    base: Annotated[Path, typer.Argument(help="folder of the base model")],
    output: Annotated[Path, typer.Argument(help="folder of the fine-tuned model")],
    taxonomy: Annotated[Path, typer.Option()] = Path("data/taxonomy.yaml"),
) -> None:
    """Fine-tune BASE on the training rows of CORPUS and write OUTPUT."""
    from sentence_transformers import SentenceTransformer

    params = load_params(FinetuneParams, "finetune")
    rows = pd.read_parquet(corpus)
    rows = rows[rows["split"] == "train"].reset_index(drop=True)
    pairs = list(zip(rows["intent"], rows["subtype"], strict=True))
    space = LabelSpace.of(Taxonomy.load(taxonomy), pairs)
    model = SentenceTransformer(str(base), device="cpu")
    model.max_seq_length = params.max_length
    checkpoint = output.with_name(output.name + "-checkpoint.pt")
    heads, causes = finetune(rows, model, space, params, checkpoint)
    model.save(str(output), create_model_card=False)
    save_file(
        {k: v.contiguous() for k, v in heads.state_dict().items()}, output / "heads.safetensors"
    )
    (output / "causes.json").write_text(json.dumps(causes, ensure_ascii=False, indent=0))
    checkpoint.unlink()


if __name__ == "__main__":
    run_stage(main)
