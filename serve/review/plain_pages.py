"""Pages that need no script: the way in, and what to do where the review page is off."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from serve.review.look import PLAIN_STYLE
from serve.review.words import Words


def signin_page(lang: str, target: str, asks_for_key: bool, failed: bool) -> str:
    """Write the way in.

    Args:
        lang: zh or en.
        target: Where to go afterwards.
        asks_for_key: True asks for an API key, False only for a name.
        failed: True after a try that failed.

    Returns:
        HTML.
    """
    t = Words(lang)
    wrong = "signin.wrong_key" if asks_for_key else "signin.not_here"
    alert = f'<p class="alert" role="alert">{escape(t(wrong))}</p>' if failed else ""
    key = (
        f'<label for="key">{t("signin.key")}</label>'
        '<input id="key" name="key" type="password" required autocomplete="current-password">'
        f'<p class="hint">{t("signin.key_hint")}</p>'
        if asks_for_key
        else f'<p class="hint">{t("signin.local_hint")}</p>'
    )
    label = t("signin.name_optional" if asks_for_key else "signin.name")
    need = "" if asks_for_key else "required"
    form = (
        f'<form method="post" action="/review/sign-in?next={quote(target, safe="")}">{alert}{key}'
        f'<label for="name">{label}</label>'
        f'<input id="name" name="name" maxlength="60" {need} autocomplete="name">'
        f'<button type="submit">{t("signin.enter")}</button></form>'
    )
    return _page(t, t("signin.title"), form)


def off_page(lang: str, reason: str) -> str:
    """Write what stands at `/review` where the page is off.

    Args:
        lang: zh or en.
        reason: Which words explain it.

    Returns:
        HTML.
    """
    t = Words(lang)
    steps = f"<p>{escape(t(reason))}</p><pre>{escape(t(f'{reason}.steps'))}</pre>"
    return _page(t, t("off.title"), steps)


def bounce_page(url: str) -> str:
    """Write a page that asks for another address, as a page of ours.

    Args:
        url: The address.

    Returns:
        HTML.
    """
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>回音</title>'
        f'<meta http-equiv="refresh" content="0;url={escape(url)}"></head><body></body></html>'
    )


def _page(t: Words, title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{t.html_lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,">'
        f"<style>{PLAIN_STYLE}</style></head><body><main>"
        f'<p class="brand">回音</p><h1>{escape(title)}</h1>{body}</main></body></html>'
    )
