"""A served review page and a browser that reaches nothing else."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

INSTALL = "apt-get update && apt-get install -y chromium fonts-noto-cjk"
TIMEOUT_MS = 120_000
_START_S = 240
_SERVE = "from serve.server import run_server; run_server(port={port})"


@contextmanager
def serving_page(folder: Path, store: str, **settings: str) -> Iterator[str]:
    """Serve a store on a free port while the block lasts; gives the page's address."""
    port = _free_port()
    names = {
        "STORE": store,
        "KEYS_FILE": str(folder / "keys.json"),
        "REVIEW_SECRET_FILE": str(folder / "secret"),
        **settings,
    }
    ours = {f"HUIYIN_{name}": value for name, value in names.items()}
    # NiceGUI behaves differently where it sees pytest.
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "HUIYIN_"))}
    log = (folder / "server.log").open("w")
    command = [sys.executable, "-c", _SERVE.format(port=port)]
    server = subprocess.Popen(
        command, env={**clean, **ours, "OMP_NUM_THREADS": "1"}, stdout=log, stderr=log
    )
    try:
        address = f"http://127.0.0.1:{port}/review/"
        _wait(server, address, folder / "server.log")
        yield address
    finally:
        server.terminate()
        server.wait(60)
        log.close()


@contextmanager
def browsing() -> Iterator[Browser]:
    """Start Debian's Chromium while the block lasts."""
    chromium = shutil.which("chromium")
    assert chromium, f"this test needs Chromium; install it: {INSTALL}"
    flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """Somebody's browser on the page.

    Args:
        browser: Chromium.
        address: The page's.
        name: Who signs in; empty for nobody.
        key: An API key, where they are needed.
        **options: Of Playwright's context, such as `viewport`.
    """

    def __init__(
        self, browser: Browser, address: str, name: str = "李晓雯", key: str = "", **options: Any
    ) -> None:
        self.context: BrowserContext = browser.new_context(**{"locale": "zh-CN"} | options)
        self.context.set_default_timeout(TIMEOUT_MS)
        self.page: Page = self.context.new_page()
        self.address = address
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.context.route(lambda url: not url.startswith(address[:-7]), self._refuse)
        if name or key:
            self.sign_in(name, key)

    def _refuse(self, route: Any, request: Request) -> None:
        self.elsewhere.append(request.url)
        route.abort()

    def sign_in(self, name: str, key: str = "") -> None:
        """Fill in the form."""
        self.page.goto(f"{self.address}sign-in")
        if key:
            self.page.fill("#key", key)
        self.page.fill("#name", name)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector("main h1")

    def open(self, path: str) -> Page:
        """Open a page and wait until it is drawn and listens."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector("main h1")
        self.page.wait_for_function("window.did_handshake === true")
        return self.page

    def said(self, words: str) -> None:
        """Wait until the page says something below."""
        self.page.wait_for_selector(f".notice:has-text('{words}')")

    def close(self) -> None:
        """Leave."""
        self.context.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()[-3000:]
        try:
            with urlopen(f"{address}sign-in", timeout=10):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"not served after {_START_S} s: {log.read_text()[-3000:]}")
