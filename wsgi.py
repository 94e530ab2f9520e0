"""The WSGI entry point: ``gunicorn wsgi:app`` and ``flask --app wsgi``."""

from matchmaker import application

app = application()
