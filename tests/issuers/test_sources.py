"""What sources can tell, those that send no messages included."""

import pytest

from issuers.registry import ADAPTERS, RECEIPT, adapter, capabilities_of


def test_every_network_can_tell_what_its_adapter_says() -> None:
    assert [capabilities_of(name) for name in ADAPTERS] == [each.capabilities for each in ADAPTERS.values()]


def test_what_shoppers_claim_is_a_source_without_messages() -> None:
    able = capabilities_of(RECEIPT)
    assert (able.clearings, able.authorizations, able.links_refunds, able.precise_time) == (True, False, False, False)
    assert (able.identifier_schemes, able.claimed, able.tells_hour) == (("shop",), True, False)
    assert [name for name in ADAPTERS if capabilities_of(name).claimed] == []
    with pytest.raises(LookupError, match="no network is called 'receipt'"):
        adapter(RECEIPT)


def test_an_unknown_source_is_named() -> None:
    with pytest.raises(LookupError, match="no network is called 'visca'"):
        capabilities_of("visca")
