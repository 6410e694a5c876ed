"""Chance in columns: the same seed and the same word give the same column on every machine."""

from collections.abc import Sequence
from zlib import crc32

import polars as pl

GOLDEN, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


class Chance:
    """Splitmix64 over the row number (Steele, Lea and Flood 2014): a stream for each word a column is asked with."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def _bits(self, count: int, word: str) -> pl.Series:
        begin = (crc32(word.encode()) << 32 | self.seed & 0xFFFFFFFF) | 1
        state = (pl.int_range(count, dtype=pl.UInt64, eager=True) + begin) * GOLDEN
        for shift, factor in ((30, FIRST), (27, SECOND)):
            state = (state ^ (state // (1 << shift))) * factor
        return state ^ (state // (1 << 31))

    def floats(self, count: int, word: str) -> pl.Series:
        """From 0 up to, but without, 1."""
        return (self._bits(count, word) // (1 << 11)).cast(pl.Float64) / float(1 << 53)

    def below(self, count: int, word: str, limit: int | pl.Series) -> pl.Series:
        return (self.floats(count, word) * limit).floor().cast(pl.Int64)

    def among(
        self, count: int, word: str, values: Sequence[str], weights: Sequence[float] | None = None
    ) -> pl.Series:
        """One of the values for each row, as often as it weighs."""
        return pl.Series(values).gather(self.places(count, word, weights or [1.0] * len(values)))

    def places(self, count: int, word: str, weights: Sequence[float]) -> pl.Series:
        running = pl.Series(weights, dtype=pl.Float64).cum_sum()
        drawn = self.floats(count, word) * running[-1]
        return running.search_sorted(drawn, side="right").clip(0, len(weights) - 1)
