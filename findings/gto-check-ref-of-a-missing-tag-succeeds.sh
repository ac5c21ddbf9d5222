#!/usr/bin/env bash
# GTO 1.10.1: `gto check-ref` ends with 0 and without a word for a tag that does not exist.
#
# CI jobs ask it what a pushed tag means. For a misspelt or missing tag it prints nothing and succeeds, so a job
# that goes by the exit code goes on as for an event. With --json it prints nothing either, which is no JSON.
#
# Seen: existing: 0 and text; missing: 0, nothing; missing with --json: 0, nothing
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install gto==1.10.1
export HOME=$folder GIT_CONFIG_NOSYSTEM=1 PATH="$folder/venv/bin:$PATH"
git config --global user.name "Ann Example"
git config --global user.email ann@example.com
git init --quiet "$folder/project"
cd "$folder/project"
git commit --quiet --allow-empty --message one
gto register churn --version v1.0.0 >/dev/null
asked() { local code=0 said; said=$(gto check-ref "$@" 2>&1) || code=$?; echo "$code ${said:-nothing}"; }
existing=$(asked churn@v1.0.0)
missing=$(asked churn@v2.0.0)
json=$(asked churn@v2.0.0 --json)
echo "existing: $existing"
echo "missing: $missing"
echo "missing with --json: $json"
[[ $existing == "0 "*registered* && $missing == "0 nothing" && $json == "0 nothing" ]]
