"""Labels that are likely wrong, and almost equal texts with different labels; what was settled.

Nothing is corrected here. Confident learning (Northcutt et al. 2021, cleanlab) says where to look;
a person says what holds, and is not asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.privacy import mask
from models.text import normalize
from pipeline.audit_labels import FIELDS, group_names
from pipeline.frozen_data import digest_text
from pipeline.near_duplicates import find_near_duplicates

N_FOLDS = 4
LIKELY_ERROR, CONFLICT = "likely_error", "near_duplicate"
_C = 30
# Of the flips put in on purpose these find about half, and doubt one good row in sixty.
_GIVEN_AT_MOST, OTHER_AT_LEAST = 0.05, 0.85
Encode = Callable[[Sequence[str]], np.ndarray]
_COMPARED = ("intent", "type")
_KEEP = "对:在 verdict 写「保留」,再运行 huiyin data settle。"


@dataclass(frozen=True, slots=True)
class Issue:
    """One label to look at.

    Attributes:
        kind: likely_error or near_duplicate.
        id: The row.
        text: Its text, masked.
        field: Which label.
        given: What it is.
        suggested: What the model, or the other row, says.
        other_id: The other row of a conflict, else empty.
        score: Small is doubtful for an error; likeness of a conflict.
        what_to_do: For people.
        key: Names the question, so that an answer to it stays.
    """

    kind: str
    id: str
    text: str
    field: str
    given: str
    suggested: str
    other_id: str
    score: float
    what_to_do: str
    key: str


def find_issues(
    corpus: pd.DataFrame, encode: Encode, settled: Container[str] = frozenset()
) -> list[Issue]:
    """List the labels that a person should look at.

    Args:
        corpus: Labelled rows as `read_corpus` or `prepare` gives them.
        encode: Turns texts into unit vectors.
        settled: Keys of questions that were answered.

    Returns:
        Likely errors, the most doubtful first, then conflicts.
    """
    rows = corpus.assign(text=[mask(normalize(text)).text for text in corpus["text"]])
    rows = rows[rows["text"] != ""].reset_index(drop=True)
    vectors = encode(list(rows["text"]))
    found = [issue for field in FIELDS for issue in _likely_errors(rows, field, vectors)]
    found.sort(key=lambda issue: issue.score)
    return [i for i in (*found, *_conflicts(rows)) if i.key not in settled]


def issue_rate(issues: list[Issue], n_rows: int) -> float:
    """Say how many rows are in doubt.

    Args:
        issues: Unsettled ones.
        n_rows: Rows looked at.

    Returns:
        Share of the rows with at least one.
    """
    return len({issue.id for issue in issues}) / max(n_rows, 1)


def as_table(issues: list[Issue]) -> pd.DataFrame:
    """Lay issues out for a reader.

    Args:
        issues: What to look at.

    Returns:
        One row each, with an empty column `verdict` to fill in.
    """
    columns = ["kind", "id", "text", "field", "given", "suggested", "other_id", "score"]
    rows = [[getattr(i, c) for c in columns] + ["", i.what_to_do, i.key] for i in issues]
    return pd.DataFrame(rows, columns=[*columns, "verdict", "what_to_do", "key"])


def issue_key(text_digest: str, field: str, given: str) -> str:
    """Name the question whether a label is right; another label is another question.

    Args:
        text_digest: From `digest_text`.
        field: Which label.
        given: What it is.

    Returns:
        The key in the settled list.
    """
    return f"{text_digest}:{field}:{given}"


def _likely_errors(rows: pd.DataFrame, field: str, vectors: np.ndarray) -> Iterator[Issue]:
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    names, given = np.unique(rows[field].to_numpy(dtype=str), return_inverse=True)
    groups = group_names(rows)
    if len(names) < 2 or groups.nunique() < N_FOLDS:
        return
    chances = out_of_fold(vectors, given, groups, len(names))
    is_wrong = find_label_issues(given, chances, filter_by="both", n_jobs=1)
    is_wrong &= chances[np.arange(len(given)), given] < _GIVEN_AT_MOST
    is_wrong &= chances.max(axis=1) > OTHER_AT_LEAST
    scores = get_label_quality_scores(given, chances, method="normalized_margin")
    for i in np.flatnonzero(is_wrong):
        suggested = str(names[chances[i].argmax()])
        yield _likely_error(rows.iloc[int(i)], field, suggested, float(scores[i]))


def _likely_error(row: pd.Series, field: str, suggested: str, score: float) -> Issue:
    given = str(row[field])
    return Issue(
        LIKELY_ERROR,
        str(row["id"]),
        str(row["text"]),
        field,
        given,
        suggested,
        "",
        round(score, 4),
        f"读原文。标签 {given} 不对:在标注文件里改编号 {row['id']} 的 {field}。{_KEEP}",
        issue_key(digest_text(row["text"]), field, given),
    )


def out_of_fold(
    vectors: np.ndarray, given: np.ndarray, groups: pd.Series, n_names: int
) -> np.ndarray:
    """Give the chances by a plain model that saw no row of the same cause.

    Args:
        vectors: Unit vectors of the rows, shape (n, dim).
        given: The labels as numbers, shape (n,).
        groups: The cause of each row.
        n_names: Different labels.

    Returns:
        Shape (n, n_names).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    chances = np.full((len(given), n_names), 1e-6)
    splitter = GroupKFold(min(N_FOLDS, groups.nunique()), shuffle=True, random_state=0)
    for train, held_out in splitter.split(vectors, groups=groups):
        model = LogisticRegression(C=_C, max_iter=500, tol=1e-3).fit(vectors[train], given[train])
        chances[np.ix_(held_out, model.classes_)] = model.predict_proba(vectors[held_out])
    normalised: np.ndarray = chances / chances.sum(axis=1, keepdims=True)
    return normalised


def _conflicts(rows: pd.DataFrame) -> Iterator[Issue]:
    cells = rows.to_dict("records")
    for i, j, likeness in find_near_duplicates(list(rows["text"])):
        a, b = cells[i], cells[j]
        if a["pair"] and a["pair"] == b["pair"]:
            continue  # written to differ in one word and in their labels
        differing = [field for field in _COMPARED if a[field] != b[field]]
        if differing:
            yield _conflict(
                {str(k): str(v) for k, v in a.items()},
                {str(k): str(v) for k, v in b.items()},
                differing[0],
                likeness,
            )


def _conflict(a: dict[str, str], b: dict[str, str], field: str, likeness: float) -> Issue:
    pair = sorted([f"{digest_text(r['text'])}={r[field]}" for r in (a, b)])
    return Issue(
        CONFLICT,
        a["id"],
        a["text"],
        field,
        a[field],
        b[field],
        b["id"],
        round(likeness, 3),
        f"编号 {a['id']} 与 {b['id']} 几乎相同,{field} 却不同。该一样:改其中一条。都{_KEEP}",
        f"{'+'.join(pair)}:{field}",
    )
