"""The seam's second part: moto's models without its list of every instance that ever was.

moto keeps that list for a dashboard, which is not served here; in it every overwritten or deleted S3 object lives on
with its body, and a large one with an open file. tests/local_aws/test_moto_instances.py holds moto to this.
"""

from typing import Any

from moto.core.common_models import BaseModel
from moto.s3.models import FakeKey


def forget() -> None:
    """From now on an instance lives as long as somebody refers to it; an S3 object closes its file when nobody does."""

    def new(cls: type, *_: Any, **__: Any) -> Any:
        return super(BaseModel, cls).__new__(cls)

    BaseModel.__new__ = staticmethod(new)
    FakeKey.__del__ = lambda key: key.dispose()  # without the warning that moto's own gives: this is its time
