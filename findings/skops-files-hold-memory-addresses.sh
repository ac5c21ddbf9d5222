#!/usr/bin/env bash
# skops 0.16.0: a saved model's file names its parts by their addresses in memory, so no two saves are alike.
#
# schema.json has an "__id__" of Python's id() for each object, and the arrays' files are called by theirs. The same
# model saved by two processes has two digests; a content digest says nothing about whether the model is another one.
#
# Seen: the same model saved twice in one process: equal no; but for __id__ equal yes; parts' names all digits: yes
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install skops==0.16.0 scikit-learn==1.9.1
seen=$("$folder/venv/bin/python" - <<'PY'
import io
import re
import zipfile

import skops.io
from sklearn.linear_model import LogisticRegression

model = LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
first, second = skops.io.dumps(model), skops.io.dumps(model)


def parts(saved: bytes) -> tuple[list[str], str]:
    with zipfile.ZipFile(io.BytesIO(saved)) as found:
        schema = found.read("schema.json").decode()
        return [name for name in found.namelist() if name != "schema.json"], re.sub(r'"__id__": \d+', '""', schema)


def word(true: bool) -> str:
    return "yes" if true else "no"


names, schema = parts(first)
print(
    f"equal {word(first == second)}; but for __id__ equal {word(schema == parts(second)[1])};",
    f"parts' names all digits: {word(bool(names) and all(re.fullmatch(r'[0-9]+[.]npy', name) for name in names))}",
)
PY
)
echo "$seen"
[[ $seen == "equal no; but for __id__ equal yes; parts' names all digits: yes" ]]
