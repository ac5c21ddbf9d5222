"""Machines that stand in for those of CI systems, and run what their pipelines say.

What a script does is real: the shell, Git, mreg, a checkout as the system makes it from a real
remote. Only what would need the network is not: `pip` and `python -m venv` note what is to be
installed, and give the mreg of this tree.
"""

from __future__ import annotations

import json
import operator
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from commandline import CommandLine
from pipeline_files import ACTION, EXAMPLES, load
from repositories import Repository, SetClock, run

_YOURS = """\
#!/bin/sh
echo "${0##*/} $MREG_ARTIFACT $MREG_VERSION ${MREG_STAGE-} ${MREG_IS_ROLLBACK-}" >> "$RAN"
"""
_PIP = '#!/bin/sh\nprintf \'%s\\n\' "$*" >> "$INSTALLED"\n'
_PYTHON = """\
#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
  mkdir -p "$3/bin" && cp "$STAND_INS"/* "$3/bin"
else
  printf '%s\\n' "$*" >> "$INSTALLED"
fi
"""


class Pushed(NamedTuple):
    """A tag that was pushed.

    Attributes:
        tag: its name.
        oid: the id of its object.
        commit: the id of the commit.
    """

    tag: str
    oid: str
    commit: str


class Project:
    """A repository with a registry, whose remote starts pipelines.

    Attributes:
        work: where people work.
        remote: the bare repository.
        url: its URL.
    """

    def __init__(
        self, work: Repository, remote: Repository, mreg: CommandLine, set_clock: SetClock
    ) -> None:
        self.work = work
        self.remote = remote
        self.url = remote.path.as_uri()
        self._mreg = mreg
        self._set_clock = set_clock
        self._now = 0
        self._begin()

    def _begin(self) -> None:
        for name in ("test", "deploy"):
            file = self.work.path / "ci" / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(_YOURS)
            file.chmod(0o755)
        self.work.git("remote", "add", "origin", self.url)
        self.commit("Begin")

    def commit(self, message: str, artifacts: str = "") -> str:
        """Commit, and push it; return its id."""
        (self.work.path / "artifacts.yaml").write_text(artifacts or "churn:\n  type: model\n")
        self.work.git("add", "--all")
        self.work.git("commit", "-q", "--allow-empty", "-m", message)
        self.work.git("push", "-q", "origin", "HEAD:refs/heads/main")
        return self.work.git("rev-parse", "HEAD").strip()

    def do(self, *arguments: str) -> Pushed:
        """Run a command that pushes a tag, a minute after the one before."""
        self._now += 60
        self._set_clock(self._now)
        made = self._mreg.ok(*arguments, "--push", "--json", repo=self.work).json
        return Pushed(made["tag"], made["oid"], made["commit"])

    def tag(self, name: str) -> Pushed:
        """Push an annotated tag that is not the registry's."""
        self.work.git("tag", "-a", "-m", "A release", name)
        self.work.git("push", "-q", "origin", f"refs/tags/{name}")
        ids = self.work.git("rev-parse", f"refs/tags/{name}", "HEAD").split()
        return Pushed(name, *ids)


class Done(NamedTuple):
    """What a script did.

    Attributes:
        code: its exit code.
        out: what it printed.
        err: what it said.
    """

    code: int
    out: str
    err: str


class Machine:
    """A new machine, with nothing of any other's on it.

    Attributes:
        folder: its own.
        checkout: where the repository goes.
    """

    def __init__(self, folder: Path, ran: Path) -> None:
        self.folder = folder
        self.checkout = folder / "checkout"
        self.checkout.mkdir(parents=True)
        self._ran = ran
        self._programs = folder / "programs"
        self._stand_ins()

    def _stand_ins(self) -> None:
        mreg = f'#!/bin/sh\nexec {sys.executable} -m mreg "$@"\n'
        installed = {"mreg": mreg, "pip": _PIP, "python": _PIP}
        for part, programs in (
            ("stand-ins", installed),
            ("programs", {"python3": _PYTHON, "pip": _PIP}),
        ):
            (self.folder / part).mkdir()
            for name, text in programs.items():
                file = self.folder / part / name
                file.write_text(text)
                file.chmod(0o755)

    def install(self) -> None:
        """Put mreg on the PATH, as `pip install mreg` does."""
        (self._programs / "mreg").symlink_to(self.folder / "stand-ins" / "mreg")

    @property
    def installed(self) -> list[str]:
        """What pip was asked to do, a line each."""
        file = self.folder / "installed"
        return file.read_text().splitlines() if file.exists() else []

    def run(self, shell: Sequence[str], script: str, variables: Mapping[str, str]) -> Done:
        """Run a script in the checkout."""
        file = self.folder / "script"
        file.write_text(script)
        done = subprocess.run(
            [*shell, str(file)],
            cwd=self.checkout,
            env={**self._environment(), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PATH": f"{self._programs}{os.pathsep}{os.environ['PATH']}",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "STAND_INS": str(self.folder / "stand-ins"),
            "INSTALLED": str(self.folder / "installed"),
            "RAN": str(self._ran),
            "CI": "true",
        }

    def git(self, *arguments: str) -> None:
        """Run a Git command in the checkout."""
        run(self.checkout, *arguments)

    def begin(self, url: str) -> None:
        """Make the checkout an empty repository with a remote."""
        self.git("init", "-q")
        self.git("remote", "add", "origin", url)


class Machines:
    """Gives out machines, and knows what the pipelines' own scripts did on them.

    Attributes:
        used: those that were given out.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ran = folder / "ran"
        self.used: list[Machine] = []

    def new(self) -> Machine:
        """Return a new machine."""
        self.used.append(Machine(self._folder / f"machine-{len(self.used)}", self._ran))
        return self.used[-1]

    @property
    def ran(self) -> list[str]:
        """What ci/test and ci/deploy were called for, a line each."""
        return self._ran.read_text().splitlines() if self._ran.exists() else []


# GitHub


class Job(NamedTuple):
    """What became of a job.

    Attributes:
        result: success, failure or skipped.
        outputs: its outputs.
        log: what its steps printed and said.
        environment: the deployment environment that it asked for; empty if none.
        group: the concurrency group that it was in; empty if none.
        summary: the reports of its steps.
    """

    result: str
    outputs: dict[str, str]
    log: str = ""
    environment: str = ""
    group: str = ""
    summary: str = ""


class Run(NamedTuple):
    """What a workflow runs for.

    Attributes:
        ref: the full ref.
        commit: the id of the commit.
        event: the event's payload.
        inputs: the workflow's inputs.
    """

    ref: str
    commit: str
    event: dict[str, Any]
    inputs: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default, which nobody changes


def by_push(pushed: Pushed) -> Run:
    """Return the run that the push of a tag starts."""
    ref = f"refs/tags/{pushed.tag}"
    return Run(ref, pushed.commit, {"ref": ref, "after": pushed.oid})


class GitHub:
    """Runs workflows and actions as GitHub's runner does.

    Attributes:
        server: GITHUB_SERVER_URL.
        token: GITHUB_TOKEN.
        checkout_header: the header that actions/checkout leaves in the settings of the checkout.
    """

    def __init__(self, url: str, machines: Machines) -> None:
        self._url = url
        self._machines = machines
        self.server = "https://github.com"
        self.token = "ghs_token"
        self.checkout_header = ""

    def workflow(self, name: str, started: Run) -> dict[str, Job]:
        """Run a workflow of examples/ci/github; its jobs stand in the order of their needs."""
        document = load(f"github/{name}")
        jobs: dict[str, Job] = {}
        for key, job in document["jobs"].items():
            jobs[key] = self._job(job, started, jobs)
        return jobs

    def _job(self, job: Any, started: Run, jobs: dict[str, Job]) -> Job:
        needed = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
        contexts = self._contexts(started)
        contexts["needs"] = {it: {"outputs": jobs[it].outputs} for it in needed}
        if any(jobs[it].result != "success" for it in needed) or not _holds(job, contexts):
            return Job("skipped", {})
        if "uses" in job:
            inputs = {name: _text(it, contexts) for name, it in job["with"].items()}
            called = self.workflow(Path(job["uses"]).name, started._replace(inputs=inputs))
            failed = any(it.result == "failure" for it in called.values())
            return Job(
                "failure" if failed else "success", {}, "".join(it.log for it in called.values())
            )
        work = _Work(self, self._machines.new(), started, contexts)
        result = "success" if work.steps(job["steps"]) else "failure"
        outputs = {name: _text(it, contexts) for name, it in job.get("outputs", {}).items()}
        environment = _text(job.get("environment", ""), contexts)
        group = _text(job.get("concurrency", {}).get("group", ""), contexts)
        return Job(result, outputs, work.log, environment, group, work.summary)

    def action(self, started: Run, inputs: dict[str, str], machine: Machine) -> tuple[Job, Any]:
        """Run the action alone, in a checkout that is there; return its outputs as well."""
        work = _Work(self, machine, started, self._contexts(started))
        succeeds = work.action(inputs)
        job = Job("success" if succeeds else "failure", {}, work.log, summary=work.summary)
        return job, work.outputs

    def _contexts(self, started: Run) -> dict[str, Any]:
        return {
            "github": {"token": self.token, "actor": "ann", "actor_id": "17"},
            "inputs": started.inputs,
            "steps": {},
        }

    def fetch(self, machine: Machine, started: Run, ref: str) -> None:
        """Check out as actions/checkout does: one commit, and a lightweight tag for any tag."""
        machine.begin(self._url)
        if self.checkout_header:
            machine.git("config", f"http.{self.server}/.extraheader", self.checkout_header)
        local = "refs/heads/main" if started.ref.startswith("refs/heads/") else started.ref
        wanted = ref or f"+{started.commit}:{local.replace('refs/heads/', 'refs/remotes/origin/')}"
        machine.git("fetch", "-q", "--no-tags", "--prune", "--depth=1", "origin", wanted)
        machine.git("checkout", "-q", "--force", "--detach", ref or started.commit)


class _Work:
    """A job's steps on their machine."""

    def __init__(
        self, github: GitHub, machine: Machine, started: Run, contexts: dict[str, Any]
    ) -> None:
        self._github = github
        self._machine = machine
        self._started = started
        self._contexts = contexts
        self._count = 0
        self.log = ""
        self.summary = ""
        self.outputs: dict[str, str] = {}

    def steps(self, steps: Sequence[Any]) -> bool:
        """Run steps until one fails; tell whether none did."""
        return all(self._step(it) for it in steps if _holds(it, self._contexts))

    def _step(self, step: Any) -> bool:
        used = step.get("uses", "")
        given = {name: _text(str(it), self._contexts) for name, it in step.get("with", {}).items()}
        outputs: dict[str, str] = {}
        succeeds = True
        if used.startswith("actions/checkout@"):
            self._github.fetch(self._machine, self._started, given.get("ref", ""))
        elif used.startswith("actions/setup-python@"):
            assert given["update-environment"] == "False"
            outputs["python-path"] = str(self._machine.folder / "programs" / "python3")
        elif used:
            assert re.fullmatch(r"example/mreg/\.github/actions/mreg@[0-9a-f]{40}", used), used
            succeeds = self.action(given)
            outputs = self.outputs
        else:
            succeeds = self._run(step, outputs)
        self._contexts["steps"][step.get("id", "")] = {"outputs": outputs}
        return succeeds

    def action(self, inputs: dict[str, str]) -> bool:
        """Run the action; tell whether it succeeded."""
        document = load(ACTION)
        outer = self._contexts
        assert set(inputs) <= set(document["inputs"])
        texts = {name: it["default"] for name, it in document["inputs"].items()} | inputs
        filled = {name: _text(it, outer) for name, it in texts.items()}
        self._contexts = {"github": outer["github"], "inputs": filled, "steps": {}}
        succeeds = self.steps(document["runs"]["steps"])
        self.outputs = {
            name: _text(it["value"], self._contexts) for name, it in document["outputs"].items()
        }
        self._contexts = outer
        return succeeds

    def _run(self, step: Any, outputs: dict[str, str]) -> bool:
        self._count += 1
        files = {
            name: self._machine.folder / f"{name}-{self._count}"
            for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH", "GITHUB_ENV")
        }
        for file in files.values():
            file.touch()
        own = {name: _text(it, self._contexts) for name, it in step.get("env", {}).items()}
        variables = self._variables() | {name: str(it) for name, it in files.items()} | own
        # https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#defaultsrunshell
        strict = ["--noprofile", "--norc", "-eo", "pipefail"] if "shell" in step else ["-e"]
        done = self._machine.run(["bash", *strict], step["run"], variables)
        self.log += done.out + done.err
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        assert not files["GITHUB_PATH"].read_text() + files["GITHUB_ENV"].read_text()
        outputs |= read_outputs(files["GITHUB_OUTPUT"].read_bytes().decode())
        return done.code == 0

    def _variables(self) -> dict[str, str]:
        event = self._machine.folder / "event.json"
        event.write_text(json.dumps(self._started.event))
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ACTION.parent),
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REF": self._started.ref,
            "GITHUB_REF_NAME": self._started.ref.split("/", 2)[2],
            "GITHUB_REPOSITORY": "example/models",
            "GITHUB_SERVER_URL": self._github.server,
            "GITHUB_SHA": self._started.commit,
            "GITHUB_WORKSPACE": str(self._machine.checkout),
            "RUNNER_TEMP": str(self._machine.folder),
        }


def read_outputs(text: str) -> dict[str, str]:
    """Read the file at GITHUB_OUTPUT as the runner does.

    Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
    """
    found: dict[str, str] = {}
    lines = iter(text.split("\n")[:-1])
    for line in lines:
        name, heredoc, end = line.partition("<<")
        if not heredoc or "=" in name:
            name, _, value = line.partition("=")
            found[name] = value
            continue
        kept = []
        while (it := next(lines)) != end:
            kept.append(it)
        found[name] = "\n".join(kept)
    return found


def _holds(part: Any, contexts: dict[str, Any]) -> bool:
    return "if" not in part or bool(_evaluate(part["if"], contexts))


def _text(template: str, contexts: dict[str, Any]) -> str:
    """Return a text with its expressions filled in."""
    return re.sub(r"\$\{\{ (.*?) \}\}", lambda it: str(_evaluate(it[1], contexts)), template)


_OPERATORS: tuple[tuple[str, Callable[[Any, Any], Any]], ...] = (
    (" || ", lambda left, right: left or right),
    (" && ", lambda left, right: left and right),
    (" == ", operator.eq),
    (" != ", operator.ne),
)


def _evaluate(expression: str, contexts: dict[str, Any]) -> Any:
    """Return what an expression of the few kinds in the pipelines says."""
    for sign, apply in _OPERATORS:
        left, found, right = expression.partition(sign)
        if found:
            return apply(_evaluate(left, contexts), _evaluate(right, contexts))
    if literal := re.fullmatch(r"'([^']*)'", expression):
        return literal[1]
    root, *path = expression.split(".")
    value: Any = contexts[root]
    for name in path:
        value = value.get(name, {}) if isinstance(value, dict) else value
    return "" if value == {} else value


# GitLab


def gitlab_job(name: str) -> dict[str, Any]:
    """Return a job of the template, with what it extends."""
    jobs = load("gitlab/registry.gitlab-ci.yml")
    job = dict(jobs[name])
    while "extends" in job:
        job = {**jobs[job.pop("extends")], **job}
    return job


def script_of_gitlab(name: str) -> str:
    """Return the script of a job of the template."""
    job = gitlab_job(name)
    return "\n".join([*job["before_script"], *job["script"]])


def scripts_of_jenkins(file: str) -> dict[str, str]:
    """Return the script of each stage of a Jenkinsfile."""
    text = (EXAMPLES / "jenkins" / file).read_text()
    found = re.findall(r"stage\('([^']+)'\).*?\bsh ('''.*?'''|'.*?')", text, re.DOTALL)
    return {name: script.strip("'") for name, script in found}
