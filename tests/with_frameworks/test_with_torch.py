"""PyTorch: what it writes asks for trust; safetensors is for a loader of the user's."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import pandas as pd
import pytest
from trained import train

from mreg.annotations.entry import Framework
from mreg.schemas.model import Tensor, tensor
from mreg.serve.loaders import CannotLoad
from repositories import Repository

NETWORK = """
import torch

def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.5), torch.nn.Linear(4, 1))

def load(path):
    from safetensors.torch import load_file
    made = network()
    made.load_state_dict(load_file(path))
    return made.eval()
"""
SCRIPT = """
import torch
from network import network
model = network()
loss = torch.nn.MSELoss()
steps = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.rand(16, 3)
for _ in range(3):
    steps.zero_grad()
    loss(model(x), x.sum(1, keepdim=True)).backward()
    steps.step()
model.eval()
with torch.no_grad():
    y = model(x[:4])
"""
LOG = """
mreg.log_artifact(path, model=model, example=x[:4], target=y)
expected(x=x[:4].numpy(), y=y.numpy())
"""


@pytest.fixture(autouse=True)
def _network(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository.path / "network.py").write_text(NETWORK)
    monkeypatch.syspath_prepend(repository.path)


def test_safetensors_are_loaded_by_a_function_of_the_users(repository: Repository) -> None:
    save = """
from safetensors.torch import save_file
path = "churn.safetensors"
save_file(model.state_dict(), path)
"""
    made = train(repository, SCRIPT + save + LOG)
    with pytest.raises(CannotLoad, match=r"churn\.safetensors holds weights") as caught:
        made.load()
    assert "--loader module:function" in caught.value.hint
    model = made.load(loader="network:load")
    x, y = made.expected["x"], made.expected["y"]
    np.testing.assert_allclose(model.predict(x), y, rtol=1e-6)
    np.testing.assert_allclose(model.predict(x.tolist()), y, rtol=1e-6)
    np.testing.assert_allclose(model.predict(pd.DataFrame(x.astype(float))), y, rtol=1e-6)

    schema = made.annotation.schema
    assert schema is not None
    assert tensor(schema.input) == Tensor("number", "float", (-1, 3))
    assert tensor(schema.output) == Tensor("number", "float", (-1, 1))
    assert schema.methods == ("__call__",)
    assert made.annotation.framework == Framework("torch", version("torch"))
    assert made.requirement("torch")
    assert made.requirement("safetensors")


@pytest.mark.parametrize(
    ("what", "save"),
    [
        ("a PyTorch pickle", 'path = "churn.pt"\ntorch.save(model, path)\n'),
        (
            "an exported PyTorch program",
            """
path = "churn.pt2"
rows = {0: torch.export.Dim("rows")}
torch.export.save(torch.export.export(model, (x,), dynamic_shapes=(rows,)), path)
""",
        ),
        (
            "a TorchScript program",
            """
path = "churn.pt"
torch.jit.save(torch.jit.trace(model, x), path)
""",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_what_pytorch_writes_is_loaded_where_it_is_trusted(
    what: str, save: str, repository: Repository
) -> None:
    made = train(repository, SCRIPT + save + LOG)
    with pytest.raises(CannotLoad, match=f"is {what}: loading it runs the code") as caught:
        made.load()
    assert "--trust-pickle" in caught.value.hint
    model = made.load(trust_pickle=True)
    np.testing.assert_allclose(model.predict(made.expected["x"]), made.expected["y"], rtol=1e-5)
    assert made.annotation.framework == Framework("torch", version("torch"))


def test_weights_that_torch_saved_are_no_module(repository: Repository) -> None:
    save = 'path = "churn.pt"\ntorch.save(model.state_dict(), path)\n'
    made = train(repository, SCRIPT + save + LOG)
    with pytest.raises(CannotLoad, match="contains weights") as caught:
        made.load(trust_pickle=True)
    assert "--loader" in caught.value.hint
