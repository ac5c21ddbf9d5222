#!/usr/bin/env bash
# DVC 3.67.1: `dvc plots diff A B` reads the file of B by the columns that dvc.yaml of A names, not by B's own.
#
# Each revision says in its own dvc.yaml which columns of the file are plotted. Where a column was renamed together
# with its mention in dvc.yaml, each revision is whole; yet the second one's curve is missing from the plot, in either
# order. The command ends well: exit code 0, a warning, and a FieldNotFoundError within its JSON.
#
# Seen: HEAD~1 HEAD: drawn HEAD~1, missing HEAD (FieldNotFoundError); HEAD HEAD~1: drawn HEAD, missing HEAD~1
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install dvc==3.67.1
export HOME=$folder GIT_CONFIG_NOSYSTEM=1 DVC_NO_ANALYTICS=1 PATH="$folder/venv/bin:$PATH"
git config --global user.name "Ann Example"
git config --global user.email ann@example.com
git init --quiet "$folder/project"
cd "$folder/project"
dvc init --quiet
printf 'epoch,acc\n1,0.5\n2,0.6\n' > curve.csv
printf 'plots:\n- curve.csv:\n    x: epoch\n    y: acc\n' > dvc.yaml
git add --all
git commit --quiet --message one
printf 'step,auc\n1,0.7\n2,0.8\n' > curve.csv
printf 'plots:\n- curve.csv:\n    x: step\n    y: auc\n' > dvc.yaml
git add --all
git commit --quiet --message two

said() {
    dvc plots diff "$1" "$2" --json 2>/dev/null | python3 -c '
import json, sys
found = json.load(sys.stdin)
drawn = [revision for plot in found["data"]["curve.csv"] for revision in plot["revisions"]]
missing = [error["rev"] + " (" + error["type"] + ")" for error in found["errors"]]
print("drawn", *drawn, "missing", *missing)'
}
forth=$(said HEAD~1 HEAD)
back=$(said HEAD HEAD~1)
echo "HEAD~1 HEAD: $forth"
echo "HEAD HEAD~1: $back"
[[ $forth == "drawn HEAD~1 missing HEAD (FieldNotFoundError)" ]]
[[ $back == "drawn HEAD missing HEAD~1 (FieldNotFoundError)" ]]
