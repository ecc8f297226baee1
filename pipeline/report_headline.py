"""One paragraph made from the figures: what changed, and why it matters."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.report_facts import StoreFacts
from pipeline.report_figures import Figures
from pipeline.report_statistics import percent
from pipeline.report_story import store_sentences
from pipeline.report_themes import Theme
from pipeline.report_titles import Titles

_SENTENCES: dict[str, tuple[str, str]] = {
    "n_alone": (
        "{period}共收到反馈 {n} 条，没有上期数据可比。",
        "{period}: {n} pieces of feedback; there is no earlier period to compare with.",
    ),
    "n_same": (
        "{period}共收到反馈 {n} 条，与上期持平。",
        "{period}: {n} pieces of feedback, as many as in the period before.",
    ),
    "n_more": (
        "{period}共收到反馈 {n} 条，比上期多 {d} 条（{pct}）{chance}。",
        "{period}: {n} pieces of feedback, {d} more than before ({pct}){chance}.",
    ),
    "n_fewer": (
        "{period}共收到反馈 {n} 条，比上期少 {d} 条（{pct}）{chance}。",
        "{period}: {n} pieces of feedback, {d} fewer than before ({pct}){chance}.",
    ),
    "by_chance": ("，或为随机波动", ", perhaps by chance"),
    "complaints": (
        "其中问题反馈占 {share}（95% 区间 {low}–{high}）",
        "Complaints make up {share} (95% interval {low}–{high})",
    ),
    "complaints_up": ("，上期为 {before}，上升明显。", ", up clearly from {before}."),
    "complaints_down": ("，上期为 {before}，下降明显。", ", down clearly from {before}."),
    "complaints_like": (
        "，上期为 {before}，差别可能只是随机波动。",
        "; before it was {before}, a difference that chance can explain.",
    ),
    "type_up": (
        "增加最多的是{title}（{before} → {n} 条）{chance}。",
        "{title} grew most ({before} → {n}){chance}.",
    ),
    "type_most": (
        "最多的是{title}（{n} 条）。",
        "Most are about {title} ({n}).",
    ),
    "theme_up": (
        "上升最快的问题是“{name}”（{before} → {n} 条）{chance}{department}。",
        "The fastest growing theme is “{name}” ({before} → {n}){chance}{department}.",
    ),
    "theme_top": (
        "提及最多的问题是“{name}”（{n} 条）{department}。",
        "The most mentioned theme is “{name}” ({n}){department}.",
    ),
    "by_department": ("，由{name}负责", ", owned by {name}"),
    "urgent": (
        "紧急反馈 {n} 条{before}{reasons}；"
        "这类反馈涉及安全、资金、核心功能或投诉升级，应最先处理。",
        "{n} rows are urgent{before}{reasons}: safety, money, a core function or escalation is at "
        "stake, so they come first.",
    ),
    "urgent_before": ("（上期 {n} 条）", " (before: {n})"),
    "urgent_reasons": ("，最常见的原因是{list}", ", mostly because of {list}"),
    "urgent_none": ("没有紧急反馈。", "No row is urgent."),
    "due_unverified": (
        "有 {n} 条的答复期限在本期内已到（其中紧急 {urgent} 条），"
        "数据中看不出是否已答复，需要核对。",
        "For {n} rows ({urgent} urgent) the time to answer ran out; the data does not say whether "
        "they were answered.",
    ),
    "due_overdue": (
        "截至期末有 {n} 条超期未答复（其中紧急 {urgent} 条）。",
        "At the end of the period {n} rows ({urgent} urgent) were overdue and unanswered.",
    ),
    "each": ("各 {n}", "{n} each"),
    "busiest": ("待办最多的部门：{name}（{n} 条）。", "Most to answer: {name} ({n})."),
}


def headline(figures: Figures, titles: Titles, facts: StoreFacts | None = None) -> str:
    """Write the paragraph.

    Args:
        figures: The report's figures.
        titles: What people read for a value, and in which language.
        facts: What the store tells besides; None without one.

    Returns:
        Plain text; every number in it is one of the figures.
    """
    if figures.n == 0:
        return _empty(figures, titles)
    sentences = [
        _volume(figures, titles),
        _complaints(figures, titles),
        _type(figures, titles),
        *(_stored(facts, titles) or [_theme(figures, titles)]),
        _urgent(figures, titles),
        _due(figures, titles),
        _busiest(figures, titles),
    ]
    return (" " if titles.language == "en" else "").join(s for s in sentences if s)


def _stored(facts: StoreFacts | None, titles: Titles) -> list[str]:
    return store_sentences(facts, titles) if facts else []


def _say(key: str, titles: Titles, **values: object) -> str:
    written = {k: f"{v:,}" if isinstance(v, int) else v for k, v in values.items()}
    return _SENTENCES[key][titles.language == "en"].format(**written)


def _chance(is_changed: bool, titles: Titles) -> str:
    return "" if is_changed else _say("by_chance", titles)


def _empty(figures: Figures, titles: Titles) -> str:
    colon, gap = (": ", " ") if titles.language == "en" else ("：", "")
    start = f"{titles.period(figures.period)}{colon}{titles.word('empty')}"
    if not figures.first_at or not figures.last_at:
        return start
    first, last = figures.first_at[:10], figures.last_at[:10]
    return start + gap + titles.word("empty_span").format(first=first, last=last)


def _volume(figures: Figures, titles: Titles) -> str:
    name, n, before = titles.period(figures.period), figures.n, figures.n_before
    if before is None:
        return _say("n_alone", titles, period=name, n=n)
    key = "n_same" if n == before else "n_more" if n > before else "n_fewer"
    pct, chance = f"{(n - before) / before:+.0%}", _chance(figures.is_n_changed, titles)
    return _say(key, titles, period=name, n=n, d=abs(n - before), pct=pct, chance=chance)


def _complaints(figures: Figures, titles: Titles) -> str:
    now, before = figures.complaints.now, figures.complaints.before
    share, low, high = (percent(value) for value in (now.value, now.low, now.high))
    start = _say("complaints", titles, share=share, low=low, high=high)
    if before is None or before.value is None:
        return start + ("." if titles.language == "en" else "。")
    is_up = (now.value or 0) > before.value
    key = "complaints_up" if is_up else "complaints_down"
    if not figures.complaints.is_changed:
        key = "complaints_like"
    return start + _say(key, titles, before=percent(before.value))


def _type(figures: Figures, titles: Titles) -> str:
    most = max(figures.by_type, key=lambda count: (count.change or 0, count.n))
    if not most.change or most.change < 0:
        top = max(figures.by_type, key=lambda count: count.n)
        return _say("type_most", titles, title=top.title, n=top.n)
    chance = _chance(most.is_changed, titles)
    values = {"title": most.title, "n": most.n, "before": most.n_before}
    return _say("type_up", titles, chance=chance, **values)


def _theme(figures: Figures, titles: Titles) -> str:
    themes = figures.themes.themes if figures.themes else ()
    if not themes:
        return ""
    most = max(themes, key=_growth)
    if _growth(most) <= 0:
        top, owner = themes[0], _owner(themes[0], titles)
        return _say("theme_top", titles, name=top.name, n=top.n, department=owner)
    chance, owner = _chance(most.is_changed, titles), _owner(most, titles)
    values = {"name": most.name, "n": most.n, "before": most.n_before}
    return _say("theme_up", titles, chance=chance, department=owner, **values)


def _growth(theme: Theme) -> int:
    return 0 if theme.n_before is None else theme.n - theme.n_before


def _owner(theme: Theme, titles: Titles) -> str:
    return _say("by_department", titles, name=theme.department) if theme.department else ""


def _urgent(figures: Figures, titles: Titles) -> str:
    if figures.urgent.n == 0:
        return _say("urgent_none", titles)
    n_before = next((c.n_before for c in figures.by_urgency if c.name == "high"), None)
    before = "" if n_before is None else _say("urgent_before", titles, n=n_before)
    named = _and([f"“{reason}”" for reason in figures.reasons], titles)
    reasons = _say("urgent_reasons", titles, list=named) if named else ""
    return _say("urgent", titles, n=figures.urgent.n, before=before, reasons=reasons)


def _due(figures: Figures, titles: Titles) -> str:
    if figures.due.n == 0:
        return ""
    key = "due_overdue" if figures.has_answers else "due_unverified"
    return _say(key, titles, n=figures.due.n, urgent=figures.due.n_urgent)


def _busiest(figures: Figures, titles: Titles) -> str:
    if not figures.departments:
        return ""
    most = figures.departments[0].n
    names = [load.name for load in figures.departments if load.n == most]
    n = f"{most:,}" if len(names) == 1 else _say("each", titles, n=most)
    return _say("busiest", titles, name=_and(names, titles), n=n)


def _and(names: Sequence[str], titles: Titles) -> str:
    return (", " if titles.language == "en" else "、").join(names)
