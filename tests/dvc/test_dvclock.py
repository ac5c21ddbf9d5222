"""What a dvc.lock and a .dvc file say, and what is said of those that are not as they should be."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.annotations import dvc
from mreg.dvc import lockfile
from mreg.dvc.lockfile import Item, LockedStage
from mreg.dvc.pipeline import Pipeline

STAGES = """\
train:
  cmd: python train.py
  deps:
  - path: data/raw
    md5: 3e9255e81b0d48940a3f9acccbe3b270.dir
    size: 13
    nfiles: 2
  - path: train.py
    md5: 8f96a8e4fde60bfce76d039cabcbf24a
    size: 113
  params:
    params.yaml:
      train.lr: 0.1
  outs:
  - path: model.pkl
    md5: e5b6e85560f9f0c745d9b2201a088294
    size: 52
"""
TRAIN = LockedStage(
    "train",
    "team/dvc.lock",
    "python train.py",
    (
        Item("team/data/raw", "md5:3e9255e81b0d48940a3f9acccbe3b270.dir", 13, 2),
        Item("team/train.py", "md5:8f96a8e4fde60bfce76d039cabcbf24a", 113),
    ),
    (("team/params.yaml", {"train.lr": 0.1}),),
    (Item("team/model.pkl", "md5:e5b6e85560f9f0c745d9b2201a088294", 52),),
)


def lock(text: str, folders: dict[str, str | None] | None = None) -> lockfile.Read:
    return lockfile.read_lock(dedent(text).encode(), "team/dvc.lock", folders or {})


def version_2(stages: str = STAGES) -> str:
    indented = "".join(f"  {line}\n" for line in stages.splitlines())
    return f"schema: '2.0'\nstages:\n{indented}"


class TestLock:
    def test_schema_1_has_its_stages_at_the_top(self) -> None:
        assert lock(STAGES)[:2] == ((TRAIN,), ())

    def test_schema_2_has_them_under_a_key(self) -> None:
        assert lock(version_2())[:2] == ((TRAIN,), ())

    def test_a_stage_of_schema_1_may_be_called_stages(self) -> None:
        [found] = lock(STAGES.replace("train:", "stages:", 1)).stages
        assert found == TRAIN._replace(name="stages")

    def test_several_commands_are_lines(self) -> None:
        text = "a:\n  cmd:\n  - one\n  - two\n"
        assert lock(text).stages[0].command == "one\ntwo"

    def test_paths_count_from_the_folder_that_the_stage_works_in(self) -> None:
        yaml = b"stages:\n  train:\n    wdir: ../sub\n    cmd: x\n"
        [found] = lock(version_2(), dvc.folders(yaml)).stages
        assert [it.path for it in found.deps] == ["sub/data/raw", "sub/train.py"]
        assert found.params[0][0] == "sub/params.yaml"

    def test_so_they_do_for_each_of_a_stage_that_stands_for_many(self) -> None:
        yaml = b"stages:\n  train:\n    foreach: [a]\n    do:\n      wdir: in\n      cmd: x\n"
        [found] = lock(STAGES.replace("train:", "train@a:", 1), dvc.folders(yaml)).stages
        assert found.outs[0].path == "team/in/model.pkl"

    def test_folders_of_foreach_and_matrix_stages(self) -> None:
        each = b"{train: {foreach: {a: {at: eu}, b: {at: us}}, do: {wdir: '${item.at}/${key}'}}}"
        assert dvc.folders(b"stages: " + each) == {
            "train": None,
            "train@a": "eu/a",
            "train@b": "us/b",
        }
        matrix = b"{train: {matrix: {at: [eu, us]}, wdir: 'in/${item.at}/${unknown}'}}"
        assert set(dvc.folders(b"stages: " + matrix).values()) == {None}

    def test_a_folder_that_only_dvc_knows_is_a_complaint(self) -> None:
        yaml = b"stages:\n  train:\n    wdir: ${where}\n    cmd: x\n"
        found = lock(version_2(), dvc.folders(yaml))
        assert found[:2] == (
            (),
            ("the stage train has a working folder that only DVC can resolve",),
        )

    @pytest.mark.parametrize(
        ("text", "stages", "complaints"),
        [
            ("", 0, 0),
            ("schema: '2.0'\n", 0, 0),
            ("schema: '2.0'\nstages: [a]\n", 0, 1),
            ("a: 5\n", 0, 1),
            ("a:\n  deps: 5\n  outs: [5, {size: 1}, {path: 7}]\n  params: [1]\n  cmd: 3\n", 1, 0),
            ("a:\n  outs:\n  - {path: x, md5: 12, size: big, nfiles: true}\n", 1, 0),
            ("[", 0, 1),
            ("- a\n", 0, 1),
            ("a: !!python/object:os.system {}\n", 0, 1),
            ("a:\n" + "  - " * 400 + "x\n", 0, 1),
        ],
    )
    def test_what_is_not_as_it_should_be_is_left_out(
        self, text: str, stages: int, complaints: int
    ) -> None:
        found = lock(text)
        assert (len(found.stages), len(found.complaints)) == (stages, complaints)

    def test_what_git_cannot_read_is_a_complaint(self) -> None:
        assert lockfile.read_lock(None, "dvc.lock", {}).complaints

    def test_a_digest_of_remote_storage_is_one_too(self) -> None:
        text = "a:\n  outs:\n  - path: s3://bucket/x\n    etag: 1a-2\n"
        assert lock(text).stages[0].outs == (Item("s3://bucket/x", "etag:1a-2"),)

    @given(st.binary(max_size=80) | st.text(alphabet="a:-[]{} \n'\"5", max_size=60).map(str.encode))
    def test_no_bytes_are_an_error(self, raw: bytes) -> None:
        assert lockfile.read_lock(raw, "dvc.lock", dvc.folders(b"wdir" + raw))
        assert lockfile.read_pointer(raw, "x.dvc")


class TestPointer:
    def test_data_added_by_hand(self) -> None:
        raw = b"outs:\n- md5: d314c838ec2a2c76160f9b4b40d56ef7\n  size: 12\n  path: raw.csv\n"
        digest = "md5:d314c838ec2a2c76160f9b4b40d56ef7"
        stage = LockedStage(
            "data/raw.csv.dvc", "data/raw.csv.dvc", outs=(Item("data/raw.csv", digest, 12),)
        )
        assert lockfile.read_pointer(raw, "data/raw.csv.dvc")[:2] == ((stage,), ())

    def test_an_import_names_the_repository_and_its_commit(self) -> None:
        raw = dedent("""\
            deps:
            - path: use-cases/data.xml
              repo:
                url: https://example.com/registry.git
                rev_lock: f31f5c4cdae787b4bdeb97a717687d44667d9e62
            outs:
            - md5: a304afb96060aad90176268345e10355
              path: data.xml
        """).encode()
        [found] = lockfile.read_pointer(raw, "in/data.xml.dvc").stages
        url, rev = "https://example.com/registry.git", "f31f5c4cdae787b4bdeb97a717687d44667d9e62"
        assert found.deps == (Item("use-cases/data.xml", None, None, None, url, rev),)

    def test_an_import_by_url_names_it(self) -> None:
        raw = b"deps:\n- etag: '\"x\"'\n  path: https://example.com/d.csv\nouts:\n- path: d.csv\n"
        [found] = lockfile.read_pointer(raw, "d.csv.dvc").stages
        assert found.deps == (Item("https://example.com/d.csv", 'etag:"x"'),)

    DVC = b"""\
outs:
- md5: a304afb96060aad90176268345e10355
  size: 37916850
  hash: md5
  remote: far
  path: data.xml
- md5: ba4a9b1c2f6b4f6c9f0f3f4b5a0c8b10.dir
  size: 1000
  nfiles: 3
  path: images
"""

    def test_a_file_and_a_folder(self) -> None:
        digest = "md5:a304afb96060aad90176268345e10355"
        [found] = lockfile.read_pointer(self.DVC, "data/data.xml.dvc").stages
        assert found.outs == (
            Item("data/data.xml", digest, 37916850, remote="far", hash="md5"),
            Item("data/images", "md5:ba4a9b1c2f6b4f6c9f0f3f4b5a0c8b10.dir", 1000, 3),
        )

    def test_its_paths_count_from_its_wdir(self) -> None:
        [found] = lockfile.read_pointer(b"wdir: ..\n" + self.DVC, "data/x.dvc").stages
        assert found.outs[0].path == "data.xml"

    @pytest.mark.parametrize(
        "raw",
        [b"", b"[", b"outs: 1", b"outs: [1, {path: 2}]", b"- outs", b"\xff", b"a: &a [*a]"],
    )
    def test_what_is_not_as_dvc_writes_it_points_to_nothing(self, raw: bytes) -> None:
        stages = lockfile.read_pointer(raw, "x.dvc").stages
        assert [it for stage in stages for it in stage.outs] == []

    def test_a_digest_or_size_of_another_kind_is_left_out(self) -> None:
        raw = b"outs: [{path: a, md5: 5, size: x, etag: e}]"
        assert lockfile.read_pointer(raw, "x.dvc").stages[0].outs == (Item("a", "etag:e"),)


class TestPipeline:
    PREPARE = LockedStage("prepare", "dvc.lock", outs=(Item("data/ready", "md5:1.dir"),))
    TRAIN = LockedStage(
        "train", "dvc.lock", deps=(Item("data/ready/a.csv", "md5:2"),), outs=(Item("m.pkl"),)
    )
    PIPELINE = Pipeline([PREPARE, TRAIN])

    @pytest.mark.parametrize(
        ("path", "made"),
        [
            ("m.pkl", ["train"]),
            ("data/ready", ["prepare"]),
            ("data/ready/deep/a.csv", ["prepare"]),
            ("data", ["prepare"]),
            ("data/read", []),
            ("m.pkl.bak", []),
            ("/m.pkl", []),
        ],
    )
    def test_a_path_was_made_by_the_step_whose_output_it_is_is_in_or_holds(
        self, path: str, made: list[str]
    ) -> None:
        assert [stage.name for stage, _ in self.PIPELINE.makers(path)] == made

    def test_what_it_needed_goes_back_to_the_first_step(self) -> None:
        assert [it.name for it in self.PIPELINE.needed("m.pkl")] == ["train", "prepare"]

    def test_steps_that_need_each_other_come_to_an_end(self) -> None:
        one = LockedStage("one", "dvc.lock", deps=(Item("b"),), outs=(Item("a"),))
        two = LockedStage("two", "dvc.lock", deps=(Item("a"),), outs=(Item("b"),))
        assert [it.name for it in Pipeline([one, two]).needed("a")] == ["one", "two"]
