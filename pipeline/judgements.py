"""What a person said of one row, and what holds when several people said something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.errors import DataError
from pipeline.data_contract import quoted

_SEPARATOR = "|"
NO_CAUSE = "未说明原因"


@dataclass(frozen=True, slots=True)
class Labels:
    """The codebook's labels of one row.

    Attributes:
        intent: One intent.
        types: All types that apply, the main one first.
        subtype: One of the main type's.
        urgency: high, medium or low.
        cause: For complaints; not compared between people, who word it differently.
    """

    intent: str
    types: tuple[str, ...]
    subtype: str
    urgency: str
    cause: str = ""

    def __str__(self) -> str:
        """Write the labels in one cell, such as `complaint|quality;service|failure|medium`."""
        return _SEPARATOR.join((self.intent, ";".join(self.types), self.subtype, self.urgency))

    @property
    def key(self) -> tuple[str, str, frozenset[str], str, str]:
        """What must be equal for two people to agree; the order of further types is no matter."""
        return self.intent, self.types[0], frozenset(self.types), self.subtype, self.urgency


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one person said of one row.

    Attributes:
        feedback_id: The row.
        text: Its text, masked.
        channel: Where it came from; may be empty.
        new: The labels the person gave.
        old: The labels the model gave, as text.
        model_version: Which model.
        who: The person.
        made_at: When, ISO 8601 with offset.
        note: What else they said.
    """

    feedback_id: str
    text: str
    channel: str
    new: Labels
    old: str
    model_version: str
    who: str
    made_at: str
    note: str = ""


def latest_by_person(judgements: Iterable[Judgement]) -> list[Judgement]:
    """Keep what each person said last.

    Args:
        judgements: Of one row, in the order they came in.

    Returns:
        One a person.
    """
    return list({j.who: j for j in judgements}.values())


def settle(judgements: Sequence[Judgement]) -> Labels | None:
    """Find the labels that hold.

    Args:
        judgements: Of one row, at least one.

    Returns:
        What all said, or most of three or more; None when two differ.
    """
    last = latest_by_person(judgements)
    counts = Counter(j.new.key for j in last)
    key, n_votes = counts.most_common(1)[0]
    if len(counts) > 1 and (len(last) < 3 or 2 * n_votes <= len(last)):
        return None
    agreeing = [j.new for j in last if j.new.key == key]
    return next((n for n in reversed(agreeing) if n.cause not in ("", NO_CAUSE)), agreeing[-1])


def read_labels(cell: str) -> Labels:
    """Read what `str(labels)` wrote.

    Args:
        cell: Such as `complaint|quality;service|failure|medium`.

    Returns:
        The labels, without cause.

    Raises:
        DataError: If it is something else.
    """
    parts = cell.split(_SEPARATOR)
    if len(parts) != 4 or not all(parts):
        raise DataError(f"{quoted(cell)}: expected intent|types|subtype|urgency")
    intent, types, subtype, urgency = parts
    return Labels(intent, tuple(types.split(";")), subtype, urgency)
