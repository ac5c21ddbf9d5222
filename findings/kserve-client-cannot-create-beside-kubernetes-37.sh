#!/usr/bin/env bash
# kserve 0.21.0: its client cannot create an InferenceService beside kubernetes 37.0.1, which pip installs with it.
#
# kserve asks for kubernetes>=23.3.0. Up to 36 that client wrote any generated model in the words of the API; since 37 it
# is made of pydantic: it takes a dict, and of a model of another generator makes one with Python's names. KServeClient.create
# hands it such a model, so that nothing is sent; sanitize_for_serialization, which people use to print a manifest, writes
# min_replicas for minReplicas without a word. Pin kubernetes<37 beside kserve 0.21.
#
# Seen: 36.0.3: sent apiVersion kind metadata spec; printed minReplicas. 37.0.1: sent nothing, ValidationError; printed min_replicas
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
cat > "$folder/create.py" <<'PY'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from kserve import (
    KServeClient,
    V1beta1InferenceService,
    V1beta1InferenceServiceSpec,
    V1beta1ModelFormat,
    V1beta1ModelSpec,
    V1beta1PredictorSpec,
)
from kubernetes import client

sent = []


class Api(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sent.append(json.loads(body))
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
config = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "a",
    "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
    "clusters": [{"name": "a", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
    "users": [{"name": "a", "user": {}}],
}
with open(sys.argv[1], "w") as file:
    json.dump(config, file)
model = V1beta1ModelSpec(model_format=V1beta1ModelFormat(name="sklearn"), storage_uri="s3://bucket/model")
service = V1beta1InferenceService(
    api_version="serving.kserve.io/v1beta1",
    kind="InferenceService",
    metadata=client.V1ObjectMeta(name="churn"),
    spec=V1beta1InferenceServiceSpec(predictor=V1beta1PredictorSpec(min_replicas=2, model=model)),
)
failed = ""
try:
    KServeClient(sys.argv[1]).create(service, namespace="models")
except Exception as error:
    failed = f", {type(error).__name__}"
keys = " ".join(sorted(key for key, it in sent[0].items() if it is not None)) if sent else "nothing"
printed = client.ApiClient().sanitize_for_serialization(service)["spec"]["predictor"]
names = [key for key, it in printed.items() if it == 2]
print(f"sent {keys}{failed}; printed {' '.join(names)}")
PY
run() {
    "$folder/venv/bin/pip" --quiet --disable-pip-version-check install kserve==0.21.0 "kubernetes==$1"
    "$folder/venv/bin/python" -W ignore "$folder/create.py" "$folder/config" 2>/dev/null | tail -n 1
}
seen="36.0.3: $(run 36.0.3). 37.0.1: $(run 37.0.1)"
echo "$seen"
[[ $seen == "36.0.3: sent apiVersion kind metadata spec; printed minReplicas. 37.0.1: sent nothing, ValidationError; printed min_replicas" ]]
