#!/usr/bin/env bash
# mlflow-export-import 1.2.0 with MLflow 3.17.2 and a registry in SQLite: export-models ends with "1 models exported"
# and exit code 0, and has written no model.json: versions and aliases are not in the export.
#
# Runs and registered models are read by MLflow's client, which takes any tracking URI; one question is put to
# the REST API by hand, fails, and its error is printed and passed over. Whoever moves a registry by a script
# that looks at the exit code, or counts what is exported, finds out when the old one is gone.
#
# Seen: exit 0; 1 models exported; model.json 0; run.json 1
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# It needs tabulate, which its own metadata does not name.
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install \
    mlflow==3.17.2 mlflow-export-import==1.2.0 tabulate==0.9.0
export HOME=$folder MLFLOW_DISABLE_TELEMETRY=true MLFLOW_TRACKING_URI="sqlite:///$folder/models.db"
cd "$folder"
"$folder/venv/bin/python" - <<'PY' 2>/dev/null
import mlflow
from mlflow import MlflowClient

with mlflow.start_run() as run:
    mlflow.log_text("model", "model/model.txt")
client = MlflowClient()
client.create_registered_model("churn")
client.create_model_version("churn", f"{run.info.artifact_uri}/model", run.info.run_id)
client.set_registered_model_alias("churn", "champion", "1")
PY
code=0
said=$("$folder/venv/bin/export-models" --models churn --output-dir "$folder/out" 2>/dev/null) || code=$?
exported=$(grep --only-matching '[0-9]* models exported' <<<"$said")
seen="exit $code; $exported; model.json $(find out -name model.json | wc -l); run.json $(find out -name run.json | wc -l)"
echo "$seen"
[[ $seen == "exit 0; 1 models exported; model.json 0; run.json 1" ]]
