"""Loading models: which format a file has, what is refused and what is said of it.

What needs the libraries themselves is in tests/with_frameworks.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
import zipfile
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pandas as pd
import pytest

from mreg.annotations.entry import Annotation, Framework
from mreg.serve.loaders import CannotLoad, LoadRequest, arrays, formats, load, methods
from mreg.serve.loaders.model import FormatInput

NOTHING = Annotation()


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, b"")
    return made.getvalue()


CONTENTS = {
    "skops": archive("1.npy", "schema.json"),
    "keras": archive("metadata.json", "config.json", "model.weights.h5"),
    "torch": archive("model/data.pkl", "model/version"),
    "catboost": b"CBM1x\x1f\0\0",
    "lightgbm": b"tree\nversion=v4\nnum_class=1\n",
    "xgboost": b'{"learner":{"attributes":{}}}',
    "safetensors": (2).to_bytes(8, "little") + b"{}",
    "pickle": pickle.dumps(NormalDist(0, 1)),
}


def written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("suffix", ["", ".bin", ".skops", ".onnx", ".json"])
@pytest.mark.parametrize("name", CONTENTS)
def test_what_a_file_holds_says_its_format_whatever_its_suffix(
    name: str, suffix: str, tmp_path: Path
) -> None:
    path = written(tmp_path / f"churn{suffix}", CONTENTS[name])
    assert formats.recognize(path, NOTHING) == (name, path)


@pytest.mark.parametrize(
    ("file", "content", "name"),
    [
        ("churn.ubj", b"{L\0\0\0\0\0\0\0\7learner{L", "xgboost"),
        ("churn.onnx", b"\x08\n\x12\x08skl2onnx", "onnx"),
        ("churn.pkl", b"ccopy_reg\n", "pickle"),  # protocol 0
        ("churn.joblib", b"x^\xcdT", "pickle"),  # compressed
        ("churn.pt2", archive("churn/archive_format", "churn/byteorder"), "torch"),
    ],
)
def test_what_says_nothing_of_itself_is_known_by_its_suffix(
    file: str, content: bytes, name: str, tmp_path: Path
) -> None:
    assert formats.recognize(written(tmp_path / file, content), NOTHING).format == name


def test_an_onnx_file_without_a_suffix_is_known_by_the_framework(tmp_path: Path) -> None:
    path = written(tmp_path / "churn", b"\x08\n")
    with pytest.raises(CannotLoad, match="churn has no format"):
        formats.recognize(path, NOTHING)
    of_onnx = Annotation(framework=Framework("onnx", "1.23.2"))
    assert formats.recognize(path, of_onnx).format == "onnx"


@pytest.mark.parametrize("content", [b"", b"\0", b"{}", b"PK\3\4", b"version https://git-lfs\n"])
def test_a_file_in_no_known_format_is_refused_with_a_way_out(
    content: bytes, tmp_path: Path
) -> None:
    with pytest.raises(CannotLoad, match="no format that mreg can load") as caught:
        load(LoadRequest(written(tmp_path / "churn.bin", content), NOTHING))
    assert "--loader module:function" in caught.value.hint


def test_keras_old_format_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotLoad, match=r"churn\.h5 is HDF5") as caught:
        load(LoadRequest(written(tmp_path / "churn.h5", b"\x89HDF\r\n\x1a\n"), NOTHING))
    assert ".keras" in caught.value.hint


def test_a_folder_has_the_format_of_the_one_model_in_it(tmp_path: Path) -> None:
    model = written(tmp_path / "churn" / "churn.onnx", b"\x08\n")
    written(tmp_path / "churn" / "churn.onnx.data", b"\0\0")
    for said in (NOTHING, Annotation(framework=Framework("onnx", "1.23.2"))):
        assert formats.recognize(tmp_path / "churn", said) == ("onnx", model)
    written(tmp_path / "churn" / "other.cbm", b"CBM1")
    with pytest.raises(CannotLoad, match=r"several models: churn\.onnx, other\.cbm"):
        formats.recognize(tmp_path / "churn", NOTHING)


def test_a_folder_of_weights_or_of_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CannotLoad, match="contains no file in a format that mreg can load"):
        load(LoadRequest(tmp_path / "empty", NOTHING))
    for number in (1, 2):
        written(tmp_path / "bert" / f"model-{number}.safetensors", CONTENTS["safetensors"])
    with pytest.raises(CannotLoad, match="bert contains only weights") as caught:
        load(LoadRequest(tmp_path / "bert", NOTHING))
    assert "--loader module:function" in caught.value.hint


class _Trap:
    """Runs code when it is read out of a pickle: makes a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._file,)


@pytest.mark.parametrize("name", ["churn.pkl", "churn.skops", "churn.onnx", "churn.txt", "churn"])
def test_a_pickle_is_not_read_without_trust_whatever_it_is_called(
    name: str, tmp_path: Path
) -> None:
    sprung = tmp_path / "sprung"
    path = written(tmp_path / name, pickle.dumps(_Trap(sprung)))
    of_sklearn = Annotation(framework=Framework("scikit-learn"))
    with pytest.raises(CannotLoad, match="runs the code of its author") as caught:
        load(LoadRequest(path, of_sklearn))
    assert not sprung.exists()
    assert "skops" in caught.value.hint
    assert "--trust-pickle" in caught.value.hint
    with pytest.raises(CannotLoad, match="NoneType has no method predict"):
        load(LoadRequest(path, of_sklearn, trust_pickle=True))
    assert sprung.exists()


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("m/data.pkl",), "a PyTorch pickle"),
        (("m/data.pkl", "m/constants.pkl"), "a TorchScript program"),
        (("m/archive_format",), "an exported PyTorch program"),
    ],
)
def test_all_that_pytorch_writes_asks_for_trust(
    names: tuple[str, ...], what: str, tmp_path: Path
) -> None:
    with pytest.raises(CannotLoad, match=f"is {what}: loading it runs the code"):
        load(LoadRequest(written(tmp_path / "churn.pt", archive(*names)), NOTHING))


def test_a_trusted_pickle_answers_by_the_method_that_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "normal.pkl", CONTENTS["pickle"])
    model = load(LoadRequest(path, NOTHING, trust_pickle=True, method="cdf"))
    assert (model.format, model.predict(0.0), model.inputs) == ("pickle", 0.5, None)
    model.close()
    with pytest.raises(CannotLoad, match="a NormalDist has no method predict_proba"):
        load(LoadRequest(path, NOTHING, trust_pickle=True, method="predict_proba"))
    with pytest.raises(CannotLoad, match="has no method __reduce__"):
        load(LoadRequest(path, NOTHING, trust_pickle=True, method="__reduce__"))


@pytest.mark.parametrize("content", [b"", b"\x80\x04", b"cno_such_module_here\nA\n."])
def test_a_damaged_pickle_is_an_error_and_a_missing_module_says_what_to_install(
    content: bytes, tmp_path: Path
) -> None:
    path = written(tmp_path / "churn.pkl", content)
    with pytest.raises(CannotLoad) as caught:
        load(LoadRequest(path, NOTHING, trust_pickle=True))
    missing = "no_such_module_here" in content.decode("latin-1")
    assert caught.value.hint == ("run `pip install no_such_module_here`" if missing else "")


def test_weights_alone_are_no_model(tmp_path: Path) -> None:
    path = written(tmp_path / "churn.pkl", pickle.dumps({"layer.weight": [1.0]}))
    with pytest.raises(CannotLoad, match="contains a dict, not a model") as caught:
        load(LoadRequest(path, NOTHING, trust_pickle=True))
    assert "--loader" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "module", "distribution"),
    [
        ("skops", "skops.io", "skops"),
        ("keras", "keras", "keras"),
        ("catboost", "catboost", "catboost"),
        ("lightgbm", "lightgbm", "lightgbm"),
        ("xgboost", "xgboost", "xgboost"),
    ],
)
def test_a_library_that_is_not_there_is_named_with_the_command_that_installs_it(
    name: str, module: str, distribution: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    path = written(tmp_path / f"churn.{name}", CONTENTS[name])
    with pytest.raises(CannotLoad, match=f"{distribution} is not installed") as caught:
        load(LoadRequest(path, Annotation(framework=Framework(distribution, "1.2.3"))))
    assert caught.value.hint.startswith(f"run `pip install '{distribution}==1.2.3'")
    hostile = Annotation(framework=Framework(distribution, "1'; touch here; '"))
    with pytest.raises(CannotLoad) as caught:
        load(LoadRequest(path, hostile))
    assert "touch" not in caught.value.hint


def test_a_loader_of_the_users_is_called_with_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "code" / "my_loaders.py"
    source.parent.mkdir()
    source.write_text(
        "def length(path):\n"
        "    size = path.stat().st_size\n"
        "    return lambda data: [size, data]\n"
        "def fails(path):\n    raise OSError('no such luck')\n"
        "def nothing(path): pass\n"
    )
    monkeypatch.syspath_prepend(source.parent)
    path = written(tmp_path / "churn.bin", b"12345")
    model = load(LoadRequest(path, NOTHING, loader="my_loaders:length"))
    assert (model.format, model.predict({"a": 1})) == ("module:function", [5, {"a": 1}])
    for loader, said in (
        ("my_loaders:fails", "my_loaders:fails failed: OSError: no such luck"),
        ("my_loaders:nothing", "returned nothing"),
        ("my_loaders:absent", "cannot import the loader my_loaders:absent"),
        ("no_such_module:load", "cannot import the loader no_such_module:load"),
        ("my_loaders", "cannot import the loader my_loaders"),
    ):
        with pytest.raises(CannotLoad, match=said):
            load(LoadRequest(path, NOTHING, loader=loader))


@pytest.mark.parametrize("loader", [None, "my_loaders:load"])
def test_a_link_that_leads_outside_of_the_versions_files_is_refused(
    loader: str | None, tmp_path: Path
) -> None:
    written(tmp_path / "outside.onnx", b"\x08\n")
    folder = tmp_path / "churn"
    folder.mkdir()
    (folder / "churn.onnx").symlink_to("../outside.onnx")
    with pytest.raises(CannotLoad, match=r"churn\.onnx is a link to a place outside"):
        load(LoadRequest(folder, NOTHING, loader=loader))


def test_a_link_within_is_followed_and_one_to_nothing_or_in_a_circle_is_refused(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "churn"
    written(folder / "normal.pkl", CONTENTS["pickle"])
    (folder / "latest").symlink_to("normal.pkl")
    (folder / "normal.pkl").rename(folder / "real.bin")
    with pytest.raises(CannotLoad, match="cannot read latest"):
        load(LoadRequest(folder, NOTHING))
    (folder / "latest").unlink()
    (folder / "circle").symlink_to("circle")
    with pytest.raises(CannotLoad, match="cannot read circle"):
        load(LoadRequest(folder, NOTHING))
    (folder / "circle").unlink()
    os.mkfifo(folder / "pipe")
    with pytest.raises(CannotLoad, match="pipe is neither a file nor a folder"):
        load(LoadRequest(folder, NOTHING))
    (folder / "pipe").unlink()
    (folder / "inner").mkdir()
    (folder / "inner" / "link").symlink_to("../real.bin")
    model = load(LoadRequest(folder, NOTHING, trust_pickle=True, method="cdf"))
    assert model.predict(0.0) == 0.5


MLMODEL = """\
flavors:
  python_function:
    loader_module: {module}
    code: {code}
    model_path: {path}
  sklearn:
    pickled_model: {path}
    serialization_format: skops
    skops_trusted_types: [os.system]
"""


def mlmodel(
    folder: Path, module: str = "mlflow.sklearn", code: str = "null", path: str = "m"
) -> LoadRequest:
    folder.mkdir(exist_ok=True)
    (folder / "MLmodel").write_text(MLMODEL.format(module=module, code=code, path=path))
    return LoadRequest(folder, NOTHING)


def test_a_folder_of_mlflows_that_runs_code_asks_for_trust(tmp_path: Path) -> None:
    folder = tmp_path / "churn"
    for request in (
        mlmodel(folder, module="mlflow.pyfunc.model"),
        mlmodel(folder, module="os"),
        mlmodel(folder, code="code"),
    ):
        written(folder / "m", CONTENTS["skops"])
        with pytest.raises(
            CannotLoad, match="churn is an MLflow model that is pickled or contains"
        ):
            load(request)
    written(folder / "m", CONTENTS["pickle"])
    with pytest.raises(CannotLoad, match="runs the code of its author") as caught:
        load(mlmodel(folder))
    assert 'serialization_format="skops"' in caught.value.hint


def test_what_mlflow_keeps_in_a_librarys_own_format_is_loaded_without_mlflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "churn"
    request = mlmodel(folder)
    written(folder / "m", CONTENTS["skops"])
    monkeypatch.setitem(sys.modules, "skops.io", None)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(CannotLoad, match="skops is not installed"):
        load(request)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("../outside.skops", "outside the version's files"),
        ("/etc/hostname", "outside the version's files"),
        ("absent", "refers to absent, which does not exist"),
    ],
)
def test_an_mlmodel_that_names_a_file_elsewhere_is_refused(
    path: str, said: str, tmp_path: Path
) -> None:
    written(tmp_path / "outside.skops", CONTENTS["skops"])
    with pytest.raises(CannotLoad, match=said):
        load(mlmodel(tmp_path / "churn", path=path))


@pytest.mark.parametrize("path", [".", "../churn"])
def test_an_mlmodel_that_names_its_own_folder_does_not_go_round(path: str, tmp_path: Path) -> None:
    with pytest.raises(CannotLoad, match="pickled or contains code"):
        load(mlmodel(tmp_path / "churn", path=path))


@pytest.mark.parametrize(
    "text", ["", "[1]", "flavors: 3", "flavors: {sklearn: {}}", "a: [", "\0", "a: &a [*a]"]
)
def test_an_mlmodel_that_says_nothing_is_an_error(text: str, tmp_path: Path) -> None:
    written(tmp_path / "churn" / "MLmodel", text.encode())
    with pytest.raises(CannotLoad, match="churn/MLmodel"):
        load(LoadRequest(tmp_path / "churn", NOTHING))


AGE = FormatInput("age", "tensor(float)", (-1, 1))
PLAN = FormatInput("plan", "tensor(string)", (-1,))
X = FormatInput("x", "tensor(float)", (-1, 2))


def test_the_columns_of_a_table_are_inputs_by_name() -> None:
    table = pd.DataFrame({"plan": ["a", "b"], "age": [1, 2], "other": [0, 0]})
    found = arrays.named(table, [AGE, PLAN], {"age": "float32", "plan": "object"})
    assert list(found) == ["age", "plan"]
    assert (found["age"].tolist(), str(found["age"].dtype)) == ([[1.0], [2.0]], "float32")
    assert (found["plan"].tolist(), found["plan"].shape) == (["a", "b"], (2,))


def test_what_is_missing_in_a_column_is_nan() -> None:
    table = pd.DataFrame({"age": pd.array([1, None], "Int64")})
    found = arrays.named(table, [AGE], {"age": "float32"})["age"]
    assert (found[0, 0], bool(found[1, 0] != found[1, 0])) == (1.0, True)
    whole = arrays.named(table.assign(b=2), [X], {"x": "float32"})["x"]
    assert (whole[0].tolist(), bool(whole[1, 0] != whole[1, 0])) == ([1.0, 2.0], True)


def test_a_table_is_the_only_input_there_is() -> None:
    table = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})
    found = arrays.named(table, [X], {"x": "float32"})
    assert (found["x"].tolist(), str(found["x"].dtype)) == ([[1.0, 0.5], [2.0, 1.5]], "float32")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (pd.DataFrame({"age": [1]}), "the model has an input plan; columns are age"),
        ([[1.0]], "the model has the inputs age, plan; name each"),
        ({"age": [1.0]}, "the model has the inputs age, plan, not age"),
        ({"age": [1.0], "plan": ["a"], "x": [1]}, "not age, plan, x"),
    ],
)
def test_inputs_that_are_lacking_or_too_many_are_named(data: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        arrays.named(data, [AGE, PLAN], {})


def test_a_number_is_not_cut_off_to_fit_a_models_type() -> None:
    with pytest.raises(TypeError, match="same_kind"):
        arrays.named([[1.5]], [AGE], {"age": "int64"})


def test_columns_are_put_in_the_models_order_and_others_left_out() -> None:
    table = pd.DataFrame({"b": [1], "c": [2], "a": [3]})
    assert list(arrays.in_order(table, ["a", "b"]).columns) == ["a", "b"]
    assert arrays.in_order(table, ["b", "c", "a"]) is table
    assert arrays.in_order(table, None) is table
    with pytest.raises(ValueError, match="the model has an input d; columns are b, c, a"):
        arrays.in_order(table, ["a", "d"])


def test_an_object_that_only_transforms_or_is_called_answers_by_that() -> None:
    class Scaler:
        def transform(self, data: int) -> tuple[int, int]:
            return data, data

    assert methods.of(Scaler(), None, "skops").predict(2) == [2, 2]
    assert methods.of(len, None, "module:function").predict("abc") == 3
    with pytest.raises(CannotLoad, match="a Scaler has no method predict") as caught:
        methods.of(Scaler(), "predict", "skops")
    assert caught.value.hint == "choose one that it has: --method transform"
