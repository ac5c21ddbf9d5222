#!/usr/bin/env bash
# DVC 3.67.1: `dvc artifacts get` hands out a version that GTO 1.10.1 took out of its stage, and one it deregistered.
#
# DVC reads GTO's tags by itself. It takes the newest tag of a stage for its holder, and a version's tag for a
# version; the tags with "!" that end either, it leaves aside. GTO shows nothing at all where DVC still delivers.
#
# Seen: after `gto deprecate churn v1.0.0 prod` and `gto deprecate churn v1.0.0`: gto show: []; dvc artifacts get by
# stage: 0 the model; by version: 0 the model; the latest: 0 the model
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install gto==1.10.1 dvc==3.67.1
export HOME=$folder GIT_CONFIG_NOSYSTEM=1 DVC_NO_ANALYTICS=1 PATH="$folder/venv/bin:$PATH"
git config --global user.name "Ann Example"
git config --global user.email ann@example.com
git init --quiet "$folder/project"
cd "$folder/project"
dvc init --quiet
echo "the model" > model.txt
printf 'artifacts:\n  churn:\n    path: model.txt\n    type: model\n' > dvc.yaml
dvc add --quiet model.txt
git add --all
git commit --quiet --message one
then_wait() { "$@" >/dev/null; sleep 1; } # GTO orders by seconds
then_wait gto register churn --version v1.0.0
then_wait gto assign churn --version v1.0.0 --stage prod
then_wait gto deprecate churn v1.0.0 prod
then_wait gto deprecate churn v1.0.0
got() {
    rm -f got.txt
    local code=0
    dvc artifacts get --quiet . churn "$@" --out got.txt || code=$?
    echo "$code $(cat got.txt)"
}
shown=$(gto show churn --json)
seen="$shown; $(got --stage prod); $(got --rev v1.0.0); $(got)"
git tag
echo "$seen"
[[ $seen == "[]; 0 the model; 0 the model; 0 the model" ]]
