"""What is a word, and which names are one letter apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoapp.words import place_key, tag_key
from search.lexemes import asked_words, name_words, of_names, one_letter_apart, shortened, words

LETTERS = st.text("abcde", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Café crème", ["cafe", "creme"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("snake_case, _odd_", ["snake_case", "odd"]),
        ("it's 5:30", ["it", "s", "5", "30"]),
        ("Ёлка й", ["елка", "и"]),
        ("قَهْوَة", ["قهوة"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("北京", ["北", "京", "北京"]),
        ("看 Tokyo東京タワー", ["看", "tokyo", "東", "京", "タ", "ワ", "ー", "東京", "京タ", "タワ", "ワー"]),
        ("🌊🌊 sea", ["🌊", "🌊", "sea"]),
        ("\x00 \u200b !? \n", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert list(words(text)) == expected


def test_a_query_asks_for_pairs_of_signs_and_for_a_sign_alone() -> None:
    assert asked_words("東京タ") == ["東京", "京タ"]
    assert asked_words("京") == ["京"]
    assert asked_words("sea sea") == ["sea"]


@given(st.text(max_size=40))
def test_what_a_text_says_is_found_by_asking_for_it(text: str) -> None:
    assert set(asked_words(text)) <= set(words(text))


def test_keys_of_tags_and_places() -> None:
    assert tag_key("#Sunset") == tag_key("SUNSET") == "sunset"
    assert place_key("Lisbon, Portugal") == "lisbon-portugal"
    assert place_key("東京") == "東京"
    assert place_key(" ,; ") == ""
    assert place_key(place_key("São Paulo / Brasil")) == "sao-paulo-brasil"


def distance(one: str, other: str) -> int:
    """Optimal string alignment (Damerau, Levenshtein), by the textbook's table."""
    rows = [[max(i, j) if not i or not j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            changed = rows[i - 1][j - 1] + (one[i - 1] != other[j - 1])
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, changed)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


@given(LETTERS, LETTERS)
def test_one_letter_apart_is_a_distance_of_one_at_most(one: str, other: str) -> None:
    assert one_letter_apart(one, other) == (distance(one, other) <= 1)


@given(LETTERS, LETTERS)
def test_words_one_letter_apart_have_a_shortened_form_in_common(one: str, other: str) -> None:
    if distance(one, other) <= 1:
        assert shortened(one) & shortened(other)


def test_short_names_are_not_found_misspelt() -> None:
    assert of_names("bob", "") == ["nbob"]
    assert "dalie" in of_names("alice", "")


def test_the_words_of_names() -> None:
    assert name_words("kai_lund.7", "Kai Lünd") == ["kai", "lund", "7", "kailund7"]
