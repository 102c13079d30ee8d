"""Redirects: which are followed, and which are refused with the address named."""

import socket

import pytest

from seqops.sources.redirects import RefusedRedirectError, redirected, zones

HOSTS = {
    "public.org": ["93.184.216.34"],
    "other.org": ["2606:2800:220:1::1"],
    "both.org": ["93.184.216.34", "10.0.0.7"],
    "intranet": ["10.0.0.7"],
    "mapped.org": ["::ffff:127.0.0.1"],
    "any.org": ["0.0.0.0"],
    "localhost": ["::1", "127.0.0.1"],
}


@pytest.fixture(autouse=True)
def names(monkeypatch):
    def found(host, port):
        if host.startswith("unknown"):
            raise socket.gaierror
        return [(0, 0, 0, "", (address, 0)) for address in HOSTS.get(host, [host])]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize(
    ("host", "where"),
    [
        ("public.org", {"public"}),
        ("both.org", {"public", "private"}),
        ("mapped.org", {"loopback"}),
        ("any.org", {"loopback"}),
        ("169.254.169.254", {"link-local"}),
        ("fe80::1%eth0", {"link-local"}),
        ("192.168.1.1", {"private"}),
        ("100.64.0.1", {"private"}),
        ("fd00::1", {"private"}),
        ("224.0.0.1", {"private"}),
        ("64:ff9b::7f00:1", {"loopback"}),
        ("2002:a00:1::", {"private"}),
        ("::127.0.0.1", {"loopback"}),
        ("::1", {"loopback"}),
        ("fe80::1%25eth0", {"link-local"}),
        ("fec0::1", {"private"}),
        ("64:ff9b:1::7f00:1", {"private"}),
        ("::ffff:0:127.0.0.1", {"loopback"}),
        ("LocalHost.", {"loopback"}),
        ("127.0.0.1.", {"loopback"}),
        ("unknown.org", set()),
    ],
)
def test_where_a_host_is(host, where):
    assert zones(host) == where


@pytest.mark.parametrize(
    ("url", "location", "target"),
    [
        ("https://public.org/a/b?x=1", "/c", "https://public.org/c"),
        ("https://public.org/a/b", "c?y=2", "https://public.org/a/c?y=2"),
        ("http://public.org/a", "https://other.org/b", "https://other.org/b"),
        ("http://127.0.0.1:8/a", "http://localhost:9/b", "http://localhost:9/b"),
        ("http://intranet/a", "http://192.168.1.1/b", "http://192.168.1.1/b"),
        ("http://public.org/a", "http://unknown.org/b", "http://unknown.org/b"),
        ("http://public.org/a", "/\xc3\xa9", "http://public.org/%C3%A9"),
        ("http://u:p@public.org/a", "http://public.org/b", "http://u:p@public.org/b"),
        ("http://u:p@public.org/a", "https://public.org/b", "https://u:p@public.org/b"),
        ("http://u:p@public.org/a", "http://public.org:81/b", "http://public.org:81/b"),
        ("http://u:p@public.org/a", "http://other.org/b", "http://other.org/b"),
    ],
)
def test_a_redirect_is_followed(url, location, target):
    assert redirected(url, location, url) == target


@pytest.mark.parametrize(
    ("url", "location", "words"),
    [
        (
            "https://public.org/a",
            "http://public.org/b",
            "from https to http://public.org/b, which is not",
        ),
        ("http://public.org/a", "http://localhost/b", "redirects to http://localhost/b, a loopback address"),
        ("http://public.org/a", "//mapped.org/b", "redirects to http://mapped.org/b, a loopback address"),
        ("http://public.org/a", "http://both.org/b", "redirects to http://both.org/b, a private address"),
        ("http://intranet/a", "http://127.0.0.1/b", "redirects to http://127.0.0.1/b, a loopback address"),
        ("http://intranet/a", "http://169.254.169.254/x", "http://169.254.169.254/x, a link-local address"),
        (
            r"http://public.org/a",
            r"http://127.0.0.1\@other.org/b",
            "http://127.0.0.1/%5C%40other.org/b, a loopback",
        ),
        (
            "http://public.org/a",
            "http://%31%32%37.0.0.1/b",
            "redirects to http://127.0.0.1/b, a loopback address",
        ),
        ("http://public.org/a", "http://[64:ff9b::a00:1]/b", "http://[64:ff9b::a00:1]/b, a private address"),
        ("http://public.org/a", "gopher://h/", "redirects to 'gopher://h/', which is no http address"),
        ("http://public.org/a", "", "redirects without an address"),
    ],
)
def test_a_redirect_is_refused_with_its_address(url, location, words):
    with pytest.raises(RefusedRedirectError) as raised:
        redirected(url, location, url)
    assert words in str(raised.value)


def test_a_password_follows_to_no_host_that_only_looks_the_same():
    target = redirected("http://u:p@public.org/a", r"http://other.org\@public.org/b", "http://public.org/a")
    assert target == "http://other.org/%5C@public.org/b"


def test_the_first_request_decides_what_is_near():
    assert redirected("http://public.org/a", "http://10.0.0.9/b", "http://intranet/x") == "http://10.0.0.9/b"
