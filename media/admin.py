"""Posts, comments and reports of both, for moderators: found on whichever server they are, changed through the
services."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator

from media import services
from media.models import CAPTION_LENGTH, Comment, Photo, Post, Trace
from photoapp import outbox
from photoapp.ids import time_of
from photoapp.sharded_admin import ServerFilter, ShardedModelAdmin
from photoapp.shards import CONTENT, by_server
from users import reports
from users.models import Report, User

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
            by=request.user.pk,
        )

    def delete_model(self, request: HttpRequest, obj: Comment) -> None:
        services.remove_comment(obj, by=request.user.pk)

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


# --- Reports -----------------------------------------------------------------------------------------------------


class OpenFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("closed", "Closed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Report]) -> QuerySet[Report]:
        return queryset.filter(closed_at__isnull=self.value() == "open") if self.value() else queryset


class ReportForm(forms.ModelForm):
    closed = forms.BooleanField(required=False, help_text="Dealt with. The reporter is not told.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "closed" in self.fields:
            self.fields["closed"].initial = self.instance.closed_at is not None


class ReportList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        show_targets(list(self.result_list))


def show_targets(rows: list[Report]) -> None:
    """What was reported, in bulk: `target` is a Post (with `first`, its first photo), a Comment, a User, or None."""
    ids: dict[str, list[int]] = {}
    for row in rows:
        ids.setdefault(row.kind, []).append(row.target_id)
    posts = {post.id: post for post in Post.objects.all().by_ids(ids.get(Report.Kind.POST, []))}
    photos = Photo.objects.filter(position=0).select_related("post__owner")
    first = {photo.post_id: photo for photo in photos.by_ids(posts, field="post_id")}
    comments = {found.id: found for found in Comment.objects.all().by_ids(ids.get(Report.Kind.COMMENT, []))}
    for row in rows:
        targets: dict[str, dict[int, Any]] = {Report.Kind.POST: posts, Report.Kind.COMMENT: comments}
        row.target = targets.get(row.kind, {row.target_id: row.reported}).get(row.target_id)  # type: ignore[attr-defined]
        row.first = first.get(row.target_id)  # type: ignore[attr-defined]


@admin.register(Report)
class ReportAdmin(admin.ModelAdmin):
    """Open ones first, of these what most members reported."""

    form = ReportForm
    list_display = ("shown", "what", "closed", "why", "member", "reported_by")
    list_display_links = ("what",)
    list_filter = (OpenFilter, "kind", "reason", "created_at")
    list_select_related = ("reported", "reporter", "closed_by")
    list_per_page = 50
    sortable_by = ()
    show_full_result_count = False
    search_fields = ("text", "reported__username", "reporter__username")
    search_help_text = "Words of the report, or the user name of either."
    actions = ("close",)
    show_facets = admin.ShowFacets.NEVER
    fields = ("whole", "what", "links", "reason", "text", "member", "reported_by", "closed_by", "closed")
    readonly_fields = fields[:-1]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        return reports.with_counts(Report.objects.all()).order_by(*self.get_ordering(request))

    def get_ordering(self, request: HttpRequest) -> Any:
        return (F("closed_at").desc(nulls_first=True), "-same", "id")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ReportList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Report | None:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            show_targets([found])
        return found

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        waiting = Report.objects.filter(closed_at=None).count()
        return super().changelist_view(request, {"title": f"Reports: {waiting:,} open", **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Report, form: Any, change: bool) -> None:
        if form.cleaned_data["closed"]:
            reports.close_reports(Report.objects.filter(id=obj.id), by=request.user)  # type: ignore[arg-type]
        else:
            reports.reopen(obj)

    @admin.action(permissions=["change"], description="Close: dealt with")
    def close(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        rows = Report.objects.filter(id__in=[row.id for row in queryset])
        closed = reports.close_reports(rows, by=request.user)  # type: ignore[arg-type]
        messages.success(request, f"{closed} report{'s' if closed != 1 else ''} closed.")

    @admin.display(description="shown")
    def shown(self, report: Any) -> str:
        return self._target(report, width=80, length=80)

    @admin.display(description="shown")
    def whole(self, report: Any) -> str:
        return self._target(report, width=320, length=CAPTION_LENGTH)

    def _target(self, report: Any, width: int, length: int) -> str:
        if isinstance(report.target, Comment):
            return Truncator(report.target.text).chars(length)
        if isinstance(report.target, Post):
            words = Truncator(report.target.caption).chars(length)
            return format_html("{}<br>{}", picture(report.first, width), words)
        return report.target.name if report.target else "It is gone."

    @admin.display(description="report")
    def what(self, report: Any) -> str:
        others = f", reported {report.same} times" if report.same > 1 else ""
        return f"{report.get_kind_display()}{others}"

    @admin.display(description="why")
    def why(self, report: Report) -> str:
        reason = report.get_reason_display()
        return format_html("{}:<br>{}", reason, Truncator(report.text).chars(160)) if report.text else reason

    @admin.display(description="whose")
    def member(self, report: Any) -> str:
        link = member_link(report.reported_id, report.reported.username)
        return format_html("{} ({} open)", link, report.of_member) if report.of_member > 1 else link

    @admin.display(description="reported by")
    def reported_by(self, report: Report) -> str:
        who = member_link(report.reporter.id, report.reporter.username) if report.reporter else "a member who left"
        return format_html("{}<br>{}", who, f"{report.created_at:%Y-%m-%d %H:%M}")

    @admin.display(description="closed", boolean=True)
    def closed(self, report: Report) -> bool:
        return report.closed_at is not None

    @admin.display(description="where to act")
    def links(self, report: Any) -> str:
        """Where it can be changed or taken away; the member's page, for what concerns all of the account."""
        found = [("The member", reverse("admin:users_user_change", args=[report.reported_id]))]
        if isinstance(report.target, Post | Comment):
            name = report.kind
            found.insert(0, (f"The {name}", reverse(f"admin:media_{name}_change", args=[report.target_id])))
        return format_html_join(" · ", '<a href="{1}">{0}</a>', found)

    def view_on_site(self, report: Report) -> str:
        if report.kind == Report.Kind.POST:
            return Post(id=report.target_id).get_absolute_url()
        if report.kind == Report.Kind.COMMENT:
            comment = Comment.objects.on_shard_of(report.target_id).filter(id=report.target_id).first()
            return Post(id=comment.post_id).get_absolute_url() if comment else report.reported.get_absolute_url()
        return report.reported.get_absolute_url()
