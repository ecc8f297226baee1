"""The command `huiyin train`: from labelled files to a measured, registered model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from models.analysis import FeedbackModel
from models.artifact import DEFAULT_FOLDER
from models.taxonomy import Taxonomy
from models.yaml_file import read_yaml
from pipeline.corpus import find_files, read_corpus
from pipeline.data_command import measure_issues
from pipeline.distill import data_sources
from pipeline.evaluate import evaluate, predict
from pipeline.frozen_data import log_frozen
from pipeline.label_evidence import weigh_labels
from pipeline.lineage import count_sources, describe_files
from pipeline.metrics import LABELS, Predictions
from pipeline.params import PARAMS_FILE, load_params
from pipeline.plots import plot_calibration, plot_confusion
from pipeline.prepare import PrepareParams, prepare
from pipeline.registered import RegisteredVersion
from pipeline.registry import register
from pipeline.settled import read_settled_keys
from pipeline.sweep import make_judge, study_name, sweep
from pipeline.tracked_run import Run
from pipeline.tracking import TrackingSettings, start_run
from pipeline.train import TrainParams, save, train

RAW, TAXONOMY, LEXICON = Path("data/raw"), Path("data/taxonomy.yaml"), Path("data/lexicon")
CANDIDATE = Path("models/artifacts/candidate")


def retrain(
    extra: list[Path],
    output: Path = CANDIDATE,
    experiment: str | None = None,
    n_trials: int = 0,
) -> tuple[RegisteredVersion, dict[str, Any]]:
    """Train heads on all labelled files, measure them on the frozen test rows, register them.

    Args:
        extra: A company's own labelled files or folders.
        output: Model folder to write.
        experiment: MLflow experiment; None takes the one of the environment.
        n_trials: Look for better parameters until the study holds so many trials; 0 looks for none.

    Returns:
        The registered version, and the evaluation.

    Raises:
        DataError: If a file or label cannot be used.
        StoreError: If MLflow cannot be reached.
    """
    taxonomy = Taxonomy.load(TAXONOMY)
    files = find_files([RAW, *extra])
    corpus = prepare(read_corpus(files, taxonomy), load_params(PrepareParams, "prepare"))
    params = load_params(TrainParams, "train")
    base = FeedbackModel.load(DEFAULT_FOLDER).artifact
    settings = TrackingSettings(experiment=experiment) if experiment else None
    with start_run("train", settings=settings) as run:
        run.log_params(read_yaml(PARAMS_FILE))
        digest = _log_data(run, corpus, files)
        log_frozen(run, corpus, weigh_labels(corpus, base.encoder.encode, read_settled_keys()))
        run.log_metrics({"label_issues": measure_issues(corpus, base.encoder.encode)})
        sources = data_sources(TAXONOMY, LEXICON)
        if n_trials:
            name = study_name(digest, base, params)
            found = sweep(
                name,
                params,
                make_judge(corpus, base, taxonomy, sources),
                n_trials,
                settings=settings,
            )
            params = found.params
            run.log_json(found.as_record(), "sweep.json")
        run.log_params({"used": params.model_dump()})
        trained = train(corpus, base, taxonomy, params)
        facts = {"corpus": digest, "train": params.model_dump()}
        save(trained, base, output, sources, facts)
        truth = corpus[corpus["split"] == "test"].reset_index(drop=True)
        predicted = predict(FeedbackModel.load(output), list(truth["text"]))
        report = evaluate(truth, predicted, taxonomy)
        _log_report(run, report, truth, predicted)
        return register(run, output, {"corpus": digest}), report


def _log_data(run: Run, corpus: pd.DataFrame, files: list[Path]) -> str:
    lineage = {"files": describe_files(files), "rows": count_sources(corpus)}
    run.log_json(lineage, "data/lineage.json")
    for split, context in (("train", "training"), ("valid", "calibration"), ("test", "test")):
        rows = corpus[corpus["split"] == split]
        run.log_dataset(rows, f"corpus-{split}", str(RAW), context)
    return run.log_dataset(corpus, "corpus", str(RAW), "all")


def _log_report(
    run: Run, report: dict[str, Any], truth: pd.DataFrame, predicted: Predictions
) -> None:
    run.log_metrics(report["figures"])
    f1 = {k: {c: v["f1"] for c, v in report["classes"][k].items()} for k in LABELS}
    run.log_metrics({"f1": f1})
    run.log_json(report, "evaluation.json")
    run.log_figure(plot_calibration(truth["type"], predicted), "plots/calibration.png")
    for label in LABELS:
        table = pd.DataFrame.from_dict(report["confusion"][label], orient="index")
        run.log_figure(plot_confusion(table, label), f"plots/confusion-{label}.png")
