"""Redaction of passwords and tokens in URLs that are displayed or stored."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from urllib.parse import quote

ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]{0,40}://)(?P<rest>\S+?)(?P<end>['\"<>()\[\],.;:]*)(?=\s|$)")
HIDDEN = "***"
KEPT = "!#$%&'()*+,/:;=?@[]~"
"""What `requests` leaves as it is in a URL."""
ESCAPED = re.compile(r"%[0-9A-F]{2}")
VARIABLE = re.compile(r"\$([A-Za-z_]\w*|\{[A-Za-z_]\w*\})", re.ASCII)


def redact(text: str) -> str:
    """Mask user, password, path parameters and query values of the URLs in a text; drop fragments."""
    return ADDRESS.sub(_redacted, text)


def hide_variables(text: str, addresses: Iterable[str]) -> str:
    """Replace in a text what the environment variables of addresses hold by their `$NAME`."""
    names = {name for address in addresses for name in VARIABLE.findall(address)}
    values = {name: os.environ.get(name.strip("{}"), "") for name in names}
    forms = {form: f"${name}" for name, value in values.items() for form in _forms(value)}
    # the longest first, as one value may be part of another; a short one is no secret, and is part of words
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, forms[form]) if len(form) > 3 else text
    return text


def _forms(value: str) -> set[str]:
    quoted = {quote(value), quote(value, safe=""), quote(value, safe=KEPT)}
    return {value, *quoted, *(ESCAPED.sub(lambda found: found[0].lower(), form) for form in quoted)}


def split_address(rest: str) -> tuple[str, str, str, str]:
    """Split what follows `scheme://` into the user, the host with the path, the query and the fragment."""
    # split at the last @, because a password may contain one, or a slash, or a question mark
    user, _, rest = rest.rpartition("@")
    rest, _, fragment = rest.partition("#")
    host_and_path, _, query = rest.partition("?")
    return user, host_and_path, query, fragment


def _redacted(address: re.Match[str]) -> str:
    user, host_and_path, query, _ = split_address(address["rest"])
    # parameters of a part of the path, as in `/a;token=b/c`
    host_and_path = re.sub(r"(;[^=;/]+=)[^;/]+", rf"\1{HIDDEN}", host_and_path)
    # a part of a query without `=` is a value
    parts = re.sub(r"(?<![^&;])([^=&;]+=)?[^&;]+", rf"\1{HIDDEN}", query)
    shown = f"{HIDDEN}@{host_and_path}" if user else host_and_path
    return f"{address['scheme']}{shown}{'?' if query else ''}{parts}{address['end']}"
