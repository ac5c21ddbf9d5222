#!/usr/bin/env bash
# DVC 3.67.1 leaves a metric in .gitignore after it was told to keep it in Git (cache: false).
#
# A metric that a stage makes is cached by default, and DVC lists it in .gitignore. With `cache: false` in dvc.yaml
# and `dvc repro`, dvc.lock says that Git keeps it, but the line in .gitignore stays: `git add --all` passes the file
# over without a word, so the commit has a lock file that speaks of a metric nobody else gets.
#
# Seen: "in dvc.lock: yes / ignored: yes / in the commit: no"
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
stage() {
    printf 'stages:\n  evaluate:\n    cmd: sh evaluate.sh\n    metrics:\n    - f1.json%s\n' "$1" >dvc.yaml
}
echo "echo '{\"f1\": 0.9}' >f1.json" >evaluate.sh
stage ""
dvc repro --quiet
git add --all && git commit --quiet --message "Cached"
stage $':\n        cache: false'
dvc repro --quiet
git add --all && git commit --quiet --message "Kept in Git"
yes_or_no() { if "$@" >/dev/null 2>&1; then echo yes; else echo no; fi; }
lock=$(yes_or_no grep f1.json dvc.lock)
ignored=$(yes_or_no git check-ignore f1.json)
committed=$(yes_or_no git cat-file -e HEAD:f1.json)
echo "in dvc.lock: $lock / ignored: $ignored / in the commit: $committed"
[[ $lock/$ignored/$committed == yes/yes/no ]]
