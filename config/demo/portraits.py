"""Avatars: friendly faces of people and animals in flat shapes, on a soft ground."""

import math
import random

import pyvips

from config.demo.canvas import Canvas, Colour, css, linear, mix, radial, rgb, shift
from config.demo.nature import BLACK, WHITE

SKINS = ("#f7d7c4", "#f0c3a2", "#e3ab82", "#c98b5f", "#a9683f", "#84502f", "#5f3722", "#f3cfb0")
HAIR = ("#1d1512", "#2d1e17", "#4a2f20", "#6e4427", "#96602f", "#c98f45", "#e2b974", "#a3432a", "#7d7f86", "#d9d5cf")
GROUNDS = ("#f2b880 #e8825c", "#b5d6c6 #4f9a94", "#f3b9bb #b86a8c", "#c3b4e3 #6f6ac4", "#f7d08a #e39a57", "#a9cbe8 #4f83b8",
           "#fbd3c0 #e58f78", "#d7e3a8 #7fa35f", "#9fd0d6 #35758a", "#e9d8c4 #b08a6a", "#2f4a5f #17283a", "#f5c6da #a75f9a")  # fmt: skip
CLOTHES = ("#2f4858", "#e4572e", "#f6f1e7", "#3d7a6d", "#7d3b5c", "#e3a72f", "#30406e", "#8a9a5b", "#d98c8c", "#1f1f28")


def portrait(seed: int, size: int) -> pyvips.Image:
    rng = random.Random(seed)  # the face's alone, so that faces stay when the ground is painted otherwise
    light, dark = (rgb(v) for v in rng.choice(GROUNDS).split())
    body, defs = (_animal if rng.random() < 0.1 else _person)(rng, dark)
    c = Canvas(random.Random(seed), size, size)
    c.sky((light, dark), 1)
    c.shine(c.disc_light(size * 0.3, size * 0.25, size * 0.4), WHITE, 0.35)
    c.svg(f'<g transform="scale({size / 512})">{body}</g>', defs)
    return c.finish(vignette=0.12)


def _person(rng: random.Random, ground: Colour) -> tuple[str, str]:
    skin = rgb(rng.choice(SKINS))
    deep = sum(skin) < 330
    hair = rgb(rng.choice(HAIR[:4] if deep or rng.random() < 0.35 else HAIR))
    cloth = rgb(rng.choice([v for v in CLOTHES if abs(sum(rgb(v)) - sum(ground)) > 90]))
    shade = mix(skin, rgb("#5a2030"), 0.28)
    style = rng.choice(
        ("long", "bob", "bun", "short", "short", "curls", "afro", "side", "bald", "hijab", "beanie", "waves")
    )
    wide, chin = rng.uniform(82, 94), rng.uniform(318, 332)
    if style == "hijab":
        hair = cloth = rgb(rng.choice(("#8fb5b0", "#d9a0a0", "#5f6fa5", "#e3c39a", "#7d5a7a")))
    defs = (
        f'<linearGradient id="skin" x1="0" y1="0" x2="1" y2="0.35"><stop offset="0.25" stop-color="{css(mix(skin, WHITE, 0.12))}"/><stop offset="1" stop-color="{css(mix(skin, shade, 0.5))}"/></linearGradient>'
        + linear("cloth", [(0, mix(cloth, WHITE, 0.12), 1), (1, mix(cloth, BLACK, 0.2), 1)])
        + f'<linearGradient id="hair" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="{css(mix(hair, WHITE, 0.16))}"/><stop offset="1" stop-color="{css(mix(hair, BLACK, 0.2))}"/></linearGradient>'
    )
    face = f"M{256 - wide} 205C{256 - wide} 120 {256 + wide} 120 {256 + wide} 205C{256 + wide} 275 {296} {chin} 256 {chin}C216 {chin} {256 - wide} 275 {256 - wide} 205Z"
    back, front = _hair(rng, style, wide, hair)
    ears = (
        ""
        if style in ("long", "bob", "hijab", "waves")
        else f'<ellipse cx="{256 - wide}" cy="228" rx="15" ry="23" fill="{css(skin)}"/><ellipse cx="{256 + wide}" cy="228" rx="15" ry="23" fill="{css(mix(skin, shade, 0.5))}"/>'
    )
    shoulders = '<path d="M60 530C70 420 160 388 212 376L256 400L300 376C352 388 442 420 452 530Z" fill="url(#cloth)"/>'
    neck = f'<path d="M216 290V372C216 408 296 408 296 372V290Z" fill="{css(mix(skin, shade, 0.42))}"/><path d="M216 320Q256 356 296 316V330Q256 372 216 340Z" fill="{css(shade, 0.4)}"/>'
    body = (
        back
        + neck
        + shoulders
        + _collar(rng, cloth)
        + ears
        + f'<path d="{face}" fill="url(#skin)"/>'
        + _face(rng, skin, shade, hair, style, chin)
        + front
    )
    return f'<g transform="translate(256 270) scale(1.12) translate(-256 -262)">{body}</g>', defs


def _collar(rng: random.Random, cloth: Colour) -> str:
    kind = rng.random()
    if kind < 0.35:
        return f'<path d="M208 378Q256 440 304 378L318 384Q256 466 194 384Z" fill="{css(mix(cloth, WHITE, 0.3))}"/>'
    if kind < 0.6:
        tone = css(mix(cloth, WHITE, 0.75))
        return f'<path d="M212 376L256 402L228 440L192 386Z" fill="{tone}"/><path d="M300 376L256 402L284 440L320 386Z" fill="{tone}"/>'
    if kind < 0.75:
        stripes = "".join(
            f'<path d="M{90 - k * 6} {440 + k * 34}Q256 {400 + k * 34} {422 + k * 6} {440 + k * 34}" stroke="{css(mix(cloth, WHITE, 0.7), 0.7)}" stroke-width="9" fill="none"/>'
            for k in range(3)
        )
        return stripes
    return ""


def _face(rng: random.Random, skin: Colour, shade: Colour, hair: Colour, style: str, chin: float) -> str:
    gap, eye_y = rng.uniform(34, 40), rng.uniform(220, 228)
    ink = "#2a1a1c"
    brow = css(mix(hair if style not in ("hijab", "beanie", "bald") else rgb("#3a2a22"), BLACK, 0.25))
    smile = rng.random()
    eyes = brows = ""
    lift = rng.uniform(-4, 5)
    for side in (-1, 1):
        x = 256 + side * gap
        if smile < 0.25:  # laughing eyes
            eyes += f'<path d="M{x - 13} {eye_y + 3}Q{x} {eye_y - 11} {x + 13} {eye_y + 3}" stroke="{ink}" stroke-width="5.5" fill="none" stroke-linecap="round"/>'
        else:
            eyes += f'<ellipse cx="{x}" cy="{eye_y}" rx="7.5" ry="9" fill="{ink}"/><circle cx="{x - 2.5}" cy="{eye_y - 3.5}" r="2.6" fill="#fff"/>'
        brows += f'<path d="M{x - side * 17} {eye_y - 24}Q{x + side * 2} {eye_y - 34 - lift} {x + side * 19} {eye_y - 24 - lift * 0.5}" stroke="{brow}" stroke-width="6.5" fill="none" stroke-linecap="round"/>'
    nose = f'<path d="M256 {eye_y + 6}Q{268} {eye_y + 34} 258 {eye_y + 38}Q250 {eye_y + 40} 247 {eye_y + 36}" stroke="{css(shade, 0.75)}" stroke-width="4.5" fill="none" stroke-linecap="round"/>'
    lip = css(mix(shade, rgb("#a02c3c"), 0.55))
    y = eye_y + 58
    if smile < 0.5:
        mouth = f'<path d="M230 {y}Q256 {y + 8} 282 {y}Q274 {y + 27} 256 {y + 27}Q238 {y + 27} 230 {y}Z" fill="#7a2430"/><path d="M234 {y + 2}Q256 {y + 9} 278 {y + 2}L275 {y + 9}Q256 {y + 14} 237 {y + 9}Z" fill="#fff"/>'
    else:
        mouth = f'<path d="M234 {y + 4}Q256 {y + 22} 278 {y + 4}" stroke="{lip}" stroke-width="6" fill="none" stroke-linecap="round"/>'
    cheeks = "".join(
        f'<ellipse cx="{256 + s * 56}" cy="{eye_y + 40}" rx="17" ry="11" fill="#e0554f" fill-opacity="0.2"/>'
        for s in (-1, 1)
    )
    extra = ""
    if style in ("short", "side", "bald", "beanie") and rng.random() < 0.5:
        extra += f'<path d="M172 {eye_y + 14}Q178 {chin + 14} 256 {chin + 16}Q334 {chin + 14} 340 {eye_y + 14}Q334 {y - 10} 300 {y - 14}Q256 {y - 26} 212 {y - 14}Q178 {y - 10} 172 {eye_y + 14}Z" fill="{css(mix(hair if style != "bald" else rgb("#3a2a22"), BLACK, 0.1), 0.93)}"/>'
        extra, mouth = "", extra + mouth
    if rng.random() < 0.3:
        tone = rng.choice(("#22222a", "#7a4a2a", "#b58a3a", "#8a2f3a"))
        extra += (
            "".join(
                f'<circle cx="{256 + s * gap}" cy="{eye_y + 2}" r="27" fill="#fff" fill-opacity="0.14" stroke="{tone}" stroke-width="5"/>'
                for s in (-1, 1)
            )
            + f'<path d="M{256 - gap + 27} {eye_y}Q256 {eye_y - 7} {256 + gap - 27} {eye_y}" stroke="{tone}" stroke-width="5" fill="none"/>'
        )
    if rng.random() < 0.18:
        extra += "".join(
            f'<circle cx="{256 + s * rng.uniform(20, 70):.0f}" cy="{eye_y + rng.uniform(24, 42):.0f}" r="2.2" fill="{css(shade)}"/>'
            for s in (-1, 1)
            for _ in range(7)
        )
    return cheeks + mouth + eyes + brows + nose + extra


def _hair(rng: random.Random, style: str, wide: float, hair: Colour) -> tuple[str, str]:
    """What lies behind the head, and what before it."""
    left, r = 256 - wide, 256 + wide
    fill = 'fill="url(#hair)"'
    cap = f"M{left - 8} 236C{left - 22} 96 {r + 22} 96 {r + 8} 236Q{r - 2} 190 {r - 26} 172Q256 186 {left + 26} 172Q{left + 2} 190 {left - 8} 236Z"
    part = f"M{left - 8} 240C{left - 24} 88 {r + 24} 88 {r + 8} 240Q{r + 2} 196 {r - 14} 180Q300 176 262 140Q236 182 {left + 12} 196Q{left} 206 {left - 8} 240Z"
    long = f"M{left - 20} 210C{left - 30} 80 {r + 30} 80 {r + 20} 210C{r + 34} 300 {r + 26} 370 {r + 18} 400Q256 430 {left - 18} 400C{left - 26} 370 {left - 34} 300 {left - 20} 210Z"
    if style == "long":
        return f'<path d="{long}" {fill}/>', f'<path d="{part}" {fill}/>'
    if style == "waves":
        dots = "".join(
            f'<circle cx="{x}" cy="{y}" r="{rng.uniform(30, 40):.0f}"/>'
            for x, y in [
                (left - 6, 200),
                (left - 18, 250),
                (left - 12, 300),
                (left - 2, 346),
                (r + 6, 200),
                (r + 18, 250),
                (r + 12, 300),
                (r + 2, 346),
            ]
        )
        return f'<g {fill}><path d="{long}" transform="translate(0 -40)"/>{dots}</g>', f'<path d="{part}" {fill}/>'
    if style == "bob":
        return (
            f'<path d="M{left - 18} 210C{left - 30} 84 {r + 30} 84 {r + 18} 210C{r + 26} 270 {r + 20} 310 {r + 8} 330H{left - 8}C{left - 20} 310 {left - 26} 270 {left - 18} 210Z" {fill}/>',
            f'<path d="M{left - 10} 240C{left - 24} 88 {r + 24} 88 {r + 10} 240L{r - 8} 196Q256 212 {left + 8} 196Z" {fill}/>',
        )
    if style == "bun":
        return f'<circle cx="256" cy="98" r="44" {fill}/>', f'<path d="{cap}" {fill}/>'
    if style == "curls":
        ring = "".join(
            f'<circle cx="{256 + math.cos(a) * (wide + 6):.0f}" cy="{196 + math.sin(a) * 88:.0f}" r="{rng.uniform(27, 36):.0f}"/>'
            for a in [math.pi * (1.02 + k / 9 * 0.98) for k in range(10)]
        )
        top = "".join(
            f'<circle cx="{x}" cy="{rng.uniform(140, 156):.0f}" r="28"/>' for x in range(int(left + 22), int(r), 30)
        )
        return f"<g {fill}>{ring}</g>", f"<g {fill}>{top}</g>"
    if style == "afro":
        ring = "".join(
            f'<circle cx="{256 + math.cos(a) * 104:.0f}" cy="{182 + math.sin(a) * 96:.0f}" r="42"/>'
            for a in [math.pi * (0.86 + k / 13 * 1.28) for k in range(14)]
        )
        return (
            f'<g {fill}><circle cx="256" cy="180" r="122"/>{ring}</g>',
            f'<path d="M{left - 4} 214C{left - 6} 120 {r + 6} 120 {r + 4} 214Q{r - 8} 176 256 172Q{left + 8} 176 {left - 4} 214Z" {fill}/>',
        )
    if style == "side":
        return (
            "",
            f'<path d="M{left - 8} 232C{left - 26} 110 300 84 {r - 4} 120C{r + 16} 150 {r + 10} 200 {r + 8} 228Q{r} 190 {r - 14} 176Q250 190 206 158Q{left + 12} 176 {left - 8} 232Z" {fill}/>',
        )
    if style == "hijab":
        return (
            f'<path d="M{left - 26} 210C{left - 36} 66 {r + 36} 66 {r + 26} 210C{r + 40} 320 {r + 60} 400 {r + 50} 440H{left - 50}C{left - 60} 400 {left - 40} 320 {left - 26} 210Z" {fill}/>',
            f'<path fill-rule="evenodd" d="M{left - 22} 214C{left - 34} 76 {r + 34} 76 {r + 22} 214C{r + 20} 330 320 400 256 400C192 400 {left - 20} 330 {left - 22} 214ZM{left + 6} 216C{left + 4} 290 214 326 256 328C298 326 {r - 4} 290 {r - 6} 216C{r - 10} 142 {left + 10} 142 {left + 6} 216Z" {fill}/><path d="M{left - 8} 320Q256 440 {r + 30} 360" stroke="{css(mix(hair, BLACK, 0.25), 0.5)}" stroke-width="5" fill="none"/>',
        )
    if style == "beanie":
        wool = rgb(rng.choice(("#c8553d", "#3d7a6d", "#e3a72f", "#30406e", "#8a6fb0")))
        ribs = "".join(
            f'<path d="M{x} 196V158" stroke="{css(mix(wool, BLACK, 0.25))}" stroke-width="4"/>'
            for x in range(int(left), int(r) + 6, 13)
        )
        return (
            f'<path d="{cap}" {fill}/>',
            f'<path d="M{left - 10} 180C{left - 10} 70 {r + 10} 70 {r + 10} 180Z" fill="{css(wool)}"/><rect x="{left - 16}" y="156" width="{2 * wide + 32}" height="42" rx="16" fill="{css(mix(wool, WHITE, 0.12))}"/>{ribs}<circle cx="256" cy="92" r="20" fill="{css(mix(wool, WHITE, 0.35))}"/>',
        )
    if style == "bald":
        return (
            "",
            '<ellipse cx="226" cy="160" rx="30" ry="13" fill="#fff" fill-opacity="0.22" transform="rotate(-18 226 160)"/>',
        )
    return "", f'<path d="{cap}" {fill}/>'


def _animal(rng: random.Random, ground: Colour) -> tuple[str, str]:
    kind, tone = rng.choice(
        (
            ("fox", "#d9692f"),
            ("cat", "#6b6f7a"),
            ("cat", "#d99a4f"),
            ("bear", "#8a5a3c"),
            ("panda", "#f2efe8"),
            ("owl", "#8f7358"),
        )
    )
    fur = shift(rgb(tone), rng.uniform(-0.01, 0.01))
    dark, pale = mix(fur, BLACK, 0.45), mix(fur, WHITE, 0.78)
    defs = radial("fur", [(0, mix(fur, WHITE, 0.18), 1), (0.7, fur, 1), (1, mix(fur, BLACK, 0.22), 1)], 0.4, 0.32)
    ear = css(rgb("#2a2430") if kind == "panda" else fur)
    body = f'<path d="M90 540C90 420 170 380 256 380C342 380 422 420 422 540Z" fill="{css(mix(fur if kind != "panda" else rgb("#2a2430"), BLACK, 0.12))}"/>'
    if kind in ("fox", "cat", "owl"):
        for s in (-1, 1):
            body += (
                f'<path d="M{256 + s * 132} 236L{256 + s * 126} 96Q{256 + s * 70} 122 {256 + s * 36} 170Z" fill="{ear}"/>'
                + (
                    ""
                    if kind == "owl"
                    else f'<path d="M{256 + s * 118} 206L{256 + s * 114} 128Q{256 + s * 82} 146 {256 + s * 62} 172Z" fill="{css(mix(pale, rgb("#f2a0a0"), 0.5))}"/>'
                )
            )
    else:
        body += "".join(
            f'<circle cx="{256 + s * 104}" cy="152" r="46" fill="{ear}"/><circle cx="{256 + s * 104}" cy="156" r="24" fill="{css(mix(rgb("#2a2430") if kind == "panda" else dark, WHITE, 0.2))}"/>'
            for s in (-1, 1)
        )
    body += '<ellipse cx="256" cy="256" rx="144" ry="126" fill="url(#fur)"/>'
    if kind == "fox":
        body += (
            f'<path d="M114 262Q180 250 256 320Q332 250 398 262Q384 372 256 384Q128 372 114 262Z" fill="{css(pale)}"/>'
        )
    elif kind in ("bear", "cat"):
        body += f'<ellipse cx="256" cy="314" rx="64" ry="46" fill="{css(pale)}"/>'
    if kind == "panda":
        body += "".join(
            f'<ellipse cx="{256 + s * 58}" cy="244" rx="36" ry="42" fill="#2a2430" transform="rotate({s * 24} {256 + s * 58} 244)"/>'
            for s in (-1, 1)
        )
    if kind == "owl":
        body += "".join(f'<circle cx="{256 + s * 56}" cy="240" r="58" fill="{css(pale)}"/>' for s in (-1, 1))
    light = kind == "panda"
    for s in (-1, 1):
        body += f'<circle cx="{256 + s * 56}" cy="244" r="{20 if kind == "owl" else 14}" fill="{"#fff" if light else "#1f1820"}"/><circle cx="{256 + s * 56 + (0 if light else -4)}" cy="{244 if light else 239}" r="{9 if light else 5}" fill="{"#1f1820" if light else "#fff"}"/>'
    if kind == "owl":
        body += '<path d="M238 268L274 268L256 306Z" fill="#e3a13a"/>'
    else:
        body += '<path d="M238 292Q256 280 274 292Q270 312 256 314Q242 312 238 292Z" fill="#2a1d22"/><path d="M256 314V326M256 326Q240 344 224 334M256 326Q272 344 288 334" stroke="#2a1d22" stroke-width="5" fill="none" stroke-linecap="round"/>'
    if kind == "cat":
        body += '<path d="M196 306L120 292M196 318L118 324M316 306L392 292M316 318L394 324" stroke="#fff" stroke-opacity="0.75" stroke-width="4" stroke-linecap="round"/>'
    return body, defs
