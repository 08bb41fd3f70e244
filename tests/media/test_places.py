"""A place is suggested from where a photo was taken, without asking anybody outside."""

import pytest

from media import places
from media.imaging import check
from media.places import suggest_place
from tests.e2e.photos import camera_files


@pytest.mark.parametrize(
    ("position", "place"),
    [
        ((43.77, 11.26), "Florence, Italy"),
        ((40.75, -73.98), "New York City, United States"),  # not a suburb whose middle is nearer
        ((52.52, 13.4), "Berlin, Germany"),
        ((-41.29, 174.78), "Wellington, New Zealand"),
        ((78.22, 15.64), "Longyearbyen, Svalbard and Jan Mayen"),  # where degrees of longitude are short
    ],
)
def test_the_city_that_is_near(position: tuple[float, float], place: str) -> None:
    assert suggest_place(position) == place


@pytest.mark.parametrize("position", [None, (0.01, -30.0), (90.0, 0.0), (-90.0, 180.0), (-16.0, -179.9)])
def test_no_suggestion_where_no_city_is_near(position: tuple[float, float] | None) -> None:
    assert suggest_place(position) == ""


def test_a_broken_file_of_cities_suggests_nothing_and_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    def broken() -> None:
        raise OSError("disk")

    monkeypatch.setattr(places, "_grid", broken)
    assert suggest_place((43.77, 11.26)) == ""


def test_a_cameras_own_position_is_understood() -> None:
    files = {path.name: path for path in camera_files()}
    if "gps-nikon-1.jpg" not in files:
        pytest.skip("no camera files")
    with files["gps-nikon-1.jpg"].open("rb") as file:
        assert suggest_place(check(file).gps) == "Arezzo, Italy"
