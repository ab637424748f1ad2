"""What the XGBoost image makes of a request's body: text/csv and text/libsvm as matrices.

As in aws/sagemaker-xgboost-container, algorithm_mode/serve_utils.py and encoder.py. Like it, indices of libsvm that begin at
one are moved to zero, which training does not do: a model trained on such indices is asked in csv, or with an index of zero.
"""

import csv

import numpy
import xgboost
from scipy.sparse import csr_matrix

from .data import kind_of
from .errors import NotHere


def matrix_of(body, content_type):
    """(matrix, kind) of a body. Raises UserError, NotHere or RuntimeError for what cannot be read."""
    kind = kind_of(content_type)
    if kind == "recordio":
        raise NotHere("requests in recordio-protobuf")
    if kind == "parquet":
        raise RuntimeError(f"Content-type {content_type} is not supported.")
    try:
        read = from_csv if kind == "csv" else from_libsvm
        return read(body.strip().decode("utf-8")), kind
    except Exception as error:
        name = type(error).__name__
        raise RuntimeError(
            f"Loading {kind} data failed with Exception, please ensure data is in {kind} format:\n {name}\n {error}"
        ) from None


def from_csv(text):
    sniffed = csv.Sniffer().sniff(text.split("\n")[0][:512]).delimiter
    delimiter = "," if sniffed.isalnum() else sniffed
    rows = [["nan" if cell == "" else cell for cell in line.split(delimiter)] for line in text.split("\n")]
    return xgboost.DMatrix(numpy.array(rows).astype(float), nthread=1)


def from_libsvm(text):
    cells = [(row, *item.split(":")[:2]) for row, line in enumerate(text.split("\n")) for item in line.split(" ") if ":" in item]
    rows, columns = numpy.array([c[0] for c in cells]), numpy.array([int(c[1]) for c in cells])
    if len(columns) and columns.min() >= 1:
        columns = columns - 1
    return xgboost.DMatrix(csr_matrix((numpy.array([float(c[2]) for c in cells]), (rows, columns))), nthread=1)
