"""Scores of themes against labelled causes; a row may have several of either."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from models.theme_report import ThemeReport

THEMES_A_CAUSE = 3


def incidence(report: ThemeReport, ids: Sequence[str]) -> np.ndarray:
    """Rows by themes, ones where a row mentions a theme; the largest theme first."""
    position = {id_: i for i, id_ in enumerate(ids)}
    column = {theme.id: j for j, theme in enumerate(report.themes)}
    found = np.zeros((len(ids), len(column)))
    for row in report.mentions.itertuples():
        found[position[row.feedback_id], column[row.theme_id]] = 1
    return found


def largest(themes: np.ndarray, n_causes: int) -> np.ndarray:
    """Keep at most three themes a cause, the largest."""
    order = np.argsort(-themes.sum(0), kind="stable")[: THEMES_A_CAUSE * n_causes]
    return themes[:, order]


def matched_f1(labels: np.ndarray, themes: np.ndarray) -> np.ndarray:
    """F1 of each cause against its theme in the best one-to-one matching, 0 without one."""
    both = labels.T @ themes
    f1 = 2 * both / np.maximum(labels.sum(0)[:, None] + themes.sum(0)[None, :], 1)
    found = np.zeros(len(f1))
    causes, matched = linear_sum_assignment(-f1)
    found[causes] = f1[causes, matched]
    return found


def b_cubed(labels: np.ndarray, themes: np.ndarray) -> float:
    """Extended B-cubed F1 (Amigó 2009) over rows with a cause; a row in no theme stands alone."""
    alone = np.diag((themes.sum(1) == 0).astype(float))
    kept = labels.sum(1) > 0
    labels, themes = labels[kept], np.hstack([themes, alone])[kept]
    same_theme, same_cause = themes @ themes.T, labels @ labels.T
    shared = np.minimum(same_theme, same_cause)
    precision = _mean_where(shared, same_theme)
    recall = _mean_where(shared, same_cause)
    return 2 * precision * recall / (precision + recall)


def scores(labels: np.ndarray, themes: np.ndarray) -> dict[str, float]:
    """All figures of one clustering of rows."""
    themes = largest(themes, labels.shape[1])
    f1 = matched_f1(labels, themes)
    return {
        "macro_f1": float(f1.mean()),
        "causes_at_0.5": float((f1 >= 0.5).mean()),
        "b_cubed": b_cubed(labels, themes),
        "in_no_theme": float((themes.sum(1) == 0).mean()),
        "themes": float(themes.shape[1]),
    }


def _mean_where(shared: np.ndarray, pairs: np.ndarray) -> float:
    ratio = np.divide(shared, pairs, out=np.zeros_like(shared), where=pairs > 0)
    return float((ratio.sum(1) / (pairs > 0).sum(1)).mean())
