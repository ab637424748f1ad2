"""The scikit-learn image's serving stack for one model: nginx, gunicorn with gevent, and the application of sagemaker-containers.

The package is the image's own (2.8.6.post2), run as its server starts it: its nginx.conf, its gunicorn command line, its Worker
and Transformer. Run with the benchmark's own Python; ``SAGEMAKER_BASE_DIR`` holds ``model/``. What is different: paths under
that folder, a loopback address, and two names that newer Pythons no longer have.
"""

import collections
import collections.abc
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

NGINX_SETTINGS = """
client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
"""


def nginx_config(python: Path, folder: Path, port: int) -> str:
    """The package's template with this run's paths."""
    (template,) = (python.parents[1]).glob("lib/python*/site-packages/sagemaker_containers/etc/nginx.conf.template")
    text = template.read_text()
    values = {"NGINX_HTTP_PORT": f"127.0.0.1:{port}", "NGINX_PROXY_READ_TIMEOUT": "60"}
    text = re.sub(r"%(\w+)%", lambda found: values[found[1]], text)
    for there, here in (("/tmp/", f"{folder}/"), ("/dev/stderr", f"{folder}/nginx.log"), ("/dev/stdout", f"{folder}/access.log")):
        text = text.replace(there, here)
    text = text.replace("include /etc/nginx/mime.types;", NGINX_SETTINGS.format(folder=folder))
    user = "user root;\n" if os.getuid() == 0 else ""  # its workers would be nobody, who may not open the socket
    return user + text


def gunicorn_command(python: Path, folder: Path) -> list[str]:
    """As sagemaker_containers._server starts it, with as many workers as there are processors."""
    workers = os.cpu_count() or 1
    options = {
        "--timeout": "60", "-k": "gevent", "-b": f"unix:{folder}/gunicorn.sock", "--worker-connections": str(1000 * workers),
        "-w": str(workers), "--log-level": "info", "--pythonpath": str(Path(__file__).parent),
    }  # fmt: skip
    return [str(python), "-m", "gunicorn", *(part for pair in options.items() for part in pair), "peer_serving:main"]


def _application() -> Callable[..., object]:
    collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]
    from sagemaker_containers import _transformer, _worker

    sys.path.insert(0, str(Path(os.environ["SAGEMAKER_BASE_DIR"]) / "model" / "code"))
    module = importlib.import_module("inference")
    names = ("model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn")
    handlers = {name: getattr(module, name) for name in names if hasattr(module, name)}
    handlers.setdefault("predict_fn", lambda data, model: model.predict(data))
    transformer = _transformer.Transformer(**handlers)
    transformer.initialize()
    return _worker.Worker(transform_fn=transformer.transform, module_name="inference")  # type: ignore[no-any-return]


_app: Callable[..., object] | None = None


def main(environ: object, start_response: object) -> object:
    """The WSGI application; each worker loads the model at its first request, as in the image."""
    global _app  # noqa: PLW0603 - as in the image
    if _app is None:
        _app = _application()
    return _app(environ, start_response)
