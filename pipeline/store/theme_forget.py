"""Forgetting customers' words: mentions, what was said of them, and where they are quoted.

A name that the machine took from forgotten words goes too, if nobody else said them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select, update

from pipeline.store.theme_births import free_name
from pipeline.store.theme_counts import refresh_members
from pipeline.store.theme_rows import chunks, lock
from pipeline.store.theme_tables import mention, theme, theme_event, theme_week, verdict

_LONGEST_NAME = 12


def forget_mentions(connection: Connection, feedback_ids: Sequence[str]) -> int:
    """Delete all that themes hold of some rows; to be called where the rows are deleted.

    Args:
        connection: In a writing transaction.
        feedback_ids: The rows.

    Returns:
        How many mentions were deleted. Counts, quotes, phrases and, where they came from these
        words alone, names and keywords of their themes are made anew from what is left.
    """
    lock(connection)
    said: dict[str, set[str]] = {}
    n = 0
    for piece in chunks(feedback_ids):
        of_rows = mention.c.feedback_id.in_(piece)
        columns = (mention.c.theme_id, mention.c.auto_theme_id, mention.c.text, mention.c.key)
        for row in connection.execute(select(*columns).where(of_rows)):
            for theme_id in {row.theme_id, row.auto_theme_id} - {None}:
                said.setdefault(theme_id, set()).update((row.text, row.key))
        n += connection.execute(delete(mention).where(of_rows)).rowcount
        _forget_verdicts(connection, piece)
    refresh_members(connection, said)
    for theme_id, texts in sorted(said.items()):
        _forget_words(connection, theme_id, texts)
    return n


def _forget_verdicts(connection: Connection, feedback_ids: Sequence[str]) -> None:
    """What people said of rows, and the rows' names in the trail."""
    of_rows = verdict.c.feedback_id.in_(feedback_ids)
    gone = set(feedback_ids)
    edits = select(verdict.c.event_id).where(of_rows).distinct()
    events = select(theme_event.c.id, theme_event.c.after).where(theme_event.c.id.in_(edits))
    for row in connection.execute(events).all():
        places = row.after.get("mentions", [])
        kept = [place for place in places if place.rsplit(":", 2)[0] not in gone]
        if kept != places:
            after = {**row.after, "mentions": kept}
            here = theme_event.c.id == row.id
            connection.execute(update(theme_event).where(here).values(after=after))
    connection.execute(delete(verdict).where(of_rows))


def _forget_words(connection: Connection, theme_id: str, forgotten: Collection[str]) -> None:
    """Take away names and keywords that only forgotten mentions spoke of."""
    left = set(
        connection.execute(
            select(mention.c.text).where(mention.c.theme_id == theme_id).distinct()
        ).scalars()
    )

    def is_gone(word: str) -> bool:
        return _stands(word, forgotten) and not _stands(word, left)

    of_theme = theme_week.c.theme_id == theme_id
    row = connection.execute(select(theme).where(theme.c.id == theme_id)).one()
    values: dict[str, Any] = {"keywords": [w for w in row.keywords if not is_gone(w)]}
    if not row.is_named and is_gone(row.name):
        wish = _shortest(left)[:_LONGEST_NAME]
        values["name"] = free_name(connection, wish, values["keywords"], theme_id)
    name = values.get("name", row.name)
    connection.execute(update(theme).where(theme.c.id == theme_id).values(**values))
    for week in connection.execute(select(theme_week).where(of_theme)).all():
        past = {"keywords": [w for w in week.keywords if not is_gone(w)]}
        past["name"] = name if is_gone(week.name) else week.name
        here = of_theme & (theme_week.c.week == week.week)
        connection.execute(update(theme_week).where(here).values(**past))
    # Undoing a renaming must not bring the words back.
    renamed = (theme_event.c.theme_id == theme_id) & (theme_event.c.kind == "rename")
    for event in connection.execute(select(theme_event).where(renamed)).all():
        before = dict(event.before)
        if not before.get("is_named", True) and is_gone(str(before.get("name", ""))):
            before["name"] = theme_id
            here = theme_event.c.id == event.id
            connection.execute(update(theme_event).where(here).values(before=before))


def _stands(word: str, texts: Collection[str]) -> bool:
    """Whether a word came from one of some texts; a name may add the subject to a clause."""
    return any(word in text or (len(text) > 1 and text in word) for text in texts)


def _shortest(texts: Collection[str]) -> str:
    return min(texts, key=lambda text: (len(text), text), default="")
