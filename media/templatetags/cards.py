"""The parts of a card: its photos, its menu, what can be done with it.

They are what a page of posts consists of, so they are written out here: in templates they would cost several times as
much. What is the same on many cards is kept, once for each language, with marks where cards differ. Everything that
people wrote is escaped.
"""

from functools import lru_cache
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from media.models import WIDTHS, Photo, Post
from media.templatetags.posts import made, slug, time_of
from photoapp.templatetags.icons import icon

register = template.Library()

CARD_WIDTHS = WIDTHS[:-1]  # the largest is for looking at one photo alone
WIDEST, NARROWEST = 1.91, 0.8  # shapes of the box: width over height
# By these the browser chooses a file. A card is as wide as a phone, else 38rem. The photos of the first screen claim
# to be narrower on sharp phones: on a slow network 640 pixels are there seconds earlier than 1080.
SIZES = "(max-width: 40rem) 100vw, 38rem"
FIRST_SCREEN = 2  # posts
FIRST_SIZES = (
    "(max-width: 40rem) and (min-resolution: 2.5dppx) 213px, (max-width: 40rem) and (min-resolution: 1.5dppx) 320px, "
)
DETAIL_SIZES = "(max-width: 64rem) 100vw, 46rem"  # css/post.css
LONG_CAPTION = 125  # characters; a longer one is folded
CAPTION_LINES = 3


class Slot(str):
    """Stands in a stored card where cards differ by viewer, place in the page, or minute (media/cards.py)."""


SLOT = "\0"  # no text that people write holds it
STORED = Slot("stored")  # as `place`: the card is rendered to be stored


@register.simple_tag
def posted(post: Post, place: object = None) -> SafeString:
    """When a post was made; how long that is ago is a slot in a stored card."""
    return mark_safe(time_of(post, SLOT)) if place is STORED else made(post)  # noqa: S308


@register.simple_tag
def photos(post: Post, place: object = None, detail: object = False) -> SafeString:
    """The photos of a post in one box that has the shape of the first; several are a strip to be pushed sideways.

    `place` counts the posts of a page from 1; the photo of the first is fetched before everything else. On the post's
    own page (`detail`) photos are larger, and each is a link to its largest file, where js/lightbox.js looks for them.
    """
    language, total = get_language(), len(post.card_photos)
    alt = _photo_by(language).replace("{name}", post.owner.name)
    head, *rest = post.card_photos
    boxes = _photo(head, alt, _shape(head), place, bool(detail))
    boxes += "".join(_photo(photo, alt, "", None, bool(detail)) for photo in rest)
    if total > 1:
        boxes = _strip(language, total).replace("{boxes}", boxes)
    carousel = " data-carousel" if total > 1 else ""
    return mark_safe(f'<div class="photos"{carousel}>{boxes}{_people(post)}</div>')  # noqa: S308


@lru_cache(maxsize=16)
def _photo_by(language: str | None) -> str:
    return _("Photo by %(name)s") % {"name": "{name}"}


def _shape(photo: Photo) -> str:
    """An empty drawing that gives the box its height before, and without, the photo."""
    width, height = photo.width, photo.height
    height = round(min(max(height, width / WIDEST), width / NARROWEST))
    return f'<svg class="photo__shape" viewBox="0 0 {width} {height}" aria-hidden="true"></svg>'


def _photo(photo: Photo, alt: str, shape: str, place: object, detail: bool) -> str:
    """A photo over its placeholder."""
    folder = f"/{photo.folder}"
    opens, closes = (f'<a class="photo__open" href="{folder}/{WIDTHS[-1]}.jpg">', "</a>") if detail else ("", "")
    sizes = DETAIL_SIZES if detail else SIZES
    before_sizes, loading = (SLOT, SLOT) if place is STORED else at_place(place)
    blur = photo.placeholder and (
        f'<img class="photo__placeholder" src="data:image/webp;base64,{escape(photo.placeholder)}" alt="">'
    )
    sources, last = _sources(photo.width)
    sources = sources.replace("{folder}", folder)
    return (
        f'<div class="photo">{shape}{blur}{opens}<picture>'
        f'<source type="image/webp" srcset="{sources}" sizes="{before_sizes}{sizes}">'
        f'<img src="{folder}/{last}.jpg" '
        f'width="{photo.width}" height="{photo.height}" alt="{escape(photo.alt or alt)}"{loading} decoding="async">'
        f"</picture>{closes}</div>"
    )


def at_place(place: object) -> tuple[str, str]:
    """What stands before the sizes of a post's first photo, and how it is loaded, by the post's place in the page."""
    if not isinstance(place, int) or place > FIRST_SCREEN:
        return "", ' loading="lazy"'
    return FIRST_SIZES, ' fetchpriority="high"' if place == 1 else ""


@lru_cache(maxsize=1024)
def _sources(full: int) -> tuple[str, int]:
    """A srcset, up to the first rendition that is as wide as the photo itself, and that rendition."""
    widths = [width for place, width in enumerate(CARD_WIDTHS) if place == 0 or CARD_WIDTHS[place - 1] < full]
    return ", ".join(f"{{folder}}/{width}.webp {min(width, full)}w" for width in widths), widths[-1]


@lru_cache(maxsize=64)
def _strip(language: str | None, total: int) -> str:
    label = ngettext("%(count)s photo", "%(count)s photos, scroll sideways", total) % {"count": total}
    back, on = _("Previous photo"), _("Next photo")
    return (
        f'<div class="strip" role="group" tabindex="0" aria-label="{label}">{{boxes}}</div>'
        f"{_step('back', -1, back)}{_step('next', 1, on)}"
        f'<p class="photos__count" aria-live="polite">1/{total}</p>'
    )


def _step(name: str, by: int, label: str) -> str:
    kind = 'class="photos__step" type="button"'
    hidden = " hidden" if by < 0 else ""  # the first photo is shown
    return f'<button {kind} data-step="{by}" aria-label="{label}"{hidden}>{icon(name)}</button>'


def _people(post: Post) -> str:
    """Who is in the photos, unfolded by a touch."""
    people = post.shown_people if post.people else []
    if not people:
        return ""
    count = len(people)
    label = ngettext("%(count)s person in this post", "%(count)s people in this post", count) % {"count": count}
    names = [escape(person["username"]) for person in people]
    links = ", ".join(f'<a href="/u/{name}/">@{name}</a>' for name in names)
    said = _("with %(people)s") % {"people": links}
    return f'<details class="tags"><summary aria-label="{label}">{icon("person")}</summary><p>{said}</p></details>'


@register.simple_tag
def acts(post: Post, user: Any, place: object = None) -> SafeString:
    """Like, comment, share, save. Every one is a form or link that works without scripts."""
    if place is STORED:
        return mark_safe(SLOT)  # noqa: S308
    counts = post.like_count, post.comment_count
    html = acts_of(get_language(), user.is_authenticated, bool(post.liked), bool(post.saved), slug(post), *counts)
    return mark_safe(html)  # noqa: S308


def acts_of(
    language: str | None, is_member: bool, liked: bool, saved: bool, slug: str, likes: int, comments: int
) -> str:
    """Scripts know no words: how many likes it were if the viewer changed their mind stands in data-other."""
    frame = _acts(language, is_member, liked, saved)
    return (
        frame.replace("{slug}", slug)
        .replace("{likes}", _likes(language, likes))
        .replace("{other}", _likes(language, likes + (-1 if liked else 1)))
        .replace("{comments}", str(comments))
    )


@lru_cache(maxsize=64)
def _acts(language: str | None, is_member: bool, liked: bool, saved: bool) -> str:
    # Strings are not found within f-strings when they are collected.
    log_in, comments, share = _hidden(_("Log in to like")), _hidden(_("Comments:")), _hidden(_("Share"))
    failed, copied = _("That did not work. Please try again."), _("Link copied")
    login = f'<a class="act" href="/login/?next=/p/{{slug}}/">{icon("heart")}{log_in}</a>'
    like = _toggle("like", liked, "heart", _("Like")) if is_member else login
    save = _toggle("save", saved, "bookmark", _("Save")) if is_member else ""
    return (
        f'<div class="post__acts" data-failed="{failed}" data-copied="{copied}">{like}'
        f'<span data-likes data-other="{{other}}">{{likes}}</span>'
        f'<a class="act act--words" href="/p/{{slug}}/#comments">{icon("comment")}{comments}'
        '<span id="comments-{slug}">{comments}</span></a>'
        f'<a class="act act--end" href="/p/{{slug}}/" data-share>{icon("share")}{share}</a>{save}</div>'
    )


def _toggle(kind: str, is_on: bool, sign: str, words: str) -> str:
    return (
        f'<form method="post" action="/p/{{slug}}/{kind}/" data-{kind}><button class="act act--{kind}" name="action" '
        f'value="{"un" if is_on else ""}{kind}" aria-pressed="{str(is_on).lower()}">{icon(sign)}{_hidden(words)}'
        "</button></form>"
    )


def _hidden(words: str) -> str:
    return f'<span class="visually-hidden">{words}</span> '


@lru_cache(maxsize=4096)
def _likes(language: str | None, count: int) -> str:
    return ngettext("%(count)s like", "%(count)s likes", count) % {"count": count}


@register.filter
def is_long(caption: str) -> bool:
    """Whether a caption is to be folded."""
    return len(caption) > LONG_CAPTION or caption.count("\n") >= CAPTION_LINES


@register.simple_tag
def post_menu(post: Post, user: Any, detail: object = False, place: object = None) -> SafeString:
    """What else can be done with a post; other things by its owner than by others."""
    if place is STORED:
        return mark_safe(SLOT)  # noqa: S308
    who = "visitor"
    if user.is_authenticated:
        who = "owner" if user.id == post.owner_id else "staff" if user.is_staff else "member"
    tagged = bool(post.people) and who != "owner" and post.tag_of(user.id) == Post.Tag.SHOWN
    archived = post.state == Post.State.ARCHIVED
    html = menu_of(get_language(), who, tagged, slug(post), post.owner.username, bool(detail), archived)
    return mark_safe(html)  # noqa: S308


def menu_of(
    language: str | None, who: str, tagged: bool, slug: str, owner: str, detail: bool = False, archived: bool = False
) -> str:
    """`who` is visitor, member, owner or staff; `owner` a user name."""
    return _menu(language, who, detail, tagged, archived).replace("{slug}", slug).replace("{owner}", owner)


@lru_cache(maxsize=64)
def _menu(language: str | None, who: str, detail: bool, tagged: bool, archived: bool) -> str:
    url = "/p/{slug}/"
    items = [] if detail else [_link(url, _("Go to post"))]
    copy, more = _("Copy link"), _("More about this post")
    items.append(f'<li><a href="{url}" data-share="copy">{copy}</a></li>')
    if tagged:
        items.append(_act(f"{url}tag/", "remove", _("Remove me from this post")))
    if who == "owner":
        items.append(_link(f"{url}edit/", _("Edit")))
        act, words = ("unarchive", _("Take out of the archive")) if archived else ("archive", _("Archive"))
        items.append(_act(f"{url}archive/", act, words))
        items.append(_act(f"{url}delete/", "delete", _("Delete"), "danger"))
    elif who != "visitor":
        items.append(_act("/u/{owner}/mute/", "mute", _("Mute %(name)s") % {"name": "{owner}"}))
        items.append(_link(f"{url}report/", _("Report"), "danger"))
    if who == "staff":
        items.append(_link(f"{url}delete/", _("Delete"), "danger"))
    return (
        f'<details class="menu"><summary aria-label="{more}">{icon("dots")}</summary>'
        f'<ul class="menu__list">{"".join(items)}</ul></details>'
    )


def _link(url: str, words: str, kind: str = "") -> str:
    return f'<li><a href="{url}"{_classed(kind)}>{words}</a></li>'


def _act(url: str, action: str, words: str, kind: str = "") -> str:
    button = f'<button name="action" value="{action}"{_classed(kind)}>{words}</button>'
    return f'<li><form method="post" action="{url}">{button}</form></li>'


def _classed(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
