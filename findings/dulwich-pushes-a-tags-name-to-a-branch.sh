#!/usr/bin/env bash
# dulwich 1.2.21: porcelain.push(repo, remote, TAG) makes a branch of the tag's name, and the tag stays unpublished.
#
# Git's `git push REMOTE TAG` pushes the tag, since no branch has that name. dulwich finds the same tag here, then
# writes it to refs/heads there: a branch whose object is an annotated tag, which is no commit. It reports success.
# The full name refs/tags/TAG goes where it should.
#
# Seen: by its short name: refs/heads/churn@v1.0.0 tag; by its full name: refs/tags/churn@v1.0.0 tag
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install dulwich==1.2.21
export HOME=$folder GIT_CONFIG_NOSYSTEM=1 PATH="$folder/venv/bin:$PATH"
git config --global user.name "Ann Example"
git config --global user.email ann@example.com
git init --quiet "$folder/project"
cd "$folder/project"
git commit --quiet --allow-empty --message one
git tag --annotate --message "registered" churn@v1.0.0
pushed() {
    git init --quiet --bare "$folder/$2.git"
    python -c 'import sys; from dulwich import porcelain; porcelain.push(".", sys.argv[1], sys.argv[2])' \
        "$folder/$2.git" "$1" >/dev/null 2>&1
    git -C "$folder/$2.git" for-each-ref --format='%(refname) %(objecttype)'
}
short=$(pushed churn@v1.0.0 short)
full=$(pushed refs/tags/churn@v1.0.0 full)
echo "by its short name: $short; by its full name: $full"
[[ $short == "refs/heads/churn@v1.0.0 tag" && $full == "refs/tags/churn@v1.0.0 tag" ]]
