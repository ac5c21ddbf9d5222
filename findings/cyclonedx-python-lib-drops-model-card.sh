#!/usr/bin/env bash
# cyclonedx-python-lib 11.12.0 reads a valid ML-BOM (CycloneDX 1.6) and writes it without its modelCard.
#
# CycloneDX has had model cards since 1.5, and the library reads and writes documents of 1.5 and 1.6. Reading
# one and writing it again loses the card without a warning or an error: what is left validates.
#
# Seen: "read: modelCard True / written: modelCard False, valid True"
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install 'cyclonedx-python-lib[json-validation]==11.12.0'
cat >"$folder/try.py" <<'PY'
import json
import warnings

from cyclonedx.model.bom import Bom
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

warnings.simplefilter("error")
before = json.dumps({
    "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "metadata": {"component": {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": "churn",
        "version": "1.0.0",
        "modelCard": {
            "modelParameters": {"task": "classification"},
            "quantitativeAnalysis": {"performanceMetrics": [{"type": "accuracy", "value": "0.93"}]},
        },
    }},
})
validator = JsonStrictValidator(SchemaVersion.V1_6)
assert validator.validate_str(before) is None, "the document of this test is not valid"
after = JsonV1Dot6(Bom.from_json(json.loads(before))).output_as_string()
print("read: modelCard", "modelCard" in before)
print(f"written: modelCard {'modelCard' in after}, valid {validator.validate_str(after) is None}")
PY
seen=$("$folder/venv/bin/python" "$folder/try.py")
echo "$seen"
[[ $seen == $'read: modelCard True\nwritten: modelCard False, valid True' ]]
