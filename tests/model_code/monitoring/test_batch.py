"""Files of a batch transform are told as the requests that they stand for."""

import pytest

from model_code.monitoring.batch import records
from model_code.monitoring.capture import Decoder
from model_code.monitoring.records import ROWS_DIFFER, Layout

NAMES = ("x", "y")
MOMENT = "2026-01-31T13:00:00Z"
# the forms of the developer guide's own examples
CSV_ANSWERS = (
    "0, 1f1d57b1-2e6f-488c-8c30-db4e6d757861,2022-08-30T00:49:15Z",
    "1,0.5,22445434-0c67-45e9-bb4d-bd1bf26561e6,2022-08-30T00:49:15Z",
)
JSON_ANSWERS = tuple(
    f'{{"label": "{i}", "SageMakerInferenceId": "{id}", "SageMakerInferenceTime": "2022-08-30T00:49:15Z"}}' for i, id in enumerate("ab")
)
IDS = ["1f1d57b1-2e6f-488c-8c30-db4e6d757861", "22445434-0c67-45e9-bb4d-bd1bf26561e6"]


def told(given, answered, moment=MOMENT, header=NAMES):
    return list(records(lambda: iter(given), lambda: iter(answered), "job/a.csv", moment, header))


def read(lines):
    decoder = Decoder(Layout(NAMES))
    decoded = decoder.decode("".join(lines).encode())
    inputs = {name: decoded.inputs[name].to_pylist() for name in NAMES}
    return inputs, {name: decoded.answers[name].to_pylist() for name in ("id", "prediction", "probability")}, decoder.tally


@pytest.mark.parametrize(
    ("answered", "ids", "predictions"),
    [
        (CSV_ANSWERS, IDS, ["0", "1"]),
        (JSON_ANSWERS, ["a", "b"], ["0", "1"]),
        (("0,0.25", "1,0.5"), ["job/a.csv/0", "job/a.csv/1"], ["0", "1"]),
    ],
    ids=["csv with ids", "json with ids", "without ids"],
)
def test_a_line_is_a_request_under_the_id_that_was_appended(answered, ids, predictions):
    inputs, answers, tally = read(told(["1,a\n", "2,b\n"], answered))
    assert inputs == {"x": ["1", "2"], "y": ["a", "b"]}
    assert answers["id"] == ids and answers["prediction"] == predictions
    assert not tally.faults and tally.rows == 2


def test_inputs_may_be_json_lines_and_quoted():
    inputs, _, tally = read(told(['{"y": "a, b", "x": 1}', '2,"a, b"'], ["0", "1"]))
    assert inputs == {"x": ["1", "2"], "y": ["a, b", "a, b"]} and not tally.faults


def test_a_header_is_no_row_and_gives_the_order():
    inputs, answers, _ = read(told(["y,x", "a,1", "b,2"], ["0", "1"]))
    assert inputs == {"x": ["1", "2"], "y": ["a", "b"]} and answers["prediction"] == ["0", "1"]


def test_the_time_is_the_one_given_or_else_the_appended_one():
    assert all(f'"inferenceTime":"{MOMENT}"' in line for line in told(["1,a", "2,b"], CSV_ANSWERS))
    assert all('"inferenceTime":"2022-08-30T00:49:15Z"' in line for line in told(["1,a", "2,b"], CSV_ANSWERS, moment=""))
    assert "inferenceTime" not in told(["1,a"], ["0"], moment="")[0]


def test_files_of_different_lengths_are_one_record_with_a_fault():
    lines = told(["1,a", "2,b", "3,c"], CSV_ANSWERS)
    _, answers, tally = read(lines)
    assert len(lines) == 1 and tally.faults == {ROWS_DIFFER: 1}
    assert answers["prediction"] == [None, None, None]  # the input counts, the answers do not
    assert read(told([], []))[2].records == 0
