"""Adding a week to the themes, or a week again.

Clustering and encoding happen outside the transaction; placing and writing inside, under the lock,
so that an edit is either seen or waits. A week whose rows, settings and edits are those of last
time is not touched at all.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, insert, select

from models.encoders import Encoder
from models.errors import DataError
from models.theme_axes import AXES_FOLDER
from models.themes import ThemeSettings, fit_themes
from pipeline.report_period import Period
from pipeline.store.engine import Store
from pipeline.store.theme_changes import note_changes
from pipeline.store.theme_guides import read_guidance
from pipeline.store.theme_known import fingerprint, read_known
from pipeline.store.theme_rows import lock, now
from pipeline.store.theme_space import space_of
from pipeline.store.theme_tables import theme_event, theme_fit
from pipeline.store.theme_verdicts import decided_places
from pipeline.store.theme_week_rows import Memo, WeekRows, read_week
from pipeline.store.theme_write import write_figures, write_mentions
from pipeline.theme_identity import IdentitySettings
from pipeline.theme_placing import place_mentions

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class WeekOutcome:
    """What a week brought; ids of themes, ascending.

    Attributes:
        week: The week.
        n_complaints: Complaints.
        n_mentions: Mentions in a theme.
        n_rare: Mentions in none.
        born: New themes.
        continued: Known themes that are mentioned.
        returned: Those of them that had been silent for some weeks.
        regressed: Those of them that were closed and are open again.
        split: Themes of `born` that seem split off from a known one.
        merging: Known themes that this week's clusters hold together with another one.
        dead: Themes silent for so long that they count as dead; a mention would revive them.
        is_unchanged: Whether the week was there already and nothing had to be done.
    """

    week: str
    n_complaints: int
    n_mentions: int
    n_rare: int
    born: tuple[str, ...] = ()
    continued: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    regressed: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    merging: tuple[str, ...] = ()
    dead: tuple[str, ...] = ()
    is_unchanged: bool = False


def fit_week(
    store: Store,
    scored: pd.DataFrame,
    week: str,
    encoder: Encoder,
    settings: ThemeSettings | None = None,
    *,
    identity: IdentitySettings | None = None,
    axes_folder: Path = AXES_FOLDER,
) -> WeekOutcome:
    """Find the themes of a week and match them with those of the store.

    The rows replace what the store had of that week; what people decided stays. Weeks may come in
    any order.

    Args:
        store: The store.
        scored: Scored rows, texts masked; with `created_at`, rows of other weeks are left out.
        week: Such as `2026-W47`.
        encoder: Embeds mentions.
        settings: Of the clustering; None takes the defaults.
        identity: Of the matching; None takes the defaults.
        axes_folder: Where the axes of known causes lie.

    Returns:
        What the week brought.

    Raises:
        DataError: If the rows cannot be used, or none of them is of that week.
    """
    settings, identity = settings or ThemeSettings(), identity or IdentitySettings()
    rows = rows_of_week(scored, week)
    memo = Memo(encoder)
    space = space_of(memo, axes_folder)
    stamp = _stamp(rows, settings, identity, space)
    with store.read() as connection:
        digest = _digest(connection, stamp)
        known = _unchanged(connection, week, digest)
        decided = decided_places(connection, week)
        guidance = read_guidance(connection, week) if known is None else None
    if known is not None:
        return known
    try:
        report = fit_themes(rows, memo, settings, guidance, axes_folder)
    except ValueError as error:
        raise DataError(f"{week}: {error}") from error
    found = read_week(rows, report, space, week, decided)
    with store.begin() as connection:
        lock(connection)
        return _place_and_write(connection, found, space, settings, identity, digest)


def rows_of_week(scored: pd.DataFrame, week: str) -> pd.DataFrame:
    """Take the rows that were created in a week.

    Args:
        scored: Scored rows.
        week: Such as `2026-W47`.

    Returns:
        Those rows; all of them without a column `created_at`.

    Raises:
        DataError: If the week is none, or the table has rows, but none of that week.
    """
    try:
        period = Period.of_week(week)
    except ValueError as error:
        raise DataError(str(error)) from error
    if "created_at" not in scored.columns or scored.empty:
        return scored.reset_index(drop=True)
    created = moments(scored["created_at"])
    inside = (created >= period.start) & (created < period.end)
    if not inside.any():
        there = f"{created.min():%Y-%m-%d} to {created.max():%Y-%m-%d}"
        raise DataError(f"no row was created in {week}: found {there}; check --week")
    chosen: pd.DataFrame = scored[inside].reset_index(drop=True)
    return chosen


def moments(column: Any) -> Any:
    """Read a column of moments.

    Args:
        column: Moments or text; naive ones are Shanghai's.

    Returns:
        The same in Asia/Shanghai.

    Raises:
        DataError: If one cannot be read.
    """
    import pandas as pd

    try:
        found = pd.to_datetime(column)
        is_naive = found.dt.tz is None
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"created_at: cannot be read as moments ({error})") from error
    zone = "Asia/Shanghai"
    return found.dt.tz_localize(zone) if is_naive else found.dt.tz_convert(zone)


def _place_and_write(
    connection: Connection,
    found: WeekRows,
    space: Encoder,
    settings: ThemeSettings,
    identity: IdentitySettings,
    digest: str,
) -> WeekOutcome:
    words = found.found.words
    known = read_known(connection, found.week, words, space, identity.memory)
    placing = place_mentions(found.found, known, settings.min_rows, identity)
    written = write_mentions(connection, found, placing)
    noted = note_changes(connection, written, identity, settings.min_rows)
    write_figures(connection, written, noted.pop("changes"), fingerprint(space))
    outcome = WeekOutcome(week=found.week, n_complaints=found.report.n_complaints, **noted)
    # Of what was read for clustering: an edit since then makes the next fit do its work again.
    _write_fit(connection, outcome, digest)
    return outcome


def _write_fit(connection: Connection, outcome: WeekOutcome, digest: str) -> None:
    connection.execute(delete(theme_fit).where(theme_fit.c.week == outcome.week))
    connection.execute(
        insert(theme_fit).values(
            week=outcome.week,
            n_complaints=outcome.n_complaints,
            n_mentions=outcome.n_mentions,
            n_rare=outcome.n_rare,
            digest=digest,
            outcome=asdict(outcome),
            fitted_at=now(),
        )
    )


def _unchanged(connection: Connection, week: str, digest: str) -> WeekOutcome | None:
    query = select(theme_fit.c.digest, theme_fit.c.outcome).where(theme_fit.c.week == week)
    row = connection.execute(query).first()
    if row is None or row.digest != digest:
        return None
    lists: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in row.outcome.items()
    }
    return replace(WeekOutcome(**lists), is_unchanged=True)


def _stamp(
    rows: pd.DataFrame, settings: ThemeSettings, identity: IdentitySettings, space: Encoder
) -> str:
    """Say what goes into a fit, whatever the order of rows."""
    columns = [c for c in ("feedback_id", "text", "intent", "type", "subtype") if c in rows.columns]
    lines = sorted(json.dumps([str(v) for v in row]) for row in rows[columns].to_numpy().tolist())
    setup = json.dumps([asdict(settings), asdict(identity), fingerprint(space)], sort_keys=True)
    return hashlib.sha256("\n".join([setup, *lines]).encode()).hexdigest()


def _digest(connection: Connection, stamp: str) -> str:
    """Add what people have done so far: an edit may change where like mentions go."""
    edits = select(func.max(theme_event.c.id)).where(theme_event.c.is_human)
    return f"{stamp}:{connection.execute(edits).scalar() or 0}"
