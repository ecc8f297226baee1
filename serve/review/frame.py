"""What every page has: the bar, the ways between pages, the keys."""

from __future__ import annotations

import copy

from fastapi import Request
from nicegui import ui
from nicegui.client import Client

from serve.review.gate import lang_of, theme_of
from serve.review.look import PAGE_STYLE
from serve.review.person import person_of
from serve.review.tags import button, dialog, link, tag
from serve.review.view import Screen, View, place
from serve.review.words import Words

PAGES = (
    ("week", "", "1"),
    ("themes", "themes", "2"),
    ("map", "map", "3"),
    ("inbox", "inbox", "4"),
    ("ledgers", "ledgers", "5"),
    ("models", "models", "6"),
)
_DARK = {"auto": None, "light": False, "dark": True}
# Opens and closes dialogs and listens to keys; holds nothing of anybody's words.
_SCRIPT = """
document.addEventListener("click", (e) => {
  const opens = e.target.closest("[data-opens]");
  if (opens) document.getElementById(opens.dataset.opens)?.showModal();
  const closes = e.target.closest("[data-closes]");
  if (closes) document.getElementById(closes.dataset.closes)?.close();
});
document.addEventListener("change", (e) => {
  if (e.target.closest("form[data-auto]")) e.target.form.requestSubmit();
});
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
  if (e.target.closest("input,select,textarea,[contenteditable]")) return;
  if (/^[1-9]$/.test(e.key)) document.querySelector(`[data-key="${e.key}"]`)?.click();
  else if (e.key === "?") document.getElementById("keys").showModal();
  else if (e.key === "/") document.querySelector("[data-key=search]")?.focus();
  else if (e.key === "j" || e.key === "k") {
    const rows = [...document.querySelectorAll("[data-row]")];
    const at = rows.indexOf(document.activeElement) + (e.key === "j" ? 1 : -1);
    rows[Math.max(0, Math.min(rows.length - 1, at))]?.focus();
  } else if (/^[a-z]$/.test(e.key)) {
    const found = document.querySelector(`main [data-key="${e.key}"]`);
    if (!found) return;
    found.click();
  } else return;
  e.preventDefault();
});
"""


async def show(view_of: View, client: Client, request: Request, nav: str) -> None:
    """Draw a page in its frame.

    Args:
        view_of: The page.
        client: NiceGUI's.
        request: What asked for it.
        nav: Which way in the bar is the current one.
    """
    t = view_of.t
    client.page = copy.copy(client.page)
    client.page.language = "zh-CN" if t.lang == "zh" else "en-US"
    client.page.dark = _DARK[theme_of(request.scope)]
    client.title = f"{t('nav.' + nav)} · {t('brand')}"
    ui.add_head_html(f"<style>{PAGE_STYLE}</style><script>{_SCRIPT}</script>")
    data = await view_of.load()
    with client.layout:
        _bar(t, view_of.person.name, nav, request)
        view_of.notice = tag("div", classes="notice", role="status", aria_live="polite")
    view_of.body = tag("div")
    with view_of.body:
        view_of.draw(data)
    _keys(t)
    ui.skip_link(t("skip"), target=view_of.body)


def make_view(desk: object, screen: Screen, request: Request) -> View:
    """Open a page for whoever asks."""
    t = Words(lang_of(request.scope))
    return View(desk, screen, person_of(request.scope), request.scope, t)  # type: ignore[arg-type]


def _bar(t: Words, name: str, nav: str, request: Request) -> None:
    with tag("header", classes="top") as bar:
        link(t("brand"), place(""), "brand")
        with tag("nav", aria_label=t("nav.label")):
            for key, path, digit in PAGES:
                current = "page" if key == nav else None
                link(t(f"nav.{key}"), place(path), data_key=digit, aria_current=current)
        with tag("div", classes="me"):
            here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            action = place("preferences", next=here)
            _preference(action, "lang", "en" if t.lang == "zh" else "zh", t("lang.other"))
            now = theme_of(request.scope)
            after = {"auto": "dark", "dark": "light", "light": "auto"}[now]
            _preference(action, "theme", after, t(f"theme.{now}"), t("theme.change"))
            button("?", aria_label=t("keys.title"), data_opens="keys")
            tag("span", name, "who", title=name)
            with tag("form", method="post", action=place("sign-out")):
                button(t("signin.leave"), type="submit")
    bar.move(target_index=0)


def _preference(action: str, name: str, value: str, words: str, title: str | None = None) -> None:
    with tag("form", method="post", action=action):
        button(words, type="submit", name=name, value=value, title=title)


def _keys(t: Words) -> None:
    with dialog("keys", t("keys.title"), t("close")), tag("ul", classes="plain stack"):
        for keys in ("1 – 6", "j  k", "/", "?", "Esc", "e", "m", "x", "a", "z"):
            with tag("li", classes="row"):
                tag("kbd", keys)
                tag("span", t(f"keys.{keys[0]}"))
