#!/usr/bin/env bash
# MLflow 3.17.2: a model registry store that lacks methods of AbstractStore is no error; what it lacks answers None.
#
# The class marks 21 methods as abstract, and names its metaclass as Python 2 did, which Python 3 does not look at. So
# a store of a plugin that was made for an older MLflow is made all the same, and each missing question has the
# answer None: "no such model" without an exception.
#
# Seen: abstract methods 21; made: yes; get_registered_model: None; type of the class: type
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install mlflow-skinny==3.17.2
export HOME=$folder MLFLOW_DISABLE_TELEMETRY=true
cd "$folder"
seen=$("$folder/venv/bin/python" - <<'PY'
from mlflow.store.model_registry.abstract_store import AbstractStore


class EmptyStore(AbstractStore):
    pass


abstract = [name for name, it in vars(AbstractStore).items() if getattr(it, "__isabstractmethod__", False)]
print(
    f"abstract methods {len(abstract)}; made: {'yes' if EmptyStore() else 'no'};",
    f"get_registered_model: {EmptyStore().get_registered_model('churn')};",
    f"type of the class: {type(AbstractStore).__name__}",
)
PY
)
echo "$seen"
[[ $seen == "abstract methods 21; made: yes; get_registered_model: None; type of the class: type" ]]
