"""Stand-in for the Lambda runtime: runs in the child, imports the handler, answers events one by one.

Standard library only. Events arrive as JSON lines on one descriptor and results leave as JSON lines on it.
"""

import importlib
import json
import os
import socket
import sys
import time
import traceback


class Context:
    """The context object that a handler receives."""

    def __init__(self, event):
        self.aws_request_id = event["request_id"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = "$LATEST"
        self.invoked_function_arn = event["arn"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        self._deadline = time.monotonic() + event["timeout"]

    def get_remaining_time_in_millis(self):
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def serve(argument, descriptors):
    """Loop until the parent closes the channel."""
    channel = socket.socket(fileno=descriptors[0])
    stream = channel.makefile("rwb")
    handler, fault = load(os.environ["_HANDLER"])
    traveller = None
    for line in stream:
        event = json.loads(line)
        traveller = travel(event["time_offset"], argument["time_offset"], traveller)
        os.environ["_X_AMZN_TRACE_ID"] = event["trace_id"]
        answer = {"error": fault} if fault else call(handler, event)
        if event["mark"]:
            sys.stdout.flush()
            os.write(1, f"{event['mark']}\n".encode())
        stream.write(json.dumps(answer).encode() + b"\n")
        stream.flush()
    return 0


def load(path):
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name), None
    except BaseException as error:
        told = describe(error, "Runtime.ImportModuleError")
        return None, log({**told, "errorMessage": f"Unable to import module '{module}': {error}"})


def call(handler, event):
    try:
        return {"result": json.dumps(handler(event["event"], Context(event)))}
    except BaseException as error:
        return {"error": log(describe(error))}


def describe(error, kind=None):
    trace = [line.rstrip() for line in traceback.format_tb(error.__traceback__)]
    return {"errorMessage": str(error), "errorType": kind or type(error).__name__, "stackTrace": trace}


def log(told):
    """As the runtime of AWS marks it, which people search for; there it is one event with the lines of the trace."""
    print(f"[ERROR] {told['errorType']}: {told['errorMessage']}", file=sys.stderr)
    print("Traceback (most recent call last):", *told["stackTrace"], sep="\n", file=sys.stderr, flush=True)
    return told


def travel(offset, at_start, traveller):
    """Follow the simulated clock: a warm environment must not keep the time it was started at."""
    if offset == at_start and traveller is None:
        return None
    import datetime

    import time_machine

    if traveller is not None:
        traveller.stop()
    base = datetime.datetime.now(datetime.UTC)
    started = time_machine.travel(base + datetime.timedelta(seconds=offset - at_start), tick=True)
    started.start()
    return started
