"""Why an edit of a theme is refused; each kind is another answer at the HTTP door.

StoreError
├── UnknownThemeError   there is no such theme or mention (404)
├── EditConflictError   somebody else was faster (409)
└── EditRefusedError    the edit makes no sense, or a later one depends on it (422)
"""

from __future__ import annotations

from models.errors import StoreError


class UnknownThemeError(StoreError):
    """There is no such theme, mention or event."""


class EditConflictError(StoreError):
    """The theme has changed since the editor looked at it.

    Args:
        theme_id: The theme.
        expected: The version that the editor saw.
        actual: The version that it has now.
        who: Who changed it last, if known.
    """

    def __init__(self, theme_id: str, expected: int, actual: int, who: str | None) -> None:
        by = f"({who} 刚刚改过)" if who else ""
        super().__init__(
            f"主题 {theme_id} 已是第 {actual} 版{by},您看到的是第 {expected} 版;请刷新后重试"
        )
        self.theme_id, self.expected, self.actual, self.who = theme_id, expected, actual, who


class EditRefusedError(StoreError):
    """The edit makes no sense as things stand; the message says what to do."""
