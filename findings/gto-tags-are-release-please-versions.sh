#!/usr/bin/env bash
# release-please 17.9.0 takes a model that GTO registered for a released component, and its withdrawal for the same.
#
# Its parser of tag names wants "-" between component and version by default, but reads any character that is
# no letter or digit. So GTO's churn@v1.2.0 is version 1.2.0 of the component "churn"; churn@v1.2.0! (GTO's
# deregistration) and churn@v1.2.0#2 are the same version once more. churn#prod#1 is not read.
#
# Seen: the four lines of `expected` below.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund release-please@17.9.0
cat >try.js <<'JS'
const { TagName } = require("release-please/build/src/util/tag-name");
for (const tag of ["churn@v1.2.0", "churn@v1.2.0!", "churn@v1.2.0#2", "churn#prod#1"]) {
  const found = TagName.parse(tag);
  console.log(tag, found ? `${found.component} ${found.version}` : "not read");
}
JS
expected='churn@v1.2.0 churn 1.2.0
churn@v1.2.0! churn 1.2.0
churn@v1.2.0#2 churn 1.2.0
churn#prod#1 not read'
seen=$(node try.js)
echo "$seen"
[[ $seen == "$expected" ]]
