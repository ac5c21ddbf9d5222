"""examples/catalog and the proxy of docs/how-to/ui.md: all is run, except the containers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mreg import Registry
from remotes import make_certificate
from repositories import Maker, Tag
from uis import PATIENCE

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "examples" / "catalog"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin") or shutil.which("nginx")
PROXIED = pytest.mark.skipif(not NGINX, reason="needs nginx")
PEOPLE = "ann:{PLAIN}secret\n"
PASSWORD = {"Authorization": "Basic YW5uOnNlY3JldA=="}
KEY = "k" * 48
NOTHING: Mapping[str, str] = {}


def compose() -> Any:
    return YAML(typ="safe").load(FOLDER / "compose.yaml")


def container(word: str) -> Any:
    """Return what an instruction of the container's file says, of those that say JSON."""
    found = re.search(
        rf"^{word} .*?(\[.*\])$", (FOLDER / "Containerfile").read_text(), re.MULTILINE
    )
    assert found
    return json.loads(found[1])


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def elsewhere(text: str, places: Mapping[str, object]) -> str:
    """Put what is at hand in the place of what the containers have."""
    for there, here in places.items():
        assert there in text, there
        text = text.replace(there, str(here))
    return text


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0


@contextmanager
def proxy(settings: str, folder: Path, port: int) -> Iterator[None]:
    """Run nginx, and wait until it listens."""
    assert NGINX
    file = folder / "nginx.conf"
    as_whom = "user root;" if os.geteuid() == 0 else ""  # its workers would be nobody's
    file.write_text(f"{as_whom}\n{settings}")
    command = [NGINX, "-p", str(folder), "-e", "stderr", "-c", str(file), "-g", "daemon off;"]
    with running(command, folder) as process:
        while process.poll() is None:
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield


@contextmanager
def asking(
    port: int, target: str, headers: Mapping[str, str] = NOTHING, method: str = "GET"
) -> Iterator[HTTPResponse]:
    """Ask the proxy, as a browser does that is at another machine."""
    trusting = ssl._create_unverified_context()
    opened = HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=trusting)
    with closing(opened):
        opened.request(method, target, headers={"Host": "models.example.com", **headers})
        with opened.getresponse() as answer:
            yield answer


def status(
    port: int, target: str, headers: Mapping[str, str] = NOTHING, method: str = "GET"
) -> int:
    with asking(port, target, headers, method) as answer:
        return answer.status


@contextmanager
def listening(port: int) -> Iterator[Iterator[bytes]]:
    """Listen for news by way of the proxy."""
    with asking(port, "/ui/events", PASSWORD) as answer:
        yield (it for it in answer if it.startswith(b"data: "))


def test_the_containers_are_as_closed_as_they_can_be() -> None:
    made = compose()
    for it in made["services"].values():
        assert it["read_only"] is True
        assert it["cap_drop"] == ["ALL"]
        assert it["security_opt"] == ["no-new-privileges:true"]
        assert {*it["secrets"]} <= made["secrets"].keys()
        for volume in it["volumes"]:
            source = volume.partition(":")[0]
            assert (FOLDER / source).is_file() or source in made["volumes"]
    assert "ports" not in made["services"]["catalog"]
    images = [made["services"]["proxy"]["image"]]
    images += re.findall("(?m)^FROM (.*)$", (FOLDER / "Containerfile").read_text())
    assert all(re.search(r":\d+\.\d+\.\d+", it) for it in images)
    assert "\nUSER 10001:10001\n" in (FOLDER / "Containerfile").read_text()
    told = (FOLDER / "README.md").read_text()
    assert all(it["file"].removeprefix("./") in told for it in made["secrets"].values())


def test_git_is_told_the_password_out_of_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "credential"
    secret.write_text("username=mreg\npassword=hunter2\n")
    said = compose()["services"]["catalog"]["environment"]
    helper = said["GIT_CONFIG_VALUE_0"].replace("$$", "$")
    helper = elsewhere(helper, {"/run/secrets/git_credential": secret})
    command = ["git", "-c", f"{said['GIT_CONFIG_KEY_0']}={helper}", "credential", "fill"]
    for host, known in (("git.example.com", True), ("other.example.com", False)):
        done = subprocess.run(
            command,
            input=f"protocol=https\nhost={host}\n\n",
            env={"GIT_TERMINAL_PROMPT": "0", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ("password=hunter2" in done.stdout) is known


@PROXIED
def test_what_the_containers_run(tmp_path: Path, make_repository: Maker) -> None:
    """The commands of both, and the question whether the server is well, each as they stand."""
    one = make_repository([Tag("scorer@v1.0.0")])
    made = compose()["services"]["catalog"]
    port, outside, certificate = free_port(), free_port(), make_certificate(tmp_path)
    (tmp_path / "catalog.yaml").write_text(f"repositories: ['{one.path}']\n")
    (tmp_path / "people").write_text(PEOPLE)
    (tmp_path / "webhook_secret").write_text("a secret of some length\n")
    words = [*container("ENTRYPOINT"), *made["command"], "--port", str(port)]
    places = {"/etc/mreg/": tmp_path, "/run/secrets/": tmp_path}
    command = elsewhere("\0".join(words), {it: f"{at}/" for it, at in places.items()}).split("\0")
    settings = elsewhere(
        (FOLDER / "nginx.conf").read_text(),
        {
            "/tmp/": f"{tmp_path}/",  # before what may lie there
            "/run/secrets/certificate_key": certificate.key,
            "/run/secrets/certificate;": f"{certificate.file};",
            "/run/secrets/people": tmp_path / "people",
            "catalog:8480": f"127.0.0.1:{port}",
            "8443": f"127.0.0.1:{outside}",
        },
    )
    with running([sys.executable, "-m", *command], tmp_path) as serving:
        assert serving.stdout
        assert serving.stdout.readline() == "https://models.example.com/\n"
        well = [it.replace("8480", str(port)) for it in container("HEALTHCHECK")]
        assert subprocess.run([sys.executable, *well[1:]], check=False).returncode == 0
        with proxy(settings, tmp_path, outside):
            assert status(outside, "/status.json") == 401
            assert status(outside, "/status.json", PASSWORD) == 200
            with asking(outside, "/webhooks", method="POST") as answer:
                assert b"it is not signed" in answer.read()  # mreg says so, and no proxy
            with listening(outside) as news:
                assert next(news)


@PROXIED
def test_the_proxy_of_the_page_on_ui(tmp_path: Path, make_repository: Maker) -> None:
    one = make_repository([Tag("scorer@v1.0.0")])
    port, outside, certificate = free_port(), free_port(), make_certificate(tmp_path)
    (tmp_path / "people").write_text(PEOPLE)
    (tmp_path / "key").write_text(KEY)
    text = (ROOT / "docs" / "how-to" / "ui.md").read_text()
    told = re.search("(?s)```sh\n[^`]*?(mreg ui --read-only .*?)\n```", text)
    proxied = re.search("(?s)```nginx\n(.*?)```", text)
    assert told
    assert proxied
    places = {"8480": port, "/etc/mreg/": f"{tmp_path}/", "/srv/git/models.git": one.path}
    command = elsewhere(told[1], places).split()
    keys = f"ssl_certificate {certificate.file}; ssl_certificate_key {certificate.key};"
    places = {
        "443 ssl;": f"127.0.0.1:{outside} ssl; {keys}",
        "/etc/nginx/": f"{tmp_path}/",
        "8480": port,
        "THE_KEY": KEY,
    }
    temporary = "".join(
        f"{it}_temp_path {tmp_path}/{it}; "
        for it in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    server = elsewhere(proxied[1], places)
    settings = f"pid nginx.pid; events {{}} http {{ access_log off; {temporary} {server} }}"
    with running([sys.executable, "-m", *command], tmp_path) as serving:
        assert serving.stdout
        assert serving.stdout.readline().startswith(f"http://127.0.0.1:{port}/")
        with proxy(settings, tmp_path, outside):
            assert status(outside, "/") == 401
            assert status(outside, "/ui/search?q=latest%3Dtrue", PASSWORD) == 200
            headers = {**PASSWORD, "Content-Type": "application/json"}
            assert status(outside, "/ui/act", headers, "POST") == 403
            with listening(outside) as news:
                before = next(news)
                Registry.open(one.path).promote("scorer", "prod")
                assert next(news) != before
        with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as inside:
            inside.request("GET", "/")
            assert inside.getresponse().status == 401
