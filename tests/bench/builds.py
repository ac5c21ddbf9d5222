"""The builds that are measured: installed and compiled, each in an environment of its own.

An editable copy, or one that may not write `.pyc` files, is compiled anew at each start, which
costs as much as what is to be measured.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple

from surroundings import CACHE, ROOT, git

BEFORE = "33df3fa62153444654a0bdfe7da3d2687f048907"
"""The build that "the same before" means: the last one that read every tag for every question."""

GTO = "1.10.1"
MLFLOW = "3.17.2"
_FOLDER = CACHE / "builds"


class Build(NamedTuple):
    """An installed build of mreg, or of another program.

    Attributes:
        name: says which.
        scripts: the folder of its commands.
    """

    name: str
    scripts: Path

    def command(self, program: str, *arguments: str) -> tuple[str, ...]:
        """Return the command line of one of its programs."""
        return (str(self.scripts / program), *arguments)

    def mreg(self, *arguments: str) -> tuple[str, ...]:
        """Return a command line of mreg."""
        return self.command("mreg", *arguments)

    def python(self, *arguments: str) -> tuple[str, ...]:
        """Return a command line of its Python."""
        return self.command("python", *arguments)


def now() -> Build:
    """Return the build of the work tree as it is."""
    return _built(f"now-{_digest_of_now()}", ROOT)


def with_mlflow() -> Build:
    """Return the work tree as it is, in an environment with the MLflow of its tests."""
    pins = ROOT / "tests" / "with_mlflow" / "requirements.txt"
    return _built(f"in-mlflow-{_digest_of_now()}", f"{ROOT}[mlflow]", pins, "scikit-learn")


def with_kserve() -> Build:
    """Return the work tree as it is, in an environment with the KServe of its tests."""
    pins = ROOT / "tests" / "with_kserve" / "requirements.txt"
    others = ("scikit-learn", "skops")
    return _built(f"in-kserve-{_digest_of_now()}", f"{ROOT}[serve]", pins, *others)


def _digest_of_now() -> str:
    """Return what stands for the work tree as it is."""
    files = sorted(it for it in (ROOT / "src").rglob("*") if it.suffix in (".py", ".typed"))
    digest = hashlib.sha256(
        b"".join(it.read_bytes() for it in [ROOT / "pyproject.toml", ROOT / "constraints.txt"])
    )
    for file in files:
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def before(revision: str) -> Build:
    """Return the build of a commit of this repository."""
    commit = git(ROOT, "rev-parse", "--verify", f"{revision}^{{commit}}").strip()
    name = f"at-{commit[:12]}"
    source = _FOLDER / f"{name}.source"
    if not (_FOLDER / name).exists():
        shutil.rmtree(source, ignore_errors=True)
        whole = ["git", "-C", str(ROOT), "archive", "--format=tar", commit]
        done = subprocess.run(whole, capture_output=True, check=True)
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(source, filter="data")
    build = _built(name, source)
    shutil.rmtree(source, ignore_errors=True)
    return build


def gto() -> Build:
    """Return GTO, as it is pinned for the tests, too."""
    return _built(f"gto-{GTO}", f"gto=={GTO}")


def mlflow() -> Build:
    """Return MLflow, with all that it needs as it was when it was first measured."""
    pins = Path(__file__).with_name("mlflow.txt")
    return _built(f"mlflow-{MLFLOW}", f"mlflow=={MLFLOW}", pins)


def _built(
    name: str, package: Path | str, pins: Path = ROOT / "constraints.txt", *others: str
) -> Build:
    """Return the environment of a package, which is made at the first call and kept."""
    folder = _FOLDER / name
    build = Build(name, folder / "bin")
    if not folder.exists():
        print(f"installing {name} ...", file=sys.stderr)
        _remove_others(name)
        # Scripts name their Python, so the environment is made where it stays.
        _run(sys.executable, "-m", "venv", str(folder))
        try:
            _run(
                *build.python("-m", "pip", "install", "-qq", "--disable-pip-version-check"),
                *("--compile", "--constraint", str(pins), str(package), *others),
            )
            _check_that_it_is_compiled(folder)
        except BaseException:
            shutil.rmtree(folder)
            raise
    return build


def _check_that_it_is_compiled(folder: Path) -> None:
    """Refuse an environment in which a module would be compiled at each start."""
    for file in folder.glob("lib/*/site-packages/mreg/**/*.py"):
        if not [*file.parent.glob(f"__pycache__/{file.stem}.*.pyc")]:
            raise SystemExit(f"{file} is not compiled")


def _remove_others(name: str) -> None:
    """Remove earlier builds of the work tree."""
    kind = next((it for it in ("now-", "in-mlflow-", "in-kserve-") if name.startswith(it)), None)
    for folder in _FOLDER.glob(f"{kind}*") if kind else ():
        shutil.rmtree(folder)


def _run(*words: str) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, check=True)
