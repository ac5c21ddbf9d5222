"""Models of scikit-learn and its kin in skops' format, which runs no code that it does not know.

skops trusts the estimators of scikit-learn, and NumPy's and SciPy's functions and arrays. It does
not know scikit-learn's own classes within these, without which no forest can be loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

from mreg.serve.loaders import methods, packages
from mreg.serve.loaders.model import CannotLoad, LoadRequest, Predictor

KNOWN = frozenset(
    (
        "numpy.dtype",
        "scipy.sparse._csr.csr_matrix",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
    )
)
"""Classes of libraries that hold numbers, and of which a file can say nothing else. One that was
made to do harm can end the process by them, as a wrong index may; it cannot have its code run."""


def load(request: LoadRequest) -> Predictor:
    """Load a .skops file.

    Raises:
        CannotLoad: skops is not installed, the file is damaged, or holds types that neither it nor
            mreg knows.
    """
    io = packages.needed("skops.io", request.annotation)
    try:
        asked = io.get_untrusted_types(file=request.path)
        _check(request, asked)
        model = io.load(request.path, trusted=asked)
    except Exception as error:  # of a file that is damaged, anything
        raise packages.failed(request.path, error, request.annotation) from error
    return methods.of(model, request.method, "skops")


def _check(request: LoadRequest, asked: Sequence[str]) -> None:
    """Refuse types that are not known to run no code of a file's, unless it is trusted."""
    unknown = sorted(set(asked) - KNOWN)
    if unknown and not request.trust_pickle:
        raise CannotLoad(
            f"{request.path.name} contains types that skops does not know: {', '.join(unknown)}",
            hint="loading them runs their code; if you trust everyone who can register "
            "versions and change files here, use --trust-pickle",
        )
