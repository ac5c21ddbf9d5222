#!/usr/bin/env bash
# DVCLive 3.49.1 writes a NaN of log_metric() as the text "nan", and one of the summary as a bare NaN.
#
# One metrics.json has both. With the second it is no JSON: a strict reader refuses the whole file. With the first
# it is JSON, and a reader that looks for numbers passes the metric over as if it had never been measured.
#
# Seen: '"logged": "nan"' and '"summed": NaN'; strict JSON: no
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install dvclive==3.49.1 dvc==3.67.1
export HOME=$folder GIT_CONFIG_NOSYSTEM=1 DVC_NO_ANALYTICS=1
git init --quiet "$folder/run"
cd "$folder/run"
git -c user.name="Ann Example" -c user.email=ann@example.com commit --quiet --allow-empty --message one
"$folder/venv/bin/python" - <<'PY'
from dvclive import Live

with Live(save_dvc_exp=False, report=None) as live:
    live.log_metric("logged", float("nan"))
    live.summary["summed"] = float("nan")
PY
found=$(cat dvclive/metrics.json)
echo "$found"
strict=$("$folder/venv/bin/python" - <<'PY'
import json

def refuse(name):
    raise ValueError(name)

try:
    json.load(open("dvclive/metrics.json"), parse_constant=refuse)
    print("yes")
except ValueError:
    print("no")
PY
)
echo "strict JSON: $strict"
[[ $found == *'"logged": "nan"'* && $found == *'"summed": NaN'* && $strict == no ]]
