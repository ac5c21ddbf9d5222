"""Approving and rejecting, in clones that share a real remote, with real keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

import remotes
from cases import settings, signer
from commandline import CommandLine
from fixtures_of_policy import People
from keys import Gnupg, use
from mreg import Registry
from mreg.errors import Refused
from mreg.git import tagobjects
from mreg.governance import approve
from mreg.governance.trust import Trust
from mreg.net import backoff
from mreg.policy import approvals
from mreg.policy.approvals import Place
from mreg.policy.case import Approval, Signer, Verdict
from people import Shared, share
from repositories import Maker, Repository, SetClock, tag_bytes

UNPUBLISHED = "note: not published yet: run `mreg push churn`\n"

START = "refs/mreg/approvals/churn@v0.0.1/prod/"
ANN, BOB = f"{START}ann@example.com", f"{START}bob"

POLICY = """\
registry: acme
signatures: {signatures}
principals:
  ann@example.com: {ann}
  bob: {{emails: [bob@sample.org], keys: [{bob}]}}
  carl: {carl}
roles:
  reviewers: [bob, carl]
stages:
  dev: {{}}
  prod: {{approvals: 1, approvers: [reviewers]}}
"""


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST", 0.0)


def put_policy(shared: Shared, text: str) -> None:
    """Commit a policy to the protected branch, and let both clones see it."""
    (shared.ann.path / ".mreg.yaml").write_text(text)
    shared.ann.git("add", ".mreg.yaml")
    shared.ann.git("commit", "-q", "-m", "Agree on a policy")
    shared.ann.git("push", "-q", "origin", "main")
    shared.bob.git("pull", "-q")


def sign_with(repo: Repository, people: People, name: str) -> None:
    for key, value in use(people[name]).items():
        repo.git("config", key, value)


@pytest.fixture(scope="module")
def _published() -> dict[str, Shared]:
    return {}


@pytest.fixture
def shared(
    _published: dict[str, Shared],
    tmp_path_factory: pytest.TempPathFactory,
    make_repository: Maker,
    tmp_path: Path,
    people: People,
    mreg: CommandLine,
) -> Shared:
    """A registry whose policy demands signatures; Ann has published a version.

    The first test makes it, and all work in copies.
    """
    if not _published:
        folder = tmp_path_factory.mktemp("published")
        found = share(make_repository, folder, folder.as_uri())
        keys = {name: people[name].public for name in ("ann", "bob", "carl")}
        put_policy(found, POLICY.format(signatures="required", **keys))
        sign_with(found.ann, people, "ann")
        sign_with(found.bob, people, "bob")
        mreg.ok("register", "churn", "--push", repo=found.ann)
        mreg.ok("fetch", repo=found.bob)
        _published["signed"] = found
    return _published["signed"].copied(tmp_path)


def words(repo: Repository) -> dict[str, str]:
    return {ref: oid for ref, oid in repo.refs().items() if ref.startswith("refs/mreg/appr")}


def counted(repo: Repository) -> list[tuple[str, str, str]]:
    """Return who says what of churn v0.0.1 for prod, and why it does not count."""
    found = Registry.open(repo.path).approvals("churn@v0.0.1", "prod")
    return [(it.principal, it.verdict, it.fault) for it in found]


# Saying it


def test_approving_is_a_signed_tag_object_on_the_registration(
    mreg: CommandLine, shared: Shared, people: People
) -> None:
    done = mreg.ok("approve", "churn", "prod", "-m", "fine", repo=shared.bob)
    fingerprint = people["bob"].fingerprint
    assert done.out == f"Approved churn v0.0.1 for prod as bob (signed with {fingerprint})\n"
    assert done.err == UNPUBLISHED
    registration = shared.tags()["churn@v0.0.1"]
    text = shared.bob.git("cat-file", "tag", BOB)
    assert text.startswith(
        f"object {registration}\ntype tag\ntag {BOB.removeprefix('refs/')}\ntagger Bob Sample"
    )
    assert (
        f"\n\nApprove churn v0.0.1 for prod\n\nfine\n\nVerdict: approve\nRegistration:"
        f" {registration}\nRegistry: acme\nPrevious: none\n-----BEGIN SSH SIGNATURE-----\n"
    ) in text
    assert words(shared.remote) == {}
    assert counted(shared.bob) == [("bob", "approve", "")]


def test_a_reject_takes_the_place_of_an_approve_and_leads_to_it(
    mreg: CommandLine, shared: Shared
) -> None:
    mreg.ok("approve", "churn", "prod", repo=shared.bob)
    first = words(shared.bob)[BOB]
    done = mreg.ok("reject", "churn@v0.0.1", "prod", repo=shared.bob)
    assert done.out.startswith("Rejected churn v0.0.1 for prod as bob (signed")
    assert done.err == (
        f"{UNPUBLISHED}Add a reason with -m, for example: mreg reject churn@v0.0.1 prod -m REASON\n"
    )
    text = shared.bob.git("cat-file", "tag", BOB)
    assert text.startswith(f"object {first}\n")
    assert f"\nPrevious: {first}\n" in text
    assert counted(shared.bob) == [("bob", "reject", "")]


def test_what_stands_already_is_not_recorded_again(mreg: CommandLine, shared: Shared) -> None:
    mreg.ok("approve", "churn", "prod", "-m", "fine", repo=shared.bob)
    before = words(shared.bob)
    done = mreg.ok("approve", "churn", "prod", repo=shared.bob)
    assert done.err == "bob has already approved churn v0.0.1 for prod; nothing was recorded\n"
    assert words(shared.bob) == before
    mreg.ok("approve", "churn", "prod", "-m", "a better reason", repo=shared.bob)
    assert words(shared.bob) != before


def test_the_json_of_a_word(mreg: CommandLine, shared: Shared, people: People) -> None:
    found = mreg.ok("approve", "churn", "prod", "-m", "fine", "--json", repo=shared.bob).json
    assert found == {
        "verdict": "approve",
        "artifact": "churn",
        "version": "v0.0.1",
        "stage": "prod",
        "principal": "bob",
        "signer": {
            "name": "Bob Sample",
            "email": "bob@sample.org",
            "signature": "good",
            "principal": "bob",
            "key": people["bob"].fingerprint,
            "why": "",
        },
        "registration": shared.tags()["churn@v0.0.1"],
        "created_at": "2023-11-14T22:13:20+00:00",
        "message": "fine",
        "oid": words(shared.bob)[BOB],
        "previous": "",
        "fault": "",
    }


def test_a_dry_run_makes_and_signs_nothing(mreg: CommandLine, shared: Shared) -> None:
    shared.bob.git("config", "gpg.ssh.program", "false")
    before = shared.bob.contents(), shared.remote.contents()
    for more in ([], ["--push"]):
        done = mreg.ok("approve", "churn", "prod", "--dry-run", *more, repo=shared.bob)
        assert done.out == "Would approve churn v0.0.1 for prod as bob\n"
    found = mreg.ok("reject", "churn", "prod", "--dry-run", "--json", repo=shared.bob).json
    assert (found["verdict"], found["dry_run"]) == ("reject", True)
    assert (shared.bob.contents(), shared.remote.contents()) == before


def test_a_dry_run_goes_by_the_key_that_git_would_sign_with(
    mreg: CommandLine, shared: Shared, people: People
) -> None:
    sign_with(shared.bob, people, "carl")
    done = mreg.ok("approve", "churn", "prod", "--dry-run", repo=shared.bob)
    assert done.out == "Would approve churn v0.0.1 for prod as carl\n"
    shared.bob.git("config", "--unset", "user.signingKey")
    shared.bob.git("config", "user.email", "carl@sample.org")
    done = mreg("approve", "churn", "prod", "--dry-run", repo=shared.bob)
    assert (done.code, done.err) == (
        1,
        (
            "error: cannot determine which key Git would sign with, because a dry run signs "
            "nothing\n"
            "hint: set user.signingKey, or run the command without --dry-run\n"
        ),
    )


def test_a_version_that_is_registered_again_needs_words_of_its_own(
    mreg: CommandLine, shared: Shared, set_clock: SetClock
) -> None:
    mreg.ok("approve", "churn", "prod", "--push", repo=shared.bob)
    set_clock(10)
    mreg.ok("deregister", "churn@v0.0.1", "--push", repo=shared.bob)
    done = mreg("approve", "churn@v0.0.1", "prod", repo=shared.bob)
    assert (done.code, done.out) == (1, "")
    mreg.ok("register", "churn", "--version", "v0.0.1", "--push", repo=shared.bob)
    old = Registry.open(shared.bob.path).approvals("churn@v0.0.1")[0]
    mreg.ok("approve", "churn", "prod", "--push", repo=shared.bob)
    new = Registry.open(shared.bob.path).approvals("churn@v0.0.1")[0]
    assert (new.previous, new.fault) == (old.oid, "")
    assert new.registration != old.registration
    assert new.registration in shared.tags().values()


# Who says it


def test_the_key_says_who_it_is_and_not_the_address(
    mreg: CommandLine, shared: Shared, people: People
) -> None:
    sign_with(shared.bob, people, "carl")
    done = mreg.ok("approve", "churn", "prod", repo=shared.bob)
    assert " as carl (signed with" in done.out
    assert counted(shared.bob) == [("carl", "approve", "")]


def test_a_key_that_the_policy_does_not_know_is_refused(
    mreg: CommandLine, shared: Shared, people: People
) -> None:
    sign_with(shared.bob, people, "mallory")
    before = shared.bob.contents()
    done = mreg("approve", "churn", "prod", repo=shared.bob)
    assert done.code == 1
    said = f"error: the policy does not contain your key {people['mallory'].fingerprint}\nhint: "
    assert done.err.startswith(said)
    assert mreg("approve", "churn", "prod", "--dry-run", repo=shared.bob).err.startswith(said)
    assert shared.bob.contents() == before


def test_it_is_signed_where_the_policy_demands_it(mreg: CommandLine, shared: Shared) -> None:
    shared.bob.git("config", "--unset", "tag.gpgSign")
    assert "(signed with" in mreg.ok("approve", "churn", "prod", repo=shared.bob).out
    shared.bob.git("config", "--unset", "user.signingKey")
    done = mreg("reject", "churn", "prod", repo=shared.bob)
    assert done.code == 1
    assert done.err.startswith("error: the policy requires a signature: ")
    assert done.err.endswith(
        "\nhint: git config gpg.format ssh && git config user.signingKey ~/.ssh/id_ed25519.pub"
        " && git config tag.gpgSign true\n"
    )


def test_nobody_is_told_to_turn_off_the_signing_that_the_policy_requires(
    mreg: CommandLine, shared: Shared
) -> None:
    shared.bob.git("config", "user.signingKey", "/no/such/key")
    done = mreg("approve", "churn", "prod", repo=shared.bob)
    assert done.err.startswith("error: the policy requires a signature: cannot sign the tag: ")
    assert done.err.endswith("\nhint: check user.signingKey and gpg.format\n")


@pytest.mark.parametrize("signs", [True, False])
def test_without_a_demand_the_address_says_who_it_is(
    signs: bool, mreg: CommandLine, shared: Shared, people: People
) -> None:
    keys = {name: people[name].public for name in ("ann", "bob", "carl")}
    put_policy(shared, POLICY.format(signatures="optional", **keys))
    shared.bob.git("config", "tag.gpgSign", str(signs))
    done = mreg.ok("approve", "churn", "prod", repo=shared.bob)
    assert ("as bob (signed with" if signs else "as bob (unverified)") in done.out
    found = Registry.open(shared.bob.path).approvals("churn", "prod")[0]
    assert (found.principal, found.signer.verified, found.fault) == ("bob", signs, "")


def test_without_a_policy_everybody_goes_by_their_address(
    mreg: CommandLine, make_repository: Maker
) -> None:
    repo = make_repository()
    mreg.ok("register", "churn", repo=repo)
    done = mreg.ok("approve", "churn", "prod", repo=repo)
    assert done.out == "Approved churn v0.0.1 for prod as ann@example.com (unverified)\n"
    assert done.err == ""
    assert list(words(repo)) == [ANN]


def test_a_stage_tells_who_approved_and_who_signed_even_without_a_policy(
    mreg: CommandLine, make_repository: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = make_repository()
    mreg.ok("register", "churn", repo=repo)
    mreg.ok("promote", "churn", "dev", repo=repo)
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "bob@sample.org")
    mreg.ok("approve", "churn", "prod", repo=repo)
    mreg.ok("promote", "churn", "prod", repo=repo)
    found = mreg.ok("show", "churn#prod", repo=repo).out
    assert "\nsigned by      - (unsigned)\n" in found
    assert "\napproved by   -\n" in mreg.ok("show", "churn#dev", repo=repo).out
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "ann@example.com")
    mreg.ok(
        "promote", "churn", "prod", "--force", repo=repo
    )  # nobody approves what they promote themselves
    found = mreg.ok("show", "churn#prod", repo=repo).out
    assert "\napproved by    bob@sample.org\n" in found


def test_a_stage_tells_who_approved_and_who_signed(
    mreg: CommandLine, shared: Shared, people: People, set_clock: SetClock
) -> None:
    set_clock(60)
    mreg.ok("approve", "churn", "prod", repo=shared.bob)
    set_clock(120)
    mreg.ok("push", repo=shared.bob)
    mreg.ok("fetch", repo=shared.ann)
    mreg.ok("promote", "churn", "prod", repo=shared.ann)
    signed = f"signed by      ann@example.com ({people['ann'].fingerprint})\n"
    said = mreg.ok("show", "churn#prod", repo=shared.ann).out
    given = "approved by    bob\napproved on    2023-11-14 22:14:20Z\n"
    assert f"\n{signed}{given}" in said
    set_clock(180)
    mreg.ok("reject", "churn", "prod", "-m", "Too late", repo=shared.bob)
    mreg.ok("push", repo=shared.bob)
    mreg.ok("fetch", repo=shared.ann)
    when = "2023-11-14T22:15:20Z"
    for at in ([], ["--at", when]):  # what was said later does not bear on it
        found = mreg.ok("show", "churn#prod", *at, "--json", repo=shared.ann).json["promotion"]
        assert found["backers"] == {
            "signature": "good",
            "signer": "ann@example.com",
            "key": people["ann"].fingerprint,
            "approved_by": ["bob"],
            "approvals": [],  # what bob said last is the rejection
        }
    assert mreg.ok("show", "churn", "--json", repo=shared.ann).json["stages"]["prod"][0]["tag"]


def test_who_approved_is_not_told_wrong_where_it_cannot_be_known(
    mreg: CommandLine, shared: Shared, tmp_path: Path
) -> None:
    mreg.ok("approve", "churn", "prod", "--push", repo=shared.bob)
    mreg.ok("fetch", repo=shared.ann)
    mreg.ok("promote", "churn", "prod", "--push", repo=shared.ann)
    plain = remotes.clone(shared.url, tmp_path / "plain")  # git clone fetches no approvals
    done = mreg.ok("show", "churn#prod", repo=plain)
    assert "run `mreg fetch`" in done.err
    mreg.ok("fetch", repo=plain)
    assert "\napproved by    bob\n" in mreg.ok("show", "churn#prod", repo=plain).out
    shared.ann.git("commit", "-q", "--allow-empty", "-m", "Later")
    shared.ann.git("push", "-q")
    shallow = tmp_path / "shallow"
    shared.ann.git("clone", "-q", "--depth", "1", shared.url, str(shallow))
    done = mreg.ok("show", "churn#prod", "--json", repo=shallow)
    assert done.json["promotion"]["backers"] is None
    assert "warning: signers and approvals are unknown" in done.err


def test_what_will_not_count_is_said(mreg: CommandLine, shared: Shared, people: People) -> None:
    assert mreg.ok("approve", "churn", "prod", repo=shared.ann).err == (
        "warning: this approval will not count: ann@example.com is not among the approvers for "
        f"prod\n{UNPUBLISHED}"
    )
    assert mreg.ok("approve", "churn", "dev", repo=shared.ann).err == (
        "warning: this approval will not count: the policy does not require approvals for dev\n"
        f"{UNPUBLISHED}"
    )
    mreg.ok("register", "churn", "HEAD~1", "--push", repo=shared.bob)
    assert mreg.ok("approve", "churn", "prod", repo=shared.bob).err == (
        "warning: this approval will not count: you registered v0.0.2, so you cannot approve it "
        f"yourself\n{UNPUBLISHED}"
    )
    sign_with(shared.bob, people, "carl")
    assert mreg.ok("approve", "churn", "prod", repo=shared.bob).err == UNPUBLISHED
    assert mreg.ok("approve", "churn", "dev", "--push", repo=shared.bob).err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("churn", "qa"), "qa is not one of the policy's stages: dev, prod"),
        (("churn", "prd"), "did you mean prod?"),
        (("nothing", "prod"), "there is no artifact 'nothing'"),
        (("churn@v9.0.0", "prod"), "v9.0.0"),
        (("churn#dev", "prod"), "dev"),
        (("churn", "no stage"), "not a stage name"),
        (("churn", "prod", "-m", "-----BEGIN SSH SIGNATURE-----"), "a line of the message"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_made(
    arguments: tuple[str, ...], message: str, mreg: CommandLine, shared: Shared
) -> None:
    before = shared.bob.contents()
    done = mreg("approve", *arguments, repo=shared.bob)
    assert done.code == 1
    assert message in done.err
    assert shared.bob.contents() == before


def test_a_person_with_an_openpgp_key(
    mreg: CommandLine, shared: Shared, gnupg: Gnupg, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GNUPGHOME", str(gnupg.home))
    key = gnupg.make("Carl <carl@example.com>")
    carl = f"[{people['carl'].public}, {key}]"
    keys = {name: people[name].public for name in ("ann", "bob")}
    put_policy(shared, POLICY.format(signatures="required", **keys, carl=carl))
    shared.bob.git("config", "gpg.format", "openpgp")
    shared.bob.git("config", "user.signingKey", key)
    done = mreg.ok("approve", "churn", "prod", repo=shared.bob)
    assert done.out == f"Approved churn v0.0.1 for prod as carl (signed with {key})\n"
    assert counted(shared.bob) == [("carl", "approve", "")]


def test_a_name_that_git_cannot_hold_beside_another(mreg: CommandLine, shared: Shared) -> None:
    """A ref is a file, and what stands below it would be in a folder of that name."""
    shared.bob.git("update-ref", f"{BOB}/x", "HEAD")
    before = shared.bob.refs()
    done = mreg("approve", "churn", "prod", repo=shared.bob)
    assert (done.code, f"error: Git cannot update {BOB}" in done.err) == (1, True)
    assert shared.bob.refs() == before


# Reading it


def forge(repo: Repository, ref: str, raw: bytes) -> None:
    repo.git("update-ref", ref, repo.put_object(raw))


def test_a_word_under_anothers_name_counts_for_nothing(
    mreg: CommandLine, shared: Shared, people: People
) -> None:
    mreg.ok("approve", "churn", "prod", repo=shared.bob)
    raw = shared.bob.git("cat-file", "tag", BOB).encode()
    forge(shared.bob, f"{START}carl", raw)
    payload = raw.partition(b"-----BEGIN")[0].replace(b"/prod/bob\n", b"/prod/carl\n")
    forge(shared.bob, f"{START}carl@home", payload.replace(b"/carl\n", b"/carl@home\n"))
    forge(shared.bob, ANN, people["bob"].signed(payload.replace(b"/carl\n", b"/ann@example.com\n")))
    found = {who: fault for who, _, fault in counted(shared.bob)}
    assert found == {
        "ann@example.com": "it was made by bob",
        "bob": "",
        "carl": "it is the tag object of 'mreg/approvals/churn@v0.0.1/prod/bob'",
        "carl@home": "it was made by Bob Sample <bob@sample.org> (unverified)",
    }


def test_an_approval_from_before_the_policy_named_its_author_says_so(
    mreg: CommandLine, make_repository: Maker
) -> None:
    repo = make_repository()
    mreg.ok("register", "churn", "--version", "v1.0.0", repo=repo)
    mreg.ok("approve", "churn@v1.0.0", "prod", repo=repo)
    address = repo.git("config", "user.email").strip()
    (repo.path / ".mreg.yaml").write_text(
        f"principals: {{boss: {{emails: [{address}]}}}}\nstages: {{prod: {{approvals: 1}}}}\n"
    )
    repo.git("add", ".mreg.yaml")
    repo.git("commit", "-q", "-m", "A policy")
    said = " ".join(mreg("policy", "check", "churn@v1.0.0", "prod", repo=repo).out.split())
    assert "(unverified), called boss in the policy)" in said
    ref = f"refs/mreg/approvals/churn@v1.0.0/prod/{address}"
    oid = repo.git("rev-parse", ref).strip()
    repo.git("update-ref", "-d", ref)
    pushed = mreg("verify", "--new", "0" * 40, oid, ref, repo=repo)
    assert "-> run `git fetch` to fetch the policy, then mreg approve" in pushed.out


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_what_others_put_on_top_of_a_word_lifts_no_rejection(
    verdict: str, mreg: CommandLine, shared: Shared, people: People
) -> None:
    mreg.ok(verdict, "churn", "prod", "-m", "I said so", "--push", repo=shared.bob)
    real = words(shared.bob)[BOB]
    registration = shared.tags()["churn@v0.0.1"]
    top = real
    for _ in range(2):  # one on top of the other
        text = f"Approve\n\nVerdict: approve\nRegistration: {registration}\n"
        message = f"{text}Registry: acme\nPrevious: {top}\n".encode()
        raw = tag_bytes(BOB.removeprefix("refs/"), top, kind="tag", message=message)
        top = shared.remote.put_object(people["mallory"].signed(raw))
    shared.remote.git("update-ref", BOB, top)
    assert mreg.ok("fetch", repo=shared.ann).out == f"Fetched {BOB}\n"
    assert words(shared.ann)[BOB] != real
    found = Registry.open(shared.ann.path).approvals("churn@v0.0.1", "prod")[0]
    if verdict == "reject":
        assert (found.oid, found.fault) == (real, "")
    else:
        assert (found.oid, found.fault) == (
            words(shared.ann)[BOB],
            "its key is not in the policy",
        )


def test_a_ref_that_holds_no_tag_object_counts_for_nothing(shared: Shared) -> None:
    shared.bob.git("update-ref", BOB, "HEAD")
    assert counted(shared.bob) == [
        ("bob", "approve", "the ref does not contain a tag object: commit")
    ]


def test_a_revoked_key_takes_its_words_along(
    mreg: CommandLine, shared: Shared, people: People
) -> None:
    mreg.ok("approve", "churn", "prod", repo=shared.bob)
    keys = {name: people[name].public for name in ("ann", "bob", "carl")}
    revoked = f"revoked: [{people['bob'].fingerprint}]\n"
    put_policy(shared, POLICY.format(signatures="required", **keys) + revoked)
    assert counted(shared.bob) == [("bob", "approve", "the policy has revoked its key")]
    done = mreg("reject", "churn", "prod", repo=shared.bob)
    assert f"the policy has revoked your key {people['bob'].fingerprint}\n" in done.err


def test_gto_and_doctor_do_not_mind_approvals(mreg: CommandLine, shared: Shared) -> None:
    mreg.ok("approve", "churn", "prod", repo=shared.bob)
    import gto.api

    assert list(gto.api.show(str(shared.bob.path))) == ["churn"]
    assert mreg.ok("doctor", repo=shared.bob).err == "No problems found.\n"


def test_a_shallow_clone_reads_what_the_remote_has(
    mreg: CommandLine, shared: Shared, tmp_path: Path
) -> None:
    mreg.ok("approve", "churn", "prod", "--push", repo=shared.bob)
    shallow = Repository(tmp_path / "shallow")
    shared.bob.git("clone", "-q", "--depth=1", shared.url, str(shallow.path))
    assert counted(shallow) == [("bob", "approve", "")]
    mreg.ok("fetch", repo=shallow)
    mreg.ok("reject", "churn", "prod", "-m", "no", "--push", repo=shared.bob)
    assert counted(shallow) == [("bob", "reject", "")]
    shared.remote.path.rename(tmp_path / "away")
    with pytest.raises(Refused, match="its remote cannot be asked"):
        counted(shallow)


# Sharing it


def test_a_word_is_published_before_it_is_recorded_here(mreg: CommandLine, shared: Shared) -> None:
    mreg.ok("approve", "churn", "prod", "--push", repo=shared.bob)
    assert words(shared.remote) == words(shared.bob) != {}
    remotes.install_hook(shared.remote, "update", "echo no >&2; exit 1")
    before = shared.bob.refs(), shared.remote.refs()
    done = mreg("reject", "churn", "prod", "--push", repo=shared.bob)
    assert done.code == 1
    assert "origin refused refs/mreg/approvals/churn@v0.0.1/prod/bob" in done.err
    assert (shared.bob.refs(), shared.remote.refs()) == before


def test_fetch_brings_words_and_moves_them_on(mreg: CommandLine, shared: Shared) -> None:
    mreg.ok("approve", "churn", "prod", "--push", repo=shared.bob)
    assert mreg.ok("fetch", repo=shared.ann).out == f"Fetched {BOB}\n"
    mreg.ok("reject", "churn", "prod", "-m", "no", "--push", repo=shared.bob)
    mreg.ok("approve", "churn", "prod", "-m", "yes", "--push", repo=shared.bob)
    assert mreg.ok("fetch", repo=shared.ann).out == f"Fetched {BOB}\n"
    assert words(shared.ann) == words(shared.remote) == words(shared.bob)
    assert mreg.ok("fetch", repo=shared.ann).err == "Already up to date.\n"


def test_push_publishes_words_that_were_said_here_alone(mreg: CommandLine, shared: Shared) -> None:
    mreg.ok("approve", "churn", "prod", repo=shared.bob)
    assert mreg.ok("push", "churn", repo=shared.bob).out == f"Pushed {BOB}\n"
    mreg.ok("reject", "churn", "prod", "-m", "no", repo=shared.bob)
    assert mreg.ok("push", "--json", repo=shared.bob).json == {"pushed": [BOB]}
    assert mreg.ok("push", repo=shared.bob).err == "Nothing to push.\n"
    assert words(shared.remote) == words(shared.bob)


def test_what_stands_here_alone_is_published_when_it_is_said_again(
    mreg: CommandLine, shared: Shared
) -> None:
    mreg.ok("approve", "churn", "prod", repo=shared.bob)
    before = words(shared.bob)
    done = mreg.ok("approve", "churn", "prod", "--push", repo=shared.bob)
    assert "nothing was recorded" in done.err
    assert words(shared.remote) == words(shared.bob) == before


@pytest.mark.parametrize("step", ["ask", "push"])
def test_two_words_of_one_principal_from_two_places(
    step: str, mreg: CommandLine, shared: Shared, people: People
) -> None:
    """Who loses the race follows the other's word: none is lost from the chain."""
    sign_with(shared.ann, people, "bob")
    other = Registry.open(shared.ann.path)
    done: list[str] = []

    def reached(now: str) -> None:
        if now == step and not done:
            done.append(now)
            other.reject("churn", "prod", message="no", push=True)

    mine = Registry.open(shared.bob.path)
    mine.network = mine.network._replace(reached=reached)
    found = mine.approve("churn", "prod", push=True)
    assert found.previous == words(shared.ann)[BOB]
    assert words(shared.remote) == words(shared.bob) == {BOB: found.oid}


def test_words_that_were_said_apart_are_told_and_mended_by_the_next(
    mreg: CommandLine, shared: Shared, people: People
) -> None:
    sign_with(shared.ann, people, "bob")
    mreg.ok("approve", "churn", "prod", "--push", repo=shared.bob)
    mreg.ok("reject", "churn", "prod", "-m", "no", repo=shared.ann)
    done = mreg("fetch", repo=shared.ann)
    assert done.code == 1
    assert f"the remote has another tag than the one made here, {BOB}" in done.err
    pushed = mreg.ok("push", repo=shared.ann)
    assert "warning: origin has another" in pushed.err
    mreg.ok("reject", "churn", "prod", "-m", "no", "--push", repo=shared.ann)
    assert words(shared.ann) == words(shared.remote)
    assert mreg.ok("fetch", repo=shared.bob).out == f"Fetched {BOB}\n"


def test_a_word_that_the_remote_put_back_or_lost_is_told(mreg: CommandLine, shared: Shared) -> None:
    mreg.ok("approve", "churn", "prod", "--push", repo=shared.bob)
    first = words(shared.remote)[BOB]
    mreg.ok("reject", "churn", "prod", "-m", "no", "--push", repo=shared.bob)
    mreg.ok("fetch", repo=shared.ann)
    before = words(shared.ann)
    shared.remote.git("update-ref", BOB, first)
    for _ in range(2):  # until it is mended
        done = mreg("fetch", repo=shared.ann)
        assert (
            done.code,
            f"the remote has another object for {BOB}; the local one" in done.err,
        ) == (1, True)
    shared.remote.git("update-ref", "-d", BOB)
    done = mreg("fetch", repo=shared.ann)
    assert (done.code, f"the remote no longer has {BOB}; the local one" in done.err) == (1, True)
    assert words(shared.ann) == before


def test_approving_what_is_not_published_is_refused(mreg: CommandLine, shared: Shared) -> None:
    mreg.ok("register", "churn", "HEAD~1", repo=shared.bob)
    done = mreg("approve", "churn", "prod", "--push", repo=shared.bob)
    assert done.code == 1
    assert "hint: run `mreg push churn`, then try again" in done.err
    assert words(shared.remote) == words(shared.bob) == {}


def test_an_unclear_outcome_is_asked_for(
    mreg: CommandLine, shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remote takes the word, and the connection breaks before it says so."""
    from mreg.git import remote
    from mreg.git.pushed import Pushed

    push = remote.push

    def cut_short(*arguments: Any, **options: Any) -> Pushed:
        push(*arguments, **options)
        return Pushed(128, {}, "fatal: the remote end hung up unexpectedly")

    monkeypatch.setattr(remote, "push", cut_short)
    mreg.ok("approve", "churn", "prod", "--push", repo=shared.bob)
    assert words(shared.remote) == words(shared.bob) != {}


def test_the_settings_say_whether_a_word_is_published(
    mreg: CommandLine, shared: Shared, people: People
) -> None:
    keys = {name: people[name].public for name in ("ann", "bob", "carl")}
    put_policy(shared, POLICY.format(signatures="required", **keys) + "push: true\n")
    mreg.ok("approve", "churn", "prod", repo=shared.bob)
    assert words(shared.remote) == words(shared.bob) != {}
    mreg.ok("reject", "churn", "prod", "-m", "no", "--no-push", repo=shared.bob)
    assert words(shared.remote) != words(shared.bob)


@pytest.mark.parametrize("transport", ["file", "git"])
def test_approving_by_url(
    transport: str,
    mreg: CommandLine,
    shared: Shared,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with remotes.served(shared.remote.path.parent, transport) as url:
        address = f"{url}/remote.git"
        settings_of = [*use(people["bob"]).items(), ("user.email", "bob@sample.org")]
        monkeypatch.setenv("GIT_CONFIG_COUNT", str(len(settings_of)))
        for number, (key, value) in enumerate(settings_of):
            monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", key)
            monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
        mreg.ok("approve", "churn", "prod", "-m", "fine", "--repo", address)
        first = words(shared.remote)
        mreg.ok("reject", "churn", "prod", "-m", "no", "--repo", address)
        found = Registry.open(address).approvals("churn", "prod")
    assert [(it.principal, it.verdict, it.fault) for it in found] == [("bob", "reject", "")]
    assert found[0].previous == first[BOB]
    assert words(shared.remote) == {BOB: found[0].oid}


def test_a_registry_with_sha256_ids(
    make_repository: Maker, mreg: CommandLine, people: People
) -> None:
    repo = make_repository(object_format="sha256")
    (repo.path / ".mreg.yaml").write_text(
        POLICY.format(
            signatures="required", **{it: people[it].public for it in ("ann", "bob", "carl")}
        )
    )
    repo.git("add", ".mreg.yaml")
    repo.git("commit", "-q", "-m", "Agree on a policy")
    sign_with(repo, people, "ann")
    mreg.ok("register", "churn", repo=repo)
    sign_with(repo, people, "carl")
    mreg.ok("approve", "churn", "prod", repo=repo)
    mreg.ok("reject", "churn", "prod", "-m", "no", repo=repo)
    assert counted(repo) == [("carl", "reject", "")]


# What a principal last said, of words made by hand and signers that are simply believed

PLACE = Place("churn", "v1.0.0", "prod", "carol")
REGISTRATION = "1" * 40


class Believed:
    """Takes the name of the tagger for the signer's: in place of `Trust`."""

    settings = settings()

    def signer(self, _: str, raw: bytes) -> Signer:
        return signer(raw.partition(b"\ntagger ")[2].split(b" ")[0].decode())

    def principal(self, found: Signer) -> str | None:
        return found.principal


def word(time: int, verdict: Verdict = "approve", by: str = "carol") -> tuple[str, bytes]:
    draft = approvals.draft(
        PLACE, verdict, REGISTRATION, None, registry="models", message="", now=time
    )
    head = f"object {draft.target}\ntype tag\ntag {draft.name}\n"
    tagger = f"tagger {by} <{by}@example.com> {draft.time} +0000"
    return f"{time:040x}", f"{head}{tagger}\n\n{draft.text}".encode()


def last(*words: tuple[str, bytes], until: int | None = None) -> Approval | None:
    return approve.last(cast(Trust, Believed()), PLACE, words, until)


def test_nobody_said_anything() -> None:
    assert last() is None


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_the_last_word_counts(verdict: Verdict) -> None:
    found = last(word(200, verdict), word(100, "approve"))
    assert found
    assert (found.verdict, found.time, found.fault) == (verdict, 200, "")


def test_a_stranger_on_top_does_not_lift_a_rejection() -> None:
    found = last(word(200, by="mallory"), word(100, "reject"))
    assert found
    assert (found.verdict, found.time) == ("reject", 100)


def test_an_approval_below_a_stranger_does_not_come_back() -> None:
    found = last(word(200, by="mallory"), word(100))
    assert found
    assert "mallory" in found.fault


def test_what_was_said_later_does_not_bear_on_it() -> None:
    found = last(word(20_000, "reject"), word(100), until=1000)
    assert found
    assert (found.verdict, found.time) == ("approve", 100)


def test_what_is_no_tag_object_says_nothing() -> None:
    found = approve.last(cast(Trust, Believed()), PLACE, [("2" * 40, tagobjects.MISSING)])
    assert found
    assert found.fault.startswith("the ref does not contain a tag object")
