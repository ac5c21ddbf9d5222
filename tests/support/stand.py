"""One server for hundreds of cases: both hooks are asked in process, and the refs are put back.

What a hook is asked about are real tag objects, signed with real keys, in a real repository; only
Git's own part of a push is left out. `test_matrix.py` has it in.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from committing import commit
from mreg import Registry
from mreg.errors import Refused
from mreg.governance import hooks
from mreg.governance.updates import Received, Update
from mreg.registry.policy import noted_policy
from repositories import tag_bytes
from team import POLICY, Push, Team, in_full

STAGES = """\
  sole: {exclusive: true}
  fed: {requires: {inputs: open}}
  eu: {}
  eu/west: {}
  waved: {approvals: 1, self_approval: true}
  called: {schema: compatible}
types: [model, dataset]
"""

ENTRIES = {
    "v2.0.0": "churn: {type: [model], description: x, metrics: {auc: 0.99}}",
    "v2.1.0": "churn: {type: secret, description: x, metrics: {auc: 0.99}}",
    "v2.2.0": "churn: {inputs: [data@v2.0.0]}",
    "v2.3.0": "churn: {inputs: [{artifact: data@v1.0.0}, data@v2.0.0]}",
    "v2.4.0": "churn: {inputs: [{artifact: data@v2.0.0}]}",
    "v2.5.0": "churn: {inputs: {artifact: data@v1.0.0}}",
    "v2.6.0": "churn: {inputs: [{artifact: data@v1.0.0, repo: https://example.com/d.git}]}",
    "v2.7.0": 'churn: {description: x, metrics: {auc: "0.99"}}',
    "v2.8.0": "churn: {description: x, metrics: {auc: .nan}}",
    "v2.9.0": "churn: {description: x, metrics: [gone.json]}",
    "v2.10.0": "churn: [",
    "v2.11.0": "other: {description: x, metrics: {auc: 0.99}}",
    "v2.12.0": "churn: [description, metrics, inputs]",
    "v2.13.0": 'churn: {description: "  ", metrics: {auc: -1}}',
    "v2.14.0": "churn: {description: x}\nchurn: {metrics: {auc: 0.99}}",
    "v2.15.0": "churn: {type: dataset, description: x, inputs: [{artifact: data@v1.0.0}]}",
    "v2.16.0": "churn: {inputs: [{artefact: data@v2.0.0}]}",
    "v2.17.0": "churn: {description: 3, metrics: {auc: true}}",
    "v2.18.0": "churn: {inputs: [{artifact: data@v3.0.0}]}",
    "v2.19.0": "churn: {inputs: [{artifact: ''}, {path: data.csv}]}",
    "v2.20.0": "churn: {inputs: [{path: data.csv}, {url: 'https://example.com/x'}]}",
    "v2.21.0": "churn: {description: [x], metrics: {auc: .inf}}",
    "v2.22.0": "churn: {description: x, metrics: {AUC: 0.99}}",
    "v2.23.0": "churn: {description: x, metrics: {auc: [0.99]}}",
    "v2.24.0": "churn: {schema: {methods: [predict, transform]}}",
    "v2.25.0": "churn: {schema: {methods: [predict]}}",
    "v2.26.0": "churn: {schema: {methods: [predict, transform], input: [x]}}",
}
"""What is said of further versions of churn, on a branch of their own: most of it is no good."""


class Stand(Team):
    """A team whose server and clone are one, and which asks the hooks itself.

    Attributes:
        refs: the refs of the server.
        others: the tag object of the last event of each other artifact.
    """

    refs: dict[str, str]
    others: dict[str, str]

    @classmethod
    def opened(cls, founded: Team, folder: Path) -> Stand:
        """Return one with a larger policy, more versions, and a version of churn in `better`."""
        found = cls(folder, founded.keys)
        team = founded.joined(folder)
        found.commits, found.registrations = dict(team.commits), dict(team.registrations)
        found.last, found.now = team.last, team.now
        found.clone = found.server
        public = {name: key.public for name, key in found.keys.items()}
        commit(found.server, f"{POLICY.format_map(public)}{STAGES}".encode(), at=-200)
        made = found._versions_of_data() | found._versions_of_churn()
        made |= {"churn#better#1": found.tag("churn#better#1")}
        found.last = made["churn#better#1"]
        found._number = 1
        found.refs = {}
        found.restore({**found.server.refs(), **{f"refs/tags/{it}": made[it] for it in made}})
        found.refs = found.server.refs()
        return found

    def _versions_of_churn(self) -> dict[str, str]:
        made = {}
        for place, (version, text) in enumerate(ENTRIES.items()):
            self.commits[version] = commit(
                self.server,
                text.encode(),
                branch="lab",
                at=place - 3000,
                file="artifacts.yaml",
                start=self.commits["v1.2.0"],
            )
            self.last = self.registrations[version] = self.tag(f"churn@{version}", version)
            made[f"churn@{version}"] = self.last
        return made

    def _versions_of_data(self) -> dict[str, str]:
        first = self.tag("data@v1.0.0", Previous="none")
        second = self.tag("data@v2.0.0", Previous=first)
        placed = self.tag("data#open#1", Previous=second, Registration=first)
        self.others = {"data": placed}
        return {"data@v1.0.0": first, "data@v2.0.0": second, "data#open#1": placed}

    def put(self, refs: Mapping[str, str]) -> None:
        """Let the server's refs hold objects, without asking anybody; an empty id removes one."""
        held = {**self.refs, **in_full(refs)}
        self.restore({ref: oid for ref, oid in held.items() if oid})

    def restore(self, refs: Mapping[str, str]) -> None:
        """Let the server have these refs, and no others; nothing is done where it has."""
        if self.refs != refs:
            super().restore(refs)
            self.refs = dict(refs)

    def updates(self, refs: Mapping[str, str]) -> list[Update]:
        """Return what a push of objects to refs would do."""
        return [Update(self.refs.get(ref, ""), oid, ref) for ref, oid in in_full(refs).items()]

    # The hooks

    def at_once(self, refs: Mapping[str, str]) -> set[str]:
        """Return the rules for which the pre-receive hook refuses a push."""
        try:
            found = Registry.open(self.server.path).verify_updates(self.updates(refs))
        except Refused:
            return {"policy"}
        return rules(found)

    def one_by_one(self, refs: Mapping[str, str]) -> set[str]:
        """Return the rules for which the update hook refuses parts of a push.

        Git moves each ref that the hook lets pass before it asks about the next one.
        """
        registry = Registry.open(self.server.path)
        before = noted_policy(registry.repository)
        recall, hooks.recall = hooks.recall, lambda *_: before
        refused: set[str] = set()
        try:
            for update in self.updates(refs):
                found = rules(registry.verify_update_alone(update))
                refused |= found
                if not found:
                    self.put({update.ref: update.new})
        except Refused:
            refused.add("policy")
        finally:
            hooks.recall = recall
        return refused

    def takes(self, refs: Mapping[str, str], *_: str) -> None:
        """Let the server take what both hooks have to take."""
        assert self.at_once(refs) == set()
        assert self.one_by_one(refs) == set()
        for ref, oid in in_full(refs).items():
            if ref.startswith("refs/tags/churn"):
                self.last = oid

    def push(self, refs: Mapping[str, str], *_: str, force: bool = False) -> Push:
        raise NotImplementedError("the server and the clone are one here")

    # Making what is no event of a team

    def odd(self, name: str, *, by: str = "ann", target: str = "", **changes: object) -> str:
        """Make a signed tag object with some headers of its own; return its id."""
        self.now += 60
        tagger = changes.pop("tagger", f"Ann <ann@example.com> {self.now} +0000")
        message = changes.pop("message", f"x\n\nPrevious: {self.last}\nRegistry: acme\n".encode())
        raw = tag_bytes(
            name,
            target or self.commits["v1.0.0"],
            tagger=tagger,  # type: ignore[arg-type]
            message=message,  # type: ignore[arg-type]
            **changes,  # type: ignore[arg-type]
        )
        return self._signed(raw, by)


def rules(found: Received) -> set[str]:
    """Return the rules that were not kept."""
    return {it.code for it in found.refused}
