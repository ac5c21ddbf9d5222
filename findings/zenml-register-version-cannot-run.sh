#!/usr/bin/env bash
# ZenML 0.98.0: `zenml model-registry models register-version` ends in a TypeError, whichever model registry it is.
#
# The command declares the option --zenml-pipeline-run-id, which the function behind it does not take. Click hands it
# over, given or not, so that the command never comes as far as to ask the registry.
#
# Seen: register_model_version() got an unexpected keyword argument 'zenml_pipeline_run_id' (of ZenML 0.98.0)
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install 'zenml[local]==0.98.0'
export HOME=$folder ZENML_CONFIG_PATH=$folder/config ZENML_LOCAL_STORES_PATH=$folder/stores ZENML_ANALYTICS_OPT_IN=false
cd "$folder"
seen=$("$folder/venv/bin/python" - 2>"$folder/log" <<'PY'
from unittest.mock import MagicMock

import zenml.cli
from zenml.cli.cli import cli

found = cli
for name in ("model-registry", "models", "register-version"):
    found = found.commands[name]
words = ["churn", "--version", "1.0.0", "--model-uri", "file:///model"]
context = found.make_context("register-version", words, obj=MagicMock())
try:
    found.invoke(context)
    print("it ran")
except TypeError as error:
    print(str(error).rpartition(">.")[2], f"(of ZenML {zenml.__version__})")
PY
) || { cat "$folder/log" >&2; exit 1; }
echo "$seen"
[[ $seen == "register_model_version() got an unexpected keyword argument 'zenml_pipeline_run_id' (of ZenML 0.98.0)" ]]
