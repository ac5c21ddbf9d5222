#!/usr/bin/env bash
# skl2onnx 1.20.0: to_onnx of a classifier with NumPy's usual floats makes a model that onnxruntime 1.32.0 refuses.
#
# The usual call, to_onnx(model, X[:1]), takes the input's type from X. With float64 a LogisticRegression's probabilities
# are doubles, and the ZipMap that is put behind them by default takes float32 alone: the model is invalid, which nobody
# says until it is loaded. Forests work, since their probabilities are float32. X.astype("float32"), or zipmap=False, work.
#
# Seen: LogisticRegression float64 INVALID_GRAPH, float64 without zipmap loads, float32 loads;
# RandomForestClassifier loads, loads, loads
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install \
    skl2onnx==1.20.0 onnx==1.23.2 onnxruntime==1.32.0 scikit-learn==1.9.1
seen=$("$folder/venv/bin/python" - <<'PY'
import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

rows = np.arange(8.0).reshape(4, 2)
for model in (LogisticRegression(), RandomForestClassifier(2)):
    model.fit(rows, [0, 0, 1, 1])
    print(type(model).__name__, end=":")
    for data, options in ((rows, None), (rows, {"zipmap": False}), (rows.astype("float32"), None)):
        converted = to_onnx(model, data[:1], options=options).SerializeToString()
        try:
            onnxruntime.InferenceSession(converted)
            print(" loads", end="")
        except Exception as error:
            print("", "INVALID_GRAPH" if "INVALID_GRAPH" in str(error) else error, end="")
    print()
PY
)
echo "$seen"
[[ $seen == "LogisticRegression: INVALID_GRAPH loads loads
RandomForestClassifier: loads loads loads" ]]
