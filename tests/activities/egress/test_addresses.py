"""Public or not, in every spelling that an address has."""

from ipaddress import ip_address

import pytest

from activities.egress.addresses import AddressPolicy, is_host_name, is_public, literal, parse_rule


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:a9fe:a9fe",
        "::ffff:0:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::",
        "2002:c0a8:101::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ],
)
def test_addresses_that_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "193.0.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450:4001::200e",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
    ],
)
def test_public_addresses(text: str) -> None:
    assert is_public(ip_address(text))


def test_a_scoped_address_is_not_public_nor_spelled_in_a_url() -> None:
    assert not is_public(ip_address("2606:4700::1111%eth0"))
    assert literal("2606:4700::1111%eth0") is None


@pytest.mark.parametrize("host", ["example.com", "a", "xn--bcher-kva.example", "_dmarc.example.com", "1a.io", "api.v2"])
def test_plain_host_names(host: str) -> None:
    assert is_host_name(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "example.com.",
        "a..b",
        "-a.com",
        "a-.com",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "0177.0.0.1",
        "example.0x",
        "exa mple.com",
        "%6cocalhost",
        "localhost%00.example.com",
        "a@b",
        "a\\b",
        "x" * 64 + ".com",
        ".".join(["abcdefgh"] * 29),
        "EXAMPLE.com",
    ],
)
def test_odd_hosts(host: str) -> None:
    assert not is_host_name(host)


def test_rules_match_hosts_ports_and_networks() -> None:
    policy = AddressPolicy(["ledger.internal:8080", "10.1.0.0/16", "127.0.0.1:9000", "[::1]:9000", "db.internal"])
    private, loopback = ip_address("192.168.0.5"), ip_address("127.0.0.1")
    assert policy.permits("ledger.internal", 8080, private)
    assert not policy.permits("ledger.internal", 8081, private)
    assert not policy.permits("evil.ledger.internal", 8080, private)
    assert policy.permits("db.internal", 1, private)
    assert policy.permits("anything", 443, ip_address("10.1.2.3"))
    assert policy.permits("anything", 443, ip_address("::ffff:10.1.2.3"))
    assert not policy.permits("anything", 443, ip_address("10.2.2.3"))
    assert policy.permits("localhost", 9000, loopback)
    assert not policy.permits("localhost", 9001, loopback)
    assert policy.permits("localhost", 9000, ip_address("::1"))
    assert policy.permits("example.com", 443, ip_address("8.8.8.8"))


@pytest.mark.parametrize(
    "text", ["", "*", "a b", "host:0", "host:70000", "host:x", "10.0.0.0/33", "http://x", "[::1]:x"]
)
def test_bad_rules_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_rule(text)
