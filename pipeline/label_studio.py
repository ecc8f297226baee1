"""The review queue for Label Studio: tasks with the model's answers, and annotations back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from models.errors import DataError
from pipeline.frozen_data import digest_text
from pipeline.label_words import KINDS, LabelWords
from pipeline.queue_items import YES, QueueItem
from pipeline.sheet_cells import Row

_PROMPTS = {
    "intent": "意图",
    "type": "主要类型",
    "more_types": "其他类型",
    "subtype": "小类",
    "urgency": "紧急程度",
}


def make_tasks(items: Sequence[QueueItem], words: LabelWords) -> list[dict[str, Any]]:
    """Turn rows into tasks, the model's answers as predictions.

    Args:
        items: The rows.
        words: Titles of the labels.

    Returns:
        What Label Studio imports as JSON.
    """
    return [_task(item, words) for item in items]


def make_config(words: LabelWords) -> str:
    """Write the labelling page for these labels.

    Args:
        words: Titles of the labels.

    Returns:
        Label Studio's XML.
    """
    blocks = ['<View>\n  <Text name="text" value="$text"/>']
    for name, prompt in _PROMPTS.items():
        many = "multiple" if name == "more_types" else "single-radio"
        required = "" if name == "more_types" else ' required="true"'
        kind = "type" if name == "more_types" else name
        choices = "".join(f"\n    <Choice value={quoteattr(c)}/>" for c in words.choices(kind))
        blocks.append(
            f"  <Header value={quoteattr(prompt)}/>\n"
            f'  <Choices name="{name}" toName="text" choice="{many}"{required}>{choices}\n'
            "  </Choices>"
        )
    for name, prompt in (("cause", "原因(问题类)"), ("note", "备注")):
        hint = quoteattr(prompt)
        blocks.append(
            f'  <TextArea name="{name}" toName="text" placeholder={hint} maxSubmissions="1"/>'
        )
    return "\n".join([*blocks, "</View>\n"])


def read_annotations(path: Path, who: str) -> list[tuple[str, Row]]:
    """Read what people said, from Label Studio's JSON export.

    Args:
        path: The export.
        who: Who labelled, where the export does not say; else the name before the annotator's own.

    Returns:
        For each annotation who made it, the task's place in the file, and cells as in a table.

    Raises:
        DataError: If it is no such export.
    """
    try:
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as JSON ({error}); export as JSON") from error
    if not isinstance(tasks, list) or not all(_is_task(task) for task in tasks):
        raise DataError(
            f"{path}: expected Label Studio's export: a list of tasks with data and annotations"
        )
    return [found for n, task in enumerate(tasks, start=1) for found in _annotations(n, task, who)]


def _task(item: QueueItem, words: LabelWords) -> dict[str, Any]:
    old = item.old
    answers = {
        "intent": [words.title("intent", old.intent)],
        "type": [words.title("type", old.types[0])],
        "more_types": [words.title("type", name) for name in old.types[1:]],
        "subtype": [words.title("subtype", old.subtype)],
        "urgency": [words.title("urgency", old.urgency)],
    }
    result = [
        {"from_name": k, "to_name": "text", "type": "choices", "value": {"choices": v}}
        for k, v in answers.items()
        if v
    ]
    data = {
        "feedback_id": item.feedback_id,
        "text": item.text,
        "reasons": ";".join(item.reasons),
        "channel": item.channel,
        "old": str(old),
        "model_version": item.model_version,
        "key": digest_text(item.text),
    }
    prediction = {"model_version": item.model_version, "score": item.confidence, "result": result}
    return {"data": data, "predictions": [prediction]}


def _is_task(task: Any) -> bool:
    return (
        isinstance(task, dict)
        and isinstance(task.get("data"), dict)
        and isinstance(task.get("annotations", []), list)
    )


def _annotations(number: int, task: Mapping[str, Any], who: str) -> Iterator[tuple[str, Row]]:
    data = {k: str(v) for k, v in task["data"].items()}
    for annotation in task.get("annotations", []):
        if annotation.get("was_cancelled"):
            continue
        cells = data | dict.fromkeys(KINDS, "") | _cells(annotation.get("result", []))
        yield _person(annotation.get("completed_by"), who), (number, cells | {"checked": YES})


def _cells(result: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    cells = {}
    for answer in result:
        value = answer.get("value", {})
        words = value.get("choices") or value.get("text") or []
        cells[str(answer.get("from_name"))] = ";".join(
            map(str, [words] if isinstance(words, str) else words)
        )
    return cells


def _person(completed_by: Any, who: str) -> str:
    if isinstance(completed_by, dict):
        completed_by = completed_by.get("email") or completed_by.get("id")
    return who if completed_by is None else f"{who}/{completed_by}"
