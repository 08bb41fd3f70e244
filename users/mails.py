"""Mails to members, in their language. allauth's come here by way of users/adapter.py."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.utils import translation

from users.models import User


def send(template: str, email: str, context: dict[str, Any], user: User | None = None) -> None:
    """Renders `<template>_subject.txt` and `<template>_message.txt`. Raises OSError when nobody takes the mail.

    Without a member (somebody typed an address) the language is that of the page.
    """
    with translation.override(user.language if user and user.language else translation.get_language()):
        mail = get_adapter().render_mail(
            template, email, {"email": email, "user": user, "site": settings.SITE_URL, **context}
        )
    mail.send()
