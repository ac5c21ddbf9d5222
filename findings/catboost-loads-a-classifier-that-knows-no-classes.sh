#!/usr/bin/env bash
# catboost 1.2.10: any of its classes loads any file, and the wrong one answers other things.
#
# CatBoost().load_model, which needs no knowledge of what was trained, loads a classifier and predicts the raw sums of
# its trees in place of its classes, without a word; so does CatBoostRegressor. A regressor's file in CatBoostClassifier
# loads, too, and fails when it is asked. Who serves a .cbm has to read the loss function in its metadata first.
#
# Seen: CatBoostClassifier n; CatBoost a raw value below 0; CatBoostRegressor a raw value below 0; warnings 0;
# a regressor as a classifier: loads, IndexError
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install catboost==1.2.10 numpy==2.4.6
seen=$(cd "$folder" && "$folder/venv/bin/python" - <<'PY'
import warnings

from catboost import CatBoost, CatBoostClassifier, CatBoostRegressor

told = {"iterations": 3, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
rows = [[float(it), float(it % 2)] for it in range(60)]
CatBoostRegressor(**told).fit(rows, [it[0] * 10 for it in rows]).save_model("regressor.cbm")
CatBoostClassifier(**told).fit(rows, ["n" if it[0] < 30 else "y" for it in rows]).save_model("classifier.cbm")
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    for kind in (CatBoostClassifier, CatBoost, CatBoostRegressor):
        found = kind().load_model("classifier.cbm").predict(rows[:1])[0]
        print(kind.__name__, "a raw value below 0" if not isinstance(found, str) and found < 0 else found, end="; ")
print("warnings", len(warned), end="; ")
model = CatBoostClassifier().load_model("regressor.cbm")
try:
    print("a regressor as a classifier:", model.predict(rows[:1]))
except Exception as error:
    print("a regressor as a classifier: loads,", type(error).__name__)
PY
)
echo "$seen"
[[ $seen == "CatBoostClassifier n; CatBoost a raw value below 0; CatBoostRegressor a raw value below 0; warnings 0; \
a regressor as a classifier: loads, IndexError" ]]
