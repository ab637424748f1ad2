"""Lines reach CloudWatch Logs while what writes them still runs."""

from local_aws.aws import LocalAws
from local_aws.log_writer import LogWriter
from tests.local_aws.support import until


def messages(aws: LocalAws) -> list[str]:
    return [e["message"] for e in aws.client("logs").get_log_events(logGroupName="/w", logStreamName="s")["events"]]


def test_a_line_can_be_read_before_the_writer_is_closed_and_once(aws: LocalAws) -> None:
    writer = LogWriter(aws.client("logs"), aws.clock, "/w", "s")
    writer.line("first")
    assert until(lambda: messages(aws)) == ["first"]
    writer.line("last")
    writer.close()
    assert messages(aws) == ["first", "last"]


def test_lines_of_a_log_that_was_deleted_are_dropped(aws: LocalAws) -> None:
    writer = LogWriter(aws.client("logs"), aws.clock, "/gone", "s")
    writer.line("late")
    aws.client("logs").delete_log_group(logGroupName="/gone")
    writer._late()
    writer.close()
    groups = aws.client("logs").describe_log_groups(logGroupNamePrefix="/gone")["logGroups"]
    assert groups == []
