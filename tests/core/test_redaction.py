"""Secrets in URLs are redacted, in whatever text the URLs occur."""

import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqops.core.address_secrets import secret_of
from seqops.core.redaction import hide_variables, redact

KEYS = ["code", "jwt", "sas", "hmac", "bearer", "session", "pw", "SessionId", "X-Amz-Security-Token",
        "account_key", "auth_key", "authkey", "download_key", "psk", "psw",
        "access", "refresh", "refresh_token", "assertion", "cred", "pat", "auth_code", "passcode",
        "app_key", "appkey", "consumer_key", "x-functions-key", "db_pwd", "user_pass", "sms-otp",
        "api.key", "subscription-key", "otp", "pin", "ticket", "cookie", "oauth_verifier",
        "sessid"]  # fmt: skip
# characters that a password pasted without quoting may contain
ANY = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no address: me@example.com?x=1", "no address: me@example.com?x=1"),
        ("https://h/a.csv", "https://h/a.csv"),
        ("see postgresql://me:pw@db/x and http://a@b", "see postgresql://***@db/x and http://***@b"),
        ("postgresql+psycopg://me:p@ss/word@db:1/x", "postgresql+psycopg://***@db:1/x"),
        ("https://me:p?q#r@h/a", "https://***@h/a"),
        ("https://h/a?token=abc&x=1;y=2#part", "https://h/a?token=***&x=***;y=***"),
        ("https://h/a?bare", "https://h/a?***"),
        ("https://h/a;token=abc/b;v=1?x=y", "https://h/a;token=***/b;v=***?x=***"),
        ("https://h/a?token=a=b", "https://h/a?token=***"),
        ('{"uri": "https://h/a?token=abc", "n": 1}', '{"uri": "https://h/a?token=***", "n": 1}'),
        ("asked 'http://u:p@h'. Fix it.", "asked 'http://***@h'. Fix it."),
        ("sqlite:////home/me/mlflow.db", "sqlite:////home/me/mlflow.db"),
        ("a https://u:p@h/x\nb https://u:q@h/y?k=v", "a https://***@h/x\nb https://***@h/y?k=***"),
    ],
)
def test_texts_are_redacted(text, shown):
    assert redact(text) == shown
    assert redact(shown) == shown


@given(ANY, ANY)
def test_no_password_and_no_query_value_survives(password, value):
    secret, token = f"S3CR{password}ET", f"T0K{value.replace('&', '').replace(';', '')}EN"
    shown = redact(f"failed: https://ann:{secret}@h.invalid/p?q={token}, try again")
    assert "ann" not in shown and "S3CR" not in shown and "T0K" not in shown
    assert shown.startswith("failed: https://***@") and shown.endswith(", try again")


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("sample", None),
        ("data/a@b:c.csv", None),
        ("https://h/a.csv?download=1&page=2", None),
        ("https://ann:hush@h/a.csv", "a user name or a password"),
        ("https://t0ken@h/a.csv", "a user name or a password"),
        ("https://h/a.csv?v=1&access_token=abc", "the value of 'access_token'"),
        ("https://h/a.csv?X-Amz-Signature=abc", "the value of 'X-Amz-Signature'"),
        ("https://h/a.csv?sig=abc", "the value of 'sig'"),
        ("https://h/a.csv?token=$TOKEN", None),
        ("https://$USER:$PASSWORD@h/a.csv", None),
        ("https://h/a.csv?token=${TOKEN}", None),
        ("https://h/a.csv?token=$2b$10$abcdefghij", "the value of 'token'"),
        ("https://h/a.csv?token=hush$TOKEN", "the value of 'token'"),
        ("https://$USER:hush$X@h/a.csv", "a user name or a password"),
        *((f"https://h/a.csv?{key}=x", f"the value of {key!r}") for key in KEYS),
        ("https://h/a.csv?%74oken=x", "the value of 'token'"),
        ("https://h/a.csv;token=x", "the value of 'token'"),
        ("https://h/b;v=1;jwt=x/a.csv?v=1", "the value of 'jwt'"),
        ("https://h/a.csv#access_token=x", "the value of 'access_token'"),
        ("https://h/a.csv#Zm9vYmFyYmF6cXV4", "a value without a key"),
        ("https://h/a.csv?d41d8cd98f00b204e9800998ecf8427e", "a value without a key"),
        ("https://h/a.csv?x=d41d8cd98f00b204e9800998ecf8427e", "the value of 'x'"),
        ("https://h/a.csv?x=eyJhbGciOi.eyJzdWIiOi.SflKxwRJSM", "the value of 'x'"),
        ("https://h/a.csv?x=550e8400-e29b-41d4-a716-446655440000", "the value of 'x'"),
        ("https://h/a.csv?x=aB3dE5gH7jK9m", "the value of 'x'"),
        ("https://h/a.csv?x=aB3dE5gH7jK9", None),
        ("https://h/a.csv?from=https%3A%2F%2Fann%3Ahush%40h%2Fb", "the value of 'from'"),
        ("https://h/a.csv?from=https%3A%2F%2Fh%2Fb.csv", None),
        ("https://h/a.csv?file=Monthly_sunspots-1749.csv", None),
        ("https://h/a.csv?at=2024-01-31T12:00:00Z&to=2024-01-31", None),
        ("https://h/a.csv?n=1234567890.12345&columns=year%2Cmonth,value", None),
        (
            "https://h/a.csv?country_code=DE&keyword=sunspots&author=ann&assess=1&accessed=2020&pattern=a&monkey=b&bypass=c",
            None,
        ),
        ("https://***@h/a.csv?token=***", None),
    ],
)
def test_a_secret_in_an_address_is_named(address, found):
    assert secret_of(address) == found


def test_a_key_that_the_settings_allow_is_public():
    address = "https://h/a.csv?code=d41d8cd98f00b204e9800998ecf8427e&token=x"
    assert secret_of(address, ["code"]) == "the value of 'token'"
    assert secret_of(address, ["code", "token"]) is None


def test_what_variables_hold_is_replaced_by_their_names(monkeypatch):
    monkeypatch.setenv("A_TOKEN", "hush hush/1")
    monkeypatch.setenv("SHORT", "a/b")
    monkeypatch.setenv("LONGER", "hush hush/1/and more")
    addresses = ["https://h/$A_TOKEN/${SHORT}/$UNSET", "https://h/$LONGER"]
    shown = hide_variables("at hush hush/1, hush%20hush/1, hush%20hush%2F1 and a/b", addresses)
    assert shown == "at $A_TOKEN, $A_TOKEN, $A_TOKEN and a/b"
    assert hide_variables("hush hush/1/and more", addresses) == "$LONGER"


def test_what_a_variable_holds_is_hidden_however_a_server_escapes_it(monkeypatch):
    monkeypatch.setenv("KEY", "a b/c=\N{LATIN SMALL LETTER E WITH ACUTE}")
    forms = [
        "a%20b%2Fc%3D%C3%A9",
        "a%20b%2fc%3d%c3%a9",
        "a%20b/c=%C3%A9",
        "a%20b/c=%c3%a9",
        "a%20b/c%3D%C3%A9",
    ]
    assert {hide_variables(form, ["http://h/$KEY"]) for form in forms} == {"$KEY"}


def test_redaction_takes_linear_time():
    def seconds(length):
        started = time.process_time()
        redact("a" * length)
        return time.process_time() - started

    assert seconds(400_000) < 40 * max(seconds(40_000), 0.001)


def test_a_redacted_address_has_no_secret():
    for address in ("https://a:b@h/x?token=c", "https://h/x?key=c&auth=d"):
        assert secret_of(address) is not None
        assert secret_of(redact(address)) is None


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("kind", ["SeqopsError", "ValueError"])
def test_no_error_shows_a_password(kind, debug):
    program = (
        "from seqops.runtime.console import exit_on_error\nfrom seqops.core.errors import SeqopsError\n"
        "def refused(url):\n    raise KeyError(f'no answer of {url}')\n"
        f"with exit_on_error({debug}):\n    try:\n        refused('https://ann:hu' + "
        "'sh@h/x?token=s3' + 'cret')\n"
        f"    except KeyError as error:\n        raise {kind}(str(error)) from error\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no answer of https://***@h/x?token=***" in done.stderr
    assert "hush" not in done.stderr and "s3cret" not in done.stderr
    assert ("Traceback" in done.stderr) is (debug or kind == "ValueError")
