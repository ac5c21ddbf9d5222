"""Train a classifier of iris species: softmax regression, with the standard library alone.

Run it where iris.csv is. It writes model.json, metrics.json and artifacts.yaml beside it:

    python train.py --measure sepal     look at the sepals only
    python train.py                     look at all four measurements
    python train.py --rows 100          train on the first 100 rows of the table only
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections.abc import Sequence
from math import exp, log
from pathlib import Path
from statistics import mean, pstdev
from typing import NamedTuple

SEED = 1936
HELD_OUT = 45
EPOCHS = 300
RATE = 0.5

ANNOTATION = """\
iris:
  type: model
  path: model.json
  description: Iris species by {features} measurements of {rows} flowers
  metrics:
    - metrics.json
  inputs:
    - path: iris.csv
      role: training
"""


class Flower(NamedTuple):
    """One row of the table: its place in it, the measurements in cm, and the species."""

    row: int
    measures: tuple[float, ...]
    species: str


class Model(NamedTuple):
    """A softmax regression; its fields are what model.json holds.

    Attributes:
        features: the columns that it looks at.
        species: the classes.
        means: each feature's mean in the training data.
        scales: each feature's standard deviation there.
        weights: for each class the weight of each feature, and the bias last.
    """

    features: list[str]
    species: list[str]
    means: list[float]
    scales: list[float]
    weights: list[list[float]]

    def probabilities(self, measures: Sequence[float]) -> list[float]:
        """Return the probability of each species."""
        return self._softmax(self._standardized(measures))

    def _standardized(self, measures: Sequence[float]) -> list[float]:
        moments = zip(measures, self.means, self.scales, strict=True)
        return [*((value - center) / scale for value, center, scale in moments), 1.0]

    def _softmax(self, inputs: list[float]) -> list[float]:
        scores = [sum(map(float.__mul__, inputs, row)) for row in self.weights]
        powers = [exp(score - max(scores)) for score in scores]
        return [power / sum(powers) for power in powers]

    def fit(self, flowers: Sequence[Flower]) -> None:
        """Adjust the weights by gradient descent over the whole training data at a time."""
        inputs = [self._standardized(it.measures) for it in flowers]
        truths = [self.species.index(it.species) for it in flowers]
        for _ in range(EPOCHS):
            misses = [self._softmax(row) for row in inputs]
            for miss, truth in zip(misses, truths, strict=True):
                miss[truth] -= 1
            for weights, column in zip(self.weights, zip(*misses, strict=True), strict=True):
                for i in range(len(weights)):
                    slope = sum(miss * row[i] for miss, row in zip(column, inputs, strict=True))
                    weights[i] -= RATE * slope / len(flowers)


def read_table(path: Path, measure: str) -> tuple[list[str], list[Flower]]:
    """Return the columns that begin with `measure`, and the flowers with these alone."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    features = [name for name in rows[0] if name != "species" and name.startswith(measure)]
    return features, [
        Flower(number, tuple(float(row[name]) for name in features), row["species"])
        for number, row in enumerate(rows)
    ]


def split(flowers: Sequence[Flower]) -> tuple[list[Flower], list[Flower]]:
    """Split into training and test data: at random, but the same way each time."""
    shuffled = random.Random(SEED).sample(flowers, len(flowers))
    return shuffled[HELD_OUT:], shuffled[:HELD_OUT]


def train(features: list[str], species: list[str], flowers: Sequence[Flower]) -> Model:
    """Return a model fitted to the flowers."""
    columns = list(zip(*(it.measures for it in flowers), strict=True))
    model = Model(
        features,
        species,
        [round(mean(column), 4) for column in columns],
        [round(pstdev(column), 4) for column in columns],
        [[0.0] * (len(features) + 1) for _ in species],
    )
    model.fit(flowers)
    return model


def evaluate(model: Model, flowers: Sequence[Flower]) -> dict[str, float]:
    """Return how well a model does on flowers that it has not seen."""
    found = [(model.probabilities(it.measures), model.species.index(it.species)) for it in flowers]
    hits = sum(max(guess) == guess[truth] for guess, truth in found)
    loss = -sum(log(guess[truth]) for guess, truth in found) / len(found)
    return {
        "accuracy": round(hits / len(found), 3),
        "log_loss": round(loss, 3),
        "test_rows": len(found),
    }


def main() -> None:
    """Train on iris.csv in the current folder, and write down what came of it."""
    parser = argparse.ArgumentParser(description="Train a classifier of iris species.")
    parser.add_argument("--measure", choices=["sepal", "petal"], default="", help="only these")
    parser.add_argument("--rows", type=int, metavar="N", help="train on the first N rows only")
    options = parser.parse_args()

    features, flowers = read_table(Path("iris.csv"), options.measure)
    training, test = split(flowers)
    if options.rows:
        training = [it for it in training if it.row < options.rows]
    model = train(features, sorted({it.species for it in flowers}), training)
    metrics = {**evaluate(model, test), "training_rows": len(training)}

    weights = [[round(weight, 4) for weight in row] for row in model.weights]
    write_json("model.json", model._replace(weights=weights)._asdict())
    write_json("metrics.json", metrics)
    Path("artifacts.yaml").write_text(ANNOTATION.format(features=len(features), rows=len(training)))
    print("  ".join(f"{name} {value}" for name, value in metrics.items()))


def write_json(name: str, value: object) -> None:
    """Write a value as JSON, laid out so that Git can compare it line by line."""
    Path(name).write_text(json.dumps(value, indent=2) + "\n")


if __name__ == "__main__":
    main()
