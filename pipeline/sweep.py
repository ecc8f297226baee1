"""Look for better parameters of the heads: an Optuna study on disk, one nested run a trial.

A study belongs to its rows and its base model: the same ones again go on where it stopped, others
begin a new study in the same file. Trials are judged on the calibration rows, never on the test.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from models.analysis import FeedbackModel
from models.artifact import Artifact
from models.taxonomy import Taxonomy
from pipeline.evaluate import predict
from pipeline.metrics import LABELS, measure
from pipeline.tracking import TrackingSettings, start_run
from pipeline.train import TrainParams, save, train

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

STUDY = Path("sweeps.db")
JUDGED_ON = "valid"
# Lowest, highest, and whether a step is a factor.
RANGES: dict[str, tuple[float, float, bool]] = {
    "epochs": (2, 24, False),
    "batch_size": (64, 512, True),
    "learning_rate": (2e-4, 2e-2, True),
    "feature_dropout": (0.0, 0.5, False),
    "hidden_dropout": (0.0, 0.5, False),
    "label_smoothing": (0.0, 0.15, False),
}
Judge = Callable[[TrainParams], dict[str, float]]


@dataclass(frozen=True)
class SweepResult:
    """What a study knows by now.

    Attributes:
        study: Its name, from the rows and the base model.
        params: The best parameters.
        score: Their mean macro F1 over intent, type, subtype and urgency.
        first_score: The same for the parameters that the study began with.
        n_done: Finished trials, those of earlier calls included.
        n_new: Trials of this call.
    """

    study: str
    params: TrainParams
    score: float
    first_score: float
    n_done: int
    n_new: int

    def as_record(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        return asdict(self) | {"params": self.params.model_dump()}


def sweep(
    name: str,
    start: TrainParams,
    judge: Judge,
    n_trials: int,
    storage: Path = STUDY,
    settings: TrackingSettings | None = None,
) -> SweepResult:
    """Try parameters until the study holds so many trials.

    Args:
        name: Of the study; the same name goes on with it.
        start: Tried first, so that the result is never worse on the rows it is judged on.
        judge: Figures of a trial, `score` among them.
        n_trials: Finished trials wanted in all.
        storage: SQLite file.
        settings: Where nested runs go; call within an open run.

    Returns:
        The best so far.

    Raises:
        ValueError: If `n_trials` is not positive.
    """
    if n_trials < 1:
        raise ValueError(f"n_trials must be at least 1, got {n_trials}")
    with _open_study(name, start, storage) as study:
        n_before = len(_done(study))
        while len(_done(study)) < n_trials:
            _try_one(study, name, start, judge, settings)
        done = _done(study)
        return SweepResult(
            name,
            start.model_copy(update=study.best_trial.params),
            float(study.best_value),
            next(float(t.value or 0) for t in done if t.params == _searched(start)),
            len(done),
            len(done) - n_before,
        )


def study_name(digest: str, base: Artifact, start: TrainParams) -> str:
    """Name the study of some rows, a base model and a seed.

    Args:
        digest: Of the corpus.
        base: The model whose table is used.
        start: Its seed counts, the rest is searched.

    Returns:
        The name.
    """
    return f"heads {digest[:12]} {base.version} seed {start.seed}"


def make_judge(
    corpus: pd.DataFrame, base: Artifact, taxonomy: Taxonomy, sources: dict[str, Path]
) -> Judge:
    """Make the function that trains with some parameters and measures the result.

    Args:
        corpus: The prepared corpus.
        base: The model whose table is used.
        taxonomy: The labels.
        sources: The taxonomy and lexicon files.

    Returns:
        Parameters to figures.
    """
    truth = corpus[corpus["split"] == JUDGED_ON].reset_index(drop=True)

    def judge(params: TrainParams) -> dict[str, float]:
        trained = train(corpus, base, taxonomy, params)
        with tempfile.TemporaryDirectory() as folder:
            save(trained, base, Path(folder) / "trial", sources, {"train": params.model_dump()})
            model = FeedbackModel.load(Path(folder) / "trial")
        figures = measure(truth, predict(model, list(truth["text"])))
        return figures | {"score": sum(figures[f"{k}_macro_f1"] for k in LABELS) / len(LABELS)}

    return judge


def _try_one(
    study: Study, name: str, start: TrainParams, judge: Judge, settings: TrackingSettings | None
) -> None:
    trial = study.ask()
    params = _suggest(trial, start)
    tags = {"study": name}
    with start_run(f"trial {trial.number}", tags=tags, nested=True, settings=settings) as run:
        run.log_params({"train": params.model_dump()})
        figures = judge(params)
        run.log_metrics(figures)
    study.tell(trial, figures["score"])


@contextmanager
def _open_study(name: str, start: TrainParams, storage: Path) -> Iterator[Study]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage.parent.mkdir(parents=True, exist_ok=True)
    database = optuna.storages.RDBStorage(f"sqlite:///{storage}")
    try:
        study = optuna.create_study(
            study_name=name, storage=database, direction="maximize", load_if_exists=True
        )
        for trial in _trials(study, "RUNNING"):
            # Whoever ran it was stopped: nobody will tell its result.
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        if all(trial.params != _searched(start) for trial in _done(study)):
            study.enqueue_trial(_searched(start), skip_if_exists=False)
        # Another seed at each call: a study taken up again must not draw its first trials anew.
        study.sampler = optuna.samplers.TPESampler(seed=start.seed + len(study.get_trials()))
        yield study
    finally:
        database.remove_session()
        database.engine.dispose()


def _suggest(trial: Trial, start: TrainParams) -> TrainParams:
    found: dict[str, Any] = {}
    for name, (low, high, is_log) in RANGES.items():
        value = getattr(start, name)
        # What the study begins with must lie in the range, wherever a company put it.
        low, high = min(low, value), max(high, value)
        if isinstance(value, int):
            found[name] = trial.suggest_int(name, int(low), int(high), log=is_log)
        else:
            found[name] = trial.suggest_float(name, low, high, log=is_log)
    return start.model_copy(update=found)


def _searched(params: TrainParams) -> dict[str, Any]:
    return {name: getattr(params, name) for name in RANGES}


def _done(study: Study) -> list[FrozenTrial]:
    return _trials(study, "COMPLETE")


def _trials(study: Study, state: str) -> list[FrozenTrial]:
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState[state],))
