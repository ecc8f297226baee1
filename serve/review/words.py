"""What the page says, in the reader's language."""

from __future__ import annotations

from functools import cache
from importlib import import_module


@cache
def dictionary(lang: str) -> dict[str, str]:
    """Load a language.

    Args:
        lang: zh or en.

    Returns:
        Key to words; the same keys in every language.
    """
    words: dict[str, str] = {}
    for part in ("", "_theme", "_ledger"):
        words |= import_module(f"serve.review.words_{lang}{part}").WORDS
    return words


class Words:
    """Looks words up.

    Args:
        lang: zh or en.
    """

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.html_lang = "zh-CN" if lang == "zh" else "en-US"
        self._words = dictionary(lang)

    def __call__(self, key: str, **values: object) -> str:
        """Say something.

        Args:
            key: What.
            **values: For the gaps in it.

        Returns:
            The words.
        """
        words = self._words[key]
        return words.format(**values) if values else words

    def of(self, group: str, value: str | None) -> str:
        """Say what a stored value means; a value that no dictionary knows stands for itself.

        Args:
            group: Which kind of value, such as "status".
            value: The value.

        Returns:
            The words.
        """
        return "–" if value is None else self._words.get(f"{group}.{value}", value)
