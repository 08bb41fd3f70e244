"""Logs: one line an event, as key=value, from structlog and from the standard library alike."""

from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,  # a plain traceback: pretty ones cost a third of a second each
]


def logging_config(level: str) -> dict[str, Any]:
    """Configures structlog; returns what settings.LOGGING is to be."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    render = structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "logger", "event"])
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, exception_as_lines(render)],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {"pyvips": {"level": "WARNING"}},  # else every step of libvips is a line
    }


def exception_as_lines(render: Any) -> Any:
    """A traceback follows its event on lines of its own, so that people can read it."""

    def rendered(logger: Any, name: str, event: Any) -> str:
        trace = event.pop("exception", None)
        line = str(render(logger, name, {key: str(value) for key, value in event.items()}))
        return f"{line}\n{trace}" if trace else line

    return rendered
