#!/usr/bin/env bash
# MLflow 3.17.2: the server of `mlflow models serve` does not say which model or version it serves. /version is the
# version of MLflow, /ping and /health are a line feed, and no header names the model. All three are sent as
# application/json, and none is JSON.
#
# A check that production runs the version it should finds "3.17.2" at /version, which looks like a version of the
# model; a client that reads the answers by their media type fails at all of them.
#
# Seen: /version application/json 3.17.2 no JSON; /ping application/json empty no JSON; /health application/json empty no JSON; headers that name the model: none
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install \
  mlflow-skinny==3.17.2 fastapi==0.165.0 uvicorn==0.54.0 pandas==3.1.1 httpx
export HOME=$folder MLFLOW_DISABLE_TELEMETRY=true
cd "$folder"
seen=$("$folder/venv/bin/python" - <<'PY' 2>/dev/null
import json

import mlflow
from fastapi.testclient import TestClient
from mlflow.pyfunc import scoring_server


class Ones(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [1] * len(model_input)


mlflow.pyfunc.save_model("model-of-churn", python_model=Ones())
client = TestClient(scoring_server.init(mlflow.pyfunc.load_model("model-of-churn")))


def read_as_json(text):
    try:
        return json.loads(text) and "JSON"
    except ValueError:
        return "no JSON"


seen, names = [], set()
for path in ("/version", "/ping", "/health"):
    answer = client.get(path)
    names |= set(answer.headers)
    kind = answer.headers["content-type"]
    seen.append(f"{path} {kind} {answer.text.strip() or 'empty'} {read_as_json(answer.text)}")
answer = client.post("/invocations", json={"inputs": [[1]]})
names |= set(answer.headers)
named = sorted(names - {"content-length", "content-type"})
print("; ".join([*seen, f"headers that name the model: {', '.join(named) or 'none'}"]))
PY
)
echo "$seen"
[[ $seen == "/version application/json 3.17.2 no JSON; /ping application/json empty no JSON; /health application/json empty no JSON; headers that name the model: none" ]]
