"""What the Hugging Face Hub calls things: licences, libraries, tasks, its own models and datasets.

Sources: https://huggingface.co/docs/hub/repositories-licenses, https://huggingface.co/tasks and
https://huggingface.co/docs/hub/models-libraries.
"""

from __future__ import annotations

import re
from typing import Literal

from mreg.export import spdx

_LICENSE_IDS = """
    afl-3.0 agpl-3.0 apache-2.0 apple-amlr apple-ascl artistic-2.0 bigcode-openrail-m
    bigscience-bloom-rail-1.0 bigscience-openrail-m bsd bsd-2-clause bsd-3-clause
    bsd-3-clause-clear bsl-1.0 c-uda cc cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0
    cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0
    cc-by-nc-sa-4.0 cc-by-nd-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0 cdla-permissive-1.0
    cdla-permissive-2.0 cdla-sharing-1.0 creativeml-openrail-m deepfloyd-if-license ecl-2.0
    epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 gemma gfdl gpl gpl-2.0 gpl-3.0 h-research
    intel-research isc lgpl lgpl-2.1 lgpl-3.0 lgpl-lr llama2 llama3 llama3.1 llama3.2 llama3.3
    llama4 lppl-1.3c mit mpl-2.0 ms-pl ncsa odbl odc-by ofl-1.1 open-mdw openrail openrail++
    osl-3.0 pddl postgresql unknown unlicense wtfpl zlib
"""
# SPDX says more precisely what the Hub has one word for.
_SHORTER = {
    "c-uda-1.0": "c-uda",
    "gfdl-1.3-only": "gfdl",
    "gfdl-1.3-or-later": "gfdl",
    "odbl-1.0": "odbl",
    "odc-by-1.0": "odc-by",
    "pddl-1.0": "pddl",
}
_LIBRARIES = {"scikit-learn": "sklearn", "torch": "pytorch"}

_TASK_IDS = """
    any-to-any audio-classification audio-text-to-text audio-to-audio automatic-speech-recognition
    depth-estimation document-question-answering feature-extraction fill-mask graph-ml
    image-classification image-feature-extraction image-segmentation image-text-to-text
    image-to-3d image-to-image image-to-text image-to-video keypoint-detection mask-generation
    multiple-choice object-detection question-answering reinforcement-learning robotics
    sentence-similarity summarization table-question-answering table-to-text
    tabular-classification tabular-regression tabular-to-text text-classification text-generation
    text-ranking text-retrieval text-to-3d text-to-audio text-to-image text-to-speech
    text-to-video time-series-forecasting token-classification translation
    unconditional-image-generation video-classification video-text-to-text
    visual-document-retrieval visual-question-answering voice-activity-detection
    zero-shot-classification zero-shot-image-classification zero-shot-object-detection
"""
_LICENSES, _TASKS = frozenset(_LICENSE_IDS.split()), frozenset(_TASK_IDS.split())

_ID = r"(?P<id> [\w.-]+ / [\w.-]+? | [\w.-]+? )"
_ADDRESS = re.compile(
    rf"""
    (?: https?://(?:www\.)?(?: huggingface\.co | hf\.co )/ | hf:// )
    (?P<datasets> datasets/ )? {_ID}
    (?: \.git )? (?: /? | [@/] (?: resolve | tree | blob | raw | [\w.-]+ ) (?: [/@?#] .* )? )
    """,
    re.VERBOSE | re.ASCII,
)


def license_fields(text: str) -> dict[str, str]:
    """Return the fields of a card that say under which licence a model is.

    A licence that the Hub does not know is "other", with the name that it was given.
    """
    known = (spdx.canonical(text) or text).strip().lower()
    short = _SHORTER.get(known) or re.sub(r"-(?:only|or-later)$", "", known)
    if short in _LICENSES:
        return {"license": short}
    name = re.sub(r"[^a-z0-9.]+", "-", known).strip("-.")
    return {"license": "other", **({"license_name": name} if name else {})}


def library(framework: str) -> str:
    """Return what the Hub calls a framework."""
    name = framework.strip().lower()
    return _LIBRARIES.get(name, name)


def task(labels: tuple[str, ...]) -> str | None:
    """Return the task that a label names; None if none does."""
    return next((it for it in labels if it in _TASKS), None)


def identifier(url: str, kind: Literal["dataset", "model"]) -> str | None:
    """Return the id of a dataset or model that a URL of the Hub leads to; None for other URLs."""
    found = _ADDRESS.fullmatch(url)
    if found is None or bool(found["datasets"]) != (kind == "dataset"):
        return None
    return found["id"]
