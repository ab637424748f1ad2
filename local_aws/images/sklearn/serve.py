"""Stand-in for the scikit-learn image's serving start (sagemaker-containers, handler contract).

What the image does, in its order: import ``SAGEMAKER_PROGRAM`` if it is importable, else copy
``SAGEMAKER_SUBMIT_DIRECTORY`` to ``/opt/ml/code``, write a setup.py where there is none, run
``python -m pip install .`` on it (at every start, so network isolation is felt here), and start as many workers as
there are processors, each of which imports the module, loads the model, and answers ``/ping`` and ``/invocations``.

The image has nginx, gunicorn and flask in front of the handlers. Here the workers speak HTTP themselves (http_server.py)
and flask's request is made only for a handler that looks at it.
"""

import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

SETUP = "from setuptools import setup\nsetup(packages=[''], name={name!r}, version='1.0.0', include_package_data=True)\n"
DEFAULT_ACCEPT = "application/json"


def start(argument, descriptors):
    sys.path.insert(0, str(Path(__file__).parent))
    import http_server

    root = Path(argument["root"])
    name = install(root, argument["site"])
    workers = int(os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or os.cpu_count() or 1)
    return http_server.serve(argument["socket"], workers, lambda: application(importlib.import_module(name), root / "model"))


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


def application(module, model_dir):
    """A function of one request, as the image's handlers answer it."""
    handlers = {name: getattr(module, name, None) for name in ("model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn")}
    if handlers["model_fn"] is None:
        raise NotImplementedError("Please provide a model_fn implementation: the image has no default one")
    if handlers["transform_fn"] and any(handlers[n] for n in ("input_fn", "predict_fn", "output_fn")):
        raise ValueError("Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn")
    transform = handlers["transform_fn"] or default_transform(handlers)
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


def default_transform(handlers):
    def transform(model, body, content_type, accept):
        data = (handlers["input_fn"] or default_input)(body, content_type)
        prediction = (handlers["predict_fn"] or default_predict)(data, model)
        return (handlers["output_fn"] or default_output)(prediction, accept)

    return transform


def default_input(body, content_type):
    import io

    import numpy

    if content_type.split(";")[0] == "text/csv":
        return numpy.genfromtxt(io.StringIO(body), dtype=numpy.float32, delimiter=",")
    import json

    return numpy.array(json.loads(body))


def default_predict(data, model):
    return model.predict(data)


def default_output(prediction, accept):
    import json

    return json.dumps(prediction.tolist()), "application/json"
