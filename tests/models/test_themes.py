"""What a report of themes promises, whatever encoder stands behind it."""

import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.encoders import unit_rows
from models.theme_clusters import cluster
from models.theme_guidance import Guidance
from models.theme_quotes import diverse
from models.theme_report import ThemeReport
from models.themes import fit_themes, root_cause_kind

SPILT = ["汤洒了", "汤都洒了一半", "粥洒了", "汤洒得到处都是", "粥洒了半碗", "汤全洒在袋子里"]
LATE = [
    "送餐慢",
    "送餐太慢了",
    "送餐慢了一个小时",
    "送餐慢得要命",
    "外卖送餐慢",
    "送餐慢到饭点过了",
]
SCREEN = ["屏幕有划痕", "屏幕裂了", "屏幕碎了", "屏幕坏了", "屏幕黑屏", "屏幕失灵"]
TEXTS = [*SPILT, *LATE, *SCREEN, "发票抬头开错"]


class BagEncoder:
    """Characters hashed to fixed random directions: like texts lie together, no model needed."""

    dim = 64

    def __init__(self) -> None:
        self.seen: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.seen += texts
        return unit_rows(np.stack([self._vector(text) for text in texts]))

    def _vector(self, text: str) -> np.ndarray:
        seeds = [zlib.crc32(char.encode()) for char in text]
        return np.sum([np.random.default_rng(s).normal(size=self.dim) for s in seeds], axis=0)


def table(texts: Sequence[str], **columns: object) -> pd.DataFrame:
    ids = [f"CF{i:04d}" for i in range(len(texts))]
    return pd.DataFrame({"feedback_id": ids, "text": list(texts), "intent": "complaint", **columns})


def same(a: ThemeReport, b: ThemeReport) -> bool:
    return a.themes == b.themes and a.mentions.equals(b.mentions) and a.rare.equals(b.rare)


def test_each_failing_becomes_a_theme() -> None:
    """The plain case: three failings, three themes."""
    report = fit_themes(table(TEXTS), BagEncoder())
    ids = report.mentions.groupby("theme_id")["feedback_id"].agg(set).tolist()
    assert {f"CF{i:04d}" for i in range(6, 12)} in ids
    assert len(report.themes) == 3


def test_noise_is_listed_not_forced() -> None:
    """A single odd complaint is shown as rare; squeezing it into a theme would be a lie."""
    report = fit_themes(table(TEXTS), BagEncoder())
    assert "发票抬头开错" in report.rare["text"].tolist()


def test_every_mention_is_in_a_theme_or_rare() -> None:
    """Nothing is lost between the two tables."""
    report = fit_themes(table(TEXTS), BagEncoder())
    assert len(report.mentions) + len(report.rare) == len(TEXTS)


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(len(TEXTS))))
def test_row_order_changes_nothing(order: list[int]) -> None:
    """A database returns rows in any order; the week's report must not depend on it."""
    rows = table(TEXTS)
    assert same(fit_themes(rows, BagEncoder()), fit_themes(rows.iloc[order], BagEncoder()))


def test_rows_are_not_changed() -> None:
    """The caller's table stays the caller's."""
    rows = table(TEXTS)
    before = rows.copy()
    fit_themes(rows, BagEncoder())
    pd.testing.assert_frame_equal(rows, before)


def test_no_complaint_gives_an_empty_report() -> None:
    """A quiet week is no error."""
    report = fit_themes(table(["很好"]).assign(intent="praise"), BagEncoder())
    assert (report.themes, len(report.mentions), report.n_complaints) == ((), 0, 0)


def test_one_complaint_is_rare() -> None:
    """One voice is not yet a theme."""
    report = fit_themes(table(["汤洒了"]), BagEncoder())
    assert (report.themes, report.rare["text"].tolist()) == ((), ["汤洒了"])


def test_copies_are_embedded_once_and_make_one_theme() -> None:
    """50,000 copies of one text: one vector, one theme that counts every row."""
    encoder = BagEncoder()
    report = fit_themes(table(["汤洒了"] * 50_000), encoder)
    assert encoder.seen == ["汤洒了"]
    assert [theme.size for theme in report.themes] == [50_000]


def test_all_rows_in_one_theme() -> None:
    """HDBSCAN finds no contrast in one lump; the report must still name it."""
    report = fit_themes(table([f"汤洒了{word}" for word in "甲乙丙丁戊己庚辛壬癸"]), BagEncoder())
    assert [theme.size for theme in report.themes] == [10]


def test_quotes_are_clauses_of_their_rows() -> None:
    """A reader clicks on a quote and sees it in the row."""
    rows = table(TEXTS).set_index("feedback_id")["text"]
    quotes = [q for theme in fit_themes(table(TEXTS), BagEncoder()).themes for q in theme.quotes]
    assert all(rows[q.feedback_id][q.start : q.end] == q.text for q in quotes)


def test_quotes_come_from_different_rows() -> None:
    """Five quotes of one angry customer are one quote."""
    for theme in fit_themes(table(TEXTS), BagEncoder()).themes:
        ids = [quote.feedback_id for quote in theme.quotes]
        assert len(ids) == len(set(ids)) == 5


def test_ids_run_from_the_largest_theme() -> None:
    """The first line of a report is the biggest trouble."""
    themes = fit_themes(table([*TEXTS, *LATE]), BagEncoder()).themes
    assert [theme.id for theme in themes] == ["T0001", "T0002", "T0003"]
    assert [theme.size for theme in themes] == sorted((t.size for t in themes), reverse=True)


def test_department_is_the_majority_of_rows() -> None:
    """A theme goes to one team, the one that most of its rows are routed to."""
    departments = ["物流部", "物流部", "客服部", "物流部", "物流部", "物流部"]
    (theme,) = fit_themes(table(LATE, department=departments), BagEncoder()).themes
    assert theme.department == "物流部"


@pytest.mark.parametrize(
    ("types", "subtypes", "kind"),
    [
        (["quality", "quality"], ["failure", "damage"], "产品缺陷"),
        (["quality"], ["delivery"], "流程漏洞"),
        (["service"], ["attitude"], "服务失误"),
        (["account", "service"], ["payment", "process"], "流程漏洞"),
        (["other"], ["none"], "产品缺陷"),
    ],
)
def test_root_cause_kind_follows_the_rows_types(
    types: list[str], subtypes: list[str], kind: str
) -> None:
    """The kind says who must think: product, process or people."""
    assert root_cause_kind(types, subtypes) == kind


def test_missing_columns_are_named() -> None:
    """The error says what to add."""
    with pytest.raises(ValueError, match="feedback_id"):
        fit_themes(pd.DataFrame({"text": ["汤洒了"]}), BagEncoder())


def test_repeated_ids_are_refused() -> None:
    """A row counted twice would double a theme."""
    with pytest.raises(ValueError, match="unique"):
        fit_themes(table(["汤洒了"] * 2).assign(feedback_id="a"), BagEncoder())


def test_quotes_are_not_near_copies() -> None:
    """MMR passes over the second of two equal rows."""
    vectors = unit_rows(np.array([[1, 0.1], [1, 0.1], [1, -0.9]]))
    assert diverse(vectors, np.array([1.0, 0.0]), 2, diversity=0.6) == [0, 2]


def test_coarser_granularity_never_gives_more_themes() -> None:
    """The one setting does what its name says."""
    rng = np.random.default_rng(0)
    vectors = unit_rows(
        np.repeat(rng.normal(size=(12, 8)), 8, axis=0) + 0.1 * rng.normal(size=(96, 8))
    )
    weights, seeds = np.ones(96), np.ones(96, dtype=bool)
    counts = [
        len(set(cluster(vectors, weights, seeds, 4, g, 0.3).themes) - {-1})
        for g in (0.1, 0.4, 0.7, 1.0)
    ]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_vectors_that_are_no_seeds_only_join() -> None:
    """Background clauses may belong to a theme but make none."""
    vectors = unit_rows(np.repeat(np.eye(3), 6, axis=0) + 0.01 * np.arange(18)[:, None])
    seeds = np.arange(18) < 12
    found = cluster(vectors, np.ones(18), seeds, 4, 0.5, 0.9)
    assert set(found.themes[12:]) == {-1}


def guided_rows(texts: Sequence[str], guidance: Guidance) -> dict[str, set[str]]:
    """Rows of each confirmed theme that the report holds."""
    report = fit_themes(table(texts), BagEncoder(), guidance=guidance)
    guides = {theme.id: theme.guide for theme in report.themes if theme.guide}
    rows = report.mentions.groupby("theme_id")["feedback_id"].agg(set)
    return {guide: rows[id_] for id_, guide in guides.items()}


def test_confirmed_mentions_are_in_the_theme_that_bears_their_name() -> None:
    """What people confirmed is found again, below the least size too, and nothing foreign."""
    guidance = Guidance({"发票": ["发票抬头开错"], "洒漏": ["汤洒了", "粥洒了"]})
    found = guided_rows(TEXTS, guidance)
    assert found["发票"] == {f"CF{len(TEXTS) - 1:04d}"}
    assert {"CF0000", "CF0002"} <= found["洒漏"] <= {f"CF{i:04d}" for i in range(6)}


def test_a_confirmed_theme_nobody_mentions_is_not_reported() -> None:
    """A theme of last week must not live on by taking in other people's mentions."""
    guidance = Guidance({"验证码": ["验证码收不到"], "座椅": ["座椅异响", "座位有响声"]})
    assert guided_rows(TEXTS, guidance) == {}


def test_a_silent_confirmed_theme_changes_nothing_for_the_others() -> None:
    """The rest is grouped as if nothing had been confirmed."""
    guidance = Guidance({"验证码": ["验证码收不到", "收不到验证码", "没有验证码"]})
    guided = fit_themes(table(TEXTS), BagEncoder(), guidance=guidance)
    cold = fit_themes(table(TEXTS), BagEncoder())
    assert [theme.size for theme in guided.themes] == [theme.size for theme in cold.themes]


def test_five_confirmed_examples_find_their_theme() -> None:
    """Other wordings join; other failings do not."""
    found = guided_rows([*TEXTS, *LATE], Guidance({"屏幕": SCREEN[:5]}))
    assert found["屏幕"] == {f"CF{i:04d}" for i in range(12, 18)}


def test_of_a_confirmed_row_the_mention_that_the_others_repeat_is_meant() -> None:
    """A row with two failings, confirmed for one, does not drag the other in."""
    rows = ["汤洒了，送餐慢", "粥洒了，屏幕裂了", "汤都洒了一半"]
    found = guided_rows([*TEXTS, *rows], Guidance({"洒漏": rows}))
    assert found["洒漏"].isdisjoint(f"CF{i:04d}" for i in range(6, 18))


def test_mentions_kept_apart_are_two_themes() -> None:
    """A split by hand survives the next refit."""
    guidance = Guidance(apart=[("汤洒了", "粥洒了")])
    report = fit_themes(table(TEXTS), BagEncoder(), guidance=guidance)
    by_row = report.mentions.set_index("feedback_id")["theme_id"]
    assert by_row["CF0000"] != by_row["CF0002"]


def test_confirmed_groups_do_not_change_with_the_order_of_rows() -> None:
    """Guided runs are as reproducible as cold ones."""
    guidance = Guidance({"洒漏": ["汤洒了"]})
    rows = table(TEXTS)
    one = fit_themes(rows, BagEncoder(), guidance=guidance)
    assert same(one, fit_themes(rows.iloc[::-1], BagEncoder(), guidance=guidance))


def test_known_causes_hold_together_whatever_their_vectors() -> None:
    """Mentions that surely state one known cause are one core, HDBSCAN or not."""
    vectors = unit_rows(np.random.default_rng(0).normal(size=(12, 30)))
    known = np.repeat([0, 1], 6)
    none = np.zeros(12, dtype=bool)
    found = cluster(vectors, np.ones(12), none, 4, 1.0, 0.1, known)
    assert len(set(found.cores[:6])) == len(set(found.cores[6:])) == 1


@pytest.mark.slow
def test_large_sets_are_sampled_and_still_complete() -> None:
    """HDBSCAN sees the frequent phrases first; what is rare is found in a later round."""
    rng = np.random.default_rng(0)
    centres = unit_rows(rng.normal(size=(40, 30)))
    where = np.r_[np.repeat(np.arange(39), 150), np.repeat(39, 20)]
    vectors = unit_rows(centres[where] + 0.05 * rng.normal(size=(len(where), 30)))
    weights = np.where(where == 39, 1.0, 2.0)
    found = cluster(vectors, weights, np.ones(len(where), dtype=bool), 10, 0.7, 0.5)
    assert len(set(found.themes[where == 39])) == 1
    assert found.themes[where == 39][0] not in found.themes[where != 39]
