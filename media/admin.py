"""Posts and comments, for moderators: found on whichever server they are, changed through the services."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from media import services
from media.models import Comment, Photo, Post, Trace
from photoapp import outbox
from photoapp.ids import time_of
from photoapp.sharded_admin import ServerFilter, ShardedModelAdmin
from photoapp.shards import CONTENT, by_server
from users.models import User

COMMENTS_OF_ONE = 1_000  # the newest of a member that a search for them finds


def member_called(name: str) -> User | None:
    """Suspended ones, too: they are who moderators look for."""
    return User.objects.filter(username=name.lower().removeprefix("@")).first()


def member_link(user_id: int, name: str) -> str:
    return format_html('<a href="{}">{}</a>', reverse("admin:users_user_change", args=[user_id]), name)


def has_picture(photo: Photo | None) -> bool:
    """Whether its URL answers: not before it is rendered, nor once it is withdrawn."""
    return bool(photo and photo.rendered and photo.post.state == Post.State.LIVE and photo.post.owner.is_active)


def picture(photo: Photo | None, width: int) -> str:
    if photo is None or not has_picture(photo):
        return "no picture"
    return format_html('<img src="{}" width="{}" alt="{}">', photo.url(320, "jpg"), width, photo.alt)


class PhotoInline(admin.TabularInline):
    model = Photo
    ordering = ("position",)
    fields = readonly_fields = ("thumbnail", "alt", "original", "taken_at")
    can_delete = False
    extra = 0

    @admin.display(description="photo")
    def thumbnail(self, photo: Photo) -> str:
        shown = picture(photo, 160)
        return format_html('<a href="{}">{}</a>', photo.src, shown) if has_picture(photo) else shown

    @admin.display(description="original")
    def original(self, photo: Photo) -> str:
        return f"{photo.content_type}, {photo.width} × {photo.height}, {photo.size:,} bytes"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever may see the post

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Post)
class PostAdmin(ShardedModelAdmin):
    list_display = ("first_photo", "__str__", "owner_link", "state", "home", "made_at")
    list_display_links = ("__str__",)
    list_filter = ("state", ServerFilter)
    list_select_related = ("owner",)
    search_help_text = "Words of the caption or the place, @name of the owner, an id, or the URL of a post or photo."
    fields = ("caption", "location", "owner_link", "people_names", "state", "failure", "made_at", "edited_at", "home")
    readonly_fields = ("owner_link", "people_names", "state", "failure", "made_at", "edited_at", "home")
    inlines = (PhotoInline,)

    def row_id_of(self, kind: str, id: int) -> int:
        if kind != "photos":
            return id
        return Photo.objects.on_shard_of(id).filter(id=id).values_list("post_id", flat=True).first() or id

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        owner = member_called(text)
        if text.startswith("@"):
            return queryset.filter(owner_id=owner.id) if owner else queryset.none()
        words = Q(caption__icontains=text) | Q(location__icontains=text)
        return queryset.filter(words | Q(owner_id=owner.id) if owner else words)

    def prepare_rows(self, rows: list[Post]) -> None:
        first: dict[int, Photo] = {}
        for alias, ids in by_server(CONTENT, [row.id for row in rows]).items():
            photos = Photo.objects.using(alias).filter(post_id__in=ids, position=0)
            first.update((photo.post_id, photo) for photo in photos)
        for row in rows:
            row.first = first.get(row.id)  # type: ignore[attr-defined]
            if row.first:  # type: ignore[attr-defined]
                row.first.post = row  # type: ignore[attr-defined]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "caption" and field is not None:
            field.widget = forms.Textarea(attrs={"rows": 6, "cols": 80})
        return field

    def save_model(self, request: HttpRequest, obj: Post, form: Any, change: bool) -> None:
        """As the owner would: what shows the post elsewhere hears of it."""
        owner = User.objects.get(id=obj.owner_id)
        services.edit_post(
            post=obj, editor=owner, caption=form.cleaned_data["caption"], location=form.cleaned_data["location"]
        )

    def delete_model(self, request: HttpRequest, obj: Post) -> None:
        services.withdraw_post(obj.id)

    @admin.display(description="photo")
    def first_photo(self, post: Any) -> str:
        return picture(post.first, 80)

    @admin.display(description="owner")
    def owner_link(self, post: Post) -> str:
        return member_link(post.owner_id, post.owner.username)

    @admin.display(description="people")
    def people_names(self, post: Post) -> str:
        return ", ".join(person["username"] for person in post.people) or "nobody"

    @admin.display(description="made at")
    def made_at(self, post: Post) -> Any:
        return time_of(post.id)


@admin.register(Comment)
class CommentAdmin(ShardedModelAdmin):
    list_display = ("__str__", "author", "post_link", "home", "made_at")
    list_filter = (ServerFilter,)
    search_help_text = "Words of the comment, @name of its author, or an id."
    fields = ("text", "author", "post_link", "made_at", "home")
    readonly_fields = ("author", "post_link", "made_at", "home")

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        if not text.startswith("@"):
            return queryset.filter(text__icontains=text)
        author = member_called(text)
        if author is None:
            return queryset.none()
        traces = Trace.objects.for_owner(author.id).filter(kind=Trace.Kind.COMMENT).order_by("-target_id")
        return queryset.filter(id__in=list(traces.values_list("target_id", flat=True)[:COMMENTS_OF_ONE]))

    def prepare_rows(self, rows: list[Comment]) -> None:
        names = author_names(rows)
        for row in rows:
            row.author_name = names.get(row.author_id, "gone")  # type: ignore[attr-defined]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "text" and field is not None:
            field.widget = forms.Textarea(attrs={"rows": 4, "cols": 80})
        return field

    def save_model(self, request: HttpRequest, obj: Comment, form: Any, change: bool) -> None:
        """Inside the transaction that the change view opened on the comment's server."""
        super().save_model(request, obj, form, change)
        outbox.emit(
            "comment.changed",
            group=CONTENT,
            owner_id=obj.post_id,
            post_id=obj.post_id,
            comment_id=obj.id,
            author_id=obj.author_id,
        )

    def delete_model(self, request: HttpRequest, obj: Comment) -> None:
        services.remove_comment(obj)

    def view_on_site(self, row: Comment) -> str:
        return Post(id=row.post_id).get_absolute_url()

    @admin.display(description="author")
    def author(self, comment: Any) -> str:
        name = getattr(comment, "author_name", None) or author_names([comment]).get(comment.author_id, "gone")
        return member_link(comment.author_id, name)

    @admin.display(description="post")
    def post_link(self, comment: Comment) -> str:
        return format_html('<a href="{}">the post</a>', reverse("admin:media_post_change", args=[comment.post_id]))

    @admin.display(description="made at")
    def made_at(self, comment: Comment) -> Any:
        return time_of(comment.id)


def author_names(comments: Iterable[Comment]) -> dict[int, str]:
    ids = {comment.author_id for comment in comments}
    return dict(User.objects.filter(id__in=ids).values_list("id", "username"))
