"""Where a photo was taken, in words: the city nearest to a position, found in a file of our own.

No position ever leaves the site. The file is read when the first photo asks, and takes some 15 MB of memory and a tenth
of a second; README.md beside it says where it comes from.
"""

import gzip
import math
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

import structlog

log = structlog.get_logger(__name__)

CITIES = Path(__file__).with_name("cities.tsv.gz")
FARTHEST_KM = 50
DEGREE_KM = 111.2  # of latitude
PEOPLE_PER_KM2 = 3000  # in cities; tells how far from its middle one is still "in" a large one
WIDEST_KM = 15


class City(NamedTuple):
    name: str
    country: str
    latitude: float
    longitude: float
    radius: float  # km


def suggest_place(position: tuple[float, float] | None) -> str:
    """ "Florence, Italy" for degrees of latitude and longitude; "" where no city is near. Never raises."""
    if position is None:
        return ""
    try:
        city = _nearest(*position)
    except Exception:  # a suggestion is not worth an upload
        log.exception("places.failed")
        return ""
    return f"{city.name}, {city.country}" if city else ""


def _nearest(latitude: float, longitude: float) -> City | None:
    """In a large city, the city itself rather than a suburb whose middle is nearer."""
    near = [(km, city) for city in _around(latitude, longitude) if (km := _km(latitude, longitude, city)) < FARTHEST_KM]
    return min(near, key=lambda found: found[0] - found[1].radius)[1] if near else None


def _around(latitude: float, longitude: float) -> list[City]:
    """The cities of the squares of a degree around a position; near the poles a degree of longitude is short."""
    grid = _grid()
    reach = min(math.ceil(FARTHEST_KM / (DEGREE_KM * max(math.cos(math.radians(latitude)), 0.05))), 12)
    row, column = math.floor(latitude), math.floor(longitude)
    squares = {
        (row + north, (column + east + 180) % 360 - 180) for north in (-1, 0, 1) for east in range(-reach, reach + 1)
    }
    return [city for square in squares for city in grid.get(square, [])]


def _km(latitude: float, longitude: float, city: City) -> float:
    """Good enough on a piece of the earth that is as flat as 50 km are."""
    north = city.latitude - latitude
    east = ((city.longitude - longitude + 180) % 360 - 180) * math.cos(math.radians(latitude))
    return math.hypot(north, east) * DEGREE_KM


@cache
def _grid() -> dict[tuple[int, int], list[City]]:
    head, _, body = gzip.decompress(CITIES.read_bytes()).decode().partition("\n\n")
    countries = dict(line.split("\t") for line in head.splitlines())
    grid: dict[tuple[int, int], list[City]] = defaultdict(list)
    for line in body.splitlines():
        code, name, north, east, thousands = line.split("\t")
        radius = min(math.sqrt(int(thousands) * 1000 / PEOPLE_PER_KM2 / math.pi), WIDEST_KM)
        city = City(name, countries[code], float(north), float(east), radius)
        grid[math.floor(city.latitude), math.floor(city.longitude)].append(city)
    return dict(grid)
