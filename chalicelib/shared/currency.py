"""Currencies in which a deployment can run: codes of ISO 4217 with two decimals, since amounts are stored in cents.

Source: ISO 4217:2015, list one, with amendments up to number 180 (January 2026).
"""

from typing import Final

_TWO: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF
    CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL
    HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU
    MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED
    VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
_NONE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE: Final = "BHD IQD JOD KWD LYD OMR TND"
_FOUR: Final = "CLF UYW"

TWO_DECIMALS: Final = frozenset(_TWO.split())
OTHER_DECIMALS: Final = {
    code: number for codes, number in ((_NONE, 0), (_THREE, 3), (_FOUR, 4)) for code in codes.split()
}
"""Decimals of the codes that cannot be stored in cents. Metals and test codes have none and are in no list."""


def currency(code: str) -> str:
    """Return a code that a deployment can use.

    Raises:
        ValueError: it is not an ISO 4217 code in capital letters, or its currency does not have two decimals.
    """
    if code in TWO_DECIMALS:
        return code
    if code in OTHER_DECIMALS:
        raise ValueError(f"amounts have two decimals, but {code} has {OTHER_DECIMALS[code]}.")
    if code.upper() in TWO_DECIMALS:
        raise ValueError(f"write the code in capital letters: {code.upper()}.")
    raise ValueError("give an ISO 4217 code whose currency has two decimals, such as EUR.")
