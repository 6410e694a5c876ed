"""A statement's JSON, packed: zstd with a dictionary of what nearly every statement says.

The first byte names the dictionary. A dictionary is never changed, for what it packed is opened with it: add one.
"""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import zstandard

from wutong.platforms.learning.records.xapi.agents import JsonObject

CURRENT = b"\x01"
FOLDER = Path(__file__).resolve().parent.parent / "facts"
LEVEL = 5  # a twelfth smaller than 3, for a microsecond; nothing is gained beyond
FORMAT = zstandard.FORMAT_ZSTD1_MAGICLESS
_decode = msgspec.json.Decoder(JsonObject).decode
encode = msgspec.json.Encoder().encode


class _Engines(threading.local):
    """Compressors keep state between calls: each thread has its own."""

    def __init__(self) -> None:
        known = zstandard.ZstdCompressionDict(
            (FOLDER / "dictionary_1.txt").read_bytes(), zstandard.DICT_TYPE_RAWCONTENT
        )
        parameters = zstandard.ZstdCompressionParameters.from_level(
            LEVEL, format=FORMAT, write_content_size=True, write_checksum=False, write_dict_id=False
        )
        known.precompute_compress(compression_params=parameters)
        self.compress = zstandard.ZstdCompressor(dict_data=known, compression_params=parameters).compress
        self.decompress = zstandard.ZstdDecompressor(dict_data=known, format=FORMAT).decompress


_engines = _Engines()


def pack(body: JsonObject) -> bytes:
    return CURRENT + _engines.compress(encode(body))


def unpack(packed: bytes) -> JsonObject:
    return _decode(_engines.decompress(packed[1:]))
