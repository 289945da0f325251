"""Fits the weights of the passage judge on what `passage_features` writes.

    python3 eval/fit_passages.py FEATURES.jsonl --held-out 2,10,16 --model SHA256 \
        --provenance "model; data; rows" --out WEIGHTS.toml

Needs numpy and scikit-learn. Pairs of one topic are never on both sides: the
regularisation and the temperature come from cross-validation over topics, the
topics of --held-out are only measured, and the weights that are written have
not seen them.
"""

import argparse
import json

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold, KFold

LABELS = {"Supports": 0, "Refutes": 1, "Neutral": 2}
NAMES = ["supported", "refuted", "not_enough"]
# The regression sees the directions in which the features vary most; more of
# them fit noise.
COMPONENTS = 40
STRENGTHS = [1e-2, 3e-2, 1e-1]
FOLDS = 10


def read(path):
    rows = [json.loads(line) for line in open(path, encoding="utf-8")]
    state = np.array([row["state"] for row in rows])
    state -= state.mean(axis=2, keepdims=True)
    surface = np.array([row["surface"] for row in rows])
    label = np.array([LABELS[row["label"]] for row in rows])
    topic = np.array([row["topic"] for row in rows])
    return state, surface, label, topic


def scaled(state, surface, mean=None, deviation=None):
    """State in common units of its own; the surface counts as much as a word."""
    features = np.hstack([state.reshape(len(state), -1), surface])
    if mean is None:
        mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-9
    return (features - mean) / deviation, mean, deviation


class Fitted:
    """A logistic regression on principal components, as one on the features."""

    def __init__(self, features, label, strength):
        space = PCA(COMPONENTS, whiten=True, random_state=0).fit(features)
        model = LogisticRegression(C=strength, max_iter=1000).fit(space.transform(features), label)
        self.coef_ = model.coef_ @ (space.components_ / np.sqrt(space.explained_variance_)[:, None])
        self.intercept_ = model.intercept_ - self.coef_ @ space.mean_

    def decision_function(self, features):
        return features @ self.coef_.T + self.intercept_


def fit(features, label, strength):
    return Fitted(features, label, strength)


def out_of_fold(features, label, topic, strength):
    if topic is None:
        folds = KFold(FOLDS, shuffle=True, random_state=0)
    else:
        folds = GroupKFold(min(FOLDS, len(set(topic))))
    scores = np.zeros((len(label), 3))
    for train, test in folds.split(features, label, topic):
        scores[test] = fit(features[train], label[train], strength).decision_function(features[test])
    return scores


def probabilities(scores):
    parts = np.exp(scores - scores.max(axis=1, keepdims=True))
    return parts / parts.sum(axis=1, keepdims=True)


def log_loss(scores, label):
    return -np.log(probabilities(scores)[np.arange(len(label)), label] + 1e-12).mean()


def report(name, scores, label):
    chance = probabilities(scores)
    # As `Opinion::balanced` decides.
    said = (chance / np.sqrt([0.28, 0.20, 0.52])).argmax(axis=1)
    sure = chance[np.arange(len(label)), said] >= 0.9
    right = (said == label)[sure].mean() if sure.any() else float("nan")
    macro = f1_score(label, said, average="macro")
    print(
        f"{name}: {len(label)} pairs, macro-F1 {macro:.3f}, accuracy {(said == label).mean():.3f}, "
        f"log loss {log_loss(scores, label):.3f}, {sure.sum()} at 0.9 or more, {right:.2f} of them right"
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("features")
    parser.add_argument("--held-out", default="")
    parser.add_argument("--model", required=True)
    parser.add_argument("--provenance", required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()

    state, surface, label, topic = read(arguments.features)
    held = np.isin(topic, [name for name in arguments.held_out.split(",") if name])
    features, mean, deviation = scaled(state[~held], surface[~held])
    fitted, groups = label[~held], topic[~held]
    losses = {}
    for strength in STRENGTHS:
        scores = out_of_fold(features, fitted, groups, strength)
        temperature = minimize_scalar(lambda t: log_loss(scores * t, fitted), bounds=(0.1, 10), method="bounded").x
        losses[strength] = (log_loss(scores * temperature, fitted), temperature, scores)
        report(f"strength {strength}, temperature {temperature:.2f}, across topics", scores * temperature, fitted)
        known = out_of_fold(features, fitted, None, strength) * temperature
        report(f"strength {strength}, temperature {temperature:.2f}, topics may be known", known, fitted)
    strength = min(losses, key=lambda s: losses[s][0])
    temperature = losses[strength][1]
    print(f"chosen: {strength}")
    model = fit(features, fitted, strength)
    if held.any():
        unseen, _, _ = scaled(state[held], surface[held], mean, deviation)
        report("held out", model.decision_function(unseen) * temperature, label[held])

    weights = model.coef_ * temperature / deviation
    constants = model.intercept_ * temperature - weights @ mean
    questions, words = state.shape[1:]
    with open(arguments.out, "w", encoding="utf-8") as out:
        out.write("# Written by eval/fit_passages.py.\n")
        out.write(f'model = "{arguments.model}"\nprovenance = "{arguments.provenance}"\n')
        for name, own, constant in zip(NAMES, weights, constants):
            out.write(f"\n[{name}]\nconstant = {constant:.5f}\n")
            out.write(f"surface = [{', '.join(f'{w:.5f}' for w in own[questions * words:])}]\nstate = [\n")
            for question in own[: questions * words].reshape(questions, words):
                out.write(f"    [{', '.join(f'{1000 * w:.2f}' for w in question)}],\n")
            out.write("]\n")


main()
