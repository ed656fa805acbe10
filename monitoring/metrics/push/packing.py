"""Bodies unpacked within bounds: what a few bytes may become is asked before it is made. Pure."""

import zlib

import cramjam

from monitoring.metrics.push.wire import WireError, varint

MOST_PREAMBLE_BYTES = 5  # of a snappy block: its length unpacked, 32 bits
GZIP = 31  # zlib's window bits for a gzip header


class PackingError(ValueError):
    """These bytes are not what they are said to be."""


class TooLargeError(ValueError):
    """More than is taken; the sentence says how much that is."""


def unsnappy(body: bytes, most_bytes: int) -> bytes:
    """A snappy block (not the framed format) unpacked. https://github.com/google/snappy/blob/main/format_description.txt"""
    try:
        size, _ = varint(body, 0, min(len(body), MOST_PREAMBLE_BYTES))
    except WireError:
        raise PackingError("The body is not a snappy block; compress it with snappy, in block format.") from None
    _within(size, most_bytes)
    try:
        data = bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError:
        raise PackingError("The body is not a snappy block; compress it with snappy, in block format.") from None
    if len(data) != size:
        raise PackingError("The snappy block says another length than it has.")
    return data


def gunzip(body: bytes, most_bytes: int) -> bytes:
    """One or more gzip members unpacked."""
    found = bytearray()
    rest = body
    while rest:
        member = zlib.decompressobj(GZIP)
        try:
            found += member.decompress(rest, most_bytes + 1 - len(found))
        except zlib.error:
            raise PackingError("The body is not gzip.") from None
        _within(len(found), most_bytes)
        if not member.eof:
            raise PackingError("The gzip body is cut off.")
        rest = member.unused_data
    if not body:
        raise PackingError("The body is empty, not gzip.")
    return bytes(found)


def _within(size: int, most_bytes: int) -> None:
    if size > most_bytes:
        raise TooLargeError(f"The body is larger than {most_bytes} bytes unpacked; send less in a request.")
