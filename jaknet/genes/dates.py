"""Gene symbols that a spreadsheet turned into dates: SEPT2 -> ``2-Sep``, MARCH1 -> ``1-Mar`` or ``2001-03-01``."""

from __future__ import annotations

import re

__all__ = ["renamed_symbol", "symbols_of_date"]

#: Month -> prefixes of the symbols a spreadsheet reads as that month, today's name first.
_PREFIXES = {"mar": ("MARCHF", "MARCH"), "sep": ("SEPTIN", "SEPT"), "dec": ("DELEC", "DEC"), "oct": ("OCT",)}
_NEW = {"SEPT": "SEPTIN", "MARCH": "MARCHF", "MARC": "MTARC"}
_RENAMED = re.compile(r"^(SEPT|MARCH|MARC)(\d+)$", re.IGNORECASE)
_MONTHS = {"3": "mar", "9": "sep", "10": "oct", "12": "dec"}
_NAMED = "mar|march|sep|sept|september|dec|december|oct|october"
_TIME = r"(?:[ T]\d{2}:\d{2}:\d{2}(?:\.0+)?)?"
_FORMS = (
    re.compile(rf"^(?P<day>\d{{1,2}})-(?P<month>{_NAMED})(?:-\d{{2,4}})?$", re.IGNORECASE),
    re.compile(rf"^(?P<month>{_NAMED})-(?P<day>\d{{1,2}})$", re.IGNORECASE),
    re.compile(rf"^\d{{4}}-0?(?P<month>3|9|10|12)-(?P<day>\d{{1,2}}){_TIME}$"),
    re.compile(rf"^0?(?P<month>3|9|10|12)/(?P<day>\d{{1,2}})/\d{{2,4}}{_TIME}$"),
)


def renamed_symbol(name: str) -> str:
    """Return today's name of a gene that HGNC renamed in 2020 because of spreadsheets, or nothing.

    The old names are aliases of other genes as well (SEPT2 of SEPTIN6); as former official symbols they mean one.

    Examples
    --------
    >>> [renamed_symbol(name) for name in ("SEPT2", "March1", "STAT3")]
    ['SEPTIN2', 'MARCHF1', '']
    """
    match = _RENAMED.match(name)
    return f"{_NEW[match[1].upper()]}{match[2]}" if match else ""


def symbols_of_date(text: str) -> tuple[str, ...]:
    """Return the human symbols a date may have been, likeliest first; empty for what is no date.

    ``1-Mar`` and ``2-Mar`` may also have been MARC1 and MARC2 (today MTARC1, MTARC2), which are
    rarer; they come last.

    Parameters
    ----------
    text : str
        An identifier as found in a table.

    Examples
    --------
    >>> symbols_of_date("2-Sep")
    ('SEPTIN2', 'SEPT2')
    >>> symbols_of_date("2001-03-01")
    ('MARCHF1', 'MARCH1', 'MTARC1')
    >>> symbols_of_date("STAT3")
    ()
    """
    match = next((found for form in _FORMS if (found := form.match(text.strip()))), None)
    if match is None:
        return ()
    month, day = match["month"].lower(), int(match["day"])
    short = _MONTHS.get(month, month[:3])
    rarer = (f"MTARC{day}",) if short == "mar" and day <= 2 else ()
    return (*(f"{prefix}{day}" for prefix in _PREFIXES[short]), *rarer)
