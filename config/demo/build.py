"""Builds the demo through the ordinary services. Each step looks at what is there, so it may be killed and repeated."""

import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from config.demo.paint import Painting, avatar, paint
from config.demo.people import SEED, Member
from config.demo.plan import PostPlan, Remark, follows_among, requests_left_open
from media.avatars import set_avatar
from media.imaging import Rendered, Rendition, rendering, worker
from media.models import Comment, Like, Post, PostCount, Trace
from media.processing import process_post
from media.services import publish_post
from photoapp import outbox
from photoapp.ids import first_id_at, new_id_beside
from photoapp.models import OUTBOXES
from photoapp.shards import CONTENT, alias_for, servers
from users.models import User
from users.services import accept_request, emit_user_changed, follow

DOMAIN = "demo.invalid"  # marks the demo's accounts, and no mail can ever reach it


def demo_users(members: Sequence[Member]) -> dict[str, User]:
    """The accounts of the demo by user name; a name that somebody else has taken is not among them."""
    emails = [f"{member.username}@{DOMAIN}" for member in members]
    return {user.email.removesuffix(f"@{DOMAIN}"): user for user in User.objects.filter(email__in=emails)}


def create_member(member: Member, password: str | None) -> User | None:
    """None when the name belongs to somebody else."""
    if User.objects.filter(username=member.username).exists():
        return None
    days = random.Random(f"{SEED}{member.username}").uniform(180, 700)
    user = User(
        username=member.username,
        email=f"{member.username}@{DOMAIN}",
        display_name=member.name,
        bio=member.bio,
        year_of_birth=member.born,
        is_private=member.is_private,
        is_staff=member.is_admin,
        is_superuser=member.is_admin,
        date_joined=timezone.now() - timedelta(days=days),
    )
    user.set_password(password)  # None: nobody can log in
    user.full_clean(exclude=["password"])
    with transaction.atomic(using="default"):
        user.save(using="default", force_insert=True)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        emit_user_changed(user.id)
    return user


def set_password(user: User, password: str) -> None:
    user.set_password(password)
    user.save(using="default", update_fields=["password"])


def give_portrait(member: Member) -> None:
    user = User.objects.get(email=f"{member.username}@{DOMAIN}")
    if not user.avatar:
        file = SimpleUploadedFile("portrait.jpg", avatar(member.portrait), "image/jpeg")
        set_avatar(user=user, file=file, render_photo=render_own)


def create_follows(members: tuple[Member, ...], users: dict[str, User]) -> None:
    still_open = requests_left_open(members)
    for name, other in follows_among(members):
        if name not in users or other not in users:
            continue
        follower, followee = users[name], users[other]
        if follow(follower=follower, followee=followee) == "requested" and (name, other) not in still_open:
            accept_request(owner=followee, follower_id=follower.id)


def create_post(plan: PostPlan, users: dict[str, User]) -> Post:
    """Paints, uploads, renders and publishes one post, with what others say about it."""
    author = users[plan.author]
    # The moment, to the millisecond, tells a post that an earlier run has made.
    moment = {
        "id__gte": first_id_at(plan.created_at),
        "id__lt": first_id_at(plan.created_at + timedelta(milliseconds=1)),
    }
    post = Post.objects.for_owner(author.id).filter(state=Post.State.LIVE, **moment).first()
    if post is None:
        post = _upload(plan, author, users)
        process_post(post.id, render_photo=render_own)
    _react(plan, post, users)
    return post


def _upload(plan: PostPlan, author: User, users: dict[str, User]) -> Post:
    paintings = [paint(shot.seed, shot.scene, plan.created_at) for shot in plan.shots]
    return publish_post(
        owner=author,
        photos=[_file(painting, number) for number, painting in enumerate(paintings, 1)],
        caption=plan.caption,
        location=paintings[0].place if plan.located else "",
        people=[name for name in plan.people if name in users],
        alts=[painting.alt for painting in paintings],
        audience=Post.Audience.FOLLOWERS if plan.for_followers else Post.Audience.EVERYONE,
        idempotency_key=plan.key,
        created_at=plan.created_at,
    )


def _file(painting: Painting, number: int) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{painting.scene}-{number}.jpg", painting.jpeg, "image/jpeg")


def render_own(path: Path) -> Rendered:
    """As media.imaging.render, but in this process: starting one for each picture takes as long as rendering it,
    and what this process has painted itself it need not fear to decode."""
    job = rendering.job(timeout=60)
    with path.open("rb") as photo:
        worker.PHOTO = photo.fileno()
        header, blobs = worker.render(job)
    renditions = [
        Rendition(width=one["width"], format=one["format"], height=one["height"], data=blobs[one["blob"]])
        for one in header["renditions"]
    ]
    return Rendered(header["width"], header["height"], header["placeholder"], renditions)


def _react(plan: PostPlan, post: Post, users: dict[str, User]) -> None:
    """Likes and comments, all or none. Rows, not the services: those date everything now, and tell of each act."""
    likers = [users[name].id for name in plan.likers if name in users]
    remarks = [remark for remark in plan.remarks if remark.author in users]
    using = alias_for(CONTENT, post.id)
    with transaction.atomic(using=using):
        Post.objects.using(using).select_for_update().get(id=post.id)
        ours = [user.id for user in users.values()]
        comments = Comment.objects.using(using).filter(post_id=post.id, author_id__in=ours)
        if comments.exists() or Like.objects.using(using).filter(post_id=post.id, user_id__in=ours).exists():
            return
        Like.objects.bulk_create([Like(post_id=post.id, user_id=id) for id in likers])
        _talk(post, remarks, users)
        if likers or remarks:
            PostCount.add(post.id, using=using, likes=len(likers), comments=len(remarks))


def _talk(post: Post, remarks: Sequence[Remark], users: dict[str, User]) -> None:
    openings = {remark.author: new_id_beside(post.id, remark.at) for remark in remarks if not remark.to}
    Comment.objects.bulk_create(
        Comment(
            id=new_id_beside(post.id, remark.at) if remark.to else openings[remark.author],
            post_id=post.id,
            parent_id=openings.get(remark.to),
            author_id=users[remark.author].id,
            text=remark.text,
        )
        for remark in remarks
    )


def leave_traces(users: dict[str, User]) -> None:
    """Each member's list of what they left with others, as the outbox would have written it act by act."""
    ours = [user.id for user in users.values()]
    traces = []
    for author in users.values():
        using = alias_for(CONTENT, author.id)
        likes = Like.objects.using(using).filter(post__owner_id=author.id, user_id__in=ours)
        comments = Comment.objects.using(using).filter(post__owner_id=author.id, author_id__in=ours)
        for user_id, post_id in likes.values_list("user_id", "post_id"):
            traces.append(Trace(user_id=user_id, kind=Trace.Kind.LIKE, target_id=post_id))
        for user_id, comment_id in comments.values_list("author_id", "id"):
            traces.append(Trace(user_id=user_id, kind=Trace.Kind.COMMENT, target_id=comment_id))
    Trace.objects.bulk_create(traces, ignore_conflicts=True)


def deliver(group: str, **those: int) -> None:
    """Runs in this process what waits in a group's outboxes. (outbox.drain would take what others are about to do.)"""
    for alias in servers(group):
        rows = OUTBOXES[group].objects.using(alias).filter(parked=False, **those)
        for row_id in list(rows.values_list("id", flat=True)):
            outbox.deliver(group, row_id)
