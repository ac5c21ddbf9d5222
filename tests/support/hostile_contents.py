"""Hostile contents of a version's commit: metric files, params, annotations, DVC's files."""

from __future__ import annotations

import json

from repositories import Tag

DIGITS = "1" + "0" * 309
"""An integer that no float is as large as."""

GOOD = {
    "artifacts.yaml": b"""\
churn:
  type: model
  path: model.pkl
  description: Says who leaves
  metrics: [metrics.json]
  params: [params.toml]
  inputs: [{path: data.csv}]
""",
    "metrics.json": b'{"auc": 0.9, "rows": 10}',
    "params.toml": b"depth = 3\n[train]\nrate = 0.1\n",
    "dvc.lock": b"""\
schema: '2.0'
stages:
  train:
    cmd: python train.py
    deps: [{path: data.csv, md5: 4f53cda18c2baa0c0354bb5f9a3ecbe5, size: 3}]
    params: {params.toml: {depth: 3}}
    outs: [{path: model.pkl, md5: 9d5ed678fe57bcca610140957afab571, size: 2}]
""",
    "model.pkl": b"x\n",
    "data.csv": b"1\n\n",
}

# fmt: off
METRICS = {
    "an integer of 310 digits": f'{{"auc": {DIGITS}, "rows": -{DIGITS}}}',
    "an integer of 5,000 digits": f'{{"auc": {"9" * 5000}}}',
    "a float beyond all": '{"auc": 1e400, "rows": -1e400}',
    "a float of many digits": f'{{"auc": 0.{"3" * 5000}}}',
    "no numbers": '{"auc": NaN, "rows": Infinity, "x": -Infinity}',
    "half a character": '{"auc": 0.5, "\\ud800": 1, "s": "\\udfff"}',
    "control characters": '{"auc": 0.5, "\\u001b[2J\\u0000\\r\\n::error::": 1}',
    "a deep nest": '{"a":' * 5000 + "1" + "}" * 5000,
    "deep lists": '{"a":' + "[" * 5000 + "]" * 5000 + "}",
    "lists as deep as Python reads": '{"a":' + "[" * 900 + "]" * 900 + "}",
    "very many keys": json.dumps({f"k{number}": number for number in range(3000)}),
    "empty keys": '{"": 1, ".": 2, "..": 3, "auc": {"": 4}}',
    "a key of many characters": json.dumps({"k" * 100_000: 1}),
    "a number": "1",
    "nothing": "",
    "values of other kinds": '{"auc": "high", "rows": [1], "x": null, "y": true}',
    "smallest and largest": '{"auc": 5e-324, "rows": 1.7976931348623157e308}',
}
PARAMS = {
    "an integer of 310 digits": f"depth = {DIGITS}\nlist = [{DIGITS}]\n",
    "a hexadecimal number of 50,000 digits": f"depth = 0x{'f' * 50_000}\n",
    "odd dates": "depth = 0001-01-01\nt = 23:59:60\nd = 9999-12-31T23:59:59.999999+23:59\n",
    "half a character": 'depth = "\\ud800"\n',
    "no numbers": "depth = nan\nrate = -inf\nx = 1e400\n",
    "deep lists": "x = " + "[" * 900 + "]" * 900 + "\n",
    "deep keys": ".".join("a" * 5000) + " = 1\n",
}
ANNOTATIONS = {
    "an integer of 310 digits": f"churn: {{metrics: {{auc: {DIGITS}}}, params: {{x: {DIGITS}}}}}",
    "a float beyond all": "churn: {metrics: {auc: 1e400, rows: .nan}, params: {x: -.inf}}",
    "keys that are no texts": "churn: {1: 2, null: x, true: y, metrics: {1: 2, null: 3}}\n1: {}",
    "half a character": 'churn: {description: "\\ud800", labels: ["\\udfff"], "\\ud800": 1}',
    "control characters": 'churn: {description: "\\e[2J\\0\\r::error::", owner: "\\u2028"}',
    "a list": "- churn",
    "values of other kinds": "churn: {type: [1], path: {a: b}, metrics: 3, params: x, inputs: {}}",
    "inputs of other kinds": "churn: {inputs: [1, [2], {path: 3}, {artifact: '@'}, null]}",
    "paths elsewhere": "churn: {path: ../../../etc/passwd, metrics: [/etc/passwd, ../x.json, '']}",
    "a path that is no name": 'churn: {path: "a\\0b", metrics: ["m\\0.json", "\\ud800.json"]}',
    "a date": "churn: {description: 2001-12-14t21:59:43.10-05:00, params: {d: 0000-99-99}}",
}
LOCKS = {
    "an integer of 310 digits": f"outs: [{{path: model.pkl, md5: x, size: {DIGITS}}}]",
    "keys that are no texts": "1: {cmd: [x, 1]}\n    null: 3",
    "params of other kinds": f"train: {{params: {{1: {{2: {DIGITS}}}, p: {{null: .nan}}}}}}",
    "outputs of other kinds": "train: {cmd: {a: b}, outs: [1, {path: 3}, {path: m, md5: 7}]}",
    "sizes that are none": (
        f"train: {{outs: [{{path: model.pkl, md5: '{'0' * 32}', size: -1, nfiles: 1e400}}]}}"
    ),
    "half a character": 'train: {cmd: "\\ud800", deps: [{path: "\\udfff"}], outs: [{path: m}]}',
}


# fmt: on
HOSTILE = [
    *((f"metrics.json: {name}", "metrics.json", it) for name, it in METRICS.items()),
    *((f"params.toml: {name}", "params.toml", it) for name, it in PARAMS.items()),
    *((f"artifacts.yaml: {name}", "artifacts.yaml", f"{it}\n") for name, it in ANNOTATIONS.items()),
    *(
        (f"dvc.lock: {name}", "dvc.lock", f"schema: '2.0'\nstages:\n    {it}\n")
        for name, it in LOCKS.items()
    ),
]
"""What a version's commit may hold: in words, the file, and its content."""

LAST = {**GOOD, "metrics.json": b'{"auc": 0.95, "rows": 12}'}

COMMITS = [GOOD, *({**GOOD, path: it.encode()} for _, path, it in HOSTILE), LAST]
TAGS = [
    *(Tag(f"churn@v1.{number}.0", number, 10 * number) for number in range(len(COMMITS))),
    Tag("churn#prod#1", 0, 10 * len(COMMITS)),
]
"""A registry whose first and last versions are good, and none between them."""
