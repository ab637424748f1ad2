"""Lines of a child's output into CloudWatch Logs, as the role that runs there."""

import threading
from typing import Any

from botocore.exceptions import ClientError

from local_aws.clock import Clock

_BATCH = 200
# how long a line may wait for others before it can be read by whoever follows the log
_LATEST_S = 0.5


class LogWriter:
    """One log stream. Lines are sent in batches, soon after the first of a batch; ``close`` sends the rest.

    A line that comes after the close, out of a pipe that was read late, is sent at once: ``resume`` ends that.
    """

    def __init__(self, logs: Any, clock: Clock, group: str, stream: str, *, create_group: bool = True) -> None:
        self._logs, self._clock = logs, clock
        self.group, self.stream = group, stream
        self._lines: list[dict[str, Any]] = []
        self._closed = False
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
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
            elif self._timer is None:
                self._timer = threading.Timer(_LATEST_S, self._late)
                self._timer.daemon = True
                self._timer.start()

    def resume(self) -> None:
        """More lines are coming."""
        with self._lock:
            self._closed = False

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._timer:
                self._timer.cancel()
                self._timer = None
            self._flush()

    def _late(self) -> None:
        with self._lock:
            self._timer = None
            try:
                self._flush()
            except self._logs.exceptions.ResourceNotFoundException:
                pass  # whoever deleted the log does not want its last lines

    def _flush(self) -> None:
        lines, self._lines = self._lines, []
        if lines:
            self._logs.put_log_events(logGroupName=self.group, logStreamName=self.stream, logEvents=lines)

    @staticmethod
    def drop(logs: Any, group: str, stream: str) -> None:
        """Delete a stream, if it is there."""
        try:
            logs.delete_log_stream(logGroupName=group, logStreamName=stream)
        except logs.exceptions.ResourceNotFoundException:
            pass  # somebody was quicker

    @staticmethod
    def _create(action: Any) -> None:
        try:
            action()
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                raise
