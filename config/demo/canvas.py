"""A small painting machine on libvips: 8-bit RGB, vector layers by SVG, textures from one noise atlas.

Colours are (red, green, blue) with 0..255. Masks are one-band 8-bit images. Everything soft (fog, light, blur)
is computed at a quarter or half of the size, which no eye can tell and which is 4 to 16 times as fast.
"""

import colorsys
import math
import random
from array import array
from collections.abc import Callable, Sequence
from functools import cache

import pyvips

Colour = tuple[float, float, float]
GRAIN = 0.2
ATLAS = 1024  # px; the mirrored tile is twice as wide and repeats without a seam


def rgb(code: str) -> Colour:
    return tuple(int(code[i : i + 2], 16) for i in (1, 3, 5))  # type: ignore[return-value]


def mix(a: Colour, b: Colour, t: float) -> Colour:
    t = min(1.0, max(0.0, t))
    return tuple(x + (y - x) * t for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


def css(colour: Colour, alpha: float = 1.0) -> str:
    r, g, b = (min(255, max(0, round(v))) for v in colour)
    return f"#{r:02x}{g:02x}{b:02x}" if alpha >= 1 else f"rgba({r},{g},{b},{alpha:.3f})"


def shift(colour: Colour, hue: float = 0, saturation: float = 1, value: float = 1) -> Colour:
    """Turn the hue by a fraction of the circle, scale saturation and brightness."""
    h, s, v = colorsys.rgb_to_hsv(*(c / 255 for c in colour))
    r, g, b = colorsys.hsv_to_rgb((h + hue) % 1, min(1, s * saturation), min(1, v * value))
    return r * 255, g * 255, b * 255


def smoothstep(low: float, high: float, x: float) -> float:
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3 - 2 * t)


def curve(function: Callable[[float], float]) -> pyvips.Image:
    """A look-up table over 0..1 to 0..1 for 8-bit images."""
    values = bytes(min(255, max(0, round(function(i / 255) * 255))) for i in range(256))
    return pyvips.Image.new_from_memory(values, 256, 1, 1, "uchar")


@cache
def clouds_tile() -> pyvips.Image:
    total = pyvips.Image.black(ATLAS, ATLAS).cast("float")
    for cell, weight in ((256, 0.5), (128, 0.27), (64, 0.15), (32, 0.09), (16, 0.05), (8, 0.03)):
        total += pyvips.Image.perlin(ATLAS, ATLAS, cell_size=cell, seed=cell) * weight
    return mirrored((total * 190 + 128).cast("uchar"))


@cache
def fine_tile() -> pyvips.Image:
    total = pyvips.Image.black(ATLAS, ATLAS).cast("float")
    for cell, weight in ((32, 0.5), (16, 0.4), (8, 0.3)):
        total += pyvips.Image.perlin(ATLAS, ATLAS, cell_size=cell, seed=cell + 1) * weight
    return mirrored((total * 150 + 128).cast("uchar"))


@cache
def grain_tile() -> pyvips.Image:
    """Signed: it is added to a picture."""
    noise = pyvips.Image.gaussnoise(ATLAS, ATLAS, mean=0, sigma=26, seed=7).gaussblur(0.55)
    return mirrored((noise * GRAIN).rint().cast("char"))


def mirrored(tile: pyvips.Image) -> pyvips.Image:
    row = tile.join(tile.fliphor(), "horizontal")
    return row.join(row.flipver(), "vertical").copy_memory()


def fbm(rng: random.Random, n: int, cells: float = 3, octaves: int = 6, gain: float = 0.5) -> list[float]:
    """Fractal noise in one dimension: n values of about -1..1."""
    out, weight, total = [0.0] * n, 1.0, 0.0
    for _ in range(octaves):
        knots = [rng.uniform(-1, 1) for _ in range(int(cells) + 3)]
        for i in range(n):
            p = i / n * cells
            k = int(p)
            f = p - k
            f = f * f * (3 - 2 * f)
            out[i] += weight * (knots[k] + (knots[k + 1] - knots[k]) * f)
        total += weight
        weight *= gain
        cells *= 2
    return [v / total * 1.6 for v in out]


def points(pairs: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in pairs)


def blob(rng: random.Random, x: float, y: float, r: float, wobble: float = 0.1, squash: float = 1) -> str:
    """A closed smooth path, nearly a circle."""
    n = 8
    at = []
    for i in range(n):
        a, d = 2 * math.pi * i / n, r * (1 + rng.uniform(-wobble, wobble))
        at.append((x + math.cos(a) * d, y + math.sin(a) * d * squash))
    return smooth(at, closed=True)


def smooth(at: Sequence[tuple[float, float]], closed: bool = False) -> str:
    """A Catmull-Rom curve through the points, as an SVG path."""
    n = len(at)
    get = (lambda i: at[i % n]) if closed else (lambda i: at[min(n - 1, max(0, i))])
    path = [f"M{at[0][0]:.1f} {at[0][1]:.1f}"]
    for i in range(n if closed else n - 1):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = get(i - 1), get(i), get(i + 1), get(i + 2)
        path.append(
            f"C{bx + (cx - ax) / 6:.1f} {by + (cy - ay) / 6:.1f} "
            f"{cx - (dx - bx) / 6:.1f} {cy - (dy - by) / 6:.1f} {cx:.1f} {cy:.1f}"
        )
    return "".join(path) + ("Z" if closed else "")


def linear(name: str, stops: Sequence[tuple[float, Colour, float]], **where: float) -> str:
    """An SVG gradient; stops are (offset, colour, opacity); `where` is x1, y1, x2, y2 in px or none for top to bottom."""
    box = (
        'gradientUnits="userSpaceOnUse" ' + " ".join(f'{k}="{v:.1f}"' for k, v in where.items())
        if where
        else 'x1="0" y1="0" x2="0" y2="1"'
    )
    return f'<linearGradient id="{name}" {box}>{_stops(stops)}</linearGradient>'


def radial(name: str, stops: Sequence[tuple[float, Colour, float]], fx: float = 0.5, fy: float = 0.5) -> str:
    return f'<radialGradient id="{name}" fx="{fx}" fy="{fy}">{_stops(stops)}</radialGradient>'


def _stops(stops: Sequence[tuple[float, Colour, float]]) -> str:
    return "".join(f'<stop offset="{o:.3f}" stop-color="{css(c)}" stop-opacity="{a:.3f}"/>' for o, c, a in stops)


def stretch_to(small: pyvips.Image, w: int, h: int) -> pyvips.Image:
    """Enlarge an 8-bit image by whole pixels and blur: three times as fast as interpolation, and as soft."""
    kx, ky = math.ceil(w / small.width), math.ceil(h / small.height)
    grown = small.zoom(kx, ky)
    if max(kx, ky) > 1:
        grown = grown.gaussblur(max(kx, ky) * 0.42, precision="integer")
    return grown.crop((grown.width - w) // 2, (grown.height - h) // 2, w, h).copy_memory()


class Canvas:
    def __init__(self, rng: random.Random, width: int, height: int):
        self.rng, self.w, self.h = rng, width, height
        self.u = min(width, height) / 1000  # the unit of everything drawn: a thousandth of the short side
        self.image = pyvips.Image.black(width, height, bands=3)

    # -- layers ------------------------------------------------------------------------------------------

    def sky(self, stops: Sequence[Colour], bottom: float = 1.0) -> None:
        """A vertical gradient from the top to `bottom` (a fraction of the height), the last colour below."""
        self.image = self.column(lambda y: along(stops, y / bottom))

    def column(self, colour: Callable[[float], Colour]) -> pyvips.Image:
        """A picture whose rows have one colour each; `colour` takes 0 (top) to 1."""
        knots = math.ceil(self.h / 4) + 1
        values = array("f", (v for k in range(knots) for v in colour(k * 4 / self.h)))
        line = pyvips.Image.new_from_memory(values.tobytes(), 1, knots, 3, "float")
        line = line.resize(1, vscale=4, kernel="linear").cast("uchar")
        return line.embed(0, 0, self.w, self.h, extend="copy").copy_memory()

    def svg(self, body: str, defs: str = "", blur: float = 0, opacity: float = 1) -> None:
        """Draw vector shapes over the picture; `blur` is the sigma in px."""
        self.over(self.render(body, defs, blur), opacity)

    def render(self, body: str, defs: str = "", blur: float = 0) -> pyvips.Image:
        scale = 1.0 if blur == 0 else 0.5 if blur < 6 else 0.25
        text = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{self.w}" height="{self.h}"><defs>{defs}</defs>{body}</svg>'
        )
        drawn = pyvips.Image.svgload_buffer(text.encode(), scale=scale, unlimited=True).copy_memory()
        if not blur:
            return drawn
        # Colours under transparency are black: blurred as they are they would darken every edge.
        drawn = drawn.premultiply().cast("uchar").gaussblur(blur * scale)
        return self.enlarge(drawn.unpremultiply().cast("uchar"))

    def over(self, layer: pyvips.Image, opacity: float = 1) -> None:
        """Blend a layer with transparency, where it has anything at all."""
        columns, rows = (array("I", bytes(line.write_to_memory())) for line in layer[3].project())
        xs, ys = [x for x, v in enumerate(columns) if v], [y for y, v in enumerate(rows) if v]
        if not xs:
            return
        box = xs[0], ys[0], xs[-1] - xs[0] + 1, ys[-1] - ys[0] + 1
        layer, under = layer.crop(*box), self.image.crop(*box)
        alpha = layer[3] if opacity >= 1 else (layer[3] * opacity).cast("uchar")
        self.put(alpha.ifthenelse(layer[0:3], under, blend=True), box[0], box[1])

    def put(self, piece: pyvips.Image, x: int, y: int) -> None:
        self.image = self.image.insert(piece.cast("uchar"), x, y).copy_memory()

    def tint(self, mask: pyvips.Image, colour: Colour, opacity: float = 1, y: int = 0) -> None:
        """Lay a flat colour over the picture through a mask whose top is at y (px)."""
        if opacity < 1:
            mask = (mask * opacity).cast("uchar")
        flat = [round(v) for v in colour]
        under = self.image.crop(0, y, self.w, mask.height)
        self.put(mask.ifthenelse(flat, under, blend=True), 0, y)

    def shine(self, mask: pyvips.Image, colour: Colour, strength: float = 1) -> None:
        """Add light through a mask, as a screen does: it nears white and never clips."""
        lut = bytes(min(255, round(i * v / 255 * strength)) for i in range(256) for v in colour)
        self.screen(mask.maplut(pyvips.Image.new_from_memory(lut, 256, 1, 3, "uchar")))

    def screen(self, light: pyvips.Image) -> None:
        self.image = light.ifthenelse([255] * 3, self.image, blend=True).cast("uchar").copy_memory()

    def shade(self, mask: pyvips.Image) -> None:
        """Multiply by a mask (255 leaves the picture as it is)."""
        self.image = mask.ifthenelse(self.image, [0] * 3, blend=True).cast("uchar").copy_memory()

    # -- masks -------------------------------------------------------------------------------------------

    def enlarge(self, small: pyvips.Image) -> pyvips.Image:
        return stretch_to(small, self.w, self.h)

    def noise(self, stretch: float = 1, zoom: float = 1, fine: bool = False) -> pyvips.Image:
        """A piece of fractal noise of half the picture's size: `stretch` draws it out sideways."""
        tile = fine_tile() if fine else clouds_tile()
        w, h = self.w // 2, self.h // 2
        cw, ch = min(2 * ATLAS, round(w / zoom / stretch)), min(2 * ATLAS, round(h / zoom))
        x, y = self.rng.randrange(2 * ATLAS - cw + 1), self.rng.randrange(2 * ATLAS - ch + 1)
        piece = tile.crop(x, y, cw, ch)
        if self.rng.random() < 0.5:
            piece = piece.fliphor()
        return piece.resize(w / cw, vscale=h / ch, kernel="linear").embed(0, 0, w, h, extend="copy")

    def field(self, function: Callable[[pyvips.Image, pyvips.Image], pyvips.Image]) -> pyvips.Image:
        """A mask from a formula over x and y (0..1), computed at an eighth of the size; the formula gives 0..1."""
        w, h = max(2, self.w // 8), max(2, self.h // 8)
        grid = pyvips.Image.xyz(w, h).cast("float")
        return self.enlarge((function(grid[0] / w, grid[1] / h) * 255).cast("uchar"))

    def disc_light(self, x: float, y: float, r: float) -> pyvips.Image:
        """A soft round light: x, y in px, falling to a third at r px."""

        def light(u: pyvips.Image, v: pyvips.Image) -> pyvips.Image:
            d2 = ((u * self.w - x) ** 2 + (v * self.h - y) ** 2) * (1 / r**2)
            return (d2 * -1).exp() * 0.55 + 0.45 / (d2 * 2.5 + 1) ** 1.5

        return self.field(light)

    def clouds(self, colour: Colour, cover: float = 0.5, opacity: float = 0.6, top: float = 0, bottom: float = 1,
               stretch: float = 3, zoom: float = 1.2) -> None:  # fmt: skip
        """Cloud or fog between two heights (fractions), fading to both."""
        low = 0.72 - 0.45 * cover
        lut = curve(lambda v: smoothstep(low, low + 0.33, v))
        mask = self.noise(stretch, zoom).maplut(lut)
        mask = ((mask * self.fade(top, bottom, mask.width, mask.height)) >> 8).cast("uchar")
        y0, y1 = max(0, math.floor(top * mask.height)), min(mask.height, math.ceil(bottom * mask.height))
        grown = stretch_to(mask.crop(0, y0, mask.width, y1 - y0), self.w, (y1 - y0) * 2)
        self.tint(grown, colour, opacity, y0 * 2)

    def fade(self, top: float, bottom: float, w: int, h: int) -> pyvips.Image:
        soft = max(0.02, (bottom - top) * 0.35)
        values = bytes(
            round(255 * smoothstep(top, top + soft, y / h) * (1 - smoothstep(bottom - soft, bottom, y / h)))
            if top > 0
            else round(255 * (1 - smoothstep(bottom - soft, bottom, y / h)))
            for y in range(h)
        )
        return pyvips.Image.new_from_memory(values, 1, h, 1, "uchar").embed(0, 0, w, h, extend="copy")

    # -- light and film ----------------------------------------------------------------------------------

    def bloom(self, strength: float = 0.35, threshold: float = 0.62, spread: float = 26) -> None:
        lut = curve(lambda v: smoothstep(threshold, 1, v) * v)
        small = self.image.shrink(8, 8).cast("uchar").maplut(lut)
        light = small.gaussblur(spread * self.u / 8 + 1)
        self.screen(self.enlarge((light * strength).cast("uchar")))

    def finish(self, vignette: float = 0.22) -> pyvips.Image:
        """The film: vignette, a gentle contrast with lifted blacks, warm lights and cool shadows, grain."""
        if vignette:

            def corner(x: pyvips.Image, y: pyvips.Image) -> pyvips.Image:
                d2 = (x - 0.5) ** 2 + (y - 0.5) ** 2
                return d2 * d2 * (-3.2 * vignette) + 1

            self.shade(self.field(corner))
        warm = self.rng.uniform(-0.012, 0.02)
        bands = [curve(lambda v, k=k: _tone(v) + k * (v - 0.35)) for k in (warm, 0, -warm)]  # type: ignore[misc]
        image = self.image.maplut(bands[0].bandjoin(bands[1:]))
        x, y = self.rng.randrange(2 * ATLAS - self.w), self.rng.randrange(2 * ATLAS - self.h)
        grained = image + grain_tile().crop(x, y, self.w, self.h)
        return grained.cast("uchar").copy(interpretation="srgb")


def _tone(v: float) -> float:
    return 0.016 + 0.972 * (v + 0.09 * (v * v * (3 - 2 * v) - v))


def along(stops: Sequence[Colour], t: float) -> Colour:
    """The colour at t (0..1) on an evenly spaced row of stops."""
    t = min(0.9999, max(0.0, t)) * (len(stops) - 1)
    k = int(t)
    f = t - k
    return mix(stops[k], stops[k + 1], f * f * (3 - 2 * f) * 0.5 + f * 0.5)
