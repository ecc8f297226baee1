"""中文,主题页。"""

WORDS: dict[str, str] = {}
