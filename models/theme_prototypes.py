"""Themes that people confirmed: who else says the same as their examples?

A confirmed group's prototype is the mean of its members' vectors, which hold meaning and words. A
mention joins the prototype it is nearest to, when it is nearer than that group's own threshold: a
point between what the group's members reach when each is compared with the others (leave one out)
and what an ordinary mention of the batch reaches. A group that nobody mentions takes nobody in.
"""

from __future__ import annotations

import numpy as np

from models.encoders import unit_rows

# Of a group with one member, and how many members' worth it counts beside a group's own.
_USUAL = 0.75
_USUAL_COUNTS = 3.0
_BETWEEN = 0.9
# So many spreads above the ordinary, a mention is no ordinary one.
_SPREADS = 3.5
_FOREIGN = 0.75
_CHUNK = 16_384


def join_prototypes(vectors: np.ndarray, confirmed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give mentions the confirmed group whose examples they repeat.

    Args:
        vectors: Unit rows in canonical order, shape (n, dim); zero rows join nothing.
        confirmed: Group 0, 1, … that people put each vector in, -1 = in none, shape (n,).

    Returns:
        Group of each vector, -1 = none; its cosine to the group's prototype, 0 without one.
    """
    prototypes = _prototypes(vectors, confirmed)
    cosines = _cosines(vectors, prototypes)
    least = _thresholds(vectors, confirmed, cosines)
    # Rounded, so that the last bit of a sum decides nothing.
    best = np.round(cosines, 6)
    nearest = best.argmax(axis=1)
    reached = best[np.arange(len(best)), nearest]
    labels = np.where(reached >= least[nearest], nearest, -1)
    labels = np.where(confirmed >= 0, confirmed, labels)
    scores = np.where(labels >= 0, best[np.arange(len(best)), np.maximum(labels, 0)], 0.0)
    return labels, scores


def choose_members(vectors: np.ndarray, choices: list[tuple[int, list[int]]]) -> np.ndarray:
    """Of each confirmed text, pick the mention that is meant.

    A person confirms a row; of its mentions, the one is meant that the group's other texts repeat
    and that other groups' texts do not. A row confirmed for several groups gives each a mention of
    its own, as far as it has as many.

    Args:
        vectors: Of all mentions, shape (n, dim).
        choices: For each text its group and the positions of its mentions.

    Returns:
        Group of each vector, -1 = in none, shape (n,).
    """
    if not choices:
        return np.full(len(vectors), -1)
    place = np.concatenate([where for _, where in choices])
    of = np.repeat(np.arange(len(choices)), [len(where) for _, where in choices])
    worth = _worth(vectors[place], choices)
    labels = np.full(len(vectors), -1)
    chosen = np.zeros(len(choices), dtype=bool)
    # The surest first; a mention that another group took is no longer to be had.
    for i in np.argsort(-worth, kind="stable"):
        group = choices[of[i]][0]
        if not chosen[of[i]] and labels[place[i]] in (-1, group):
            labels[place[i]] = group
            chosen[of[i]] = True
    return labels


def _worth(said: np.ndarray, choices: list[tuple[int, list[int]]]) -> np.ndarray:
    """How much more a mention is like its group's other texts than like other groups'."""
    owner = np.array([group for group, _ in choices])
    sizes = np.array([len(where) for _, where in choices])
    numbers: dict[tuple[int, ...], int] = {}
    text = np.array([numbers.setdefault(tuple(where), len(numbers)) for _, where in choices])
    # Mentions by texts: how near each comes to the nearest mention of each text but its own.
    near = np.maximum.reduceat(said @ said.T, np.cumsum(sizes) - sizes, axis=1)
    near[np.repeat(text, sizes)[:, None] == text[None, :]] = 0
    members = (owner[:, None] == np.arange(owner.max() + 1)[None, :]).astype(float)
    here = np.arange(len(said))
    own_group = np.repeat(owner, sizes)
    own_text = np.repeat(np.arange(len(choices)), sizes)
    by_group = near @ members / np.maximum(members.sum(axis=0) - members[own_text], 1)
    own = by_group[here, own_group]
    by_group[here, own_group] = 0
    # Rounded, so that the last bit of a sum decides nothing.
    return np.asarray(np.round(own - _FOREIGN * by_group.max(axis=1), 6))


def _prototypes(vectors: np.ndarray, confirmed: np.ndarray) -> np.ndarray:
    sums = np.zeros((confirmed.max() + 1, vectors.shape[1]))
    inside = confirmed >= 0
    np.add.at(sums, confirmed[inside], vectors[inside])
    return unit_rows(sums)


def _cosines(vectors: np.ndarray, prototypes: np.ndarray) -> np.ndarray:
    parts = range(0, len(vectors), _CHUNK)
    return np.vstack([vectors[s : s + _CHUNK] @ prototypes.T for s in parts])


def _thresholds(vectors: np.ndarray, confirmed: np.ndarray, cosines: np.ndarray) -> np.ndarray:
    """For each group, how near is near enough."""
    groups = [vectors[confirmed == k] for k in range(cosines.shape[1])]
    reached = [_leave_one_out(rows) for rows in groups]
    all_reached = np.concatenate(reached)
    usual = (all_reached.sum() + _USUAL_COUNTS * _USUAL) / (len(all_reached) + _USUAL_COUNTS)
    own = np.array([(r.sum() + _USUAL_COUNTS * usual) / (len(r) + _USUAL_COUNTS) for r in reached])
    free = cosines[confirmed < 0]
    if not len(free):
        return own
    ordinary = np.median(free, axis=0)
    spread = 1.4826 * np.median(np.abs(free - ordinary), axis=0)
    between = ordinary + _BETWEEN * (own - ordinary)
    return np.asarray(np.maximum(between, np.minimum(own, ordinary + _SPREADS * spread)))


def _leave_one_out(rows: np.ndarray) -> np.ndarray:
    """Cosine of each row to the mean of the others; empty for a single row."""
    if len(rows) < 2:
        return np.zeros(0)
    others = unit_rows(rows.sum(axis=0, keepdims=True) - rows)
    return np.asarray((rows * others).sum(axis=1))
