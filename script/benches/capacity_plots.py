"""The plots of docs/capacity.md, as SVG that can be read on a white page and on a dark one: no background, and colours
that are between the two."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from script.benches.capacity import DAY, MACHINE_CORES, Behaviour, Measured, Parts, Plan, stored_bytes, work

TEXT = "#7a7a7a"
COLOURS = ("#3b82c4", "#c9652b", "#2f9150", "#b0559e", "#a07d12", "#c4485a", "#5f7fa0", "#7b73d1")
MARKERS = "osD^vP*X"
SIZES = [10 ** (3 + step / 40) for step in range(201)]  # members: 10³ to 10⁸
LOOK = {
    "svg.fonttype": "none",
    "svg.hashsalt": "photoapp",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
    "lines.markersize": 6,
} | dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color", "grid.color"), TEXT)

Growth = dict[str, Any]


def draw(growth: Growth, visitors: dict[str, Any]) -> dict[str, str]:
    """SVG by file name."""
    with mpl.rc_context(LOOK):
        return {
            "cost-per-member.svg": svg(cost_per_member(growth, visitors)),
            "page-cost.svg": svg(page_cost(growth)),
        }


def svg(figure: Figure) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


# --- What a member costs


def cost_per_member(growth: Growth, visitors: dict[str, Any]) -> Figure:
    figure = Figure(figsize=(8, 12.5), layout="constrained")
    processor, bytes, machines = figure.subplots(3, 1, sharex=True)
    plot_work(processor, growth, visitors)
    plot_bytes(bytes, growth, visitors)
    plot_machines(machines, Measured.at(growth, visitors))
    for axes in (processor, bytes, machines):
        dress(axes)
    machines.set_xlabel("members")
    return figure


def plot_work(axes: Axes, growth: Growth, visitors: dict[str, Any]) -> None:
    times = Behaviour().times_a_day()
    model = work(times, Measured.at(growth, visitors))
    for part, colour, marker in styled(sorted(model, key=lambda part: -model[part])):
        axes.plot(SIZES, [model[part]] * len(SIZES), color=colour, label=part)
        if part not in ("nginx", "rendering"):  # not measured at each size
            found = [work(times, Measured.at(growth, visitors, n))[part] for n in numbers(growth)]
            axes.plot(members(growth), found, marker, color=colour)
    axes.set_title("Work: seconds of a core, a member and day, as assumed (lines: model; points: measured)")


def plot_bytes(axes: Axes, growth: Growth, visitors: dict[str, Any]) -> None:
    measured = Measured.at(growth, visitors)
    lines = {
        f"rows, {group}": [stored_bytes(size, growth["rows"], measured)[group] / size for size in SIZES]
        for group in measured.bytes_of
    }
    points = {
        f"rows, {group}": [one["bytes"][group] / one["members"] for one in growth["points"]]
        for group in measured.bytes_of
    }
    lines["Redis, if active"] = [measured.feed_bytes] * len(SIZES)
    points["Redis, if active"] = [one["feed_bytes"] for one in growth["points"]]
    for name, colour, marker in styled(list(lines)):
        axes.plot(SIZES, lines[name], color=colour, label=name)
        axes.plot(members(growth), points[name], marker, color=colour)
    axes.set_title("Bytes a member, with 20 follows, a post and two likes (lines: model; points: measured)")


def plot_machines(axes: Axes, measured: Measured) -> None:
    plans = [Plan(round(size), measured) for size in SIZES]
    for part, colour, _ in styled(list(plans[0].machines)):
        found = [plan.machines[part] * MACHINE_CORES * DAY / plan.members for plan in plans]
        axes.plot(SIZES, found, color=colour, label=part)
    axes.plot(SIZES, [sum(work_of(plan).values()) for plan in plans], "--", color=TEXT, label="work, on average")
    axes.set_title("What is provided for it: seconds of a core, a member and day, in whole machines (derived)")


def work_of(plan: Plan) -> Parts:
    return work(plan.behaviour.times_a_day(), plan.measured)


# --- What a page costs


def page_cost(growth: Growth) -> Figure:
    figure = Figure(figsize=(8, 6.5), layout="constrained")
    axes = figure.subplots()
    first, last = growth["points"][0]["costs"], growth["points"][-1]["costs"]
    names = sorted(last, key=lambda name: -last[name]["ms"])
    for number, (name, colour, marker) in enumerate(styled(names)):
        line = "-" if number < len(COLOURS) else "--"
        took = [one["costs"][name]["ms"] for one in growth["points"]]
        label = f"{name} ({last[name]['ms'] / first[name]['ms']:.2f} ×)"
        axes.plot(members(growth), took, f"{line}{marker}", color=colour, label=label)
    axes.set_title("What it takes, ms (in brackets: at the largest site ÷ at the smallest)")
    axes.set_xlabel("members")
    dress(axes)
    return figure


# --- All of them


def dress(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(people))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.25, linewidth=0.6)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))


def people(count: float, position: object) -> str:
    return f"{count / 1e6:,.0f} million" if count >= 1e6 else f"{count:,.0f}"


def styled(names: list[str]) -> Iterator[tuple[str, str, str]]:
    """Each with a colour and a marker."""
    for number, name in enumerate(names):
        yield name, COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]


def numbers(growth: Growth) -> range:
    return range(len(growth["points"]))


def members(growth: Growth) -> list[int]:
    return [one["members"] for one in growth["points"]]
