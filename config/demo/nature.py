"""What several scenes share: ridges, trees, sun, stars, birds, water. Shapes are SVG fragments."""

import math
import random
from collections.abc import Sequence

import pyvips

from config.demo.canvas import (
    ATLAS,
    Canvas,
    Colour,
    clouds_tile,
    css,
    curve,
    fbm,
    linear,
    mix,
    points,
    radial,
    smoothstep,
    stretch_to,
)
from config.demo.palettes import Mood

Line = list[tuple[float, float]]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)


def ridge(c: Canvas, base: float, height: float, cells: float = 4, rough: float = 0.5, peaks: float = 0) -> Line:
    """The outline of land, left to right: `peaks` from 0 (hills) to 1 (sharp summits)."""
    n = 420
    line = fbm(c.rng, n, cells, 7 if rough > 0.3 else 3, rough)
    if peaks:
        detail = fbm(c.rng, n, cells * 3, 5, 0.55)
        summits = [
            (c.rng.uniform(-0.05, 1.05), c.rng.uniform(0.35, 1.15), c.rng.uniform(0.8, 1.5) * cells)
            for _ in range(round(cells * 1.3) + 1)
        ]
        for i, v in enumerate(line):
            x = i / (n - 1)
            top = max(tall - abs(x + detail[i] * 0.02 - at) * steep for at, tall, steep in summits)
            line[i] = (1 - peaks) * v + peaks * (max(top, -0.5 + 0.15 * v) + detail[i] * 0.13)
    return [(i * c.w / (n - 1), base - v * height) for i, v in enumerate(line)]


def height_at(line: Line, x: float, width: float) -> float:
    i = min(len(line) - 1, max(0, round(x / width * (len(line) - 1))))
    return line[i][1]


def land(c: Canvas, name: str, line: Line, top: Colour, bottom: Colour, depth: float) -> tuple[str, str]:
    """Land below a line, from the top colour to the bottom one `depth` px below its highest point."""
    y = min(p[1] for p in line)
    defs = linear(name, [(0, top, 1), (1, bottom, 1)], x1=0, y1=y, x2=0, y2=y + depth)
    return f'<path d="{points(line)}L{c.w} {c.h}L0 {c.h}Z" fill="url(#{name})"/>', defs


def pine(rng: random.Random, x: float, y: float, height: float) -> str:
    """The path of a conifer that stands at x, y: the taller it is drawn, the more boughs are seen."""
    tiers = round(min(26, 6 + height / 22))
    spread = height * rng.uniform(0.13, 0.2)
    sides: tuple[Line, Line] = ([], [])
    for i in range(1, tiers + 1):
        t = i / tiers
        ty = y - height * (1 - t * 0.93) + rng.uniform(-0.3, 0.3) * height / tiers
        for side, sign in zip(sides, (-1, 1), strict=True):
            tip = spread * t**0.8 * rng.uniform(0.62, 1.12)
            side += [
                (x + sign * tip, ty + height * 0.04 * (0.3 + t)),
                (x + sign * tip * rng.uniform(0.3, 0.5), ty + height * 0.012),
            ]
    trunk = height * 0.014
    foot = [(x - trunk, y - height * 0.06), (x - trunk, y), (x + trunk, y), (x + trunk, y - height * 0.06)]
    return points([(x, y - height), *sides[0], *foot, *reversed(sides[1])]) + "Z"


def forest(c: Canvas, line: Line, height: float, colour: Colour, spacing: float, gaps: float = 0.1) -> str:
    paths, x = [], -spacing
    while x < c.w + spacing:
        if c.rng.random() > gaps:
            y = height_at(line, x, c.w) + height * 0.06
            paths.append(pine(c.rng, x, y, height * c.rng.uniform(0.55, 1.2)))
        x += spacing * c.rng.uniform(0.4, 1.5)
    return f'<path d="{"".join(paths)}" fill="{css(colour)}"/>'


def bare_tree(rng: random.Random, x: float, y: float, height: float) -> tuple[dict[float, list[str]], Line]:
    """Branches as paths by their width in px, and the points where twigs end."""
    strokes: dict[float, list[str]] = {}
    tips: Line = []

    def grow(x: float, y: float, angle: float, length: float, width: float, level: int) -> None:
        bend = rng.uniform(-0.22, 0.22)
        mx, my = x + math.cos(angle) * length * 0.5, y - math.sin(angle) * length * 0.5
        ex = mx + math.cos(angle + bend) * length * 0.5
        ey = my - math.sin(angle + bend) * length * 0.5
        strokes.setdefault(round(max(0.7, width), 1), []).append(
            f"M{x:.1f} {y:.1f}Q{mx:.1f} {my:.1f} {ex:.1f} {ey:.1f}"
        )
        if level == 0:
            tips.append((ex, ey))
            return
        fork = 3 if rng.random() < 0.35 else 2
        for k in range(fork):
            turn = (k - (fork - 1) / 2) * rng.uniform(0.5, 0.95) + rng.uniform(-0.12, 0.12)
            lift = 0.06 * math.cos(angle + turn)
            grow(ex, ey, angle + bend + turn + lift, length * rng.uniform(0.66, 0.86), width * 0.64, level - 1)

    grow(x, y, math.pi / 2 + rng.uniform(-0.1, 0.1), height * 0.25, height * 0.045, 7)
    return strokes, tips


def strokes_svg(strokes: dict[float, list[str]], colour: Colour) -> str:
    return "".join(
        f'<path d="{"".join(paths)}" stroke="{css(colour)}" stroke-width="{width}" fill="none" stroke-linecap="round"/>'
        for width, paths in strokes.items()
    )


def sun(c: Canvas, x: float, y: float, r: float, colour: Colour, glow: float = 0.7, reach: float = 4) -> None:
    c.shine(c.disc_light(x, y, r * reach), colour, glow)
    pale = mix(colour, WHITE, 0.4)
    defs = radial("sun", [(0, pale, 1), (0.93, pale, 1), (1, pale, 0)])
    c.svg(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="url(#sun)"/>', defs)


def moon(c: Canvas, x: float, y: float, r: float, colour: Colour) -> None:
    c.shine(c.disc_light(x, y, r * 4.5), colour, 0.38)
    rng = c.rng
    seas = "".join(
        f'<ellipse cx="{x + r * rng.uniform(-0.5, 0.5):.1f}" cy="{y + r * rng.uniform(-0.5, 0.5):.1f}" '
        f'rx="{r * rng.uniform(0.12, 0.34):.1f}" ry="{r * rng.uniform(0.1, 0.28):.1f}" fill="#8d8f94" fill-opacity="0.16"/>'
        for _ in range(9)
    )
    defs = radial(
        "moon",
        [(0, mix(colour, WHITE, 0.5), 1), (0.8, colour, 1), (1, mix(colour, BLACK, 0.12), 1)],
        0.42,
        0.4,
    )
    c.svg(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="url(#moon)"/>{seas}', defs)


def stars(c: Canvas, bottom: float, count: int, tint: Colour = WHITE) -> None:
    rng, out = c.rng, []
    for _ in range(count):
        bright = rng.random() ** 5
        r = (0.55 + 1.7 * bright) * max(0.8, c.u)
        y = rng.random() ** 1.15 * bottom
        colour = mix(tint, rng.choice(((160, 190, 255), (255, 220, 180), WHITE)), 0.5)
        out.append(
            f'<circle cx="{rng.random() * c.w:.1f}" cy="{y:.1f}" r="{r:.2f}" '
            f'fill="{css(colour)}" fill-opacity="{0.3 + 0.7 * rng.random():.2f}"/>'
        )
    c.svg("".join(out))


def birds(c: Canvas, x: float, y: float, size: float, colour: Colour) -> str:
    out = []
    for _ in range(c.rng.randint(3, 9)):
        bx, by = x + c.rng.gauss(0, size * 6), y + c.rng.gauss(0, size * 2.5)
        s, flap = size * c.rng.uniform(0.5, 1.1), c.rng.uniform(0.2, 0.6)
        out.append(
            f"M{bx - s:.1f} {by - s * flap:.1f}Q{bx - s * 0.4:.1f} {by - s * flap:.1f} {bx:.1f} {by:.1f}"
            f"Q{bx + s * 0.4:.1f} {by - s * flap:.1f} {bx + s:.1f} {by - s * flap * 1.1:.1f}"
        )
    width = max(1.2, size * 0.13)
    return f'<path d="{"".join(out)}" stroke="{css(colour)}" stroke-width="{width:.1f}" fill="none" stroke-linecap="round"/>'


def waves(c: Canvas, horizon: float, size: float = 1) -> pyvips.Image:
    """Noise in perspective, half the picture's size below the horizon (px): a calm sea seen from the shore."""
    w, h = c.w // 2, max(8, round(c.h - horizon) // 2)
    grid = pyvips.Image.xyz(w, h).cast("float")
    depth = (grid[1] * (1 / h)) * 0.93 + 0.06
    far = (depth**-1) * (1 / size)
    offset = c.rng.randrange(ATLAS)
    u = ((grid[0] - w / 2) * far * 0.55 + (offset + 40 * ATLAS)) % (2 * ATLAS - 1)
    v = (far * -620 + (offset + 40 * ATLAS)) % (2 * ATLAS - 1)
    return clouds_tile().mapim(u.bandjoin(v), interpolate=pyvips.Interpolate.new("bilinear")).copy_memory()


def sea(
    c: Canvas, horizon: float, far: Colour, near: Colour, mood: Mood, sun_x: float | None, width: float = 0.1
) -> None:
    """Water from the horizon (px) down, with the sun's path at sun_x."""
    top, span = round(horizon), c.h - round(horizon)
    water = c.column(lambda y: mix(far, near, max(0, (y * c.h - top) / span) ** 0.7)).crop(0, top, c.w, span)
    noise = waves(c, horizon)
    grid = pyvips.Image.xyz(noise.width, noise.height).cast("float")
    depth = grid[1] / noise.height
    ripple = noise.cast("float") / 255 - 0.5

    def full(mask: pyvips.Image) -> pyvips.Image:
        return stretch_to((mask * 255).cast("uchar"), c.w, span)

    light = full(ripple * (depth * 0.5 + 0.35) * 1.5)
    water = light.ifthenelse([round(v) for v in mix(far, WHITE, 0.12)], water, blend=True)
    dark = full(ripple * -1 * (depth * 0.5 + 0.3) * 1.5)
    water = dark.ifthenelse([round(v) for v in mix(near, BLACK, 0.4)], water, blend=True).cast("uchar")
    if sun_x is not None:
        spread = depth * 1.3 * width + width * 0.45
        off = (grid[0] / noise.width - sun_x / c.w) / spread
        path = (off * off * -1).exp()
        sparks = waves(c, horizon, 0.3).cast("float") / 255 - 0.5
        glitter = (ripple * 4 + sparks * 5 + path * 1.5 - 1.3) * path * 1.6
        water = full(path * 0.28).ifthenelse([round(v) for v in mood.sun], water, blend=True)
        water = (
            full(glitter).ifthenelse([round(v) for v in mix(mood.sun, WHITE, 0.35)], water, blend=True).cast("uchar")
        )
    c.image = c.image.insert(water, 0, top).copy_memory()


def reflect(c: Canvas, level: float, tint: Colour, strength: float = 0.3, ripple: float = 1, squash: float = 1) -> None:
    """Below `level` (px) the picture above it, upside down and broken by ripples."""
    top, span = round(level), c.h - round(level)
    source = c.image.crop(0, max(0, round(top - span / squash)), c.w, min(top, round(span / squash))).flipver()
    small = source.resize(0.5, vscale=span / source.height * 0.5, kernel="linear").cast("uchar").copy_memory()
    noise = waves(c, level, 1.4).resize(
        small.width / (c.w // 2), vscale=small.height / max(8, span // 2), kernel="linear"
    )
    noise = noise.embed(0, 0, small.width, small.height, extend="copy").cast("float") - 128
    grid = pyvips.Image.xyz(small.width, small.height).cast("float")
    depth = grid[1] / small.height
    x = grid[0] + noise * (depth * 0.07 + 0.015) * ripple * c.u * 2
    y = grid[1] + noise * (depth * 0.6 + 0.08) * ripple * c.u
    y = (y < 0).ifthenelse(y * -1, y)
    y = (y > small.height - 1).ifthenelse(small.height - 1, y)
    x = (x < 0).ifthenelse(0, (x > small.width - 1).ifthenelse(small.width - 1, x))
    water = small.mapim(x.bandjoin(y), interpolate=pyvips.Interpolate.new("bilinear")).cast("uchar")
    water = stretch_to(water, c.w, span)
    water = (water * (1 - strength) + [v * strength for v in tint]).cast("uchar")
    c.image = c.image.insert(water, 0, top).copy_memory()


def grass(c: Canvas, y: float, height: float, count: int, colours: Sequence[Colour], lean: float = 0.3) -> str:
    """Blades that stand along y and are drawn tip first to the foot."""
    by: dict[str, list[str]] = {}
    for _ in range(count):
        x, h = c.rng.uniform(-0.02, 1.02) * c.w, height * c.rng.uniform(0.4, 1.1)
        bend, wide = h * c.rng.gauss(0, lean), h * 0.035
        by.setdefault(css(c.rng.choice(colours)), []).append(
            f"M{x - wide:.1f} {y:.1f}Q{x:.1f} {y - h * 0.6:.1f} {x + bend:.1f} {y - h:.1f}"
            f"Q{x + wide:.1f} {y - h * 0.5:.1f} {x + wide:.1f} {y:.1f}Z"
        )
    return "".join(f'<path d="{"".join(d)}" fill="{colour}"/>' for colour, d in by.items())


def paper_lut(low: float, high: float) -> pyvips.Image:
    return curve(lambda v: smoothstep(low, high, v))
