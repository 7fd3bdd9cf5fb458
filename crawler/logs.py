"""What is logged, how it looks, and that nobody else can write in it.

For people a line begins with time, logger and level. As JSON every line is one object with the same keys
(docs/operating.md, "Logs"). Messages of Scrapy, Twisted and Python quote what the site sent (addresses,
reason phrases, headers), so the cleaning is done where everything passes: in the handler's formatter
(CWE-117, CWE-150; Scrapy, Twisted and `logging` write line breaks and escape sequences as they come).
"""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from crawler import terminal
from crawler.exits import ExitCode, UserError
from crawler.terminal import json_line, printable

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

LogFormat = Literal["human", "json"]
FORMATS: tuple[LogFormat, ...] = ("human", "json")
VARIABLE = "MSARCHIVE_LOG_FORMAT"

_CONTINUED = "\n    | "
_LONGEST = 20_000
_CHATTY = frozenset({"asyncio", "filelock", "alembic", "sqlalchemy"})
_SCRAPY_LINE = "%(asctime)s [%(name)s] %(levelname)s: %(message)s"

logger = logging.getLogger("msarchive")
_bound: dict[str, Any] = {}
_json = False
_interrupted = False
_handler: logging.Handler | None = None


def tell(event: str, message: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Log one of the documented events. `fields` are the keys of its JSON line besides the common ones."""
    logger.log(level, "%s", message, extra={"event": event, "fields": fields})


def bind(**fields: Any) -> None:
    """Put fields (`run`, `site`) into every JSON line from here on; None takes one out."""
    for name, value in fields.items():
        if value is None:
            _bound.pop(name, None)
        else:
            _bound[name] = value


def is_json() -> bool:
    """Whether this process logs JSON lines."""
    return _json


class HumanFormatter(logging.Formatter):
    """A line for people; what a message has of further lines, tracebacks included, is set off by `    | `."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text that does nothing to a terminal and begins no line but its own."""
        text = printable(super().format(record)[:_LONGEST], lines=True)
        return text.rstrip("\n").replace("\n", _CONTINUED)


class JsonFormatter(logging.Formatter):
    """One JSON object (RFC 8259) on one line, in UTF-8; whatever could break or forge a line is escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a JSON object: `time`, `level`, `event`, `logger`, `message`, then the fields."""
        told: dict[str, Any] = {
            "time": _utc(record.created),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", "log"),
            "logger": record.name,
            "message": record.getMessage()[:_LONGEST],
            **_bound,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)[:_LONGEST]
        return json_line(told)


def _utc(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000))
    return f"{whole}.{milliseconds % 1000:03d}Z"


def chosen_format(given: str | None = None) -> LogFormat:
    """`given`, else what the environment says, else human. Raises `UserError` for an unknown one."""
    name = given or os.environ.get(VARIABLE) or "human"
    if name not in FORMATS:
        raise UserError(f"the log format must be human or json, not {name!r}", ExitCode.USAGE)
    return name


def install(
    form: LogFormat,
    *,
    level: int | str = logging.WARNING,
    handler: logging.Handler | None = None,
    line: str = _SCRAPY_LINE,
    dates: str | None = None,
) -> None:
    """Log through `handler` (standard error, unless another is given), in place of the one before.

    Exceptions that nobody caught pass it too: Python's own report prints their text as it is.
    """
    global _json, _handler, _interrupted
    _json, _interrupted = form == "json", False
    handler = handler or logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if _json else HumanFormatter(line, dates))
    handler.setLevel(level)
    if _handler is not None:
        logging.root.removeHandler(_handler)
        _handler.close()
    _handler = handler
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.NOTSET)
    # On the handler: Scrapy sets up the loggers anew when it begins.
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or not _is_chatter(record.name))
    terminal.set_teller(_complain if _json else None)
    sys.excepthook = _uncaught
    sys.unraisablehook = _unraisable


def _is_chatter(name: str) -> bool:
    """Whether a logger's plain information is of no use to an operator."""
    first = name.partition(".")[0]
    return first in _CHATTY or (_json and first == "scrapy")


def install_for(settings: BaseSettings) -> None:
    """As `install`, by Scrapy's settings: LOG_FILE, LOG_FILE_APPEND, LOG_ENCODING, LOG_ENABLED, LOG_LEVEL,
    LOG_FORMAT, LOG_DATEFORMAT, and `MSARCHIVE_LOG_FORMAT` (or the environment variable of that name).

    Raises `UserError` when the file can't be written, or for an unknown format.
    """
    form = chosen_format(settings.get(VARIABLE))
    file = settings.get("LOG_FILE")
    handler: logging.Handler | None = None
    if file:
        mode = "a" if settings.getbool("LOG_FILE_APPEND") else "w"
        try:
            handler = logging.FileHandler(Path(file), mode, encoding=settings.get("LOG_ENCODING"))
        except OSError as error:
            raise UserError(f"can't write the log {file}: {error.strerror}", ExitCode.USAGE) from None
    elif not settings.getbool("LOG_ENABLED"):
        handler = logging.NullHandler()
    install(
        form,
        level=settings.get("LOG_LEVEL"),
        handler=handler,
        line=settings.get("LOG_FORMAT") or _SCRAPY_LINE,
        dates=settings.get("LOG_DATEFORMAT"),
    )


def _complain(message: str) -> None:
    tell("problem", message, level=logging.ERROR)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logger.critical("Uncaught exception", exc_info=(kind, error, trace))


def interrupted() -> None:
    """Tell no more of exceptions that nobody can catch: an interrupt leaves objects half made (a database's
    cursor), which complain when they go."""
    global _interrupted
    _interrupted = True


def _unraisable(told: sys.UnraisableHookArgs) -> None:
    if told.exc_value is not None and not _interrupted:
        logger.error(
            "%s",
            told.err_msg or "Exception ignored",
            exc_info=(told.exc_type, told.exc_value, told.exc_traceback),
        )
