#!/usr/bin/env bash
# cyclonedx-python-lib 11.12.0: its JSON validator refuses a reference to a host that is named by an IPv6 address.
#
# RFC 3986 and 3987 write such a host in brackets. The schema of CycloneDX asks for an "iri-reference", which the
# validator leaves to rfc3987-syntax 1.1.0, and that knows no IPv6 in brackets. The same document with a name or an
# IPv4 address for the host passes.
#
# Seen: https://models.example/churn valid; https://192.0.2.1/churn valid; https://[2001:db8::1]/churn refused
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install \
    'cyclonedx-python-lib[json-validation]==11.12.0' rfc3987-syntax==1.1.0
seen=$("$folder/venv/bin/python" - <<'PY'
import json

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

judge = JsonStrictValidator(SchemaVersion.V1_6)
for url in ("https://models.example/churn", "https://192.0.2.1/churn", "https://[2001:db8::1]/churn"):
    component = {
        "type": "machine-learning-model",
        "name": "churn",
        "externalReferences": [{"type": "distribution", "url": url}],
    }
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]}
    error = judge.validate_str(json.dumps(bom))
    print(url, "refused" if error else "valid")
PY
)
echo "$seen"
[[ $seen == "https://models.example/churn valid
https://192.0.2.1/churn valid
https://[2001:db8::1]/churn refused" ]]
