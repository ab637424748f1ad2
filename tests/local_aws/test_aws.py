"""The whole: one at a time, and nothing is left when it is closed."""

import time
from datetime import timedelta

import pytest

from local_aws.aws import LocalAws
from local_aws.errors import LocalAwsError
from tests.local_aws.endpoints import QUICK, config, create, model
from tests.local_aws.jobs import start
from tests.local_aws.support import children, function, furnish, until


def test_nothing_is_left_after_close_even_when_much_goes_on() -> None:
    before = children()
    aws = LocalAws()
    furnish(aws)
    model(aws, "m", **QUICK)
    assert create(aws, "e", config(aws, "c", m=1)) == "InService"
    function(aws, "f", "import subprocess\ndef handler(event, context):\n    subprocess.Popen(['sleep', '60'])\n    return 1\n", Timeout=10)
    aws.client("lambda").invoke(FunctionName="f")
    name = start(aws, "import subprocess, time; subprocess.Popen(['sleep', '60']); time.sleep(60)")
    until(lambda: aws.processing._jobs[name].child)
    time.sleep(0.3)
    root = aws.launcher.root
    assert children() - before
    aws.close()
    until(lambda: not children() - before, 5)
    assert not root.exists()


def test_one_is_open_at_a_time_and_the_next_is_empty() -> None:
    with LocalAws() as first:
        furnish(first)
        with pytest.raises(LocalAwsError, match="open in this process already"):
            LocalAws()
        assert len(first.client("s3").list_buckets()["Buckets"]) == 1
    with LocalAws() as second:
        assert second.client("s3").list_buckets()["Buckets"] == []
        assert second.journal.entries()


def test_settling_has_a_limit_and_advancing_waits() -> None:
    with LocalAws() as aws:
        done: list[str] = []
        aws.background.submit(lambda: time.sleep(0.4))
        with pytest.raises(TimeoutError, match=r"1 pieces of work still go on after 0.05 s"):
            aws.settle(0.05)
        aws.clock.call_later(3600, lambda: aws.background.submit(lambda: done.append("due")))
        aws.advance(timedelta(hours=2))
        assert done == ["due"]
        assert aws.background.active == 0
