"""Posts, likes and comments in the API."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.wsgi import get_wsgi_application
from django.db import connections
from PIL import Image

from media.models import Comment, Like, Post, UploadKey
from media.services import publish_post, withdraw_post
from photoapp import ids, outbox
from tests.api import Api, api_of
from tests.people import jpeg, live_post, live_posts, make_user
from tests.queries import counted_queries
from users import services
from users.models import User
from users.services import issue_token

pytestmark = pytest.mark.django_db


def send(client: Api, key: str = "", **fields: Any):
    headers = {"Idempotency-Key": key} if key else {}
    fields.setdefault("photos", [jpeg()])
    return client.post("posts/", fields, format="multipart", headers=headers)


def make_private(user: User) -> None:
    services.update_profile(user=user, is_private=True)


def nothing_was_stored() -> bool:
    rows = [row for model in (Post, UploadKey) for part in model.objects.on_every_shard() for row in part]
    return not rows


# --- Upload ------------------------------------------------------------------------------------------------------


def test_an_upload_is_acknowledged_and_then_live(alice: User, charlie: User) -> None:
    client = api_of(alice)
    answer = send(
        client,
        photos=[jpeg(size=(64, 48)), jpeg("blue", size=(48, 64))],
        caption="Two of them",
        location="Bergen",
        people="charlie",
        alt=["wide", "tall"],
    )
    assert answer.status_code == 201, answer.json()
    post = answer.json()
    assert post["state"] == "uploaded"
    assert api_of(charlie).get(f"posts/{post['id']}/").status_code == 404
    outbox.drain()
    post = api_of(charlie).get(f"posts/{post['id']}/").json()
    assert post["state"] == "live"
    assert post["author"]["username"] == "alice"
    assert (post["caption"], post["location"], post["people"]) == ("Two of them", "Bergen", ["charlie"])
    assert (post["likes"], post["comments"], post["liked"]) == (0, 0, False)
    assert [(photo["width"], photo["height"], photo["alt"]) for photo in post["photos"]] == [
        (64, 48, "wide"),
        (48, 64, "tall"),
    ]
    assert post["photos"][0]["placeholder"].startswith("data:image/webp;base64,")


def test_renditions_are_urls_that_answer(alice: User) -> None:
    client = api_of(alice)
    post_id = send(client).json()["id"]
    outbox.drain()
    renditions = client.get(f"posts/{post_id}/").json()["photos"][0]["renditions"]
    assert list(renditions) == ["320", "640", "1080", "2048"]
    for width, formats in renditions.items():
        assert list(formats) == ["webp", "jpeg"]
        assert all(url.startswith("http://testserver/photos/") for url in formats.values())
        assert formats["jpeg"].endswith(f"/{width}.jpg")
        assert default_storage.exists(formats["webp"].removeprefix("http://testserver/"))


def test_people_are_repeated_or_separated_by_commas(alice: User, charlie: User) -> None:
    make_user("dora")
    client = api_of(alice)
    for people in ("charlie, @Dora", ["charlie", "dora"]):
        assert send(client, people=people).json()["people"] == ["charlie", "dora"]


def test_uploads_need_a_login() -> None:
    assert send(api_of()).status_code == 401
    assert nothing_was_stored()


REFUSALS: dict[str, tuple[dict[str, Any], int, str]] = {
    "no photos": ({"photos": []}, 400, "photos"),
    "text for a photo": ({"photos": "hello"}, 400, "photos"),
    "eleven photos": ({"photos": [jpeg() for _ in range(11)]}, 400, "photos"),
    "empty file": ({"photos": [SimpleUploadedFile("x.jpg", b"")]}, 400, "photos"),
    "text renamed": ({"photos": [SimpleUploadedFile("x.jpg", b"not a picture at all" * 50)]}, 415, "photos"),
    "svg": ({"photos": [SimpleUploadedFile("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")]}, 415, "photos"),
    "unknown person": ({"people": "nobody"}, 400, "people"),
    "long caption": ({"caption": "x" * 3000}, 400, "caption"),
    "long location": ({"location": "x" * 101}, 400, "location"),
    "long alt": ({"alt": "x" * 501}, 400, "alt"),
    "NUL": ({"people": "al\0ice"}, 400, "people"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_bad_upload_is_refused_at_its_field_and_leaves_nothing(alice: User, case: str) -> None:
    fields, status, field = REFUSALS[case]
    for file in fields.get("photos", []):
        if hasattr(file, "seek"):
            file.seek(0)
    answer = send(api_of(alice), **fields)
    assert (answer.status_code, list(answer.json())) == (status, [field])
    assert isinstance(answer.json()[field][0], str)
    assert nothing_was_stored()


def test_a_truncated_photo_is_refused(alice: User) -> None:
    whole = BytesIO()
    Image.effect_noise((200, 200), 90).save(whole, "JPEG")
    half = SimpleUploadedFile("half.jpg", whole.getvalue()[: len(whole.getvalue()) // 2])
    answer = send(api_of(alice), photos=[half])
    assert (answer.status_code, list(answer.json())) == (400, ["photos"])
    assert nothing_was_stored()


def test_an_upload_is_multipart(alice: User) -> None:
    answer = api_of(alice).post("posts/", {"caption": "x"})
    assert (answer.status_code, list(answer.json())) == (415, ["detail"])


def test_a_body_that_did_not_arrive_whole_is_refused(alice: User) -> None:
    """A client that goes away in mid-upload leaves a stream that ends early; here after the first of two photos."""
    part = b'--b\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\n\r\n' + jpeg().read() + b"\r\n"
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/posts/",
        "CONTENT_TYPE": "multipart/form-data; boundary=b",
        "CONTENT_LENGTH": str(2 * len(part) + 7),
        "HTTP_AUTHORIZATION": f"Token {issue_token(user=alice)}",
        "wsgi.input": BytesIO(part + b"--b\r\n"),
    }
    setup_testing_defaults(environ)
    statuses: list[str] = []
    body = b"".join(get_wsgi_application()(environ, lambda status, headers: statuses.append(status)))
    assert statuses == ["400 Bad Request"]
    assert b"cut off" in body
    assert nothing_was_stored()


def test_a_store_that_is_away_is_said(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(default_storage, "save", refuse)
    answer = send(api_of(alice))
    assert (answer.status_code, list(answer.json())) == (503, ["detail"])
    assert int(answer["Retry-After"]) > 0


# --- Idempotency-Key ---------------------------------------------------------------------------------------------


def test_the_same_key_twice_makes_one_post(alice: User) -> None:
    client = api_of(alice)
    first, second = send(client, key="k1", caption="x"), send(client, key="k1", caption="x")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    assert send(client, key="k2", caption="x").json()["id"] != first.json()["id"]


def test_the_same_key_at_the_same_moment_makes_one_post(alice: User) -> None:
    def upload(client: Api) -> Any:
        try:
            return send(client, key="k1")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(upload, [api_of(alice) for _ in range(4)]))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Post.objects.for_owner(alice.id).count() == 1


def test_a_key_belongs_to_one_upload_of_one_member(alice: User, bob: User) -> None:
    first = send(api_of(alice), key="k1", caption="one").json()
    answer = send(api_of(alice), key="k1", caption="another")
    assert (answer.status_code, list(answer.json())) == (409, ["detail"])
    assert send(api_of(bob), key="k1", caption="one").json()["id"] != first["id"]


def test_the_key_of_a_deleted_post_is_told_apart(alice: User) -> None:
    client = api_of(alice)
    post_id = send(client, key="k1").json()["id"]
    client.delete(f"posts/{post_id}/")
    assert send(client, key="k1").status_code == 409
    withdraw_post(int(post_id))
    outbox.drain()
    assert send(client, key="k1").status_code == 201


# --- A post ------------------------------------------------------------------------------------------------------


def test_a_post_as_others_see_it(alice: User) -> None:
    post = live_post(alice, "hello")
    answer = api_of().get(f"posts/{post.id}/")
    assert answer.status_code == 200
    found = answer.json()
    assert found["id"] == str(post.id)
    assert found["url"] == f"http://testserver/p/{ids.encode(post.id)}/"
    assert found["author"]["id"] == str(alice.id)
    assert found["liked"] is False
    assert "private" in answer["Cache-Control"]


BAD_IDS = ["0", "x", "-1", "1.5", "01", "12345", str(2**63 - 1), str(2**63), str(2**64), "9" * 40, "%00", "null"]


@pytest.mark.parametrize("bad", BAD_IDS)
def test_what_is_no_id_of_a_post_is_not_found(alice: User, bad: str) -> None:
    client = api_of(alice)
    requests = [
        ("get", f"posts/{bad}/"),
        ("patch", f"posts/{bad}/"),
        ("delete", f"posts/{bad}/"),
        ("put", f"posts/{bad}/like/"),
        ("delete", f"posts/{bad}/like/"),
        ("get", f"posts/{bad}/comments/"),
        ("post", f"posts/{bad}/comments/"),
        ("delete", f"comments/{bad}/"),
    ]
    for method, path in requests:
        answer = getattr(client, method)(path)
        assert (answer.status_code, list(answer.json())) == (404, ["detail"]), (method, path)


def test_ids_of_other_things_are_no_posts(alice: User) -> None:
    post = live_post(alice)
    photo = post.photos.get()
    for id in (alice.id, photo.id):
        assert api_of(alice).get(f"posts/{id}/").status_code == 404
    assert api_of(alice).delete(f"comments/{post.id}/").status_code == 404


def test_a_private_post_is_for_followers_alone(alice: User, bob: User, charlie: User) -> None:
    post = live_post(alice)
    Like(post_id=post.id, user_id=charlie.id).save()
    make_private(alice)
    for viewer, status in {None: 404, charlie: 404, bob: 200, alice: 200}.items():
        client = api_of(viewer)
        assert client.get(f"posts/{post.id}/").status_code == status
        assert client.get(f"posts/{post.id}/comments/").status_code == status
    for method, path in [("put", "like/"), ("delete", "like/"), ("post", "comments/"), ("patch", ""), ("delete", "")]:
        assert getattr(api_of(charlie), method)(f"posts/{post.id}/{path}").status_code == 404


def test_a_failed_upload_says_why_to_its_owner_alone(alice: User, bob: User) -> None:
    post = publish_post(owner=alice, photos=[jpeg()])
    Post.objects.for_owner(alice.id).update(state=Post.State.FAILED, failure="Photo 1: it is broken.")
    found = api_of(alice).get(f"posts/{post.id}/").json()
    assert (found["state"], found["failure"]) == ("failed", "Photo 1: it is broken.")
    assert api_of(bob).get(f"posts/{post.id}/").status_code == 404
    assert api_of(alice).put(f"posts/{post.id}/like/").status_code == 404


def test_editing_changes_what_is_named(alice: User, charlie: User) -> None:
    post = live_post(alice, "before", location="Oslo", photos=2)
    client = api_of(alice)
    answer = client.patch(f"posts/{post.id}/", {"caption": "after", "people": ["charlie"], "alt": ["a", "b"]})
    assert answer.status_code == 200
    found = answer.json()
    assert (found["caption"], found["location"], found["people"]) == ("after", "Oslo", ["charlie"])
    assert [photo["alt"] for photo in found["photos"]] == ["a", "b"]
    assert found["edited_at"]
    assert client.patch(f"posts/{post.id}/", {"people": []}).json()["people"] == []


@pytest.mark.parametrize(
    "change",
    [{"caption": "x" * 3000}, {"location": "x" * 101}, {"people": ["nobody"]}, {"people": "alice"}, {"state": "live"}],
)
def test_an_edit_that_is_refused_changes_nothing(alice: User, change: dict[str, Any]) -> None:
    post = live_post(alice, "before")
    answer = api_of(alice).patch(f"posts/{post.id}/", change)
    assert (answer.status_code, list(answer.json())) == (400, list(change))
    assert api_of(alice).get(f"posts/{post.id}/").json()["caption"] == "before"


def test_only_the_owner_edits_and_deletes(alice: User, bob: User) -> None:
    post = live_post(alice, "hers")
    for method, body in (("patch", {"caption": "his"}), ("delete", None)):
        answer = getattr(api_of(bob), method)(f"posts/{post.id}/", body)
        assert (answer.status_code, list(answer.json())) == (403, ["detail"])
        assert "owner" in answer.json()["detail"]
        assert getattr(api_of(), method)(f"posts/{post.id}/", body).status_code == 401


def test_a_deleted_post_is_gone(alice: User) -> None:
    client = api_of(alice)
    post_id = live_post(alice).id
    assert client.delete(f"posts/{post_id}/").status_code == 204
    assert client.get(f"posts/{post_id}/").status_code == 404
    assert client.delete(f"posts/{post_id}/").status_code == 404


# --- Likes and comments ------------------------------------------------------------------------------------------


def test_liking_twice_is_liking_once(alice: User, bob: User) -> None:
    post = live_post(alice)
    client = api_of(bob)
    for _ in range(2):
        answer = client.put(f"posts/{post.id}/like/")
        assert (answer.status_code, answer.json()) == (200, {"liked": True, "likes": 1})
    assert client.get(f"posts/{post.id}/").json()["liked"] is True
    for _ in range(2):
        assert client.delete(f"posts/{post.id}/like/").json() == {"liked": False, "likes": 0}
    assert api_of().put(f"posts/{post.id}/like/").status_code == 401


def test_commenting(alice: User, bob: User) -> None:
    post = live_post(alice)
    answer = api_of(bob).post(f"posts/{post.id}/comments/", {"text": " Lovely \n"})
    assert answer.status_code == 201
    comment = answer.json()
    assert (comment["text"], comment["author"]["username"]) == ("Lovely", "bob")
    listed = api_of().get(f"posts/{post.id}/comments/").json()
    assert listed == {"results": [comment], "next": None}
    assert api_of().get(f"posts/{post.id}/").json()["comments"] == 1


@pytest.mark.parametrize("text", ["", "  \n", "x" * 1001, "a\0b", None, 5.5, ["x"]])
def test_a_comment_that_is_none_is_refused(alice: User, text: object) -> None:
    post = live_post(alice)
    answer = api_of(alice).post(f"posts/{post.id}/comments/", {"text": text})
    if text == 5.5:  # a number is text enough
        assert answer.status_code == 201
    else:
        assert (answer.status_code, list(answer.json())) == (400, ["text"])
        assert not Comment.objects.on_shard_of(post.id).filter(post_id=post.id).exists()


def test_comments_need_a_login(alice: User) -> None:
    assert api_of().post(f"posts/{live_post(alice).id}/comments/", {"text": "x"}).status_code == 401


def test_its_author_and_the_posts_owner_delete_a_comment(alice: User, bob: User, charlie: User) -> None:
    post = live_post(alice)
    for deleter, status in ((charlie, 403), (None, 401), (bob, 204), (alice, 204)):
        comment = api_of(bob).post(f"posts/{post.id}/comments/", {"text": "x"}).json()
        assert api_of(deleter).delete(f"comments/{comment['id']}/").status_code == status
    left = Comment.objects.on_shard_of(post.id).filter(post_id=post.id).count()
    assert left == 2


def test_comments_are_pages(alice: User) -> None:
    post = live_post(alice)
    client = api_of(alice)
    for number in range(23):
        Comment.objects.create(post_id=post.id, author_id=alice.id, text=str(number))
    first = client.get(f"posts/{post.id}/comments/").json()
    second = client.get(first["next"]).json()
    texts = [comment["text"] for comment in first["results"] + second["results"]]
    assert sorted(texts, key=int) == [str(number) for number in range(23)]
    assert (len(first["results"]), second["next"]) == (20, None)


# --- Cost --------------------------------------------------------------------------------------------------------


def test_a_post_costs_the_same_however_much_there_is(alice: User, bob: User) -> None:
    post = live_post(alice, "first")
    client = api_of(bob)
    few, few_comments = counted(client, f"posts/{post.id}/"), counted(client, f"posts/{post.id}/comments/")
    live_posts(alice, map(str, range(500)))
    Like.objects.bulk_create(Like(post_id=post.id, user_id=ids.new_user_id()) for _ in range(500))
    for number in range(30):
        Comment.objects.create(post_id=post.id, author_id=bob.id, text=str(number))
    assert counted(client, f"posts/{post.id}/") == few
    many_comments = counted(client, f"posts/{post.id}/comments/")
    # With any comments at all, replies, authors and the viewer's relations are read.
    assert sum(many_comments.values()) <= sum(few_comments.values()) + 3


def counted(client: Api, path: str) -> dict[str, int]:
    client.get(path)
    with counted_queries() as counts:
        assert client.get(path).status_code == 200
    return dict(counts)
