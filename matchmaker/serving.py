"""How gunicorn serves the application: ``gunicorn -c python:matchmaker.serving wsgi:app``."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time

# Several threads of several workers must not each start a pool of compute threads: they would fight for the cores,
# and a pool that was started before a fork hangs in the child. This has to stand before anything imports NumPy.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from typing import Any

from matchmaker.config import ConfigurationError, load

try:
    _settings = load()
except ConfigurationError as error:
    raise SystemExit(f"matchmaker: {error}") from None
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
# A search of a thousand letters, each of up to six bytes in an address, fits into one line.
limit_request_line = 8_190
accesslog = None
errorlog = "-"
loglevel = "warning"
logging.captureWarnings(True)
#: gunicorn's own lines in the format of ours.
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"ours": {"()": "matchmaker.logs.formatter", "log_format": _settings.log_format}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "ours"}},
    "root": {"level": "WARNING", "handlers": []},
    "loggers": {
        "gunicorn.error": {"level": "WARNING", "handlers": ["stderr"], "propagate": False},
        # With a dictionary gunicorn writes an access log whatever accesslog says: full addresses, and so the tokens
        # in links of mails. Our own line for every request names the route only.
        "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}


def on_starting(_server: Any) -> None:
    """Refuse to serve a database whose schema is not the one this code was written for."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    from matchmaker import schema

    # The master only looks, and closes its connection again before it forks.
    engine = create_engine(_settings.database_url)
    try:
        problem = schema.mismatch(schema.current(engine))
    except SQLAlchemyError:
        # A database that does not answer yet is told by /readyz, and may come back.
        problem = None
    finally:
        engine.dispose()
    if problem:
        raise SystemExit(f"matchmaker: {problem}")


class _Beside:
    """The job worker beside this server, started by exec, never by a fork of a process that has used the engine."""

    def __init__(self) -> None:
        self._wanted = True
        self._process = self._start()
        threading.Thread(target=self._keep, name="job-worker", daemon=True).start()

    def _start(self) -> subprocess.Popen[bytes]:
        # The worker ends when its standard input does, so it never outlives a master that was killed.
        return subprocess.Popen([sys.executable, "-m", "matchmaker", "work", "--beside"], stdin=subprocess.PIPE)

    def _keep(self) -> None:
        while self._wanted:
            self._process.wait()
            time.sleep(1)
            if self._wanted:
                self._process = self._start()

    def stop(self) -> None:
        self._wanted = False
        self._process.terminate()


_beside: _Beside | None = None


def when_ready(_server: Any) -> None:
    """Start the job worker, unless it runs elsewhere."""
    global _beside
    if _settings.jobs == "beside":
        _beside = _Beside()


def on_exit(_server: Any) -> None:
    """Let the job worker finish what it has begun, and no more."""
    if _beside is not None:
        _beside.stop()


def post_worker_init(worker: Any) -> None:
    """Let each worker load its model and index in the background once it has started, never before the fork."""
    app = worker.wsgi
    app.extensions["catalogue"].warm(app)


def worker_exit(_server: Any, worker: Any) -> None:
    """End a worker whose work is done at once: the engine's own threads would abort Python's orderly way out."""
    if worker.booted:
        sys.stderr.flush()
        os._exit(0)
