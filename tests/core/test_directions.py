"""Which way a metric is better, by its name or as somebody said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.core.directions import Direction, better, known, told
from mreg.errors import UsageError

HIGHER = """
    accuracy acc auc roc_auc ROC_AUC AUROC eval.roc_auc f1 F1 f1_score macro-f1 f05 r2 R² r2_score
    precision recall precision@k accuracy@5 top5_accuracy hits@10 mAP mAP50 mIoU rouge1 rougeL bleu4
    explained_variance neg_mean_squared_error neg_log_loss true_positives balanced_accuracy
    eval/metrics.json:accuracy
"""
LOWER = """
    loss val_loss log_loss logLoss rmse nRMSE mae MAPE mse test.mse mean_absolute_error error
    error_rate word_error_rate n_errors latency latency_ms p99_latency perplexity cross_entropy
    false_positive_rate fpr dice_loss epoch_loss
"""
UNKNOWN = """
    test_rows training_rows size loss.train auc_std loss_weight best_epoch training_time 1 _ 准确率
    losing glossy important
"""


@pytest.mark.parametrize(
    ("metric", "direction"),
    [
        *((it, "higher") for it in HIGHER.split()),
        *((it, "lower") for it in LOWER.split()),
        *((it, None) for it in UNKNOWN.split()),
        ("", None),
        ("mean squared error", "lower"),
    ],
)
def test_names_that_are_known(metric: str, direction: Direction | None) -> None:
    assert known(metric) == direction


@given(st.text())
def test_any_name_can_be_asked_about(metric: str) -> None:
    assert known(metric) in ("higher", "lower", None)


def test_what_was_said_counts_more_than_the_name() -> None:
    said = told(lower=["auc"], higher=["gain", "x.loss"])
    assert said.of("auc") == "lower"
    assert said.of("eval.auc") == "lower"
    assert said.of("roc_auc") == "higher"
    assert said.of("x.gain") == "higher"
    assert said.of("x.loss") == "higher"
    assert said.of("loss") == "lower"


def test_one_metric_cannot_be_better_both_ways() -> None:
    with pytest.raises(UsageError, match="auc cannot be better both when lower and when higher"):
        told(lower=["auc"], higher=["auc"])


@pytest.mark.parametrize("direction", ["higher", "lower"])
def test_what_is_no_number_is_never_better(direction: Direction) -> None:
    assert not better(float("nan"), 1, direction)
    assert not better(1, float("nan"), direction)
    assert not better(1, 1, direction)
    assert better(2, 1, direction) is (direction == "higher")
