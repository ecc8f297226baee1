"""Run one stage's `main` as a command."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from models.errors import HuiyinError


def run_stage(main: Callable[..., None]) -> None:
    """Parse the command line, run, and turn an expected error into one line and exit code 1.

    Args:
        main: The stage's entry, with typer annotations.
    """
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    try:
        app()
    except HuiyinError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
