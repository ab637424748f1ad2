"""moto keeps no list of what it ever made: an object that is overwritten or deleted takes its body and its file along."""

import gc
from pathlib import Path

from moto.s3.models import FakeKey

from local_aws.aws import LocalAws

LARGE = b"x" * (6 << 20)  # moto keeps what is larger than 5 MiB in a file


def held() -> tuple[int, int]:
    """S3 objects that are alive in this process, and open files."""
    gc.collect()
    return sum(isinstance(o, FakeKey) for o in gc.get_objects()), len(list(Path("/proc/self/fd").iterdir()))


def test_overwritten_and_deleted_objects_are_gone_and_the_last_one_is_there(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    objects, files = held()
    s3.put_object(Bucket="data", Key="large", Body=LARGE)
    assert held() == (objects + 1, files + 1)
    for number in range(3):
        s3.put_object(Bucket="data", Key="large", Body=LARGE + str(number).encode())
        s3.put_object(Bucket="data", Key=f"gone-{number}", Body=LARGE)
        s3.delete_object(Bucket="data", Key=f"gone-{number}")
    assert held() == (objects + 1, files + 1)
    assert s3.get_object(Bucket="data", Key="large")["Body"].read().endswith(b"x2")
