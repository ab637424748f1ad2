"""The image's default handlers: the quick way through a CSV ends in the array of the image's own."""

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.images.sklearn import default_handlers as image
from tests.local_aws.endpoints import config, create, model

numbers = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["1.", ".5", "+3", "2e5"]),
)


cells = st.one_of(numbers, st.sampled_from(["", " 1", '"2"', "nan", "x", "1_0", "--1", "1e", "e"]))


@given(
    st.lists(st.lists(cells, min_size=1, max_size=4), min_size=1, max_size=5),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
    st.booleans(),
    st.booleans(),
)
def test_a_csv_becomes_the_images_array_however_it_is_read(rows: list[list[str]], end: str, last: bool, large: bool) -> None:
    text = end.join(",".join(row) for row in rows) + (end if last else "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(image, "_WORTH_IT", 0 if large else 10_000)
        check(text)


def check(text: str) -> None:
    try:
        wanted = image.by_rows(text)
    except ValueError:  # rows of different lengths
        with pytest.raises(ValueError, match="inhomogeneous"):
            image.csv_to_array(text)
        return
    found = image.csv_to_array(text)
    assert found.shape == wanted.shape and found.dtype.kind == wanted.dtype.kind
    np.testing.assert_array_equal(found, wanted)


@given(st.integers(1, 5).flatmap(lambda w: st.lists(st.lists(numbers, min_size=w, max_size=w), min_size=1, max_size=6)))
def test_plain_numbers_do_take_the_quick_way(rows: list[list[str]]) -> None:
    text = "\n".join(",".join(cell.lstrip("+") for cell in row) for row in rows)
    quick = image._plain_numbers(text)
    assert quick is not None
    np.testing.assert_array_equal(quick.squeeze(), image.by_rows(text))


def test_text_is_cast_to_float32_and_an_array_stays_what_it_is() -> None:
    assert image.default_input("1,2\n3,4", "text/csv").dtype == np.float32
    assert image.default_input("[[1, 2]]", "application/json").dtype == np.float32
    body = io.BytesIO()
    np.save(body, np.array([[1.0]]))
    assert image.default_input(body.getvalue(), "application/x-npy").dtype == np.float64
    with pytest.raises(ValueError, match="could not convert"):
        image.default_input("1,red", "text/csv")  # categories are lost


def test_answers_by_the_accepted_type() -> None:
    found = np.array([1.5, 2.0])
    assert image.default_output(found, "application/json") == ("[1.5, 2.0]", "application/json")
    assert image.default_output(found, "text/csv") == ("1.5\n2.0\n", "text/csv")
    assert np.load(io.BytesIO(image.default_output(found, "application/x-npy")[0])).tolist() == [1.5, 2.0]


@pytest.mark.parametrize("kind", ["float64", "float32", "int64", "bool", "U3", "object"])
def test_a_csv_answer_is_written_as_the_image_writes_it(kind: str) -> None:
    found = np.array([[1, 0], [0.1, 3]]).astype(kind)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", strict=True).writerows(found)
    assert image.array_to_csv(found) == out.getvalue()


MINIMAL = """
    import numpy

    class Sum:
        def predict(self, rows):
            return numpy.atleast_2d(rows).sum(axis=1)

    def model_fn(folder):
        return Sum()
"""


def test_an_endpoint_without_handlers_answers_as_the_image(aws: object) -> None:
    client = aws.client("sagemaker-runtime")  # type: ignore[attr-defined]
    assert create(aws, "sums", config(aws, "sums", sums=1.0) if model(aws, "sums", code=MINIMAL) else "") == "InService"  # type: ignore[arg-type]

    def ask(body: str, **kinds: str) -> tuple[int, str]:
        try:
            answer = client.invoke_endpoint(EndpointName="sums", Body=body, **kinds)
        except client.exceptions.ModelError as error:
            return int(error.response["OriginalStatusCode"]), error.response["OriginalMessage"]
        return 200, answer["Body"].read().decode()

    assert ask("1,2\n3,4", ContentType="text/csv") == (200, "[3.0, 7.0]")
    assert ask("1,2", ContentType="text/csv", Accept="text/csv") == (200, "3.0\n")
    assert ask("[[1, 2]]", ContentType="application/json") == (200, "[3.0]")
    status, text = ask("{}", ContentType="application/jsonlines")
    assert status == 415 and json.loads(text)["error"] == "UnsupportedFormatError"
    assert ask("1,2", ContentType="text/csv", Accept="image/png")[0] == 406
    assert ask("1,red", ContentType="text/csv")[0] == 500
