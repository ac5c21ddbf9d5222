#!/usr/bin/env bash
# DVC 3.67.1: `dvc push --all-tags` counts a remote's relative path from the root of the file system, for what tags hold.
#
# Of the work tree, `url = ../../storage` is beside the project; of a tag's commit it is /storage. So a user who may write
# there has older versions in two places without a word; another gets "permission denied". `dvc fetch --all-tags`, and
# --all-branches and --all-commits of both, look there as well: in a colleague's clone older versions are not found.
#
# Seen: beside the project: two; from the root: one two (the path here leads into the temporary folder both ways)
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
printf "[core]\n    remote = s\n['remote \"s\"']\n    url = ../..%s/storage\n" "$folder" > .dvc/config
for number in one two; do
    echo "$number" > model.txt
    dvc add --quiet model.txt
    git add --all
    git commit --quiet --message "$number"
    git tag "$number"
done
dvc push --quiet --all-tags
held() { find "$1" -type f -exec cat {} + | sort | paste -sd ' '; }
seen="beside the project: $(held "$folder$folder/storage"); from the root: $(held "$folder/storage")"
echo "$seen"
[[ $seen == "beside the project: two; from the root: one two" ]]
