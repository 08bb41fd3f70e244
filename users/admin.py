"""Members. Whatever is changed here reaches their public face on the shards, as if they had changed it themselves."""

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from photoapp.ids import encode, shard_of
from photoapp.sharded_admin import searched_id
from photoapp.shards import CONTENT, FRIENDS, alias_for
from users import deletion, services, sessions
from users.models import User

STATE = ("is_active", "delete_after", "last_login", "date_joined", "public_id", "home", "posts")
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class NewMemberForm(AdminUserCreationForm):
    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("username", "email")


class PasswordForm(AdminPasswordChangeForm):
    def save(self, commit: bool = True) -> Any:
        """A new password ends what the old one opened."""
        user = super().save(commit)
        services.revoke_tokens(user=user)
        sessions.end_all(user.id)
        return user


@admin.register(User)
class MemberAdmin(UserAdmin):
    add_form = NewMemberForm
    change_password_form = PasswordForm
    list_display = ("username", "display_name", "email", "home", "is_active", "is_private", "is_staff", "date_joined")
    list_filter = (
        "is_active",
        ("delete_after", admin.EmptyFieldListFilter),
        "is_private",
        "is_staff",
        "is_superuser",
        "date_joined",
    )
    list_per_page = 50
    ordering = ("-id",)
    show_full_result_count = False
    search_fields = ("username",)  # so that there is a search box; get_search_results says what it finds
    search_help_text = "The beginning of a user name or e-mail address, a display name, or an id."
    readonly_fields = ("delete_after", "last_login", "date_joined", "public_id", "home", "posts")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Profile", {"fields": ("display_name", "email", "year_of_birth", "bio", "is_private")}),
        (
            "Account",
            {"fields": ("is_active", "delete_after", "last_login", "date_joined", "public_id", "home", "posts")},
        ),
        ("Rights", {"classes": ("collapse",), "fields": RIGHTS}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "email", "usable_password", "password1", "password2"),
            },
        ),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip().removeprefix("@")
        if not text:
            return queryset, False
        match = Q(username__startswith=text.lower()) | Q(email__istartswith=text) | Q(display_name__icontains=text)
        if searched := searched_id(text):
            match |= Q(id=searched[1])
        return queryset.filter(match), False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only a superuser gives rights: else whoever may edit members could make themselves anything."""
        rights = () if request.user.is_superuser else RIGHTS  # type: ignore[union-attr]
        return (*super().get_readonly_fields(request, obj), *rights)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj) and obj != request.user

    def _may_touch(self, request: HttpRequest, obj: Any) -> bool:
        """Staff and superusers are changed by superusers alone."""
        return obj is None or request.user.is_superuser or not (obj.is_staff or obj.is_superuser)  # type: ignore[union-attr]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if "is_active" in form.changed_data:
            obj.delete_after = None  # brought back, or suspended: either way no longer what the member asked for
        with transaction.atomic(using="default"):
            super().save_model(request, obj, form, change)
            services.emit_user_changed(obj.id)
            if change and "email" in form.changed_data:
                make_primary(obj)
            if not obj.is_active:
                services.revoke_tokens(user=obj)
        if not obj.is_active:
            sessions.end_all(obj.id)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        deletion.erase_account(user=obj)

    def delete_queryset(self, request: HttpRequest, queryset: Iterable[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)

    def get_deleted_objects(self, objs: Iterable[User], request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """An account goes through the outbox, with all that the member posted; here it is only named."""
        users = list(objs)
        kept = [f"{user} may not be deleted by you" for user in users if not self.has_delete_permission(request, user)]
        return [f"{user} and all they posted" for user in users], {"accounts": len(users)}, set(), kept

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> Any:
        messages.info(request, "The account is out of sight now; its posts and files are being erased.")
        return super().response_delete(request, obj_display, obj_id)

    def view_on_site(self, user: User) -> str:  # type: ignore[override]
        return user.get_absolute_url()

    @admin.display(description="id")
    def public_id(self, user: User) -> str:
        return f"{user.pk} · {encode(user.pk)}"

    @admin.display(description="home")
    def home(self, user: User) -> str:
        return f"{alias_for(FRIENDS, user.pk)}, {alias_for(CONTENT, user.pk)} · shard {shard_of(user.pk)}"

    @admin.display(description="posts")
    def posts(self, user: User) -> str:
        return format_html('<a href="{}?owner={}">their posts</a>', reverse("admin:media_post_changelist"), user.pk)


def make_primary(user: User) -> None:
    """allauth's list of addresses follows the one on the account; the member did not prove the new one yet."""
    EmailAddress.objects.filter(user=user).update(primary=False)
    EmailAddress.objects.update_or_create(user=user, email=user.email.lower(), defaults={"primary": True})
