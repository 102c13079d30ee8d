"""What may be shown and written down of an address: never a password, never a token."""

from __future__ import annotations

import re

ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*://)(?P<rest>\S+?)(?P<end>['\"<>()\[\],.;:]*)(?=\s|$)")
HIDDEN = "***"
SECRET = re.compile(
    r"token|secret|passw|signature|credential|(api|access)[_-]?key|^(key|sig|auth|pwd|pass)$", re.IGNORECASE
)


def redact(text: str) -> str:
    """Hide the user, the password and every query value of the addresses in a text; drop their fragments."""
    return ADDRESS.sub(_redacted, text)


def secret_of(address: str) -> str | None:
    """Say in words which secret stands in an address; None where there is none, or only `$NAME` for it."""
    parts = ADDRESS.fullmatch(address)
    if parts is None:
        return None
    user, _, query = _split(parts["rest"])
    if user and not user.rpartition(":")[2].startswith(("$", HIDDEN)):
        return "a user or a password"
    for key, value in (part.partition("=")[::2] for part in re.split("[&;]", query)):
        if value and SECRET.search(key) and not value.startswith(("$", HIDDEN)):
            return f"the value of {key!r}"
    return None


def _redacted(address: re.Match[str]) -> str:
    user, place, query = _split(address["rest"])
    # a part of a query without `=` is a value
    parts = re.sub(r"(?<![^&;])([^=&;]+=)?[^&;]+", rf"\1{HIDDEN}", query)
    shown = f"{HIDDEN}@{place}" if user else place
    return f"{address['scheme']}{shown}{'?' if query else ''}{parts}{address['end']}"


def _split(rest: str) -> tuple[str, str, str]:
    """Return user, place and query of what follows `scheme://`."""
    # to the last @, because a password may hold one, or a slash, or a question mark
    user, _, rest = rest.rpartition("@")
    place, _, query = rest.partition("#")[0].partition("?")
    return user, place, query
