"""Where webhooks may go: the public internet, by name and port, and nowhere else."""

import ipaddress

import pytest

from journal.errors import AddressRefusedError
from journal.webhooks.addresses import Door, is_public, resolve

PUBLIC = "93.184.216.34"


def door(*addresses, private=()):
    """Return a door whose names all lead to some addresses."""
    return Door(private_hosts=set(private), resolve=lambda *_: addresses)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/rackline",
        "https://hooks.example.com:443/a?b=c",
        "https://93.184.216.34/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/",
        "https://xn--bcher-kva.example/",
    ],
)
def test_a_public_https_address_is_taken(url):
    assert door().target_of(url).port == 443


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "http://hooks.example.com/",
        "https://hooks.example.com:8443/",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com:x/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "javascript:alert(1)",
        "//hooks.example.com/",
        "https://",
        "https:///path",
        "https://user:pass@hooks.example.com/",
        "https://hooks.example.com@127.0.0.1/",
        "https://hooks.example.com/#part",
        "https://hooks.example.com\\@127.0.0.1/",
        "https://hooks example.com/",
        "https://hooks.example.com/\r\nHost: inside",
        "https://bücher.example/",
        "https://ⓗooks.example.com/",
        "https://[::1",
        "https://[fe80::1%25eth0]/",
        "https://-/",
        "https://" + "a" * 500 + ".example/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://0.0.0.0/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://192.0.0.170/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:93.184.216.34]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:a00:1::]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[fec0::1]/",
        "https://[ff02::1]/",
    ],
)
def test_any_other_address_is_refused_in_a_sentence(url):
    with pytest.raises(AddressRefusedError, match=r"\.$"):
        door().target_of(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "::1",
        "::ffff:10.0.0.1",
        "fd00::1",
        "fe80::1%eth0",
        "64:ff9b::7f00:1",
        "224.0.0.251",
    ],
)
def test_a_name_that_leads_inside_is_refused_whatever_else_it_leads_to(address):
    with pytest.raises(AddressRefusedError, match="not a public address"):
        door(PUBLIC, address).address_of("hooks.example.com", 443)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1"])
def test_an_address_in_disguise_is_resolved_and_refused(host):
    with pytest.raises(AddressRefusedError):
        Door(private_hosts=set(), resolve=resolve).address_of(host, 443)


def test_a_name_without_address_is_not_found():
    with pytest.raises(AddressRefusedError, match=r"nowhere\.example is not found"):
        door().address_of("nowhere.example", 443)


def test_a_named_host_may_be_private_and_plain_at_its_port_alone():
    named = door("10.0.0.9", private=["erp.internal:8080"])

    assert named.target_of("http://ERP.internal:8080/in").port == 8080
    assert named.address_of("erp.internal", 8080) == "10.0.0.9"
    with pytest.raises(AddressRefusedError):
        named.target_of("http://erp.internal:8081/in")
    with pytest.raises(AddressRefusedError):
        named.address_of("erp.internal", 443)


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1", "::"])
def test_a_named_host_is_never_link_local(address):
    with pytest.raises(AddressRefusedError):
        door(address, private=["erp.internal"]).address_of("erp.internal", 443)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700::1111"])
def test_a_public_address_is_public(address):
    assert is_public(ipaddress.ip_address(address))
