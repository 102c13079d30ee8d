"""Secrets in the URL of a source, which git and dvc.lock would record."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from urllib.parse import unquote_plus

from seqops.core.errors import quoted
from seqops.core.redaction import ADDRESS, HIDDEN, VARIABLE, split_address

PLAIN_LENGTH = 12
"""Characters up to which a value under a harmless key is no secret."""
SECRET_KEY = re.compile(
    r"token|secret|passw|passphrase|signature|credential|bearer|jwt|hmac|sess(ion|id|_id)|cookie|ticket|oauth|"
    r"(api|access|private|account|shared|subscription|master|storage|auth|user|client|download|license)[_.-]?key|"
    r"(app|consumer|encryption|signing)key|auth[_.-]?code|passcode|(^|[_.-])(key|pwd|pw|psw|psk|pass|otp|pin)$|"
    r"^(sig|sign|auth|authorization|access|refresh|assertion|creds?|pat|code|sas|sid)$",
    re.IGNORECASE,
)
WORDS = re.compile(r"[^A-Za-z0-9]+")
WORD = re.compile(r"[a-z]{1,20}|[A-Z][a-z]{0,19}|[A-Z]{1,20}|[0-9]{1,14}|[A-Za-z0-9]{1,3}")
"""A part of a file name, date or number, or a word; long ones of mixed case or with digits are none."""
TIME = re.compile(r"\d{4}-?\d\d-?\d\dT\d\d:?\d\d(:?\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")


def secret_of(address: str, public_keys: Collection[str] = ()) -> str | None:
    """Describe the secret in a URL; None if it contains none, or only a `$NAME` placeholder.

    Under a key that names a secret every value is one; under any other key, and under none, a value that is
    longer than PLAIN_LENGTH and not plainly a file name, a date, a number or words, or a URL with a secret.
    public_keys: keys whose values are not secret.
    """
    parts = ADDRESS.fullmatch(address)
    if parts is None:
        return None
    user, path, query, fragment = split_address(parts["rest"])
    if user and not _is_masked(user.rpartition(":")[2]):
        return "a user name or a password"
    for key, value in (*_pairs(path.partition(";")[2]), *_pairs(query), *_pairs(fragment)):
        if key not in public_keys and not _is_masked(value) and _is_secret(key, value):
            return f"the value of {quoted(key)}" if key else "a value without a key"
    return None


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield decoded keys and values; a part without `=` is a value."""
    for part in re.split("[&;]", text):
        key, separator, value = part.partition("=")
        yield (unquote_plus(key), unquote_plus(value)) if separator else ("", unquote_plus(part))


def _is_masked(value: str) -> bool:
    return value == HIDDEN or not VARIABLE.sub("", value)


def _is_secret(key: str, value: str) -> bool:
    return (
        bool(SECRET_KEY.search(key))
        or secret_of(value) is not None
        or (len(value) > PLAIN_LENGTH and not _is_plain(value))
    )


def _is_plain(value: str) -> bool:
    return bool(TIME.fullmatch(value)) or all(WORD.fullmatch(word) for word in WORDS.split(value) if word)
