import random
from collections import Counter

from config.demo.paint import SCENES
from config.demo.people import MEMBERS, USERNAME, caption, comment, follow_graph, reply
from config.demo.places import PLACES
from config.demo.words import CAPTIONS, EMOJI, TAGS


def test_members_are_well_formed_and_distinct():
    assert len(MEMBERS) == 30
    assert all(USERNAME.match(member.username) for member in MEMBERS)
    assert len({member.username for member in MEMBERS}) == len({member.portrait for member in MEMBERS}) == 30
    assert all(len(member.bio) <= 500 and len(member.name) <= 60 for member in MEMBERS)
    assert sum(member.is_private for member in MEMBERS) == 3
    assert {"demo", "admin"} <= {member.username for member in MEMBERS}


def test_every_scene_has_words_and_places():
    for scenes in (CAPTIONS, EMOJI, TAGS, PLACES):
        assert set(scenes) == set(SCENES)
    assert {scene for member in MEMBERS for scene in member.scenes} <= set(SCENES)


def test_every_scene_has_a_member_who_likes_it():
    assert {scene for member in MEMBERS for scene in member.scenes} == set(SCENES)


def test_follow_graph():
    pairs = follow_graph()
    follows = Counter(follower for follower, _ in pairs)
    assert len(set(pairs)) == len(pairs)
    assert all(follower != followee for follower, followee in pairs)
    assert all(5 <= follows[member.username] <= 15 for member in MEMBERS)
    assert follows["demo"] == 12
    assert not {followee for follower, followee in pairs if follower == "demo"} & {
        m.username for m in MEMBERS if m.is_private
    }
    popular = Counter(followee for _, followee in pairs)
    assert popular["ingrid.solberg"] > popular["samuel_osei"]
    assert follow_graph() == pairs


def test_captions_and_comments_are_many_and_short():
    rng = random.Random(1)
    said = {caption(rng, scene) for scene in SCENES for _ in range(40)}
    assert len(said) > 500
    assert all(len(text) <= 2200 for text in said)
    assert all(comment(rng, scene, "demo") for scene in SCENES)
    assert "@demo" in reply(rng, "demo")
