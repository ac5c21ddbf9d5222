"""The server in a process of its own: what it says, whom it follows and how it ends."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from openapi_spec_validator import validate
from served_process import Served, serving
from served_registry import BROKEN, ServedRegistry, name_of
from serving_crowd import crowd


def mreg(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run mreg."""
    return subprocess.run(
        [sys.executable, "-m", "mreg", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_no_request_fails_and_no_answer_is_of_another_version_while_the_stage_moves(
    registry: ServedRegistry, tmp_path: Path
) -> None:
    found = crowd(registry, tmp_path, moves=20)
    assert found.wrong == []
    assert found.versions == {name_of(it) for it in range(5) if it != BROKEN}
    assert found.requests > 200


def test_a_server_of_a_stage(registry: ServedRegistry, tmp_path: Path) -> None:
    """One server for all of this, since each takes seconds to begin."""
    words = ("churn#prod", "--repo", registry.url, "--sagemaker", "--interval", "0.2")
    with serving(*words, folder=tmp_path) as served:
        _kserves_client_speaks_with_it(served)
        validate(served.ask("/openapi.json").said)
        assert served.ask("/ping").status == 200
        assert mreg("serve", "status", served.address, folder=tmp_path).returncode == 0
        registry.promote(BROKEN)
        _wait_until_it_fails(served)
        _status_says_why(served, tmp_path)
        registry.promote(1)
        served.wait_for("v1.1.0")
        found = mreg("serve", "status", served.address, "--json", folder=tmp_path)
        assert found.returncode == 0
        assert json.loads(found.stdout)["served"]["served"]["version"] == "v1.1.0"
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(30) == 0
    assert mreg("serve", "status", served.address, folder=tmp_path).returncode == 1


def _kserves_client_speaks_with_it(served: Served) -> None:
    async def ask() -> tuple[bool, list[Any]]:
        client = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
        ready = await client.is_model_ready(served.address, "churn")
        inputs = [
            InferInput("age", [2], "INT64"),
            InferInput("income", [2], "FP64"),
            InferInput("plan", [2], "BYTES"),
        ]
        inputs[0].set_data_from_numpy(np.array([30, 60]), binary_data=True)
        inputs[1].set_data_from_numpy(np.array([1.0, 2.0]), binary_data=False)
        inputs[2].set_data_from_numpy(np.array(["pro", "basic"], object), binary_data=True)
        plain = InferRequest("churn", inputs)
        binary = InferRequest("churn", inputs, parameters={"binary_data_output": True})
        found = [
            await client.infer(served.address, it, model_name="churn") for it in (plain, binary)
        ]
        await client.close()
        return ready, found

    ready, found = asyncio.run(ask())
    assert ready
    for it in found:  # of which KServe 0.21's client drops the version
        np.testing.assert_allclose(it.outputs[0].as_numpy(), [30, 60])


def _wait_until_it_fails(served: Served) -> None:
    for _ in range(1000):
        if served.ask("/mreg/status").said["served"]["failing_since"]:
            return
    raise AssertionError(served.log.read_text())


def _status_says_why(served: Served, folder: Path) -> None:
    found = mreg("serve", "status", served.address, folder=folder)
    assert found.returncode == 1
    assert "serving churn v1.0.0" in found.stdout
    assert "\ncannot serve churn v1.3.0 (since " in found.stdout
    metrics = served.ask("/metrics").raw.decode()
    assert "mreg_serve_served_version{" in metrics
    failing = [it for it in metrics.splitlines() if it.startswith("mreg_serve_failing_since")]
    assert not failing[0].endswith(" 0.0")
    assert "cannot serve churn v1.3.0" in served.log.read_text()
    assert served.ask("/v1/models/churn:predict", {"instances": [_ROW]}).said == {
        "predictions": [30.0]
    }


_ROW = {"age": 30, "income": 1.0, "plan": "pro"}


def test_a_container_that_sagemaker_starts(registry: ServedRegistry, tmp_path: Path) -> None:
    """SageMaker says nothing but `serve`, in the folder of an image that has a version in it."""
    image = tmp_path / "image"
    words = ("package", "churn@v1.0.0", "--as", "dockerfile", "--to", str(image))
    done = mreg(*words, "--repo", str(registry.folder), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    nowhere = str(tmp_path / "ml")
    with serving("serve", folder=image, SM_MODEL_DIR=nowhere, PATH="/nowhere") as served:
        assert served.address.startswith("http://0.0.0.0:")
        assert served.ask("/ping").status == 200
        answer = served.ask("/invocations", b"30,1.0,pro\n", **{"Content-Type": "text/csv"})
        assert answer.said == {"predictions": [30.0]}
        assert answer.headers["x-mreg-version"] == "v1.0.0"


def test_a_clone_is_followed_through_its_remote(registry: ServedRegistry, tmp_path: Path) -> None:
    """A clone is followed through its remote, whose tags come into it."""
    with serving("churn#prod", "--repo", str(registry.folder), folder=tmp_path) as served:
        other = ServedRegistry(tmp_path / "other", registry.remote)
        subprocess.run(["git", "clone", "-q", registry.url, str(other.folder)], check=True)
        other.promote(2)
        served.wait_for("v1.2.0")
        served.process.terminate()
        assert served.process.wait(30) == 0
