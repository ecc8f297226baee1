"""Sentences from the store's figures: what got worse, where, whose it is, and what helped."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.report_facts import REPEAT_TARGET, ActionEffect, Mover, StoreFacts
from pipeline.report_segments import Cluster, LowMarks
from pipeline.report_statistics import percent
from pipeline.report_titles import Titles
from pipeline.theme_effect import Verdict
from pipeline.theme_life import STATUS_TITLES, Status

_MAX_NAMED = 3
_SENTENCES: dict[str, tuple[str, str]] = {
    "regressed": ("已解决的问题又出现：{list}。", "Back after having been resolved: {list}."),
    "growing": ("明显上升：{list}。", "Growing by more than chance: {list}."),
    "new": ("新出现：{list}。", "New: {list}."),
    "mover": ("“{name}”{counts}{where}{who}", "“{name}” {counts}{where}{who}"),
    "counts": ("{n} 条（上周 {before} 条）", "{n} rows ({before} the week before)"),
    "counts_alone": ("{n} 条", "{n} rows"),
    "where": ("，集中在{place}（{lift} × {others}）", ", mostly in {place} ({lift} × {others})"),
    "who": ("，归{department}", ", {department}"),
    "owner": ("，负责人{owner}", ", {owner}"),
    "nobody": ("，尚无负责人", ", nobody owns it"),
    "works": ("措施见效：{list}。", "Actions that work: {list}."),
    "does_not": ("措施没有见效：{list}。", "Actions that do not work: {list}."),
    "effect": ("“{name}”占比 {before} → {after}", "“{name}” {before} → {after} of complaints"),
    "repeat_over": (
        "重复投诉率 {share}，高于 {target} 的目标。",
        "{share} of complaints are repeated, above the target of {target}.",
    ),
    "repeat_kept": (
        "重复投诉率 {share}，未超过 {target} 的目标。",
        "{share} of complaints are repeated, within the target of {target}.",
    ),
    "promise": ("{name} {share}（{n} 条到期）。", "{name}: {share} of {n} due."),
}


def store_sentences(facts: StoreFacts, titles: Titles) -> list[str]:
    """Write what the rows alone do not tell.

    Args:
        facts: From the store.
        titles: What people read for a value, and in which language.

    Returns:
        Sentences for the headline; every number in them is one of the figures.
    """
    found = [movers_sentence(facts.movers, status, titles) for status in ("regressed", "growing")]
    found.append(effects_sentence(facts.actions, titles))
    found.append(repeat_sentence(facts, titles))
    found.append(promises_sentence(facts, titles))
    return [sentence for sentence in found if sentence]


def movers_sentence(movers: Sequence[Mover], status: str, titles: Titles) -> str:
    """Name the themes that got worse in one way.

    Args:
        movers: All themes that got worse.
        status: regressed, growing or new.
        titles: In which language.

    Returns:
        A sentence; empty without any.
    """
    named = [_mover(m, titles) for m in movers if m.status == status][:_MAX_NAMED]
    return _say(titles, status, list=_join(named, titles)) if named else ""


def effects_sentence(actions: Sequence[ActionEffect], titles: Titles) -> str:
    """Say which actions helped and which did not.

    Args:
        actions: Actions with a before and an after.
        titles: In which language.

    Returns:
        One or two sentences; empty without a verdict.
    """
    sentences = []
    # What came back is told as such; to praise its action in the same breath would puzzle.
    standing = [a for a in actions if a.status_title != STATUS_TITLES[Status.REGRESSED]]
    for key, verdict in (("works", Verdict.WORKS), ("does_not", Verdict.DOES_NOT)):
        named = [_effect(a, titles) for a in standing if a.effect.verdict == verdict][:_MAX_NAMED]
        if named:
            sentences.append(_say(titles, key, list=_join(named, titles)))
    return (" " if titles.language == "en" else "").join(sentences)


def repeat_sentence(facts: StoreFacts, titles: Titles) -> str:
    """Hold the share of repeated complaints against its target.

    Args:
        facts: From the store.
        titles: In which language.

    Returns:
        A sentence; empty when no customer is known.
    """
    share = facts.repeat.value
    if share is None:
        return ""
    key = "repeat_over" if share > REPEAT_TARGET else "repeat_kept"
    return _say(titles, key, share=f"{share:.1%}", target=f"{REPEAT_TARGET:.0%}")


def promises_sentence(facts: StoreFacts, titles: Titles) -> str:
    """Say how many promised times were kept.

    Args:
        facts: From the store.
        titles: In which language.

    Returns:
        A sentence for each; empty where nobody noted answers.
    """
    named = [
        _say(
            titles,
            "promise",
            name=titles.word(promise.name),
            share=percent(promise.in_time.value),
            n=f"{promise.in_time.n:,}",
        )
        for promise in facts.promises
        if promise.is_known and promise.in_time.n
    ]
    return (" " if titles.language == "en" else "").join(named)


def place_of(part: Cluster | LowMarks, titles: Titles) -> str:
    """Name a place.

    Args:
        part: A theme or low marks in one place.
        titles: In which language.

    Returns:
        Such as 华东 or 微信.
    """
    return titles.of(part.dimension, part.value)


def others_of(part: Cluster | LowMarks, titles: Titles) -> str:
    """Name what a place is compared with.

    Args:
        part: A theme or low marks in one place.
        titles: In which language.

    Returns:
        Such as 其他地区.
    """
    return titles.word(f"else_{part.dimension}")


def cluster_line(cluster: Cluster, titles: Titles) -> str:
    """Write a theme in a place.

    Args:
        cluster: It.
        titles: In which language.

    Returns:
        Such as `华东 物流慢：3.1 × 其他地区（12 条，95% 区间 1.8–5.2）`.
    """
    return titles.word("cluster_line").format(
        place=place_of(cluster, titles),
        theme=cluster.theme,
        others=others_of(cluster, titles),
        n=f"{cluster.n:,}",
        **_ratios(cluster),
    )


def low_line(marks: LowMarks, titles: Titles) -> str:
    """Write low marks in a place.

    Args:
        marks: They.
        titles: In which language.

    Returns:
        One line.
    """
    return titles.word("low_line").format(
        place=place_of(marks, titles),
        score=marks.score.upper(),
        others=others_of(marks, titles),
        n=f"{marks.n:,}",
        total=f"{marks.total:,}",
        **_ratios(marks),
    )


def _ratios(part: Cluster | LowMarks) -> dict[str, str]:
    return {"lift": f"{part.lift:.1f}", "low": f"{part.low:.1f}", "high": f"{part.high:.1f}"}


def _mover(mover: Mover, titles: Titles) -> str:
    key = "counts_alone" if mover.n_before is None else "counts"
    counts = _say(titles, key, n=mover.n, before=mover.n_before)
    where = who = ""
    if mover.where is not None:
        place, others = place_of(mover.where, titles), others_of(mover.where, titles)
        where = _say(titles, "where", place=place, lift=f"{mover.where.lift:.1f}", others=others)
    if mover.department:
        who = _say(titles, "who", department=mover.department)
    who += _say(titles, "owner", owner=mover.owner) if mover.owner else _say(titles, "nobody")
    return _say(titles, "mover", name=mover.name, counts=counts, where=where, who=who)


def _effect(action: ActionEffect, titles: Titles) -> str:
    before, after = action.effect.before.value, action.effect.after.value
    shares = {"before": _share(before), "after": _share(after)}
    return _say(titles, "effect", name=action.name, **shares)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _join(parts: Sequence[str], titles: Titles) -> str:
    return ("; " if titles.language == "en" else "；").join(parts)


def _say(titles: Titles, key: str, **values: object) -> str:
    return _SENTENCES[key][titles.language == "en"].format(**values)
