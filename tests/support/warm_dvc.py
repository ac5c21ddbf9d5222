"""The real DVC, loaded once for all its commands: each is a fork of the process that loaded it.

What a command sees is that of a process of its own: its folder, environment and arguments.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

_LOADED = (
    *("dvc.cli.parser", "dvc.repo", "dvc.repo.reproduce", "dvc.repo.add", "dvc.stage.run"),
    *("dvc.repo.experiments", "dvc.scm", "dvc.output"),
)


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


def run(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run a command of DVC."""
    process = _started()
    assert process.stdin
    assert process.stdout
    request = {"arguments": arguments, "folder": str(folder), "environment": {**environment}}
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    return Ended(*json.loads(process.stdout.readline()))


@cache
def _started() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(process.communicate)
    return process


def _serve() -> None:
    """Answer a request by line, until there is no more."""
    for name in _LOADED:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        with TemporaryFile() as out, TemporaryFile() as err:
            child = os.fork()
            if not child:
                _become(json.loads(line), out.fileno(), err.fileno())
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            told = []
            for file in (out, err):
                file.seek(0)
                told.append(file.read().decode())
        print(json.dumps([code, *told]), flush=True)


def _become(request: dict[str, object], out: int, err: int) -> None:
    """Be the process of a command, to its end."""
    code: object = 255
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.chdir(str(request["folder"]))
        os.environ.clear()
        os.environ.update(request["environment"])  # type: ignore[call-overload]
        sys.argv = ["dvc", *request["arguments"]]  # type: ignore[misc]
        code = importlib.import_module("dvc.cli").main(sys.argv[1:])
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(int(code or 0))  # type: ignore[call-overload]


if __name__ == "__main__":
    _serve()
