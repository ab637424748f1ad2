"""The preloaded parent. Runs under an image's own Python, so the standard library is all that it may use.

It imports an image's heavy packages once, then forks a child for every request on its socket, which costs
milliseconds instead of the seconds of a cold import. It stays single-threaded: forking is safe. When its
parent closes standard input it kills its children and ends, so nothing is orphaned: whatever they have started and
let go of, in sessions of its own too, becomes a child of this process and ends with it, or with its job.

    python zygote.py SOCKET MODULE…
"""

import ctypes
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import traceback
import types

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18


def main(path, modules):
    for name in modules:
        importlib.import_module(name)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(path)
    server.listen(64)
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    os.set_blocking(read_end, False)
    signal.set_wakeup_fd(write_end)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print("ready", flush=True)
    children = {}
    while True:
        watched = [server, read_end, sys.stdin, *children.values()]
        for ready in select.select(watched, [], [])[0]:
            if ready is sys.stdin:
                stop(children)
            elif ready is server:
                connection, _ = server.accept()
                pid = launch(connection, server, children)
                if pid:
                    children[pid] = connection
            elif ready == read_end:
                os.read(read_end, 4096)
                reap(children)
            else:  # the parent let go of a child: it is not wanted any more
                for pid, connection in list(children.items()):
                    if connection is ready:
                        kill(pid)


def stop(children):
    """End everything below this process; what loses its parent on the way comes up here."""
    for pid in children:
        kill(pid)
    while True:
        for pid in below(os.getpid()):
            kill(pid)
        try:
            os.wait4(-1, 0)
        except ChildProcessError:
            os._exit(0)


def kill(pid):
    """A child with its group, and what it has started in other groups."""
    for other in below(pid):
        kill(other)
    for target in (os.killpg, os.kill):
        try:
            target(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # it has ended; or it is another user's now


def below(pid):
    """The children of a process."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []  # it has ended


def sweep(children):
    """End what jobs that are over have left behind: it is in the mount namespace of none that runs."""
    strays = [pid for pid in below(os.getpid()) if pid not in children]
    if strays:
        known = {None, namespace("self"), *map(namespace, children)}
        for pid in strays:
            if namespace(pid) not in known:
                kill(pid)


def namespace(pid):
    try:
        return os.readlink(f"/proc/{pid}/ns/mnt")
    except OSError:
        return None


def reap(children):
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            sweep(children)
            return
        connection = children.pop(pid, None)
        if connection is not None:
            kill(pid)  # whatever the child has left behind in its group
            try:
                connection.sendall(json.dumps({"exit": os.waitstatus_to_exitcode(status), "peak_kib": usage.ru_maxrss}).encode() + b"\n")
            except OSError:
                pass
            connection.close()


def launch(connection, server, children):
    """Fork a child for the request on this connection; returns its pid in the parent."""
    data, descriptors, _, _ = socket.recv_fds(connection, 16 << 20, 4)
    while not data.endswith(b"\n"):
        more = connection.recv(1 << 20)
        if not more:
            connection.close()
            return None
        data += more
    spec = json.loads(data)
    parent = os.getpid()
    pid = os.fork()
    if pid:
        for descriptor in descriptors:
            os.close(descriptor)
        connection.sendall(json.dumps({"pid": pid}).encode() + b"\n")
        return pid
    code = 1
    try:
        server.close()
        for other in children.values():
            other.close()
        connection.close()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        code = child(spec, descriptors, parent)
    except SystemExit as stop:
        code = exit_code(stop.code)
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


def exit_code(code):
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def child(spec, descriptors, parent):
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(descriptors[0], 1)
    os.dup2(descriptors[0], 2)
    os.close(descriptors[0])
    sandbox(spec)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it has crashed before it could be told
        return 1
    os.environ.clear()
    os.environ.update(spec["env"])
    os.chdir(spec["cwd"])
    if spec.get("time_offset"):
        travel(spec["time_offset"])
    sys.dont_write_bytecode = bool(spec["env"].get("PYTHONDONTWRITEBYTECODE"))
    return run(spec, descriptors[1:])


def sandbox(spec):
    """User, mount and, for isolated work, network namespaces; the mounts of the container contract."""
    flags = CLONE_NEWUSER | CLONE_NEWNS if spec["mounts"] else 0
    if spec.get("isolated"):
        flags |= CLONE_NEWUSER | CLONE_NEWNET
    if not flags:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    if spec["mounts"]:
        mount(libc, "none", "/", MS_REC | MS_PRIVATE)
    for source, target in spec["mounts"]:
        mount(libc, source, ensure(libc, target, spec["scratch"]), MS_BIND | MS_REC)


def ensure(libc, target, scratch):
    """Make a mount point without touching the machine: a look-alike of its top folder is mounted over it."""
    if os.path.isdir(target):
        return target
    top = "/" + target.split("/")[1]
    copy = os.path.join(scratch, "mounts", top.strip("/"))
    os.makedirs(copy, exist_ok=True)
    for name in os.listdir(top) if os.path.isdir(top) else ():
        original, mirror = os.path.join(top, name), os.path.join(copy, name)
        if os.path.isdir(original):
            os.makedirs(mirror, exist_ok=True)
            mount(libc, original, mirror, MS_BIND | MS_REC)
    os.makedirs(copy + target[len(top) :], exist_ok=True)
    mount(libc, copy, top, MS_BIND | MS_REC)
    return target


def mount(libc, source, target, flags):
    if libc.mount(source.encode(), target.encode(), None, flags, None):
        number = ctypes.get_errno()
        raise OSError(number, f"mount {source} on {target}: {os.strerror(number)}")


def travel(offset):
    import datetime

    import time_machine

    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=offset)
    time_machine.travel(moment, tick=True).start()


def run(spec, descriptors):
    """Run a script as ``python3`` would, call a function of a stand-in's file, or execute a command."""
    if spec["kind"] == "command":
        os.execvpe(spec["argv"][0], spec["argv"], spec["env"])
    for path in reversed([p for p in spec["env"].get("PYTHONPATH", "").split(":") if p]):
        sys.path.insert(0, path)
    importlib.invalidate_caches()
    if spec["kind"] == "script":
        sys.argv = spec["argv"]
        if os.path.isfile(sys.argv[0]) and not sys.argv[0].endswith((".zip", ".pyz")):
            sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[0])))
        runpy.run_path(sys.argv[0], run_name="__main__")
        return 0
    return exit_code(getattr(stand_in(spec["file"]), spec["function"])(spec["argument"], descriptors))


def stand_in(file):
    """The module of a stand-in's file. It imports its neighbours relatively: user code sees none of them by name."""
    folder, name = os.path.split(file)
    root, image = os.path.split(folder)
    package = sys.modules["stand_ins"] = types.ModuleType("stand_ins")
    package.__path__ = [root]
    return importlib.import_module(f"stand_ins.{image}.{os.path.splitext(name)[0]}")


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [p for p in sys.path if os.path.abspath(p or ".") != here]
    main(sys.argv[1], sys.argv[2:])
