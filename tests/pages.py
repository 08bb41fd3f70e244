"""Every page of the site, with something on it: for tests that hold for all of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from media import services as media
from media.models import Post
from photoapp import outbox
from photoapp.ids import encode
from tests import people
from users import services as users
from users.models import User

# What people wrote, in words that no page has of itself.
CAPTION = "Quokka #quokka with @bob"
COMMENT = "Zebra!"
PLACE = "Xanadu"
ALT = "Quokka asleep"
ALICE, BOB, DORA, MALLORY = ("alice", "bob", "dora", "mallory")


@dataclass(frozen=True)
class SitePage:
    name: str
    path: str
    viewer: str = ""  # "" is a visitor
    status: int = 200


# Patterns without a page of their own to look at, and why.
EXEMPT = {
    "acts, which redirect": {
        "language",
        "like",
        "save",
        "archive",
        "restore-post",
        "comments",
        "delete-comment",
        "follow",
        "mute",
        "block",
        "tag",
        "account_email_verification_sent",
        "mfa_reauthenticate_webauthn",
        "mfa_login_webauthn",
    },
    "fragments of pages": {"replies", "new-posts", "staged-photos"},
    "files": {"photo", "avatar-file", "mfa_download_recovery_codes"},
    "the profile under another address": {"user-details"},
    "ask for the password or a passkey first": {"mfa_activate_totp", "mfa_add_webauthn"},
    "needs a link from a mail, a code or a security key": {
        "account_confirm_login_code",
        "account_confirm_email",
        "account_reset_password_from_key",
        "account_set_password",
        "mfa_authenticate",
        "mfa_reauthenticate",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_remove_webauthn",
        "mfa_edit_webauthn",
        "account_inactive",
        "restore-account",
    },
    "made by Swagger UI, with styles of its own": {"api-docs", "schema"},
    "for machines": {"healthz", "readyz", "metrics", "robots", "favicon", "manifest"},
}


def member(name: str, **fields: Any) -> User:
    """With a confirmed address: second factors ask for one."""
    user = people.make_user(name, bio=f"{name} likes quokkas.", **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def build_site(photos: list[Path] | None = None) -> list[SitePage]:
    """People, posts, and what happened between them; returns the pages. `photos` instead of painted ones."""
    alice, bob = member(ALICE, shard=10, approve_tags=True), member(BOB, shard=1000)
    dora, mallory = member(DORA), member(MALLORY)
    for follower, followee in [(alice, bob), (bob, alice), (dora, bob), (alice, dora)]:
        people.follow(follower, followee)
    User.objects.filter(id=alice.id).update(is_private=True)
    alice.refresh_from_db()
    people.follow(mallory, alice)  # asks
    User.objects.filter(id=alice.id).update(is_private=False)
    users.mute(follower=alice, followee=dora)
    users.block(blocker=alice, blocked=member("nobody"))
    outbox.drain()

    share = _sharing(photos)
    post = share(alice, 3, caption=CAPTION, location=PLACE, people=[BOB], alts=[ALT])
    liked = share(bob, 1, caption=CAPTION, people=[ALICE])
    archived = share(alice, 1)
    media.archive_post(post=archived, by=alice)
    failed = people.live_post(alice)
    Post.objects.for_owner(alice.id).filter(id=failed.id).update(state=Post.State.FAILED)
    for who in (bob, dora):
        media.like(post=post, user=who)
    comment = media.add_comment(post=post, author=bob, text=COMMENT)
    media.add_comment(post=post, author=alice, text=f"@bob {COMMENT}", parent=comment)
    media.add_comment(post=liked, author=dora, text=f"@alice {COMMENT}")
    media.save(post=liked, user=alice)
    outbox.drain()
    return [*_for_visitors(post), *_for_members(post, liked, archived, failed, encode(comment.id))]


def _sharing(photos: list[Path] | None) -> Callable[..., Post]:
    files = iter(photos * 9) if photos else None

    def share(owner: User, count: int, **words: Any) -> Post:
        if files is None:
            return people.upload(owner, photos=count, **words)
        chosen = [next(files) for _ in range(count)]
        uploads = [SimpleUploadedFile(path.name, path.read_bytes()) for path in chosen]
        post = media.publish_post(owner=owner, photos=uploads, **words)
        outbox.drain()
        return Post.objects.on_shard_of(post.id).get(id=post.id)

    return share


def _for_visitors(post: Post) -> list[SitePage]:
    profile = f"/u/{ALICE}/"
    return [
        SitePage("landing", "/"),
        SitePage("login", "/login/"),
        SitePage("signup", "/signup/"),
        SitePage("password-forgotten", "/password/reset/"),
        SitePage("password-mail-sent", "/password/reset/done/"),
        SitePage("password-is-new", "/password/reset/key/done/"),
        SitePage("profile-seen-by-a-visitor", profile),
        SitePage("post-seen-by-a-visitor", post.get_absolute_url()),
        SitePage("discover-seen-by-a-visitor", "/discover/"),
        SitePage("tag-page-seen-by-a-visitor", "/tags/quokka/"),
        SitePage("not-found", "/nothing/here/", status=404),
    ]


def _for_members(post: Post, liked: Post, archived: Post, failed: Post, comment: str) -> list[SitePage]:
    own, others = post.get_absolute_url(), liked.get_absolute_url()
    paths = {
        "second-factors": "/2fa/",
        "passkeys": "/2fa/webauthn/",
        "confirm-it-is-you": "/reauthenticate/",
        "feed": "/feed/",
        "profile": f"/u/{ALICE}/",
        "profile-tagged": f"/u/{BOB}/tagged/",
        "profile-of-another": f"/u/{BOB}/",
        "followers": f"/u/{ALICE}/followers/",
        "following": f"/u/{ALICE}/following/",
        "saved": "/saved/",
        "archived": "/archived/",
        "report-member": f"/u/{BOB}/report/",
        "post": own,
        "post-archived": archived.get_absolute_url(),
        "post-failed": failed.get_absolute_url(),
        "edit": f"{own}edit/",
        "delete": f"{own}delete/",
        "report-post": f"{others}report/",
        "report-comment": f"/comments/{comment}/report/",
        "tag": f"{others}tag/",
        "tags": "/settings/tags/",
        "upload": "/upload/",
        "search": "/search/",
        "search-found": "/search/?q=bob",
        "search-posts": "/search/?q=quokka&type=posts",
        "search-nothing": "/search/?q=xanadu+zebra",
        "discover": "/discover/",
        "tag-page": "/tags/quokka/",
        "place-page": "/places/xanadu/",
        "notifications": "/notifications/",
        **{
            f"settings-{name}": f"/settings/{name}/"
            for name in (
                *("security", "privacy", "appearance", "people", "sessions", "delete", "requests", "blocks"),
                *("muted", "avatar"),
            )
        },
        "settings": "/settings/",
        "email": "/email/",
        "password": "/password/change/",
        "logout": "/logout/",
    }
    return [
        *(SitePage(name, path, viewer=ALICE) for name, path in paths.items()),
        SitePage("feed-empty", "/feed/", viewer=MALLORY),
        SitePage("profile-empty", f"/u/{MALLORY}/", viewer=MALLORY),
        SitePage("notifications-empty", "/notifications/", viewer=MALLORY),
        SitePage("forbidden", f"{own}edit/", viewer=BOB, status=403),
    ]


def patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif pattern.app_name != "admin":  # Django's own pages
            yield from patterns(pattern)


def pages_without_a_place(pages: list[SitePage]) -> set[str]:
    """The names of patterns that lead to pages, and are neither listed nor exempt."""
    named = {pattern.name for pattern in patterns() if pattern.name and not pattern.name.startswith("api-")}
    listed = {resolve(page.path.partition("?")[0]).url_name for page in pages if page.status != 404}
    return named - listed - set().union(*EXEMPT.values())
