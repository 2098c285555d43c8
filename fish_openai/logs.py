"""Where log lines go and how they look; called by commands only, never by an import."""

import logging

_CHATTY = ("uvicorn", "httpx", "huggingface_hub", "torch")

_BROKEN_OFF = "ASGI callable returned without completing response."


def configure_logs(level_name: str) -> None:
    """Send everything from a level (`info`, ...) on to stderr."""
    level = logging.getLevelNamesMapping()[level_name.upper()]
    logging.basicConfig(
        level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    for name in _CHATTY:
        # Their info lines repeat what ours say.
        logging.getLogger(name).setLevel(
            logging.DEBUG if level == logging.DEBUG else logging.WARNING
        )
    logging.getLogger("uvicorn.error").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    # Why an answer was broken off has been said, with the request's id.
    return record.getMessage() != _BROKEN_OFF
