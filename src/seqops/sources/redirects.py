"""Redirects that a source may answer with: to http(s), never to a weaker scheme or a nearer network."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from urllib.parse import unquote, urljoin, urlsplit

from requests import PreparedRequest, RequestException

SCHEMES = ("http", "https")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses that a gateway translates to the IPv4 address in their last four bytes (RFC 6052)."""
COMPATIBLE = ipaddress.ip_network("::/96")
"""IPv6 addresses that once stood for the IPv4 address in their last four bytes (RFC 4291, 2.5.5.1)."""
TRANSLATED = ipaddress.ip_network("::ffff:0:0:0/96")
"""IPv6 addresses that a router translates to the IPv4 address in their last four bytes (RFC 7915)."""
LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
"""IPv6 addresses that a gateway of the own network translates (RFC 8215)."""


class RefusedRedirectError(Exception):
    """A redirect that is not followed; its text says where it leads."""


def redirected(url: str, location: str, source: str) -> str:
    """Return the URL that a redirect of `url` leads to; source: the URL of the first request.

    Raises RefusedRedirectError for a location that is no http(s) URL, from https to http, and from the
    internet to this machine or its network.
    """
    target = _joined(url, location)
    before, after, first = urlsplit(as_sent(url)), urlsplit(target), urlsplit(as_sent(source))
    if before.scheme == "https" and after.scheme == "http":
        raise RefusedRedirectError(f"redirects from https to {_shown(target)}, which is not encrypted")
    if nearer := zones(after.hostname or "") - {"public"} - zones(first.hostname or ""):
        raise RefusedRedirectError(f"redirects to {_shown(target)}, a {nearer.pop()} address")
    # the same server is asked with the same user and password
    user = before.netloc.rpartition("@")[0]
    if user and not after.username and before.hostname == after.hostname and before.port == after.port:
        return after._replace(netloc=f"{user}@{after.netloc}").geturl()
    return target


def _shown(target: str) -> str:
    """Return a URL as a message shows it: the host of one with an @ in its path is not masked as a user."""
    parts = urlsplit(target)
    return parts._replace(path=parts.path.replace("@", "%40"), query="", fragment="").geturl()


def as_sent(url: str) -> str:
    """Return a URL as it will be requested. Raises ValueError if it cannot be.

    Only then do all parsers find the same host: `http://a\\@b` is at a for the connection, and at b for
    `urlsplit`; `%61` is the letter a for the connection alone.
    """
    prepared = PreparedRequest()
    try:
        prepared.prepare_url(url, None)
    except RequestException as error:
        raise ValueError(str(error)) from error
    return str(prepared.url)


def _joined(url: str, location: str) -> str:
    if not location:
        raise RefusedRedirectError("redirects without an address")
    # a header is read as latin-1, and servers send UTF-8
    location = location.encode("latin-1", "replace").decode("utf-8", "replace")
    try:
        target = as_sent(urljoin(url, location))
        parts = urlsplit(target)
        valid = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid, target = False, location
    if not valid:
        raise RefusedRedirectError(f"redirects to {target!r}, which is no http address")
    return target


def zones(host: str) -> set[str]:
    """Return where the addresses of a host are: public, private, link-local, loopback; empty if unknown.

    Only a proxy reaches a host whose name this machine cannot resolve.
    """
    host = unquote(host).rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761, 6.3
        return {"loopback"}
    found = set()
    with suppress(OSError, UnicodeError):
        # a zone of IPv6 is written `%25eth0`
        for *_, address in socket.getaddrinfo(host, None):
            found.add(_zone(str(address[0])))
    return found


def _zone(address: str) -> str:
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = _embedded(ip) if isinstance(ip, ipaddress.IPv6Address) else ip
    if ip.is_loopback or ip.is_unspecified:
        return "loopback"
    if ip.is_link_local:
        return "link-local"
    inside = ip in LOCAL_NAT64 or (isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local)
    return "public" if ip.is_global and not ip.is_multicast and not inside else "private"


def _embedded(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the IPv4 address that an IPv6 address stands for; itself if there is none."""
    if ip in NAT64 or ip in TRANSLATED or (ip in COMPATIBLE and int(ip) > 1):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
