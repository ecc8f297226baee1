"""Elements of the page. What customers wrote only ever goes in as text, never as HTML."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from nicegui import ui
from nicegui.element import Element

Handler = Callable[[dict[str, str], dict[str, list[str]]], Awaitable[None]]
# All fields of a form at once when it is sent; nothing travels while somebody types.
_COLLECT = """(e) => {
  e.preventDefault();
  const fields = {};
  for (const [name, value] of new FormData(e.target, e.submitter))
    (fields[name] ??= []).push(value);
  emit(fields);
}"""
_MAX_TEXT = 20_000
# The style sheet shows 14 lines of a quote; a phone's line holds about 20 characters.
_LONG_QUOTE, _LONG_QUOTE_BREAKS = 200, 8


def tag(name: str, /, text: object = None, classes: str = "", **attributes: Any) -> Element:
    """Make an element.

    Args:
        name: HTML's name of it.
        text: What it says; shown as it is.
        classes: Of the style sheet.
        **attributes: HTML's; `_` stands for `-`, a trailing one is dropped; None leaves one out.

    Returns:
        The element, to be filled in a `with` block.
    """
    element = ui.element(name)
    if text is not None:
        element._text = as_text(text)
    if classes:
        element._classes.extend(classes.split())
    for key, value in attributes.items():
        if value is not None:
            element._props[key.rstrip("_").replace("_", "-")] = value
    return element


def set_text(element: Element, text: object) -> None:
    """Change what an element says."""
    element._text = as_text(text)
    element.update()


def as_text(value: object) -> str:
    """Make anything showable: lone surrogates would break the page's JSON, controls its layout.

    Args:
        value: Anything.

    Returns:
        Text.
    """
    text = str(value)[:_MAX_TEXT].encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c >= " " or c in "\n\t" else " " for c in text)


def link(text: object, href: str, classes: str = "", **attributes: Any) -> Element:
    """Make a link."""
    return tag("a", text, classes, href=href, **attributes)


def button(text: str, classes: str = "", **attributes: Any) -> Element:
    """Make a button that does nothing by itself."""
    return tag("button", text, classes, **({"type": "button"} | attributes))


def opener(text: str, dialog: str, classes: str = "", **attributes: Any) -> Element:
    """Make a button that opens a dialog; see `page.js` in `frame`."""
    return button(text, classes, data_opens=dialog, aria_haspopup="dialog", **attributes)


def field(label: str, name: str, value: object = "", kind: str = "text", **more: Any) -> Element:
    """Make a labelled input."""
    with tag("label", classes="field"):
        tag("span", label)
        if kind == "area":
            return tag("textarea", value, name=name, rows=3, **more)
        box = tag("input", name=name, type=kind, **more)
        # As an attribute: the property would be set again, over what somebody types, whenever
        # anything on the page changes.
        box._props["^value"] = as_text(value)
        return box


def choice(
    label: str, name: str, options: Iterable[tuple[str, str]], value: str | None = "", **more: Any
) -> Element:
    """Make a labelled choice of (value, words)."""
    with tag("label", classes="field"):
        tag("span", label)
        with tag("select", name=name, **more) as select:
            for key, words in options:
                tag("option", words, value=key, selected=key == (value or "") or None)
    return select


def form(on_submit: Handler, classes: str = "stack") -> Element:
    """Make a form whose fields arrive together.

    Args:
        on_submit: Gets each field's first value, and all values of each.
        classes: Of the style sheet.

    Returns:
        The form.
    """

    async def submitted(event: Any) -> None:
        if isinstance(event.args, dict):
            every = {str(k): [str(v) for v in vs] for k, vs in event.args.items()}
            await on_submit({name: values[0] for name, values in every.items()}, every)

    return tag("form", classes=classes).on("submit", submitted, js_handler=_COLLECT)


def dialog(id_: str, title: str, close: str) -> Element:
    """Make a dialog with a heading and a way out; an `opener` shows it."""
    box = tag("dialog", id=id_, aria_labelledby=f"{id_}-title")
    with box, tag("div", classes="row between"):
        tag("h2", title, id=f"{id_}-title")
        button("✕", aria_label=close, data_closes=id_)
    return box


def table(
    head: Sequence[tuple[str, str]], caption: str, classes: str = "", **attributes: Any
) -> Element:
    """Make a table's frame.

    Args:
        head: Words and classes of the columns.
        caption: What the table shows, for those who cannot see it.
        classes: Of the style sheet.
        **attributes: HTML's.

    Returns:
        Its body.
    """
    wrapper = tag("div", classes="scroll", tabindex="0", role="region", aria_label=caption)
    with wrapper, tag("table", classes=classes, **attributes):
        with tag("thead"), tag("tr"):
            for words, cell in head:
                tag("th", words, cell, scope="col")
        return tag("tbody")


def sparkline(counts: Sequence[int], label: str) -> None:
    """Draw a few weeks as a line; the last week is a dot."""
    most, step = max([1, *counts]), 100 / max(1, len(counts) - 1)
    points = [(2 + i * step, 25 - 22 * n / most) for i, n in enumerate(counts)]
    with tag("svg", classes="spark", viewBox="0 0 104 28", role="img", aria_label=label):
        tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points))
        if points:
            tag("circle", cx=f"{points[-1][0]:.1f}", cy=f"{points[-1][1]:.1f}", r="3")


def marked(text: str, spans: Iterable[tuple[int, int]], classes: str = "quote") -> Element:
    """Show text with some of it highlighted.

    Args:
        text: What a customer wrote, masked.
        spans: Start and end of the parts; overlapping ones are joined.
        classes: Of the style sheet.

    Returns:
        The element.
    """
    # What may overflow its box must be scrollable without a mouse.
    is_long = len(text) > _LONG_QUOTE or text.count("\n") > _LONG_QUOTE_BREAKS
    with tag("div", classes=classes, dir="auto", tabindex="0" if is_long else None) as box:
        at = 0
        for start, end in sorted(spans):
            start, end = max(at, min(start, len(text))), min(end, len(text))
            if end <= start:
                continue
            tag("span", text[at:start])
            tag("mark", text[start:end])
            at = end
        tag("span", text[at:])
    return box
