"""The navigation of the settings: `{% settings_nav %}`."""

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

# Address, icon, name, and what else belongs to the page by the beginnings of its address.
PAGES = (
    ("/settings/", "person", _("Profile"), ("/settings/avatar/",)),
    (
        "/settings/security/",
        "lock",
        _("Account and security"),
        ("/email/", "/password/", "/2fa/", "/settings/sessions/", "/settings/delete/", "/reauthenticate/"),
    ),
    ("/settings/privacy/", "eye", _("Privacy"), ("/settings/tags/",)),
    ("/settings/appearance/", "sun", _("Appearance"), ()),
    (
        "/settings/people/",
        "people",
        _("People"),
        ("/settings/requests/", "/settings/blocks/", "/settings/mutes/", "/settings/muted/"),
    ),
)


@register.inclusion_tag("users/partials/settings_nav.html", takes_context=True)
def settings_nav(context: Any) -> dict[str, Any]:
    path = context["request"].path
    return {
        "pages": [
            {"url": url, "icon": icon, "name": name, "is_open": path == url or path.startswith(parts)}
            for url, icon, name, parts in PAGES
        ]
    }
