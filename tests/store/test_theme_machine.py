"""Random edits, refits and undos in any order: what people decided survives, undoing restores."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pipeline.store.engine import open_store
from pipeline.store.theme_edits import (
    Edit,
    EditRefusedError,
    UnknownThemeError,
    assign,
    close,
    confirm,
    merge,
    reject,
    rename,
    reopen,
    split,
    undo,
)
from pipeline.store.theme_mentions import list_mentions
from pipeline.store.theme_registry import get_theme, list_themes
from pipeline.store.theme_week import fit_week
from tests.store.test_theme_week import LATE, SCREEN, SPILT, WEEKS, BagEncoder, scored

GROUPS = {"spilt": SPILT, "late": LATE, "screen": SCREEN}
picks = st.integers(0, 1_000)


class Editing(RuleBasedStateMachine):
    """A team at work on four weeks of three failings.

    `named`, `merged` and `placed` remember what people decided; undoing takes it out again.
    """

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copyfile(self.template, self.folder / "store.db")
        self.store = open_store(f"sqlite:///{self.folder / 'store.db'}")
        self.fitted: dict[str, list[str]] = {}
        self.ids: set[str] = set()
        self.named: dict[str, str] = {}
        self.merged: dict[str, str] = {}
        self.placed: dict[tuple[str, int, int], str] = {}
        self.snapshots: list[tuple[int, object, tuple[dict, dict, dict]]] = []
        self.n_names = 0

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    @initialize()
    def first_week(self) -> None:
        self._fit(WEEKS[0], ["spilt", "late", "screen"])

    @rule(week=st.sampled_from(WEEKS[:4]), groups=st.sets(st.sampled_from(sorted(GROUPS))))
    def refit(self, week: str, groups: set[str]) -> None:
        """A week comes, early, late or again; one that is there keeps its rows and gains some."""
        self._fit(week, sorted({*groups, *self.fitted.get(week, [])}))
        self.snapshots.clear()

    @rule(pick=picks)
    def rename(self, pick: int) -> None:
        id_ = self._theme(pick)
        self.n_names += 1
        self._do(lambda: rename(self.store, id_, f"名字{self.n_names}", who="甲"))
        self.named[id_] = f"名字{self.n_names}"

    @precondition(lambda self: len(list_themes(self.store)) > 1)
    @rule(pick=picks, other=picks)
    def merge(self, pick: int, other: int) -> None:
        one, two = self._theme(pick), self._theme(other)
        if one == two:
            return
        self._do(lambda: merge(self.store, one, two, who="甲"))
        self.merged[one] = two

    @rule(pick=picks)
    def split(self, pick: int) -> None:
        id_ = self._theme(pick)
        places = self._places(id_)[: pick % 3 + 1]
        if not places:
            return
        self.n_names += 1
        edit = self._do(lambda: split(self.store, id_, places, f"拆出{self.n_names}", who="乙"))
        assert edit.created not in self.ids
        self.placed.update(dict.fromkeys(places, edit.created))

    @rule(pick=picks, other=picks, kind=st.sampled_from(["assign", "confirm", "reject"]))
    def judge(self, pick: int, other: int, kind: str) -> None:
        id_ = self._theme(pick)
        places = self._places(id_)
        if not places:
            return
        place = places[other % len(places)]
        target = self._theme(other) if kind == "assign" else id_
        act = {"assign": assign, "confirm": confirm, "reject": reject}[kind]
        self._do(lambda: act(self.store, target, [place], who="丙"))
        if kind == "reject":  # the machine may put it elsewhere, so nothing is known
            self.placed.pop(place, None)
        else:
            self.placed[place] = target

    @rule(pick=picks)
    def close_or_reopen(self, pick: int) -> None:
        id_ = self._theme(pick)
        is_closed = get_theme(self.store, id_).theme.status == "resolved"
        self._do(lambda: (reopen if is_closed else close)(self.store, id_, who="甲"))

    @precondition(lambda self: self.snapshots)
    @rule()
    def undo_last(self) -> None:
        """Right after an edit, undoing gives back exactly what was."""
        event_id, before, memory = self.snapshots.pop()
        undo(self.store, who="丁", event_id=event_id)
        self.named, self.merged, self.placed = memory
        assert self._state() == before

    @rule(pick=picks)
    def undo_unknown(self, pick: int) -> None:
        """Nonsense is refused and changes nothing."""
        before = self._state()
        with pytest.raises((EditRefusedError, UnknownThemeError)):
            undo(self.store, who="丁", event_id=10_000 + pick)
        assert self._state() == before

    @invariant()
    def names_survive(self) -> None:
        views = {view.id: view.name for view in list_themes(self.store)}
        for id_, name in self.named.items():
            assert views.get(id_, name) == name

    @invariant()
    def merges_survive(self) -> None:
        ids = {view.id for view in list_themes(self.store)}
        assert not ids & self.merged.keys()

    @invariant()
    def placed_mentions_survive(self) -> None:
        there = {
            (m.feedback_id, m.start, m.end): m.theme_id
            for row in {place[0] for place in self.placed}
            for m in list_mentions(self.store, feedback_id=row)
        }
        for place, id_ in self.placed.items():
            assert there[place] == self._root(id_)

    @invariant()
    def ids_and_names_are_unique_and_counts_true(self) -> None:
        views = list_themes(self.store)
        assert len({view.id for view in views}) == len({view.name for view in views}) == len(views)
        for view in views:
            rows = {m.feedback_id for m in list_mentions(self.store, view.id, view.week, limit=999)}
            assert view.n == len(rows)
        self.ids |= {view.id for view in views}

    def _fit(self, week: str, groups: list[str]) -> None:
        rows = scored(week, *[SPILT, LATE, SCREEN])
        wanted = [text for group in groups for text in GROUPS[group]]
        kept = rows[rows["text"].isin(wanted)]
        if kept.empty:
            return
        fit_week(self.store, kept, week, BagEncoder())
        self.fitted[week] = groups

    def _theme(self, pick: int) -> str:
        ids = sorted(view.id for view in list_themes(self.store))
        return ids[pick % len(ids)]

    def _places(self, id_: str) -> list[tuple[str, int, int]]:
        found = list_mentions(self.store, id_, limit=999)
        return sorted((m.feedback_id, m.start, m.end) for m in found)

    def _root(self, id_: str) -> str:
        while id_ in self.merged:
            id_ = self.merged[id_]
        return id_

    def _do(self, act: Callable[[], Edit]) -> Edit:
        """Edit, and remember how things were."""
        before = self._state()
        memory = dict(self.named), dict(self.merged), dict(self.placed)
        edit = act()
        self.snapshots.append((edit.event_id, before, memory))
        return edit

    def _state(self) -> object:
        return [
            (view.id, view.name, view.status, week, *self._all(view.id, week))
            for week in sorted(self.fitted)
            for view in list_themes(self.store, week)
        ]

    def _all(self, id_: str, week: str) -> list[tuple[str, int, bool]]:
        found = list_mentions(self.store, id_, week, limit=999)
        return sorted((m.feedback_id, m.start, m.is_human) for m in found)


@pytest.mark.slow
def test_edits_survive_whatever_happens(sqlite_template):
    """Hypothesis plays the team: a dozen games of a dozen moves."""
    Editing.template = sqlite_template
    run_state_machine_as_test(
        Editing,
        settings=settings(
            max_examples=12,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
