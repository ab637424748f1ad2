"""The scikit-learn image's serving stack for one model: nginx, gunicorn with gevent, flask (sagemaker-containers).

Run with the peer's own Python: ``python peer_serving.py MODEL SOCKET`` is the application server; nginx stands before it. The
application is that of sagemaker-containers: decode text, input_fn, predict_fn, output_fn, a flask response. Workers as in the
image: one per processor.
"""

import importlib
import multiprocessing
import os
import sys
from pathlib import Path

NGINX = """
{user} daemon off; worker_processes auto; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 2048; }}
http {{
  access_log off; client_max_body_size 20m; keepalive_requests 100000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream gunicorn {{ server unix:{folder}/gunicorn.sock; }}
  server {{
    listen 127.0.0.1:{port};
    location ~ ^/(ping|invocations) {{
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header Host $http_host;
      proxy_redirect off; proxy_read_timeout 60s; proxy_pass http://gunicorn;
    }}
  }}
}}
"""


def application(folder: Path):  # type: ignore[no-untyped-def]
    import flask

    sys.path.insert(0, str(folder / "code"))
    module = importlib.import_module("inference")
    model = module.model_fn(str(folder))
    app = flask.Flask("peer")

    @app.get("/ping")
    def ping() -> flask.Response:
        return flask.Response(status=200)

    @app.post("/invocations")
    def invocations() -> flask.Response:
        request = flask.request
        kind = request.headers.get("Content-Type") or "application/json"
        accept = request.headers.get("Accept") or "application/json"
        body = request.get_data()
        text = body.decode("utf-8") if kind.split(";")[0] in ("text/csv", "application/json") else body
        return module.output_fn(module.predict_fn(module.input_fn(text, kind), model), accept)

    return app


def main(folder: str, socket: str) -> None:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            workers = multiprocessing.cpu_count()
            chosen = {
                "bind": f"unix:{socket}", "workers": workers, "worker_class": "gevent", "worker_connections": 1000 * workers,
                "timeout": 60, "loglevel": "warning", "control_socket_disable": True,
            }  # fmt: skip
            for key, value in chosen.items():
                if key in self.cfg.settings:
                    self.cfg.set(key, value)

        def load(self):  # type: ignore[no-untyped-def]
            return application(Path(folder))

    Server().run()


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    main(*sys.argv[1:])
