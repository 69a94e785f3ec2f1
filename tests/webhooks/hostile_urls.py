"""Addresses that nothing may ever be sent to: all notations of addresses inside, and what URLs can hide."""

from collections.abc import Iterator
from ipaddress import IPv4Address, ip_address

INSIDE = (
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.1.2.3",
    "127.255.255.254", "169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1",
    "192.0.0.170", "192.0.2.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1", "100.100.100.200",
)  # fmt: skip
"""Loopback, private, shared, link-local and its metadata services, documentation, benchmarks, multicast, reserved."""

INSIDE_V6 = (
    "::", "::1", "fe80::1", "fe80::a9fe:a9fe", "febf::1", "fc00::1", "fd00::1", "fd00:ec2::254", "ff02::1", "ff0e::1",
    "2001:db8::1", "2001:10::1", "100::1", "fec0::1", "2001::1", "3fff::1", "5f00::1",
)  # fmt: skip

NAMES = (
    "localhost", "localhost.", "LOCALHOST", "ip6-localhost", "metadata", "metadata.google.internal", "intranet",
    "db.internal", "printer.local", "kubernetes.default.svc", "vault.service.consul", "host.docker.internal",
)  # fmt: skip
"""Names that lead inside, if they lead anywhere: what they resolve to is refused."""


def in_every_notation(address: IPv4Address) -> Iterator[str]:
    """One address as parsers of the last forty years have taken it."""
    number, octets = int(address), address.packed
    yield str(address)
    yield str(number)
    yield hex(number)
    yield ".".join(hex(each) for each in octets)
    yield ".".join(f"0{each:o}" for each in octets)
    yield f"{octets[0]}.{number & 0xFFFFFF}"
    yield f"[::ffff:{address}]"
    yield f"[::ffff:{octets[0]:02x}{octets[1]:02x}:{octets[2]:02x}{octets[3]:02x}]"
    yield f"[64:ff9b::{address}]"
    yield f"[2002:{octets[0]:02x}{octets[1]:02x}:{octets[2]:02x}{octets[3]:02x}::1]"


def literal() -> list[str]:
    """Addresses written out, over https and on the right port."""
    hosts = [each for text in INSIDE for each in in_every_notation(IPv4Address(text))]
    hosts += [f"[{text}]" for text in INSIDE_V6] + [f"[{ip_address(text).exploded}]" for text in INSIDE_V6]
    return [f"https://{host}/hook" for host in hosts]


CRAFTED = (
    "", " ", "/", "//127.0.0.1/", "hook", "https:", "https://", "https:///hook", "http://example.com/", "ftp://example.com/",
    "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "dict://127.0.0.1:11211/", "ldap://127.0.0.1/", "data:,x",
    "javascript:alert(1)", "unix:/var/run/docker.sock", "https+unix://socket/", "HTTP://example.com/", "ws://example.com/",
    "https://user@example.com/", "https://user:secret@example.com/", "https://example.com@127.0.0.1/",
    "https://127.0.0.1#@example.com/", "https://127.0.0.1\\@example.com/", "https://example.com\\.127.0.0.1/",
    "https://example.com:0/", "https://example.com:22/", "https://example.com:80/", "https://example.com:6379/",
    "https://example.com:65536/", "https://example.com:-1/", "https://example.com:443x/", "https://example.com:4 43/",
    "https://exa mple.com/", "https://example.com/\r\nHost: inside", "https://example.com/\nx", "https://example.com/\t",
    "https://example.com/\x00", "https://exam\x00ple.com/", "https://①②⑦.⓪.⓪.①/", "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "https://127。0。0。1/",
    "https://１２７.0.0.1/", "https://[::1/", "https://::1/", "https://[::1]]/", "https://[fe80::1%25eth0]/",
    "https://[127.0.0.1]/", "https://[v1.x]/", "https://example.com/#fragment", "https://example.com#", "https://.../",
    "https://-/", "https://127.1/", "https://127.0.1/", "https://0/", "https://0x7f000001/",
    "https://0177.1/", "https://2130706433/", "https://4294967295/", "https://4294967297/", "https://8.8.8.8/",
    "https://[2606:4700:4700::1111]/", "https://1.1.1.1:443/", "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 200 + "example/", "https://example.com/" + "x" * 2000,
)  # fmt: skip
"""Schemes, credentials, ports, control characters, digits of other scripts, and numbers where a name is expected."""
