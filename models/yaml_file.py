"""Settings files in YAML: read strictly, complain in one line that names the key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from models.errors import DataError


def read_yaml(path: str | Path) -> Any:
    """Read a YAML file and refuse what PyYAML would let pass in silence.

    Args:
        path: A YAML file in UTF-8.

    Returns:
        Plain lists, dicts, numbers and strings.

    Raises:
        DataError: If the file is missing, is not YAML in UTF-8, or has a key twice.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        _refuse_double_keys(yaml.compose(text, yaml.SafeLoader), path)
        return yaml.safe_load(text)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        detail = " ".join(str(error).split())
        raise DataError(f"{path}: is not valid YAML in UTF-8: {detail}") from error


def first_problem(error: ValidationError) -> str:
    """Say what pydantic found first, key before message.

    Args:
        error: What validation raised.

    Returns:
        One line such as `types.0.zh: Field required`.
    """
    problem = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = "unknown key; check its spelling or remove it"
    return f"{key}: {message}" if key else message


def _refuse_double_keys(node: Any, path: str | Path) -> None:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_double_keys(item, path)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise DataError(f"{path}: line {line}: the key {key.value!r} stands twice")
            seen.add(key.value)
            _refuse_double_keys(value, path)
