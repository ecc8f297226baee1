"""How often the gate refuses poisoned challengers, and how often good ones.

    python -m benchmarks.gate [--seeds 10] [--rows 3600] [--labels-only]

A champion is trained on `--rows` rows. A good challenger also learns 300 corrected rows, those that
the champion is least sure of among 900. A poisoned one learns the same, but a tenth of one class's
rows carries another class's labels. `--labels-only` trains nothing and asks only the check of new
and changed labels: also for a tenth of one class in an import of a quarter of the corpus, and for
each trade as a good import to the others. Rows, classes and flips differ with the seed.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from models.analysis import FeedbackModel
from models.artifact import DEFAULT_FOLDER
from models.taxonomy import Taxonomy
from pipeline.compare import Comparison, Contender, compare_answers
from pipeline.compare_answers import Answers, answer
from pipeline.compare_speed import Speed
from pipeline.contradictions import find_contradictions
from pipeline.corpus import read_corpus
from pipeline.distill import data_sources
from pipeline.evaluate import predict
from pipeline.gate import BeliefTolerances, GateParams, Verdict, judge
from pipeline.label_evidence import weigh_labels
from pipeline.prepare import PrepareParams, prepare
from pipeline.train import TrainParams, save, train

AUTHORED, TAXONOMY, LEXICON = (
    Path("data/raw/authored"),
    Path("data/taxonomy.yaml"),
    Path("data/lexicon"),
)
CLASSES = (
    *("type.service", "type.product", "type.quality", "type.account"),
    *("urgency.high", "urgency.medium", "intent.inquiry", "intent.praise"),
)
N_NEW, N_CORRECTED, POISON = 900, 300, 0.1
PREPARE = PrepareParams(valid_share=0.15, test_share=0.25)
TRAIN = TrainParams(epochs=6)
# As in the test of the week: small sets make small classes jump.
MILD = GateParams(
    class_tolerance=0.12,
    high_recall_tolerance=0.12,
    belief_tolerances=BeliefTolerances(subtype=0.3),
)
TOGETHER = ("intent", "type", "types", "subtype")


class Bench:
    """The corpus, and the model whose table all trials share."""

    def __init__(self) -> None:
        self.taxonomy = Taxonomy.load(TAXONOMY)
        files = sorted(AUTHORED.glob("*.csv"))
        parts = [read_corpus([f], self.taxonomy).assign(file=f.stem) for f in files]
        self.rows = prepare(pd.concat(parts, ignore_index=True), PREPARE)
        self.base = FeedbackModel.load(DEFAULT_FOLDER).artifact

    def weigh(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What the rows say of each other."""
        return weigh_labels(rows, self.base.encoder.encode)

    def model(self, rows: pd.DataFrame) -> FeedbackModel:
        """Heads trained on rows."""
        trained = train(rows, self.base, self.taxonomy, TRAIN)
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "model"
            save(trained, self.base, output, data_sources(TAXONOMY, LEXICON), {})
            return FeedbackModel.load(output)


def poison(rows: pd.DataFrame, subject: str, seed: int, share: float = POISON) -> pd.DataFrame:
    """Give some rows of one class the labels of other rows that are not of it."""
    label, _, name = subject.partition(".")
    rng = np.random.default_rng(seed)
    is_class = rows[label] == name
    if label == "type":
        is_class &= rows["intent"] == "complaint"
    bad = np.flatnonzero(is_class)
    bad = rng.choice(bad, round(share * len(bad)), replace=False)
    others = rows[label] != name
    if label == "type":
        others &= rows["intent"] == "complaint"
    donors = rng.choice(np.flatnonzero(others), len(bad))
    columns = ["urgency"] if label == "urgency" else list(TOGETHER)
    poisoned = rows.copy()
    poisoned.iloc[bad, [rows.columns.get_loc(c) for c in columns]] = (
        rows[columns].iloc[donors].to_numpy()
    )
    return poisoned


def verdict(
    bench: Bench,
    known: tuple[pd.DataFrame, Answers | None],
    rows: pd.DataFrame,
    test: pd.DataFrame | None = None,
) -> Comparison:
    """Compare; without test rows only the labels are."""
    before, champion = known
    contradictions = find_contradictions(before, bench.weigh(rows))
    contender = Contender("-", "-", 1, 0.0)
    sets = ()
    if test is not None and champion is not None:
        sets = (
            compare_answers("test", test, champion, answer(bench.model(rows), test), n_draws=2000),
        )
    return Comparison(contender, contender, sets, Speed(1, 1, 1), (), contradictions)


def whole_gate(bench: Bench, n_rows: int, seed: int, subject: str) -> tuple[Comparison, Comparison]:
    """One good and one poisoned challenger against the same champion."""
    drawn = bench.rows.sample(n_rows + N_NEW, random_state=seed).reset_index(drop=True)
    known, new = drawn[:n_rows], drawn[n_rows:]
    champion = bench.model(known)
    test = known[known["split"] == "test"].reset_index(drop=True)
    kept = bench.weigh(known), answer(champion, test)
    doubt = predict(champion, list(new["text"])).confidence
    corrected = new.iloc[np.argsort(doubt)[:N_CORRECTED]]
    good = pd.concat([known, corrected], ignore_index=True)
    bad = pd.concat([poison(known, subject, seed), corrected], ignore_index=True)
    return verdict(bench, kept, good, test), verdict(bench, kept, bad, test)


def names(found: Verdict) -> list[str]:
    """What a verdict refuses for."""
    return [f"{f.check}:{f.subject}" for f in found.refusals]


def print_whole(bench: Bench, n_rows: int, seeds: range) -> None:
    """The whole gate, with and without the check of labels."""
    counts: Counter[str] = Counter()
    for seed in seeds:
        subject = CLASSES[seed % len(CLASSES)]
        for kind, found in zip(
            ("good", "bad"), whole_gate(bench, n_rows, seed, subject), strict=True
        ):
            mild, strict = judge(found, MILD), judge(found, GateParams())
            blind = judge(replace(found, contradictions=()), MILD)
            counts[f"{kind} refused"] += not mild.is_passed
            counts[f"{kind} refused, default tolerances"] += not strict.is_passed
            counts[f"{kind} refused by the test rows alone"] += not blind.is_passed
            counts[f"{kind} class named"] += any(f.subject == subject for f in mild.refusals)
            print(
                f"seed {seed} {subject} {kind}: {names(mild)} default: {names(strict)}", flush=True
            )
    for key, n in sorted(counts.items()):
        print(f"{key}: {n} of {len(seeds)}")


def print_labels(bench: Bench, n_rows: int, seeds: range) -> None:
    """The check of labels alone."""
    counts = {subject: Counter[str]() for subject in CLASSES}
    for seed in seeds:
        known = bench.rows.sample(n_rows, random_state=seed).reset_index(drop=True)
        before = bench.weigh(known)
        is_new = np.random.default_rng(seed).random(len(known)) < 0.25
        for subject in CLASSES:
            trials = {
                "changed": (before, poison(known, subject, seed)),
                "import": (
                    before[before["id"].isin(known.loc[~is_new, "id"])],
                    pd.concat([known[~is_new], poison(known[is_new], subject, seed)]),
                ),
            }
            for name, (old, rows) in trials.items():
                found = judge(
                    verdict(bench, (old, None), rows.reset_index(drop=True)), GateParams()
                )
                said = {f.subject for f in found.findings if f.check == "new_labels"}
                refused = {f.subject for f in found.refusals}
                counts[subject][f"{name} refused"] += bool(refused)
                counts[subject][f"{name} class named"] += subject in said
        print(f"seed {seed}: " + "; ".join(f"{s} {dict(c)}" for s, c in counts.items()), flush=True)


def print_good(bench: Bench, n_draws: int) -> None:
    """Good imports: by chance, and a whole trade at a time."""
    after = bench.weigh(bench.rows)
    rng = np.random.default_rng(0)
    for n in (300, 1000, 3000):
        drawn = [rng.permutation(len(after)) >= n for _ in range(n_draws)]
        print(f"import of {n} good rows: {_alarms(after, drawn)} of {n_draws} refused")
    file = after["id"].map(bench.rows.set_index("id")["file"])
    trades = [(file != name).to_numpy() for name in sorted(set(file))]
    print(f"import of a whole trade: {_alarms(after, trades)} of {len(trades)} refused")


def _alarms(after: pd.DataFrame, masks: list[np.ndarray]) -> str:
    contender = Contender("-", "-", 1, 0.0)
    n_refused = n_warned = 0
    for is_old in masks:
        found = find_contradictions(after[is_old], after)
        said = judge(Comparison(contender, contender, (), Speed(1, 1, 1), (), found), GateParams())
        n_refused += not said.is_passed
        n_warned += bool(said.findings) and said.is_passed
    return f"{n_refused} (and {n_warned} warned)"


def main() -> None:
    """Print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=3600)
    parser.add_argument("--labels-only", action="store_true")
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    bench = Bench()
    if not arguments.labels_only:
        print_whole(bench, arguments.rows, seeds)
        return
    print_labels(bench, min(arguments.rows, len(bench.rows)), seeds)
    print_good(bench, 200)


if __name__ == "__main__":
    main()
