"""Structured logs: one object a line, with the request's id, without texts, tokens or addresses."""

from __future__ import annotations

import logging
import sys

import structlog

from matchmaker.config import Settings

#: What every line carries: the request's id and the rest of the context, its level, the time.
_SHARED: list[structlog.types.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def formatter(log_format: str) -> logging.Formatter:
    """What turns a log record, ours or a library's, into a line; gunicorn's own lines pass through it too."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )


def configure(settings: Settings) -> None:
    """Send our own log lines, and warnings of libraries, to standard error in one format."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level)),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(settings.log_format))
    logger = logging.getLogger("matchmaker")
    logger.handlers = [handler]
    logger.setLevel(settings.log_level)
    logger.propagate = False
    # A library without a handler of its own would print plain lines between ours.
    logging.lastResort = handler
