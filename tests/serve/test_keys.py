"""API keys and the file they live in."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from models.errors import DataError
from serve import keys
from serve.keys import KeyRing, create_key, read_keys, revoke_key


@pytest.fixture()
def path(tmp_path: Path) -> Path:
    """A key file that does not exist yet, in a folder that does not either."""
    return tmp_path / "new" / "keys.json"


def test_a_created_key_is_found(path: Path) -> None:
    """The ring and the maker agree on the format."""
    token = create_key(path, "接入系统", ["classify", "review"])
    key = KeyRing(path).find(token)
    assert key is not None
    assert (key.name, key.scopes) == ("接入系统", ("classify", "review"))


def test_the_file_does_not_hold_the_secret(path: Path) -> None:
    """Whoever reads a backup cannot call the API."""
    secret = create_key(path, "a", ["classify"]).split("_", 2)[2]
    assert secret not in path.read_text(encoding="utf-8")


def test_only_the_owner_may_read_the_file(path: Path) -> None:
    """Even hashes are nobody's business."""
    create_key(path, "a", ["classify"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_equal_keys_would_have_other_hashes(path: Path) -> None:
    """Salt: two keys never share one."""
    for name in "ab":
        create_key(path, name, ["classify"])
    one, two = read_keys(path).values()
    assert one.salt != two.salt


@pytest.mark.parametrize("scopes", [[], ["root"]])
def test_a_key_needs_known_scopes(path: Path, scopes: list[keys.Scope]) -> None:
    """A misspelt scope would make a key that opens nothing."""
    with pytest.raises(ValueError, match="expected scopes"):
        create_key(path, "a", scopes)


def test_a_revoked_key_is_forgotten_by_a_running_server(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A leaked key must stop working without a restart."""
    monkeypatch.setattr(keys, "_CHECK_EVERY_S", 0)
    old, new = create_key(path, "old", ["classify"]), create_key(path, "new", ["classify"])
    ring = KeyRing(path)
    revoke_key(path, old.split("_")[1])
    assert ring.has_keys()
    assert ring.find(old) is None
    assert ring.find(new) is not None


def test_revoking_an_unknown_key_says_which_exist(path: Path) -> None:
    """The id is easily mistyped."""
    id_ = create_key(path, "a", ["classify"]).split("_")[1]
    with pytest.raises(DataError, match=id_):
        revoke_key(path, "nobody")


@pytest.mark.parametrize("content", ["", "[]", '{"keys": [{}]}', '{"keys": 1}'])
def test_a_broken_file_is_an_error_at_start(path: Path, content: str) -> None:
    """Taking it for an empty one would open the API to loopback."""
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match="key file"):
        KeyRing(path)


def test_a_file_broken_later_leaves_the_known_keys(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slip of an editor must not lock all callers out, nor let others in."""
    monkeypatch.setattr(keys, "_CHECK_EVERY_S", 0)
    token = create_key(path, "a", ["classify"])
    ring = KeyRing(path)
    path.write_text("{", encoding="utf-8")
    os.utime(path, (1, 1))
    assert ring.has_keys()
    assert ring.find(token) is not None
