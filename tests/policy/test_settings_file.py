"""`.mreg.yaml` and `.gto`: what they say, and everything that is wrong with them, at its place."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.policy.file import keys
from mreg.policy.file import read as reading
from mreg.policy.file.keys import NoKey
from mreg.policy.model import Bound, Gate, NoRegression, Principal, Requirements, Settings
from yaml_texts import nested, numbers, words

ANN = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHxYT0XLSe9cRrRVIIwY1NPTvWcLuzNeAUAQrU+8PR5A"
BOB = "0123456789ABCDEF0123456789ABCDEF01234567"


def said(text: str) -> Settings:
    """Return what a file says in which no problems found."""
    read = reading.read(text.encode())
    assert read.findings == ()
    return read.settings


def stage(text: str) -> Gate:
    """Return what a file says of the stage `prod`, whose indented text is given."""
    found = said(f"principals: {{ann: {ANN}, bob: {BOB}}}\nstages:\n  dev:\n  prod: {text}\n")
    assert found.stages is not None
    return found.stages["prod"]


def requires(text: str) -> Requirements:
    return stage(f"{{requires: {{{text}}}}}").requires


class TestWhatItSays:
    @pytest.mark.parametrize("text", ["", "# nothing\n", "push: false\n", "push:\n", "types:\n"])
    def test_nothing(self, text: str) -> None:
        assert said(text) == Settings()

    def test_names_and_words(self) -> None:
        text = "push: true\ntypes: [a, b]\nregistry: acme/x-1\nbranch: main\nsignatures: optional\n"
        assert said(text) == Settings(True, frozenset("ab"), "acme/x-1", "main", "optional")

    @pytest.mark.parametrize(
        ("text", "principal"),
        [
            (f"ann: {ANN} ann@laptop", Principal("ann", (), (ANN,))),
            (f"ann: [{ANN}, {BOB.lower()}]", Principal("ann", (), (ANN, BOB))),
            (f"ann: [{ANN}, {ANN} again]", Principal("ann", (), (ANN,))),
            (f"Ann@X.org: {ANN}", Principal("Ann@X.org", ("ann@x.org",), (ANN,))),
            ("ann@x.org:", Principal("ann@x.org", ("ann@x.org",))),
            (f"ann: {{emails: A@x.org, keys: {ANN}}}", Principal("ann", ("a@x.org",), (ANN,))),
            ("ann: {emails: [a@x.org, b@x.org]}", Principal("ann", ("a@x.org", "b@x.org"))),
            ("zoë: {}", Principal("zoë")),
        ],
    )
    def test_principals(self, text: str, principal: Principal) -> None:
        assert said(f"principals:\n  {text}\n").principals == {principal.name: principal}

    def test_roles(self) -> None:
        found = said(f"principals: {{ann: {ANN}, bob: {BOB}}}\nroles: {{a: ann, b: [ann, bob]}}\n")
        assert found.roles == {"a": ("ann",), "b": ("ann", "bob")}
        assert found.members(("b", "ann")) == {"ann", "bob"}

    def test_revoked(self) -> None:
        print_ = "SHA256:6ovHwAybzIs8hKVnkt7HmdgYzlnT1sRjb5HAVDIVTvE"
        assert said(f"revoked: [{ANN} x, {print_}, {BOB}]\n").revoked == {ANN, print_, BOB}

    def test_stages_in_their_order(self) -> None:
        assert list(said("stages: [c, a, b/d]\n").stages or ()) == ["c", "a", "b/d"]
        assert list(said("stages: {c: , a: {}, b: }\n").stages or ()) == ["c", "a", "b"]
        assert said("stages: {}\n").stages == {}

    @pytest.mark.parametrize(
        ("text", "gate"),
        [
            ("{from: dev}", Gate(after=("dev",))),
            ("{by: [ann, bob]}", Gate(by=("ann", "bob"))),
            ("{by: []}", Gate(by=())),
            ("{approvals: 2}", Gate(approvals=2)),
            (
                "{approvals: 1, approvers: ann, self_approval: true}",
                Gate(approvals=1, approvers=("ann",), self_approval=True),
            ),
            ("{exclusive: true}", Gate(exclusive=True)),
            ('{branches: [main, "release/*"]}', Gate(branches=("main", "release/*"))),
            ("{by: , from: , requires: , approvals: }", Gate()),
        ],
    )
    def test_gates(self, text: str, gate: Gate) -> None:
        assert stage(text) == gate

    def test_register(self) -> None:
        found = said("register: {branches: main, requires: {fields: [owner]}}\n")
        wanted = Requirements(fields=("owner",))
        assert found.register == Gate(requires=wanted, branches=("main",))

    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            ("fields: owner", Requirements(fields=("owner",))),
            ("fields: [owner, custom.a.b]", Requirements(fields=("owner", "custom.a.b"))),
            ("no_regression: auc", Requirements(no_regression=(NoRegression("auc"),))),
            ("no_regression: [auc]", Requirements(no_regression=(NoRegression("auc"),))),
            ("no_regression: {auc: 1}", Requirements(no_regression=(NoRegression("auc", 1.0),))),
            (
                "no_regression: {a: {tolerance: 0.5, better: lower}, b: }",
                Requirements(no_regression=(NoRegression("a", 0.5, "lower"), NoRegression("b"))),
            ),
            ("inputs: dev", Requirements(inputs="dev")),
        ],
    )
    def test_requirements(self, text: str, wanted: Requirements) -> None:
        assert requires(text) == wanted

    @pytest.mark.parametrize(
        ("text", "bound"),
        [
            (">= 0.9", Bound("auc", ">=", 0.9)),
            ("<.5", Bound("auc", "<", 0.5)),
            (" <= -1e3 ", Bound("auc", "<=", -1000.0)),
            (">1.", Bound("auc", ">", 1.0)),
            ("== +2", Bound("auc", "==", 2.0)),
        ],
    )
    def test_bounds(self, text: str, bound: Bound) -> None:
        assert requires(f'metrics: {{auc: "{text}"}}').bounds == (bound,)


HEADERS = "endpoints: {prod: {url: http://h/, headers: {"
TWO = f"principals:\n  ann: {ANN}\n  bob: {BOB}\n"

WRONG = [
    # The shape
    ("stges: [a]\n", ["1:1 MA020 did you mean stages?"]),
    ("stages: {a: {form: b}}\n", ["1:14 MA020 did you mean from?"]),
    ("register: {approvals: 1}\n", ["1:12 MA020 the fields are by, branches, requires"]),
    ("push: 1\n", ["1:7 MA021 "]),
    ("types: []\n", ["1:8 MA021 "]),
    ("stages: prod\n", ["1:9 MA021 "]),
    ("stages: {a: {approvals: -1}}\n", ["1:25 MA021 "]),
    ("stages: {a: {approvals: 1.5}}\n", ["1:25 MA021 "]),
    ("signatures: require\n", ["1:13 MA021 did you mean required?"]),
    ("principals: {a: {keys: [123]}}\n", ["1:25 MA021 put it in quotes"]),
    ("push: true\npush: false\n", ["2:1 MA011 remove one of them"]),
    ("- push\n", ["1:1 MA012 "]),
    ("stages: {a: {requires: {no_regression: {a: -1}}}}\n", ["1:44 MA021 "]),
    ("stages: {a: {requires: {no_regression: {a: {better: hi}}}}}\n", ["1:53 MA021 "]),
    (
        "register: {requires: {no_regression: a}}\n",
        ["1:23 MA020 the fields are fields, metrics, inputs"],
    ),
    ("stages: [dev]\nregister: {from: dev}\n", ["2:12 MA020 the fields are by, branches"]),
    # Who
    ("principals: {a b: }\n", ["1:14 MS001 use letters, digits"]),
    ("principals: {a/b: }\n", ["1:14 MS001 use letters, digits"]),
    ('principals: {"a,b": }\n', ["1:14 MS001 use letters, digits"]),
    ("principals: {a..b: }\n", ["1:14 MS001 "]),
    ("principals: {a.lock: }\n", ["1:14 MS001 "]),
    ("principals: {ann: , Ann: }\n", ["1:21 MS001 rename one of them"]),
    (f"{TWO}roles: {{ann: bob}}\n", ["4:9 MS001 rename one of them"]),
    (f"{TWO}roles: {{r: [ann, boob]}}\n", ["4:18 MS002 did you mean bob?"]),
    (f"{TWO}roles: {{r: ann, s: r}}\n", ["4:20 MS002 add the principal under principals"]),
    (f"{TWO}register: {{by: carl}}\n", ["4:16 MS002 add the principal or role"]),
    (
        "principals: {bob: {emails: b@x.org}}\nregister: {by: B@x.org}\n",
        ["2:16 MS002 it is an address of bob: write bob"],
    ),
    ("principals: {ann: hello}\n", ["1:19 MS004 write the line of a .pub file"]),
    (
        "principals: {ann: a@example.com}\n",
        [
            (
                "1:19 MS004 write the line of a .pub file (ssh-ed25519 AAAA...), or an OpenPGP "
                "fingerprint; an e-mail address is written as {emails: [ADDRESS]}"
            )
        ],
    ),
    ("stages: {prod: {metrics: {a: '> 1'}}}\n", ["1:17 MA020 it belongs in the field requires"]),
    ("revoked: [SHA256:abc]\n", ["1:11 MS004 run `ssh-keygen -l"]),
    (f"principals: {{a: {ANN}, b: {ANN} b}}\n", ["1:102 MS005 "]),
    (f"principals: {{a: {BOB}, b: {BOB.lower()}}}\n", ["1:62 MS005 "]),
    ("principals: {a@x.org: , b: {emails: A@x.org}}\n", ["1:37 MS005 "]),
    (
        "principals: {a@x.org: , 'b b': {emails: [c, A@x.org]}}\n",
        ["1:25 MS001 use letters, digits", "1:42 MS014 ", "1:45 MS005 "],
    ),
    ("principals: {a: {emails: [a b@x.org]}}\n", ["1:27 MS014 "]),
    # Where
    ("registry: a b\n", ["1:11 MS012 use letters, digits"]),
    ("branch: refs/heads/main\n", ["1:9 MS007 write main"]),
    ("branch: release/*\n", ["1:9 MS007 "]),
    ("register: {branches: [main, a..b]}\n", ["1:29 MS007 "]),
    ('register: {branches: ["-x", "rel?"]}\n', ["1:23 MS007 ", "1:29 MS007 "]),
    # Endpoints
    ("endpoints: {prod: file:///etc/passwd}\n", ["1:19 MS015 write http:// or https://"]),
    ("endpoints: {prod: 'http://h:{stage}/'}\n", ["1:19 MS015 write http:// or https://"]),
    ("endpoints: {prod: 'http://h/{model}'}\n", ["1:19 MS015 use {name} or {stage}"]),
    ("endpoints: {prod: 'http://h/{name'}\n", ["1:19 MS015 use {name} or {stage}"]),
    ("endpoints: {prod: 'http://h/a b'}\n", ["1:19 MS015 write http:// or https://"]),
    ("endpoints: {prod: http://ann:pw@h/}\n", ["1:19 MS016 send it in a header instead: "]),
    (
        "endpoints: {prod: {url: http://h/, artifacts: []}}\n",
        ["1:47 MS015 remove it to allow everything"],
    ),
    ("endpoints: {'p!': http://h/}\n", ["1:13 MS010 a name consists of"]),
    ("stages: [dev]\nendpoints: {dve: http://h/}\n", ["2:13 MS003 did you mean dev?"]),
    (
        "endpoints: {prod: {field: a..b}}\n",
        ["1:13 MA023 ", "1:27 MS015 write a path such as model.version"],
    ),
    (
        "endpoints: {prod: [{url: http://h/, field: a, header: b}]}\n",
        ["1:20 MS015 set only the one that contains the version"],
    ),
    (f"{HEADERS}X-Token: abc}}}}}}\n", ["1:13 MS016 put it into an environment variable"]),
    (
        f"{HEADERS}A: '${{HOME}}'}}}}}}\n",
        ["1:13 MS015 use a variable whose name starts with MREG_ENDPOINT_"],
    ),
    (f'{HEADERS}A: "x\\ny"}}}}}}\n', ["1:13 MS015 use letters, digits and punctuation of ASCII"]),
    (f"{HEADERS}Content-Length: '3'}}}}}}\n", ["1:46 MS015 remove it"]),
    (f"{HEADERS}'a b': c}}}}}}\n", ["1:46 MS015 write a name such as X-Model-Version"]),
    # Stages
    ("stages: [dev, prod!]\n", ["1:15 MS010 a name consists of"]),
    ("stages: [dev, prod, dev]\n", ["1:21 MS010 remove one of them"]),
    ("stages: {dev: , Dev: }\n", ["1:17 MS010 rename one of them"]),
    (
        "principals: {EU: {emails: e@x.org}}\nstages: {prod/eu/x: , prod: , us: , us/eux: }\n",
        ["2:10 MS010 rename one of the three"],
    ),
    ("stages: {dev: , prod: {from: [dev, stagin]}}\n", ["1:36 MS003 add it under stages"]),
    ("stages: {dev: , prod: {from: dve}}\n", ["1:30 MS003 did you mean dev?"]),
    ("register: {requires: {inputs: prod}}\n", ["1:31 MS003 add it under stages"]),
    ("stages: {a: {from: b}, b: {from: a}}\n", ["1:20 MS011 ", "1:34 MS011 "]),
    ("stages: {a: {from: a}}\n", ["1:20 MS011 "]),
    # What has to be said
    ("register: {requires: {fields: [ownr]}}\n", ["1:32 MS013 did you mean owner?"]),
    ("register: {requires: {fields: [metrics.]}}\n", ["1:32 MS013 write metrics"]),
    ("register: {requires: {metrics: {a: 0.9}}}\n", ["1:36 MS008 "]),
    ('register: {requires: {metrics: {a: "0.9"}}}\n', ["1:36 MS008 write an operator"]),
    ('register: {requires: {metrics: {a: ">= nan"}}}\n', ["1:36 MS008 write an operator"]),
    ('register: {requires: {metrics: {a: "> 1e999"}}}\n', ["1:36 MS008 write an operator"]),
    (
        "register:\n  requires:\n    metrics:\n      auc: >= 0.9\n",
        ['4:13 MA004 put a limit in quotes, as in ">= 0.9"'],
    ),
    # The whole
    ("signatures: required\n", ["1:1 MS009 add an id", "1:1 MS009 add the people who may sign"]),
    (
        f"signatures: required\nregistry: a\nprincipals: {{a: {BOB}}}\nrevoked: {BOB}\n",
        ["1:1 MS009 "],
    ),
    ("stages: {a: {approvals: 1}}\n", ["1:25 MS006 require fewer"]),
    (f"{TWO}stages: {{a: {{approvals: 3}}}}\n", ["4:25 MS006 require fewer"]),
    (
        f"{TWO}stages: {{a: {{approvals: 2, approvers: [ann, ann]}}}}\n",
        ["4:25 MS006 require fewer"],
    ),
    (
        f"{TWO}  c@x.org:\nsignatures: required\nregistry: r\nstages: {{a: {{approvals: 3}}}}\n",
        ["7:25 MS006 require fewer"],
    ),
    (f"{TWO}stages: {{a: {{approvers: ann}}}}\n", ["4:14 MS020 add approvals: 1"]),
    ("stages: {a: {self_approval: true}}\n", ["1:14 MS020 add approvals: 1"]),
]


@pytest.mark.parametrize(("text", "places"), WRONG, ids=[text for text, _ in WRONG])
def test_what_is_wrong_is_found_at_its_place(text: str, places: list[str]) -> None:
    found = reading.read(text.encode()).findings
    shown = [f"{it.location.line}:{it.location.column} {it.code} {it.hint}" for it in found]
    assert len(shown) == len(places), shown
    assert all(it.startswith(place) for it, place in zip(shown, places, strict=True)), shown


def test_who_has_an_address_alone_can_approve_where_signatures_are_optional() -> None:
    said("principals: {a@x.org: , b@x.org: }\nstages: {p: {approvals: 2}}\n")


def test_everything_is_found_at_once() -> None:
    text = "branch: a..b\nregistry: a b\nstges: 1\nprincipals:\n  ann: x\nstages:\n  p: {by: bob}\n"
    found = reading.read(text.encode()).findings
    assert [(it.location.line, it.code) for it in found] == [
        (1, "MS007"),
        (2, "MS012"),
        (3, "MA020"),
        (5, "MS004"),
        (7, "MS002"),
    ]


def test_a_mark_and_line_ends_of_windows_are_warned_of() -> None:
    read = reading.read(b"\xef\xbb\xbfpush: true\r\nbranch: main\r\n")
    assert [it.code for it in read.findings] == ["MA013", "MA014"]
    assert read.errors == ()
    assert read.settings.branch == "main"


class TestKeys:
    @pytest.mark.parametrize(
        ("text", "key"),
        [
            (f"  {ANN}   a comment of words ", ANN),
            (f"{BOB[:20]} {BOB[20:]}", BOB),
            (f"0x{BOB.lower()}", BOB),
            ("ab" * 32, "AB" * 32),
        ],
    )
    def test_what_is_one(self, text: str, key: str) -> None:
        assert keys.parse(text) == key

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            (ANN[:-4], "cut short"),
            (f"{ANN[:-2]}!!", "cut short"),
            (ANN.replace("ssh-ed25519", "ssh-rsa"), "contains a key of the type 'ssh-ed25519'"),
            ("ssh-ed25519", "cut short"),
            ("ssh-rsa AAAAB3NzaC1yc2E=", "not a key of the type ssh-rsa"),
            ("ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY=", "not a key of the type"),
            (f"restrict {ANN}", "has text before"),
            ("ssh-dss AAAAB3NzaC1kc3M=", "DSA"),
            ("ssh-ed25519-cert-v01@openssh.com AAAA", "certificate"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----", "private key"),
            ("-----BEGIN PGP PUBLIC KEY BLOCK-----", "key block"),
            ("SHA256:6ovHwAybzIs8hKVnkt7HmdgYzlnT1sRjb5HAVDIVTvE", "is a fingerprint"),
            ("DEADBEEFDEADBEEF", "has 16 hexadecimal digits"),
            ("", "is not a key"),
            ("é" * 40, "is not a key"),
        ],
    )
    def test_what_is_none(self, text: str, why: str) -> None:
        with pytest.raises(NoKey, match=why) as error:
            keys.parse(text)
        assert "AAAAC3" not in str(error.value)

    @pytest.mark.parametrize(
        "kind", ["ed25519", "rsa", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521"]
    )
    def test_what_ssh_keygen_makes(
        self, kind: str, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        file = tmp_path_factory.mktemp("key") / "key"
        subprocess.run(
            ["ssh-keygen", "-q", "-t", *kind.split(), "-N", "", "-f", str(file)], check=True
        )
        line = file.with_suffix(".pub").read_text()
        assert line.startswith(keys.parse(line))

    @given(st.text(max_size=80) | st.builds("ssh-ed25519 {}".format, st.text(max_size=80)))
    def test_any_text_is_one_or_is_refused(self, text: str) -> None:
        try:
            key = keys.parse(text)
        except NoKey:
            return
        assert keys.parse(key) == key


class TestGto:
    def test_what_it_says(self) -> None:
        text = b"TYPES: [x]\ntypes: [model]\nstages: [dev, prod]\nemojis: false\n"
        settings = Settings(types=frozenset(["model"]), stages={"dev": Gate(), "prod": Gate()})
        assert reading.read_gto(text) == reading.SettingsReading(settings)

    def test_an_empty_list_allows_nothing_as_in_gto(self) -> None:
        found = reading.read_gto(b"types: []\nstages: []\n").settings
        assert (found.types, found.stages) == (frozenset(), {})

    @pytest.mark.parametrize("text", [b"", b"emojis: true\n", b"types:\nstages:\n"])
    def test_one_that_limits_nothing(self, text: bytes) -> None:
        assert reading.read_gto(text).settings == Settings()

    @pytest.mark.parametrize("text", [b"stages: prod\n", b"types: [1]\n", b"- a\n", b"\xff"])
    def test_one_that_cannot_be_read(self, text: bytes) -> None:
        assert [it.location.line for it in reading.read_gto(text).errors] == [1]


everything = nested(words | numbers | st.none() | st.booleans())
top = st.sampled_from([*Settings._fields, "other"])


@given(st.dictionaries(top, everything, max_size=4))
def test_any_content_is_read_or_found_fault_with(content: dict[str, object]) -> None:
    read = reading.read(json.dumps(content).encode())
    assert isinstance(read.settings, Settings)
    assert all(it.location.line >= 1 for it in read.findings)


@pytest.mark.parametrize(
    ("text", "needed"), [("push: true\ntypes: [model]\n", False), ("branch: main\n", True)]
)
def test_pydantic_is_loaded_for_policy_alone(text: str, needed: bool) -> None:
    script = (
        "import sys; from mreg.policy.file import read;"
        f"assert not read.read({text.encode()!r}).findings; print('pydantic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{needed}\n"
