"""Undoing Content-Encoding under a cap, so that a small answer cannot fill the memory. Pure."""

import zlib

from opsportal.http.errors import Fault, HttpError

GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
RAW_DEFLATE = -zlib.MAX_WBITS
MAX_ENCODINGS = 3


def decoded(body: bytes, encoding: str, max_bytes: int, *, complete: bool = True) -> tuple[bytes, bool]:
    """`body` without its gzip or deflate coding(s), at most `max_bytes` of it, and whether something was cut off.

    A coding that was never asked for (br, zstd) is left as it is. Raises HttpError(protocol) when the body is not
    what it says.
    """
    truncated = not complete
    codings = [part for part in (piece.strip().lower() for piece in encoding.split(",")) if part and part != "identity"]
    if len(codings) > MAX_ENCODINGS:
        raise HttpError(Fault.PROTOCOL, f"The body is encoded {len(codings)} times over")
    for coding in reversed(codings):
        if coding not in {"gzip", "x-gzip", "deflate"} or not body:
            return body, truncated
        body, cut = _inflate(body, coding, max_bytes, complete=not truncated)
        truncated = truncated or cut
    return body, truncated


def _inflate(body: bytes, coding: str, max_bytes: int, *, complete: bool) -> tuple[bytes, bool]:
    raw = coding == "deflate" and (body[0] & 0x0F != 8 or int.from_bytes(body[:2], "big") % 31 != 0)
    inflater = zlib.decompressobj(RAW_DEFLATE if raw else GZIP_OR_ZLIB)
    try:
        plain = inflater.decompress(body, max_bytes)
        while inflater.eof and inflater.unused_data[:2] == b"\x1f\x8b" and len(plain) < max_bytes:
            rest, inflater = inflater.unused_data, zlib.decompressobj(GZIP_OR_ZLIB)
            plain += inflater.decompress(rest, max_bytes - len(plain))
    except zlib.error:
        raise HttpError(Fault.PROTOCOL, f"The body says it is {coding} but cannot be decoded") from None
    if len(plain) >= max_bytes and not inflater.eof:
        return plain, True
    if complete and not inflater.eof:
        raise HttpError(Fault.PROTOCOL, f"The {coding} body ends in the middle")
    return plain, False
