#!/usr/bin/env bash
# git-cliff 2.14.2 takes a model's tag for the last release of a package, and proposes the model's next version.
#
# On a commit that carries v1.2.3 and GTO's xgb@v0.5.0, the tag whose name sorts last counts. The
# changelog has no 1.2.3, and after one fix --bumped-version answers xgb@v0.5.1. Made with `git tag -a`, that
# registers a version of the model, which GTO then lists.
#
# Seen: "xgb@v0.5.1"; with --tag-pattern '^v[0-9]+' "v1.2.4"
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install git-cliff==2.14.2
export HOME=$folder GIT_CONFIG_NOSYSTEM=1
git config --global user.name "Ann Example"
git config --global user.email ann@example.com
git init --quiet "$folder/package"
cd "$folder/package"
git commit --quiet --allow-empty --message "feat: first"
git tag --annotate v1.2.3 --message v1.2.3
git tag --annotate xgb@v0.5.0 --message "Registering artifact xgb version v0.5.0"
git commit --quiet --allow-empty --message "fix: a mistake"
plain=$("$folder/venv/bin/git-cliff" --bumped-version 2>/dev/null)
told=$("$folder/venv/bin/git-cliff" --bumped-version --tag-pattern '^v[0-9]+' 2>/dev/null)
printf '%s\n' "as it comes: $plain" "with a pattern: $told"
[[ $plain == xgb@v0.5.1 && $told == v1.2.4 ]]
