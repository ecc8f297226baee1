"""Root-cause themes of one batch of complaints: mentions, vectors, clusters, names, quotes.

Pure and deterministic: the same rows in any order give the same report. Ids are those of this
batch, the largest theme first; identity from week to week is the store's matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from models.encoders import Encoder, unit_rows
from models.mentions import Mention
from models.theme_axes import AXES_FOLDER
from models.theme_batch import Batch, make_batch
from models.theme_guidance import Guidance
from models.theme_names import ThemeWords, name_themes
from models.theme_quotes import diverse
from models.theme_report import MENTION_COLUMNS, RARE_COLUMNS, Quote, Theme, ThemeReport
from models.theme_settings import ThemeSettings, default_tag

__all__ = ["ThemeSettings", "default_tag", "fit_themes", "root_cause_kind"]

COMPLAINT = "complaint"
PRODUCT, PROCESS, SERVICE = "产品缺陷", "流程漏洞", "服务失误"
_KINDS = {"product": PRODUCT, "quality": PRODUCT, "service": SERVICE, "account": PROCESS}
_SUBTYPE_KINDS = {"delivery": PROCESS, "process": PROCESS}
_LONGEST_SHOWN = 200


def fit_themes(
    rows: pd.DataFrame,
    encoder: Encoder,
    params: ThemeSettings | None = None,
    guidance: Guidance | None = None,
    axes_folder: Path = AXES_FOLDER,
) -> ThemeReport:
    """Find the themes of a batch; a missing column or a repeated id is a `ValueError`.

    Args:
        rows: Scored rows with columns feedback_id (unique), text and, where known, intent, type,
            subtype and department; without `intent` every row is a complaint.
        encoder: Embeds the mentions, each distinct phrase once; where cause axes were learnt for
            it, they are used.
        params: None takes the defaults.
        guidance: What people confirmed; each group of it that is mentioned becomes one theme,
            however small, with the group's name as `guide`.
        axes_folder: Where the axes of known causes lie.

    Returns:
        The report; empty when there is no complaint.
    """
    params = params or ThemeSettings()
    complaints = _complaints(rows)
    batch = make_batch(complaints, encoder, params, guidance, axes_folder)
    if batch is None:
        return ThemeReport(
            (), _table([], MENTION_COLUMNS), _table([], RARE_COLUMNS), len(complaints)
        )
    return _report(batch, params)


def root_cause_kind(types: Sequence[str], subtypes: Sequence[str]) -> str:
    """Say what kind of cause most rows point to.

    Args:
        types: Main type of each row.
        subtypes: Subtype of each row.

    Returns:
        产品缺陷, 流程漏洞 or 服务失误; 产品缺陷 when no row tells.
    """
    kinds = [
        _SUBTYPE_KINDS.get(subtype) or _KINDS.get(type_)
        for type_, subtype in zip(types, subtypes, strict=True)
    ]
    return _majority([kind for kind in kinds if kind]) or PRODUCT


def _complaints(rows: pd.DataFrame) -> pd.DataFrame:
    """Complaints in canonical order; all that follows is independent of the order of rows."""
    missing = {"feedback_id", "text"} - set(rows.columns)
    if missing:
        raise ValueError(f"columns {sorted(missing)} are missing: found {list(rows.columns)}")
    if rows["feedback_id"].duplicated().any():
        raise ValueError("feedback_id must be unique: drop or rename repeated rows")
    if "intent" in rows.columns:
        rows = rows[rows["intent"] == COMPLAINT]
    filled = {c: "" for c in ("type", "subtype", "department") if c not in rows.columns}
    return rows.assign(**filled).sort_values("feedback_id", ignore_index=True)


def _report(batch: Batch, params: ThemeSettings) -> ThemeReport:
    labels = range(batch.clusters.themes.max(initial=-1) + 1)
    order = sorted(
        (k for k in labels if batch.is_theme(k)),
        key=lambda k: (-len(batch.row_positions(k)), batch.groups[batch.members(k)[0]].phrase),
    )
    words = name_themes([batch.weighed(k) for k in order], default_tag())
    themes = tuple(
        _theme(batch, k, f"T{i:04d}", w, params.n_quotes)
        for i, (k, w) in enumerate(zip(order, words, strict=True), start=1)
    )
    mentions, rare = _tables(batch, dict(zip(order, themes, strict=True)))
    return ThemeReport(themes, mentions, rare, len(batch.rows), batch.has_axes)


def _theme(batch: Batch, label: int, id_: str, words: ThemeWords, n_quotes: int) -> Theme:
    rows = batch.rows.iloc[batch.row_positions(label)]
    cores = batch.clusters.cores[batch.members(label)]
    return Theme(
        id=id_,
        name=words.name,
        keywords=words.keywords,
        quotes=_quotes(batch, label, n_quotes),
        size=len(rows),
        share=len(rows) / len(batch.rows),
        department=_majority([d for d in rows["department"] if d]),
        root_cause_kind=root_cause_kind(list(rows["type"]), list(rows["subtype"])),
        by_type=dict(sorted(Counter(str(t) for t in rows["type"] if t).items())),
        subthemes=max(1, len(set(cores.tolist()) - {-1})),
        guide=batch.guides[label] if label < batch.clusters.n_confirmed else "",
    )


def _quotes(batch: Batch, label: int, n: int) -> tuple[Quote, ...]:
    groups = batch.members(label)
    vectors = batch.vectors[groups]
    centre = unit_rows(vectors.sum(axis=0, keepdims=True))[0]
    quotes: dict[str, Quote] = {}
    for i in diverse(vectors, centre, 3 * n):
        quote = _quote(batch, batch.mentions[batch.groups[groups[i]].members[0]])
        quotes.setdefault(quote.feedback_id, quote)
    return tuple(quotes.values())[:n]


def _quote(batch: Batch, mention: Mention) -> Quote:
    feedback_id = str(batch.rows["feedback_id"].iloc[mention.row])
    text = mention.text[:_LONGEST_SHOWN]
    return Quote(feedback_id, text, mention.start, mention.start + len(text))


def _tables(batch: Batch, themes: dict[int, Theme]) -> tuple[pd.DataFrame, pd.DataFrame]:
    found: list[tuple[Any, ...]] = []
    rare: list[tuple[Any, ...]] = []
    for i, group in enumerate(batch.groups):
        theme = themes.get(int(batch.clusters.themes[i]))
        score = round(float(batch.clusters.scores[i]), 4)
        for m in group.members:
            quote = _quote(batch, batch.mentions[m])
            end = batch.mentions[m].end
            if theme is None:
                rare.append((quote.feedback_id, quote.text, quote.start, quote.end))
            else:
                found.append((quote.feedback_id, theme.id, theme.name, quote.start, end, score))
    return _table(found, MENTION_COLUMNS), _table(rare, RARE_COLUMNS)


def _table(found: list[tuple[Any, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    table = pd.DataFrame(found, columns=list(columns))
    return table.sort_values(["feedback_id", "start"], ignore_index=True)


def _majority(values: Sequence[str]) -> str:
    """The most frequent value, the first in code order on a tie, empty when there is none."""
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value), default="")
