#!/usr/bin/env bash
# docker-registry 2.8.2 does not go on with an upload whose connection broke off in the middle of a PATCH.
#
# It keeps the bytes that came, and the specification (OCI distribution 1.1, "Pushing a blob in chunks") says how a
# client goes on: GET the upload's address, read "Range", PATCH the rest. But the address holds the offset at which
# the PATCH began. The bytes on the disk are more than that, so that each request for it is answered by 404
# BLOB_UPLOAD_INVALID ("upload resumed at wrong offest" in the log), and there is no other way to learn the offset.
# After a PATCH that ended, the same GET answers 204 with the range. All of the blob has to be sent again.
#
# Seen: "whole PATCH: 202 then GET 204 0-299999", "broken PATCH: GET 404 BLOB_UPLOAD_INVALID"
set -euo pipefail
folder=$(mktemp -d); trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
server=
cd "$folder"
apt-get -o APT::Sandbox::User=root download --quiet=2 docker-registry=2.8.2+ds1-1
dpkg-deb --extract docker-registry_*.deb .
cat >settings.yml <<YAML
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $folder/kept}}
http: {addr: 127.0.0.1:0}
YAML
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed -i "s/127.0.0.1:0/127.0.0.1:$port/" settings.yml
usr/bin/docker-registry --version
usr/bin/docker-registry serve settings.yml 2>log &
server=$!
cat >client.py <<'PYTHON'
import http.client
import json
import socket
import sys
import time
from urllib.parse import urlsplit

PORT = int(sys.argv[1])


def ask(method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=20)
    connection.request(method, path, body, {"Content-Type": "application/octet-stream"})
    answer = connection.getresponse()
    return answer, answer.read()


def address(answer):
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def started():
    return address(ask("POST", "/v2/models/blobs/uploads/")[0])


for _ in range(200):
    try:
        socket.create_connection(("127.0.0.1", PORT), 1).close()
        break
    except OSError:
        time.sleep(0.05)

whole, _ = ask("PATCH", started(), b"x" * 300_000)
after, _ = ask("GET", address(whole))
print(f"whole PATCH: {whole.status} then GET {after.status} {after.headers['Range']}")

path = started()
broken = socket.create_connection(("127.0.0.1", PORT))
head = f"PATCH {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n"
broken.sendall(head.encode() + b"x" * 300_000)
time.sleep(0.5)
broken.close()
time.sleep(0.5)
answer, body = ask("GET", path)
code = json.loads(body)["errors"][0]["code"] if body else answer.headers["Range"]
print(f"broken PATCH: GET {answer.status} {code}")
PYTHON
found=$(python3 client.py "$port")
printf '%s\n' "$found"
grep --count "upload resumed at wrong off" log
[[ $found == *"then GET 204 0-299999"* && $found == *"broken PATCH: GET 404 BLOB_UPLOAD_INVALID"* ]]
