"""English, themes."""

WORDS: dict[str, str] = {}
