"""Whose theme it is and what kind of failing: an edit like the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.store.engine import open_store
from pipeline.store.theme_edits import EditRefusedError, set_cause, undo
from pipeline.store.theme_registry import get_theme
from tests.store.theme_sample import WEEK_3, plant


def test_a_cause_is_set_and_taken_back(tmp_path: Path) -> None:
    """With the person in the trail; an unknown kind is refused."""
    store = open_store(f"sqlite:///{tmp_path / 'cause.db'}")
    (id_,) = plant(store, ["快递太慢"], {WEEK_3: [3]})
    edit = set_cause(store, id_, who="李晓雯", department="物流部", kind="流程漏洞", version=1)
    theme = get_theme(store, id_).theme
    assert (theme.department, theme.kind, theme.version) == ("物流部", "流程漏洞", edit.version)
    with pytest.raises(EditRefusedError, match="根因类别"):
        set_cause(store, id_, who="李晓雯", department="物流部", kind="天气")
    undo(store, who="王建国", event_id=edit.event_id)
    assert get_theme(store, id_).theme.department == ""
