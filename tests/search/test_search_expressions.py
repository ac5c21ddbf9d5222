"""The grammar of a search: what parses means what it says, and what does not is shown its place."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from expressions import NOW, Wish, holds, subject, subjects, wishes
from mreg import search
from mreg.annotations.entry import Annotation, Framework, Input
from mreg.errors import InvalidQuery
from mreg.schemas.model import ModelSchema
from mreg.search import Query, SearchedVersion
from mreg.search.fields import FIELDS, NAMES
from mreg.search.parser import MAX_DEPTH
from mreg.search.scanner import MAX_LENGTH

ANNOTATED = subject(
    Annotation(
        type="model",
        path="models/churn.pkl",
        description="Who leaves",
        labels=("tabular", "eu"),
        framework=Framework("sklearn", "1.10.2"),
        owner="risk@example.com",
        license="MIT",
        metrics={"auc": 0.93, "train.loss": 3, "val loss (x)": 0.25},
        params={
            "depth": 7,
            "shuffle": True,
            "booster": "gbtree",
            "layers": [64, 32],
            "a": {"b": 1},
        },
        inputs=(
            Input(path="data/train.csv"),
            Input(artifact="customers@2.1.0"),
            Input(artifact="prices#prod"),
            Input(artifact="weather@v1.0.0", repo="https://example.com/data.git"),
            Input(url="https://example.com/zip.csv"),
        ),
        schema=ModelSchema(
            {
                "type": "object",
                "properties": {
                    "age": {"type": "integer", "format": "int64"},
                    "income": {"type": ["number", "null"], "format": "double"},
                    "zip.code": {},
                },
            },
            {"type": "array", "items": {"type": "number", "format": "float"}},
            ("predict",),
        ),
        custom={"team": {"name": "Risk"}, "reviewed": None},
    ),
    stages=("prod", "staging"),
    current=("prod",),
    latest=True,
)
BARE = subject()


def parse(text: str) -> Query:
    return search.parse(text, now=NOW)


def is_true(text: str, of: SearchedVersion = ANNOTATED) -> bool:
    return parse(text).matches(of)


def test_the_example_of_the_documentation_of_all_fields_together() -> None:
    text = (
        "type=model and stage=prod and metrics.auc>=0.9 and label=tabular and created>30d "
        "and author~ann and framework.name=sklearn and input=customers@v2.1.0"
    )
    assert is_true(text)
    assert not is_true(text, BARE)
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "artifact=churn",
        "version=v1.2.0",
        "version=1.2",
        "version>=1 and version<2",
        "version>v1.2.0-rc.1",
        "stage=prod and not stage=staging",
        "stage!=staging",
        "assigned=staging",
        "latest=true and deprecated=false",
        "latest=TRUE",
        "commit=0123456",
        "commit=0123456789ABCDEF",
        "author=ann@example.com",
        "author='Ann Example'",
        "message~VERSION",
        "path=models/churn.pkl",
        "description~leaves AND NOT description~stays",
        "label=eu and label!=us",
        "framework.version>=1.9",
        "framework.version=1.10.2",
        "owner~@example.com",
        "license=MIT",
        "metrics.auc=0.930",
        "metrics.train.loss>2.5",
        'metrics."train.loss">2.5',
        'metrics."val loss (x)"<0.3',
        "params.depth>6.5 and params.depth=7 and params.depth!=8",
        "params.shuffle=true and params.shuffle!=false",
        "params.booster=gbtree and params.booster~TREE",
        "params.layers=64 and params.layers=32 and params.layers!=16",
        "params.a.b=1",
        "input=data/train.csv",
        "input=https://example.com/zip.csv",
        "input=customers and input=customers@v2.1.0 and input=customers@2.1.0",
        "input=prices and input~prices#prod",
        'input="https://example.com/data.git weather@v1.0.0"',
        "input!=weather@v1.0.0",
        "custom.team.name=Risk",
        "schema.input.age=int64 and schema.input.age!=null",
        "schema.input.income=null and schema.input.income=double",
        'schema.input."zip.code"=any and schema.input.zip.code=any',
        "schema.output=float",
        "schema.methods=predict and schema.methods!=transform",
        "( type = model )",
        "type=no or type=model and label=eu",
        "not (type=model and type=no)",
        "not not type=model",
    ],
)
def test_true(text: str) -> None:
    assert is_true(text)


@pytest.mark.parametrize(
    "text",
    [
        "artifact=Churn",
        "stage=staging",
        "author=Ann",
        "metrics.auc>0.93",
        "metrics.recall<1",
        "metrics.recall!=1",
        "params.booster>3",
        "params.depth=seven",
        "params.depth~7",
        "params.shuffle=1",
        "params.a=1",
        "params.depth.deeper=1",
        "custom.reviewed=null",
        "custom.reviewed!=null",
        "framework.version<1.9",
        "framework.version>banana",
        "schema.input.nobody!=int64",
        "schema.input!=int64",
        "schema.output.age!=int64",
        "input=weather@v1.0.0",
        "input=prices#prod",
        "type=model and not label=eu",
    ],
)
def test_false(text: str) -> None:
    assert not is_true(text)


@pytest.mark.parametrize(
    ("field", "several"),
    [(name, name in ("stage", "assigned", "label", "input", "author")) for name in FIELDS],
)
def test_what_is_absent_is_in_no_comparison_true_but_several_may_be_none(
    field: str, several: bool
) -> None:
    absent = subject()._replace(version=subject().version._replace(version=None))
    name = f"{field}.{FIELDS[field].keyed}" if FIELDS[field].keyed else field
    value = {"latest": "true", "deprecated": "true", "commit": "abcd", "metrics": "1"}
    if FIELDS[field].annotated or field == "version":
        found = parse(f"{name}!={value.get(field, '1')}").matches(absent)
        assert found is several


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("created>30d", [0.1, 1, 1.4, 1.6, 29]),
        ("created<30d", [31, 400]),
        ("age<30d", [0.1, 1, 1.4, 1.6, 29]),
        ("age>30d", [31, 400]),
        ("created>=2026-03-08", [0.1, 1, 1.4]),
        ("created>2026-03-07", [0.1, 1, 1.4]),
        ("created<2026-03-08", [1.6, 29, 31, 400]),
        ("created<=2026-03-07", [1.6, 29, 31, 400]),
        ("created=2026-03-08", [1, 1.4]),
        ("created!=2026-03-08", [0.1, 1.6, 29, 31, 400]),
        ("created<2026-03-08T12:00Z", [1.4, 1.6, 29, 31, 400]),
    ],
)
def test_greater_is_later_for_a_time_and_older_for_an_age(text: str, days: list[float]) -> None:
    every = [0.1, 1, 1.4, 1.6, 29, 31, 400]
    assert [it for it in every if is_true(text, subject(days=it))] == days


def test_ages_count_from_the_time_that_is_given() -> None:
    later = search.parse("age>30d", now=NOW + timedelta(days=25))
    assert later.matches(subject(days=10))
    assert not is_true("age>30d", subject(days=10))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("fraud", "artifact~fraud or description~fraud or label~fraud"),
        ('"credit card"', "artifact~{0} or description~{0} or label~{0}".format('"credit card"')),
        (
            "fraud card",
            "(fraud) and (artifact~card or description~card or label~card)",
        ),
        ("fraud and stage=prod", "(fraud) and stage=prod"),
        ("not fraud or stage=prod", "(not (fraud)) or stage=prod"),
        ("stage=prod and fraud card", "stage=prod and (fraud and card)"),
        ("0.9", "artifact~0.9 or description~0.9 or label~0.9"),
        ("tag=x", "label=x"),
        ("labels~x", "label~x"),
        ("name=churn", "artifact=churn"),
    ],
)
def test_words_and_other_names_of_fields(text: str, same: str) -> None:
    assert parse(text) == parse(same) == parse(str(parse(text)))


def test_a_word_is_in_the_name_the_description_or_a_label() -> None:
    said = Annotation(description="Finds Fraud", labels=("credit-card", "eu"))
    for text, found in (
        ("churn", True),
        ("fraud", True),
        ("EU", True),
        ("fraud card churn", True),
        ("fraud loans", False),
        ("not loans", True),
    ):
        assert is_true(text, subject(said)) is found


def test_a_field_that_there_is_not_is_looked_for_among_metrics_and_params() -> None:
    known = ["metrics.auc", "metrics.eval.auc", "params.depth", "metrics.f1", "params.f1"]
    known.append("params.train.epochs")
    for text, hint in (
        ("auc>0.9", "did you mean metrics.auc or metrics.eval.auc?"),
        ("typ=model", "did you mean type?"),
        ("metric.auc>1", "did you mean metrics.auc?"),
        ("f1>0", "did you mean metrics.f1 or params.f1?"),
        ("dephts>3", "did you mean params.depth?"),
        ("epoch>3", "did you mean params.train.epochs?"),
        ("metrics>1", "write one of its fields, such as metrics.auc"),
        ("label.team=x", "write label=VALUE"),
    ):
        with pytest.raises(InvalidQuery) as caught:
            search.parse(text, now=NOW, known=lambda: known)
        assert caught.value.hint == hint


def test_the_one_metric_or_param_of_a_name_needs_no_section() -> None:
    known = ["metrics.auc", "metrics.test.loss", "params.depth"]
    for text, meant in (
        ("auc>0.9", "metrics.auc>0.9"),
        ("test.loss<1", "metrics.test.loss<1"),
        ("depth=3", "params.depth=3"),
    ):
        assert str(search.parse(text, now=NOW, known=lambda: known)) == meant
    with pytest.raises(InvalidQuery):
        search.parse("loss<1", now=NOW, known=lambda: known)


DEEP = "custom" + ".x" * (MAX_DEPTH + 1)
FAULTS = [
    ("", "a field is missing here", ""),
    ("  ", "a field is missing here", ""),
    ("typ=model", "there is no such field", "typ"),
    ("labl=x", "there is no such field", "labl"),
    ("metrics>1", "metrics has several values", "metrics"),
    ("type.x=1", "type has no fields", "type.x"),
    ("schema.inputs.age=int64", "there is no such field", "schema.inputs.age"),
    ("type", "an operator is missing here", ""),
    ("type model", "an operator is missing here", "model"),
    ("type==model", "there is no operator ==", "=="),
    ("type=>model", "there is no operator =>", "=>"),
    ("type=", "a value is missing here", ""),
    ("type=(", "a value is missing here", "("),
    ("type='model", "this quote is not closed", "'"),
    ("type=model label=x", 'expected "and", "or" or the end here', "label"),
    ("type=model && label=x", 'expected "and", "or" or the end here', "&&"),
    ("type=model and", "a field is missing here", ""),
    ("type=model or or type=x", "a field is missing here", "or"),
    ("and type=model", "a field is missing here", "and"),
    ("not", "a field is missing here", ""),
    ("(type=model", "this parenthesis is not closed", "("),
    ("type=model)", "this parenthesis was not opened", ")"),
    ("()", "a field is missing here", ")"),
    ("metrics.auc>=high", "metrics.auc: this is not a number", "high"),
    ("metrics.auc~0.9", "metrics.auc: a number contains nothing", "~"),
    ("owner<b", "owner: a string has no order", "<"),
    ("latest=yes", "latest: it is either true or false", "yes"),
    ("latest>true", "latest: it is true or false", ">"),
    ("version>=banana", "version: this is not a version", "banana"),
    ("created>yesterday", "created: this is not a time", "yesterday"),
    ("created>2026-02-30", "created: this is not a time", "2026-02-30"),
    ("created=30d", "created: a duration means one second that long ago", "="),
    ("created~2026", "created: a time contains nothing", "~"),
    ("age>2026-01-01", "age: this is not a duration", "2026-01-01"),
    ("age=30d", "age: an age changes all the time", "="),
    (
        "commit=xyz",
        "commit: this is not the id of a commit, or a name of one in this repository",
        "xyz",
    ),
    ("commit<abcd", "commit: the id of a commit has no order", "<"),
    ("input>customers", "input: an input has no order", ">"),
    ("(" * (MAX_DEPTH + 1), f"this is nested deeper than {MAX_DEPTH} levels", "("),
    ("not " * (MAX_DEPTH + 1), f"this is nested deeper than {MAX_DEPTH} levels", "not"),
    (DEEP, f"this is nested deeper than {MAX_DEPTH} levels", DEEP),
    ("x" * (MAX_LENGTH + 1), f"the expression is longer than {MAX_LENGTH:,} characters", "x"),
]


@pytest.mark.parametrize(("text", "message", "place"), FAULTS, ids=[it[0][:20] for it in FAULTS])
def test_fault_is_shown_with_its_place(text: str, message: str, place: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse(text)
    error = caught.value
    said, shown, carets = str(error).split("\n")
    assert said == message
    assert text[error.start : error.end] == place
    assert set(carets.strip()) == {"^"}
    under = shown[len(carets) - len(carets.lstrip()) : len(carets)]
    assert under.strip() == place[: len(under)]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("typ=model", "did you mean type?"),
        (
            "nothing=3",
            f"for a metric, write metrics.nothing; otherwise choose one of {', '.join(NAMES)}",
        ),
        (
            "type=model label=x",
            'write "and" or "or" between comparisons; put values of several words in quotes',
        ),
        ("type==model", "write ="),
        ("type=model && label=x", "write and"),
        ("metrics>1", "write one of its fields, such as metrics.auc"),
        ("owner<b", "compare it with =, !=, ~"),
    ],
)
def test_hint_says_what_to_write(text: str, hint: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse(text)
    assert caught.value.hint == hint


def test_carets_stand_below_wide_and_odd_characters() -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse("description=日本\x1b and typ=é\u0301")
    _, shown, carets = str(caught.value).split("\n")
    assert shown == "  description=日本\\x1b and typ=é\u0301"
    assert carets == " " * (2 + 12 + 4 + 4 + 5) + "^^^"


def test_of_a_long_expression_the_part_around_the_fault_is_shown() -> None:
    text = " or ".join(["type=model"] * 100)
    with pytest.raises(InvalidQuery) as caught:
        parse(f"{text} or typ=x or {text}")
    _, shown, carets = str(caught.value).split("\n")
    assert shown.startswith("  ...")
    assert shown.endswith("...")
    assert len(shown) < 80
    assert shown[carets.index("^") :].startswith("typ=x")


# Properties

_words = ["type", "metrics.auc", "metrics.", "and", "or", "not", "0.9", "30d", "customers@latest"]
_marks = ["=", "!=", ">=", "~", "<", "(", ")", " ", '"', "'", ".", "\n", "\0", "é", "\ud800", "%"]
_pieces = st.sampled_from(_words + _marks)


@given(st.lists(_pieces, max_size=14).map("".join) | st.text(max_size=30))
@example("not(type=a)")
@example("notes=1")
def test_any_text_is_an_expression_or_is_refused_with_its_place(text: str) -> None:
    error, found = _read(text)
    if found:
        assert parse(str(found)) == found
    else:
        assert error
        assert 0 <= error.start <= error.end <= len(text)
        assert len(str(error).split("\n")) == 3


def _read(text: str) -> tuple[InvalidQuery | None, Query | None]:
    try:
        return None, parse(text)
    except InvalidQuery as error:
        return error, None


@given(wishes)
def test_what_is_printed_reads_back_as_the_same(wish: Wish) -> None:
    found = parse(str(wish))
    again = parse(str(found))
    assert again == found
    assert str(again) == str(found)


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_value_and_any_name_can_be_said_in_quotes(name: str, value: str) -> None:
    quoted = ['"{}"'.format(it.replace('"', '""')) for it in (name, value)]
    found = parse("custom.{} = {}".format(*quoted))
    assert parse(str(found)) == found
    assert found.matches(subject(Annotation(custom={name: value})))
    assert not found.matches(subject(Annotation(custom={name: f"{value}."})))


@given(wishes, subjects)
def test_a_query_means_what_a_naive_reading_of_it_means(wish: Wish, it: SearchedVersion) -> None:
    assert parse(str(wish)).matches(it) is holds(wish, it)


@given(wishes, subjects)
def test_what_the_tags_foresee_is_so_whatever_the_annotation_says(
    wish: Wish, it: SearchedVersion
) -> None:
    query = parse(str(wish))
    foreseen = query.foresee(it._replace(annotation=None))
    assert foreseen is None or foreseen is query.matches(it)
    if not query.asks_annotations:
        assert foreseen is not None
