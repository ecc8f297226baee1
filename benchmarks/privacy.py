"""Privacy rules on the authored cases: precision and recall by kind, beside JioNLP and Presidio.

    python -m benchmarks.privacy [--misses]

The rules were tuned on half 1. Half 2 was written without looking at what they do with it; what its
first run showed and what was mended since stands in docs/decisions/0002-privacy-own-rules.md.
JioNLP and Presidio take part when installed; Presidio with its pattern recognizers alone.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from models.privacy import mask

CASES = Path(__file__).parents[1] / "tests/data/privacy_cases.jsonl"

Span = tuple[int, int, str]
Finder = Callable[[str], Iterable[Span]]


def read_cases(path: Path = CASES) -> list[tuple[str, list[Span], int]]:
    """Read (text, spans, half) of every case."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(row["text"], [(s, e, k) for s, e, k in row["spans"]], row["half"]) for row in rows]


def measure(find: Finder, cases: list[tuple[str, list[Span], int]]) -> dict[str, Counter[str]]:
    """Count found, exactly right, overlapping and expected spans, for each kind and for all."""
    counts: dict[str, Counter[str]] = {"all": Counter()}
    for text, expected, _ in cases:
        found = list(find(text))
        for name, spans, others in (("found", found, expected), ("expected", expected, found)):
            for span in spans:
                hit = Counter(
                    {
                        name: 1,
                        f"{name}_exact": span in others,
                        f"{name}_touched": _touches(span, others),
                    }
                )
                counts["all"] += hit
                counts[span[2]] = counts.get(span[2], Counter()) + hit
    return counts


def _touches(span: Span, others: Iterable[Span]) -> bool:
    return any(o[2] == span[2] and o[0] < span[1] and span[0] < o[1] for o in others)


def report(title: str, find: Finder, cases: list[tuple[str, list[Span], int]]) -> None:
    """Print one table: exact and overlap precision and recall for each kind."""
    print(f"\n{title}: {len(cases)} cases, {sum(not spans for _, spans, _ in cases)} of them traps")
    print(
        f"{'kind':14}{'expected':>9}{'found':>7}"
        f"{'P exact':>8}{'R exact':>8}{'P over':>8}{'R over':>8}"
    )
    for kind, count in sorted(measure(find, cases).items()):
        ratios = (
            count[f"{side}_{how}"] / count[side] if count[side] else float("nan")
            for how in ("exact", "touched")
            for side in ("found", "expected")
        )
        print(
            f"{kind:14}{count['expected']:9}{count['found']:7}"
            + "".join(f"{r:8.3f}" for r in ratios)
        )


def rows_per_second(find: Finder, texts: list[str], seconds: float = 2.0) -> float:
    """Run over the texts for about `seconds` and say how many rows a second that is."""
    n_rows, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for text in texts:
            find(text)
        n_rows += len(texts)
    return n_rows / (time.perf_counter() - start)


def main() -> None:
    """Print the tables; with `--misses` also the cases that ours gets wrong."""
    cases = read_cases()
    finders: dict[str, Finder] = {"ours": lambda text: mask(text).spans}
    for name, load in (("JioNLP", jionlp_finder), ("Presidio", presidio_finder)):
        try:
            finders[name] = load()
        except ImportError:
            print(f"{name} is not installed, left out", file=sys.stderr)
    for name, find in finders.items():
        for half in (1, 2):
            report(f"{name}, half {half}", find, [case for case in cases if case[2] == half])
        print(f"{name}: {rows_per_second(find, [text for text, _, _ in cases]):,.0f} rows/s")
    if "--misses" in sys.argv:
        for text, expected, half in cases:
            if (got := list(mask(text).spans)) != expected:
                print(half, text, "expected", _show(text, expected), "got", _show(text, got))


def jionlp_finder() -> Finder:
    """Wrap JioNLP's extractors for our kinds; it has none for cards, names, orders, addresses."""
    import jionlp as jio

    def find(text: str) -> list[Span]:
        phones = jio.extract_phone_number(text, detail=True)
        spans = [
            (*p["offset"], "mobile" if p["type"] == "cell_phone" else "landline") for p in phones
        ]
        extractors = {
            "id_number": jio.extract_id_card,
            "email": jio.extract_email,
            "plate": jio.extract_motor_vehicle_licence_plate,
            "wechat": jio.extract_wechat_id,
            "qq": jio.extract_qq,
        }
        for kind, extract in extractors.items():
            spans += [(*hit["offset"], kind) for hit in extract(text, detail=True)]
        return sorted(spans)

    return find


def presidio_finder() -> Finder:
    """Wrap Presidio's recognizers for phones (region CN), e-mail and cards."""
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        EmailRecognizer,
        PhoneRecognizer,
    )

    phone = PhoneRecognizer(supported_regions=("CN",))
    others = {"email": EmailRecognizer(), "bank_card": CreditCardRecognizer()}

    def find(text: str) -> list[Span]:
        spans: list[Span] = []
        for hit in phone.analyze(text, phone.supported_entities, None):
            digits = "".join(filter(str.isdigit, text[hit.start : hit.end])).removeprefix("86")
            is_mobile = len(digits) == 11 and digits[0] == "1"
            spans.append((hit.start, hit.end, "mobile" if is_mobile else "landline"))
        for kind, recognizer in others.items():
            hits = recognizer.analyze(text, recognizer.supported_entities, None)
            spans += [(hit.start, hit.end, kind) for hit in hits]
        return sorted(spans)

    return find


def _show(text: str, spans: Iterable[Span]) -> list[str]:
    return [f"{kind}:{text[start:end]}" for start, end, kind in spans]


if __name__ == "__main__":
    main()
