#!/usr/bin/env bash
# MLflow 3.17.2: one column of a type that MLflow has no name for (uint64, timedelta, Period, Decimal) makes the whole
# inferred signature a single nameless `any`. The names and types of all other columns are gone, and no error says so.
#
# A model that was logged with such a signature takes any table: a missing or misspelt column is not refused.
#
# Seen: without long, string; uint64 Any; timedelta Any; Period Any; Decimal Any
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install mlflow==3.17.2
export HOME=$folder MLFLOW_DISABLE_TELEMETRY=true
cd "$folder"
seen=$("$folder/venv/bin/python" - <<'PY' 2>/dev/null
from decimal import Decimal

import numpy
import pandas
from mlflow.models import infer_signature

good = pandas.DataFrame({"age": [41, 23], "plan": ["pro", "basic"]})
more = {
    "uint64": numpy.array([1, 2], "uint64"),
    "timedelta": pandas.to_timedelta(["1d", "2d"]),
    "Period": pandas.period_range("2024-01", periods=2, freq="M"),
    "Decimal": [Decimal("1.5"), Decimal("2.5")],
}


def types(data):
    return ", ".join(str(it.type).removeprefix("DataType.") for it in infer_signature(data).inputs)


seen = [f"without {types(good)}"]
seen += [f"{name} {types(good.assign(more=values))}" for name, values in more.items()]
print("; ".join(seen))
PY
)
echo "$seen"
[[ $seen == "without long, string; uint64 Any; timedelta Any; Period Any; Decimal Any" ]]
