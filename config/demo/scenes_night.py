"""Scenes of the night: moon, stars, city lights, lamps in the rain."""

import math

from config.demo.canvas import Canvas, Colour, css, mix, radial, rgb, smooth
from config.demo.nature import BLACK, WHITE, forest, land, moon, reflect, ridge, stars, sun
from config.demo.palettes import ARCTIC, BLUE, DARK, EMBER, INDIGO, NIGHT, VIOLET, pick


def moonlit_hills(c: Canvas) -> str:
    m = pick(c.rng, (NIGHT, INDIGO, BLUE, VIOLET))
    c.sky(m.sky, 0.78)
    stars(c, c.h * 0.65, round(380 * c.w * c.h / 1.6e6))
    moon(
        c,
        c.w * c.rng.uniform(0.25, 0.75),
        c.h * c.rng.uniform(0.18, 0.36),
        c.u * c.rng.uniform(55, 120),
        m.sun,
    )
    c.clouds(mix(m.sky[-1], WHITE, 0.2), c.rng.uniform(0.2, 0.6), 0.4, 0.05, 0.7, stretch=5)
    n = c.rng.randint(4, 6)
    body = defs = ""
    for i in range(n):
        t = i / (n - 1)
        line = ridge(c, c.h * (0.62 + 0.3 * t), c.h * 0.07, 2.2, 0.32)
        colour = mix(mix(m.far, m.sky[-1], 0.35), m.near, t**0.9)
        shape, grade = land(c, f"l{i}", line, colour, mix(colour, m.sky[-1], 0.3 - 0.25 * t), c.h * 0.25)
        body, defs = body + shape, defs + grade
        if t > 0.4:
            body += forest(c, line, c.h * (0.02 + 0.05 * t), colour, c.u * (9 + 14 * t), 0.5)
    home = c.rng.random() < 0.6
    if home:
        x, y, s = c.w * c.rng.uniform(0.25, 0.75), c.h * 0.86, c.u * 34
        body += (
            f'<path d="M{x} {y}v{-s}l{s * 0.75} {-s * 0.6}l{s * 0.75} {s * 0.6}v{s}z" fill="{css(mix(m.near, BLACK, 0.5))}"/>'
            f'<rect x="{x + s * 0.3}" y="{y - s * 0.75}" width="{s * 0.32}" height="{s * 0.36}" fill="{css(m.accent)}"/>'
            f'<rect x="{x + s * 0.9}" y="{y - s * 0.75}" width="{s * 0.32}" height="{s * 0.36}" fill="{css(m.accent)}"/>'
        )
    c.svg(body, defs)
    if home:
        c.shine(c.disc_light(x + s * 0.7, y - s * 0.6, s * 1.6), m.accent, 0.5)
    c.clouds(mix(m.sky[-1], WHITE, 0.15), 0.8, 0.35, 0.68, 0.95, stretch=6)
    c.bloom(0.4, 0.5)
    return "The moon over wooded hills" + (", and one house with its lights on" if home else " and a sky full of stars")


def northern_lights(c: Canvas) -> str:
    m = pick(c.rng, (ARCTIC, NIGHT))
    c.sky(m.sky, 0.8)
    stars(c, c.h * 0.7, round(420 * c.w * c.h / 1.6e6))
    low = rgb(c.rng.choice(("#58f0a7", "#6df2c3", "#8df27a")))
    high = rgb(c.rng.choice(("#8a5cf0", "#4f8df5", "#e05cc0")))
    for band in range(c.rng.randint(2, 3)):
        at = [(-0.1 * c.w + k * c.w * 0.24, c.h * (0.5 - 0.1 * band) + c.rng.gauss(0, c.h * 0.075)) for k in range(6)]
        body, n = "", 150
        tall = c.h * c.rng.uniform(0.24, 0.4)
        flicker = c.rng.random() * 9
        for i in range(n):
            p = i / n * (len(at) - 1)
            k = int(p)
            (x0, y0), (x1, y1) = at[k], at[k + 1]
            f = p - k
            f = f * f * (3 - 2 * f)
            x, y = x0 + (x1 - x0) * (p - k), y0 + (y1 - y0) * f
            h = tall * (0.7 + 0.3 * math.sin(i * 0.31 + flicker) * math.sin(i * 0.083)) * c.rng.uniform(0.8, 1.1)
            wide = c.w * 1.3 / n * 1.5
            glow = (0.55 + 0.45 * math.sin(i * 0.17 + flicker)) * c.rng.uniform(0.5, 1)
            body += f'<g transform="translate({x:.0f} {y:.0f}) scale({wide:.1f} {h:.0f})" opacity="{glow:.2f}"><rect y="-1" width="1" height="1.06" fill="url(#a)"/></g>'
        defs = (
            f'<linearGradient id="a" x1="0" y1="1" x2="0" y2="0"><stop offset="0" stop-color="{css(low)}" stop-opacity="0"/>'
            f'<stop offset="0.07" stop-color="{css(mix(low, WHITE, 0.3))}" stop-opacity="0.85"/>'
            f'<stop offset="0.4" stop-color="{css(low)}" stop-opacity="0.45"/>'
            f'<stop offset="0.75" stop-color="{css(high)}" stop-opacity="0.2"/>'
            f'<stop offset="1" stop-color="{css(high)}" stop-opacity="0"/></linearGradient>'
        )
        c.svg(body, defs, blur=c.u * 9)
    level = c.h * c.rng.uniform(0.7, 0.8)
    water = c.rng.random() < 0.5
    far = ridge(c, level - c.h * 0.04, c.h * 0.07, 3, 0.5, 0.7)
    shape, grade = land(c, "far", far, mix(m.far, m.near, 0.55), mix(m.near, low, 0.06), c.h * 0.2)
    c.svg(shape, grade)
    if water:
        reflect(c, level, m.near, 0.22, 0.8, squash=0.55)
    near = ridge(c, c.h * (0.97 if water else 0.88), c.h * 0.03, 2, 0.4)
    shape, grade = land(c, "near", near, mix(m.near, BLACK, 0.3), BLACK, c.h * 0.2)
    c.svg(shape + forest(c, near, c.h * 0.14, mix(m.near, BLACK, 0.3), c.u * 40, 0.4), grade)
    c.bloom(0.5, 0.45)
    return "Northern lights in green and violet over " + ("a still fjord" if water else "a dark forest")


def milky_way(c: Canvas) -> str:
    m = pick(c.rng, DARK)
    c.sky(m.sky, 0.95)
    angle = c.rng.uniform(0.6, 1.1) * c.rng.choice((-1, 1))
    ox = c.w * c.rng.uniform(0.4, 0.6)

    def band(x, y):  # type: ignore[no-untyped-def]
        off = ((x * c.w - ox) * math.cos(angle) - (y * c.h - c.h * 0.4) * math.sin(angle)) * (1 / (c.u * 190))
        return (off * off * -1).exp()

    way = c.field(band)
    dust = c.enlarge(c.noise(1.3, 1.0))
    thick = c.enlarge(c.noise(1, 2.2))
    glow = ((way * dust) >> 8).cast("uchar")
    c.shine(glow, mix(m.sky[-1], WHITE, 0.35), 0.85)
    c.shine(((glow * thick) >> 8).cast("uchar"), rgb(c.rng.choice(("#ffc9a0", "#f2b6e0", "#ffd9b0"))), 0.8)
    stars(c, c.h * 0.95, round(1500 * c.w * c.h / 1.6e6))
    n, body, defs = 2, "", ""
    for i in range(n):
        line = ridge(c, c.h * (0.82 + 0.1 * i), c.h * 0.05, 3, 0.5, 0.5 * (1 - i))
        colour = mix(mix(m.far, m.near, 0.5), mix(m.near, BLACK, 0.4), i)
        shape, grade = land(c, f"l{i}", line, colour, mix(colour, BLACK, 0.3), c.h * 0.2)
        body, defs = body + shape, defs + grade
    tent = c.rng.random() < 0.65
    x, y, s = c.w * c.rng.uniform(0.25, 0.65), c.h * 0.93, c.u * 80
    if tent:
        defs += radial("tent", [(0, rgb("#fff0b8"), 1), (0.6, rgb("#ffb347"), 1), (1, rgb("#c8551f"), 1)], 0.5, 0.8)
        body += (
            f'<path d="M{x - s} {y}Q{x - s * 0.25} {y - s * 0.5} {x} {y - s * 1.05}Q{x + s * 0.3} {y - s * 0.5} {x + s * 1.1} {y}Z" fill="url(#tent)"/>'
            f'<path d="M{x} {y - s * 1.05}L{x + s * 0.08} {y}" stroke="#8a3a14" stroke-width="{s * 0.03:.1f}"/>'
        )
    line = ridge(c, c.h * 0.95, c.h * 0.02, 2, 0.4)
    shape, grade = land(c, "near", line, mix(m.near, BLACK, 0.55), BLACK, c.h * 0.1)
    c.svg(body + shape + forest(c, line, c.h * 0.12, mix(m.near, BLACK, 0.55), c.u * 90, 0.45), defs + grade)
    if tent:
        c.shine(c.disc_light(x, y - s * 0.4, s * 1.7), rgb("#ff9d3f"), 0.5)
    c.bloom(0.4, 0.55)
    return "The Milky Way above " + ("a tent lit from inside" if tent else "dark hills")


def city(c: Canvas) -> str:
    m = pick(c.rng, (BLUE, VIOLET, NIGHT, EMBER, INDIGO))
    level = c.h * c.rng.uniform(0.66, 0.76)
    c.sky(m.sky, level / c.h)
    if m.name in ("night", "midnight"):
        stars(c, level * 0.7, 160)
        if c.rng.random() < 0.6:
            moon(c, c.w * c.rng.uniform(0.2, 0.8), c.h * 0.16, c.u * 44, m.sun)
    elif c.rng.random() < 0.5:
        sun(c, c.w * c.rng.uniform(0.2, 0.8), level * 0.72, c.u * 50, m.sun, 0.5, 5)
    c.clouds(mix(m.sky[-1], WHITE, 0.2), 0.5, 0.35, 0.1, level / c.h, stretch=5)
    lamps = [rgb(v) for v in ("#ffd98a", "#ffbe6b", "#fff1cf", "#ffe2a8", "#bfe0ff")]
    for layer in range(3):
        t = layer / 2
        wall = mix(mix(m.far, m.sky[-1], 0.3), mix(m.near, BLACK, 0.2), 0.25 + 0.75 * t)
        c.svg(_buildings(c, level, wall, 1 - 0.35 * t, lamps, t))
        if layer < 2:
            c.clouds(m.sky[-1], 0.9, 0.35, level / c.h - 0.22, level / c.h + 0.05, stretch=6)
    c.svg(f'<rect y="{level - c.u * 7}" width="{c.w}" height="{c.u * 9}" fill="{css(mix(m.near, BLACK, 0.4))}"/>' + "".join(
        f'<circle cx="{c.rng.random() * c.w:.0f}" cy="{level - c.u * 10:.0f}" r="{c.u * 2.4:.1f}" fill="{css(c.rng.choice(lamps))}"/>' for _ in range(70)
    ))  # fmt: skip
    c.bloom(0.75, 0.5, 18)
    reflect(c, level, mix(m.near, m.sky[1], 0.3), 0.25, 1.5)
    c.bloom(0.25, 0.55, 30)
    return f"The lit windows of a city by the water at {m.name}"


def _buildings(c: Canvas, level: float, wall: Colour, tall: float, lamps: list[Colour], near: float) -> str:
    walls, windows = "", {css(lamp): "" for lamp in lamps}
    x = -c.u * 40
    centre = c.rng.uniform(0.3, 0.7) * c.w
    cell = c.u * (9 + 5 * near)
    while x < c.w:
        w = round(c.u * c.rng.uniform(45, 110) * (0.8 + 0.4 * near) / cell) * cell
        hill = math.exp(-(((x - centre) / (c.w * 0.3)) ** 2))
        h = c.h * tall * (0.08 + c.rng.uniform(0.06, 0.2) + 0.24 * hill * c.rng.random())
        y = level - h
        walls += f"M{x:.1f} {level:.1f}V{y:.1f}h{w:.1f}V{level:.1f}Z"
        top = c.rng.random()
        if top < 0.2:
            walls += f"M{x + w * 0.5 - c.u * 2:.1f} {y:.1f}l{c.u * 2:.1f} {-h * 0.25:.1f}l{c.u * 2:.1f} {h * 0.25:.1f}Z"
        elif top < 0.4:
            walls += f"M{x + w * 0.2:.1f} {y:.1f}v{-cell * 2:.1f}h{w * 0.6:.1f}v{cell * 2:.1f}Z"
        elif top < 0.5:
            walls += f"M{x:.1f} {y:.1f}l{w / 2:.1f} {-w * 0.6:.1f}l{w / 2:.1f} {w * 0.6:.1f}Z"
        lit = c.rng.uniform(0.08, 0.5)
        lamp = css(c.rng.choice(lamps))
        for row in range(1, int(h / cell / 1.35)):
            for column in range(int(w / cell)):
                if c.rng.random() < lit:
                    tone = lamp if c.rng.random() < 0.7 else css(c.rng.choice(lamps))
                    windows[tone] += (
                        f"M{x + (column + 0.25) * cell:.1f} {y + row * cell * 1.35:.1f}h{cell * 0.5:.1f}v{cell * 0.62:.1f}h{-cell * 0.5:.1f}Z"
                    )
        x += w + (c.rng.random() < 0.25) * c.u * 14
    bright = 0.55 + 0.45 * near
    return f'<path d="{walls}" fill="{css(wall)}"/>' + "".join(
        f'<path d="{d}" fill="{tone}" fill-opacity="{bright:.2f}"/>' for tone, d in windows.items()
    )


def rainy_window(c: Canvas) -> str:
    base = [
        rgb(v)
        for v in c.rng.choice(
            (
                ("#0b1626", "#1c2f4a", "#3a3050"),
                ("#1a1020", "#3b1f38", "#55303a"),
                ("#08191c", "#12373b", "#2b4a40"),
            )
        )
    ]
    c.sky(base, 1)
    lamps = [rgb(v) for v in c.rng.choice((("#ffb347", "#ff6f4b", "#ffe08a", "#7fd0ff"), ("#ff5d8f", "#ffb86b", "#8f7bff", "#6be0ff"),
                                           ("#ffd27a", "#ff8f4b", "#f25c54", "#9be7c4")))]  # fmt: skip
    body = ""
    for _ in range(70):
        y = c.h * (0.3 + c.rng.gauss(0.15, 0.22))
        r, lamp = c.u * c.rng.uniform(20, 70 + 50 * c.rng.random()), css(c.rng.choice(lamps))
        body += (
            f'<g transform="translate({c.rng.random() * c.w:.0f} {min(c.h, y):.0f})" opacity="{c.rng.uniform(0.2, 0.75):.2f}">'
            f'<circle r="{r:.0f}" fill="{lamp}" fill-opacity="0.7"/><circle r="{r:.0f}" fill="none" stroke="{lamp}" stroke-width="{r * 0.08:.0f}"/></g>'
        )
    c.svg(body, blur=c.u * 5)
    c.bloom(0.5, 0.5, 50)
    blurred = c.image.resize(0.25).flipver().fliphor().cast("uchar").copy_memory()
    _drops(c, blurred)
    c.bloom(0.25, 0.6)
    return "City lights, out of focus, through drops of rain on a window"


def _drops(c: Canvas, upside_down) -> None:  # type: ignore[no-untyped-def]
    """Each drop is a lens: it shows the scene upside down, brighter, with a dark rim and a spark."""
    shapes = rims = sparks = ""
    for _ in range(c.rng.randint(150, 260)):
        r = c.u * (3 + 20 * c.rng.random() ** 4)
        x, y = c.rng.random() * c.w, c.rng.random() * c.h
        tall = c.rng.uniform(1, 1.35)
        shapes += f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{r:.1f}" ry="{r * tall:.1f}"/>'
        rims += f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{r:.1f}" ry="{r * tall:.1f}" fill="url(#rim)"/>'
        sparks += f'<ellipse cx="{x - r * 0.3:.1f}" cy="{y - r * 0.4:.1f}" rx="{r * 0.2:.1f}" ry="{r * 0.13:.1f}"/>'
    for _ in range(c.rng.randint(3, 7)):
        x, y, r = c.rng.random() * c.w, c.rng.random() * c.h * 0.6, c.u * c.rng.uniform(7, 13)
        trail = [(x + c.rng.gauss(0, r * 0.14), y - k * r * 6) for k in range(9)]
        shapes += f'<path d="{smooth(trail)}" stroke="#000" stroke-width="{r * 0.8:.1f}" fill="none" stroke-linecap="round"/><ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{r * 1.3:.1f}" ry="{r * 1.8:.1f}"/>'
        rims += f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{r * 1.3:.1f}" ry="{r * 1.8:.1f}" fill="url(#rim)"/>'
    mask = c.render(shapes)[3]
    lens = (c.enlarge(upside_down) * 1.05 + 22).cast("uchar")
    c.image = mask.ifthenelse(lens, c.image, blend=True).copy_memory()
    defs = radial("rim", [(0, BLACK, 0), (0.6, BLACK, 0.05), (1, BLACK, 0.5)], 0.5, 0.65)
    c.svg(rims + f'<g fill="#fff" fill-opacity="0.75">{sparks}</g>', defs)
