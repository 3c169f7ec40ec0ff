"""Known secrets, taken out of whatever is about to be shown or written.

1. A secret is registered once, when it is read, and from then on known in the forms it travels in: raw, URL-encoded,
   escaped for JSON, and in base64, alone or as a part of anything longer (`user:token` of a Basic header).
2. In base64, text falls into one of three alignments; each gives a run of characters that only the secret decides, and
   that run is what is looked for.
"""

from __future__ import annotations

import base64
import functools
import json
import re
import traceback
from typing import AnyStr
from urllib.parse import quote, quote_plus

MASK = "***"
_SHORTEST = 6  # characters of a form that is looked for; a shorter one would hit innocent text

_known: set[str] = set()


def register(secret: str) -> None:
    """From now on `redact` takes this secret out, in all its forms."""
    _known.update(form for form in forms(secret) if len(form) >= _SHORTEST)
    _patterns.cache_clear()


def forms(secret: str) -> frozenset[str]:
    """The texts by which a secret could be found; none of them says more than another."""
    encoded = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    escaped = {json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    return frozenset({secret, *encoded, *escaped, *_in_base64(secret.encode())})


def _in_base64(secret: bytes) -> set[str]:
    found: set[str] = set()
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + secret).decode().rstrip("=")
        start = -(-offset * 8 // 6)  # the characters before hold bits of what stands in front
        end = (offset + len(secret)) * 8 // 6  # the one after holds bits of what follows
        found |= {whole[start:end], whole[start:end].replace("+", "-").replace("/", "_")}
    return found


@functools.cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[bytes]] | None:
    if not _known:
        return None
    text = "|".join(_any_case_of_escapes(re.escape(form)) for form in sorted(_known, key=len, reverse=True))
    return re.compile(text), re.compile(text.encode())


def _any_case_of_escapes(regex: str) -> str:
    """%2F and %2f are the same, and a URL may mix them."""
    return re.sub("%[0-9A-Fa-f]{2}", lambda escape: "%" + "".join(map(_any_case, escape[0][1:])), regex)


def _any_case(character: str) -> str:
    return f"[{character.lower()}{character.upper()}]"


def redact(text: AnyStr) -> AnyStr:
    """`text` with *** for every registered secret."""
    patterns = _patterns()
    if patterns is None:
        return text
    if isinstance(text, str):
        return patterns[0].sub(MASK, text)
    return patterns[1].sub(MASK.encode(), text)


def redacted_traceback(error: BaseException) -> str:
    """The traceback of an error and of its causes, as Python prints it, without secrets."""
    return redact("".join(traceback.format_exception(error)))
