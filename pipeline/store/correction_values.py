"""What a person may say that a field of a row should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.taxonomy import Taxonomy

FIELDS = ("intent", "type", "types", "subtype", "urgency", "cause")
PROVENANCES = ("page", "api", "queue")
MAX_CHARS = 200
MAX_NOTE_CHARS = 2_000


def check_value(field: str, value: Any, taxonomy: Taxonomy | None) -> Any:
    """Check what somebody says a field should be.

    Args:
        field: One of `FIELDS`.
        value: Text; for `types` a list of types, or `;`-joined text.
        taxonomy: Labels that may occur; None checks only the shape.

    Returns:
        The value as it is stored.

    Raises:
        ValueError: If it cannot be used.
    """
    if field not in FIELDS:
        raise ValueError(f"field must be one of {', '.join(FIELDS)}, got {field!r}")
    if field == "types":
        types = value.split(";") if isinstance(value, str) else list(value)
        if not types or len(set(types)) < len(types):
            raise ValueError("types must be different types, the main one first")
        return [check_value("type", each, taxonomy) for each in types]
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_CHARS:
        raise ValueError(f"{field} must be text of 1 to {MAX_CHARS} characters")
    known = getattr(taxonomy, f"{field}_names", None)  # there is no list of causes
    if known and value.strip() not in known:
        raise ValueError(f"unknown {field} {value!r}: use one of {', '.join(known)}")
    return value.strip()


def check_origin(who: str, note: str | None, provenance: str) -> None:
    """Check who says something, why and where.

    Args:
        who: A name.
        note: Why; None says nothing.
        provenance: One of `PROVENANCES`.

    Raises:
        ValueError: If one of them cannot be used.
    """
    if not who.strip() or len(who) > MAX_CHARS:
        raise ValueError(f"who must be a name of 1 to {MAX_CHARS} characters")
    if note and len(note) > MAX_NOTE_CHARS:
        raise ValueError(f"note must have at most {MAX_NOTE_CHARS} characters")
    if provenance not in PROVENANCES:
        raise ValueError(f"provenance must be one of {', '.join(PROVENANCES)}, got {provenance!r}")
