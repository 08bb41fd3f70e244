"""Moods of light, picked by hand: a sky from the zenith down, far and near land, the sun, one accent."""

import random
from dataclasses import dataclass

from config.demo.canvas import Colour, rgb, shift


@dataclass(frozen=True)
class Mood:
    name: str  # fits into "... at <name>"
    sky: tuple[Colour, ...]
    far: Colour
    near: Colour
    sun: Colour
    accent: Colour


def _mood(name: str, sky: str, far: str, near: str, sun: str, accent: str) -> Mood:
    return Mood(name, tuple(rgb(c) for c in sky.split()), rgb(far), rgb(near), rgb(sun), rgb(accent))


DAWN = _mood("dawn", "#5b6fa8 #a693c4 #f0b6b6 #fbe0c3", "#cfa5bd", "#27264a", "#fff1d6", "#f58f7c")
GOLDEN = _mood("golden hour", "#4a7aa3 #9dbcc0 #f4d6a2 #f9b96d", "#d3a274", "#33201c", "#fff4cf", "#d8572a")
BLUE = _mood("blue hour", "#0d1b3e #27447a #6c8fc0 #d9c7c6", "#7089b5", "#0a1330", "#ffe3c2", "#ffb86b")
VIOLET = _mood("dusk", "#241744 #5a2f79 #b4558c #f59a7b", "#94548f", "#170d2e", "#ffd9a0", "#ff7a8a")
MIST = _mood("first light", "#a3c2c4 #c8dbd3 #e4e9dc #f4efe0", "#abc6c3", "#14323a", "#fffbe8", "#d97b4a")
EMBER = _mood("sunset", "#2b1a3d #7a2c4a #d9553f #ffb24a", "#ab4840", "#1b0c1c", "#ffe9a8", "#ffd166")
NORDIC = _mood("midday", "#6f9ac2 #a9c6dc #dfe7ea #f7ecdc", "#9db4c8", "#1f3549", "#fffaf0", "#c8553d")
LILAC = _mood("twilight", "#59589c #9a8fca #d6bedb #f8e0dc", "#a899c8", "#272450", "#fff0e0", "#e86a92")
MINT = _mood("early morning", "#4f9a9c #93c8b7 #d8e7c4 #fbf0cf", "#93bfae", "#103634", "#fffbe0", "#ee8959")
PEACH = _mood("sunrise", "#7aa6c2 #c5c8c9 #fbd3b4 #ffc09a", "#dca894", "#3b2a3d", "#fff6e0", "#e4572e")
STORM = _mood("the end of a storm", "#2f3e4d #566a78 #93a2a5 #e2d3b8", "#75878f", "#141d26", "#ffeccc", "#e0a458")
NIGHT = _mood("night", "#050a1c #0b1733 #16305a #31578a", "#1d3560", "#040a18", "#f4f1e0", "#ffcf7d")
INDIGO = _mood("midnight", "#0a0624 #180f44 #33246e #61418f", "#33265f", "#080518", "#fdf3dc", "#ff9e7a")
ARCTIC = _mood("night", "#03101c #07222f #0d3b4a #1d5f68", "#113c49", "#020a10", "#eaf7f2", "#7ef0c0")

DAY = (DAWN, GOLDEN, MIST, NORDIC, LILAC, MINT, PEACH, STORM)
EVENING = (DAWN, GOLDEN, BLUE, VIOLET, EMBER, LILAC, PEACH)
DARK = (NIGHT, INDIGO, ARCTIC)


def pick(rng: random.Random, moods: tuple[Mood, ...]) -> Mood:
    """One of the moods, its hues turned a little so that no two pictures share it."""
    mood = rng.choice(moods)
    turn, rich = rng.uniform(-0.018, 0.018), rng.uniform(0.88, 1.12)

    def move(colour: Colour) -> Colour:
        return shift(colour, turn, rich)

    return Mood(mood.name, tuple(map(move, mood.sky)), move(mood.far), move(mood.near), mood.sun, move(mood.accent))
