"""Models: how good the one in service is, whether the input drifts, what waits for review."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from serve.review.labels import percent, segment_value
from serve.review.models_reading import Drift, ModelFigures, list_registered, read_models
from serve.review.tags import link, table, tag
from serve.review.view import View, place
from serve.review.week_page import draw_empty
from serve.review.words import Words

if TYPE_CHECKING:
    from pipeline.store.engine import Store

_ROLES = ("champion", "challenger")
# What a meeting asks about; the others are one click away.
MAIN_FIGURES = (
    *("type_macro_f1", "urgency_quadratic_kappa", "high_recall", "high_precision"),
    *("intent_macro_f1", "subtype_macro_f1", "types_micro_f1", "urgency_macro_f1"),
    *("type_accuracy", "type_ece"),
)
_SOME, _MUCH = 0.1, 0.2


class ModelsPage:
    """The page of models."""

    nav = "models"

    def load(self, store: Store) -> ModelFigures | None:
        """Read what the store knows."""
        return read_models(store)

    def draw(self, view: View, figures: ModelFigures | None) -> None:
        """Draw the page; the registry takes seconds to open and comes after."""
        t = view.t
        if figures is None:
            draw_empty(t)
            return
        tag("h1", t("models.title"))
        with tag("div", classes="grid"):
            with tag("section", classes="card half"):
                _draw_versions(t, figures)
            with tag("section", classes="card half"):
                _draw_queue(t, figures)
            with tag("section", classes="card"):
                tag("h2", t("models.figures"))
                box = tag("div", role="status")
                with box:
                    tag("p", t("models.loading"), "soft")
                _draw_mlflow(view)
            with tag("section", classes="card"):
                _draw_drifts(t, figures.drifts)
        view.later(box, list_registered, partial(_draw_registered, t))


def _draw_versions(t: Words, figures: ModelFigures) -> None:
    tag("h2", t("models.served"))
    head = ((t("models.version"), ""), (t("models.rows"), "n"))
    with table(head, t("models.served")):
        for name, n in figures.versions:
            with tag("tr"):
                tag("th", name, "words", scope="row")
                tag("td", f"{n:,}", "n")


def _draw_queue(t: Words, figures: ModelFigures) -> None:
    tag("h2", t("models.queue"))
    with tag("ul", classes="plain stack"):
        for state in ("waiting", "conflict", "settled"):
            with tag("li", classes="row"):
                tag("strong", f"{figures.queue.get(state, 0):,}")
                tag("span", t(f"models.queue_{state}"))
    link(t("models.queue_open"), place("inbox", tab="review"), "button", style="margin-top:10px")


def _draw_mlflow(view: View) -> None:
    if view.desk.mlflow_url.startswith(("http://", "https://")):
        link(
            t := view.t("models.mlflow"), view.desk.mlflow_url, "button", rel="noreferrer", title=t
        )
    else:
        tag("p", view.t("models.no_mlflow"), "hint")


def _draw_registered(t: Words, found: list[dict[str, Any]]) -> None:
    by_role = {
        role: next((one for one in found if role in one.get("aliases", ())), None)
        for role in _ROLES
    }
    if by_role["champion"] is None:
        tag("p", t("models.no_figures"))
        tag("pre", t("models.no_figures.steps"))
        return
    names = {name for one in by_role.values() if one for name in one["metrics"]}
    _draw_figures(t, by_role, [name for name in MAIN_FIGURES if name in names])
    rest = sorted(names.difference(MAIN_FIGURES))
    if rest:
        with tag("details", style="margin:8px 0"):
            tag("summary", t("models.all_figures", n=len(names)), "button")
            _draw_figures(t, by_role, rest)
    if by_role["challenger"] is None:
        tag("p", t("models.none"))
        tag("pre", t("models.none.steps"))


def _draw_figures(t: Words, by_role: dict[str, Any], names: list[str]) -> None:
    roles = ((_head(t, role, by_role[role]), "n") for role in _ROLES)
    with table(((t("models.metric"), ""), *roles), t("models.figures")):
        for name in names:
            with tag("tr"):
                tag("th", t.of("metric", name), "words", scope="row")
                for role in _ROLES:
                    one = by_role[role]
                    value = one["metrics"].get(name) if one else None
                    tag("td", "–" if value is None else f"{value:.3f}", "n")


def _head(t: Words, role: str, one: dict[str, Any] | None) -> str:
    return t(f"models.{role}") + (f" v{one['version']}" if one else "")


def _draw_drifts(t: Words, drifts: list[Drift]) -> None:
    tag("h2", t("models.drift"))
    if not drifts:
        tag("p", t("models.drift_none"), "soft")
        return
    tag("p", t("models.drift_share"), "hint")
    with tag("div", classes="grid"):
        for drift in drifts:
            with tag("div", classes="third"):
                _draw_drift(t, drift)


def _draw_drift(t: Words, drift: Drift) -> None:
    name = t("field.type") if drift.dimension == "type" else t(f"row.{drift.dimension}")
    tag("h3", name)
    size = "high" if drift.psi > _MUCH else "mid" if drift.psi > _SOME else "low"
    words = t("models.drift_psi", psi=f"{drift.psi:.3f}", verdict=t(f"models.psi_{size}"))
    tag("p", words, "small bad" if size == "high" else "small")
    head = (
        (t("models.drift_value"), ""),
        (t("models.drift_before"), "n"),
        (t("models.drift_now"), "n"),
    )
    with table(head, name):
        for value, before, now in drift.moves:
            with tag("tr"):
                tag("th", segment_value(t, drift.dimension, value) or "–", "words", scope="row")
                tag("td", percent(before, 1), "n")
                tag("td", percent(now, 1), "n")
