"""Real remotes for tests, on the loopback interface: files, `git daemon`, http, https and ssh."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from repositories import Repository, run

TRANSPORTS = ("file", "git", "http")

_LOOPBACK = "127.0.0.1"
_PATIENCE = 20


def bare(folder: Path, name: str = "remote.git", object_format: str = "sha1") -> Repository:
    """Make a bare repository that takes pushes over any transport."""
    path = folder / name
    path.mkdir(parents=True)
    run(path, "init", "-q", "--bare", "--template=", "--object-format", object_format)
    run(path, "config", "http.receivepack", "true")
    return Repository(path)


def clone(url: str, path: Path) -> Repository:
    """Clone a repository."""
    run(path.parent, "clone", "-q", url, str(path))
    return Repository(path)


def install_hook(remote: Repository, name: str, script: str) -> None:
    """Give a bare repository a hook, a shell script."""
    file = remote.path / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@contextmanager
def served(folder: Path, transport: str, *, writable: bool = True) -> Iterator[str]:
    """Serve the repositories in a folder while the block lasts.

    Returns:
        The URL of the folder.
    """
    if transport == "file":
        yield folder.as_uri()
        return
    server = _daemon(folder, writable) if transport == "git" else served_by_http(folder)
    with server as url:
        yield url


@contextmanager
def _daemon(folder: Path, writable: bool) -> Iterator[str]:
    for _ in range(10):
        port = _free_port()
        command = [
            "git",
            "daemon",
            f"--listen={_LOOPBACK}",
            f"--port={port}",
            f"--base-path={folder}",
            "--export-all",
            "--reuseaddr",
            "--max-connections=0",
            *(["--enable=receive-pack"] if writable else []),
        ]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if _answers(port, process):
            break
        process.wait()
    else:
        raise AssertionError("git daemon does not start")
    try:
        yield f"git://{_LOOPBACK}:{port}"
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((_LOOPBACK, 0))
        return int(found.getsockname()[1])


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Wait until somebody listens at a port; tell whether it is the process."""
    end = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex((_LOOPBACK, port)) == 0:
                return True
        time.sleep(0.02)
    return False


class Certificate(NamedTuple):
    """A server's certificate, which it signed itself.

    Attributes:
        file: the certificate, in PEM; who trusts it names it as an authority.
        key: the file of its key.
    """

    file: Path
    key: Path


def make_certificate(folder: Path) -> Certificate:
    """Make a certificate for the loopback interface."""
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    settings = folder / "certificate.cnf"
    settings.write_text(
        "[req]\nprompt = no\ndistinguished_name = name\nx509_extensions = extensions\n"
        "[name]\nCN = a registry\n"
        f"[extensions]\nsubjectAltName = IP:{_LOOPBACK}\nbasicConstraints = critical, CA:TRUE\n"
    )
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    files = ("-config", settings, "-keyout", made.key, "-out", made.file)
    subprocess.run(["openssl", "req", "-x509", *kind, *files], capture_output=True, check=True)
    return made


class HttpServer(ThreadingHTTPServer):
    """A server that takes a client's going away, or distrust, for what it is."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def served_by_http(folder: Path, certificate: Certificate | None = None) -> Iterator[str]:
    """Serve the repositories in a folder over http, or https if there is a certificate."""
    handler = type("Handler", (Backend,), {"folder": folder})
    with listening(handler, certificate) as url:
        yield url


@contextmanager
def listening(
    handler: type[BaseHTTPRequestHandler], certificate: Certificate | None = None
) -> Iterator[str]:
    """Let a handler answer over http, or https if there is a certificate; return the URL."""
    with HttpServer((_LOOPBACK, 0), handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.file, certificate.key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.005,))
        thread.start()
        try:
            scheme = "https" if certificate else "http"
            yield f"{scheme}://{_LOOPBACK}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class Backend(BaseHTTPRequestHandler):
    """Hands requests to `git http-backend`, as a web server does by CGI (RFC 3875)."""

    folder: Path
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or a content waits 40 ms for its head to be acknowledged

    def do_GET(self) -> None:
        self.respond(b"")

    def do_POST(self) -> None:
        self.respond(self._body())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def respond(self, body: bytes) -> None:
        """Answer a request."""
        status, fields, content = self.run_backend(body)
        self.send_head(status, fields, len(content))
        self.wfile.write(content)

    def run_backend(self, body: bytes) -> tuple[int, list[list[str]], bytes]:
        """Return what Git answers to a request: the status, the fields of its head, the content."""
        path, _, query = self.path.partition("?")
        environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": _LOOPBACK,
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True, check=False
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
        status = next((value for name, value in fields if name == "Status"), "200 OK")
        return int(status.split()[0]) if head else 500, fields, content

    def send_head(self, status: int, fields: list[list[str]], size: int) -> None:
        """Begin an answer whose content has so many bytes."""
        self.send_response(status)
        for name, value in fields:
            if name not in ("Status", "Content-Length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(size))
        self.end_headers()


def local_ssh(folder: Path, said: str = "") -> Path:
    """Make a program that stands in for ssh: it runs the command here instead of on the host.

    Args:
        folder: where the program is put.
        said: what it says before it refuses; nothing: it does not refuse.
    """
    program = folder / "ssh"
    refuse = f"echo '{said}' >&2; exit 255\n" if said else ""
    program.write_text(
        "#!/bin/sh\n"
        f"{refuse}"
        'while getopts o:p:46 _; do :; done; shift "$OPTIND"  # the options, and the host\n'
        'exec sh -c "$*"  # as sshd does (man 8 sshd, LOGIN PROCESS)\n'
    )
    program.chmod(0o755)
    return program


def copied(repository: Repository, path: Path) -> Repository:
    """Copy a repository, settings and all."""
    shutil.copytree(repository.path, path)
    return Repository(path, repository.commits)
