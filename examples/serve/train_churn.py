"""Train a model that says whether a customer leaves, and log it: python train_churn.py COUNT."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import mreg

COLUMNS = make_column_transformer(
    (StandardScaler(), ["age", "income"]), (OneHotEncoder(), ["plan"])
)


def customers(count: int) -> pd.DataFrame:
    """Return some customers."""
    random = np.random.default_rng(count)
    return pd.DataFrame(
        {
            "age": random.integers(18, 90, count),
            "income": random.normal(3000, 500, count),
            "plan": random.choice(["basic", "pro"], count),
        }
    )


def main() -> None:
    """Train, and log."""
    rows = customers(int(sys.argv[1]))
    leaves = (rows.age < 30) | (rows.income < 2500)
    model = make_pipeline(COLUMNS, LogisticRegression()).fit(rows, leaves)
    skops.io.dump(model, "churn.skops")
    mreg.log_artifact(
        "churn.skops",
        metrics={"accuracy": model.score(rows, leaves)},
        model=model,
        example=rows.head(3),
        target=leaves.head(3),
    )


if __name__ == "__main__":
    main()
