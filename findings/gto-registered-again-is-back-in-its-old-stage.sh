#!/usr/bin/env bash
# GTO 1.10.1: a version that was deregistered and is registered again holds the stage again that it held before.
#
# Between the two it is in no stage. Nobody assigns it anew, and no tag says that it came back. From then on
# `gto show NAME` ends in an error that calls the repository impossible, though GTO alone made its tags.
#
# Seen: deregistered {}; registered again {'prod': 'v1.0.0'}; gto show churn: 1, "Multiple registrations"
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
then_wait() { "$@" >/dev/null; sleep 1; } # GTO orders by seconds
stages() { gto show --json | python -c 'import json, sys; print(json.load(sys.stdin)["churn"]["stage"])'; }
then_wait gto register churn --version v1.0.0
then_wait gto assign churn --version v1.0.0 --stage prod
then_wait gto deprecate churn v1.0.0
gone=$(stages)
then_wait gto register churn --version v1.0.0 --simple false
again=$(stages)
code=0
said=$(gto show churn 2>&1) || code=$?
git tag
echo "deregistered $gone; registered again $again; gto show churn: $code, $said"
[[ $gone == "{}" && $again == "{'prod': 'v1.0.0'}" && $code == 1 && $said == *"Multiple registrations"* ]]
