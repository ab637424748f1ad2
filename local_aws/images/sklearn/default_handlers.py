"""The scikit-learn image's default handlers: what input_fn, predict_fn and output_fn do where the user's module has none.

As sagemaker-containers 2.8.6.post2 has them: text becomes an array by its content type and is cast to float32, an array is
written as JSON, CSV or NPY. A CSV of plain numbers is read by pyarrow, to the same array; everything else takes the image's way.
"""

import csv
import io
import json

from ..toolkit.handlers import UnsupportedFormat

JSON, CSV, NPY = "application/json", "text/csv", "application/x-npy"
_PLAIN = b"0123456789.,-+eE\r\n"
_WORTH_IT = 2048  # bytes: below, starting pyarrow's reader takes longer than reading


def default_input(body, content_type):
    decode = {JSON: json_to_array, CSV: csv_to_array, NPY: npy_to_array}.get(content_type)
    if decode is None:
        raise UnsupportedFormat(content_type)
    array = decode(body)
    return array if content_type == NPY else array.astype("float32")


def default_predict(data, model):
    return model.predict(data)


def default_output(prediction, accept):
    encode = {JSON: array_to_json, CSV: array_to_csv, NPY: array_to_npy}.get(accept)
    if encode is None:
        raise UnsupportedFormat(accept)
    return encode(prediction), accept


def csv_to_array(text):
    """Rows of numbers, shape (rows, columns); one row or one column has one dimension, as in the image."""
    array = _plain_numbers(text) if len(text) >= _WORTH_IT else _plain_row(text)
    return by_rows(text) if array is None else array.squeeze()


def by_rows(text):
    """The image's own way: rows of strings, then numbers, or the strings where they are none."""
    import numpy

    rows = numpy.array(list(csv.reader(io.StringIO(text), delimiter=",", quotechar='"', doublequote=True, strict=True))).squeeze()
    try:
        return rows.astype(float)
    except ValueError:
        return rows


def _plain_row(text):
    """The numbers of a single row that holds nothing else, or None."""
    import numpy

    if not isinstance(text, str) or "\n" in text or "\r" in text or text.encode().translate(None, _PLAIN):
        return None
    try:
        return numpy.array([float(cell) for cell in text.split(",")])
    except ValueError:
        return None


def _plain_numbers(text):
    """The numbers of a CSV that holds nothing else, or None where it may hold something else."""
    import pyarrow
    from pyarrow import csv as arrow

    body = text.encode() if isinstance(text, str) else bytes(text)
    if not body or body.translate(None, _PLAIN):
        return None
    width = body.partition(b"\n")[0].count(b",") + 1
    names = [str(i) for i in range(width)]
    try:
        table = arrow.read_csv(
            pyarrow.BufferReader(body),
            arrow.ReadOptions(use_threads=False, column_names=names, block_size=len(body) + 1),
            arrow.ParseOptions(quote_char=False, ignore_empty_lines=False),
            arrow.ConvertOptions(column_types=dict.fromkeys(names, pyarrow.float64()), null_values=[]),
        )
    except pyarrow.ArrowInvalid:
        return None
    import numpy

    columns = [column.to_numpy() for column in table.columns if not column.null_count]
    return numpy.column_stack(columns) if len(columns) == width and table.num_rows else None


def json_to_array(text):
    import numpy

    return numpy.array(json.loads(text))


def npy_to_array(body):
    import numpy

    return numpy.load(io.BytesIO(body), allow_pickle=True)


def array_to_json(array):
    return json.dumps(array, default=lambda value: value.tolist() if hasattr(value, "tolist") else json.JSONEncoder().default(value))


def array_to_csv(array):
    import numpy

    rows = numpy.array(array)
    rows = rows.reshape(-1, 1) if rows.ndim == 1 else rows
    alike = rows.dtype.kind in "biuU" or rows.dtype == float  # written alike as Python's own values, which is quicker
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", strict=True).writerows(rows.tolist() if alike else rows)
    return out.getvalue()


def array_to_npy(array):
    import numpy

    buffer = io.BytesIO()
    numpy.save(buffer, array)
    return buffer.getvalue()
