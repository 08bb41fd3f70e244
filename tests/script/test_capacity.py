"""The model of docs/capacity.md: its arithmetic, and whether it meets what was measured."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from script.benches.capacity import GB, SERVER_BYTES, Behaviour, Measured, Plan, of_load, stored_bytes, visited, work
from script.benches.capacity_page import GROWTH, PAGE, PLOTS, VISITORS, figures, visitors_from, with_tables
from script.benches.capacity_plots import draw

NEAR = 1.25  # times more, or less, that the model's bytes are than those measured
NEAR_VISITORS = 2.0  # of cores, measured in another run and by other means
NEAR_WEB = 2.5  # of web processes: the model's figures are from when a like took them twice as long
NEAR_WORK = 1.6  # of processor time, which one machine does not give twice alike


@pytest.fixture(scope="module")
def growth() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(GROWTH.read_text())
    return found


@pytest.fixture(scope="module")
def visitors() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(VISITORS.read_text())
    return found


@pytest.fixture
def measured() -> Measured:
    """Round figures: a page costs the web process 1 ms, PostgreSQL 2 and Redis 3."""
    cost = {"ms": 9, "app": 1, "database": 2, "redis": 3}
    names = ("feed stored", "feed composed", "profile", "post", "search for a name", "search for a word", "like")
    cores = {"nginx": 1, "web: feed": 1, "PostgreSQL": 2, "PostgreSQL's followers": 1}
    visitors = {"members": 1000, "loads_a_second": 1000, "cores": cores, "stored": 0.5, "redis_mb": 10}
    return Measured(
        costs=dict.fromkeys((*names, "like delivered", "publish"), cost),
        bytes_of={"auth": {"member": 1000}, "friends": {"follow": 100}, "content": {"post": 1000, "like": 100}},
        empty={"auth": 7, "friends": 8, "content": 9},
        feed_bytes=5000,
        rendering=100,
        renditions=700_000,
        serving=0.5,
        visitors=visitors,
    )


# --- Measured points


def test_the_model_meets_the_bytes_that_were_measured(growth: dict[str, Any], visitors: dict[str, Any]) -> None:
    model = Measured.at(growth, visitors)
    assert [point["members"] for point in growth["points"]] == [1_000, 10_000, 100_000, 1_000_000]
    for point in growth["points"]:
        for group, bytes in stored_bytes(point["members"], growth["rows"], model).items():
            assert 1 / NEAR < bytes / point["bytes"][group] < NEAR, (point["members"], group)


def test_the_model_meets_the_work_that_was_measured(growth: dict[str, Any], visitors: dict[str, Any]) -> None:
    times = Behaviour().times_a_day()
    model = work(times, Measured.at(growth, visitors))
    for number, point in enumerate(growth["points"]):
        for part, seconds in work(times, Measured.at(growth, visitors, number)).items():
            assert 1 / NEAR_WORK < model[part] / seconds < NEAR_WORK, (point["members"], part)


def test_the_model_meets_what_the_visitors_needed(growth: dict[str, Any], visitors: dict[str, Any]) -> None:
    for part, (model, cores) in visited(Measured.at(growth, visitors)).items():
        near = NEAR_WEB if part == "web" else NEAR_VISITORS
        assert 1 / near < model / cores < near, part


# --- Arithmetic


def test_cores_are_times_and_costs_multiplied(measured: Measured) -> None:
    times = dict.fromkeys(Behaviour().times_a_day(), 0.0) | {"like": 4, "upload": 2}
    assert work(times, measured) == pytest.approx(
        {
            "web": (4 + 2) * 0.0015,
            "PostgreSQL": (4 + 4 + 2) * 0.003,  # followers write half as much again
            "Redis": (4 + 4 + 2) * 0.003,
            "Celery": (4 + 2) * 0.001,
            "rendering": 2 * 0.1,
            "nginx": 0,
        }
    )


def test_what_nginx_does_for_a_load_is_what_the_visitors_show(measured: Measured) -> None:
    times = dict.fromkeys(Behaviour().times_a_day(), 0.0) | {"load": 3}
    assert work(times, measured)["nginx"] == pytest.approx(3 * 0.001)


def test_what_a_web_process_does_beside_the_application_is_the_rest_of_what_the_visitors_show(
    growth: dict[str, Any], visitors: dict[str, Any]
) -> None:
    cores = visitors["cores"] | {"web: feed": visitors["loads_a_second"] / 4}  # 1 s for each page that is composed
    application = growth["points"][2]["costs"]["feed composed"]["app"]
    assert Measured.at(growth, visitors | {"stored": 0.75, "cores": cores}).serving == pytest.approx(1000 - application)
    nothing = visitors | {"cores": visitors["cores"] | {"web: feed": 0}}
    assert Measured.at(growth, nothing).serving == 0


def test_twice_the_members_need_twice_the_cores_and_disks(measured: Measured) -> None:
    one, two = Plan(10**5, measured), Plan(2 * 10**5, measured)
    for part, cores in one.cores.items():
        assert two.cores[part] == pytest.approx(2 * cores)
    assert two.photo_bytes == 2 * one.photo_bytes == 2 * 10**5 * 365 * 1_000_000
    assert two.redis_bytes == 2 * one.redis_bytes == 2 * 10**5 * 10_000
    assert two.databases["content"] == pytest.approx(2 * one.databases["content"])


def test_the_busiest_hour_is_that_of_a_day_or_of_all_who_look_at_once(measured: Measured) -> None:
    calm = Behaviour(at_once=0.001)
    assert Plan(86_400, measured, calm).a_second("load") == pytest.approx(0.5 * 4 * 3)
    assert Plan(86_400, measured).a_second("load") == pytest.approx(86_400 * 0.05 / 60)
    assert Plan(86_400, measured).a_second("like") == pytest.approx(10 * 3)


def test_a_small_site_has_machines_to_lose_one(measured: Measured) -> None:
    assert Plan(1000, measured).machines == {"nginx, web, Celery": 2, "Redis": 2, "PostgreSQL": 2, "object store": 3}


def test_machines_are_whole(measured: Measured) -> None:
    found = [Plan(members, measured).machines for members in range(10**6, 3 * 10**6, 10**5)]
    assert all(isinstance(count, int) for machines in found for count in machines.values())
    for part in found[0]:
        counts = [machines[part] for machines in found]
        assert counts == sorted(counts)


def test_a_group_that_has_outgrown_its_servers_gets_one_more(measured: Measured) -> None:
    measured = replace(measured, bytes_of={"auth": {}, "friends": {}, "content": {"member": GB}})
    just = round(2 * SERVER_BYTES / GB) - 1
    assert Plan(just, measured).servers("content") == 2
    assert Plan(just + 2, measured).servers("content") == 3
    assert Plan(just, measured).servers("friends") == 2  # so that a fault reaches half
    assert Plan(just, measured).machines["PostgreSQL"] == 2 * 2  # the small ones share these


def test_photos_are_sent_once_a_visit_pages_at_each_load(measured: Measured) -> None:
    quiet = Behaviour(at_once=0, pages=0)
    busy = replace(quiet, at_once=0.05)
    more = Plan(10**6, measured, busy).bits_out - Plan(10**6, measured, quiet).bits_out
    loads = 10**6 * (0.05 / 60 - 2 * 3 / 86_400)
    assert more == pytest.approx(8 * loads * busy.page)
    photos = 10**6 * 2 * 3 / 86_400 * 5 * busy.shown
    assert Plan(10**6, measured, replace(quiet, page=0)).bits_out == pytest.approx(8 * photos)


def test_a_search_for_a_word_asks_every_server(measured: Measured) -> None:
    costs = {
        name: cost if name == "search for a word" else dict.fromkeys(cost, 0) for name, cost in measured.costs.items()
    }
    measured = replace(measured, costs=costs, bytes_of={"auth": {}, "friends": {}, "content": {"member": GB}})
    few, many = Plan(900, measured), Plan(round(16 * SERVER_BYTES / GB) - 1, measured)
    assert (few.servers("content"), many.servers("content")) == (2, 16)
    each = few.cores["PostgreSQL"] / few.members
    assert many.cores["PostgreSQL"] / many.members == pytest.approx(4 * each)


def test_rows_grow_by_the_day(measured: Measured) -> None:
    plan = Plan(100, measured)
    assert plan.growth_a_day == pytest.approx(100 * (1000 + 10 * 100))


# --- The page


def test_the_page_has_the_tables_of_the_model() -> None:
    text = PAGE.read_text()
    assert with_tables(text, figures()) == text, ".venv/bin/python -m script.benches.capacity_page renews them"


def test_the_pages_plots_are_those_of_the_figures(growth: dict[str, Any], visitors: dict[str, Any]) -> None:
    for name, svg in draw(growth, visitors).items():
        assert f"(plots/{name})" in PAGE.read_text()
        assert words((PLOTS / name).read_text()) == words(svg), name


def words(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)<", svg)


def test_plots_can_be_read_on_a_white_page_and_on_a_dark_one(growth: dict[str, Any], visitors: dict[str, Any]) -> None:
    for name, svg in draw(growth, visitors).items():
        used = set(re.findall(r"#[0-9a-f]{6}", svg))
        assert used, name
        for colour in used:
            for page in ("#ffffff", "#0d1117"):
                assert contrast(colour, page) >= 3.8, (name, colour, page)


def contrast(one: str, other: str) -> float:
    """As WCAG has it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_figures_of_visitors_are_taken_from_their_report() -> None:
    values = {
        "members, each with a session and a connection": 50_000,
        "every 60 s: loads a second": 833,
        "every 60 s: pages found": 50.7,
        "every 60 s: cores of nginx, web, Redis, PostgreSQL": 1.1,
        "every 60 s: … of nginx": 0.1,
        "every 60 s: … of load": 0.9,
        "every 30 s: … of nginx": 0.2,
        "every 30 s: memory of Redis": 480,
    }
    report = {"commit": "abc", "rows": [{"measure": name, "value": value} for name, value in values.items()]}
    assert visitors_from(report) == {
        "source": "script/bench visitors at abc, every 60 s",
        "members": 50_000,
        "loads_a_second": 833,
        "cores": {"nginx": 0.1},
        "stored": pytest.approx(0.507),
        "redis_mb": 480,
    }
    assert of_load(visitors_from(report), "nginx") == pytest.approx(100 / 833)
