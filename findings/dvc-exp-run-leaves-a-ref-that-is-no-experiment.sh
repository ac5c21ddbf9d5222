#!/usr/bin/env bash
# DVC 3.67.1 leaves refs/exps/exec/EXEC_HEAD behind when `dvc exp run` has ended well.
#
# Experiments are the refs under refs/exps. Whoever takes all of these for experiments finds one more, which is the
# commit that the last one began from.
#
# Seen: one experiment by `dvc exp list`, two refs under refs/exps; refs/exps/exec/EXEC_HEAD is HEAD: yes
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
echo "depth: 3" > params.yaml
cat > dvc.yaml <<'YAML'
stages:
  train:
    cmd: cp params.yaml model.txt
    params: [depth]
    deps: [params.yaml]
    outs: [model.txt]
YAML
git add --all
git commit --quiet --message one
dvc exp run --quiet --name deeper --set-param depth=4
experiments=$(dvc exp list --name-only | wc -l)
refs=$(git for-each-ref --format='%(refname)' refs/exps)
echo "experiments: $experiments"
echo "$refs"
same=no
[[ $(git rev-parse refs/exps/exec/EXEC_HEAD) == $(git rev-parse HEAD) ]] && same=yes
echo "refs/exps/exec/EXEC_HEAD is HEAD: $same"
[[ $experiments == 1 && $(wc -l <<<"$refs") == 2 && $same == yes ]]
