"""#hashtags and @mentions in what members write."""

import re

from users.selectors import users_by_names

# One that stands at the start of a word: not the @ of an address, not the # of a URL.
MARKED = re.compile(r"(?<![\w@#/&.])(?:#(?P<tag>\w{1,100})|@(?P<name>[A-Za-z0-9_.]{2,29}[A-Za-z0-9_]))(?!\w)")
MOST_MENTIONS = 20  # who else is named in a text is linked, but not told


def mentioned_names(text: str) -> list[str]:
    names = (match["name"] for match in MARKED.finditer(text) if match["name"])
    return list(dict.fromkeys(name.lower() for name in names))[:MOST_MENTIONS]


def mentioned_ids(*texts: str) -> list[int]:
    """The active members whom texts mention. One query, none when there is no @ in them."""
    names = [name for text in texts for name in mentioned_names(text)]
    return sorted(user.id for user in users_by_names(names).values())


def tags_in(text: str) -> list[str]:
    """The hashtags of a text, without their signs, as written. "#1" is a number, not a subject."""
    return [match["tag"] for match in MARKED.finditer(text) if match["tag"] and not match["tag"].isdigit()]
