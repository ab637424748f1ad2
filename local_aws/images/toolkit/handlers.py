"""Serving of user code as AWS's framework images start it (sagemaker-containers, handler contract).

What the image does, in its order: import ``SAGEMAKER_PROGRAM`` if it is importable, else copy
``SAGEMAKER_SUBMIT_DIRECTORY`` to ``/opt/ml/code``, write a setup.py where there is none, run
``python -m pip install .`` on it (at every start, so network isolation is felt here), and start as many workers as
there are processors, each of which imports the module, loads the model, and answers ``/ping`` and ``/invocations``.

The images have nginx, gunicorn and flask in front of the handlers. Here the workers speak HTTP themselves
(http_server.py) and flask's request is made only for a handler that looks at it.
"""

import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import traceback
from pathlib import Path

from . import http_server

SETUP = "from setuptools import setup\nsetup(packages=[''], name={name!r}, version='1.0.0', include_package_data=True)\n"
DEFAULT_ACCEPT = "application/json"


def start(argument, defaults):
    """Serve the user's module until a worker ends. ``defaults`` holds the image's own input_fn, predict_fn and output_fn."""
    root = Path(argument["root"])
    name = install(root, argument["site"])
    return http_server.serve(argument["socket"], workers(), lambda: application(importlib.import_module(name), root / "model", defaults))


def workers():
    return int(os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or os.cpu_count() or 1)


def install(root, site):
    """Make the user's module importable; its name."""
    program = os.environ.get("SAGEMAKER_PROGRAM")
    if not program:
        raise ValueError("SAGEMAKER_PROGRAM is not set: the image does not know which script serves")
    name = program.removesuffix(".py")
    if importlib.util.find_spec(name) is not None:
        return name
    code = root / "code"
    submitted = Path(os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", str(code)))
    if submitted != code:
        shutil.copytree(submitted, code, dirs_exist_ok=True)
    if not (code / "setup.py").exists():
        (code / "setup.py").write_text(SETUP.format(name=name))
        (code / "setup.cfg").write_text("[wheel]\nuniversal = 1\n")
        (code / "MANIFEST.in").write_text("recursive-include . *\nrecursive-exclude . __pycache__*\nrecursive-exclude . *.pyc\n")
    command = [sys.executable, "-m", "pip", "install", "."]
    if (code / "requirements.txt").exists():
        command += ["-r", "requirements.txt"]
    print("Installing module with the following command:", " ".join(command), flush=True)
    # the image installs into itself; the stand-in is shared, so the target is the server's own folder
    environment = {
        **os.environ,
        "PIP_TARGET": site,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_WARN_SCRIPT_LOCATION": "0",
        "PIP_ROOT_USER_ACTION": "ignore",
    }
    subprocess.run(command, cwd=code, env=environment, check=True)
    sys.path.insert(0, site)
    importlib.invalidate_caches()
    return name


def application(module, model_dir, defaults):
    """A function of one request, as the image's handlers answer it."""
    handlers = {name: getattr(module, name, None) for name in ("model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn")}
    if handlers["model_fn"] is None:
        raise NotImplementedError("Please provide a model_fn implementation: the image has no default one")
    if handlers["transform_fn"] and any(handlers[n] for n in ("input_fn", "predict_fn", "output_fn")):
        raise ValueError("Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn")
    transform = handlers["transform_fn"] or composed({**defaults, **{k: v for k, v in handlers.items() if v}})
    model = handlers["model_fn"](str(model_dir))

    def answer(request):
        """(status, headers, body) of one invocation."""
        accept = request.header("accept") or DEFAULT_ACCEPT
        if accept in ("*/*", ""):
            accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", DEFAULT_ACCEPT)
        kind = request.header("content-type") or DEFAULT_ACCEPT
        text = kind.split(";")[0].strip() in ("text/csv", "application/json")
        try:
            body = request.body.decode("utf-8") if text else request.body
        except UnicodeDecodeError:
            body = request.body
        result = transform(model, body, kind, accept)
        if isinstance(result, tuple):
            content, mimetype = result
            if mimetype.startswith("text/") and "charset" not in mimetype:
                mimetype += "; charset=utf-8"
            return 200, [("Content-Type", mimetype)], content.encode() if isinstance(content, str) else content
        return result.status_code, list(result.headers), result.get_data()

    return answer


class UnsupportedFormat(Exception):
    """A content type that an image's default handlers do not know."""

    def __init__(self, content_type):
        super().__init__(f"Content type {content_type} is not supported by this framework: input_fn or output_fn has to handle it")


def composed(handlers):
    """The handlers one after the other; a content type that the defaults do not know is a 415 or a 406, as in the images."""

    def transform(model, body, content_type, accept):
        try:
            data = handlers["input_fn"](body, content_type)
        except UnsupportedFormat as error:
            return refusal(error, 415)
        prediction = handlers["predict_fn"](data, model)
        try:
            return handlers["output_fn"](prediction, accept)
        except UnsupportedFormat as error:
            return refusal(error, 406)

    return transform


def refusal(error, status):
    import flask

    body = json.dumps({"error": "UnsupportedFormatError", "error-message": str(error), "stack-trace": traceback.format_exc()})
    return flask.Response(body, status=status, mimetype="application/json")
