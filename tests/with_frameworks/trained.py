"""A training script, run as its users run theirs, and the version that comes of it, loaded."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mreg import Registry
from mreg.annotations.entry import Annotation
from mreg.serve.loaders import LoadRequest, Predictor, load
from repositories import Repository

PREAMBLE = """\
import warnings
import mreg

def expected(**arrays):
    import numpy
    numpy.savez("../expected.npz", **arrays)
"""


class Trained(NamedTuple):
    """A version that was trained, logged, registered and fetched.

    Attributes:
        path: its file or folder, as `mreg get` hands it out.
        annotation: what its commit says of it.
        expected: what the script says that the model itself answers, by name.
    """

    path: Path
    annotation: Annotation
    expected: dict[str, Any]

    def load(self, **options: Any) -> Predictor:
        """Load it."""
        return load(LoadRequest(self.path, self.annotation, **options))

    def requirement(self, distribution: str) -> bool:
        """Tell whether it requires the version of a package that is installed here."""
        return f"{distribution}=={version(distribution)}" in (self.annotation.requirements or ())


def train(repository: Repository, script: str) -> Trained:
    """Run a training script in a repository, commit what it made and register that."""
    (repository.path / "train.py").write_text(PREAMBLE + script)
    done = subprocess.run(
        [sys.executable, "train.py"],
        cwd=repository.path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", "Train")
    registry = Registry.open(repository.path)
    assert registry.validate().findings == ()
    registry.register("churn")
    got = registry.got("churn@latest")
    with np.load(repository.path.parent / "expected.npz", allow_pickle=False) as file:
        expected = dict(file)
    return Trained(Path(got.path), registry.describe("churn@latest").annotation, expected)
