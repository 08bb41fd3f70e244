"""The members of the demo, who follows whom, and what they say. Plain data and seeded choices, no database."""

import random
import re
from dataclasses import dataclass

from config.demo.words import CAPTIONS, COMMENTS, EMOJI, MOODS, OPENINGS, REPLIES, TAGS

USERNAME = re.compile(r"^[a-z0-9_.]{3,30}$")


@dataclass(frozen=True)
class Member:
    username: str
    name: str
    bio: str
    born: int
    portrait: int  # the seed of the avatar
    scenes: tuple[str, ...]  # what they like to photograph
    is_private: bool = False
    popularity: float = 1.0  # how likely others are to follow them
    is_admin: bool = False


def _member(username: str, name: str, born: int, portrait: int, scenes: str, bio: str, **more: bool | float) -> Member:
    return Member(username, name, bio, born, portrait, tuple(scenes.split()), **more)  # type: ignore[arg-type]


MEMBERS: tuple[Member, ...] = (
    _member("demo", "Robin Hale", 1994, 60, "lake autumn coffee lighthouse", "Looking around. Mostly up.", popularity=2),
    _member("admin", "Ada Keeper", 1985, 26, "koi_pond still_life", "Keeps the lights on around here. Write to me if something is broken.", is_admin=True),
    _member("mina.okabe", "Mina Okabe", 1991, 6, "cherry_blossom koi_pond snow_tree rainy_window", "Slow walks in Kyoto with an old camera. 🌸", popularity=5),
    _member("tomas_rivera", "Tomás Rivera", 1987, 28, "sunlit_wall sunset_sea coffee", "Doors, walls and the light on them. Oaxaca.", popularity=3),
    _member("ingrid.solberg", "Ingrid Solberg", 1983, 70, "northern_lights snow_tree lighthouse", "Chasing the aurora north of the Arctic Circle. Prints on request.", popularity=6),
    _member("kwame_boateng", "Kwame Boateng", 1990, 7, "city sunset_sea rainy_window", "Architect by day, rooftops by night. Accra ↔ London"),
    _member("leila.haddad", "Leila Haddad", 1996, 73, "dunes sunlit_wall coffee", "Desert light, mint tea, long roads.", popularity=4),
    _member("oskar.lind", "Oskar Lind", 1979, 3, "foggy_forest lake mountains", "Forester. I photograph what I would otherwise walk past.", popularity=3),
    _member("priya_raman", "Priya Raman", 1993, 12, "flower poppies lavender", "Botanist with muddy knees. Everything blooms somewhere. 🌿", popularity=4),
    _member("yusuf.demir", "Yusuf Demir", 1988, 51, "balloons mountains sunset_sea", "Balloon pilot in Cappadocia. Up before the birds.", popularity=5),
    _member("chloe.martin", "Chloé Martin", 1999, 25, "lavender still_life coffee", "Provence ⟶ Paris. Bread, flowers, second-hand lenses."),
    _member("noah_whitaker", "Noah Whitaker", 1992, 68, "milky_way moonlit_hills", "Astronomer on the wrong side of the clouds.", popularity=3),
    _member("amara.diallo", "Amara Diallo", 1997, 8, "sunset_sea flower sunlit_wall", "Dakar. Colour is a language.", popularity=5),
    _member("hiro_tanaka", "Hiro Tanaka", 1971, 71, "paper_cut koi_pond rainy_window", "Paper, scissors, patience."),
    _member("freya.m", "Freya MacLeod", 1995, 30, "lighthouse autumn foggy_forest", "Isle of Lewis. Wind in every frame."),
    _member("diego_luna_b", "Diego Luna Barrios", 1984, 42, "mountains lake milky_way", "Mountain guide in Patagonia. Knees by courtesy of the Andes.", popularity=2),
    _member("sofia.papadaki", "Sofia Papadaki", 1989, 72, "sunset_sea sunlit_wall jellyfish", "Island hopper. Swims before coffee."),
    _member("jun.park", "Jun Park", 2000, 77, "city rainy_window coffee", "Seoul after dark ☔ film & neon", popularity=4),
    _member("zainab_bello", "Zainab Bello", 1994, 76, "paper_cut flower balloons", "Illustrator. Cuts first, thinks later."),
    _member("lukas.brandt", "Lukas Brandt", 1976, 37, "autumn foggy_forest still_life", "Retired early, rises earlier. Harz mountains."),
    _member("maya_cohen", "Maya Cohen", 1998, 79, "poppies flower cherry_blossom", "Spring, whatever the month.", is_private=True),
    _member("arjun.mehta", "Arjun Mehta", 1986, 5, "city moonlit_hills koi_pond", "Weekends with a tripod."),
    _member("elif.kaya", "Elif Kaya", 1992, 44, "balloons lavender dunes", "Small towns, big skies."),
    _member("samuel_osei", "Samuel Osei", 1968, 0, "still_life lighthouse", "Taught chemistry for thirty years; the darkroom was my excuse."),
    _member("nina.horvat", "Nina Horvat", 1990, 38, "lake mountains jellyfish", "Between the Alps and the Adriatic.", popularity=2),
    _member("tariq_aziz", "Tariq Aziz", 1995, 50, "dunes milky_way city", "Night driver, star counter.", is_private=True),
    _member("wren", "Wren", 2001, 36, "foggy_forest autumn snow_tree", "a fox with a camera 🦊", popularity=2),
    _member("beatriz.alves", "Beatriz Alves", 1982, 55, "coffee sunlit_wall sunset_sea", "Lisbon. One galão, one photo, every morning."),
    _member("malik.j", "Malik Johnson", 1991, 67, "city northern_lights rainy_window", "Chicago winters made me do it."),
    _member("hana_novak", "Hana Nováková", 1987, 23, "poppies moonlit_hills lavender", "Family album. Friends only, please.", is_private=True),
)  # fmt: skip
SEED = 20_200_101


def follow_graph(members: tuple[Member, ...] = MEMBERS, seed: int = SEED) -> list[tuple[str, str]]:
    """Pairs (follower, followee): everyone follows 5 to 15, the popular more often; `demo` follows 12."""
    rng = random.Random(seed)
    pairs = []
    for member in members:
        others = [other for other in members if other is not member and not other.is_admin]
        wanted = 12 if member.username == "demo" else rng.randint(5, 15)
        # Weighted sampling without replacement (Efraimidis and Spirakis): the largest of u^(1/weight).
        others.sort(key=lambda other: rng.random() ** (1 / other.popularity), reverse=True)
        if member.username == "demo":  # a newcomer's feed shows no gaps: no follow that waits for an answer
            others.sort(key=lambda other: other.is_private)
        pairs += [(member.username, other.username) for other in others[: min(wanted, len(others))]]
    return pairs


def caption(rng: random.Random, scene: str) -> str:
    """One or two sentences, sometimes with hashtags or an emoji; now and then nothing at all."""
    if rng.random() < 0.04:
        return ""
    text = rng.choice(CAPTIONS[scene])
    style = rng.random()
    if style < 0.22:
        text = f"{rng.choice(OPENINGS)} {text}"
    elif style < 0.42:
        text = f"{text} {rng.choice(MOODS)}"
    if rng.random() < 0.35:
        text += f" {rng.choice(EMOJI[scene])}"
    if rng.random() < 0.5:
        tags = rng.sample(TAGS[scene], rng.randint(1, min(3, len(TAGS[scene]))))
        text += ("\n\n" if rng.random() < 0.4 else " ") + " ".join(f"#{tag}" for tag in tags)
    return text


def comment(rng: random.Random, scene: str, author: str) -> str:
    """What somebody says under a picture; `author` is the user name of who posted it."""
    text = rng.choice(COMMENTS["any"] + COMMENTS.get(scene, []) * 2)
    return f"@{author} {text}" if rng.random() < 0.12 else text


def reply(rng: random.Random, to: str) -> str:
    return rng.choice(REPLIES).format(name=f"@{to}")
