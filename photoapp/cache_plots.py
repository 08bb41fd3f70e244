"""Small plots of cache counts as SVG paths: a bar for each stretch of time, drawn on the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from photoapp.cache_stats import PERIOD_SECONDS, Period

BARS = 72
STEP, BAR = 5, 4  # units: a bar and the gap after it
WIDTH, HEIGHT, MARKS = BARS * STEP, 100, 6  # of the bars; of the marks for evictions below them
SERVED = ("hit", "local", "stale")
MISSED = ("miss", "away")


@dataclass(frozen=True)
class Plot:
    served: str  # paths
    missed: str
    evicted: str
    start: datetime
    peak: int
    peak_at: datetime | None
    minutes: int  # that a bar stands for

    width, height, marks_top, total_height = WIDTH, HEIGHT, HEIGHT + 2, HEIGHT + 2 + MARKS


def plot(periods: Sequence[Period], family: str) -> Plot:
    """`periods`: a multiple of BARS of them, oldest first."""
    size = max(1, len(periods) // BARS)
    groups = [periods[place : place + size] for place in range(0, len(periods), size)]
    served = [_sum(group, family, SERVED) for group in groups]
    missed = [_sum(group, family, MISSED) for group in groups]
    asked = [one + other for one, other in zip(served, missed, strict=True)]
    peak = max(asked, default=0)
    tops = [_height(number, peak) for number in asked]
    bases = [_height(number, peak) for number in served]
    evicted = [MARKS if _sum(group, family, ("evicted",)) else 0 for group in groups]
    return Plot(
        served=_bars(bases, [HEIGHT] * len(groups)),
        missed=_bars([top - base for top, base in zip(tops, bases, strict=True)], [HEIGHT - base for base in bases]),
        evicted=_bars(evicted, [Plot.total_height] * len(groups)),
        start=groups[0][0].start,
        peak=peak,
        peak_at=groups[asked.index(peak)][0].start if peak else None,
        minutes=int(timedelta(seconds=size * PERIOD_SECONDS).total_seconds() // 60),
    )


def _sum(periods: Sequence[Period], family: str, outcomes: Sequence[str]) -> int:
    return sum(period.counts[family, outcome] for period in periods for outcome in outcomes)


def _height(number: int, peak: int) -> float:
    """What is there at all can be seen."""
    return max(1.0, round(HEIGHT * number / peak, 1)) if number else 0.0


def _bars(heights: Sequence[float], bottoms: Sequence[float]) -> str:
    return "".join(
        f"M{place * STEP} {bottom:g}v{-height:g}h{BAR}v{height:g}z"
        for place, (height, bottom) in enumerate(zip(heights, bottoms, strict=True))
        if height > 0
    )
