"""HTTP/1.1 on a Unix socket for the serving stand-in: workers that are handed connections, a thread per connection. Standard library only.

A handler may look at ``flask.request``, as in the image: it is made when it is looked at, from the same bytes.
"""

import gc
import io
import itertools
import os
import signal
import socket
import sys
import threading
import time
import traceback

REASONS = {
    200: "OK", 204: "NO CONTENT", 400: "BAD REQUEST", 404: "NOT FOUND", 405: "METHOD NOT ALLOWED", 406: "NOT ACCEPTABLE",
    411: "LENGTH REQUIRED", 415: "UNSUPPORTED MEDIA TYPE", 500: "INTERNAL SERVER ERROR",
}  # fmt: skip
LOAD_FAILED = 3
TIME_HEADER = "x-local-aws-time"
_time = threading.Lock()
_travelled = None


class Request:
    """One request: method, path, headers by their lower-case names, body. Also what flask's request context is asked for."""

    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self._flask = None

    def header(self, name):
        return self.headers.get(name, "")

    @property
    def request(self):
        """flask.request."""
        if self._flask is None:
            import flask

            self._flask = flask.Request(self._environ())
        return self._flask

    def _environ(self):
        path, _, query = self.path.partition("?")
        environ = {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in self.headers.items()}
        return {
            **environ,
            "REQUEST_METHOD": self.method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.header("content-type"),
            "CONTENT_LENGTH": str(len(self.body)),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8080",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": sys.stderr,
        }


def serve(path, workers, load):
    """Fork workers that load the application, and hand them connections in turn; ends with the first of them that does, as it
    cannot serve without it."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    pids, channels = zip(*(_fork(listener, load) for _ in range(workers)), strict=True)
    listener.listen(256)
    threading.Thread(target=_hand_out, args=(listener, channels), daemon=True).start()
    _, status = os.waitpid(-1, 0)
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return os.waitstatus_to_exitcode(status) & 0xFF


def _hand_out(listener, channels):
    """Connections are kept alive, so it matters that none of the workers gets more of them than the others."""
    for channel in itertools.cycle(channels):
        connection, _ = listener.accept()
        with connection:
            socket.send_fds(channel, [b"c"], [connection.fileno()])


def _fork(listener, load):
    """(pid, the channel on which the worker is handed connections)."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    pid = os.fork()
    if pid:
        theirs.close()
        return pid, ours
    code = LOAD_FAILED
    try:
        listener.close()
        answer = load()
        gc.collect()
        gc.freeze()  # what was loaded stays: no collection has to look at it again
        while True:
            _, descriptors, _, _ = socket.recv_fds(theirs, 1, 1)
            connection = socket.socket(fileno=descriptors[0])
            threading.Thread(target=_connection, args=(connection, answer), daemon=True).start()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _connection(connection, answer):
    """Requests of one client, one after the other, until it goes."""
    buffer = b""
    with connection:
        try:
            while True:
                request, buffer = _read(connection, buffer)
                if request is None:
                    return
                connection.sendall(_response(request, answer))
        except (OSError, ValueError):
            return  # the client has gone, or speaks something else


def _read(connection, buffer):
    while b"\r\n\r\n" not in buffer:
        more = connection.recv(1 << 16)
        if not more:
            return None, b""
        buffer += more
    head, _, rest = buffer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length") or 0)
    if len(rest) < length:
        chunks, missing = [rest], length - len(rest)
        while missing > 0:
            more = connection.recv(min(missing, 1 << 20))
            if not more:
                return None, b""
            chunks.append(more)
            missing -= len(more)
        rest = b"".join(chunks)
    return Request(method, path, headers, rest[:length]), rest[length:]


def _keep_time(moment):
    """Move this process's clock to where the local AWS's is, in seconds since the epoch."""
    global _travelled  # noqa: PLW0603 - a process has one clock
    import time_machine

    with _time:
        if _travelled is None:
            _travelled = time_machine.travel(moment, tick=True).start()
        elif abs(time.time() - moment) > 1:
            _travelled.move_to(moment)


def _response(request, answer):
    moment = request.headers.pop(TIME_HEADER, None)
    if moment is not None:
        _keep_time(float(moment))
    route = (request.method, request.path.partition("?")[0])
    if "transfer-encoding" in request.headers:
        status, headers, body = 411, [], b""
    elif route == ("GET", "/ping"):
        status, headers, body = 200, [("Content-Type", "text/html; charset=utf-8")], b""
    elif route == ("POST", "/invocations"):
        status, headers, body = _invoke(request, answer)
    else:
        status, headers, body = (405 if route[1] in ("/ping", "/invocations") else 404), [], b""
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'STATUS')}", *(f"{k}: {v}" for k, v in headers if k.lower() != "content-length")]
    return ("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])).encode("latin-1") + body


def _invoke(request, answer):
    from flask.globals import _cv_request

    token = _cv_request.set(request)  # what flask.request looks into
    try:
        return answer(request)
    except Exception:
        traceback.print_exc()
        return 500, [("Content-Type", "text/html; charset=utf-8")], b"Internal Server Error"
    finally:
        _cv_request.reset(token)
