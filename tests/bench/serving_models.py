"""Servers and models that `serving.py` measures; run by the Python of each one's environment.

python serving_models.py make FOLDER      a registry with two versions, and MLflow's folder
python serving_models.py kserve FILE PORT  KServe's server alone, with the model in a file
python serving_models.py mlflow FILE FOLDER  MLflow's folder of the model in a file
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

_ROWS = 200


def data() -> Any:
    """Return a table to train with."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": random.integers(18, 90, _ROWS),
            "income": random.normal(3000, 500, _ROWS),
            "plan": random.choice(["basic", "pro"], _ROWS),
        }
    )


def make(folder: Path) -> None:
    """Make a work tree with two models, and the schema that both have."""
    import skops.io
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    rows = data()
    for number in range(2):
        columns = make_column_transformer(
            (StandardScaler(), ["age", "income"]), (OneHotEncoder(), ["plan"])
        )
        fitted = make_pipeline(columns, LogisticRegression())
        fitted.fit(rows, rows.age > 40 + number)
        skops.io.dump(fitted, folder / f"churn-{number}.skops")
    example = {"input": rows.head(2).to_dict("records")}
    (folder / "churn.example.json").write_text(json.dumps(example))
    kinds = {
        "age": {"type": "integer", "format": "int64"},
        "income": {"type": "number", "format": "double"},
        "plan": {"type": "string"},
    }
    items = {"type": "object", "properties": kinds, "required": list(kinds)}
    schema = {"input": {"type": "array", "items": items}, "example": "churn.example.json"}
    for number in range(2):
        entry = {"type": "model", "path": f"churn-{number}.skops", "schema": schema}
        (folder / f"artifacts-{number}.yaml").write_text(json.dumps({"churn": entry}))


def serve_kserve(file: Path, port: int) -> None:
    """Serve a model by KServe's server, as its documentation has it."""
    del sys.argv[1:]  # KServe reads it when it is imported
    import pandas as pd
    import skops.io
    from kserve import InferOutput, InferResponse, Model, ModelServer

    class Churn(Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__("churn")
            self.model = skops.io.load(file)
            self.ready = True

        def predict(self, payload: Any, headers: Any = None, response_headers: Any = None) -> Any:
            table = pd.DataFrame({it.name: it.data for it in payload.inputs})
            found = self.model.predict(table)
            output = InferOutput("output-0", list(found.shape), "BOOL", found.tolist())
            return InferResponse(payload.id, "churn", [output])

    ModelServer(http_port=port, enable_grpc=False, workers=1).start([Churn()])


def save_for_mlflow(file: Path, folder: Path) -> None:
    """Save a model as MLflow has it."""
    import mlflow.sklearn
    import skops.io

    model = skops.io.load(file)
    mlflow.sklearn.save_model(model, folder, serialization_format="cloudpickle")


def main() -> None:
    """Do what the command line says."""
    what, *words = sys.argv[1:]
    if what == "make":
        make(Path(words[0]))
    elif what == "kserve":
        serve_kserve(Path(words[0]), int(words[1]))
    else:
        save_for_mlflow(Path(words[0]), Path(words[1]))


if __name__ == "__main__":
    main()
