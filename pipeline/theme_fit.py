"""Scored rows into the store, and their weeks into its themes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from models.analysis import FeedbackModel
from models.errors import DataError
from models.themes import ThemeSettings
from pipeline.backlog_manifest import parquet_of
from pipeline.params import PARAMS_FILE, load_params
from pipeline.store.engine import open_store
from pipeline.store.saving import save_scored
from pipeline.store.theme_week import fit_week, moments
from pipeline.themes import ThemesParams


def fit_store(scored: Path, url: str | None, model: Path, week: str | None) -> list[dict[str, Any]]:
    """Save scored rows in a store and fit one week of them, or all, the oldest first.

    Args:
        scored: Parquet with the columns of `FeedbackResult`, or a folder of parts.
        url: The store; None reads `HUIYIN_STORE`.
        model: Folder of the model whose encoder embeds the mentions.
        week: Such as `2026-W47`; None takes every week in which a row was created.

    Returns:
        What each week brought.

    Raises:
        DataError: If the file cannot be read, or names no weeks.
    """
    import pandas as pd
    import typer

    try:
        rows = pd.read_parquet(parquet_of(scored))
    except FileNotFoundError:
        raise DataError(f"{scored}: no such file; make it with huiyin score IN -o OUT") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{scored}: cannot be read ({error})") from error
    weeks = [week] if week else weeks_of(rows)
    store = open_store(url)
    save_scored(store, rows)
    encoder = FeedbackModel.load(model).artifact.encoder
    outcomes = []
    for key in weeks:
        outcome = fit_week(store, rows, key, encoder, theme_settings())
        typer.echo(
            f"{key}:{outcome.n_complaints} 条投诉,{len(outcome.continued)} 个主题延续,"
            f"{len(outcome.born)} 个新,{len(outcome.regressed)} 个复发,{outcome.n_rare} 处罕见"
            + ("(无变化)" if outcome.is_unchanged else ""),
            err=True,
        )
        outcomes.append(asdict(outcome))
    return outcomes


def theme_settings() -> ThemeSettings:
    """Read what changes the themes.

    Returns:
        The section `themes` of `params.yaml`; the defaults where there is no such file.
    """
    params = load_params(ThemesParams, "themes") if PARAMS_FILE.exists() else ThemesParams()
    return params.settings()


def weeks_of(rows: Any) -> list[str]:
    """List the ISO weeks in which rows were created.

    Args:
        rows: Scored rows.

    Returns:
        Such as `2026-W47`, the oldest first.

    Raises:
        DataError: If there is no column `created_at`.
    """
    if "created_at" not in rows.columns:
        raise DataError("column created_at is missing; name the week with --week")
    calendar = moments(rows["created_at"]).dt.isocalendar()
    pairs = {
        (int(year), int(week))
        for year, week in zip(calendar["year"], calendar["week"], strict=True)
    }
    return [f"{year}-W{week:02d}" for year, week in sorted(pairs)]
