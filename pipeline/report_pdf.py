"""The report's page as a PDF, printed by an installed Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from models.errors import DataError
from pipeline.output import atomic_writer

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_TIMEOUT_S = 180
# The page loads nothing; what it might is cut off all the same.
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
)


def write_pdf(page: Path) -> Path:
    """Print a page to a PDF beside it, A4 as its style sheet says.

    Args:
        page: An HTML file that needs nothing but itself.

    Returns:
        The PDF.

    Raises:
        DataError: If no Chromium is installed or it does not print.
    """
    browser = find_browser()
    if browser is None:
        raise DataError(
            "--pdf needs Chromium or Chrome, and none was found; install it "
            "(apt install chromium fonts-noto-cjk) or print the HTML file from any browser"
        )
    target = page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory(prefix="huiyin-pdf-") as folder:
        printed = Path(folder) / "page.pdf"
        _print(browser, page, printed, folder)
        with atomic_writer(target) as file:
            file.write(printed.read_bytes())
    return target


def find_browser() -> str | None:
    """Look for a browser that can print.

    Returns:
        Its path; None if there is none.
    """
    return next((path for path in map(shutil.which, BROWSERS) if path), None)


def _print(browser: str, page: Path, printed: Path, folder: str) -> None:
    command = [
        browser,
        *_FLAGS,
        # Chromium refuses to run as root with its sandbox; the page's policy forbids scripts.
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
        f"--user-data-dir={folder}/profile",
        f"--print-to-pdf={printed}",
        page.resolve().as_uri(),
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise DataError(f"{page}: {browser} did not print it within {_TIMEOUT_S} s") from None
    except (OSError, subprocess.CalledProcessError) as error:
        raise DataError(f"{page}: {browser} could not print it ({error})") from None
    if not printed.exists():
        raise DataError(f"{page}: {browser} printed nothing; print the HTML file from any browser")
