"""Pennylane's VAT codes: there is no route that lists them, so the documented enumeration is kept here.

Source: schema of ``invoice_lines[].vat_rate`` in the official "Company V2" OpenAPI (snapshot of July 2026). The API
spells out one rate only (``FR_200`` is 20 %); every other rate is *inferred* from the digits of its code, and its
label says so: an accountant confirms the mapping. What Pennylane books under a code is Pennylane's affair.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache

from sellsy_ledger.core.ledger import VatCode
from sellsy_ledger.core.money import rate_to_french

__all__ = ["NO_VAT", "inferred_rate", "is_self_assessed", "vat_codes"]

NO_VAT = "exempt"
"""The code of a line without VAT, rounding lines among them."""

# Stands for "several rates" in Pennylane's own lists; a line of ours always has one.
_NOT_FOR_LINES = frozenset({"mixed"})

_CODES = """
    FR_1_05 FR_1_75 FR_09 FR_21 FR_40 FR_50 FR_55 FR_60 FR_65 FR_85 FR_92 FR_100 FR_130 FR_15_385 FR_160
    FR_196 FR_200 AD_10 AD_45 AD_95 AT_100 AT_130 AT_190 AT_200 BE_60 BE_120 BE_210 BG_90 BG_200 CH_25 CH_37
    CH_77 CH_26 CH_38 CH_81 CY_30 CY_50 CY_80 CY_90 CY_190 CZ_100 CZ_120 CZ_150 CZ_210 DE_70 DE_190 DK_250
    EE_90 EE_200 EE_220 EE_240 ES_40 ES_70 ES_100 ES_210 FI_100 FI_135 FI_140 FI_240 FI_255 GB_50 GB_200 GR_60
    GR_130 GR_170 GR_240 GR_40 HR_50 HR_130 HR_250 HU_50 HU_180 HU_270 IE_48 IE_90 IE_135 IE_210 IE_230 IT_40
    IT_50 IT_100 IT_220 LT_50 LT_90 LT_120 LT_210 LU_30 LU_70 LU_80 LU_120 LU_130 LU_140 LU_160 LU_170 LV_50
    LV_120 LV_210 MC_09 MC_21 MC_55 MC_85 MC_100 MC_200 MT_50 MT_70 MT_120 MT_180 MU_150 NL_90 NL_210 PL_50
    PL_80 PL_230 PT_60 PT_130 PT_160 PT_180 PT_220 PT_230 RO_50 RO_90 RO_110 RO_190 RO_210 SE_60 SE_120 SE_250
    SI_50 SI_95 SI_220 SK_50 SK_100 SK_190 SK_200 SK_230 NO_120 NO_150 NO_250 DE_70_BU0002 DE_190_BU0003
    DE_70_BU0008 DE_190_BU0009 DE_intracom_70_BU0012 DE_intracom_190_BU0013 DE_190_electronic_BU0226 exempt
    DE_intracom_exempt_BU0011 DE_intracom_exempt_BU0047 DE_intracom_exempt_BU0233 DE_exempt_BU0001
    DE_exempt_BU0181 DE_exempt_BU0490 intracom_21 intracom_55 intracom_85 intracom_100 crossborder
    DE_intracom_70_BU0018 DE_intracom_190_BU0019 DE_intracom_190_BU0506 extracom DE_extracom_BU0173
    DE_extracom_BU0191 DE_extracom_190_BU0511 FR_85_construction FR_100_construction FR_200_construction
    DE_exempt_construction_BU0046 DE_70_construction_BU0091 DE_190_construction_BU0094
    DE_190_construction_BU0526 DE_190_construction_BU0546 mixed
"""

_SPECIAL_LABELS = {
    "exempt": "Exonéré / sans TVA",
    "crossborder": "Autoliquidation, prestation ou achat transfrontalier",
    "extracom": "Hors Union européenne (export / import)",
}
# AA_digits (digits / 10), or AA_whole_decimals; suffixes name variants of the same rate.
_RATE = re.compile(
    r"(?:(?P<country>[A-Z]{2})_)?(?P<nature>intracom_|extracom_)?(?P<whole>\d+)(?:_(?P<decimals>\d+))?(?:_|$)"
)
_SELF_ASSESSED = re.compile(r"(?:[A-Z]{2}_)?(?:intracom|extracom|crossborder)|_construction")


def inferred_rate(code: str) -> Decimal | None:
    """The percentage that the code's digits say: ``FR_55`` → 5.5, ``FR_1_05`` → 1.05; None where they say none."""
    if code == NO_VAT:
        return Decimal(0)
    found = _RATE.match(code)
    if found is None:
        return None
    if found["decimals"] is not None:
        return Decimal(f"{found['whole']}.{found['decimals']}")
    return Decimal(found["whole"]) / 10


def is_self_assessed(code: str) -> bool:
    """True for the codes under which a purchase carries no VAT and Pennylane books the pair itself."""
    return _SELF_ASSESSED.search(code) is not None


@cache
def vat_codes() -> tuple[VatCode, ...]:
    """Every code that an invoice line may carry, French ones first, in the order of the specification."""
    codes = [code for code in _CODES.split() if code not in _NOT_FOR_LINES]
    return tuple(
        VatCode(code=code, label=_label(code), rate=inferred_rate(code))
        for code in sorted(codes, key=lambda code: not code.startswith("FR_") and code[:2].isupper())
    )


def _label(code: str) -> str:
    if code in _SPECIAL_LABELS:
        return _SPECIAL_LABELS[code]
    rate = inferred_rate(code)
    country = code[:2] if code[:2].isupper() else ""
    words = [
        "Autoliquidation" if is_self_assessed(code) else "Exonéré" if "exempt" in code else "TVA",
        f"{rate_to_french(rate)}" if rate is not None else "",
        "BTP" if "construction" in code else "intracommunautaire" if "intracom" in code else "",
        country if country != "FR" else "",
    ]
    label = " ".join(word for word in words if word)
    return label if rate is None or code == "FR_200" else f"{label} (taux déduit du code)"
