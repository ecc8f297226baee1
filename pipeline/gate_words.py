"""What the gate says, with its figures."""

from __future__ import annotations

from pipeline.compare_bootstrap import Difference
from pipeline.contradictions import Contradiction, Kind

_KIND_TITLES: dict[Kind, str] = {"new": "新增的行", "changed": "改过标签的行"}
_N_GIVEN, _LEAST_SHOWN = 3, 0.0001


def fell(d: Difference, tolerance: float) -> str:
    """Say how far a figure fell.

    Args:
        d: The figure.
        tolerance: What it may lose.

    Returns:
        From where to where, and how surely.
    """
    return f"从 {d.before:.3f} 降到 {d.after:.3f}{proof(d, tolerance)}"


def proof(d: Difference, tolerance: float) -> str:
    """Say how sure a change is.

    Args:
        d: The figure.
        tolerance: What it may lose.

    Returns:
        In brackets.
    """
    return (
        f"(差 {d.change:+.3f},95% 区间 {d.low:+.3f} 到 {d.high:+.3f},确实变差的把握 "
        f"{d.chance_worse:.0%},{d.rows} 条;允许 {tolerance:.3f})"
    )


def contradicted(c: Contradiction, tolerance: float) -> str:
    """Say which class's rows carry other labels.

    Args:
        c: The evidence.
        tolerance: Wrong labels that the class may have.

    Returns:
        The class, the figures, a few rows, and what to do.
    """
    label = c.subject.partition(".")[0]
    instead = "、".join(f"{label}.{name} {n} 条" for name, n in c.given[:_N_GIVEN])
    return (
        f"训练标签:{_KIND_TITLES[c.kind]}里 {c.rows} 条明显像 {c.subject} 一类,"
        f"{c.wrong} 条却标成了别的({instead});没动过的行里只有 {c.usual:.1%} 这样,"
        f"碰巧如此的可能{_chance(c.chance)}。多出来的占这一类的 {c.share:.1%}"
        f"(允许 {tolerance:.1%})。例如编号 {'、'.join(c.ids)}:读原文,标错的改掉"
    )


def _chance(value: float) -> str:
    return f" {value:.2%}" if value >= _LEAST_SHOWN else f"不到 {_LEAST_SHOWN:.2%}"
