"""transformers: a tiny model that is made here, for a loader of the user's."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import pytest
from trained import train

from mreg.annotations.entry import Framework
from mreg.schemas.model import Tensor, tensors
from mreg.serve.loaders import CannotLoad
from repositories import Repository

LOADERS = """
def model(path):
    from transformers import AutoModelForSequenceClassification
    return AutoModelForSequenceClassification.from_pretrained(path, local_files_only=True).eval()

def texts(path):
    from transformers import pipeline
    return pipeline("text-classification", model=str(path), tokenizer=str(path))
"""
SCRIPT = """
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast, pipeline
)
torch.manual_seed(0)
words = {it: n for n, it in enumerate(("[PAD]", "[UNK]", "good", "bad", "film"))}
tokens = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
tokens.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=tokens, unk_token="[UNK]", pad_token="[PAD]",
    model_input_names=["input_ids", "attention_mask"],
)
settings = BertConfig(
    vocab_size=5, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
    intermediate_size=8, max_position_embeddings=16, num_labels=2,
)
model = BertForSequenceClassification(settings).eval()
model.save_pretrained("churn")
tokenizer.save_pretrained("churn")
given = dict(tokenizer(["good film", "bad"], return_tensors="pt", padding=True))
with torch.no_grad():
    logits = model(**given).logits
answers = pipeline("text-classification", model=model, tokenizer=tokenizer)(["good film", "bad"])
expected(
    logits=logits.numpy(), **{name: it.numpy() for name, it in given.items()},
    labels=[it["label"] for it in answers], scores=[it["score"] for it in answers],
)
"""


@pytest.fixture(autouse=True)
def _loaders(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository.path / "our_loaders.py").write_text(LOADERS)
    monkeypatch.syspath_prepend(repository.path)


def test_a_model_is_loaded_by_a_function_and_takes_named_tensors(repository: Repository) -> None:
    log = 'mreg.log_artifact("churn", model=model, example=given, target=logits)\n'
    made = train(repository, SCRIPT + log)
    with pytest.raises(CannotLoad, match="contains only weights") as caught:
        made.load()
    assert "--loader module:function" in caught.value.hint
    model = made.load(loader="our_loaders:model")
    given = {it: made.expected[it] for it in ("input_ids", "attention_mask")}
    found = model.predict(given)
    np.testing.assert_allclose(found["logits"], made.expected["logits"], rtol=1e-5)

    schema = made.annotation.schema
    assert schema is not None
    assert tensors(schema.input) == {
        "input_ids": Tensor("integer", "int64", (-1, -1)),
        "attention_mask": Tensor("integer", "int64", (-1, -1)),
    }
    assert "__call__" in schema.methods
    assert made.annotation.framework == Framework("transformers", version("transformers"))
    assert made.requirement("transformers")
    assert made.requirement("torch")


def test_a_pipeline_takes_texts(repository: Repository) -> None:
    made = train(repository, SCRIPT + 'mreg.log_artifact("churn", example=["good film", "bad"])\n')
    model = made.load(loader="our_loaders:texts")
    found = model.predict(["good film", "bad"])
    assert [it["label"] for it in found] == made.expected["labels"].tolist()
    np.testing.assert_allclose([it["score"] for it in found], made.expected["scores"], rtol=1e-5)
    schema = made.annotation.schema
    assert schema is not None
    assert schema.input is not None
    assert schema.input["items"]["type"] == "string"
