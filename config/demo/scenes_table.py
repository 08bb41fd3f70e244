"""Scenes on a table: fruit, a vase, a cup of coffee."""

import math

from config.demo.canvas import Canvas, blob, css, curve, linear, mix, radial, rgb, shift, smooth
from config.demo.nature import BLACK, WHITE
from config.demo.scenes_close import leaf_path


def still_life(c: Canvas) -> str:
    wall, table = [
        rgb(v)
        for v in c.rng.choice(
            (
                ("#3b4a4f", "#6e4a33"),
                ("#57473f", "#2f2622"),
                ("#d8cdbd", "#b98d63"),
                ("#2c3a35", "#7a4a2f"),
                ("#c9a89a", "#7d5145"),
                ("#8aa0a3", "#d9cbb6"),
            )
        )
    ]
    edge = c.h * c.rng.uniform(0.6, 0.68)
    light = c.rng.choice((-1, 1))
    c.sky((mix(wall, BLACK, 0.25), wall), 1)
    c.shine(c.disc_light(c.w * (0.5 + light * 0.3), c.h * 0.25, c.u * 380), rgb("#ffe3ba"), 0.35)
    grade = linear(
        "t",
        [(0, mix(table, BLACK, 0.25), 1), (0.25, table, 1), (1, mix(table, BLACK, 0.45), 1)],
        x1=0,
        y1=edge,
        x2=0,
        y2=c.h,
    )
    c.svg(f'<rect y="{edge}" width="{c.w}" height="{c.h}" fill="url(#t)"/>', grade)
    grain = c.enlarge(c.noise(9, 2.5)).maplut(curve(lambda v: 0.82 + 0.18 * v))
    top = round(edge)
    c.image = c.image.insert(
        ((c.image.crop(0, top, c.w, c.h - top) * grain.crop(0, top, c.w, c.h - top)) >> 8).cast("uchar"),
        0,
        top,
    ).copy_memory()
    n = c.rng.randint(4, 7)
    kinds = c.rng.sample(("apple", "orange", "lemon", "pear", "plum", "apple", "orange", "peach"), n)
    spread = min(c.w * 0.72, c.h * 1.1)
    places = [
        (
            c.w / 2 - spread / 2 + spread * (i + 0.5) / n + c.rng.gauss(0, c.u * 14),
            edge + c.h * c.rng.uniform(0.06, 0.2),
        )
        for i in range(n)
    ]
    fruit, r0 = sorted(zip(places, kinds, strict=True), key=lambda f: f[0][1]), spread / n * 0.66
    vase = c.rng.random() < 0.5
    if vase:
        _vase(c, c.w / 2 + c.rng.choice((-0.25, 0.25)) * spread, edge + c.h * 0.06, c.u * 330, light)
    for i, ((x, y), kind) in enumerate(fruit):
        r = min(r0 * 1.1, c.u * 155) * c.rng.uniform(0.85, 1.12) * (0.8 if kind in ("plum", "lemon") else 1)
        c.svg(
            f'<ellipse cx="{x - light * r * 0.55:.0f}" cy="{y + r * 0.02:.0f}" rx="{r * 1.35:.0f}" ry="{r * 0.26:.0f}"/>',
            blur=r * 0.12,
            opacity=0.55,
        )
        c.svg(*_fruit(c, kind, x, y - r * 0.86, r, light, i))
    c.bloom(0.22, 0.62)
    names = sorted(set(kinds))
    return (
        "A still life of "
        + ", ".join(f"{k}s" if k != "peach" else "peaches" for k in names[:-1])
        + f" and {'peaches' if names[-1] == 'peach' else names[-1] + 's'}"
        + (" with a vase" if vase else "")
        + " on a wooden table"
    )


def _fruit(c: Canvas, kind: str, x: float, y: float, r: float, light: int, i: int) -> tuple[str, str]:
    tone = shift(rgb({"apple": c.rng.choice(("#c8302b", "#a9b83a", "#d9542f")), "orange": "#f08a24", "lemon": "#f2cf3a", "pear": "#b8b545",
                      "plum": "#5d3466", "peach": "#f2a06b"}[kind]), c.rng.uniform(-0.015, 0.015))  # fmt: skip
    shape = {
        "apple": smooth(
            [
                (0, -r * 0.78),
                (r * 0.6, -r * 0.92),
                (r * 1.02, -r * 0.2),
                (r * 0.62, r * 0.78),
                (0, r * 0.84),
                (-r * 0.62, r * 0.78),
                (-r * 1.02, -r * 0.2),
                (-r * 0.6, -r * 0.92),
            ],
            True,
        ),
        "pear": smooth(
            [
                (0, -r * 1.75),
                (r * 0.36, -r * 1.4),
                (r * 0.6, -r * 0.55),
                (r * 1.0, r * 0.15),
                (r * 0.6, r * 0.84),
                (0, r * 0.88),
                (-r * 0.6, r * 0.84),
                (-r * 1.0, r * 0.15),
                (-r * 0.6, -r * 0.55),
                (-r * 0.36, -r * 1.4),
            ],
            True,
        ),
        "lemon": smooth(
            [
                (-r * 1.4, r * 0.1),
                (-r * 0.85, -r * 0.5),
                (0, -r * 0.78),
                (r * 0.85, -r * 0.5),
                (r * 1.4, r * 0.1),
                (r * 0.85, r * 0.62),
                (0, r * 0.86),
                (-r * 0.85, r * 0.62),
            ],
            True,
        ),
    }.get(kind, blob(c.rng, 0, 0, r * 0.96, 0.015, 0.92))
    fx, fy = 0.5 + light * 0.2, 0.28
    rim = mix(tone, BLACK, 0.72)
    defs = radial(
        f"f{i}",
        [
            (0, mix(tone, WHITE, 0.42), 1),
            (0.3, mix(tone, WHITE, 0.08), 1),
            (0.72, mix(tone, BLACK, 0.25), 1),
            (1, rim, 1),
        ],
        fx,
        fy,
    )
    body = f'<path d="{shape}" fill="url(#f{i})"/>'
    dots = "".join(
        f'<circle cx="{c.rng.gauss(0, r * 0.4):.1f}" cy="{c.rng.gauss(0, r * 0.36):.1f}" r="{max(0.8, r * 0.012):.1f}"/>'
        for _ in range(60)
    )
    body += f'<g fill="{css(mix(tone, WHITE, 0.5), 0.28)}">{dots}</g>'
    body += f'<ellipse cx="{light * r * 0.36:.1f}" cy="{-r * 0.42:.1f}" rx="{r * 0.2:.1f}" ry="{r * 0.13:.1f}" fill="#fff" fill-opacity="0.3" transform="rotate({light * 28})"/>'
    if kind in ("apple", "pear", "plum"):
        up = -r * 1.7 if kind == "pear" else -r * 0.78
        body += f'<path d="M0 {up:.1f}q{r * 0.06:.1f} {-r * 0.22:.1f} {r * 0.18:.1f} {-r * 0.36:.1f}" stroke="#3b2618" stroke-width="{r * 0.07:.1f}" fill="none" stroke-linecap="round"/>'
        if c.rng.random() < 0.6:
            body += f'<path d="M{r * 0.06:.1f} {up - r * 0.1:.1f}q{r * 0.35:.1f} {-r * 0.4:.1f} {r * 0.75:.1f} {-r * 0.12:.1f}q{-r * 0.35:.1f} {r * 0.3:.1f} {-r * 0.75:.1f} {r * 0.12:.1f}z" fill="#55713a"/>'
    return f'<g transform="translate({x:.0f} {y:.0f}) rotate({c.rng.uniform(-9, 9):.0f})">{body}</g>', defs


def _vase(c: Canvas, x: float, y: float, h: float, light: int) -> None:
    tone = rgb(c.rng.choice(("#e8e0d2", "#3f5f73", "#b5654a", "#7d8f7a")))
    half = [(0.2, -1), (0.13, -0.86), (0.16, -0.72), (0.34, -0.42), (0.3, -0.12), (0.2, 0)]
    at = [(px * h, py * h) for px, py in half]
    shape = smooth([*at, *[(-px, py) for px, py in reversed(at)]]) + "Z"
    a, b = (mix(tone, BLACK, 0.65), mix(tone, WHITE, 0.25))
    stops = (
        [(0, a, 1), (0.65, b, 1), (1, mix(tone, BLACK, 0.35), 1)]
        if light > 0
        else [(0, mix(tone, BLACK, 0.35), 1), (0.35, b, 1), (1, a, 1)]
    )
    defs = linear("v", stops, x1=-h * 0.34, y1=0, x2=h * 0.34, y2=0)
    twigs = ""
    for _ in range(5):
        lean = c.rng.gauss(0, 0.3)
        ex, ey = math.sin(lean) * h * 1.0, -h - math.cos(lean) * h * 0.55
        twigs += f'<path d="M0 {-h * 0.95:.0f}Q{ex * 0.3:.0f} {(-h + ey) / 2:.0f} {ex:.0f} {ey:.0f}" stroke="#4c5236" stroke-width="{h * 0.012:.1f}" fill="none"/>'
        for k in range(7):
            t = 0.35 + k * 0.1
            px, py = ex * t * t, -h * 0.95 + (ey + h * 0.95) * t
            twigs += f'<path d="{leaf_path(c, px + c.rng.gauss(0, h * 0.02), py, h * 0.038)}" fill="{css(mix(rgb("#7c8f5a"), rgb("#a8a05f"), c.rng.random()))}"/>'
    c.svg(
        f'<ellipse cx="{x - light * h * 0.2}" cy="{y}" rx="{h * 0.5}" ry="{h * 0.07}"/>',
        blur=c.u * 12,
        opacity=0.5,
    )
    c.svg(f'<g transform="translate({x:.0f} {y:.0f})">{twigs}<path d="{shape}" fill="url(#v)"/></g>', defs)


def coffee(c: Canvas) -> str:
    wood = rgb(c.rng.choice(("#8a5a3c", "#5b3d2e", "#c9a27a", "#dcd3c5", "#3f4a4d", "#b5c4bd")))
    c.sky((mix(wood, WHITE, 0.12), mix(wood, BLACK, 0.12)), 1)
    c.shade(c.enlarge(c.noise(12, 2.2)).maplut(curve(lambda v: 0.72 + 0.28 * v)))
    planks = "".join(
        f'<rect y="{k * c.u * 260:.0f}" width="{c.w}" height="{c.u * 4:.0f}" fill="{css(mix(wood, BLACK, 0.6), 0.7)}"/>'
        for k in range(1, 8)
    )
    c.svg(f'<g transform="rotate({c.rng.choice((0, 90, -8, 6))} {c.w / 2} {c.h / 2})">{planks}</g>', blur=1.2)
    x, y, r = c.w * c.rng.uniform(0.4, 0.6), c.h * c.rng.uniform(0.42, 0.58), c.u * c.rng.uniform(200, 270)
    china = rgb(c.rng.choice(("#f7f3ec", "#31424a", "#c9dad3", "#e3b7a0", "#f0e3d0", "#5c6f8a")))
    c.svg(f'<circle cx="{x + r * 0.2}" cy="{y + r * 0.28}" r="{r * 1.58}"/>', blur=c.u * 26, opacity=0.55)
    turn = c.rng.uniform(0, 360)
    heart = c.rng.random() < 0.5
    defs = (
        radial(
            "plate",
            [
                (0, mix(china, BLACK, 0.1), 1),
                (0.62, mix(china, WHITE, 0.15), 1),
                (0.7, mix(china, BLACK, 0.08), 1),
                (0.97, mix(china, WHITE, 0.35), 1),
                (1, mix(china, BLACK, 0.2), 1),
            ],
            0.45,
            0.42,
        )
        + radial("brew", [(0, rgb("#b5763f"), 1), (0.75, rgb("#8f5426"), 1), (1, rgb("#4f2a12"), 1)], 0.45, 0.4)
        + radial(
            "cup",
            [
                (0, mix(china, BLACK, 0.3), 1),
                (0.86, mix(china, WHITE, 0.1), 1),
                (0.95, mix(china, WHITE, 0.5), 1),
                (1, mix(china, BLACK, 0.12), 1),
            ],
            0.46,
            0.44,
        )
    )
    milk = css(rgb("#f8ead2"))
    s = r * 0.8
    if heart:
        art = "".join(
            f'<path transform="scale({k})" d="M0 {s * 0.72}C{-s * 0.9} {s * 0.1} {-s * 0.7} {-s * 0.75} 0 {-s * 0.32}C{s * 0.7} {-s * 0.75} {s * 0.9} {s * 0.1} 0 {s * 0.72}Z" fill="{milk if i % 2 == 0 else "#a5662f"}" fill-opacity="{0.96 if i % 2 == 0 else 0.8}"/>'
            for i, k in enumerate((0.95, 0.72, 0.6, 0.36, 0.26))
        )
    else:
        art = (
            f'<path d="M0 {s * 0.8}Q{s * 0.03} 0 0 {-s * 0.8}" stroke="#9a5c2a" stroke-width="{s * 0.04}" fill="none"/>'
        )
        for k in range(7):
            w, top = s * (0.72 - 0.09 * k), s * (0.5 - 0.19 * k)
            for sign in (-1, 1):
                art += f'<path d="M0 {top}C{sign * w * 0.5} {top - s * 0.02} {sign * w} {top - s * 0.12} {sign * w * 0.9} {top - s * 0.28}C{sign * w * 0.6} {top - s * 0.2} {sign * w * 0.2} {top - s * 0.16} 0 {top - s * 0.12}Z" fill="{milk}"/>'
        art += f'<path d="M0 {-s * 0.66}C{-s * 0.22} {-s * 0.95} 0 {-s * 0.86} 0 {-s * 0.8}C0 {-s * 0.86} {s * 0.22} {-s * 0.95} 0 {-s * 0.66}Z" fill="{milk}"/>'
    handle = f'<g transform="rotate({turn:.0f})"><path d="M{r * 0.9} {-r * 0.16}h{r * 0.42}q{r * 0.16} 0 {r * 0.16} {r * 0.16}t{-r * 0.16} {r * 0.16}h{-r * 0.42}z" fill="{css(mix(china, BLACK, 0.04))}" stroke="{css(mix(china, BLACK, 0.25))}" stroke-width="2"/></g>'
    c.svg(f'<circle cx="{x}" cy="{y}" r="{r * 1.6}" fill="url(#plate)"/>', defs)
    c.svg(f'<circle cx="{x + r * 0.12}" cy="{y + r * 0.16}" r="{r * 1.04}"/>', blur=c.u * 14, opacity=0.4)
    c.svg(
        f'<g transform="translate({x:.0f} {y:.0f})">{handle}<circle r="{r}" fill="url(#cup)"/><circle r="{r * 0.9}" fill="url(#brew)"/>'
        f'<g transform="rotate({c.rng.uniform(-40, 40):.0f})">{art}</g></g>', defs)  # fmt: skip
    beans = ""
    for _ in range(c.rng.randint(0, 16)):
        a, d, s = c.rng.uniform(0, 6.28), r * c.rng.uniform(1.75, 2.6), c.u * 19
        beans += f'<g transform="translate({x + math.cos(a) * d:.0f} {y + math.sin(a) * d:.0f}) rotate({c.rng.uniform(0, 180):.0f})"><ellipse rx="{s * 1.35}" ry="{s}" fill="#3b2114"/><path d="M{-s * 1.2} 0q{s * 0.6} {-s * 0.4} {s * 1.2} 0t{s * 1.2} 0" stroke="#1d0e08" stroke-width="{s * 0.22}" fill="none"/><ellipse cx="{-s * 0.3}" cy="{-s * 0.5}" rx="{s * 0.6}" ry="{s * 0.2}" fill="#fff" fill-opacity="0.16"/></g>'
    c.svg(beans)
    c.shine(c.disc_light(c.w * 0.1, c.h * 0.05, c.u * 380), rgb("#fff0d6"), 0.3)
    c.bloom(0.15, 0.7)
    return "A cup of coffee from above, a " + ("heart" if heart else "fern") + " poured into its milk foam"
