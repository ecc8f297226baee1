"""Cut Chinese text into words, with the domain's own terms kept whole.

The cutter is rjieba (jieba in Rust): the same tokens as jieba on Chinese text, 17 times as fast;
figures in `docs/decisions/0003-rjieba.md`. It expects text from `models.text.normalize`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rjieba

from models.errors import ArtifactError

_BLANK = re.compile(r"\s")


class Segmenter:
    """Cuts text with a domain dictionary; safe to share between threads and to pickle.

    Args:
        words: Terms to keep whole.
        stopwords: Words that carry no topic; `cut` keeps them, they may turn the meaning.
    """

    def __init__(self, words: Sequence[str], stopwords: frozenset[str]) -> None:
        self.words = tuple(words)
        self.stopwords = stopwords
        self._cutter = _build(self.words)

    @classmethod
    def load(cls, folder: Path) -> Segmenter:
        """Read `words.txt` and `stopwords.txt`, one term a line, # for comments.

        Args:
            folder: Usually `data/lexicon` or its copy beside a trained model. `ArtifactError`
                is raised when one of the two files cannot be read.

        Returns:
            The segmenter, ready to cut.
        """
        words = _read_terms(folder / "words.txt")
        return cls(words, frozenset(_read_terms(folder / "stopwords.txt")))

    def cut(self, text: str) -> list[str]:
        """Give every token in order, blanks dropped.

        >>> Segmenter(["小程序"], frozenset()).cut("小程序 打不开")
        ['小程序', '打不开']
        """
        tokens: list[str] = self._cutter.cut(text)
        # Most texts hold no blank, and asking the text is faster than asking every token.
        return [t for t in tokens if not t.isspace()] if _BLANK.search(text) else tokens

    def __getstate__(self) -> dict[str, Any]:
        return {"words": self.words, "stopwords": self.stopwords}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.words = state["words"]
        self.stopwords = state["stopwords"]
        self._cutter = _build(self.words)


def _build(words: Sequence[str]) -> rjieba.Jieba:
    cutter = rjieba.Jieba()
    for word in words:
        # All three arguments are needed; without a frequency rjieba picks one that joins the word.
        cutter.add_word(word, None, None)
    return cutter


def _read_terms(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ArtifactError(f"cannot read the lexicon file {path}: {error}") from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
