"""A workbook whose bytes tell of its content alone: the same figures give the same file."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from io import BytesIO
from typing import Any

_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP archive knows


def workbook_bytes(book: Any, at: datetime) -> bytes:
    """Save a workbook without the clock: openpyxl writes the present into it and into the archive.

    Args:
        book: An openpyxl workbook.
        at: Stands in its properties instead of the present.

    Returns:
        The .xlsx file.
    """
    saved, stable = BytesIO(), BytesIO()
    book.save(saved)
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(stable, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":
                data = _STAMP.sub(rb"\g<1>" + stamp + rb"\g<2>", data)
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, data)
    return stable.getvalue()
