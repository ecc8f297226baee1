"""What people decided becomes groups of clauses, one theme each."""

import pytest

from models.theme_guidance import Guidance


def test_pairs_put_seeds_together() -> None:
    """A merge by hand holds for all that either side had."""
    guidance = Guidance({"慢": ["送餐慢"], "迟": ["来得晚"]}, together=[("送餐慢", "来得晚")])
    assert guidance.groups() == {"慢": ("来得晚", "送餐慢")}


def test_pairs_without_a_seed_make_groups_of_their_own() -> None:
    """Whoever splits a theme need not name its halves."""
    assert Guidance(apart=[("汤洒了", "汤凉了")]).groups() == {
        "汤凉了": ("汤凉了",),
        "汤洒了": ("汤洒了",),
    }


def test_contradictions_are_refused() -> None:
    """Silently following one of two opposite wishes would lose the other."""
    with pytest.raises(ValueError, match="both together and apart"):
        Guidance(together=[("a", "b")], apart=[("b", "a")]).groups()


def test_a_theme_without_a_mention_is_refused() -> None:
    """Nothing can be found from a bare name."""
    with pytest.raises(ValueError, match="at least one"):
        Guidance({"慢": []}).groups()
