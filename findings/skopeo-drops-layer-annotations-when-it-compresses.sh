#!/usr/bin/env bash
# skopeo 1.9.3 (Debian bookworm) drops a layer's annotations when it compresses the layer.
#
# `skopeo copy` of an image with a plain tar layer to an OCI layout packs the layer by gzip, so that its digest and
# the manifest's are others, as is documented. What the layer's annotations said (`org.opencontainers.image.title`, by which ORAS
# names files) is gone without a word; the manifest's annotations stay. With --preserve-digests both stay.
#
# Seen: "copied: layer tar+gzip None, manifest kept", "--preserve-digests: layer tar title, manifest kept"
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -o APT::Sandbox::User=root download --quiet=2 skopeo=1.9.3+ds1-1+b10
dpkg-deb --extract skopeo_*.deb package
skopeo() { package/usr/bin/skopeo --insecure-policy copy --quiet "$@"; }
package/usr/bin/skopeo --version
cat >image.py <<'PYTHON'
import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path


def put(folder, raw):
    digest = hashlib.sha256(raw).hexdigest()
    (folder / "blobs/sha256").mkdir(parents=True, exist_ok=True)
    (folder / "blobs/sha256" / digest).write_bytes(raw)
    return {"digest": f"sha256:{digest}", "size": len(raw)}


def make(folder):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo("models/m.bin")
        entry.size = 7
        archive.addfile(entry, io.BytesIO(b"weights"))
    layer = put(folder, out.getvalue())
    config = {"architecture": "amd64", "os": "linux", "config": {}}
    config["rootfs"] = {"type": "layers", "diff_ids": [layer["digest"]]}
    start = "application/vnd.oci.image"
    document = {
        "schemaVersion": 2,
        "mediaType": f"{start}.manifest.v1+json",
        "config": {"mediaType": f"{start}.config.v1+json", **put(folder, json.dumps(config).encode())},
        "layers": [
            {
                "mediaType": f"{start}.layer.v1.tar",
                **layer,
                "annotations": {"org.opencontainers.image.title": "title"},
            }
        ],
        "annotations": {"kept": "kept"},
    }
    entry = {"mediaType": document["mediaType"], **put(folder, json.dumps(document).encode())}
    entry["annotations"] = {"org.opencontainers.image.ref.name": "x"}
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))


def tell(folder):
    (entry,) = json.loads((folder / "index.json").read_text())["manifests"]
    digest = entry["digest"].removeprefix("sha256:")
    document = json.loads((folder / "blobs/sha256" / digest).read_text())
    (layer,) = document["layers"]
    kind = layer["mediaType"].rpartition(".")[2]
    title = layer.get("annotations", {}).get("org.opencontainers.image.title")
    print(f"layer {kind} {title}, manifest {document.get('annotations', {}).get('kept')}")


{"make": make, "tell": tell}[sys.argv[1]](Path(sys.argv[2]))
PYTHON
python3 image.py make image
skopeo oci:image:x oci:copied:x
skopeo --preserve-digests oci:image:x oci:preserved:x
copied=$(python3 image.py tell copied)
preserved=$(python3 image.py tell preserved)
printf '%s\n' "copied: $copied" "--preserve-digests: $preserved"
[[ $copied == "layer tar+gzip None, manifest kept" && $preserved == "layer tar title, manifest kept" ]]
