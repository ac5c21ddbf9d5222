#!/usr/bin/env bash
# Ray Serve 2.60.0: an update stops replicas that work before those that replace them have started.
#
# A deployment of one replica answers, and is updated to a configuration that its reconfigure refuses. The status says
# "The update is stopped and replicas of the previous version keep running", but the only one was stopped first: nothing
# answers until somebody deploys again. Of two replicas one is left. So try a model before it is handed to
# the replicas, and have more than one.
#
# Seen: before 200; status DEPLOY_FAILED, replicas of the previous version keep running; running 0; after no answer
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install 'ray[serve]==2.60.0'
cat >"$folder/update.py" <<'PY'
import urllib.request

import ray
from ray import serve


@serve.deployment(num_replicas=1, max_constructor_retry_count=1, graceful_shutdown_timeout_s=1)
class Model:
    def reconfigure(self, config):
        if config["version"] == "broken":
            raise ValueError("cannot load it")

    def __call__(self, request):
        return "an answer"


def deploy(version):
    serve.run(Model.options(user_config={"version": version}).bind(), name="churn", route_prefix="/churn")


def ask():
    try:
        return urllib.request.urlopen("http://127.0.0.1:8000/churn", timeout=20).status
    except Exception:
        return "no answer"


ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
deploy("v1")
before = ask()
try:
    deploy("broken")
except RuntimeError:
    pass
found = serve.status().applications["churn"].deployments["Model"]
kept = "replicas of the previous version keep running" in found.message
print(
    f"before {before}; status {found.status.value}{', replicas of the previous version keep running' if kept else ''};",
    f"running {found.replica_states.get('RUNNING', 0)}; after {ask()}",
)
serve.shutdown()
ray.shutdown()
PY
# Some of its processes listen on all addresses: in a network of its own there is the loopback interface alone.
export HOME=$folder RAY_USAGE_STATS_ENABLED=0 RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S=60
seen=$(unshare --map-root-user --net -- sh -c 'ip link set lo up; exec "$0" "$1"' \
    "$folder/venv/bin/python" "$folder/update.py" 2>"$folder/log" | grep '^before') || { cat "$folder/log"; exit 1; }
echo "$seen"
[[ $seen == "before 200; status DEPLOY_FAILED, replicas of the previous version keep running; running 0; after no answer" ]]
