#!/usr/bin/env bash
# skops 0.16.0 trusts scikit-learn's estimators, and does not load a forest: the tree inside of it is not trusted.
#
# The names of what it trusts are those of public estimators. What these are made of (sklearn.tree._tree.Tree,
# TreePredictor, KDTree) is not among them, so most models have to be loaded with a list of trusted types; the
# obvious one, all that get_untrusted_types says, trusts whatever a file names.
#
# Seen: LogisticRegression []; RandomForestClassifier ['sklearn.tree._tree.Tree'] UntrustedTypesFoundException;
# HistGradientBoostingClassifier ['sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor'] refused, too
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install skops==0.16.0 scikit-learn==1.9.1
seen=$("$folder/venv/bin/python" - <<'PY'
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

for estimator in (LogisticRegression(), RandomForestClassifier(n_estimators=2), HistGradientBoostingClassifier()):
    saved = skops.io.dumps(estimator.fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]))
    try:
        skops.io.loads(saved)
        how = "loads"
    except Exception as error:
        how = type(error).__name__
    print(type(estimator).__name__, skops.io.get_untrusted_types(data=saved), how)
PY
)
echo "$seen"
[[ $seen == "LogisticRegression [] loads
RandomForestClassifier ['sklearn.tree._tree.Tree'] UntrustedTypesFoundException
HistGradientBoostingClassifier ['sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor'] UntrustedTypesFoundException" ]]
