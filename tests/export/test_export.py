"""`mreg export`: cards as the Hub's own library reads them, documents as CycloneDX has them."""

from __future__ import annotations

import json
import re
from typing import Any

import cmarkgfm
import pytest
import yaml as pyyaml
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from commandline import CommandLine, process
from json_schemas import has_format
from mreg import Registry
from mreg.errors import NotFound, Refused, UsageError
from mreg.export import bom as bills
from mreg.export import hub, requirements, spdx
from mreg.render import yaml
from repositories import START, Maker, Repository, Tag

SHA = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
LFS = f"version https://git-lfs.github.com/spec/v1\noid sha256:{SHA}\nsize 9\n".encode()
MD5 = "d41d8cd98f00b204e9800998ecf8427e"

RICH = f"""\
churn:
  type: model
  path: model.pkl
  description: |
    Predicts *churn*.

    # Not a heading <b>@ann</b>
  labels: [tabular-classification, weekly, weekly, "no", "1.0"]
  framework: {{name: scikit-learn, version: "1.5.0"}}
  owner: team@example.com
  license: apache-2.0
  metrics: {{auc: 0.9, eval.log_loss: 0.25, rows: 12345678901234567890}}
  params: {{model: {{depth: 3}}, seed: 1}}
  schema:
    input:
      type: array
      items:
        type: object
        properties:
          age: {{type: integer, format: int64}}
          plan: {{type: [string, "null"], enum: [basic, pro, null]}}
        required: [age]
    output: {{type: array, items: {{type: number, format: double}}}}
    methods: [predict]
    example: rows.json
  signature: {{input: {{age: int}}}}
  requirements: requirements.txt
  inputs:
    - {{path: data/train.csv, role: training}}
    - {{path: data/test.csv, role: validation}}
    - {{path: train.py, role: code}}
    - {{path: big.bin}}
    - {{artifact: raw@v1.0.0, role: training}}
    - {{artifact: raw@v9.0.0}}
    - {{artifact: base@v2.0.0, repo: "https://example.com/models.git", role: base}}
    - {{url: "https://huggingface.co/datasets/scikit-learn/iris", role: training}}
    - {{url: "https://huggingface.co/google-bert/bert-base-uncased", role: base}}
    - {{url: "https://example.com/a b/ü.csv", sha256: {SHA.upper()}}}
  custom:
    considerations:
      users: [Analysts]
      technicalLimitations: [Knows no new customers, 7]
      nonsense: [x]
raw: {{type: dataset, path: raw.csv, license: ODbL-1.0}}
"""
PLACES = {
    "model.pkl": LFS,
    "data/train.csv": b"1",
    "data/test.csv": b"2",
    "train.py": b"3",
    "big.bin": LFS,
    "raw.csv.dvc": f"outs:\n- md5: {MD5}\n  size: 5\n  path: raw.csv\n".encode(),
    "requirements.txt": b"--index-url https://user:secret@example.com/\nScikit_Learn[all]==1.5.0\n"
    b"numpy>=2 ; python_version>'3'\nmine @ file:///x\ntorch==2.*\n"
    b"extra==1+local.1 --hash=sha256:00\n",
}
PIPELINE = f"""\
schema: '2.0'
stages:
  prepare:
    cmd: python prepare.py
    deps: [{{path: raw.csv, md5: {MD5}}}]
    outs: [{{path: data/features.csv, md5: {MD5[::-1]}}}]
  train:
    cmd: python train.py
    deps: [{{path: data/features.csv, md5: {MD5[::-1]}}}, {{path: train.py, md5: {MD5}}}]
    outs: [{{path: model.pkl, md5: {"a" * 32}}}]
"""
TAGS = [
    Tag("raw@v1.0.0", 0, 1),
    Tag("churn@v1.0.0", 0, 2, "The first."),
    Tag("churn#prod#1", 0, 3),
    Tag("plain@v1.0.0", 0, 4),
]


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    files = {"artifacts.yaml": RICH.encode(), **PLACES}
    return make_repository(TAGS, commits=[files])


def annotated(make_repository: Maker, entry: str, **files: bytes) -> Registry:
    commit = {"artifacts.yaml": f"churn:\n{entry}".encode(), **files}
    return Registry.open(make_repository([Tag("churn@v1.0.0")], commits=[commit]).path)


def card(registry: Registry) -> str:
    return registry.export("churn", "model-card").text


def front_matter(text: str) -> Any:
    """Return what the Hub's own library reads at the top of a card."""
    from huggingface_hub import ModelCard

    return ModelCard(text).data


def bom(registry: Registry, selector: str = "churn") -> Any:
    """Return the bill of materials, which CycloneDX's own schema takes."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator  # and with it jsonschema

    text = registry.export(selector, "cyclonedx").text
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert fault is None, fault
    return json.loads(text)


class TestFrontMatter:
    def test_what_the_hub_reads(self, repo: Repository) -> None:
        found = front_matter(card(Registry.open(repo.path)))
        assert found.license == "apache-2.0"
        assert found.library_name == "sklearn"
        assert found.pipeline_tag == "tabular-classification"
        assert found.tags == ["tabular-classification", "weekly", "no", "1.0"]
        assert found.base_model == ["google-bert/bert-base-uncased"]
        assert found.datasets == ["scikit-learn/iris"]
        assert found.metrics == ["auc", "eval.log_loss"]
        assert found.model_name == "churn"
        results = found.eval_results
        assert [(it.metric_type, it.metric_value) for it in results] == [
            ("auc", 0.9),
            ("eval.log_loss", 0.25),
            ("rows", 12345678901234567890),
        ]
        assert {(it.task_type, it.dataset_type, it.dataset_name) for it in results} == {
            ("tabular-classification", "data/test.csv", "data/test.csv")
        }

    def test_the_model_index_is_as_the_hub_writes_it(self, repo: Repository) -> None:
        from huggingface_hub.repocard_data import eval_results_to_model_index

        read = front_matter(card(Registry.open(repo.path)))
        again = eval_results_to_model_index(read.model_name, read.eval_results)
        assert read.to_dict()["model-index"] == again

    def test_nothing_is_made_up(self, make_repository: Maker) -> None:
        registry = annotated(make_repository, "  metrics: {auc: 0.5}\n")
        found = registry.export("churn", "model-card")
        assert front_matter(found.text).to_dict() == {"metrics": ["auc"]}
        assert [it.partition(":")[0] for it in found.missing] == ["no model-index"] * 2

    def test_what_somebody_says_besides(self, make_repository: Maker) -> None:
        registry = annotated(make_repository, "  metrics: {auc: 0.5}\n")
        wishes = {"task": "tabular-regression", "dataset": "org/data"}
        found = registry.export("churn", "model-card", **wishes)
        assert found.missing == ()
        [result] = front_matter(found.text).eval_results
        assert (result.task_type, result.dataset_type) == ("tabular-regression", "org/data")

    def test_a_card_without_anything(self, make_repository: Maker) -> None:
        registry = annotated(make_repository, "  {}\n")
        found = registry.export("churn", "model-card")
        assert found.text.startswith("---\n{}\n---\n\n# churn v1.0.0\n")
        assert found.missing == ()
        assert front_matter(found.text).to_dict() == {}

    @pytest.mark.parametrize(
        ("license", "fields"),
        [
            ("MIT", {"license": "mit"}),
            ("Apache-2.0", {"license": "apache-2.0"}),
            ("GPL-3.0-or-later", {"license": "gpl-3.0"}),
            ("LGPL-2.1-only", {"license": "lgpl-2.1"}),
            ("ODC-By-1.0", {"license": "odc-by"}),
            ("openrail++", {"license": "openrail++"}),
            ("0BSD", {"license": "other", "license_name": "0bsd"}),
            ("MIT OR Apache-2.0", {"license": "other", "license_name": "mit-or-apache-2.0"}),
            ("Our own, 2024", {"license": "other", "license_name": "our-own-2024"}),
            ("---", {"license": "other"}),
        ],
    )
    def test_licences(self, license: str, fields: dict[str, str]) -> None:
        assert hub.license_fields(license) == fields

    @pytest.mark.parametrize(
        ("url", "kind", "id_"),
        [
            ("https://huggingface.co/datasets/org/name", "dataset", "org/name"),
            ("https://huggingface.co/datasets/squad", "dataset", "squad"),
            ("hf://datasets/org/name@main/a.csv", "dataset", "org/name"),
            ("https://hf.co/org/name/resolve/main/x.bin", "model", "org/name"),
            ("https://huggingface.co/org/name.git", "model", "org/name"),
            ("https://huggingface.co/org/name", "dataset", None),
            ("https://huggingface.co/datasets/org/name", "model", None),
            ("https://evil.example/https://huggingface.co/org/name", "model", None),
            ("https://huggingface.co.evil.example/org/name", "model", None),
            ("s3://bucket/x", "model", None),
        ],
    )
    def test_ids_on_the_hub(self, url: str, kind: Any, id_: str | None) -> None:
        assert hub.identifier(url, kind) == id_


class TestYaml:
    @pytest.mark.parametrize(
        "value",
        [
            *(
                "no",
                "NO",
                "y",
                "on",
                "null",
                "~",
                "true",
                "1.0",
                "1e3",
                "0x1f",
                "1_000",
                "12:30:45",
            ),
            *("2024-01-01", "---", "a: b", "a #b", "", " a ", "- a", "*a", "&a", "!a", "@a", "`a"),
            *(
                "a\nb",
                "\x1b[0m",
                "\u2028",
                "\u202e",
                "é",
                "\U0001f600",
                "'",
                '"',
                "\\",
                "a\tb",
                "=",
            ),
            *(".inf", ".nan", "<<", "?", "x" * 300, "a b " * 60, 1, -1, 0.1, 1e-05, 1e300, True),
        ],
    )
    def test_every_reader_reads_what_was_written(self, value: Any) -> None:
        """ruamel.yaml reads YAML 1.2, PyYAML, which the Hub's library uses, 1.1."""
        text = yaml.dumps({"key": [value], "a": {"b": value}})
        assert text.isascii()
        for found in (pyyaml.safe_load(text), YAML(typ="safe").load(text)):
            assert found == {"key": [value], "a": {"b": value}}
            assert type(found["key"][0]) is type(value)


HOSTILE = "x\n---\n# A\n<script>a</script> [a](http://e.example) @ann `|` ![i](i.png)\n\n    code\n"


class TestBody:
    def test_what_a_reader_finds(self, repo: Repository) -> None:
        text = card(Registry.open(repo.path))
        headings = re.findall(r"^#+ .*", text, re.M)
        assert headings == [
            "# churn v1.0.0",
            *(f"## {it}" for it in ("Version", "Metrics", "Params", "Schema of the input")),
            *(f"## {it}" for it in ("Schema of the output", "How to call it", "Inputs")),
            *(f"## {it}" for it in ("Lineage", "Requirements", "How to get it")),
        ]
        assert "\n\n\n" not in text
        assert "| name | type | nullable | required |\n" in text
        assert "| age | int64 | no | yes |\n| plan | string, one of basic, pro | yes | no |" in text
        assert "| \\- | double \\[any\\] | no | yes |\n" in text
        assert "Methods: predict.\n\nAn example is at rows.json.\n" in text
        assert "| stages | prod |" in text
        assert "by Ann Example |" in text
        assert "| model.depth | 3 |" in text
        assert f"| big.bin |  | sha256:{SHA} |" in text
        assert "    git lfs pull --include model.pkl\n" in text
        assert "    numpy>=2 ; python_version>'3'\n" in text
        assert "secret" not in text

    @pytest.mark.parametrize(
        ("entry", "files", "says"),
        [
            ("path: m.pkl", {"m.pkl": b"1"}, "these commands put it at m.pkl:\n"),
            ("path: m.pkl", {"m.pkl": b"1"}, "    mreg get churn@v1.0.0 --repo URL\n"),
            (
                "path: m.pkl",
                {"m.pkl.dvc": b"outs: [{md5: a, path: m.pkl}]"},
                "    dvc pull m.pkl\n",
            ),
            ("path: 'a b'", {"a b": LFS}, "    git lfs pull --include 'a b'\n"),
            ("path: 's3://x/y'", {}, "It is at s3:<!-- -->//x/y.\n"),
            ("path: nowhere", {}, "    git switch --detach churn@v1.0.0\n"),
            ("requirements: env.lock", {"env.lock": b"1"}, "As env.lock says.\n"),
        ],
    )
    def test_how_to_get_it(
        self, entry: str, files: dict[str, bytes], says: str, make_repository: Maker
    ) -> None:
        assert says in card(annotated(make_repository, f"  {entry}\n", **files))

    def test_what_people_wrote_is_text_alone(self, make_repository: Maker) -> None:
        from huggingface_hub import ModelCard

        documents = []
        for number, text in enumerate((HOSTILE, "harmless")):
            quoted = json.dumps(text)
            entry = "".join(
                f"  {field}: {quoted}\n" for field in ("description", "owner", "license", "type")
            )
            entry += f"  labels: [{quoted}]\n  params: {{{quoted}: {quoted}}}\n"
            entry += f"  framework: {{name: {quoted}}}\n  requirements: [{quoted}]\n"
            entry += f"  inputs: [{{url: {quoted}, role: training}}]\n  metrics: {{{quoted}: 1}}\n"
            column = f"{{{quoted}: {{type: string, enum: [{quoted}]}}}}"
            entry += f"  schema: {{input: {{type: object, properties: {column}}}"
            entry += f", methods: [{quoted}], example: {quoted}}}\n"
            commit = {"artifacts.yaml": f"churn:\n{entry}".encode()}
            repo = make_repository(
                [Tag("churn@v1.0.0", message=text)], commits=[commit], name=f"of-{number}"
            )
            found = card(Registry.open(repo.path))
            assert front_matter(found).tags == [text]
            html = cmarkgfm.github_flavored_markdown_to_html(ModelCard(found).text)
            assert "@ann" not in re.sub(r"<pre>.*?</pre>", "", html, flags=re.S)
            documents.append(re.findall(r"<(/?(?!p>|br|!)[a-z0-9]+)", html))
        assert documents[0] == documents[1]


class TestBillOfMaterials:
    def test_the_model(self, repo: Repository) -> None:
        found = bom(Registry.open(repo.path))
        assert found["specVersion"] == "1.6"
        assert found["metadata"]["timestamp"].startswith("2023-11-14T22:13:22")
        model = found["metadata"]["component"]
        assert (model["type"], model["name"], model["version"]) == (
            "machine-learning-model",
            "churn",
            "v1.0.0",
        )
        assert model["hashes"] == [{"alg": "SHA-256", "content": SHA}]
        assert model["licenses"] == [{"license": {"id": "Apache-2.0"}}]
        parameters = model["modelCard"]["modelParameters"]
        assert parameters["task"] == "tabular-classification"
        assert [it["format"] for it in parameters["inputs"]] == [
            "age: int64",
            "plan: string, one of basic, pro or null, optional",
        ]
        assert parameters["outputs"] == [{"format": "double [any]"}]
        names = {it["bom-ref"]: it["name"] for it in found["components"]}
        assert sorted(names[it["ref"]] for it in parameters["datasets"]) == [
            "big.bin",
            "data/test.csv",
            "data/train.csv",
            "https://example.com/a b/ü.csv",
            "https://huggingface.co/datasets/scikit-learn/iris",
            "raw",
            "raw",
        ]
        metrics = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
        assert metrics[0] == {"type": "auc", "value": "0.9"}
        assert metrics[2]["value"] == "12345678901234567890"
        assert model["modelCard"]["considerations"] == {
            "users": ["Analysts"],
            "technicalLimitations": ["Knows no new customers"],
        }
        properties = {it["name"]: it["value"] for it in model["properties"]}
        assert properties["mreg:param:model.depth"] == "3"
        assert properties["mreg:commit"] == repo.commits[0]

    def test_what_went_into_it(self, repo: Repository) -> None:
        found = bom(Registry.open(repo.path))["components"]
        by_name = {(it["name"], it.get("version")): it for it in found}
        kinds = {name: it["type"] for name, it in by_name.items()}
        assert kinds["train.py", None] == "file"
        assert kinds["raw", "v1.0.0"] == "data"
        assert kinds["base", "v2.0.0"] == "machine-learning-model"
        missing = by_name["raw", "v9.0.0"]["properties"]
        assert any(it["name"] == "mreg:note" for it in missing)
        external = by_name["https://example.com/a b/ü.csv", None]
        assert external["hashes"] == [{"alg": "SHA-256", "content": SHA}]
        assert external["externalReferences"][0]["url"] == "https://example.com/a%20b/%C3%BC.csv"
        assert by_name["big.bin", None]["hashes"] == [{"alg": "SHA-256", "content": SHA}]

    def test_digests_that_are_not_of_the_bytes_are_no_hashes(self, repo: Repository) -> None:
        found = bom(Registry.open(repo.path))["components"]
        by_name = {it["name"]: it for it in found if it.get("version") != "v9.0.0"}
        for name, kind in (("data/train.csv", "git:"), ("raw", "md5:")):
            assert "hashes" not in by_name[name]
            properties = {it["name"]: it["value"] for it in by_name[name]["properties"]}
            assert properties["mreg:digest"].startswith(kind)

    def test_what_it_requires(self, repo: Repository) -> None:
        found = bom(Registry.open(repo.path))
        libraries = [it for it in found["components"] if it["type"] in ("library", "framework")]
        assert [(it["name"], it.get("version"), it.get("purl")) for it in libraries] == [
            ("scikit-learn", "1.5.0", "pkg:pypi/scikit-learn@1.5.0"),
            ("numpy", None, None),
            ("mine", None, None),
            ("torch", None, None),
            ("extra", "1+local.1", "pkg:pypi/extra@1%2Blocal.1"),
        ]
        assert "secret" not in json.dumps(found)

    def test_how_it_hangs_together(self, repo: Repository) -> None:
        found = bom(Registry.open(repo.path))
        refs = [it["bom-ref"] for it in found["components"]]
        assert len(refs) == len(set(refs))
        main = found["metadata"]["component"]["bom-ref"]
        depends = {it["ref"]: it.get("dependsOn", []) for it in found["dependencies"]}
        assert depends.keys() == {main, *refs}
        assert set(depends[main]) <= set(refs)
        assert len(depends[main]) == 15

    def test_what_a_pipeline_read_went_into_what_it_made(self, make_repository: Maker) -> None:
        registry = annotated(
            make_repository,
            "  path: model.pkl\n  inputs: [{path: data/features.csv, role: training}]\n",
            **{"dvc.lock": PIPELINE.encode(), "train.py": b"print()", "raw.csv": b"1"},
        )
        found = bom(registry)
        names = {it["bom-ref"]: it["name"] for it in found["components"]}
        names[found["metadata"]["component"]["bom-ref"]] = "churn"
        assert {
            names[it["ref"]]: sorted(names[ref] for ref in it.get("dependsOn", ()))
            for it in found["dependencies"]
        } == {
            "churn": ["data/features.csv", "train.py"],
            "data/features.csv": ["raw.csv"],
            "train.py": [],
            "raw.csv": [],
        }
        kinds = {it["name"]: it["type"] for it in found["components"]}
        assert kinds == {"data/features.csv": "data", "train.py": "file", "raw.csv": "data"}

    @pytest.mark.parametrize(
        ("path", "hashes"),
        [("s3://x/m.pkl", 1), ("gone.pkl", 1), ("m.pkl", 0)],
    )
    def test_the_checksum_of_what_git_does_not_keep(
        self, path: str, hashes: int, make_repository: Maker
    ) -> None:
        entry = f"  path: {path}\n  sha256: {SHA}\n"
        found = bom(annotated(make_repository, entry, **{"m.pkl": b"1"}))
        assert len(found["metadata"]["component"].get("hashes", [])) == hashes

    def test_the_framework_is_named_once(self, make_repository: Maker) -> None:
        registry = annotated(make_repository, "  framework: {name: Torch, version: '2'}\n")
        [found] = bom(registry)["components"]
        assert (found["type"], found["name"], found["version"]) == ("framework", "Torch", "2")

    def test_the_same_tag_gives_the_same_document(self, repo: Repository) -> None:
        registry = Registry.open(repo.path)
        first = registry.export("churn", "cyclonedx")
        repo.git("tag", "-a", "-m", "Promote\n\nVersion: v1.0.0", "churn#dev#2", repo.commits[0])
        repo.git("tag", "-a", "-m", "New", "raw@v1.1.0", repo.commits[0])
        assert registry.export("churn@v1.0.0", "cyclonedx").text == first.text
        assert registry.export("churn#prod", "cyclonedx").text == first.text
        assert json.loads(first.text)["serialNumber"] != bom(registry, "raw")["serialNumber"]

    def test_a_dataset_is_data(self, repo: Repository) -> None:
        found = bom(Registry.open(repo.path), "raw@v1.0.0")["metadata"]["component"]
        assert found["type"] == "data"
        assert found["licenses"] == [{"license": {"id": "ODbL-1.0"}}]
        assert "modelCard" not in found

    def test_a_bare_commit(self, make_repository: Maker) -> None:
        commit = {"artifacts.yaml": b"churn: {type: model}\n"}
        repo = make_repository([Tag("churn#prod#1")], commits=[commit])
        found = bom(Registry.open(repo.path), "churn#prod")["metadata"]["component"]
        assert found["version"] == repo.commits[0]

    def test_a_cycle(self, make_repository: Maker) -> None:
        entry = "  inputs: [{artifact: churn@v1.0.0}, {artifact: other@v1.0.0}]\n"
        text = f"churn:\n{entry}other:\n{entry}".encode()
        tags = [Tag("churn@v1.0.0"), Tag("other@v1.0.0")]
        repo = make_repository(tags, commits=[{"artifacts.yaml": text}])
        found = bom(Registry.open(repo.path))
        assert [it["name"] for it in found["components"]] == ["other"]

    def test_times_and_texts_of_any_kind(self, make_repository: Maker) -> None:
        quoted = json.dumps(f"{HOSTILE}\x7f\u2028é")
        entry = f"churn:\n  description: {quoted}\n  license: {quoted}\n  path: {quoted}\n"
        entry += f"  labels: [{quoted}]\n  inputs: [{{url: {quoted}}}, {{path: {quoted}}}]\n"
        tag = Tag("churn@v1.0.0", 0, -START - 86400 * 365 * 100, zone="-0730")
        repo = make_repository([tag], commits=[{"artifacts.yaml": entry.encode()}])
        bom(Registry.open(repo.path))

    @given(st.text('ab:/?#[]@%41 \u00fc<>|\\^`{}"', max_size=20))
    @example("[1]")
    def test_addresses_are_what_the_schema_takes(self, rest: str) -> None:
        found = bills._address(f"https://{rest}")
        if found and "[" in found:  # rfc3987-syntax 1.1.0 takes no IPv6 address at all
            found = re.sub(r"\[[0-9a-f:]+\]", "[v1.a]", found)
        assert found is None or has_format(found, "iri-reference")
        assert bills._address(f"https://example.com/{rest}")

    @pytest.mark.parametrize(
        ("host", "taken"),
        [("[::1]", True), ("[2001:db8::A]:80", True), ("[1]", False), ("[::1::]", False)],
    )
    def test_a_host_in_brackets_is_an_ipv6_address(self, host: str, *, taken: bool) -> None:
        address = f"https://{host}/x"
        assert bills._address(address) == (address if taken else None)

    @pytest.mark.parametrize(
        ("license", "choice"),
        [
            ("mit", {"license": {"id": "MIT"}}),
            ("MIT OR Apache-2.0", {"expression": "MIT OR Apache-2.0"}),
            ("Ours", {"license": {"name": "Ours"}}),
            ("MIT OR Ours", {"license": {"name": "MIT OR Ours"}}),
            ("Apache-2.0+", {"expression": "Apache-2.0+"}),
            ("LicenseRef-ours", {"expression": "LicenseRef-ours"}),
        ],
    )
    def test_licences(self, license: str, choice: Any, make_repository: Maker) -> None:
        registry = annotated(make_repository, f"  license: {license}\n")
        assert bom(registry)["metadata"]["component"]["licenses"] == [choice]

    @pytest.mark.parametrize(
        ("text", "known"),
        [
            ("mit", "MIT"),
            (
                "MIT AND (GPL-2.0-or-later WITH Classpath-exception-2.0 OR BSD-3-Clause)",
                "MIT AND (GPL-2.0-or-later WITH Classpath-exception-2.0 OR BSD-3-Clause)",
            ),
            ("LicenseRef-ours OR MIT", "LicenseRef-ours OR MIT"),
            ("Apache-2.0+ AND mit", "Apache-2.0+ AND MIT"),
            ("(MIT)", "(MIT)"),
            ("MIT WITH no-such-exception", None),
            ("MIT OR", None),
            ("OR MIT", None),
            ("(MIT OR ISC", None),
            ("MIT ISC", None),
            ("MIT WITH", None),
            ("MIT, ISC", None),
            ("(" * 10_000, None),
            ("", None),
        ],
    )
    def test_expressions(self, text: str, known: str | None) -> None:
        assert spdx.canonical(text) == known


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Foo_Bar.baz == 1.0", ("foo-bar-baz", "1.0")),
        ("foo[a,b]==1.0; python_version < '3'", ("foo", "1.0")),
        ("foo (==1.0)", ("foo", "1.0")),
        ("foo===1!2.0", ("foo", "1!2.0")),
        ("foo==1.0,<2", ("foo", None)),
        ("foo==1.*", ("foo", None)),
        ("foo>=1", ("foo", None)),
        ("foo", ("foo", None)),
        ("foo==1.0 --hash=sha256:00 --hash sha256:11", ("foo", "1.0")),
    ],
)
def test_requirements(line: str, expected: tuple[str, str | None]) -> None:
    [found] = requirements.read([line])
    assert (found.name, found.version) == expected
    assert "--hash" not in found.text


def test_options_are_no_requirements() -> None:
    lines = ["-r more.txt", "--extra-index-url https://u:p@h/", "-e .", "./wheel.whl", ""]
    assert list(requirements.read(lines)) == []


def test_the_python_library_passes_a_document_on_without_its_model_card(repo: Repository) -> None:
    """As docs/how-to/export.md says of cyclonedx-python-lib 11.12."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.output.json import JsonV1Dot6

    text = Registry.open(repo.path).export("churn@v1.0.0", "cyclonedx").text
    bom = Bom.from_json(json.loads(text))  # type: ignore[attr-defined]
    again = JsonV1Dot6(bom).output_as_string()
    assert "modelCard" in text
    assert "modelCard" not in again
    assert json.loads(again)["metadata"]["component"]["name"] == "churn"


@pytest.mark.parametrize("form", ["model-card", "cyclonedx"])
def test_passwords_in_urls_are_left_out(form: Any, make_repository: Maker) -> None:
    url = "https://user:secret@example.com/x"
    entry = f"  path: {url}\n  description: at {url}\n  requirements: ['a @ {url}']\n"
    entry += f"  inputs: [{{url: {url}}}, {{artifact: raw@v1.0.0, repo: {url}}}]\n"
    entry += f"  params: {{data: [{url}]}}\n"
    text = annotated(make_repository, entry).export("churn", form).text
    assert "secret" not in text
    assert text.count("***@") + text.count("\\*\\*\\*@") >= 5


class TestCommand:
    def test_to_a_file(self, repo: Repository, mreg: CommandLine) -> None:
        arguments = ("export", "churn#prod", "--format", "cyclonedx")
        done = mreg.ok(*arguments, repo=repo)
        assert mreg.ok(*arguments, "-o", "bom.json", repo=repo).out == ""
        assert (repo.path / "bom.json").read_text(encoding="utf-8") == done.out
        failed = process(*arguments, "-o", "no/such/folder", repo=repo)
        assert (failed.returncode, failed.stdout) == (1, "")
        assert "error: " in failed.stderr

    def test_what_is_not_known_is_said(self, make_repository: Maker, mreg: CommandLine) -> None:
        registry = annotated(make_repository, "  metrics: {auc: 0.5}\n")
        arguments = ("export", "churn", "--format", "model-card")
        done = mreg.ok(*arguments, repo=registry.path)
        assert done.err.count("note: no model-index: ") == 2
        wishes = ("--task", "tabular-regression", "--dataset", "mine")
        assert mreg.ok(*arguments, *wishes, repo=registry.path).err == ""

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["churn"], 2),
            (["churn", "--format", "spdx"], 2),
            (["churn", "--format", "cyclonedx", "--dataset", "x"], 2),
            (["churn", "--format", "model-card", "--task", "No Task"], 2),
            (["churn", "--format", "model-card", "--dataset", " "], 2),
            (["raw", "--format", "model-card"], 1),
            (["plain", "--format", "model-card"], 1),
            (["churn@v9.0.0", "--format", "model-card"], 1),
        ],
    )
    def test_what_makes_no_sense(
        self, arguments: list[str], code: int, repo: Repository, mreg: CommandLine
    ) -> None:
        done = mreg("export", *arguments, repo=repo)
        assert (done.code, done.out) == (code, "")

    def test_the_library_says_the_same(self, repo: Repository) -> None:
        registry = Registry.open(repo.path)
        with pytest.raises(UsageError):
            registry.export("churn", "spdx")  # type: ignore[arg-type]
        with pytest.raises(Refused):
            registry.export("raw", "model-card")
        with pytest.raises(NotFound):
            registry.export("plain", "model-card")

    def test_what_cannot_be_read(self, make_repository: Maker, mreg: CommandLine) -> None:
        repo = make_repository(
            [Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1, 1)],
            commits=[
                {"artifacts.yaml": b"churn: {metrics: [gone.json]}\n"},
                {"artifacts.yaml": b"["},
            ],
        )
        done = mreg.ok("export", "churn@v1.0.0", "--format", "cyclonedx", repo=repo)
        assert "warning: churn@v1.0.0: gone.json" in done.err
        done = mreg("export", "churn@v2.0.0", "--format", "cyclonedx", repo=repo)
        assert (done.code, "cannot read it" in done.err) == (1, True)
