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


def test_a_row_that_names_two_failings_is_an_example_of_both() -> None:
    """Whoever confirms a whole row for a second theme does not take it from the first."""
    guidance = Guidance({"洒漏": ["汤洒了，送餐慢"], "慢": ["汤洒了，送餐慢", "来得晚"]})
    assert guidance.groups() == {
        "洒漏": ("汤洒了，送餐慢",),
        "慢": ("来得晚", "汤洒了，送餐慢"),
    }


def test_of_two_clauses_kept_apart_the_one_with_another_theme_leaves() -> None:
    """A pair kept apart outweighs one of two confirmations."""
    guidance = Guidance({"洒漏": ["a", "b"], "慢": ["a"]}, apart=[("b", "a")])
    assert guidance.groups() == {"洒漏": ("b",), "慢": ("a",)}
