#!/usr/bin/env bash
# Train, register, promote, serve, call; promote again, watch the service switch; roll it back.
#
#   bash examples/serve/play.sh          in an environment with mreg[serve], scikit-learn and skops
#
# It uses a temporary folder and 127.0.0.1 only.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null; rm -rf "$folder"' EXIT
export MREG_CACHE_DIR=$folder/cache

say() { printf '\n== %s\n' "$*"; }

call() {
    curl --silent --show-error --fail-with-body "$address/v2/models/churn/infer" --data '{"inputs": [
      {"name": "age", "shape": [2], "datatype": "INT64", "data": [22, 70]},
      {"name": "income", "shape": [2], "datatype": "FP64", "data": [3000, 3000]},
      {"name": "plan", "shape": [2], "datatype": "BYTES", "data": ["pro", "basic"]}]}'
    echo
}

until_served() {
    for _ in $(seq 600); do
        if curl --silent "$address/v2/models/churn" | grep --quiet "\"versions\":\[\"$1\"\]"; then
            echo "$1 is served"
            return
        fi
        sleep 0.1
    done
    echo "$1 is not served" >&2
    cat "$folder/serve.log" >&2
    exit 1
}

say "Create a repository and its remote"
git init --quiet --bare --initial-branch main "$folder/models.git"
git init --quiet --initial-branch main "$folder/work"
cd "$folder/work"
git config user.name "Ann Example"
git config user.email ann@example.com
git remote add origin "$folder/models.git"

say "Train, log, register and promote the first version"
release() {
    python "$here/train_churn.py" "$1"
    git add --all
    git commit --quiet --message "Train on $1 customers"
    git push --quiet origin main
    mreg register churn --version "$2" --push
    mreg promote "churn@$2" prod --push
}
release 300 v1.0.0

say "Serve the version in prod"
mreg serve churn#prod --repo "file://$folder/models.git" --port 0 >"$folder/address" 2>"$folder/serve.log" &
server=$!
for _ in $(seq 1200); do
    [[ ! -s $folder/address ]] || break
    kill -0 "$server" 2>/dev/null || { cat "$folder/serve.log" >&2; exit 1; }
    sleep 0.1
done
address=$(cat "$folder/address")
until_served v1.0.0
call

say "Promote a second version: the service switches to it"
release 3000 v1.1.0
until_served v1.1.0
call

say "Roll back: the service returns to the first version"
mreg rollback churn prod --push
until_served v1.0.0
call
mreg serve status "$address"

say "Stop the service"
kill "$server"
wait "$server"
server=
