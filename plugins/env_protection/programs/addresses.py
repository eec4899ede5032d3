"""What is fetched by an address: a local file, or one that this machine serves."""

from __future__ import annotations

import os
from urllib.parse import unquote

from ..words import UNKNOWN
from .call import Call
from .places import absolute

#: As in the `/etc/hosts` of common systems.
_OWN_NAMES = frozenset(
    ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
)


def fetch(call: Call, text: str, routed: bool = False) -> None:
    """Report the local file behind an address: `file://`, or one served from here.

    :param routed: whether the name in the address is not the one that is asked.
    """
    address = unquote(text)
    scheme, mark, rest = address.partition("://")
    if scheme.lower() == "file" and mark:
        host, slash, path = rest.partition("/")
        del host
        for each in _expanded(f"/{path}" if slash else rest):
            call.read(each, "fetches it")
        return
    if scheme.lower() in ("scp", "sftp", "ftp", "dict", "gopher"):
        return
    host, _, path = (rest if mark else address).partition("/")
    if path and (routed or UNKNOWN in host or is_this_machine(host)):
        place = absolute(path.partition("?")[0], call.cwd)
        if UNKNOWN not in place and call.world.is_secret(place):
            call.read(place, "fetches it from a server on this machine")


def _expanded(text: str) -> list[str]:
    """Return what curl makes of `{a,b}` in an address."""
    head, opened, rest = text.partition("{")
    inner, closed, tail = rest.partition("}")
    if not opened or not closed:
        return [text]
    return [head + each + tail for each in inner.split(",")[:50]]


def is_this_machine(host: str) -> bool:
    """Return whether a host, with a port or without, means the machine itself.

    The C library takes more than four numbers for an address: `2130706433`, `0x7f.1`.
    """
    name = host.rpartition("@")[2].lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    name = name.partition("%")[0].removesuffix(".")
    if name in _OWN_NAMES or name.endswith(".localhost"):
        return True
    return name == os.uname().nodename.lower() or _is_own_address(name)


def _is_own_address(text: str) -> bool:
    # Imported late: hardly any command names an address.
    from ipaddress import IPv6Address, ip_address
    from socket import inet_aton

    try:
        address = ip_address(text if ":" in text else inet_aton(text))
    except (OSError, ValueError):
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_unspecified
