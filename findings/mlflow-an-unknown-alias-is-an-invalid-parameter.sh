#!/usr/bin/env bash
# MLflow 3.17.2: asking for an alias that does not exist is INVALID_PARAMETER_VALUE, HTTP 400; for a model or a
# version that does not exist it is RESOURCE_DOES_NOT_EXIST, HTTP 404.
#
# Code that waits until a model is in production tells "not there yet" by the code of the error. It sees a wrong
# request where the model is registered and nobody has set the alias yet.
#
# Seen: model RESOURCE_DOES_NOT_EXIST 404; version RESOURCE_DOES_NOT_EXIST 404; alias INVALID_PARAMETER_VALUE 400
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install mlflow==3.17.2
export HOME=$folder MLFLOW_DISABLE_TELEMETRY=true
cd "$folder"
seen=$("$folder/venv/bin/python" - <<'PY' 2>/dev/null
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

client = MlflowClient(tracking_uri="sqlite:///models.db", registry_uri="sqlite:///models.db")
client.create_registered_model("churn")
questions = {
    "model": lambda: client.get_registered_model("fraud"),
    "version": lambda: client.get_model_version("churn", "1"),
    "alias": lambda: client.get_model_version_by_alias("churn", "champion"),
}
seen = []
for name, question in questions.items():
    try:
        question()
    except MlflowException as error:
        seen.append(f"{name} {error.error_code} {error.get_http_status_code()}")
print("; ".join(seen))
PY
)
echo "$seen"
[[ $seen == "model RESOURCE_DOES_NOT_EXIST 404; version RESOURCE_DOES_NOT_EXIST 404; alias INVALID_PARAMETER_VALUE 400" ]]
