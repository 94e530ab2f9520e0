"""How gunicorn serves the application: ``gunicorn -c python:matchmaker.serving wsgi:app``."""

from __future__ import annotations

import os

# Several threads of several workers must not each start a pool of compute threads: they would fight for the cores,
# and a pool that was started before a fork hangs in the child. This has to stand before anything imports NumPy.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from typing import Any

from matchmaker.config import load

_settings = load()
bind = f"{_settings.host}:{_settings.port}"
workers = _settings.workers
threads = _settings.threads
worker_class = "gthread"
preload_app = False
timeout = 60
graceful_timeout = 30
max_requests = 20_000
max_requests_jitter = 2_000
control_socket_disable = True
forwarded_allow_ips = "127.0.0.1"
accesslog = None
errorlog = "-"
loglevel = "warning"


def post_worker_init(worker: Any) -> None:
    """Let each worker load its model and index in the background once it has started, never before the fork."""
    app = worker.wsgi
    app.extensions["catalogue"].warm(app)
