"""The codebook as data: complete, consistent, and open to a company's own subtypes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from models.errors import DataError
from models.taxonomy import Taxonomy

SHIPPED = Path(__file__).parents[2] / "data" / "taxonomy.yaml"


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return Taxonomy.load(SHIPPED)


def write(folder: Path, change: object) -> Path:
    """Save the shipped taxonomy after `change` has edited its plain content."""
    content = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    change(content)  # type: ignore[operator]
    path = folder / "taxonomy.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def test_types_stand_in_the_order_of_the_codebook(taxonomy: Taxonomy) -> None:
    """Models index their outputs by this order."""
    expected = ("product", "quality", "service", "account", "suggestion", "other")
    assert taxonomy.type_names == expected


def test_intents_and_urgencies_are_those_of_the_codebook(taxonomy: Taxonomy) -> None:
    """They are a contract with every reader of the results."""
    assert taxonomy.intent_names == ("complaint", "suggestion", "praise", "inquiry", "invalid")
    assert taxonomy.urgency_names == ("high", "medium", "low")
    assert taxonomy.severity_names == ("一般", "中度", "重大")


def test_every_subtype_of_the_codebook_is_there(taxonomy: Taxonomy) -> None:
    """The codebook page is the only definition; a subtype missing here could never be given."""
    assert {name: taxonomy.subtypes_of(name) for name in taxonomy.type_names} == {
        "product": ("malfunction", "usability", "design"),
        "quality": ("failure", "damage", "delivery"),
        "service": ("attitude", "delay", "process"),
        "account": ("payment", "order", "account"),
        "suggestion": ("feature", "cooperation", "campaign", "improvement"),
        "other": ("praise", "inquiry", "environment", "none"),
    }


def test_type_of_undoes_subtypes_of(taxonomy: Taxonomy) -> None:
    """A subtype alone must lead back to its type, or routing would guess."""
    for type_ in taxonomy.type_names:
        assert {taxonomy.type_of(sub) for sub in taxonomy.subtypes_of(type_)} == {type_}


def test_a_subtype_goes_to_its_own_department(taxonomy: Taxonomy) -> None:
    """Late parcels are not quality control's to solve, although their type is quality."""
    assert taxonomy.department("quality", "delivery") == "物流部"
    assert taxonomy.department("account", "payment") == "财务部"


def test_a_subtype_without_department_goes_to_its_types(taxonomy: Taxonomy) -> None:
    """So a company can add a subtype in one line."""
    assert taxonomy.department("quality", "failure") == taxonomy.department("quality") == "品控部"


def test_a_subtype_of_another_type_is_refused(taxonomy: Taxonomy) -> None:
    """A pair of labels that contradict each other is a bug in the caller, not a route."""
    with pytest.raises(ValueError, match="'delivery' is no subtype of 'service'"):
        taxonomy.department("service", "delivery")


def test_an_unknown_label_is_refused_with_the_known_ones(taxonomy: Taxonomy) -> None:
    """The message must let the caller mend a typing error without opening the file."""
    with pytest.raises(ValueError, match="'produkt': use one of product, quality"):
        taxonomy.subtypes_of("produkt")


def test_titles_tell_a_type_from_a_subtype_of_the_same_name(taxonomy: Taxonomy) -> None:
    """`account` is both."""
    assert taxonomy.title("type", "account") == "账户/订单类"
    assert taxonomy.title("subtype", "account") == "账户异常"
    assert taxonomy.title("subtype", "account", "en") == "Account problem"


def test_service_levels_are_those_of_the_codebook(taxonomy: Taxonomy) -> None:
    """Customers were promised these."""
    levels = taxonomy.service_levels
    assert levels.acknowledge_hours == 2
    assert levels.respond_working_days == {"high": 3, "medium": 5, "low": 10}
    assert levels.resolve_hours == {"一般": 48, "中度": 72, "重大": 7 * 24}


def test_a_company_can_add_a_subtype_in_the_file_alone(tmp_path: Path) -> None:
    """Without touching code, as the README promises."""

    def add(content: dict[str, list[dict[str, list[object]]]]) -> None:
        content["types"][1]["subtypes"].append({"name": "odour", "zh": "异味", "en": "Odour"})

    taxonomy = Taxonomy.load(write(tmp_path, add))
    assert taxonomy.type_of("odour") == "quality"
    assert taxonomy.department("quality", "odour") == "品控部"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["types"][0].update(departmnt="x"), "types.0.departmnt: unknown key"),
        (lambda c: c["types"][2].pop("zh"), "types.2.zh: Field required"),
        (lambda c: c["types"][0].update(subtypes=[]), "types.0.subtypes: "),
        (lambda c: c["intents"].append(c["intents"][0]), "intents: the name 'complaint' stands"),
        (lambda c: c["types"][0]["subtypes"][0].update(name="none"), "'none' stands twice"),
        (
            lambda c: c["service_levels"]["resolve_hours"].pop("重大"),
            "service_levels.resolve_hours: no value for 重大",
        ),
        (
            lambda c: c["service_levels"]["respond_working_days"].update(urgent=1),
            "service_levels.respond_working_days: unknown urgent",
        ),
    ],
)
def test_a_broken_rule_is_named_by_its_key(tmp_path: Path, change: object, message: str) -> None:
    """Whoever edits the file must find the line at fault."""
    with pytest.raises(DataError) as caught:
        Taxonomy.load(write(tmp_path, change))
    assert message in str(caught.value)


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    """PyYAML would silently let the last one win."""
    path = tmp_path / "taxonomy.yaml"
    path.write_text("version: 1\nversion: 2\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 2: the key 'version' stands twice"):
        Taxonomy.load(path)


@pytest.mark.parametrize("content", [b"types: [", b"\xff\xfe\x00", b""])
def test_what_is_no_taxonomy_is_refused_by_file_name(tmp_path: Path, content: bytes) -> None:
    """Broken YAML, another encoding and an empty file are all one clear line."""
    path = tmp_path / "taxonomy.yaml"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"taxonomy\.yaml: "):
        Taxonomy.load(path)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    """The commonest slip is the wrong folder."""
    with pytest.raises(DataError, match=r"nowhere\.yaml: cannot be read"):
        Taxonomy.load(tmp_path / "nowhere.yaml")
