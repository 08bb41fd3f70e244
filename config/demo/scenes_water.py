"""Scenes of water: the open sea, a lighthouse, what swims and what floats."""

import math

from config.demo.canvas import Canvas, Colour, blob, css, curve, linear, mix, points, radial, rgb, smooth
from config.demo.nature import BLACK, WHITE, birds, ridge, sea, stars, sun
from config.demo.palettes import (
    BLUE,
    DAWN,
    EMBER,
    EVENING,
    LILAC,
    NIGHT,
    PEACH,
    STORM,
    VIOLET,
    pick,
)


def sunset_sea(c: Canvas) -> str:
    m = pick(c.rng, (*EVENING, EMBER, PEACH))
    horizon = c.h * c.rng.uniform(0.48, 0.64)
    c.sky(m.sky, horizon / c.h)
    x = c.w * c.rng.uniform(0.25, 0.75)
    sun(c, x, horizon - c.h * c.rng.uniform(-0.005, 0.13), c.u * c.rng.uniform(40, 75), m.sun, 0.65, 4.5)
    c.clouds(mix(m.sky[-1], m.accent, 0.35), c.rng.uniform(0.35, 0.7), 0.6, 0.06, horizon / c.h, stretch=5)
    c.clouds(mix(m.sky[0], m.sky[1], 0.5), c.rng.uniform(0.3, 0.6), 0.5, 0, horizon / c.h * 0.75, stretch=4)
    sea(
        c,
        horizon,
        mix(m.sky[-1], m.sky[1], 0.45),
        mix(m.sky[0], m.near, 0.5),
        m,
        x,
        c.rng.uniform(0.07, 0.13),
    )
    c.clouds(m.sky[-1], 0.95, 0.35, horizon / c.h - 0.02, horizon / c.h + 0.03, stretch=9)
    extra = c.rng.random()
    what = ""
    if extra < 0.4:
        what = ", a sailing boat on its way home"
        c.svg(
            _sail(
                c,
                c.w * c.rng.uniform(0.2, 0.8),
                horizon + c.h * 0.03,
                c.u * c.rng.uniform(60, 110),
                mix(m.near, BLACK, 0.2),
            )
        )
    elif extra < 0.75:
        c.svg(birds(c, c.w * c.rng.uniform(0.3, 0.7), horizon * 0.5, c.u * 17, m.near))
    if c.rng.random() < 0.45:
        line = ridge(c, c.h * 0.95, c.h * 0.05, 4, 0.55, 0.3)
        c.svg(
            f'<path d="{points(line)}L{c.w} {c.h}L0 {c.h}Z" fill="{css(mix(m.near, BLACK, 0.35))}"/>',
            blur=c.u * 2,
        )
    c.bloom(0.4, 0.6)
    return f"The sun's path glittering on the sea at {m.name}{what}"


def _sail(c: Canvas, x: float, y: float, s: float, colour: Colour) -> str:
    return (
        f'<g fill="{css(colour)}"><path d="M{x - s * 0.5} {y - s * 0.12}q{s * 0.1} {s * 0.16} {s * 0.25} {s * 0.16}h{s * 0.55}q{s * 0.2} 0 {s * 0.28} {-s * 0.18}z"/>'
        f'<path d="M{x} {y - s * 0.18}V{y - s * 1.35}Q{x + s * 0.5} {y - s * 0.7} {x + s * 0.48} {y - s * 0.2}Z"/>'
        f'<path d="M{x - s * 0.05} {y - s * 0.18}V{y - s * 1.15}Q{x - s * 0.4} {y - s * 0.5} {x - s * 0.42} {y - s * 0.2}Z" fill-opacity="0.85"/></g>'
    )


def lighthouse(c: Canvas) -> str:
    m = pick(c.rng, (BLUE, VIOLET, DAWN, STORM, NIGHT, LILAC))
    horizon = c.h * c.rng.uniform(0.66, 0.74)
    c.sky(m.sky, horizon / c.h)
    if m.name in ("blue hour", "night"):
        stars(c, horizon * 0.8, 260)
    c.clouds(mix(m.sky[-1], WHITE, 0.2), 0.55, 0.5, 0, horizon / c.h, stretch=4)
    side = c.rng.choice((0.3, 0.7))
    sea(c, horizon, mix(m.sky[-1], m.sky[1], 0.4), mix(m.sky[0], m.near, 0.55), m, c.w * side, 0.1)
    n = 60
    cliff = []
    for i in range(n):
        p = i / (n - 1)
        d = (p - side) * (1 if side < 0.5 else -1)
        rise = 1 - max(0, min(1, (d + 0.12) / 0.42)) ** 1.4
        cliff.append((p * c.w, horizon + c.h * 0.06 - c.h * 0.15 * rise + c.rng.gauss(0, c.h * 0.006)))
    foot = [(x, y + c.h * 0.03) for x, y in cliff]
    rock = mix(m.near, m.far, 0.15)
    defs = linear("rock", [(0, mix(rock, m.sky[-1], 0.12), 1), (1, mix(rock, BLACK, 0.4), 1)])
    body = f'<path d="{points(foot)}L{c.w} {c.h}L0 {c.h}Z" fill="url(#rock)"/>'
    if side < 0.5:
        cut = [(c.w, c.h * 1.03), (c.w * 0.75, c.h * 0.93), (c.w * 0.62, c.h * 0.86)]
    else:
        cut = [(0, c.h * 1.03), (c.w * 0.25, c.h * 0.93), (c.w * 0.38, c.h * 0.86)]
    keep = [p for p in foot if (p[0] <= c.w * 0.58 if side < 0.5 else p[0] >= c.w * 0.42)]
    outline = [*keep, *reversed(cut), (0, c.h)] if side < 0.5 else [*reversed(keep), *reversed(cut), (c.w, c.h)]
    body = f'<path d="{points(outline)}Z" fill="url(#rock)"/>'
    x = c.w * side
    y = horizon + c.h * 0.06 - c.h * 0.15 + c.h * 0.045
    tower, grade, lamp = _tower(c, x, y, min(c.h * 0.42, c.w * 0.42), m.sky[-1])
    c.svg(body + tower, defs + grade)
    way = c.rng.choice((-1, 1))
    lx, ly = lamp
    beams = ""
    for angle in (0.0, math.pi):
        a = angle + way * 0.12
        tips = [(lx + math.cos(a + s) * c.w, ly + math.sin(a + s) * c.w) for s in (-0.07, 0.07)]
        beams += f'<path d="{points([(lx, ly), *tips])}Z" fill="url(#beam)"/>'
    grade = (
        f'<radialGradient id="beam" gradientUnits="userSpaceOnUse" cx="{lx}" cy="{ly}" r="{c.w * 0.75}">'
        f'<stop offset="0" stop-color="#fff4cf" stop-opacity="0.75"/><stop offset="1" stop-color="#fff4cf" stop-opacity="0"/></radialGradient>'
    )
    c.svg(beams, grade, blur=c.u * 7)
    c.shine(c.disc_light(lx, ly, c.u * 42), rgb("#ffeebb"), 0.95)
    c.bloom(0.4, 0.55)
    return f"A lighthouse on a cliff sends its beam over the sea at {m.name}"


def _tower(c: Canvas, x: float, y: float, h: float, light: Colour) -> tuple[str, str, tuple[float, float]]:
    a, b = h * 0.11, h * 0.07
    stripe = css(c.rng.choice((rgb("#c0392b"), rgb("#23405f"), rgb("#2f2f3a"))))
    body = f'<path d="M{x - a} {y}L{x - b} {y - h * 0.78}H{x + b}L{x + a} {y}Z" fill="#f3ece0"/>'
    for k in (0, 2, 4):
        t0, t1 = k / 5, (k + 1) / 5
        w0, w1 = a + (b - a) * t0, a + (b - a) * t1
        body += f'<path d="M{x - w0} {y - h * 0.78 * t0}L{x - w1} {y - h * 0.78 * t1}H{x + w1}L{x + w0} {y - h * 0.78 * t0}Z" fill="{stripe}"/>'
    top = y - h * 0.78
    body += (
        f'<path d="M{x - a} {y}L{x - b} {top}H{x + b}L{x + a} {y}Z" fill="url(#round)"/>'
        f'<rect x="{x - b * 1.5}" y="{top - h * 0.02}" width="{b * 3}" height="{h * 0.025}" fill="#22222c"/>'
        f'<rect x="{x - b * 0.8}" y="{top - h * 0.13}" width="{b * 1.6}" height="{h * 0.11}" fill="#fff3c4"/>'
        f'<path d="M{x - b * 0.8} {top - h * 0.13}v{h * 0.11}M{x} {top - h * 0.13}v{h * 0.11}M{x + b * 0.8} {top - h * 0.13}v{h * 0.11}" stroke="#22222c" stroke-width="{h * 0.008}"/>'
        f'<path d="M{x - b} {top - h * 0.13}Q{x} {top - h * 0.24} {x + b} {top - h * 0.13}Z" fill="{stripe}"/>'
    )
    grade = (
        '<linearGradient id="round"><stop offset="0" stop-color="#000" stop-opacity="0.15"/>'
        f'<stop offset="0.35" stop-color="{css(light)}" stop-opacity="0.15"/><stop offset="1" stop-color="#0a0a20" stop-opacity="0.6"/></linearGradient>'
    )
    return body, grade, (x, top - h * 0.075)


def jellyfish(c: Canvas) -> str:
    deep = [
        rgb(v)
        for v in c.rng.choice(
            (
                ("#0e4a78", "#082a55", "#040f2e"),
                ("#2a2a78", "#1a1250", "#0a0526"),
                ("#0d6070", "#063849", "#021722"),
            )
        )
    ]
    c.sky(deep, 1)
    c.shine(c.disc_light(c.w * c.rng.uniform(0.3, 0.7), -c.h * 0.05, c.u * 420), mix(deep[0], WHITE, 0.5), 0.5)
    glow = rgb(c.rng.choice(("#ff9ecb", "#ffb38a", "#b9a2ff", "#8fe3ff", "#ffd3a8")))
    motes = "".join(
        f'<circle cx="{c.rng.random() * c.w:.0f}" cy="{c.rng.random() * c.h:.0f}" r="{c.rng.uniform(0.8, 3) * c.u:.1f}" fill-opacity="{c.rng.random() * 0.5:.2f}"/>'
        for _ in range(130)
    )
    c.svg(f'<g fill="#dff">{motes}</g>')
    for _ in range(c.rng.randint(3, 5)):
        c.svg(
            *_jelly(
                c,
                c.rng.random() * c.w,
                c.rng.uniform(0.1, 0.85) * c.h,
                c.u * c.rng.uniform(35, 70),
                glow,
                "far",
            ),
            blur=c.u * 7,
            opacity=0.5,
        )
    x, y, r = c.w * c.rng.uniform(0.36, 0.64), c.h * c.rng.uniform(0.28, 0.4), c.u * c.rng.uniform(170, 240)
    c.shine(c.disc_light(x, y, r * 1.3), glow, 0.45)
    c.svg(*_jelly(c, x, y, r, glow, "a"))
    if c.rng.random() < 0.6:
        c.svg(
            *_jelly(c, c.w * c.rng.choice((0.14, 0.86)), c.h * c.rng.uniform(0.5, 0.75), r * 0.5, glow, "b"),
            blur=c.u * 1.5,
        )
    c.bloom(0.6, 0.45, 34)
    return "A glowing jellyfish drifting in deep blue water"


def _jelly(c: Canvas, x: float, y: float, r: float, glow: Colour, key: str) -> tuple[str, str]:
    bell = f"M{-r} {r * 0.28}C{-r * 1.12} {-r * 0.95} {r * 1.12} {-r * 0.95} {r} {r * 0.28}"
    n = 9
    hem = "".join(f"q{-r / n:.1f} {r * 0.2:.1f} {-2 * r / n:.1f} 0" for _ in range(n))
    tentacles = ""
    for k in range(17):
        x0 = -r * 0.9 + k * r * 0.1125
        length = r * c.rng.uniform(1.4, 3.1)
        sway = c.rng.uniform(0, 6)
        at = [
            (
                x0 + math.sin(sway + j * 0.9) * r * 0.09 * (j + 1) * 0.6 - x0 * j * 0.04,
                r * 0.28 + length * j / 7,
            )
            for j in range(8)
        ]
        tentacles += f'<path d="{smooth(at)}" stroke-width="{r * 0.013 + 0.6:.1f}" stroke-opacity="{c.rng.uniform(0.3, 0.75):.2f}"/>'
    arms = ""
    for k in range(5):
        x0 = (k - 2) * r * 0.2
        sway = c.rng.uniform(0, 6)
        at = [(x0 + math.sin(sway + j * 1.3) * r * 0.14, r * 0.15 + r * 1.75 * j / 8) for j in range(9)]
        arms += f'<path d="{smooth(at)}" stroke-width="{r * 0.11:.1f}" stroke-opacity="0.28"/><path d="{smooth(at)}" stroke-width="{r * 0.04:.1f}" stroke-opacity="0.6"/>'
    ribs = "".join(
        f'<path d="M0 {-r * 0.58}Q{k * r * 0.2:.1f} {-r * 0.5:.1f} {k * r * 0.21:.1f} {r * 0.24:.1f}" stroke-width="{r * 0.015:.1f}" stroke-opacity="0.3"/>'
        for k in range(-4, 5)
    )
    light = css(mix(glow, WHITE, 0.45))
    body = (
        f'<g transform="translate({x:.0f} {y:.0f}) rotate({c.rng.uniform(-22, 22):.0f})">'
        f'<g stroke="{css(glow)}" fill="none" stroke-linecap="round">{tentacles}{arms}</g>'
        f'<path d="{bell}{hem}Z" fill="url(#j{key})"/><path d="{bell}{hem}Z" fill="none" stroke="{light}" stroke-opacity="0.7" stroke-width="{r * 0.018:.1f}"/>'
        f'<g stroke="{light}" fill="none">{ribs}</g>'
        f'<ellipse cx="{-r * 0.3:.1f}" cy="{-r * 0.33:.1f}" rx="{r * 0.3:.1f}" ry="{r * 0.13:.1f}" transform="rotate(-24)" fill="#fff" fill-opacity="0.25"/></g>'
    )
    return body, radial(
        f"j{key}",
        [
            (0, mix(glow, WHITE, 0.5), 0.75),
            (0.5, glow, 0.5),
            (0.85, glow, 0.42),
            (1, mix(glow, WHITE, 0.4), 0.85),
        ],
        0.5,
        0.3,
    )


def koi_pond(c: Canvas) -> str:
    water = [rgb(v) for v in c.rng.choice((("#1d5c5a", "#0f3a40"), ("#29566b", "#10303f"), ("#3a6a4e", "#143a2f")))]
    c.sky((water[0], water[1]), 1)
    c.clouds(mix(water[0], WHITE, 0.35), 0.6, 0.35, 0, 1, stretch=1, zoom=0.8)
    c.clouds(mix(water[1], BLACK, 0.4), 0.5, 0.5, 0, 1, stretch=1, zoom=1)
    fish = [
        _koi(c, c.rng.uniform(0.12, 0.88) * c.w, c.rng.uniform(0.12, 0.88) * c.h, c.u * c.rng.uniform(90, 140))
        for _ in range(c.rng.randint(4, 7))
    ]
    c.svg(
        f'<g transform="translate({c.u * 22} {c.u * 34})" fill="#000">{"".join(s for _, s in fish)}</g>',
        blur=c.u * 9,
        opacity=0.4,
    )
    c.svg("".join(f for f, _ in fish))
    caustics = c.enlarge(c.noise(1, 1.6)).maplut(_caustic())
    c.shine(caustics, mix(water[0], WHITE, 0.7), 0.28)
    pads = shade = ""
    for _ in range(c.rng.randint(6, 12)):
        ax = c.rng.choice((c.rng.uniform(-0.03, 0.25), c.rng.uniform(0.75, 1.03), c.rng.random()))
        x, y, r = (
            ax * c.w,
            c.rng.choice((c.rng.uniform(-0.03, 0.3), c.rng.uniform(0.7, 1.03))) * c.h,
            c.u * c.rng.uniform(55, 120),
        )
        pad, dark = _pad(c, x, y, r)
        pads, shade = pads + pad, shade + dark
    c.svg(f'<g transform="translate({c.u * 9} {c.u * 15})">{shade}</g>', blur=c.u * 8, opacity=0.5)
    c.svg(pads)
    c.bloom(0.25, 0.6)
    return "Koi between the lily pads of a garden pond, seen from above"


def _caustic():  # type: ignore[no-untyped-def]
    return curve(lambda v: max(0.0, 1 - abs(v - 0.5) * 22) ** 1.5)


def _koi(c: Canvas, x: float, y: float, s: float) -> tuple[str, str]:
    body = rgb(c.rng.choice(("#f7efe6", "#f7efe6", "#f08a3c", "#f5b642", "#e9503a")))
    spot = rgb(c.rng.choice(("#e5532d", "#d9392b", "#2a2a33"))) if body[2] > 150 else mix(body, WHITE, 0.55)
    bend = c.rng.uniform(-0.35, 0.35)
    spine = [(s * 1.2 - k * s * 0.4, math.sin(k * 0.75 + 1) * bend * s * 0.5) for k in range(7)]
    widths = [0.02, 0.24, 0.32, 0.29, 0.2, 0.1, 0.05]
    left = [(px, py - w * s) for (px, py), w in zip(spine, widths, strict=True)]
    right = [(px, py + w * s) for (px, py), w in zip(spine, widths, strict=True)]
    hull = smooth([*left, *reversed(right)], closed=True)
    tx, ty = spine[-1]
    tail = f"M{tx + s * 0.05} {ty}C{tx - s * 0.2} {ty - s * 0.1} {tx - s * 0.5} {ty - s * 0.5} {tx - s * 0.75} {ty - s * 0.3 + bend * s}Q{tx - s * 0.45} {ty} {tx - s * 0.7} {ty + s * 0.32 + bend * s}C{tx - s * 0.45} {ty + s * 0.45} {tx - s * 0.2} {ty + s * 0.1} {tx + s * 0.05} {ty}Z"
    fins = "".join(
        f"M{s * 0.45} {sign * s * 0.24}q{-s * 0.1} {sign * s * 0.38} {-s * 0.42} {sign * s * 0.42}q{s * 0.02} {-sign * s * 0.25} {s * 0.08} {-sign * s * 0.4}z"
        for sign in (-1, 1)
    )
    spots = "".join(
        f'<path d="{blob(c.rng, s * c.rng.uniform(-0.9, 0.9), s * c.rng.uniform(-0.12, 0.12), s * c.rng.uniform(0.1, 0.22), 0.35)}"/>'
        for _ in range(5)
    )
    move = f'transform="translate({x:.0f} {y:.0f}) rotate({c.rng.uniform(0, 360):.0f})"'
    key = f"k{round(x)}{round(y)}"
    drawn = (
        f'<g {move}><clipPath id="{key}"><path d="{hull}"/></clipPath><path d="{tail}{fins}" fill="{css(body, 0.65)}"/><path d="{hull}" fill="{css(body)}"/>'
        f'<g clip-path="url(#{key})" fill="{css(spot)}">{spots}</g>'
        f'<path d="{smooth(spine[1:6])}" stroke="#000" stroke-opacity="0.16" stroke-width="{s * 0.05}" fill="none"/>'
        f'<circle cx="{s * 0.98}" cy="{-s * 0.11}" r="{s * 0.03}"/><circle cx="{s * 0.98}" cy="{s * 0.11}" r="{s * 0.03}"/></g>'
    )
    return drawn, f'<g {move}><path d="{hull}{tail}"/></g>'


def _pad(c: Canvas, x: float, y: float, r: float) -> tuple[str, str]:
    green = mix(rgb("#5f9a4a"), rgb("#2f6f4f"), c.rng.random())
    turn, n = c.rng.uniform(0, 360), 14
    a = 0.16
    shape = f"M0 0L{r * math.cos(a):.1f} {r * math.sin(a):.1f}A{r:.1f} {r:.1f} 0 1 1 {r * math.cos(a):.1f} {-r * math.sin(a):.1f}Z"
    veins = "".join(
        f"M0 0L{r * 0.9 * math.cos(k * 6.28 / n):.1f} {r * 0.9 * math.sin(k * 6.28 / n):.1f}" for k in range(1, n)
    )
    move = f'transform="translate({x:.0f} {y:.0f}) rotate({turn:.0f})"'
    flower = ""
    if c.rng.random() < 0.35:
        tone = rgb(c.rng.choice(("#f7b6cf", "#ffffff", "#f48fb1", "#fbe3a6")))
        for ring, size in ((12, 0.55), (9, 0.42), (6, 0.28)):
            for k in range(ring):
                s = r * size
                petal = f"M0 0Q{s * 0.5:.1f} {-s * 0.3:.1f} {s:.1f} 0Q{s * 0.5:.1f} {s * 0.3:.1f} 0 0Z"
                flower += f'<path d="{petal}" transform="rotate({k * 360 / ring + ring * 7})" fill="{css(mix(tone, WHITE if size < 0.5 else BLACK, 0.12))}" stroke="{css(mix(tone, BLACK, 0.18))}" stroke-width="0.8"/>'
        flower += f'<circle r="{r * 0.09:.1f}" fill="#f5c542"/>'
    drawn = (
        f'<g {move}><path d="{shape}" fill="{css(green)}"/><path d="{shape}" fill="none" stroke="{css(mix(green, WHITE, 0.35))}" stroke-width="{r * 0.03:.1f}"/>'
        f'<path d="{veins}" stroke="{css(mix(green, WHITE, 0.25), 0.6)}" stroke-width="{r * 0.014:.1f}"/>{flower}</g>'
    )
    return drawn, f'<g {move}><path d="{shape}"/></g>'
