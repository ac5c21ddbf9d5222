"""examples/serve does what its README says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_it_trains_serves_switches_and_rolls_back() -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", str(ROOT / "examples" / "serve" / "play.sh")],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    served = [it for it in done.stdout.splitlines() if it.endswith(" is served")]
    assert served == ["v1.0.0 is served", "v1.1.0 is served", "v1.0.0 is served"]
    assert done.stdout.count('"model_version":"v1.0.0"') == 2
    assert done.stdout.count('"model_version":"v1.1.0"') == 1
    assert "churn#prod: serving churn v1.0.0" in done.stdout
