from datetime import date
from typing import Any

from allauth.account.forms import AddEmailForm as AllauthAddEmailForm
from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.account.forms import ResetPasswordKeyForm as AllauthResetPasswordKeyForm
from allauth.account.forms import SetPasswordForm as AllauthSetPasswordForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from users.models import User

OLDEST_YEAR = 1900
MINIMUM_AGE = 13
PASSWORD_HELP = gettext_lazy("At least 8 characters, and not one that many people use.")


def check_year_of_birth(year: int | None) -> int | None:
    """Raises ValidationError for a year out of range or a member who is too young."""
    if year is not None and not OLDEST_YEAR <= year <= date.today().year:
        raise forms.ValidationError(_("Enter the year you were born in, for example 1990."))
    if year is not None and date.today().year - year < MINIMUM_AGE:
        raise forms.ValidationError(_("Members must be at least %(age)s years old.") % {"age": MINIMUM_AGE})
    return year


class LoginForm(AllauthLoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("User name or e-mail address")
        self.fields["login"].widget.attrs.update(autocomplete="username webauthn", autocapitalize="none")
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""  # the page has a link of its own
        drop_placeholders(self)


class SignupForm(AllauthSignupForm):
    display_name = forms.CharField(max_length=60, required=False, label=gettext_lazy("Your name"))
    year_of_birth = forms.IntegerField(required=False, label=gettext_lazy("Year of birth"))

    field_order = ["username", "display_name", "email", "year_of_birth", "password1"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")
        self.fields["username"].help_text = _("3 to 30 letters, digits, dots and underscores.")
        self.fields["username"].widget.attrs["autocapitalize"] = "none"
        self.fields["display_name"].widget.attrs["autocomplete"] = "name"
        self.fields["year_of_birth"].help_text = _("Nobody else sees it.")
        self.fields["email"].label = _("E-mail address")
        self.fields["password1"].label = _("Password")
        self.fields["password1"].help_text = PASSWORD_HELP
        drop_placeholders(self)

    def clean_year_of_birth(self) -> int | None:
        return check_year_of_birth(self.cleaned_data["year_of_birth"])


class ChangePasswordForm(AllauthChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Your password now")
        name_new_passwords(self)


class SetPasswordForm(AllauthSetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_new_passwords(self)


class ResetPasswordKeyForm(AllauthResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_new_passwords(self)


class ReauthenticateForm(AllauthReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("Your password")
        drop_placeholders(self)


class ResetPasswordForm(AllauthResetPasswordForm):
    users: list[User]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        drop_placeholders(self)

    def clean_email(self) -> str:
        """Who deleted their account and forgot the password needs one to take the deletion back."""
        email = super().clean_email()
        if not self.users:
            leaving = User.objects.filter(is_active=False, delete_after__gt=timezone.now())
            self.users = list(leaving.filter(email=email.lower()))
        return email


class AddEmailForm(AllauthAddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New e-mail address")
        drop_placeholders(self)


def name_new_passwords(form: forms.Form) -> None:
    form.fields["password1"].label = _("New password")
    form.fields["password1"].help_text = PASSWORD_HELP
    form.fields["password2"].label = _("New password, once more")
    drop_placeholders(form)


def drop_placeholders(form: forms.Form) -> None:
    """They repeat the labels."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class AccountForm(forms.ModelForm):
    """Everything that members change of their account by themselves; the pages of the settings show parts of it."""

    class Meta:
        model = User
        fields = [
            "username",
            "display_name",
            "bio",
            "year_of_birth",
            "is_private",
            "theme",
            "language",
            "remind_alt",
        ]
        labels = {
            "username": gettext_lazy("User name"),
            "display_name": gettext_lazy("Your name"),
            "bio": gettext_lazy("About you"),
            "year_of_birth": gettext_lazy("Year of birth"),
            "is_private": gettext_lazy("Private account"),
            "theme": gettext_lazy("Colours"),
            "remind_alt": gettext_lazy("Remind me to describe my photos"),
        }
        help_texts = {
            "username": gettext_lazy("The address of your page has it; when it changes, old links to your page end."),
            "bio": gettext_lazy("At most 500 characters. Everybody can read it."),
            "year_of_birth": gettext_lazy("Nobody else sees it."),
            "is_private": gettext_lazy("Only followers whom you accept see what you post."),
            "remind_alt": gettext_lazy(
                "When you upload photos that have no description for people who cannot see them."
            ),
        }
        widgets = {
            "username": forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "username"}),
            "display_name": forms.TextInput(attrs={"autocomplete": "name"}),
            "bio": forms.Textarea(attrs={"rows": 3}),
            "theme": forms.RadioSelect,
        }

    language = forms.ChoiceField(required=False, label=gettext_lazy("Language"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "theme" in self.fields:
            themes = [("auto", _("As the device")), ("light", _("Light")), ("dark", _("Dark"))]
            self.fields["theme"].choices = themes  # type: ignore[attr-defined]
        if "language" in self.fields:
            languages = [("", _("As my browser asks for")), *settings.LANGUAGES]
            self.fields["language"].choices = languages  # type: ignore[attr-defined]

    def clean_username(self) -> str:
        return self.cleaned_data["username"].lower()

    def clean_year_of_birth(self) -> int | None:
        return check_year_of_birth(self.cleaned_data["year_of_birth"])


class ProfileForm(AccountForm):
    language = None  # type: ignore[assignment]

    class Meta(AccountForm.Meta):
        fields = ["username", "display_name", "bio", "year_of_birth"]


class PrivacyForm(AccountForm):
    language = None  # type: ignore[assignment]

    class Meta(AccountForm.Meta):
        fields = ["is_private"]


class AppearanceForm(AccountForm):
    class Meta(AccountForm.Meta):
        fields = ["theme", "language", "remind_alt"]


class DeleteAccountForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("Your password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        if not self.user.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError(_("This is not your password."))
        return self.cleaned_data["password"]
