"""Lines of a child's output into CloudWatch Logs, as the role that runs there."""

import threading
from typing import Any

from botocore.exceptions import ClientError

from local_aws.clock import Clock

_BATCH = 200


class LogWriter:
    """One log stream. Lines are sent in batches; ``close`` sends the rest.

    A line that comes after the close, out of a pipe that was read late, is sent at once: ``resume`` ends that.
    """

    def __init__(self, logs: Any, clock: Clock, group: str, stream: str, *, create_group: bool = True) -> None:
        self._logs, self._clock = logs, clock
        self.group, self.stream = group, stream
        self._lines: list[dict[str, Any]] = []
        self._closed = False
        self._lock = threading.Lock()
        if create_group:
            self._create(lambda: logs.create_log_group(logGroupName=group))
        try:
            self._create(lambda: logs.create_log_stream(logGroupName=group, logStreamName=stream))
        except logs.exceptions.ResourceNotFoundException:  # nobody has made the group ahead
            self._create(lambda: logs.create_log_group(logGroupName=group))
            self._create(lambda: logs.create_log_stream(logGroupName=group, logStreamName=stream))

    def line(self, text: str) -> None:
        """Add one line with the time of the clock."""
        with self._lock:
            self._lines.append({"timestamp": int(self._clock.timestamp() * 1000), "message": text or " "})
            if self._closed or len(self._lines) >= _BATCH:
                self._flush()

    def resume(self) -> None:
        """More lines are coming."""
        with self._lock:
            self._closed = False

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._flush()

    def _flush(self) -> None:
        lines, self._lines = self._lines, []
        if lines:
            self._logs.put_log_events(logGroupName=self.group, logStreamName=self.stream, logEvents=lines)

    @staticmethod
    def _create(action: Any) -> None:
        try:
            action()
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                raise
