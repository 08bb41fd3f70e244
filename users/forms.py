from datetime import date

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


class SignupForm(AllauthSignupForm):
    display_name = forms.CharField(max_length=60, required=False, label="Your name")
    year_of_birth = forms.IntegerField(required=False, label="Year of birth")

    field_order = ["username", "display_name", "email", "year_of_birth", "password1"]

    def clean_year_of_birth(self) -> int | None:
        return check_year_of_birth(self.cleaned_data["year_of_birth"])


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["username", "display_name", "bio", "year_of_birth", "is_private"]

    def clean_username(self) -> str:
        return self.cleaned_data["username"].lower()

    def clean_year_of_birth(self) -> int | None:
        return check_year_of_birth(self.cleaned_data["year_of_birth"])
