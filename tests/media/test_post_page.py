from collections.abc import Callable

import pytest
from django.test import Client

from media.models import Post
from media.services import add_comment, delete_post, edit_post, like
from media.templatetags.posts import linked
from photoapp import ids, outbox
from tests import people
from tests.queries import Counts, counted_queries
from users.models import User
from users.services import block, update_profile

ClientOf = Callable[[User], Client]


def test_everybody_sees_a_public_post(alice: User, bob: User, client: Client, client_of: ClientOf) -> None:
    post = people.live_post(alice, "Harbour")
    for viewer in (client, client_of(alice), client_of(bob)):
        html = viewer.get(post.get_absolute_url()).content.decode()
        assert "Harbour" in html and "Comments" in html


def test_visitors_are_asked_to_log_in_instead_of_shown_forms(alice: User, client: Client) -> None:
    post = people.live_post(alice)
    html = client.get(post.get_absolute_url()).content.decode()
    assert "<form" not in html.partition("<main")[2].partition("</main>")[0]
    assert f"/login/?next={post.get_absolute_url()}" in html


def test_only_the_owner_is_offered_edit_and_delete(alice: User, bob: User, client_of: ClientOf) -> None:
    url = people.live_post(alice).get_absolute_url()
    assert f"{url}edit/" in client_of(alice).get(url).content.decode()
    html = client_of(bob).get(url).content.decode()
    assert f"{url}edit/" not in html and f"{url}delete/" not in html


def test_a_private_post_is_there_for_owner_and_followers_alone(
    alice: User, bob: User, charlie: User, client: Client, client_of: ClientOf
) -> None:
    post = people.live_post(alice, "Secret garden")
    update_profile(user=alice, is_private=True)
    outbox.drain()
    for viewer in (client_of(alice), client_of(bob)):
        assert viewer.get(post.get_absolute_url()).status_code == 200
    for viewer in (client, client_of(charlie)):
        response = viewer.get(post.get_absolute_url())
        assert response.status_code == 404
        assert "Secret garden" not in response.content.decode()


def test_who_is_blocked_finds_nothing(alice: User, charlie: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    block(blocker=alice, blocked=charlie)
    outbox.drain()
    assert client_of(charlie).get(post.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("slug", ["0", "I", "zzzzzzzzzzz", "1", "11111111111", "a" * 12, "%00", "é"])
def test_what_is_no_id_is_not_found(db: None, client: Client, slug: str) -> None:
    assert client.get(f"/p/{slug}/").status_code == 404


def test_an_id_of_nothing_is_not_found(alice: User, client: Client) -> None:
    assert client.get(f"/p/{ids.encode(ids.new_id_beside(alice.id))}/").status_code == 404


def test_a_deleted_post_is_not_found_at_once(alice: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    delete_post(post=post, by=alice)
    assert client_of(alice).get(post.get_absolute_url()).status_code == 404


def set_state(post: Post, state: str, failure: str = "") -> None:
    Post.objects.on_shard_of(post.id).filter(id=post.id).update(state=state, failure=failure)


@pytest.mark.parametrize("state", [Post.State.UPLOADED, Post.State.PROCESSING])
def test_a_post_in_the_making_shows_its_owner_that_it_is_prepared(
    alice: User, bob: User, client_of: ClientOf, state: str
) -> None:
    post = people.live_post(alice)
    set_state(post, state)
    html = client_of(alice).get(post.get_absolute_url()).content.decode()
    assert "Your photos are being prepared" in html
    assert '<noscript><meta http-equiv="refresh"' in html and 'hx-trigger="every 2s"' in html
    assert client_of(bob).get(post.get_absolute_url()).status_code == 404


def test_a_failed_post_says_why_and_what_to_do(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    set_state(post, Post.State.FAILED, "Photo 2: the picture is damaged.")
    html = client_of(alice).get(post.get_absolute_url()).content.decode()
    assert "Photo 2: the picture is damaged." in html and "upload it again" in html
    assert f"{post.get_absolute_url()}delete/" in html and "refresh" not in html
    assert client_of(bob).get(post.get_absolute_url()).status_code == 404


def test_reading_writes_nothing(alice: User, bob: User, client_of: ClientOf) -> None:
    post = people.live_post(alice)
    client = client_of(bob)
    for method in (client.get, client.head):
        with counted_queries() as counts:
            assert method(post.get_absolute_url()).status_code == 200
        assert all(sql.lstrip("(").startswith("SELECT") for found in counts.sql.values() for sql in found)


def test_only_a_public_post_says_what_it_is_to_whom_its_address_is_sent(alice: User, client_of: ClientOf) -> None:
    post = people.live_post(alice, "Harbour")
    html = Client().get(post.get_absolute_url()).content.decode()
    assert '<meta property="og:title" content="Alice on photoapp">' in html
    assert 'og:image:width" content="1080"' in html and 'og:image:height" content="720"' in html
    assert 'og:image:alt" content="Photo by Alice"' in html and '<link rel="canonical"' in html
    edit_post(post=post, editor=alice, audience=Post.Audience.FOLLOWERS)
    html = client_of(alice).get(post.get_absolute_url()).content.decode()
    assert "og:" not in html and "noindex" in html


def test_the_posts_before_and_after_are_those_the_viewer_may_see(
    alice: User, charlie: User, client_of: ClientOf
) -> None:
    older, shut, post, newer = people.live_posts(alice, ["older", "shut", "this", "newer"])
    edit_post(post=shut, editor=alice, audience=Post.Audience.FOLLOWERS)
    for viewer, before in ((charlie, older), (alice, shut)):
        html = client_of(viewer).get(post.get_absolute_url()).content.decode()
        assert f'rel="prev" href="{newer.get_absolute_url()}"' in html
        assert f'rel="next" href="{before.get_absolute_url()}"' in html


def post_page_counts(client: Client, post: Post) -> Counts:
    with counted_queries() as counts:
        assert client.get(post.get_absolute_url()).status_code == 200
    return counts


def test_the_queries_are_the_same_at_5_and_at_200_comments(
    alice: User, bob: User, charlie: User, client_of: ClientOf
) -> None:
    post = people.live_post(alice, photos=3)
    writers = [alice, charlie, *(people.make_user(f"member{number}") for number in range(18))]
    thread, *_ = [add_comment(post=post, author=writer, text="Fine") for writer in writers[:5]]
    add_comment(post=post, author=alice, text="Thanks", parent=thread)
    client = client_of(bob)
    client.get("/")
    small = post_page_counts(client, post)
    assert small["default"] == 2, "the member, and who wrote the comments"
    assert sum(small.values()) == 9
    for number in range(195):
        parent = thread if number % 2 else None
        add_comment(post=post, author=writers[number % 20], text="More", parent=parent)
    for writer in writers:
        like(post=post, user=writer)
    assert post_page_counts(client, post) == small


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("#sea and #Meer", '<a href="/tags/sea/">#sea</a> and <a href="/tags/meer/">#Meer</a>'),
        ("ask @Bob.", 'ask <a href="/u/bob/">@Bob</a>.'),
        ("(@bob_b)", '(<a href="/u/bob_b/">@bob_b</a>)'),
        ("me@example.org", "me@example.org"),
        ("we are #1", "we are #1"),
        ("#Größe", '<a href="/tags/grosse/">#Größe</a>'),
        ("https://example.org/#top", "https://example.org/#top"),
        ("a&#39;b & <i>#x</i>", 'a&amp;#39;b &amp; &lt;i&gt;<a href="/tags/x/">#x</a>&lt;/i&gt;'),
        ("##x @@y", "##x @@y"),
    ],
)
def test_hashtags_and_mentions_are_links_and_nothing_else_is(text: str, html: str) -> None:
    assert linked(text) == html
