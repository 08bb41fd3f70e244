"""Scenes close by: flowers and leaves."""

import math

from config.demo.canvas import Canvas, Colour, blob, css, linear, mix, rgb, shift, smooth
from config.demo.nature import BLACK, WHITE, bare_tree, strokes_svg

Pair = tuple[float, float]


def bokeh(c: Canvas, colours: list[Colour], count: int = 26, size: float = 90, opacity: float = 0.5) -> None:
    body = "".join(
        f'<circle cx="{c.rng.random() * c.w:.0f}" cy="{c.rng.random() * c.h:.0f}" r="{c.u * c.rng.uniform(0.25, 1) * size:.0f}" '
        f'fill="{css(c.rng.choice(colours))}" fill-opacity="{c.rng.uniform(0.15, 0.6):.2f}"/>'
        for _ in range(count)
    )
    c.svg(body, blur=c.u * 9, opacity=opacity)


def flower(c: Canvas) -> str:
    """Rings of petals, nearly a mandala: a dahlia."""
    name, tone = c.rng.choice(
        (("coral", "#f2735c"), ("magenta", "#d23f86"), ("yellow", "#f5b83d"), ("violet", "#8b62d6"), ("white", "#f6ede4"),
         ("pink", "#f29bb5"), ("crimson", "#b5223c"), ("blue", "#5d7fe0"))
    )  # fmt: skip
    petal = shift(rgb(tone), c.rng.uniform(-0.02, 0.02))
    leaf = c.rng.choice((rgb("#24402f"), rgb("#1c3338"), rgb("#3a4a2a"), rgb("#2c2a3f")))
    c.sky((mix(leaf, BLACK, 0.3), leaf, mix(leaf, WHITE, 0.1)), 1)
    bokeh(c, [mix(leaf, WHITE, 0.25), mix(leaf, petal, 0.4), mix(leaf, rgb("#c9d67a"), 0.35)], 34, 130)
    x, y = c.w * c.rng.uniform(0.38, 0.62), c.h * c.rng.uniform(0.4, 0.56)
    r = c.u * c.rng.uniform(370, 520)
    c.svg(f'<circle cx="{x}" cy="{y + r * 0.1}" r="{r * 0.96}"/>', blur=c.u * 40, opacity=0.45)
    rings, first = c.rng.randint(9, 14), c.rng.choice((8, 10, 12, 13, 16))
    pointed = c.rng.choice((0.15, 0.35, 0.5))
    body, defs = "", ""
    for i in range(rings):
        t = i / (rings - 1)
        size = r * (1 - 0.9 * t**0.85)
        n = max(5, round(first * (1.5 - 0.9 * t)))
        dark = mix(petal, mix(shift(petal, 0.04, 1.5, 0.4), rgb("#3a1030"), 0.25), 0.42)
        light = mix(mix(petal, BLACK, 0.1 * (1 - t)), WHITE, 0.16 + 0.18 * t)
        defs += (
            f'<linearGradient id="p{i}" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="{css(mix(dark, BLACK, 0.5))}"/>'
            f'<stop offset="0.5" stop-color="{css(mix(dark, BLACK, 0.12))}"/>'
            f'<stop offset="0.78" stop-color="{css(mix(dark, light, 0.7))}"/><stop offset="1" stop-color="{css(light)}"/></linearGradient>'
        )
        wide = size * math.pi / n * 1.25
        for k in range(n):
            a = 360 * (k + 0.5 * (i % 2)) / n + c.rng.gauss(0, 1.5)
            s = size * c.rng.uniform(0.95, 1.03)
            shape = f"M0 0C{s * 0.3:.1f} {-wide:.1f} {s * (0.98 - pointed * 0.4):.1f} {-wide * (1 - pointed):.1f} {s:.1f} 0C{s * (0.98 - pointed * 0.4):.1f} {wide * (1 - pointed):.1f} {s * 0.3:.1f} {wide:.1f} 0 0Z"
            body += f'<g transform="rotate({a:.1f})"><path d="{shape}" fill="url(#p{i})" stroke="{css(mix(dark, BLACK, 0.3), 0.35)}" stroke-width="1.2"/><path d="M{s * 0.2:.0f} 0L{s * 0.9:.0f} 0" stroke="{css(light, 0.25)}" stroke-width="{wide * 0.06:.1f}"/></g>'
    heart = mix(rgb("#f5c84a"), petal, 0.3)
    body += "".join(
        f'<circle cx="{r * 0.012 * math.sqrt(k) * math.cos(k * 2.39996):.1f}" cy="{r * 0.012 * math.sqrt(k) * math.sin(k * 2.39996):.1f}" r="{r * 0.012:.1f}" fill="{css(mix(heart, BLACK, c.rng.uniform(0, 0.35)))}"/>'
        for k in range(60)
    )
    c.svg(f'<g transform="translate({x:.0f} {y:.0f})">{body}</g>', defs)
    c.shine(c.disc_light(x - r * 0.5, y - r * 0.6, r * 0.7), mix(petal, WHITE, 0.6), 0.2)
    c.bloom(0.35, 0.6)
    return f"A {name} dahlia in full bloom, close up"


def cherry_blossom(c: Canvas) -> str:
    sky = [
        rgb(v)
        for v in c.rng.choice(
            (
                ("#8fb8de", "#cfe0ee", "#f7e9e6"),
                ("#f3c6cf", "#f8dfdd", "#fdf3ea"),
                ("#7fa6c9", "#e3c9d8", "#fbdcd0"),
                ("#b6d3d0", "#e4ece4", "#fbf1e6"),
            )
        )
    ]
    c.sky(sky, 1)
    pink = rgb(c.rng.choice(("#f6a8bf", "#f9c3d0", "#ef86a8", "#fbe4e8")))
    bokeh(c, [mix(pink, WHITE, 0.4), pink, WHITE], 46, 80, 0.7)
    side = c.rng.choice((-1, 1))
    start = (c.w * (0.5 - side * 0.58), c.h * c.rng.uniform(0.2, 0.85))
    boughs: list[list[Pair]] = []

    def bough(x: float, y: float, angle: float, length: float, level: int) -> None:
        at = [(x, y)]
        for _ in range(10):
            angle += c.rng.gauss(0, 0.13)
            x, y = x + math.cos(angle) * length / 10 * side, y + math.sin(angle) * length / 10
            at.append((x, y))
            if level and c.rng.random() < 0.42:
                bough(x, y, angle + c.rng.choice((-1, 1)) * c.rng.uniform(0.4, 0.9), length * 0.45, level - 1)
        boughs.append(at)

    aim = math.atan2(c.h * c.rng.uniform(0.35, 0.65) - start[1], c.w * 0.7)
    bough(*start, aim, c.w * 1.05, 2)
    bark = rgb("#4a2f33")
    longest = max(len(b) for b in boughs)
    body = ""
    for at in boughs:
        span = math.dist(at[0], at[-1])
        body += f'<path d="{smooth(at)}" stroke="{css(bark)}" stroke-width="{2 + span / c.w * 26 * c.u:.1f}" fill="none" stroke-linecap="round"/>'
    flowers = soft = ""
    for at in boughs:
        for x, y in at[longest // 4 :]:
            for _ in range(c.rng.randint(2, 6)):
                drawn = _sakura(
                    c,
                    x + c.rng.gauss(0, 34 * c.u),
                    y + c.rng.gauss(0, 34 * c.u),
                    c.u * c.rng.uniform(20, 44),
                    pink,
                )
                if c.rng.random() < 0.25:
                    soft += drawn
                else:
                    flowers += drawn
    c.svg(soft, blur=c.u * 5)
    c.svg(body + flowers)
    loose = "".join(
        f'<ellipse rx="{c.u * 15:.0f}" ry="{c.u * 9:.0f}" transform="translate({c.rng.random() * c.w:.0f} {c.rng.random() * c.h:.0f}) rotate({c.rng.random() * 180:.0f})" fill="{css(mix(pink, WHITE, 0.2))}"/>'
        for _ in range(14)
    )
    c.svg(loose, blur=c.u * 6, opacity=0.8)
    c.bloom(0.2, 0.75)
    return "Cherry blossoms on a branch against a soft spring sky"


def _sakura(c: Canvas, x: float, y: float, r: float, pink: Colour) -> str:
    tone = mix(pink, WHITE, c.rng.uniform(0, 0.55))
    petal = f"M0 0C{r * 0.25:.1f} {-r * 0.55:.1f} {r * 0.95:.1f} {-r * 0.5:.1f} {r:.1f} {-r * 0.1:.1f}L{r * 0.88:.1f} 0L{r:.1f} {r * 0.1:.1f}C{r * 0.95:.1f} {r * 0.5:.1f} {r * 0.25:.1f} {r * 0.55:.1f} 0 0Z"
    petals = "".join(
        f'<path d="{petal}" transform="rotate({k * 72 + 10})" fill="{css(mix(tone, BLACK, 0.05 * (k % 2)))}" stroke="{css(mix(pink, rgb("#a03060"), 0.25), 0.35)}" stroke-width="1"/>'
        for k in range(5)
    )
    deep = css(mix(pink, rgb("#c22a5e"), 0.6))
    threads = "".join(f"M0 0L{r * 0.42 * math.cos(k * 0.7):.1f} {r * 0.42 * math.sin(k * 0.7):.1f}" for k in range(9))
    return (
        f'<g transform="translate({x:.1f} {y:.1f}) rotate({c.rng.uniform(0, 72):.0f}) scale(1 {c.rng.uniform(0.6, 1):.2f})">{petals}'
        f'<circle r="{r * 0.16:.1f}" fill="{deep}" fill-opacity="0.6"/><path d="{threads}" stroke="{deep}" stroke-width="{max(0.8, r * 0.03):.1f}"/></g>'
    )


def autumn(c: Canvas) -> str:
    sky = [
        rgb(v)
        for v in c.rng.choice(
            (
                ("#cdd9dd", "#ece6d6", "#f6dfb8"),
                ("#8fb0c4", "#d9d6c6", "#f3cf9a"),
                ("#e8d9c4", "#f3e3c8", "#f7cf9f"),
            )
        )
    ]
    c.sky(sky, 0.8)
    leaves = [
        rgb(v)
        for v in c.rng.choice(
            (
                ("#d9482b", "#e8842c", "#f2b134", "#b5301f"),
                ("#e8a02c", "#f2c230", "#d97a1f", "#c9571b"),
                ("#a8281f", "#c9412b", "#e0662e", "#7d1d1d"),
            )
        )
    ]
    c.shine(c.disc_light(c.w * c.rng.random(), c.h * 0.35, c.u * 260), rgb("#fff0cc"), 0.5)
    ground = c.h * 0.83
    body = ""
    for _ in range(60):
        body += f'<path d="{blob(c.rng, c.rng.random() * c.w, ground - c.u * c.rng.uniform(10, 90), c.u * c.rng.uniform(30, 80), 0.3)}" fill="{css(mix(c.rng.choice(leaves), sky[-1], 0.6))}"/>'
    c.svg(body, blur=c.u * 14)
    grade = linear(
        "g",
        [(0, mix(leaves[1], sky[-1], 0.35), 1), (1, mix(leaves[3], BLACK, 0.35), 1)],
        x1=0,
        y1=ground,
        x2=0,
        y2=c.h,
    )
    c.svg(f'<path d="M0 {ground}Q{c.w / 2} {ground - c.u * 20} {c.w} {ground}V{c.h}H0Z" fill="url(#g)"/>', grade)
    x = c.w * c.rng.choice((0.36, 0.5, 0.64))
    tall = min(c.h * 0.68, c.w * 0.95)
    strokes, tips = bare_tree(c.rng, x, ground + c.h * 0.03, tall)
    bark = rgb("#3a2622")
    crown = {css(v): [""] * 2 for v in leaves}
    for px, py in tips:
        for _ in range(5):
            crown[css(c.rng.choice(leaves))][c.rng.random() < 0.5] += leaf_path(
                c, px + c.rng.gauss(0, tall * 0.03), py + c.rng.gauss(0, tall * 0.03), tall * 0.011
            )
    behind = "".join(f'<path d="{d[0]}" fill="{css(mix(rgb(k), BLACK, 0.22))}"/>' for k, d in crown.items())
    front = "".join(f'<path d="{d[1]}" fill="{k}"/>' for k, d in crown.items())
    c.svg(
        f'<ellipse cx="{x}" cy="{ground + c.h * 0.035}" rx="{tall * 0.4}" ry="{c.h * 0.025}"/>',
        blur=c.u * 12,
        opacity=0.4,
    )
    c.svg(behind + strokes_svg(strokes, bark) + front)
    fallen = {css(v): "" for v in leaves}
    for _ in range(420):
        t = c.rng.random() ** 1.4
        fallen[css(c.rng.choice(leaves))] += leaf_path(
            c, c.rng.random() * c.w, ground + (c.h - ground) * t, c.u * (5 + 14 * t), 0.5
        )
    for _ in range(24):
        fallen[css(c.rng.choice(leaves))] += leaf_path(
            c, c.rng.random() * c.w, c.rng.random() * ground, c.u * c.rng.uniform(5, 10)
        )
    c.svg("".join(f'<path d="{d}" fill="{k}"/>' for k, d in fallen.items()))
    c.bloom(0.3, 0.62)
    return "An old tree in its autumn colours, leaves falling"


def leaf_path(c: Canvas, x: float, y: float, r: float, flat: float = 1) -> str:
    a = c.rng.uniform(0, 6.28)
    dx, dy = r * 1.5 * math.cos(a), r * 1.5 * math.sin(a) * flat
    nx, ny = -dy * 0.55, dx * 0.55 * flat
    return f"M{x - dx:.1f} {y - dy:.1f}Q{x + nx:.1f} {y + ny:.1f} {x + dx:.1f} {y + dy:.1f}Q{x - nx:.1f} {y - ny:.1f} {x - dx:.1f} {y - dy:.1f}Z"
