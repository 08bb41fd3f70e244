"""Scenes of colour and shape: cut paper, balloons, rows of lavender, sunlit walls."""

import math

from config.demo.canvas import Canvas, Colour, css, curve, linear, mix, points, radial, rgb, shift, smooth
from config.demo.nature import BLACK, WHITE, forest, height_at, land, ridge, sun
from config.demo.palettes import BLUE, DAWN, GOLDEN, LILAC, MINT, MIST, NORDIC, PEACH, VIOLET, pick


def paper_cut(c: Canvas) -> str:
    sheets = [rgb(v) for v in c.rng.choice((
        ("#f6e7cb", "#f2b880", "#e8825c", "#c8553d", "#7d2e3a", "#3a1a2e"), ("#e7f0e4", "#b5d6c6", "#6fb0a8", "#33808a", "#1b4f66", "#0f2c45"),
        ("#fbe8e4", "#f3b9bb", "#d9829b", "#a5577f", "#6a3566", "#33204a"), ("#fdf0d5", "#f7d08a", "#e3a857", "#87a96b", "#3f7d6e", "#1f4a52"),
        ("#e9e4f5", "#c3b4e3", "#8f86cf", "#5b62b3", "#353d85", "#1c2054"), ("#fff4e0", "#ffd6a5", "#ff9b71", "#e4576b", "#8f3b76", "#432a5c")))]  # fmt: skip
    c.sky((sheets[0], sheets[0]), 1)
    holes = c.rng.random() < 0.5
    n = len(sheets) - 1
    ox, oy = c.w * c.rng.uniform(0.35, 0.65), c.h * c.rng.uniform(0.35, 0.65)
    disc = c.rng.random() < 0.8
    if disc and not holes:
        sun(c, ox, c.h * 0.3, c.u * 120, mix(sheets[2], WHITE, 0.2), 0.15, 2)
    for i in range(n):
        t = (i + 1) / n
        tone = sheets[i + 1]
        if holes:
            reach = math.hypot(c.w, c.h) * (0.09 + 0.4 * t)
            ring = []
            for k in range(11):
                a, d = 2 * math.pi * k / 11, reach * c.rng.uniform(0.84, 1.16)
                ring.append((ox + math.cos(a) * d, oy + math.sin(a) * d * 0.92))
            shape = f"M{-c.w} {-c.h}H{c.w * 2}V{c.h * 2}H{-c.w}Z{smooth(ring, closed=True)}"
        else:
            line = [(x, y) for x, y in ridge(c, c.h * (0.3 + 0.6 * t), c.h * 0.1, c.rng.uniform(1.5, 2.6), 0.25)]
            shape = f"{points(line)}L{c.w * 1.1} {c.h * 1.1}L{-c.w * 0.1} {c.h * 1.1}Z"
        drop = 18 * c.u
        c.svg(
            f'<path transform="translate({drop * 0.5:.0f} {(drop if holes else -drop * 0.7):.0f})" fill-rule="evenodd" d="{shape}"/>',
            blur=c.u * 14,
            opacity=0.5,
        )
        defs = linear("p", [(0, mix(tone, WHITE, 0.07), 1), (1, mix(tone, BLACK, 0.06), 1)])
        c.svg(
            f'<path fill-rule="evenodd" d="{shape}" fill="url(#p)"/><path d="{shape}" fill="none" stroke="{css(mix(tone, WHITE, 0.4), 0.5)}" stroke-width="{c.u * 2:.1f}"/>',
            defs,
        )
    fibre = c.enlarge(c.noise(1, 0.5, fine=True)).maplut(curve(lambda v: 0.93 + 0.07 * v))
    c.shade(fibre)
    return "Layers of cut paper in " + ("rings around a hollow" if holes else "waves under a paper sun")


def balloons(c: Canvas) -> str:
    m = pick(c.rng, (DAWN, GOLDEN, MIST, NORDIC, LILAC, MINT, PEACH, VIOLET, BLUE))
    c.sky(m.sky, 0.85)
    c.clouds(mix(m.sky[-1], WHITE, 0.5), 0.6, 0.55, 0, 0.8, stretch=3)
    if c.rng.random() < 0.6:
        sun(c, c.w * c.rng.uniform(0.2, 0.8), c.h * c.rng.uniform(0.5, 0.7), c.u * 40, m.sun, 0.5, 5)
    body = defs = ""
    n = c.rng.randint(3, 5)
    for i in range(n):
        t = i / (n - 1)
        line = ridge(c, c.h * (0.74 + 0.2 * t), c.h * (0.08 - 0.02 * t), 3, 0.45, 0.5 * (1 - t))
        tone = mix(m.far, m.near, t**1.2 * 0.9)
        shape, grade = land(c, f"l{i}", line, tone, mix(tone, m.sky[-1], 0.6 - 0.4 * t), c.h * 0.2)
        body, defs = body + shape, defs + grade
        if t > 0.6:
            body += forest(c, line, c.h * 0.035 * (0.5 + t), tone, c.u * 14, 0.25)
    c.svg(body, defs)
    c.clouds(mix(m.sky[-1], WHITE, 0.3), 0.85, 0.4, 0.7, 0.95, stretch=6)
    kit = c.rng.sample(
        [
            rgb(v)
            for v in (
                "#e4572e",
                "#f2b134",
                "#3a86a8",
                "#f7ede2",
                "#84a98c",
                "#8e3b5e",
                "#ef8d9c",
                "#2f4858",
                "#f6d365",
                "#6a4c93",
            )
        ],
        6,
    )
    count = c.rng.randint(4, 9)
    for k in range(count):
        near = (k + 1) / count
        r = c.u * (14 + 105 * near**2.2) * c.rng.uniform(0.85, 1.1)
        x, y = c.w * c.rng.uniform(0.1, 0.9), c.h * (0.62 - 0.42 * c.rng.random() - 0.12 * near)
        if k == count - 1:
            x, y = c.w * c.rng.choice((0.32, 0.66)), c.h * c.rng.uniform(0.26, 0.36)
        c.svg(*_balloon(c, x, max(r * 1.15, y), r, c.rng.sample(kit, 3), m.sky[-1], 0.62 * (1 - near), k))
    c.bloom(0.28, 0.62)
    return f"Hot-air balloons over misty hills at {m.name}"


def _balloon(
    c: Canvas, x: float, y: float, r: float, tones: list[Colour], haze: Colour, fog: float, k: int
) -> tuple[str, str]:
    body, gores = "", 9
    zigzag = c.rng.random() < 0.4

    def side(f: float) -> str:
        return (
            f"C{f * r * 1.33:.1f} {-r * 1.02:.1f} {f * r * 1.25:.1f} {r * 0.35:.1f} {f * r * 0.22:.1f} {r * 1.12:.1f}"
        )

    outline = (
        f"M0 {-r:.1f}{side(1)}H{-r * 0.22:.1f}"
        + f"C{-r * 1.25:.1f} {r * 0.35:.1f} {-r * 1.33:.1f} {-r * 1.02:.1f} 0 {-r:.1f}Z"
    )
    for g in range(gores, 0, -1):
        f = math.sin(math.pi / 2 * (g / gores))
        tone = css(mix(tones[g % 2 if not zigzag else g % 3], haze, fog))
        body += f'<path d="M0 {-r:.1f}{side(f)}H{-f * r * 0.22:.1f}C{-f * r * 1.25:.1f} {r * 0.35:.1f} {-f * r * 1.33:.1f} {-r * 1.02:.1f} 0 {-r:.1f}Z" fill="{tone}"/>'
    band = css(mix(tones[2], haze, fog))
    body += f'<clipPath id="c{k}"><path d="{outline}"/></clipPath><g clip-path="url(#c{k})"><path d="M{-r * 1.2:.1f} {-r * 0.12:.1f}Q0 {r * 0.16:.1f} {r * 1.2:.1f} {-r * 0.12:.1f}V{r * 0.12:.1f}Q0 {r * 0.4:.1f} {-r * 1.2:.1f} {r * 0.12:.1f}Z" fill="{band}"/></g>'
    defs = radial(f"b{k}", [(0, WHITE, 0.3), (0.45, WHITE, 0), (0.75, BLACK, 0.12), (1, BLACK, 0.48)], 0.34, 0.3)
    basket = css(mix(rgb("#6b4429"), haze, fog))
    ropes = f"M{-r * 0.2:.1f} {r * 1.1:.1f}L{-r * 0.11:.1f} {r * 1.42:.1f}M{r * 0.2:.1f} {r * 1.1:.1f}L{r * 0.11:.1f} {r * 1.42:.1f}"
    body += f'<path d="{outline}" fill="url(#b{k})"/><path d="{ropes}" stroke="{basket}" stroke-width="{max(0.8, r * 0.018):.1f}"/><rect x="{-r * 0.13:.1f}" y="{r * 1.4:.1f}" width="{r * 0.26:.1f}" height="{r * 0.2:.1f}" rx="{r * 0.04:.1f}" fill="{basket}"/>'
    return f'<g transform="translate({x:.0f} {y:.0f})">{body}</g>', defs


def lavender(c: Canvas) -> str:
    m = pick(c.rng, (GOLDEN, DAWN, LILAC, PEACH, VIOLET))
    level = c.h * c.rng.uniform(0.38, 0.46)
    c.sky(m.sky, level / c.h)
    c.clouds(mix(m.sky[-1], WHITE, 0.5), 0.55, 0.55, 0, level / c.h, stretch=4)
    vx = c.w * c.rng.uniform(0.35, 0.65)
    sun(c, vx + c.w * c.rng.uniform(-0.1, 0.1), level * 0.78, c.u * 46, m.sun, 0.55, 5)
    line = ridge(c, level, c.h * 0.03, 3, 0.45)
    shape, defs = land(c, "far", line, mix(m.far, m.sky[-1], 0.2), mix(m.far, m.near, 0.2), c.h * 0.1)
    c.svg(shape, defs)
    crop = rgb(c.rng.choice(("#7a5bc4", "#6a4fb5", "#9a6fd0", "#e2b53a", "#d65a8a")))
    name = {"#e2b53a": "sunflowers", "#d65a8a": "tulips"}.get(css(crop), "lavender")
    soil = mix(rgb("#5c4a32"), rgb("#4f6a35"), 0.55)
    floor = linear(
        "f",
        [(0, mix(soil, m.sky[-1], 0.45), 1), (1, mix(soil, BLACK, 0.35), 1)],
        x1=0,
        y1=level,
        x2=0,
        y2=c.h,
    )
    c.svg(f'<rect y="{level}" width="{c.w}" height="{c.h}" fill="url(#f)"/>', floor)
    rows, wide = 14, c.w * 0.2 * max(1, c.h / c.w)
    beds = ""
    tufts: dict[str, str] = {}
    deep = mix(crop, BLACK, 0.45)
    for k in range(rows * 2 + 1):
        foot = vx + (k - rows) * wide
        beds += f"M{vx + (foot - vx) * 0.03:.1f} {level:.1f}L{foot - wide * 0.36:.1f} {c.h * 1.1:.1f}H{foot + wide * 0.36:.1f}Z"
        steps = 60
        for j in range(steps):
            t = ((j + c.rng.random() * 0.4) / steps) ** 2
            y = level + c.h * 0.006 + (c.h - level) * 1.14 * t
            px = vx + (foot - vx) * (0.03 + 0.97 * t)
            r = c.u * 3 + wide * 0.42 * t
            if not -r < px < c.w + r or y - r > c.h:
                continue
            tone = mix(
                mix(deep, mix(crop, WHITE, 0.35), 0.25 + 0.25 * c.rng.randint(0, 3)), m.sky[-1], 0.4 * (1 - t) ** 3
            )
            tone = tuple(round(v / 12) * 12 for v in tone)  # type: ignore[assignment]
            key = f"{j:02}{css(tone)}"
            tufts[key] = tufts.get(key, "") + _tuft(c, px, y, r)
    stops = [(0, mix(crop, m.sky[-1], 0.3), 1), (0.3, mix(deep, crop, 0.5), 1), (1, mix(deep, BLACK, 0.3), 1)]
    c.svg(f'<path d="{beds}" fill="url(#b)"/>', linear("b", stops, x1=0, y1=level, x2=0, y2=c.h))
    c.svg("".join(f'<path d="{d}" fill="{key[2:]}"/>' for key, d in sorted(tufts.items())))
    x = c.w * c.rng.choice((0.18, 0.8))
    y, s = height_at(line, x, c.w) + c.h * 0.02, c.u * 60
    c.svg(
        f'<rect x="{x - s * 0.05}" y="{y - s * 0.8}" width="{s * 0.1}" height="{s * 0.8}" fill="{css(mix(m.near, BLACK, 0.2))}"/>'
        + "".join(
            f'<circle cx="{x + c.rng.gauss(0, s * 0.28):.0f}" cy="{y - s * 0.95 + c.rng.gauss(0, s * 0.22):.0f}" r="{s * 0.28:.0f}" fill="{css(mix(m.near, m.far, c.rng.random() * 0.35))}"/>'
            for _ in range(14)
        )
    )
    c.bloom(0.3, 0.6)
    return f"Rows of {name} running to the horizon at {m.name}"


def _tuft(c: Canvas, x: float, y: float, r: float) -> str:
    out = ""
    for _ in range(5 if r < c.u * 16 else 11):
        foot = c.rng.uniform(-0.75, 0.75) * r
        dx, dy, w = foot * 0.5 + c.rng.gauss(0, r * 0.12), -r * c.rng.uniform(0.5, 0.95), r * 0.075
        bx = x + foot
        out += f"M{bx - w:.1f} {y:.1f}Q{bx + dx * 0.4 - w * 1.6:.1f} {y + dy * 0.7:.1f} {bx + dx:.1f} {y + dy:.1f}"
        out += f"Q{bx + dx * 0.6 + w * 1.6:.1f} {y + dy * 0.6:.1f} {bx + w:.1f} {y:.1f}Z"
    return out


def sunlit_wall(c: Canvas) -> str:
    wall, door = [
        rgb(v)
        for v in c.rng.choice(
            (
                ("#f4ede1", "#2f6f9f"),
                ("#e9a17c", "#2f5d62"),
                ("#f2c14e", "#3a506b"),
                ("#d98f8f", "#7a3b52"),
                ("#a9c6c2", "#e07a5f"),
                ("#e8d5b5", "#556b2f"),
                ("#6fa3b5", "#f2e3c6"),
            )
        )
    ]
    wall = shift(wall, c.rng.uniform(-0.02, 0.02))
    blue = c.rng.random() < 0.6
    c.sky((mix(wall, WHITE, 0.12), mix(wall, BLACK, 0.05)), 1)
    plaster = c.enlarge(c.noise(1, 1.2)).maplut(curve(lambda v: 0.88 + 0.12 * v))
    c.shade(plaster)
    c.shade(c.enlarge(c.noise(1, 0.45, fine=True)).maplut(curve(lambda v: 0.93 + 0.07 * v)))
    lean = c.rng.choice((-1, 1))
    ground = c.h * c.rng.uniform(0.86, 0.92)
    x, w = c.w * c.rng.uniform(0.3, 0.6), c.u * c.rng.uniform(190, 240)
    h = min(w * 1.9, c.h * 0.5)
    arch = f"M{-w / 2} 0V{-h + w / 2}A{w / 2} {w / 2} 0 0 1 {w / 2} {-h + w / 2}V0Z"
    boards = "".join(
        f'<rect x="{-w / 2 + k * w / 6 - 1.5}" y="{-h}" width="3" height="{h}" fill="#000" fill-opacity="0.25"/>'
        for k in range(1, 6)
    )
    pot = _pot(c, x + c.rng.choice((-1, 1)) * w * 1.05, ground, w * 0.4)
    c.svg(
        f'<rect y="{ground}" width="{c.w}" height="{c.h}" fill="{css(mix(wall, rgb("#6b5a4e"), 0.55))}"/>'
        f'<g transform="translate({x:.0f} {ground:.0f})"><path d="{arch}" transform="scale(1.16 1.08)" fill="{css(mix(wall, WHITE, 0.5))}"/>'
        f'<clipPath id="a"><path d="{arch}"/></clipPath><g clip-path="url(#a)"><path d="{arch}" fill="{css(door)}"/>{boards}<path d="{arch}" transform="translate({w * 0.14} {w * 0.1})" fill="none" stroke="#000" stroke-opacity="0.35" stroke-width="{w * 0.26}"/></g>'
        f'<circle cx="{w * 0.3}" cy="{-h * 0.42}" r="{w * 0.035}" fill="#e3c27a"/></g>'
    )
    if c.rng.random() < 0.6:
        wx, wy, s = x + c.rng.choice((-1, 1)) * w * 1.5, ground - h * 1.12, w * 0.5
        c.svg(
            f'<rect x="{wx - s / 2}" y="{wy}" width="{s}" height="{s * 1.25}" fill="{css(mix(door, BLACK, 0.55))}" stroke="{css(mix(wall, WHITE, 0.5))}" stroke-width="{s * 0.1}"/><path d="M{wx} {wy}v{s * 1.25}M{wx - s / 2} {wy + s * 0.6}h{s}" stroke="{css(mix(wall, WHITE, 0.5))}" stroke-width="{s * 0.05}"/><rect x="{wx - s * 0.98}" y="{wy}" width="{s * 0.42}" height="{s * 1.25}" fill="{css(door)}"/><rect x="{wx + s * 0.56}" y="{wy}" width="{s * 0.42}" height="{s * 1.25}" fill="{css(door)}"/>'
        )
    c.svg(pot)
    shadow = ""
    for _ in range(c.rng.randint(4, 7)):
        shadow += _palm(
            c,
            c.w * (0.5 - lean * 0.62) + c.rng.gauss(0, c.w * 0.06),
            c.h * c.rng.uniform(-0.05, 0.4),
            c.u * c.rng.uniform(420, 720),
            lean,
        )
    c.svg(
        f'<g fill="none" stroke="{css(mix(shift(wall, 0.55, 0.6), BLACK, 0.62))}" stroke-linecap="round">{shadow}</g>',
        blur=c.u * 4.5,
        opacity=0.5,
    )
    if blue:
        top = c.rng.uniform(0.12, 0.34)
        tilt = c.rng.uniform(-0.12, 0.12)
        grade = linear("s", [(0, rgb("#3d7fc0"), 1), (1, rgb("#8fc3e3"), 1)], x1=0, y1=0, x2=0, y2=c.h * (top + 0.15))
        c.svg(
            f'<path d="M0 0H{c.w}V{c.h * (top + tilt):.0f}L0 {c.h * (top - tilt):.0f}Z" fill="url(#s)"/><path d="M0 {c.h * (top - tilt):.0f}L{c.w} {c.h * (top + tilt):.0f}v{c.u * 26:.0f}L0 {c.h * (top - tilt) + c.u * 26:.0f}Z" fill="{css(mix(wall, WHITE, 0.45))}"/>',
            grade,
        )
    c.shine(c.disc_light(c.w * (0.5 + lean * 0.5), 0, c.u * 700), rgb("#fff1d0"), 0.35)
    c.bloom(0.2, 0.7)
    return "A painted door in a sunlit wall, the shadow of a palm across it"


def _palm(c: Canvas, x: float, y: float, length: float, way: int) -> str:
    a = c.rng.uniform(-0.5, 0.9)
    n, out = 26, ""
    px, py = x, y
    for k in range(n):
        t = k / n
        a += 0.035
        nx, ny = px + math.cos(a) * length / n * way, py + math.sin(a) * length / n
        reach = length * 0.34 * math.sin(math.pi * (0.12 + 0.86 * t)) * c.rng.uniform(0.85, 1.1)
        for side in (-1, 1):
            b = a + side * (0.95 - 0.4 * t)
            out += f"M{nx:.0f} {ny:.0f}q{math.cos(b) * reach * 0.5 * way:.0f} {math.sin(b) * reach * 0.42:.0f} {math.cos(b) * reach * way:.0f} {math.sin(b) * reach + reach * 0.12:.0f}"
        px, py = nx, ny
    return f'<path d="{out}" stroke-width="{c.u * 9:.1f}"/>'


def _pot(c: Canvas, x: float, y: float, s: float) -> str:
    clay = rgb(c.rng.choice(("#c4693f", "#f3eadb", "#4f6f7a", "#d9a441")))
    leaves = ""
    for _ in range(26):
        a, r = c.rng.gauss(0, 0.75), s * c.rng.uniform(0.8, 1.7)
        tone = mix(rgb("#3f6b3f"), rgb("#8db05a"), c.rng.random())
        ex, ey = math.sin(a) * r, -s - math.cos(a) * r
        leaves += f'<path d="M0 {-s:.0f}Q{ex * 0.2 - s * 0.1:.0f} {ey * 0.85:.0f} {ex:.0f} {ey:.0f}Q{ex * 0.5 + s * 0.1:.0f} {(ey - s) / 2:.0f} 0 {-s:.0f}Z" fill="{css(tone)}"/>'
    return f'<g transform="translate({x:.0f} {y:.0f})">{leaves}<path d="M{-s * 0.5} {-s}H{s * 0.5}L{s * 0.36} 0H{-s * 0.36}Z" fill="{css(clay)}"/><path d="M{s * 0.1} {-s}H{s * 0.5}L{s * 0.36} 0H{s * 0.1}Z" fill="#000" fill-opacity="0.16"/><rect x="{-s * 0.56}" y="{-s * 1.06}" width="{s * 1.12}" height="{s * 0.18}" fill="{css(mix(clay, WHITE, 0.12))}"/></g>'
