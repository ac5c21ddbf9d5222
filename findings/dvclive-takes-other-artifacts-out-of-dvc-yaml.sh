#!/usr/bin/env bash
# DVCLive 3.49.1 removes artifacts and metrics that are not its own from dvc.yaml when a run ends.
#
# What goes is each entry with "dvclive/" anywhere in its path, such as another model's folder models/dvclive/. Two
# models of one repository that keep their runs apart so delete each other's entries, with which GTO and DVC find them.
#
# Seen: before: other, models/dvclive/metrics.json; after: churn, dvclive/metrics.json
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install dvclive==3.49.1 dvc==3.67.1
export HOME=$folder GIT_CONFIG_NOSYSTEM=1 DVC_NO_ANALYTICS=1 PATH="$folder/venv/bin:$PATH"
git config --global user.name "Ann Example"
git config --global user.email ann@example.com
git init --quiet "$folder/project"
cd "$folder/project"
dvc init --quiet
mkdir -p models/dvclive
echo "other" > models/dvclive/model.txt
echo '{"accuracy": 0.9}' > models/dvclive/metrics.json
printf 'artifacts:\n  other:\n    path: models/dvclive/model.txt\n    type: model\nmetrics:\n- models/dvclive/metrics.json\n' > dvc.yaml
git add --all
git commit --quiet --message one
said() {
    python -c '
from ruamel.yaml import YAML

read = YAML(typ="safe").load(open("dvc.yaml"))
print(*read["artifacts"], *read["metrics"])'
}
before=$(said)
echo "new" > model.txt
python - <<'PY'
from dvclive import Live

with Live(save_dvc_exp=False, report=None) as live:
    live.log_metric("accuracy", 0.91)
    live.log_artifact("model.txt", type="model", name="churn", cache=False)
PY
after=$(said)
echo "before: $before; after: $after"
[[ $before == "other models/dvclive/metrics.json" && $after == "churn dvclive/metrics.json" ]]
