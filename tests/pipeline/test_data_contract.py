"""The contract of labelled rows; `test_corpus` holds its messages to files and rows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from models.taxonomy import Taxonomy
from pipeline.corpus import LABEL_COLUMNS
from pipeline.data_contract import find_problems, label_schema
from tests.tiny import tiny_corpus

BROKEN = {
    "intent": "angry",
    "type": "quality",
    "types": "quality",
    "subtype": "damage",
    "urgency": "urgent",
    "cause": "",
}


def test_the_schema_covers_every_label(taxonomy: Taxonomy) -> None:
    """A label that the schema forgets is not checked."""
    assert set(label_schema(taxonomy).columns) == set(LABEL_COLUMNS)


def test_every_wrong_label_of_a_row_is_told_at_once(taxonomy: Taxonomy) -> None:
    """Whoever mends a file wants to mend it once; rules between unknown labels say nothing."""
    rows = pd.concat([tiny_corpus().head(2), pd.DataFrame([BROKEN])])
    problems = find_problems(rows, taxonomy)
    assert [p.split(",")[0] for p in problems] == [
        "row 4: intent is 'angry'",
        "row 4: urgency is 'urgent'",
    ]


def test_problems_come_in_order_of_rows(taxonomy: Taxonomy) -> None:
    """As the eye goes down the sheet."""
    rows = tiny_corpus().head(4).astype(object)
    rows.loc[3, "intent"] = "?"
    rows.loc[0, "cause"] = ""
    rows.loc[1, "types"] = "service;quality"
    numbers = [int(p.split()[1].rstrip(":")) for p in find_problems(rows, taxonomy)]
    assert numbers == sorted(numbers)
    assert numbers[0] == 2
    assert numbers[-1] == 5


def test_rows_that_keep_the_contract_have_no_problems(taxonomy: Taxonomy) -> None:
    """And none is invented for an empty file."""
    assert find_problems(tiny_corpus(), taxonomy) == []
    assert find_problems(tiny_corpus().head(0), taxonomy) == []


@pytest.mark.slow
@pytest.mark.parametrize("first", ["", "import pyspark;"])
def test_spark_stays_out_of_it(first: str) -> None:
    """Importing pandera would import pyspark.pandas and set an address that breaks a cluster."""
    code = (
        f"{first}import os, sys; from models.taxonomy import Taxonomy;"
        "from pipeline.data_contract import find_problems;"
        "from tests.tiny import TAXONOMY, tiny_corpus;"
        "find_problems(tiny_corpus(), Taxonomy.load(TAXONOMY));"
        "print('pyspark.pandas' in sys.modules, 'SPARK_LOCAL_IP' in os.environ)"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-W", "error", "-c", code]
    environment = {k: v for k, v in os.environ.items() if k != "SPARK_LOCAL_IP"}
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment)
    assert done.stdout.strip() == "False False", done.stderr
