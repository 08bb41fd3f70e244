"""The names of what Redis keeps for each member who was seen lately. It is a cache: all of it can be built again
from the shards.

    feed:{u}     post ids, newest first (a list; its last element may be a mark: feeds/store.py)
    pulls:{u}    the authors whom the member follows and whose posts are not pushed: they are merged in at reading
    heard:{u}    everybody whom the member follows and has not muted: 8 bytes an id. What a feed may show
    mine:{u}     "l<id>" and "s<id>": which posts the member likes and saved, of the newest of the feed
    member:{u}   the member's version, down to which post `mine` is known, and what a page shows of the member
    page:{u}     the first page, composed (feeds/page_store.py)
    past:{u}     the one before it, which a new post has overtaken: for when too many wait for theirs
    seen:{u}     which page the member looked at, until it is composed again ahead of them

The keys of a member share a hash tag, so that scripts work on a Redis Cluster. And for all members:

    acted        who acted within the last second (feeds/proxy_front.py)
"""

ACTED = "acted"


def feed_key(user_id: int) -> str:
    return f"feed:{{{user_id:x}}}"


def pulls_key(user_id: int) -> str:
    return f"pulls:{{{user_id:x}}}"


def heard_key(user_id: int) -> str:
    return f"heard:{{{user_id:x}}}"


def mine_key(user_id: int) -> str:
    return f"mine:{{{user_id:x}}}"


def member_key(user_id: int) -> str:
    return f"member:{{{user_id:x}}}"


def page_key(user_id: int) -> str:
    return f"page:{{{user_id:x}}}"


def past_key(user_id: int) -> str:
    return f"past:{{{user_id:x}}}"


def seen_key(user_id: int) -> str:
    return f"seen:{{{user_id:x}}}"
