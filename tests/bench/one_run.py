"""Run one command and print, as JSON, what it took: a process of its own, so that it is small.

    python one_run.py FOLDER SOURCE COMMAND...

The kernel counts the memory of a process before `exec` to what it starts, so a large one would make
its children look large. And here what outlives the command is waited for: its processor time would
be nobody's otherwise (prctl(2), PR_SET_CHILD_SUBREAPER).
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_SET_CHILD_SUBREAPER = 36
_SAID = 300
_MOST = 600
"""Seconds after which the command and what it started are killed, and count as failed."""


def main() -> None:
    """Run the command."""
    folder, source, *words = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with Path(source).open("rb") as stdin, tempfile.TemporaryFile() as stderr:
        begin = time.perf_counter()
        process = subprocess.Popen(
            words,
            cwd=folder,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )
        signal.signal(signal.SIGALRM, lambda *_: os.killpg(process.pid, signal.SIGKILL))
        signal.alarm(_MOST)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        usages = [usage]
        try:
            while True:
                usages.append(os.wait4(-1, 0)[2])
        except ChildProcessError:
            pass
        process.returncode = os.waitstatus_to_exitcode(status)
        stderr.seek(max(stderr.seek(0, os.SEEK_END) - _SAID, 0))
        said = stderr.read().decode(errors="replace").strip()
    answer = {
        "code": process.returncode,
        "cpu": sum(it.ru_utime + it.ru_stime for it in usages),
        "wall": wall,
        "peak": max(it.ru_maxrss for it in usages) * (1 if sys.platform == "darwin" else 1024),
        "said": said,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
