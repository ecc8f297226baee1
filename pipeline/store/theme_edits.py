"""What people do to themes: each edit is one transaction, one version, one line in the trail.

Every function takes `who` and, where the editor saw a version, that `version`; an edit of another
version is refused with `EditConflictError`. Nothing is ever deleted, so every edit can be undone
and survives the next fit. This module is the door; see docs/theme-store.md.
"""

from __future__ import annotations

from pipeline.store.theme_editing import Edit
from pipeline.store.theme_errors import EditConflictError, EditRefusedError, UnknownThemeError
from pipeline.store.theme_fields import (
    FISHBONE,
    KINDS,
    fishbone,
    five_whys,
    rename,
    set_action,
    set_cause,
)
from pipeline.store.theme_members import assign, confirm, reject
from pipeline.store.theme_states import State, close, reopen
from pipeline.store.theme_structure import describe, merge, split
from pipeline.store.theme_undo import undo
from pipeline.store.theme_verdicts import Place, parse_place

__all__ = [
    "FISHBONE",
    "KINDS",
    "Edit",
    "EditConflictError",
    "EditRefusedError",
    "Place",
    "State",
    "UnknownThemeError",
    "assign",
    "close",
    "confirm",
    "describe",
    "fishbone",
    "five_whys",
    "merge",
    "parse_place",
    "reject",
    "rename",
    "reopen",
    "set_action",
    "set_cause",
    "split",
    "undo",
]
