"""A made-up company: sixty models in six repositories, with a year of releases each.

    python examples/company.py FOLDER
    mreg site pages --repo FOLDER/customer-ml --repo FOLDER/risk ...

Names and numbers are made up, and the same each time. It is what the pictures in
docs/how-to/site.md show, and what the pages are tried on. All of it is written by a few Git
processes for each repository.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

NOW = int(datetime(2026, 6, 5, 8, 5, tzinfo=UTC).timestamp())
DAY = 86_400

DATA, REVIEW, RELEASE, LEAD = "Data Scientist", "Reviewer", "Release Manager", "ML Lead"

MODELS = {
    "customer-ml": """
        churn|The chance that a customer leaves in the next 30 days|auc|catboost|crm
        retention-offers|Which offer to make to whom; uses churn|uplift|lightgbm|crm
        lifetime-value|What a customer will spend in two years|mae|lightgbm|crm
        next-purchase|Days until a customer buys again|mae|lightgbm|crm
        support-router|Which team answers a ticket|f1|transformers|support
        support-urgency|How soon a ticket has to be answered|f1|transformers|support
        complaint-topics|What complaints are about|f1|transformers|support
        newsletter-time|When to send a newsletter|auc|scikit-learn|crm
        household|Which accounts belong together|f1|scikit-learn|crm
        features|Customer features, shared by the models here||spark|data""",
    "risk": """
        fraud-card|Card payments that look stolen|recall|xgboost|fraud
        fraud-account|Accounts that were taken over|recall|xgboost|fraud
        fraud-returns|Returns that are not what was sold|f1|xgboost|fraud
        credit-score|Probability of default, retail|gini|scikit-learn|credit
        credit-limit|How much to lend|mae|scikit-learn|credit
        collections|Whom to call first|auc|lightgbm|credit
        aml-alerts|Transfers that somebody should look at|recall|xgboost|compliance
        sanctions-match|Names that are on a list|precision|transformers|compliance
        chargeback|Payments that will be charged back|auc|lightgbm|fraud
        income-estimate|Income from account turnover|mae|lightgbm|credit""",
    "discovery": """
        search-ranker|Orders search results|ndcg|lightgbm|search
        search-spelling|What was meant by a misspelt query|accuracy|transformers|search
        query-intent|What somebody searches for|f1|transformers|search
        recs-home|Products for the home page|map|pytorch|recs
        recs-basket|What goes with what is in the basket|map|pytorch|recs
        recs-email|Products for a letter|map|pytorch|recs
        similar-items|Products that look alike|recall|pytorch|recs
        image-embed|Pictures of products as vectors|recall|pytorch|vision
        text-embed|Descriptions of products as vectors|recall|transformers|nlp
        price-display|Which price to show first|uplift|scikit-learn|recs""",
    "supply": """
        demand-daily|Demand by shop and day|wape|lightgbm|planning
        demand-weekly|Demand by region and week|wape|lightgbm|planning
        demand-new|Demand for what was never sold|wape|pytorch|planning
        price-elasticity|How demand answers to price|rmse|scikit-learn|pricing
        markdown|When to lower a price|uplift|lightgbm|pricing
        stock-out|Shelves that will be empty|auc|xgboost|planning
        delivery-eta|When a parcel arrives|mae|lightgbm|logistics
        route-time|How long a van takes|mae|xgboost|logistics
        returns-volume|Parcels that come back|wape|lightgbm|logistics
        supplier-delay|Orders that will be late|auc|lightgbm|logistics""",
    "documents": """
        doc-ocr|Text from scanned invoices|cer|pytorch|vision
        doc-class|What kind of document it is|f1|transformers|nlp
        doc-fields|Amounts, dates and names in it|f1|transformers|nlp
        doc-language|Which language it is in|accuracy|scikit-learn|nlp
        signature-check|Whether it is signed|recall|pytorch|vision
        contract-clauses|Clauses that somebody should read|recall|transformers|nlp
        summary|A contract in five sentences|rouge|transformers|nlp
        translate-de|From German to English|bleu|transformers|nlp
        pii-finder|What has to be blacked out|recall|transformers|nlp
        table-reader|Tables in scans|f1|pytorch|vision""",
    "platform": """
        anomaly-metrics|Services that behave oddly|f1|scikit-learn|operations
        anomaly-logs|Lines that nobody has seen before|f1|transformers|operations
        capacity|Machines that will be needed|wape|lightgbm|operations
        incident-owner|Who can mend it|accuracy|transformers|operations
        code-search|Code that does what somebody asks for|recall|transformers|nlp
        spam|Messages that nobody wants|precision|scikit-learn|security
        phishing|Links that steal passwords|recall|xgboost|security
        bot-traffic|Visitors that are no people|auc|lightgbm|security
        ab-variance|How long a test has to run|rmse|scikit-learn|experiments
        legacy-score|The old score; not in use any more|auc|scikit-learn|experiments""",
}

POLICY = """\
principals:
  data.scientist@example.com: {emails: [data.scientist@example.com]}
  reviewer@example.com: {emails: [reviewer@example.com]}
  ml.lead@example.com: {emails: [ml.lead@example.com]}
  release.manager@example.com: {emails: [release.manager@example.com]}
roles:
  reviewers: [reviewer@example.com, ml.lead@example.com]
  release-managers: [release.manager@example.com]
stages:
  shadow: {}
  staging: {}
  prod:
    from: staging
    by: [release-managers]
    approvals: 2
    approvers: [reviewers]
    requires: {metrics: {latency_ms: "<= 60"}, fields: [description]}
"""

LOWER = frozenset(("mae", "wape", "rmse", "cer"))
CHANGES = (
    "Baseline: logistic regression", "Add tenure features", "Gradient boosting",
    "Half a year of data", "Fewer trees, faster", "A year of data", "Add session embeddings",
    "Embeddings, distilled", "Class weights", "Fix leakage in tenure", "Calibrated",
    "Two years of data, calibrated", "New labels from the audit", "Drop features nobody fills in",
    "Longer context", "Retrained for the season",
)  # fmt: skip
FAULTS = (
    "latency doubled", "too many false alarms", "worse on new customers",
    "wrong units in a feature", "out of memory at noon",
)  # fmt: skip

CARD = """\
# {name}

{description}. It was trained on what was known up to the day before, and is meant
for **{label}** alone.

## Use

One row in, one number out; scores above `0.5` are acted upon.

| segment | share | {metric} |
| --- | ---: | ---: |
| new | 21 % | {low} |
| known | 79 % | {high} |

## Limits

- It knows nothing of customers outside of Europe.
- What it says of the last week of December is not to be relied on.

Questions: [the team's page](https://example.com/{name}).
"""


class Mark(NamedTuple):
    """A tag or an approval to be made."""

    ref: str
    target: str
    kind: str
    name: str
    who: str
    time: int
    text: str


class Release(NamedTuple):
    """A version of a model: when, what, and how good."""

    model: str
    version: str
    time: int
    change: str
    value: float | None
    latency: int
    inputs: str


class Company:
    """One repository of the company, while it is made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.random = random.Random(folder.name)
        self.tags: dict[str, str] = {}
        self.objects: list[bytes] = []
        self.approvals: dict[str, str] = {}
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run Git in the repository."""
        kept = {key: it for key, it in os.environ.items() if not key.startswith("GIT_")}
        isolated = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, input=stdin, check=True, capture_output=True,
            env={**kept, **isolated},
        )  # fmt: skip
        return done.stdout.decode()

    def releases(self, line: str, place: int) -> list[Release]:
        """Make up the releases of a model."""
        name, _, metric, *_ = line.split("|")
        count = self.random.randint(5, 14)
        age = self.random.randint(150, 400)
        last = self.random.choice((6, 6, 9, 14, 30, 45, 80, 120))
        value = self.random.uniform(0.55, 0.85)
        if metric in LOWER:
            value = self.random.uniform(0.3, 0.6)
        latency, found = self.random.randint(18, 44), []
        major, minor, patch = 1, 0, 0
        for step in range(count):
            when = NOW - int((age - (age - last) * step / (count - 1)) * DAY) + place * 977
            gain = self.random.uniform(-0.004, 0.022)
            value += -gain * 0.6 if metric in LOWER else gain
            latency += self.random.randint(-3, 4)
            uses = name not in ("features",) and self.folder.name == "customer-ml"
            inputs = (
                "\n    - {artifact: features@v1.0.0, role: training}" if uses and step > 1 else ""
            )
            found.append(
                Release(
                    name, f"v{major}.{minor}.{patch}", when, CHANGES[step % len(CHANGES)],
                    round(value, 3) if metric else None, latency, inputs,
                )
            )  # fmt: skip
            roll = self.random.random()
            if roll < 0.16:
                major, minor, patch = major + 1, 0, 0
            elif roll < 0.7:
                minor, patch = minor + 1, 0
            else:
                patch += 1
        return found

    def commit_all(self, lines: list[str]) -> list[tuple[Release, str]]:
        """Commit every release, the oldest first, and return it with its commit."""
        about = {line.split("|")[0]: line.split("|") for line in lines}
        every = sorted(
            (it for place, line in enumerate(lines) for it in self.releases(line, place)),
            key=lambda it: it.time,
        )
        entries: dict[str, str] = {}
        stream: list[bytes] = []
        for number, it in enumerate(every, start=1):
            entries[it.model] = self._entry(about[it.model], it)
            files = {
                "artifacts.yaml": "".join(entries[name] for name in sorted(entries)),
                f"{it.model}/model.bin": f"{it.model} {it.version}\n",
                f"{it.model}/data.csv": f"rows,{it.time}\n",
                f"{it.model}/README.md": self._card(about[it.model], it),
                **({".mreg.yaml": POLICY} if number == 1 else {}),
            }
            stream.append(_commit(it, number, files))
        marks = self.folder / ".git" / "marks"
        self.git("fast-import", "--quiet", f"--export-marks={marks}", stdin=b"".join(stream))
        known = dict(line.split() for line in marks.read_text().splitlines())
        marks.unlink()
        return [(it, known[f":{number}"]) for number, it in enumerate(every, start=1)]

    def _entry(self, about: list[str], it: Release) -> str:
        name, description, metric, framework, label = about
        values = (
            {metric: it.value, "latency_ms": it.latency} if metric else {"rows": it.time % 99_991}
        )
        return (
            f"{name}:\n  type: {'dataset' if not metric else 'model'}\n"
            f"  path: {name}/model.bin\n  description: {json.dumps(description)}\n"
            f"  labels: [{label}]\n  owner: team-{label}\n  license: internal\n"
            f'  framework: {{name: {framework}, version: "{1 + len(label) % 3}.{len(name) % 9}"}}\n'
            f"  metrics: {json.dumps(values)}\n"
            f"  params: {{depth: {4 + it.latency % 5}, months: {6 + it.latency % 19}, seed: 7}}\n"
            f"  inputs:\n    - {{path: {name}/data.csv, role: training}}{it.inputs}\n"
            f"  requirements: [numpy==2.3.1, {framework}==1.4]\n"
        )

    def _card(self, about: list[str], it: Release) -> str:
        name, description, metric, _, label = about
        value = it.value or 0.0
        return CARD.format(
            name=name, description=description, label=label, metric=metric or "rows",
            low=round(value * 0.97, 3), high=round(value * 1.01, 3),
        )  # fmt: skip

    def record(self, found: list[tuple[Release, str]]) -> None:
        """Register and promote the versions of one model."""
        story = Story(self, found)
        story.tell()

    def finish(self) -> None:
        """Write the tags and approvals."""
        folder = self.folder / ".git" / "made"
        folder.mkdir()
        paths = []
        for number, raw in enumerate(self.objects):
            (folder / str(number)).write_bytes(raw)
            paths.append(f".git/made/{number}\n")
        self.git("hash-object", "-t", "tag", "-w", "--stdin-paths", stdin="".join(paths).encode())
        for it in folder.iterdir():
            it.unlink()
        folder.rmdir()
        refs = {**{f"refs/tags/{tag}": oid for tag, oid in self.tags.items()}, **self.approvals}
        lines = "".join(f"create {ref} {oid}\n" for ref, oid in refs.items())
        self.git("update-ref", "--stdin", stdin=lines.encode())
        self.git("pack-refs", "--all")
        self.git("reset", "-q", "--hard")

    def put(self, target: str, kind: str, name: str, who: str, time: int, text: str) -> str:
        """Make a tag object, and return its id."""
        tagger = f"{who} <{who.lower().replace(' ', '.')}@example.com>"
        raw = f"object {target}\ntype {kind}\ntag {name}\ntagger {tagger} {time} +0000\n\n{text}"
        self.objects.append(raw.encode())
        return hashlib.sha1(b"tag %d\0%b" % (len(raw.encode()), raw.encode())).hexdigest()


class Story:
    """What becomes of one model's versions."""

    def __init__(self, company: Company, found: list[tuple[Release, str]]) -> None:
        self.company = company
        self.found = found
        self.name = found[0][0].model
        self.last = "none"
        self.number = 0
        self.registered: dict[str, str] = {}

    def tell(self) -> None:
        """Register every version, and promote most: to staging, to prod, and sometimes back."""
        steps: list[tuple[int, int, tuple[str, ...]]] = []
        chance = self.company.random
        held = ""
        for place, (it, _) in enumerate(self.found):
            newest = place == len(self.found) - 1
            until = NOW if newest else self.found[place + 1][0].time
            steps.append((it.time, 0, ("register", it.version, DATA, it.change)))
            steps.append((it.time + DAY // 8, 1, ("staging", it.version, DATA, "")))
            if self.name in ("churn", "credit-score", "recs-home", "doc-ocr") and newest:
                steps.append((it.time + DAY, 2, ("approve", it.version, LEAD, "Looks right")))
                continue
            if chance.random() < 0.15 and not newest:
                continue
            when = it.time + int(chance.uniform(0.3, 0.55) * min(until - it.time, 9 * DAY))
            steps.append((when - 7200, 2, ("approve", it.version, LEAD, "Better in all segments")))
            steps.append((when - 3600, 2, ("approve", it.version, REVIEW, "Read the report")))
            steps.append((when, 3, ("prod", it.version, RELEASE, it.change)))
            if held and (chance.random() < 0.1 or (newest and self.name in ("fraud-card", "spam"))):
                back = when + int(0.4 * min(until - when, 5 * DAY))
                fault = chance.choice(FAULTS)
                steps.append((back, 4, ("rollback", held, RELEASE, fault, it.version)))
            else:
                held = it.version
        for time, _, step in sorted(steps):
            self._do(time, *step)
        if self.name == "legacy-score":
            self._tag(
                f"{self.name}@deprecated",
                self.found[-1][1],
                RELEASE,
                NOW - 9 * DAY,
                f"Deprecate {self.name}\n\nReplaced by credit-score",
                "",
            )

    def _do(self, time: int, kind: str, version: str, who: str, said: str, bad: str = "") -> None:
        commit = next(oid for it, oid in self.found if it.version == version)
        body = f"\n\n{said}" if said else ""
        if kind == "register":
            tag = f"{self.name}@{version}"
            subject = f"Register {self.name} {version}"
            self.registered[version] = self._tag(tag, commit, who, time, subject + body, "")
        elif kind == "approve":
            self._approve(version, who, time, said)
        else:
            stage = "prod" if kind == "rollback" else kind
            self.number += 1
            trailers = f"Version: {version}\nRegistration: {self.registered[version]}\n"
            back = f"Rollback: {bad}\n" if bad else ""
            subject = f"Promote {self.name} {version} to {stage}"
            tag = f"{self.name}#{stage}#{self.number}"
            self._tag(tag, commit, who, time, subject + body, trailers, back)

    def _tag(
        self, tag: str, commit: str, who: str, time: int, text: str, first: str, then: str = ""
    ) -> str:
        text = f"{text}\n\n{first}Previous: {self.last}\n{then}"
        self.last = self.company.put(commit, "commit", tag, who, time, text)
        self.company.tags[tag] = self.last
        return self.last

    def _approve(self, version: str, who: str, time: int, said: str) -> None:
        person = f"{who.lower().replace(' ', '.')}@example.com"
        name = f"mreg/approvals/{self.name}@{version}/prod/{person}"
        registration = self.registered[version]
        text = (
            f"Approve {self.name} {version} for prod\n\n{said}\n\n"
            f"Verdict: approve\nRegistration: {registration}\nPrevious: none\n"
        )
        oid = self.company.put(registration, "tag", name, who, time, text)
        self.company.approvals[f"refs/{name}"] = oid


def _commit(it: Release, number: int, files: dict[str, str]) -> bytes:
    """Return a commit as a part of a stream for `git fast-import`."""
    who = f"{DATA} <data.scientist@example.com> {it.time - 600} +0000"
    said = it.change.encode()
    head = f"commit refs/heads/main\nmark :{number}\nauthor {who}\ncommitter {who}\n".encode()
    parts = [head, b"data %d\n%b\n" % (len(said), said)]
    for path, content in files.items():
        raw = content.encode()
        parts.append(b"M 100644 inline %b\ndata %d\n%b\n" % (path.encode(), len(raw), raw))
    return b"".join(parts)


def make(folder: Path, names: Collection[str] = tuple(MODELS)) -> list[Path]:
    """Make the company's repositories, or some of them, and return their folders."""
    found = []
    for name, lines in MODELS.items():
        if name not in names:
            continue
        company = Company(folder / name)
        about = [line.strip() for line in lines.strip().splitlines()]
        made = company.commit_all(about)
        for line in about:
            model = line.split("|")[0]
            company.record([it for it in made if it[0].model == model])
        company.finish()
        found.append(company.folder)
    return found


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("name a folder: python examples/company.py FOLDER")
    for path in make(Path(sys.argv[1]).resolve()):
        print(path)
