"""Read one stage's section of `params.yaml`, so that a misspelt key fails by name."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from models.errors import DataError
from models.yaml_file import first_problem, read_yaml

PARAMS_FILE = Path("params.yaml")


class StageParams(BaseModel):
    """Base of every stage's parameters: unknown keys are errors, values cannot change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Params = TypeVar("Params", bound=StageParams)


def load_params(model: type[Params], section: str, path: Path = PARAMS_FILE) -> Params:
    """Read and check one section.

    Args:
        model: The stage's parameter model.
        section: Its key in the file; a missing section means all defaults.
        path: The parameter file.

    Returns:
        The checked parameters.

    Raises:
        DataError: If the file is missing, is no mapping, or breaks the model; names the key.
    """
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected one section per stage")
    try:
        return model.model_validate(content.get(section) or {})
    except ValidationError as error:
        raise DataError(f"{path}: {section}.{first_problem(error)}") from error
