"""A pushed tag becomes a deployment, from the first model to a rollback.

    python examples/deploy/play.py

Ann trains models, Bob reviews them. They share a bare repository, whose hooks play the policy's
guard and the CI, and a server answers for each of two stages. All of it is in a new folder and on
the loopback interface, and is gone at the end. README.md, beside this file, tells what is what.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

HERE = Path(__file__).parent
STAGES = ("staging", "prod")
CUSTOMER = {"months": 3, "complaints": 2}
PATIENCE = 60
"""How many seconds anything may take."""

_open = build_opener(ProxyHandler({})).open  # no proxy stands before the loopback interface


class Stand:
    """The remote, Ann's and Bob's clones of it, and the servers.

    Attributes:
        folder: where all of it is.
        servers: the URL of each stage's server.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: dict[str, str] = {}
        self._now = datetime(2026, 3, 2, 10, tzinfo=UTC)
        self._log_read = 0
        self._environment = {
            **{key: it for key, it in os.environ.items() if not key.startswith(("GIT_", "MREG_"))},
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "MREG_CACHE_DIR": str(folder / "cache"),
            "TZ": "UTC",
        }

    def do(self, who: str, *commands: str) -> None:
        """Let somebody type commands, which have to end well, and show what comes of them."""
        for command in commands:
            if self._typed(who, command):
                raise SystemExit("It should not have failed.")

    def refused(self, who: str, *commands: str) -> None:
        """Let somebody type commands of which each has to be refused."""
        for command in commands:
            if not self._typed(who, command):
                raise SystemExit("It should have been refused.")

    def train(self, who: str, auc: float, bias: float, **weights: float) -> None:
        """Commit and push a model."""
        clone = self.folder / who
        model = {"bias": bias, "weights": weights}
        annotation = {"type": "model", "path": "model.json", "metrics": {"auc": auc}}
        (clone / "model.json").write_text(json.dumps(model))
        # JSON is YAML, too.
        (clone / "artifacts.yaml").write_text(json.dumps({"churn": annotation}, indent=2))
        self.do(
            who,
            "git add --all",
            f"git commit -q -m 'A model with an AUC of {auc}'",
            "git push -q origin HEAD:main",
        )

    def version(self, stage: str) -> str | None:
        """Ask a stage's server which version it serves."""
        found: str | None = ask(f"{self.servers[stage]}/version")["version"]
        return found

    def predict(self, stage: str, customer: Mapping[str, float] = CUSTOMER) -> Any:
        """Ask a stage's server whether a customer will leave."""
        return ask(f"{self.servers[stage]}/predict", json.dumps(customer).encode())

    def show(self, stage: str = "prod") -> None:
        """Show what a stage's server answers."""
        print(f"{stage} answers {json.dumps(self.predict(stage))}\n", flush=True)

    def quietly(self, *arguments: str, folder: Path | None = None) -> None:
        """Run a command that has to end well, without showing it."""
        done = self._run(arguments, folder or self.folder)
        if done.returncode:
            raise SystemExit(f"{shlex.join(arguments)}: {done.stdout}")

    def join(self, who: str) -> None:
        """Let somebody have a clone."""
        identity = (f"user.name={who.capitalize()}", f"user.email={who}@example.com")
        settings = (word for it in identity for word in ("-c", it))
        self.quietly("git", "clone", "-q", *settings, self.remote, who)

    @contextmanager
    def serving(self, stage: str) -> Iterator[None]:
        """Let a stage have a server as long as the block lasts."""
        command = [sys.executable, str(HERE / "model_server.py"), self.remote, f"churn#{stage}"]
        log = self.folder / f"{stage}.log"
        with (
            log.open("wb") as said,
            subprocess.Popen(
                command, env=self._environment, stdout=subprocess.PIPE, stderr=said, text=True
            ) as server,
        ):
            try:
                self.servers[stage] = _first_line(server)
                if not self.servers[stage]:
                    raise SystemExit(f"The server does not start: {log.read_text()}")
                yield
            finally:
                server.terminate()

    @property
    def remote(self) -> str:
        """The URL of the repository that is shared."""
        return (self.folder / "remote.git").as_uri()

    def tell_ci(self) -> None:
        """Write the CI's settings: where programs are, and the servers."""
        settings = {
            "PATH": self._environment["PATH"],
            "MREG_CACHE_DIR": str(self.folder / "ci-cache"),
            "no_proxy": "127.0.0.1",
            "SERVERS": json.dumps(self.servers),
        }
        lines = [f"export {key}={shlex.quote(it)}\n" for key, it in settings.items()]
        (self.folder / "remote.git" / "ci.env").write_text("".join(lines))

    def _typed(self, who: str, command: str) -> int:
        """Run what somebody types; show it, what it prints and the CI's log; return its code."""
        print(f"{who}$ {command}", flush=True)
        done = self._run(shlex.split(command), self.folder / who)
        print(done.stdout, end="")
        for line in self._log():
            print(f"  CI: {line}")
        return done.returncode

    def _run(self, command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
        # A minute of the story goes by: tags have their times from here, and nobody has to wait.
        self._now += timedelta(minutes=1)
        moment = self._now.isoformat()
        dates = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
        return subprocess.run(
            command,
            cwd=folder,
            env={**self._environment, **dates},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def _log(self) -> list[str]:
        """Return what the CI has logged since it was last asked."""
        log = self.folder / "remote.git" / "ci.log"
        lines = log.read_text().splitlines() if log.exists() else []
        new = lines[self._log_read :]
        self._log_read = len(lines)
        return new


def ask(url: str, question: bytes | None = None) -> Any:
    """Get a URL, or post a question there; return the answer."""
    with _open(Request(url, data=question), timeout=PATIENCE) as answer:
        return json.load(answer)


def _first_line(process: subprocess.Popen[str]) -> str:
    """Return the first line that a process prints; an empty one if it ends, or takes too long."""
    assert process.stdout is not None
    too_long = threading.Timer(PATIENCE, process.kill)
    too_long.start()
    try:
        return process.stdout.readline().strip()
    finally:
        too_long.cancel()


@contextmanager
def stand(folder: Path) -> Iterator[Stand]:
    """Set all of it up in an empty folder; at the end of the block the servers end.

    The folder is left to whoever made it.
    """
    made = Stand(folder)
    made.quietly("git", "init", "-q", "--bare", "-b", "main", "remote.git")
    made.join("ann")
    first = folder / "ann"
    shutil.copytree(HERE / "project", first, dirs_exist_ok=True)
    made.quietly("git", "add", "--all", folder=first)
    made.quietly("git", "commit", "-q", "-m", "Agree on a policy", folder=first)
    made.quietly("git", "push", "-q", "origin", "HEAD:main", folder=first)
    made.join("bob")
    made.quietly("mreg", "hook", "install", "pre-receive", "--repo", "remote.git")
    shutil.copy(HERE / "post-receive", folder / "remote.git" / "hooks")
    with ExitStack() as servers:
        for stage in STAGES:
            servers.enter_context(made.serving(stage))
        made.tell_ci()
        yield made


def first_model(it: Stand) -> None:
    """A version is registered and tested, and goes from stage to stage."""
    chapter("The first model goes to staging and, approved by Bob, to production")
    it.train("ann", 0.83, bias=-1.0, months=-0.1, complaints=0.4)
    it.do("ann", "mreg register churn --bump minor --push", "mreg promote churn staging --push")
    it.do("bob", "mreg fetch", "mreg approve churn@v0.1.0 prod -m 'It will do' --push")
    it.do("ann", "mreg promote churn prod --push")
    it.show()


def worse_model(it: Stand) -> None:
    """A worse one does not get past the policy, with mreg or without."""
    chapter("A worse model stays outside, whatever Ann tries")
    it.train("ann", 0.64, bias=2.0, months=-0.1, complaints=-0.4)
    it.do("ann", "mreg register churn --bump minor --push")
    it.refused("ann", "mreg promote churn prod --push")
    it.do("ann", "git tag -a -m 'Promote it all the same' churn#prod#3")
    it.refused("ann", "git push origin churn#prod#3")
    it.do("ann", "git tag -d churn#prod#3")
    it.show()


def better_model(it: Stand) -> None:
    """A better one waits for its approval, and is deployed."""
    chapter("A better model needs Bob's word as well")
    it.train("ann", 0.91, bias=-2.0, months=-0.2, complaints=1.5)
    it.do("ann", "mreg register churn --bump minor --push")
    it.refused("ann", "mreg promote churn prod --push")
    it.do("bob", "mreg fetch", "mreg approve churn@v0.3.0 prod -m 'Much better' --push")
    it.do("ann", "mreg promote churn prod --push")
    it.show()


def rollback(it: Stand) -> None:
    """The version before comes back."""
    chapter("Customers complain: back to the version before")
    it.do("ann", "mreg rollback churn prod -m 'Too many false alarms' --push")
    it.show()
    it.do("ann", "mreg history churn --stage prod")


CHAPTERS = (first_model, worse_model, better_model, rollback)


def chapter(heading: str) -> None:
    """Begin a chapter of the story."""
    print(f"\n{heading}\n{'-' * len(heading)}", flush=True)


def main() -> None:
    """Tell the story."""
    with tempfile.TemporaryDirectory(prefix="mreg-deploy-") as folder, stand(Path(folder)) as it:
        for stage, server in it.servers.items():
            print(f"{stage} is served at {server}")
        for tell in CHAPTERS:
            tell(it)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # not before all is cleaned up
    main()
