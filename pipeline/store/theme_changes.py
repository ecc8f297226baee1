"""What a week means for each theme: birth, continuation, return, split, merge, comeback, death."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from pipeline.report_period import Period
from pipeline.store.theme_births import rename_if_changed
from pipeline.store.theme_rows import EventRecord, write_event
from pipeline.store.theme_states import State, add_state, read_states
from pipeline.store.theme_tables import theme, theme_fit, theme_link, theme_week
from pipeline.store.theme_write import Written
from pipeline.theme_identity import Fate, IdentitySettings
from pipeline.theme_placing import new_id

MACHINE = "huiyin"
BIRTH, SPLIT, RETURN, CONTINUATION = "birth", "split", "return", "continuation"
_WEEK_DAYS = 7
_WEEKS_BEFORE = 8
_COMEBACK = 0.5  # of the way back to its former share; a few stray mentions are no comeback


def note_changes(
    connection: Connection, written: Written, settings: IdentitySettings, min_rows: int
) -> dict[str, Any]:
    """Note births, returns, comebacks and lineage of a week.

    Args:
        connection: Holds the lock.
        written: The week's mentions.
        settings: When a theme counts as returned or dead.
        min_rows: Rows from which a closed theme counts as back.

    Returns:
        Fields of a week's outcome, and under `changes` what the week is for each theme.
    """
    seen = _last_seen(connection, written.found.week)
    changes = {id_: _change(id_, seen, written, settings) for id_ in sorted(written.rows)}
    for id_, change in changes.items():
        if change != CONTINUATION:
            _event(connection, change, id_, written)
    merging = _link_clusters(connection, written)
    _describe_continued(connection, written, settings.memory)
    in_theme = sum(len(own) for own in written.members.values())

    def those(*kinds: str) -> tuple[str, ...]:
        return tuple(id_ for id_, change in changes.items() if change in kinds)

    return {
        "n_mentions": in_theme,
        "n_rare": len(written.found.places) - in_theme,
        "born": those(BIRTH, SPLIT),
        "continued": those(CONTINUATION, RETURN),
        "returned": those(RETURN),
        "regressed": _reopen(connection, written, min_rows),
        "split": those(SPLIT),
        "merging": merging,
        "dead": _dead(seen, written, settings),
        "changes": changes,
    }


def silent_weeks(last: str, week: str) -> int:
    """Count the calendar weeks between a theme's last week and this one.

    Args:
        last: Such as `2026-W44`.
        week: Such as `2026-W47`.

    Returns:
        Two in this example; 0 or less when there are none between.
    """
    gap = Period.of_week(week).start.date() - Period.of_week(last).start.date()
    return gap.days // _WEEK_DAYS - 1


def _last_seen(connection: Connection, week: str) -> dict[str, str]:
    before = (theme_week.c.week < week) & (theme_week.c.n_family > 0)
    query = select(theme_week.c.theme_id, func.max(theme_week.c.week)).where(before)
    return {row[0]: row[1] for row in connection.execute(query.group_by(theme_week.c.theme_id))}


def _change(
    theme_id: str, seen: Mapping[str, str], written: Written, settings: IdentitySettings
) -> str:
    for name, id_ in written.ids.items():
        if id_ == theme_id:
            match = written.placing.matches[int(name.split(":")[1])]
            return SPLIT if match.fate is Fate.SPLIT else BIRTH
    last = seen.get(theme_id)
    is_back = last is not None and silent_weeks(last, written.found.week) >= settings.return_after
    return RETURN if is_back else CONTINUATION


def _link_clusters(connection: Connection, written: Written) -> tuple[str, ...]:
    """Note which theme a new one split from, and which known ones one cluster holds together."""
    merging: set[str] = set()
    for k, match in enumerate(written.placing.matches):
        if match.parent is not None and k in written.placing.born:
            _link(connection, SPLIT, match.parent, written.ids[new_id(k)], written.found.week)
        for other in match.also:
            if match.theme_id is not None and other in written.rows:
                merging |= {other, match.theme_id}
                _link(connection, "merge", other, match.theme_id, written.found.week)
    return tuple(sorted(merging))


def _reopen(connection: Connection, written: Written, min_rows: int) -> tuple[str, ...]:
    """Open closed themes that came back after the week in which they were closed."""
    week, total = written.found.week, written.found.report.n_complaints
    back = []
    for id_, (state, since) in sorted(read_states(connection).items()):
        n = len(written.rows.get(id_, ()))
        is_late = state == State.RESOLVED and since < week and n >= min_rows
        if is_late and n >= total * _share_of_comeback(connection, id_, since, week):
            back.append(id_)
    rows = [
        {
            "theme_id": id_,
            "week": week,
            "state": State.REGRESSED.value,
            "event_id": _event(connection, "regressed", id_, written),
            "is_human": False,
        }
        for id_ in back
    ]
    add_state(connection, rows)
    return tuple(back)


def _share_of_comeback(connection: Connection, theme_id: str, since: str, week: str) -> float:
    """Share of complaints from which a closed theme is back.

    What else a theme holds goes on while the failing is mended, so the way back begins at what has
    been left of it since the closing.
    """
    known = theme_week.c.week.is_not(None)
    before = _share(connection, theme_id, known & (theme_fit.c.week <= since))
    left = _share(connection, theme_id, (theme_fit.c.week > since) & (theme_fit.c.week < week))
    return left + _COMEBACK * (before - left)


def _share(connection: Connection, theme_id: str, weeks: ColumnElement[bool]) -> float:
    """Share of complaints that mentioned a theme in the last of some weeks, 0 without a week."""
    here = (theme_week.c.week == theme_fit.c.week) & (theme_week.c.theme_id == theme_id)
    query = (
        select(theme_week.c.n_family, theme_fit.c.n_complaints)
        .select_from(theme_fit.outerjoin(theme_week, here))
        .where(weeks)
        .order_by(theme_fit.c.week.desc())
        .limit(_WEEKS_BEFORE)
    )
    rows = connection.execute(query).all()
    n: int = sum(row.n_family or 0 for row in rows)
    total: int = sum(row.n_complaints for row in rows)
    return n / max(1, total)


def _dead(seen: Mapping[str, str], written: Written, settings: IdentitySettings) -> tuple[str, ...]:
    week = written.found.week
    return tuple(
        id_
        for id_, last in sorted(seen.items())
        if id_ not in written.rows
        and written.roots.get(id_) == id_
        and silent_weeks(last, week) >= settings.dead_after
    )


def _describe_continued(connection: Connection, written: Written, memory: int) -> None:
    """Take this week's keywords; department, kind and name only where they are needed."""
    for match, found in zip(written.placing.matches, written.found.report.themes, strict=True):
        if match.fate is not Fate.CONTINUATION or match.theme_id is None or not found.keywords:
            continue
        here = theme.c.id == match.theme_id
        connection.execute(update(theme).where(here).values(keywords=list(found.keywords)))
        for column, value in (("department", found.department), ("kind", found.root_cause_kind)):
            missing = here & (theme.c[column] == "")
            connection.execute(update(theme).where(missing).values({column: value}))
        said = _said(connection, match.theme_id, written, memory)
        if rename_if_changed(connection, match.theme_id, found, said):
            _event(connection, "rename", match.theme_id, written)


def _said(connection: Connection, root: str, written: Written, memory: int) -> set[str]:
    """What is said in a theme this week and in its last ones."""
    words, keys = written.found.found.words, written.found.found.keys
    family = [id_ for id_, other in written.roots.items() if other == root]
    said = {words[keys[m]] for id_ in family for m in written.members.get(id_, ())}
    for id_ in family:
        own = (theme_week.c.theme_id == id_) & (theme_week.c.week != written.found.week)
        query = select(theme_week.c.phrases).where(own).order_by(theme_week.c.week.desc())
        for phrases in connection.execute(query.limit(memory)).scalars():
            said |= {phrase for phrase, _ in phrases}
    return said


def _event(connection: Connection, kind: str, theme_id: str, written: Written) -> int:
    after = {"n": len(written.rows.get(theme_id, ()))}
    record = EventRecord(kind, MACHINE, theme_id, written.found.week, after=after, is_human=False)
    return write_event(connection, record)


def _link(connection: Connection, kind: str, from_id: str, to_id: str, week: str) -> None:
    values = {"kind": kind, "from_id": from_id, "to_id": to_id, "week": week}
    connection.execute(
        insert(theme_link).values(**values, event_id=None, is_human=False, is_void=False)
    )
