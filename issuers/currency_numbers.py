"""ISO 4217: from the three-digit number that card networks write to the alphabetic code.

Source: ISO 4217 list one (active codes), limited to the codes of `issuers/currencies.py`. 532 passed from ANG to XCG in
2025 and is read as XCG.
"""

from issuers.currencies import currency_code
from issuers.errors import Unreadable

_NUMBERS = """
784:AED 971:AFN 008:ALL 051:AMD 973:AOA 032:ARS 036:AUD 533:AWG 944:AZN 977:BAM 052:BBD 050:BDT 975:BGN 048:BHD 108:BIF
060:BMD 096:BND 068:BOB 984:BOV 986:BRL 044:BSD 064:BTN 072:BWP 933:BYN 084:BZD 124:CAD 976:CDF 947:CHE 756:CHF 948:CHW
990:CLF 152:CLP 156:CNY 170:COP 970:COU 188:CRC 192:CUP 132:CVE 203:CZK 262:DJF 208:DKK 214:DOP 012:DZD 818:EGP 232:ERN
230:ETB 978:EUR 242:FJD 238:FKP 826:GBP 981:GEL 936:GHS 292:GIP 270:GMD 324:GNF 320:GTQ 328:GYD 344:HKD 340:HNL 332:HTG
348:HUF 360:IDR 376:ILS 356:INR 368:IQD 364:IRR 352:ISK 388:JMD 400:JOD 392:JPY 404:KES 417:KGS 116:KHR 174:KMF 408:KPW
410:KRW 414:KWD 136:KYD 398:KZT 418:LAK 422:LBP 144:LKR 430:LRD 426:LSL 434:LYD 504:MAD 498:MDL 969:MGA 807:MKD 104:MMK
496:MNT 446:MOP 929:MRU 480:MUR 462:MVR 454:MWK 484:MXN 979:MXV 458:MYR 943:MZN 516:NAD 566:NGN 558:NIO 578:NOK 524:NPR
554:NZD 512:OMR 590:PAB 604:PEN 598:PGK 608:PHP 586:PKR 985:PLN 600:PYG 634:QAR 946:RON 941:RSD 643:RUB 646:RWF 682:SAR
090:SBD 690:SCR 938:SDG 752:SEK 702:SGD 654:SHP 925:SLE 706:SOS 968:SRD 728:SSP 930:STN 222:SVC 760:SYP 748:SZL 764:THB
972:TJS 934:TMT 788:TND 776:TOP 949:TRY 780:TTD 901:TWD 834:TZS 980:UAH 800:UGX 840:USD 997:USN 940:UYI 858:UYU 927:UYW
860:UZS 926:VED 928:VES 704:VND 548:VUV 882:WST 950:XAF 951:XCD 532:XCG 952:XOF 953:XPF 886:YER 710:ZAR 967:ZMW 924:ZWG
"""
_CODES = dict(pair.split(":") for pair in _NUMBERS.split())


def currency_of_number(number: str | int) -> str:
    """`978` (text or integer, zeros in front or not) becomes `EUR`; raises `Unreadable` for a number not in use."""
    digits = str(number)[:16].zfill(3)
    try:
        return _CODES[digits]
    except KeyError:
        raise Unreadable(f"currency: expected an ISO 4217 number such as 978, got {digits!r}") from None


def currency_of(text: str, where: str) -> str:
    """The alphabetic code of `978`, `36` (leading zeros may be lost) or `EUR`; `Unreadable` for anything else."""
    try:
        return currency_of_number(text) if text.isascii() and text.isdigit() else currency_code(text)
    except Unreadable as error:
        raise Unreadable(f"{where}: {error.detail}") from error
