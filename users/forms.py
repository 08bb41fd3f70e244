from datetime import date
from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms

from users.models import User

OLDEST_YEAR = 1900
MINIMUM_AGE = 13


def check_year_of_birth(year: int | None) -> int | None:
    """Raises ValidationError for a year out of range or a member who is too young."""
    if year is not None and not OLDEST_YEAR <= year <= date.today().year:
        raise forms.ValidationError("Enter the year you were born in, for example 1990.")
    if year is not None and date.today().year - year < MINIMUM_AGE:
        raise forms.ValidationError(f"Members must be at least {MINIMUM_AGE} years old.")
    return year


class LoginForm(AllauthLoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "User name or e-mail address"
        self.fields["login"].widget.attrs.update(autocomplete="username", autocapitalize="none")
        drop_placeholders(self)


class SignupForm(AllauthSignupForm):
    display_name = forms.CharField(max_length=60, required=False, label="Your name")
    year_of_birth = forms.IntegerField(required=False, label="Year of birth")

    field_order = ["username", "display_name", "email", "year_of_birth", "password1"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name"
        self.fields["username"].help_text = "3 to 30 letters, digits, dots and underscores."
        self.fields["username"].widget.attrs["autocapitalize"] = "none"
        self.fields["display_name"].widget.attrs["autocomplete"] = "name"
        self.fields["email"].label = "E-mail address"
        self.fields["password1"].help_text = "At least 8 characters, and not one that many people use."
        drop_placeholders(self)

    def clean_year_of_birth(self) -> int | None:
        return check_year_of_birth(self.cleaned_data["year_of_birth"])


def drop_placeholders(form: forms.Form) -> None:
    """They repeat the labels."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["username", "display_name", "bio", "year_of_birth", "is_private"]
        labels = {"username": "User name", "display_name": "Your name"}
        help_texts = {
            "year_of_birth": "Nobody else sees it.",
            "is_private": "Only followers whom you accept see what you post.",
        }
        widgets = {
            "username": forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "username"}),
            "bio": forms.Textarea(attrs={"rows": 3}),
        }

    def clean_username(self) -> str:
        return self.cleaned_data["username"].lower()

    def clean_year_of_birth(self) -> int | None:
        return check_year_of_birth(self.cleaned_data["year_of_birth"])


class DeleteAccountForm(forms.Form):
    password = forms.CharField(
        label="Your password", widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        if not self.user.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError("This is not your password.")
        return self.cleaned_data["password"]
