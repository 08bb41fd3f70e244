"""Scenes of land: each paints onto the canvas and says in a sentence what is to be seen."""

import math

from config.demo.canvas import Canvas, css, curve, linear, mix, points, rgb, smooth
from config.demo.nature import (
    BLACK,
    WHITE,
    bare_tree,
    birds,
    forest,
    grass,
    height_at,
    land,
    paper_lut,
    reflect,
    ridge,
    strokes_svg,
    sun,
    waves,
)
from config.demo.palettes import DAWN, DAY, EVENING, GOLDEN, LILAC, MIST, NORDIC, PEACH, STORM, pick


def mountains(c: Canvas) -> str:
    m = pick(c.rng, DAY + EVENING)
    c.sky(m.sky, 0.72)
    c.clouds(mix(m.sky[-1], WHITE, 0.35), c.rng.uniform(0.2, 0.7), 0.45, 0, 0.5, stretch=4)
    shines = c.rng.random() < 0.75
    if shines:
        sun(
            c,
            c.w * c.rng.uniform(0.2, 0.8),
            c.h * c.rng.uniform(0.2, 0.42),
            c.u * c.rng.uniform(22, 48),
            m.sun,
            0.6,
            5,
        )
    n, haze = c.rng.randint(5, 8), m.sky[-1]
    start, peaks = c.rng.uniform(0.4, 0.52), c.rng.uniform(0.15, 0.75)
    body = defs = ""
    for i in range(n):
        t = i / (n - 1)
        base, tall = c.h * (start + (0.97 - start) * t), c.h * (0.13 - 0.06 * t)
        line = ridge(c, base, tall, c.rng.uniform(2.5, 4.5) * max(1, c.w / c.h), 0.48, peaks * (1 - t))
        colour = mix(m.far, m.near, t**1.25)
        shape, grade = land(c, f"l{i}", line, colour, mix(colour, haze, 0.75 - 0.6 * t), c.h * 0.3)
        body, defs = body + shape, defs + grade
        if t > 0.55:
            body += forest(
                c, line, c.h * (0.018 + 0.05 * (t - 0.5)), colour, c.u * (6 + 18 * (t - 0.5)), 0.35 - 0.3 * t
            )
        if i in (n // 3, n - 3):
            c.svg(body, defs)
            body = defs = ""
            c.clouds(mix(haze, WHITE, 0.2), 0.8, 0.5, base / c.h - 0.06, base / c.h + 0.2, stretch=5)
    if c.rng.random() < 0.5:
        body += birds(c, c.w * c.rng.uniform(0.25, 0.75), c.h * 0.3, c.u * 15, mix(m.near, m.far, 0.3))
    c.svg(body, defs)
    c.bloom(0.3)
    return f"Ridge behind ridge of mountains in the mist at {m.name}" + (", the sun low above them" if shines else "")


def foggy_forest(c: Canvas) -> str:
    m = pick(c.rng, (MIST, LILAC, STORM, GOLDEN, DAWN, NORDIC))
    fog = mix(m.sky[-1], m.sky[-2], 0.5)
    c.sky((mix(m.sky[1], fog, 0.5), fog, mix(fog, WHITE, 0.35)), 0.7)
    light = c.rng.uniform(0.2, 0.8)
    c.shine(c.disc_light(c.w * light, c.h * c.rng.uniform(0.1, 0.4), c.u * 420), m.sun, 0.4)
    n = c.rng.randint(4, 6)
    for i in range(n):
        t = i / (n - 1)
        colour = mix(mix(fog, m.far, 0.4), m.near, t**1.5)
        line = ridge(c, c.h * (0.56 + 0.4 * t), c.h * 0.04, 3, 0.4)
        tall = c.h * (0.24 + 0.5 * t**1.6)
        shape, defs = land(c, "g", line, colour, mix(colour, fog, 0.3 * (1 - t)), c.h * 0.3)
        c.svg(shape + forest(c, line, tall, colour, tall * c.rng.uniform(0.16, 0.3), 0.15 + 0.35 * t), defs,
              blur=c.u * 1.6 if i == 0 else 0)  # fmt: skip
        if i < n - 1:
            c.clouds(mix(fog, WHITE, 0.15), 0.95, 0.62, 0.4 + 0.3 * t, 0.95, stretch=3, zoom=0.9)
    if c.rng.random() < 0.5:
        rays(c, c.w * light, m.sun)
    c.bloom(0.3, 0.6)
    return f"Fog between the firs of a forest at {m.name}"


def rays(c: Canvas, x: float, colour: tuple[float, float, float]) -> None:
    body = ""
    for _ in range(9):
        a = c.rng.uniform(-0.75, 0.75)
        reach, wide = c.h * 1.2, c.rng.uniform(0.02, 0.06)
        tips = [(x + math.sin(a + s) * reach, -c.h * 0.15 + math.cos(a + s) * reach) for s in (-wide, wide)]
        body += f'<path d="{points([(x, -c.h * 0.15), *tips])}Z" fill="url(#ray)"/>'
    defs = linear("ray", [(0, colour, 0.34), (0.85, colour, 0)], x1=0, y1=0, x2=0, y2=c.h * 0.9)
    c.svg(body, defs, blur=c.u * 14)


def dunes(c: Canvas) -> str:
    m = pick(c.rng, EVENING)
    c.sky(m.sky, 0.6)
    c.clouds(mix(m.sky[-1], WHITE, 0.4), 0.25, 0.4, 0, 0.45, stretch=6)
    side = c.rng.choice((-1, 1))
    if c.rng.random() < 0.7:
        sun(
            c,
            c.w * (0.5 + side * c.rng.uniform(0.15, 0.35)),
            c.h * c.rng.uniform(0.2, 0.36),
            c.u * 36,
            m.sun,
            0.55,
        )
    sand = mix(rgb("#e8a765"), m.sky[-1], 0.25)
    shadow = mix(rgb("#7a3f35"), m.near, 0.45)
    n = c.rng.randint(4, 6)
    body = defs = ""
    for i in range(n):
        t = i / (n - 1)
        top = c.h * (0.42 + 0.42 * t)
        far = 1 - t
        lit = mix(mix(sand, WHITE, 0.12 * t), m.sky[-1], 0.55 * far)
        dark = mix(shadow, m.sky[-1], 0.6 * far)
        crest_x = c.w * c.rng.uniform(0.15, 0.85)
        tall = c.h * c.rng.uniform(0.1, 0.17) * (0.6 + 0.6 * t)
        left = [
            (-0.05 * c.w, top + tall * c.rng.uniform(0.5, 1)),
            (crest_x * 0.55, top + tall * 0.3),
            (crest_x, top - tall * 0.25),
        ]
        right = [
            (crest_x + (c.w - crest_x) * 0.5, top + tall * 0.35),
            (c.w * 1.05, top + tall * c.rng.uniform(0.6, 1.1)),
        ]
        outline = smooth([*left, *right])
        defs += linear(
            f"s{i}",
            [(0, lit, 1), (1, mix(lit, dark, 0.5), 1)],
            x1=0,
            y1=top - tall,
            x2=0,
            y2=top + tall * 2.6,
        )
        defs += linear(f"d{i}", [(0, dark, 0.95), (1, dark, 0.25)], x1=0, y1=top - tall, x2=0, y2=top + tall * 2.8)
        body += f'<path d="{outline}L{c.w * 1.05} {c.h}L{-c.w * 0.05} {c.h}Z" fill="url(#s{i})"/>'
        sway = c.w * c.rng.uniform(0.05, 0.16) * side
        edge = [(crest_x, top - tall * 0.25), (crest_x + sway * 0.4, top + tall * 0.4), (crest_x - sway * 0.5, top + tall * 1.1),
                (crest_x + sway, top + tall * 2), (crest_x + sway * 0.3, c.h * 1.02)]  # fmt: skip
        lee = [*right, (c.w * 1.05, c.h * 1.02)] if side < 0 else [*reversed(left[:2]), (-0.05 * c.w, c.h * 1.02)]
        over = smooth([edge[0], *lee[:-1]])
        body += f'<path d="{over}L{lee[-1][0]:.0f} {c.h * 1.02:.0f}L{edge[-1][0]:.0f} {edge[-1][1]:.0f}{smooth(edge[::-1]).replace("M", "L", 1)}Z" fill="url(#d{i})"/>'
    c.svg(body, defs)
    ripples = waves(c, c.h * 0.5, 0.8).maplut(paper_lut(0.42, 0.75))
    fade = ripples.resize(1).maplut(curve(lambda v: 1 - 0.16 * v))
    span = c.h - round(c.h * 0.5)
    mask = fade.resize(c.w / fade.width, vscale=span / fade.height, kernel="linear").embed(
        0, 0, c.w, span, extend="copy"
    )
    c.shade(mask.embed(0, c.h - span, c.w, c.h, background=255, extend="background").cast("uchar"))
    c.bloom(0.3)
    return f"Wind-drawn desert dunes at {m.name}, one side in the light and one in the shadow"


def snow_tree(c: Canvas) -> str:
    m = pick(c.rng, (NORDIC, DAWN, LILAC, PEACH, MIST))
    c.sky(tuple(mix(s, WHITE, 0.25) for s in m.sky), 0.66)
    if c.rng.random() < 0.6:
        sun(c, c.w * c.rng.uniform(0.15, 0.85), c.h * c.rng.uniform(0.3, 0.5), c.u * 40, m.sun, 0.5, 5)
    level = c.h * c.rng.uniform(0.64, 0.74)
    c.svg(
        forest(c, [(0, level), (c.w, level)], c.h * 0.06, mix(m.far, m.sky[-1], 0.45), c.u * 13, 0.2),
        blur=c.u * 1.2,
    )
    snow, shade = mix(WHITE, m.sky[-1], 0.18), mix(mix(m.sky[0], WHITE, 0.5), m.sky[-1], 0.1)
    line = ridge(c, level + c.h * 0.02, c.h * 0.022, 1.5, 0.3)
    shape, defs = land(c, "snow", line, snow, shade, c.h * 0.42)
    x = c.w * c.rng.choice((0.34, 0.62, 0.5, 0.68))
    y = height_at(line, x, c.w) + c.h * 0.025
    tall = min(c.h * 0.55, c.w * 0.75) * c.rng.uniform(0.75, 1.05)
    strokes, tips = bare_tree(c.rng, x, y, tall)
    dark = mix(m.near, BLACK, 0.25)
    cast = "".join(
        f'<path d="{"".join(d)}" stroke="{css(mix(shade, m.near, 0.5))}" stroke-width="{w}" fill="none"/>'
        for w, d in strokes.items()
    )
    skew = c.rng.choice((-1.6, 1.4))
    c.svg(shape, defs)
    c.svg(f'<g transform="translate({x:.0f} {y:.0f}) matrix(1 0 {skew} -0.32 0 0) translate({-x:.0f} {-y:.0f})">{cast}</g>',
          blur=c.u * 2.5, opacity=0.4)  # fmt: skip
    frost = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{c.rng.uniform(1, 3.4) * c.u:.1f}"/>' for a, b in tips)
    c.svg(strokes_svg(strokes, dark) + f'<g fill="{css(WHITE, 0.7)}">{frost}</g>')
    snowfall(c)
    return f"A lone bare tree on a field of snow at {m.name}"


def snowfall(c: Canvas) -> None:
    flakes = "".join(
        f'<circle cx="{c.rng.random() * c.w:.0f}" cy="{c.rng.random() * c.h:.0f}" r="{c.rng.uniform(0.8, 3.2) * c.u:.1f}"/>'
        for _ in range(c.rng.randint(60, 260))
    )
    big = "".join(
        f'<circle cx="{c.rng.random() * c.w:.0f}" cy="{c.rng.random() * c.h:.0f}" r="{c.rng.uniform(5, 13) * c.u:.1f}"/>'
        for _ in range(c.rng.randint(8, 26))
    )
    c.svg(f'<g fill="#fff" fill-opacity="0.8">{flakes}</g>')
    c.svg(f'<g fill="#fff" fill-opacity="0.5">{big}</g>', blur=c.u * 6)


def lake(c: Canvas) -> str:
    m = pick(c.rng, DAY + EVENING)
    level = c.h * c.rng.uniform(0.5, 0.6)
    c.sky(m.sky, level / c.h)
    c.clouds(mix(m.sky[-1], WHITE, 0.6), c.rng.uniform(0.35, 0.7), 0.7, 0, 0.45, stretch=3)
    line = ridge(c, level - c.h * 0.13, c.h * 0.17, 3 * c.w / c.h, 0.5, 0.85)
    colour = mix(m.far, m.near, 0.3)
    shape, defs = land(c, "far", line, colour, mix(colour, m.sky[-1], 0.55), c.h * 0.3)
    c.svg(shape + snow_caps(c, line, mix(WHITE, m.sky[-1], 0.25)), defs)
    c.clouds(mix(m.sky[-1], WHITE, 0.3), 0.8, 0.55, level / c.h - 0.12, level / c.h + 0.1, stretch=6)
    near = ridge(c, level - c.h * 0.015, c.h * 0.03, 2, 0.4)
    shore = mix(m.far, m.near, 0.75)
    shape, defs = land(c, "near", near, shore, mix(shore, BLACK, 0.2), c.h * 0.1)
    c.svg(shape + forest(c, near, c.h * 0.085, shore, c.u * 17, 0.12), defs)
    reflect(c, level, mix(m.sky[0], m.near, 0.4), 0.24, c.rng.uniform(0.4, 1))
    c.clouds(mix(m.sky[-1], WHITE, 0.3), 0.9, 0.4, level / c.h - 0.03, level / c.h + 0.035, stretch=9)
    if c.rng.random() < 0.65:
        y = c.h * 1.01
        c.svg(grass(c, y, c.h * 0.16, 90, (mix(m.near, BLACK, 0.3), m.near), 0.2), blur=c.u * 2)
    c.bloom(0.25)
    return f"Snow-capped mountains mirrored in a still lake at {m.name}"


def snow_caps(c: Canvas, line: list[tuple[float, float]], colour: tuple[float, float, float]) -> str:
    """Snow on all that rises above a line, its lower edge torn."""
    low = sorted(y for _, y in line)[len(line) * 45 // 100]
    body, run = "", []
    for x, y in [*line, (c.w, low + 1)]:
        if y < low:
            run.append((x, y))
        elif run:
            edge = [(px, min(low, py + (low - py) * c.rng.uniform(0.25, 1))) for px, py in reversed(run)]
            body += f'<path d="{points(run + edge)}Z" fill="{css(colour, 0.82)}"/>'
            run = []
    return body


def poppies(c: Canvas) -> str:
    m = pick(c.rng, (GOLDEN, NORDIC, PEACH, MIST, LILAC))
    level = c.h * c.rng.uniform(0.34, 0.46)
    c.sky(m.sky, level / c.h)
    c.clouds(mix(m.sky[-1], WHITE, 0.6), 0.5, 0.6, 0, level / c.h)
    sun(c, c.w * c.rng.uniform(0.2, 0.8), level * 0.62, c.u * 50, m.sun, 0.55, 5)
    far = ridge(c, level, c.h * 0.035, 3, 0.45)
    shape, defs = land(c, "far", far, mix(m.far, rgb("#6f8f5a"), 0.3), mix(m.far, rgb("#8aa05c"), 0.5), c.h * 0.1)
    c.svg(shape, defs, blur=c.u * 3)
    green, deep = mix(rgb("#7f9a4a"), m.sky[-1], 0.2), mix(rgb("#2d4a2a"), m.near, 0.3)
    field = [(0, level + c.h * 0.04), (c.w * 0.5, level + c.h * 0.025), (c.w, level + c.h * 0.045)]
    shape, defs = land(c, "field", field, green, deep, c.h - level)
    c.svg(shape, defs, blur=c.u * 2)
    flower = c.rng.choice(("poppies", "poppies", "cornflowers", "daisies"))
    petals = {"poppies": ("#e8402c", "#c92a22", "#f4624a"), "cornflowers": ("#4f6fd8", "#3a55b8", "#7d93e8"),
              "daisies": ("#fbf7ee", "#f0e8da", "#ffffff")}[flower]  # fmt: skip
    colours = [rgb(p) for p in petals]
    rows = 15
    body = ""
    for i in range(rows):
        t = (i / (rows - 1)) ** 1.7
        y = level + c.h * 0.045 + (c.h - level) * 0.97 * t
        size = c.u * (4 + 58 * t**1.25)
        blades = grass(
            c,
            y + size * 1.5,
            size * 3.2,
            36 + round(50 * (1 - t)),
            (mix(green, deep, t), mix(green, deep, 0.4 + t / 2)),
        )
        heads = ""
        for _ in range(round(5 + 48 * (1 - t) ** 2)):
            x, dy = c.rng.uniform(-0.02, 1.02) * c.w, c.rng.gauss(0, size * 1.1)
            heads += blossom(c, x, y + dy - size, size * c.rng.uniform(0.6, 1.1), c.rng.choice(colours), flower)
        body += blades + heads
        if i in (5, 12, rows - 1):
            c.svg(body, blur=c.u * (2.2, 0, 7)[(5, 12, rows - 1).index(i)])
            body = ""
    c.bloom(0.3)
    return f"A meadow full of {flower} at {m.name}"


def blossom(c: Canvas, x: float, y: float, r: float, colour: tuple[float, float, float], kind: str) -> str:
    stalk = f'<path d="M{x:.1f} {y:.1f}q{r * 0.2:.1f} {r:.1f} {c.rng.gauss(0, r * 0.3):.1f} {r * 2.6:.1f}" stroke="#47602f" stroke-width="{r * 0.1:.1f}" fill="none"/>'
    if kind == "poppies":
        dark, tilt = css(mix(colour, BLACK, 0.28)), c.rng.uniform(-25, 25)
        return stalk + (
            f'<g transform="translate({x:.1f} {y:.1f}) rotate({tilt:.0f})">'
            f'<ellipse rx="{r:.1f}" ry="{r * 0.62:.1f}" cy="{-r * 0.18:.1f}" fill="{dark}"/>'
            f'<path d="M{-r:.1f} {-r * 0.2:.1f}C{-r:.1f} {r:.1f} {r:.1f} {r:.1f} {r:.1f} {-r * 0.2:.1f}'
            f'Q{r * 0.5:.1f} {r * 0.25:.1f} 0 {r * 0.06:.1f}Q{-r * 0.5:.1f} {r * 0.3:.1f} {-r:.1f} {-r * 0.2:.1f}Z" fill="{css(colour)}"/>'
            f'<ellipse rx="{r * 0.22:.1f}" ry="{r * 0.13:.1f}" cy="{-r * 0.08:.1f}" fill="#2b1a1e"/></g>'
        )
    n = 11
    petals = "".join(
        f'<ellipse cx="{r * 0.6:.1f}" rx="{r * 0.42:.1f}" ry="{r * 0.16:.1f}" transform="rotate({k * 360 / n:.0f})"/>'
        for k in range(n)
    )
    heart = "#f2b632" if kind == "daisies" else "#2c3a86"
    return stalk + (
        f'<g transform="translate({x:.1f} {y:.1f}) scale(1 {c.rng.uniform(0.55, 0.9):.2f})" fill="{css(colour)}">'
        f'{petals}<circle r="{r * 0.27:.1f}" fill="{heart}"/></g>'
    )
