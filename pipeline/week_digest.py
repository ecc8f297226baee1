"""The five things to know of a week, for a chat or a mail: Chinese, made from figures."""

from __future__ import annotations

from models.artifact import DEFAULT_FOLDER
from models.taxonomy import Taxonomy
from pipeline.report import Report
from pipeline.report_facts import StoreFacts
from pipeline.report_figures import Figures
from pipeline.report_segments import GroupScore
from pipeline.report_statistics import percent
from pipeline.report_story import (
    effects_sentence,
    movers_sentence,
    promises_sentence,
    repeat_sentence,
)
from pipeline.report_titles import Titles

_STATES = ("regressed", "growing", "new")


def digest_title(report: Report) -> str:
    """Name the digest.

    Args:
        report: The week's report.

    Returns:
        One line.
    """
    return f"客户反馈周报 {_titles().period(report.figures.period)}"


def digest_lines(report: Report) -> tuple[str, ...]:
    """Write the digest.

    Args:
        report: The week's report, from a store.

    Returns:
        Five lines: volume, what got worse, what waits, what helped, what was promised.

    Raises:
        ValueError: If the report was not made from a store.
    """
    if report.facts is None:
        raise ValueError("expected a report made from a store")
    titles, facts = _titles(), report.facts
    lines = (
        _volume(report.figures),
        _worse(facts, titles),
        _waiting(report.figures),
        effects_sentence(facts.actions, titles) or "还没有看得出结果的措施。",
        _service(facts, titles),
    )
    return tuple(f"{i}. {line}" for i, line in enumerate(lines, start=1))


def _titles() -> Titles:
    return Titles(Taxonomy.load(DEFAULT_FOLDER / "taxonomy.yaml"))


def _volume(figures: Figures) -> str:
    n, before, share = figures.n, figures.n_before, figures.complaints
    change = "没有上周数据" if before is None else f"上周 {before:,} 条"
    line = f"反馈 {n:,} 条（{change}），其中问题反馈占 {percent(share.now.value)}"
    if share.before is None or share.before.value is None:
        return line + "。"
    chance = "变化明显" if share.is_changed else "在随机波动之内"
    return f"{line}（上周 {percent(share.before.value)}，{chance}）。"


def _worse(facts: StoreFacts, titles: Titles) -> str:
    if facts.week is None:
        return "还没有主题。"
    sentences = [movers_sentence(facts.movers, status, titles) for status in _STATES]
    return "".join(sentences) or "没有主题新出现、上升或复发。"


def _waiting(figures: Figures) -> str:
    line = f"紧急反馈 {figures.urgent.n:,} 条；"
    if figures.has_answers:
        line += f"超期未答复 {figures.due.n:,} 条（其中紧急 {figures.due.n_urgent:,} 条）"
    else:
        line += f"答复期限已到 {figures.due.n:,} 条，是否答复未登记"
    if figures.departments:
        most = figures.departments[0]
        line += f"；待办最多的是{most.name}（{most.n:,} 条）"
    return line + "。"


def _service(facts: StoreFacts, titles: Titles) -> str:
    parts = [repeat_sentence(facts, titles), promises_sentence(facts, titles), _lowest(facts)]
    return "".join(parts) or "没有满意度、答复和客户编号，服务指标无法计算。"


def _lowest(facts: StoreFacts) -> str:
    touchpoints = [group for group in facts.groups if group.dimension == "touchpoint"]
    if not touchpoints:
        return ""
    worst: GroupScore = touchpoints[0]
    return f"满意率最低的触点是{worst.value}（{percent(worst.satisfied.value)}）。"
