"""The command line and the API must offer the same scopes."""

from __future__ import annotations

from pipeline.cli_keys import Scope
from serve.keys import SCOPES


def test_command_offers_the_scopes_of_the_api():
    """The command may not import serve, so it repeats the list."""
    assert sorted(s.value for s in Scope) == sorted(SCOPES)
