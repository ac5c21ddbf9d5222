#!/usr/bin/env bash
# setuptools-scm 10.3.4 cannot tell a package's version once GTO 1.10.1 has registered a model in the repository.
#
# Both keep versions in annotated tags. GTO's tag of a stage, churn#prod#1, is the nearest one; setuptools-scm
# takes that and fails with a ValueError, although v1.2.3 is right behind it. A tag_regex that only
# fits v1.2.3 does not help, since it is applied to the tag that was chosen. A describe command with a pattern does.
#
# Seen: before "1.2.4.dev1+...", after "ValueError ... churn#prod#1", with tag_regex the same,
# with git_describe_command "1.2.4.dev1+..."
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
bin=$folder/venv/bin
"$bin/pip" --quiet --disable-pip-version-check install setuptools-scm==10.3.4 gto==1.10.1
export HOME=$folder GIT_CONFIG_NOSYSTEM=1
git config --global user.name "Ann Example"
git config --global user.email ann@example.com
git init --quiet "$folder/package"
cd "$folder/package"
project() {
    printf '[build-system]\nrequires = ["setuptools-scm"]\n[project]\nname = "package"\ndynamic = ["version"]\n' >pyproject.toml
    printf '[tool.setuptools_scm]\nlocal_scheme = "no-local-version"\n%s\n' "$1" >>pyproject.toml
}
version() { { "$bin/python" -m setuptools_scm 2>&1 || true; } | tail -n 1; }
project ""
git add . && git commit --quiet --message one
git tag --annotate v1.2.3 --message v1.2.3
git commit --quiet --allow-empty --message two
before=$(version)
"$bin/gto" register churn --version v0.5.0 >/dev/null
"$bin/gto" assign churn --version v0.5.0 --stage prod >/dev/null
after=$(version)
project "tag_regex = '^(?P<version>v[0-9]+[.][0-9]+[.][0-9]+)\$'"
regex=$(version)
project "git_describe_command = 'git describe --dirty --tags --long --match v[0-9]*'"
described=$(version)
printf '%s\n' "before: $before" "after: $after" "tag_regex: $regex" "git_describe_command: $described"
[[ $before == 1.2.4.dev1 && $after == *ValueError*churn* && $regex == *ValueError*churn* && $described == 1.2.4.dev* ]]
