"""Redaction of passwords and tokens in URLs that are displayed or stored."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from urllib.parse import quote

ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*://)(?P<rest>\S+?)(?P<end>['\"<>()\[\],.;:]*)(?=\s|$)")
HIDDEN = "***"
VARIABLE = re.compile(r"\$([A-Za-z_]\w*|\{[A-Za-z_]\w*\})", re.ASCII)
SECRET = re.compile(
    r"token|secret|passw|signature|credential|(api|access)[_-]?key|^(key|sig|auth|pwd|pass)$", re.IGNORECASE
)


def redact(text: str) -> str:
    """Mask the user, the password and every query value of the URLs in a text; drop their fragments."""
    return ADDRESS.sub(_redacted, text)


def hide_variables(text: str, addresses: Iterable[str]) -> str:
    """Replace in a text what the environment variables of addresses hold by their `$NAME`."""
    for name in {name for address in addresses for name in VARIABLE.findall(address)}:
        value = os.environ.get(name.strip("{}"), "")
        for form in {value, quote(value), quote(value, safe="")} - {""}:
            text = text.replace(form, f"${name}")
    return text


def secret_of(address: str) -> str | None:
    """Describe the secret in a URL; None if it contains none, or only a `$NAME` placeholder."""
    parts = ADDRESS.fullmatch(address)
    if parts is None:
        return None
    user, _, query = _split(parts["rest"])
    if user and not user.rpartition(":")[2].startswith(("$", HIDDEN)):
        return "a user name or a password"
    for key, value in (part.partition("=")[::2] for part in re.split("[&;]", query)):
        if value and SECRET.search(key) and not value.startswith(("$", HIDDEN)):
            return f"the value of {key!r}"
    return None


def _redacted(address: re.Match[str]) -> str:
    user, host_and_path, query = _split(address["rest"])
    # a part of a query without `=` is a value
    parts = re.sub(r"(?<![^&;])([^=&;]+=)?[^&;]+", rf"\1{HIDDEN}", query)
    shown = f"{HIDDEN}@{host_and_path}" if user else host_and_path
    return f"{address['scheme']}{shown}{'?' if query else ''}{parts}{address['end']}"


def _split(rest: str) -> tuple[str, str, str]:
    """Split what follows `scheme://` into the user, the host with the path, and the query."""
    # split at the last @, because a password may contain one, or a slash, or a question mark
    user, _, rest = rest.rpartition("@")
    host_and_path, _, query = rest.partition("#")[0].partition("?")
    return user, host_and_path, query
