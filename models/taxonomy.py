"""The codebook as data: labels, their names, who acts on them and by when."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.errors import DataError
from models.yaml_file import first_problem, read_yaml

Level = Literal["intent", "type", "subtype", "urgency", "severity"]
Language = Literal["zh", "en"]

Name = Annotated[str, Field(min_length=1, pattern=r"^[^\s;,]+$")]
Title = Annotated[str, Field(min_length=1)]


_Found = TypeVar("_Found")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(_Strict):
    """One value of one label level, with the names people read."""

    name: Name
    zh: Title
    en: Title


class Subtype(Label):
    """A label below a type; without a department it goes to the type's."""

    department: Title | None = None


class FeedbackType(Label):
    """What feedback is about, and who acts on it unless its subtype says otherwise."""

    department: Title
    subtypes: Annotated[tuple[Subtype, ...], Field(min_length=1)]


class ServiceLevels(_Strict):
    """How soon a row must be acknowledged, answered and solved.

    Attributes:
        acknowledge_hours: Clock hours to the first sign of life.
        respond_working_days: Urgency to working days.
        resolve_hours: Severity to clock hours.
    """

    acknowledge_hours: Annotated[float, Field(gt=0, le=10_000)]
    respond_working_days: dict[str, Annotated[int, Field(ge=1, le=250)]]
    resolve_hours: dict[str, Annotated[float, Field(gt=0, le=10_000)]]


class Taxonomy(_Strict):
    """All labels in their fixed order, with routing and service levels."""

    version: Annotated[int, Field(ge=1)]
    intents: Annotated[tuple[Label, ...], Field(min_length=1)]
    types: Annotated[tuple[FeedbackType, ...], Field(min_length=1)]
    urgencies: Annotated[tuple[Label, ...], Field(min_length=1)]
    severities: Annotated[tuple[Label, ...], Field(min_length=1)]
    service_levels: ServiceLevels

    @classmethod
    def load(cls, path: str | Path) -> Taxonomy:
        """Read and check a taxonomy file.

        Args:
            path: A YAML file such as `data/taxonomy.yaml`.

        Returns:
            The checked taxonomy.

        Raises:
            DataError: If the file is missing, is not YAML, or breaks a rule; names the key.
        """
        try:
            return cls.model_validate(read_yaml(path))
        except ValidationError as error:
            raise DataError(f"{path}: {first_problem(error)}") from error

    @cached_property
    def intent_names(self) -> tuple[str, ...]:
        """Intents in file order."""
        return tuple(label.name for label in self.intents)

    @cached_property
    def type_names(self) -> tuple[str, ...]:
        """Types in file order."""
        return tuple(label.name for label in self.types)

    @cached_property
    def subtype_names(self) -> tuple[str, ...]:
        """All subtypes, in the order of their types."""
        return tuple(label.name for type_ in self.types for label in type_.subtypes)

    @cached_property
    def urgency_names(self) -> tuple[str, ...]:
        """Urgencies, the most urgent first."""
        return tuple(label.name for label in self.urgencies)

    @cached_property
    def severity_names(self) -> tuple[str, ...]:
        """Severities, the mildest first."""
        return tuple(label.name for label in self.severities)

    @cached_property
    def departments(self) -> tuple[str, ...]:
        """Every department that any label is routed to, in order of first use."""
        return tuple(dict.fromkeys(self._routes.values()))

    def type_of(self, subtype: str) -> str:
        """Name the type that a subtype belongs to.

        Args:
            subtype: A subtype's name; names are unique over all types.

        Returns:
            The type's name.

        Raises:
            ValueError: If the subtype is unknown.
        """
        return _look_up(self._type_by_subtype, subtype, "subtype")

    def subtypes_of(self, type: str) -> tuple[str, ...]:
        """List a type's subtypes in file order.

        Args:
            type: A type's name.

        Returns:
            The names of its subtypes.

        Raises:
            ValueError: If the type is unknown.
        """
        return _look_up(self._subtypes_by_type, type, "type")

    def department(self, type: str, subtype: str | None = None) -> str:
        """Say who acts on feedback of this type and subtype.

        Args:
            type: A type's name.
            subtype: One of its subtypes; None routes by the type alone.

        Returns:
            The department's name.

        Raises:
            ValueError: If the type is unknown or the subtype is not one of its own.
        """
        _look_up(self._subtypes_by_type, type, "type")
        try:
            return self._routes[type, subtype]
        except KeyError:
            known = ", ".join(self.subtypes_of(type))
            raise ValueError(f"{subtype!r} is no subtype of {type!r}: use one of {known}") from None

    def title(self, level: Level, name: str, language: Language = "zh") -> str:
        """Give the name that people read for a label.

        Args:
            level: Which kind of label it is; `account` is a type and also a subtype.
            name: The label's value.
            language: Chinese or English.

        Returns:
            The readable name.

        Raises:
            ValueError: If the label is unknown at this level.
        """
        label = _look_up(self._labels[level], name, level)
        return label.zh if language == "zh" else label.en

    @cached_property
    def _type_by_subtype(self) -> dict[str, str]:
        return {sub.name: type_.name for type_ in self.types for sub in type_.subtypes}

    @cached_property
    def _subtypes_by_type(self) -> dict[str, tuple[str, ...]]:
        return {type_.name: tuple(sub.name for sub in type_.subtypes) for type_ in self.types}

    @cached_property
    def _routes(self) -> dict[tuple[str, str | None], str]:
        routes: dict[tuple[str, str | None], str] = {}
        for type_ in self.types:
            routes[type_.name, None] = type_.department
            for sub in type_.subtypes:
                routes[type_.name, sub.name] = sub.department or type_.department
        return routes

    @cached_property
    def _labels(self) -> dict[Level, dict[str, Label]]:
        subtypes = [sub for type_ in self.types for sub in type_.subtypes]
        return {
            "intent": {label.name: label for label in self.intents},
            "type": {label.name: label for label in self.types},
            "subtype": {label.name: label for label in subtypes},
            "urgency": {label.name: label for label in self.urgencies},
            "severity": {label.name: label for label in self.severities},
        }

    @model_validator(mode="after")
    def _check_names(self) -> Taxonomy:
        _refuse_twice("intents", self.intent_names)
        _refuse_twice("types", self.type_names)
        _refuse_twice("types.subtypes", self.subtype_names)
        _refuse_twice("urgencies", self.urgency_names)
        _refuse_twice("severities", self.severity_names)
        levels = self.service_levels
        _want_keys("respond_working_days", levels.respond_working_days, self.urgency_names)
        _want_keys("resolve_hours", levels.resolve_hours, self.severity_names)
        return self


def _look_up(table: dict[str, _Found], name: str, level: str) -> _Found:
    try:
        return table[name]
    except KeyError:
        raise ValueError(f"unknown {level} {name!r}: use one of {', '.join(table)}") from None


def _refuse_twice(key: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{key}: the name {name!r} stands twice; rename one")
        seen.add(name)


def _want_keys(key: str, found: Iterable[str], wanted: Iterable[str]) -> None:
    missing, unknown = set(wanted) - set(found), set(found) - set(wanted)
    if missing:
        raise ValueError(f"service_levels.{key}: no value for {', '.join(sorted(missing))}")
    if unknown:
        raise ValueError(f"service_levels.{key}: unknown {', '.join(sorted(unknown))}")
