"""Cutting feedback and queries into the words that the full-text index knows."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from models.text import has_content

MAX_WORDS = 20_000
MAX_WORD_CHARS = 64


def index_words(text: str) -> list[str]:
    """List the words that a row is found by.

    Args:
        text: The row's text.

    Returns:
        Words in lower case, long ones also in their parts: 退款金额 is found by 退款.
    """
    found = (_fold(word) for word in _cutter().cut_for_search(text))
    return list(dict.fromkeys(word for word in found if word))[:MAX_WORDS]


def query_words(query: str) -> list[str]:
    """List the words that all must occur.

    Args:
        query: What a person typed.

    Returns:
        Words in lower case, each once; empty if nothing can be looked for.
    """
    found = (_fold(word) for word in _cutter().cut(query))
    return list(dict.fromkeys(word for word in found if word))


@cache
def _cutter() -> Any:
    import rjieba

    return rjieba.Jieba()


@lru_cache(maxsize=50_000)  # few words make up most of what people write
def _fold(word: str) -> str:
    folded = word.casefold().strip()
    if len(folded) > MAX_WORD_CHARS or not has_content(folded) or len(folded.split()) != 1:
        return ""
    return folded
