"""Which way a metric is better: higher or lower, as its name says, or as somebody told us.

A name tells by its last words: `val_loss`, `eval.roc_auc`, `logLoss` and `accuracy@5` are known;
`dice_loss` is a loss; of `f1_std` or `test_rows`, nobody can say what is better.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from mreg.errors import UsageError
from mreg.tuples import NamedTuple

Direction: TypeAlias = Literal["higher", "lower"]
"""Which values of a metric are better."""

_HIGHER = """
    acc accuracy ap ari auc aucpr aupr auprc auroc bleu coverage dice em f-beta f-measure fbeta
    fmeasure fscore gmean hit hits iou jaccard kappa map mcc meteor miou mrr ndcg nmi npv pearson
    ppv precision psnr purity r2 recall rouge sensitivity silhouette spearman specificity ssim
    throughput tnr tpr
    explained-variance pass-rate success-rate true-negative true-negatives true-positive
    true-positives true-negative-rate true-positive-rate win-rate
"""
_LOWER = """
    brier cer crossentropy deviance divergence ece eer entropy err error errors fdr fid fnr fpr
    latency logloss loss losses mad mae mape mase mce misclassification mse msle nll nrmse
    perplexity pinball ppl regret residual residuals rmse rmsle rse smape ter wape wer wmape
    false-discovery-rate false-negative false-negatives false-negative-rate false-positive
    false-positives false-positive-rate
"""
# What is measured of a metric, or beside it, is not the metric.
_NEITHER = """
    ci count delta epoch iteration n scale std stddev stderr step support threshold time var
    variance weight
"""
_KNOWN: dict[str, Direction | None] = {
    **dict.fromkeys(_HIGHER.split(), "higher"),
    **dict.fromkeys(_LOWER.split(), "lower"),
    **dict.fromkeys(_NEITHER.split(), None),
}
_OPPOSITE: dict[Direction, Direction] = {"higher": "lower", "lower": "higher"}

_LONGEST = 3
"""Of how many words a known name is, at most."""

# A word: letters and the digits behind them; a capital begins another (logLoss, ROC_AUC, AUCMean).
_WORD = re.compile(r"(?: [A-Z]+ (?![a-z]) | [A-Z]? [a-z]+ | [^\W\d_A-Za-z]+ ) \d*", re.VERBOSE)
_F_SCORE = re.compile(r"f\d+")
# The file that a metric stands in, as in "eval/test.json:neg_rmse".
_FILE = re.compile(r"\A.*?\.(?:json|ya?ml|toml):", re.IGNORECASE | re.DOTALL)


class Directions(NamedTuple):
    """What was said of which way metrics are better; the names that are known say the rest.

    Attributes:
        lower: metrics that are better the lower they are: whole names, with their file or without,
            or what stands behind the last dot.
        higher: likewise, the higher they are.
    """

    lower: frozenset[str] = frozenset()
    higher: frozenset[str] = frozenset()

    def of(self, metric: str) -> Direction | None:
        """Return which way a metric is better; None if that is not known."""
        if not self.lower.isdisjoint(names := (metric, _key(metric), _last(metric))):
            return "lower"
        return "higher" if not self.higher.isdisjoint(names) else known(metric)


def told(lower: Iterable[str] = (), higher: Iterable[str] = ()) -> Directions:
    """Return the directions that somebody named.

    Raises:
        UsageError: a metric is named both ways.
    """
    found = Directions(frozenset(lower), frozenset(higher))
    if both := sorted(found.lower & found.higher):
        raise UsageError(f"{both[0]} cannot be better both when lower and when higher")
    return found


def known(metric: str) -> Direction | None:
    """Return which way a metric is better, by its name; None if the name does not tell."""
    words = [it.lower() for it in _WORD.findall(unicodedata.normalize("NFKC", _last(metric)))]
    whole = "".join(words)  # names such as mIoU are one word to whoever writes them
    found = _KNOWN.get(whole) or next(_of_words(words), None)
    # scikit-learn's neg_mean_squared_error is the negative of what its name says.
    return _OPPOSITE[found] if found and words[0] == "neg" else found


def _of_words(words: list[str]) -> Iterator[Direction | None]:
    """Iterate over what the known names among the words say, from the last and longest on."""
    for end in range(len(words), 0, -1):
        for start in range(max(0, end - _LONGEST), end):
            name = "-".join(words[start:end])
            for spelling in (name, name.rstrip("0123456789")):
                if spelling in _KNOWN:
                    yield _KNOWN[spelling]
            if _F_SCORE.fullmatch(name):
                yield "higher"


def better(first: float, second: float, direction: Direction) -> bool:
    """Tell whether the first of two values is the better; one that is no number never is."""
    return first > second if direction == "higher" else first < second


def _key(metric: str) -> str:
    """Return a metric's name without the file that stands before it."""
    return _FILE.sub("", metric)


def _last(metric: str) -> str:
    return _key(metric).rpartition(".")[2]
