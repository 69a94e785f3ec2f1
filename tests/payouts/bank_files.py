"""What a bank answers to a file of transfers: small status reports and notifications, built for a test."""

from collections.abc import Iterable

PAIN = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"
CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"


def status_report(file_id: str, told: Iterable[tuple[str, str, str | None]], *, group: str | None = None) -> bytes:
    """A pain.002 with end-to-end id, status and reason of each transaction, or with the status of all."""
    transactions = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{name}</OrgnlEndToEndId><TxSts>{status}</TxSts>"
        + (f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else "")
        + "</TxInfAndSts>"
        for name, status, reason in told
    )
    of_group = f"<GrpSts>{group}</GrpSts>" if group else ""
    batch = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{file_id}</OrgnlPmtInfId>{transactions}</OrgnlPmtInfAndSts>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{PAIN}"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId>'
        f"<CreDtTm>2026-11-10T10:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{file_id}</OrgnlMsgId>"
        f"<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{of_group}</OrgnlGrpInfAndSts>"
        f"{batch if transactions else ''}</CstmrPmtStsRpt></Document>"
    ).encode()


def notification(told: Iterable[tuple[str, str, str, str | None]]) -> bytes:
    """A camt.054 with end-to-end id, amount, DBIT or CRDT, and the reason of a return."""
    entries = "".join(
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        "<BookgDt><Dt>2026-11-12</Dt></BookgDt><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd>"
        "<SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls>"
        f'<Refs><EndToEndId>{name}</EndToEndId></Refs><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
        + (f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>" if reason else "")
        + "</TxDtls></NtryDtls></Ntry>"
        for name, amount, side, reason in told
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{CAMT}"><BkToCstmrDbtCdtNtfctn><GrpHdr>'
        "<MsgId>N1</MsgId><CreDtTm>2026-11-12T18:00:00Z</CreDtTm></GrpHdr><Ntfctn><Id>N1-1</Id><Acct><Id>"
        f"<IBAN>FR7630006000011234567890189</IBAN></Id></Acct>{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    ).encode()
