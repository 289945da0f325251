"""Fits the weights of the phrase resolver on what `phrase_scores` writes.

    python3 eval/fit_phrases.py scores.jsonl

Needs numpy and scipy. Prints the weights for `calibration.toml`, and how they
do on relations that they have not seen (five folds over relations).
"""

import json
import sys

import numpy as np
from scipy.optimize import minimize

NAMES = ["behind", "alone", "stated", "unasked", "words", "written", "none", "none_behind"]
PENALTY = 0.02
FOLDS = 5


def read(path):
    """For each phrase: features of every alternative, and which are right."""
    cases = []
    for line in open(path, encoding="utf-8"):
        row = json.loads(line)
        *relations, none = row["scores"]
        features = [
            [
                score["behind"],
                score["alone"],
                0.0 if score["stated"] is None else score["stated"],
                1.0 if score["stated"] is None else 0.0,
                score["words"],
                score["written"],
                0.0,
                0.0,
            ]
            for score in relations
        ]
        features.append([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, none["behind"]])
        right = row["right"] or [len(relations)]
        cases.append((row["of"], row["phrase"], np.array(features), right))
    return cases


def chances(weights, features):
    scores = features @ weights
    parts = np.exp(scores - scores.max())
    return parts / parts.sum()


def fit(cases):
    def loss(weights):
        terms = [-np.log(chances(weights, features)[right].sum() + 1e-12) for _, _, features, right in cases]
        return np.mean(terms) + PENALTY * np.sum(weights**2) / len(weights)

    return minimize(loss, np.zeros(len(NAMES)), method="L-BFGS-B").x


def report(name, judged):
    print(f"{name}: {len(judged)} phrases, {np.mean([ok for _, ok, _ in judged]):.3f} right")
    for threshold in (0.7, 0.8, 0.85, 0.9, 0.95):
        sure = [ok for chance, ok, none in judged if chance >= threshold and not none]
        share = len(sure) / max(1, sum(1 for _, _, none in judged if not none))
        print(f"  relations chosen at {threshold}: {len(sure)}, {np.mean(sure) if sure else float('nan'):.3f} right, {share:.2f} of those chosen")


def main():
    cases = read(sys.argv[1])
    relations = sorted({of for of, _, _, _ in cases})
    judged = {True: [], False: []}
    for fold in range(FOLDS):
        own = set(relations[fold::FOLDS])
        weights = fit([case for case in cases if case[0] not in own])
        for of, _, features, right in cases:
            if of in own:
                chance = chances(weights, features)
                said = int(chance.argmax())
                none = len(chance) - 1
                judged[right != [none]].append((chance[said], said in right, said == none))
    report("the relation is in the list", judged[True])
    report("it is not", judged[False])
    for name, weight in zip(NAMES, fit(cases)):
        print(f"{name} = {weight:.4f}")


main()
