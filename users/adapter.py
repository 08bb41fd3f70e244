from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest

from users.models import User
from users.services import emit_user_changed


class AccountAdapter(DefaultAccountAdapter):
    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """A member's row and the news of it (its public face goes to the content shard) are one commit."""
        user.display_name = form.cleaned_data.get("display_name", "")
        user.year_of_birth = form.cleaned_data.get("year_of_birth")
        with transaction.atomic(using="default"):
            super().save_user(request, user, form, commit)
            if commit:
                emit_user_changed(user.id)
        return user

    def clean_username(self, username: str, shallow: bool = False) -> str:
        return super().clean_username(username.lower(), shallow)

    def populate_username(self, request: HttpRequest, user: User) -> None:
        user.username = user.username.lower()
