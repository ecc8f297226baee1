"""Stage `audit`: measure the corpus against its targets, and fail when one is missed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from models.errors import DataError
from models.text import normalize
from pipeline.audit_agreement import Agreement, check_agreement, measure_agreement
from pipeline.audit_targets import Check, check_counts, count_classes, length_deciles
from pipeline.audit_text import check_text
from pipeline.corpus import review_lines
from pipeline.output import atomic_writer
from pipeline.stage import run_stage


def main(
    corpus: Annotated[Path, typer.Argument(help="the prepared corpus, Parquet")],
    output: Annotated[Path, typer.Argument(help="the figures, JSON")],
    authored: Annotated[Path, typer.Option(help="folder of the authored CSV files")] = Path(
        "data/raw/authored"
    ),
    second: Annotated[Path, typer.Option(help="labels of the second reading, CSV")] = Path(
        "docs/second-reading.csv"
    ),
) -> None:
    """Measure CORPUS, write the figures to OUTPUT, and fail unless every target is met."""
    rows = pd.read_parquet(corpus)
    raw_texts = pd.concat([read_table(path)["text"] for path in find_tables(authored)])
    real_lines = [normalize(line) for side in ("neg", "pos") for line in review_lines(side)]
    agreement = measure_agreement(rows, read_table(second))
    checks = [
        *check_counts(rows, raw_texts),
        *check_text(rows, real_lines),
        *check_agreement(agreement),
    ]
    with atomic_writer(output) as file:
        content = json.dumps(describe(rows, checks, agreement), ensure_ascii=False, indent=1)
        file.write(f"{content}\n".encode())
    typer.echo(format_checks(checks), err=True)
    typer.echo(format_agreement(agreement), err=True)
    refuse_missed(checks)


def find_tables(folder: Path) -> list[Path]:
    """List the CSV files of a folder.

    Args:
        folder: Where they stand.

    Returns:
        Their paths in order of name.

    Raises:
        DataError: If there is none.
    """
    found = sorted(folder.glob("*.csv"))
    if not found:
        raise DataError(f"{folder}: holds no CSV; name the folder of the authored rows")
    return found


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV file as text.

    Args:
        path: The file, UTF-8.

    Returns:
        Its rows, empty cells as empty text.

    Raises:
        DataError: If it cannot be read.
    """
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as UTF-8 CSV ({error})") from error


def describe(corpus: pd.DataFrame, checks: Sequence[Check], agreement: Agreement) -> dict[str, Any]:
    """Collect all figures for the JSON file.

    Args:
        corpus: The prepared corpus.
        checks: The checks made on it.
        agreement: Agreement with the second reading.

    Returns:
        Plain values.
    """
    return {
        "rows": len(corpus),
        "checks": [asdict(check) | {"is_met": check.is_met} for check in checks],
        "agreement": asdict(agreement),
        "classes": count_classes(corpus),
        "length_deciles": {
            str(source): length_deciles(texts) for source, texts in corpus.groupby("source")["text"]
        },
    }


def format_checks(checks: Sequence[Check]) -> str:
    """Lay the checks out as a table.

    Args:
        checks: The checks.

    Returns:
        One line each: verdict, figure, bound, name.
    """
    return "\n".join(
        f"{'ok  ' if check.is_met else 'MISS'} {check.value:>9,.4g}"
        f" {'≥' if check.is_least else '≤'} {check.bound:<9,.4g} {check.name}"
        for check in checks
    )


def format_agreement(agreement: Agreement) -> str:
    """Lay the agreement out as a table.

    Args:
        agreement: The measured one.

    Returns:
        One line a field.
    """
    lines = [
        f"second reading, {field}: {agreement.shares[field]:.3f}, kappa {kappa:.3f}"
        for field, kappa in agreement.kappas.items()
    ]
    return "\n".join([*lines, f"second reading, types: micro-F1 {agreement.types_f1:.3f}"])


def refuse_missed(checks: Sequence[Check]) -> None:
    """Fail when a target is missed.

    Args:
        checks: The checks.

    Raises:
        DataError: If any is not met; names them all.
    """
    missed = [check for check in checks if not check.is_met]
    if missed:
        raise DataError(f"{len(missed)} targets missed:\n{format_checks(missed)}")


if __name__ == "__main__":
    run_stage(main)
