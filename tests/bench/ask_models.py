"""Ask for models once, and print how many seconds that took; run by the Python of who is asked.

python tests/bench/ask_models.py mlflow STORE page|tag
python tests/bench/ask_models.py mreg CATALOG page|tag
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping

PAGE = 100


def of_mlflow(address: str) -> Mapping[str, Callable[[], object]]:
    """Return what answers each question out of MLflow's store."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(address, address)
    client.search_registered_models(max_results=1)  # opens the store
    return {
        "page": lambda: client.search_registered_models(max_results=PAGE),
        "tag": lambda: client.search_registered_models("tags.kind = 'kind-7'", max_results=PAGE),
    }


def of_mreg(file: str) -> Mapping[str, Callable[[], object]]:
    """Return what answers each question out of a catalog."""
    import mreg

    catalog = mreg.Catalog.open(file)
    catalog.search("artifact=nothing")
    return {
        "page": lambda: catalog.listed(limit=PAGE),
        "tag": lambda: catalog.search("label=kind-7 and latest=true", limit=PAGE),
    }


if __name__ == "__main__":
    who, place, question = sys.argv[1:]
    ask = {"mlflow": of_mlflow, "mreg": of_mreg}[who](place)[question]
    begin = time.perf_counter()
    answer = ask()
    taken = time.perf_counter() - begin
    if not answer:
        raise SystemExit("nothing was found")
    print(taken)
