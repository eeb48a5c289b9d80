"""Passwords out of texts that go where other people look."""

import re
from collections.abc import Mapping

_USERINFO = re.compile(r"(://[^:/\s]*):\S*@")
_TOKEN = re.compile(r"(https?://)[^:/@\s]+@")
_SECRET = re.compile(r"(?i)([?&](?:\w*password|token|secret)=)[^&\s]*")


def redact(text: str) -> str:
    """`text` with the password of every URI in it hidden.

    >>> redact("postgresql://me:secret@db.example/mlflow")
    'postgresql://me:***@db.example/mlflow'
    """
    text = _TOKEN.sub(r"\1***@", _USERINFO.sub(r"\1:***@", text))
    return _SECRET.sub(r"\1***", text)


def redact_all(content: object) -> object:
    """JSON values, with every text among them redacted.

    >>> redact_all({"uri": ["http://me:secret@server"], "port": 1})
    {'uri': ['http://me:***@server'], 'port': 1}
    """
    if isinstance(content, str):
        return redact(content)
    if isinstance(content, Mapping):
        return {redact_all(key): redact_all(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [redact_all(value) for value in content]
    return content
