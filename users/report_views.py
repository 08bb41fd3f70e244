"""The page on which members report something to the moderators."""

from typing import Any

from allauth.core import ratelimit
from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from photoapp.http_cache import personal
from users import reports, selectors
from users.models import Report, User


class ReportForm(forms.Form):
    """What is valid is said by reports.report."""

    reason = forms.ChoiceField(
        choices=Report.Reason.choices, widget=forms.RadioSelect, label=gettext_lazy("What is wrong?")
    )
    text = forms.CharField(
        required=False,
        label=gettext_lazy("What should the moderators know?"),
        widget=forms.Textarea({"rows": 3, "maxlength": reports.TEXT_LENGTH}),
    )


@personal
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_member(request: HttpRequest, username: str) -> HttpResponse:
    found = selectors.visible_member(request.user, username)
    if found is None:
        raise Http404
    return report_page(request, kind=Report.Kind.MEMBER, target_id=found[0].id, reported=found[0])


def report_page(request: HttpRequest, *, kind: str, target_id: int, reported: User, **shown: Any) -> HttpResponse:
    """The form; once there is an open report, thanks and what happens next. `shown`: what the page shows of the
    target. The caller has made sure that the viewer may see it."""
    me: Any = request.user
    if reported.id == me.id:
        raise PermissionDenied(_("You cannot report what is your own."))
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if refused := ratelimit.consume_or_429(request, action="report", user=me):
            return refused
        form.is_valid()
        words = {"reason": request.POST.get("reason", ""), "text": request.POST.get("text", "")}
        try:
            reports.report(reporter=me, kind=kind, target_id=target_id, reported_id=reported.id, **words)
        except ValidationError as error:
            form.errors.clear()
            form.add_error(None, error)
        else:
            return redirect(request.path)
    context = {
        "form": form,
        "kind": kind,
        "member": reported,
        "relation": selectors.relation(me, reported.id),
        "sent": reports.open_report(me, kind, target_id) if request.method != "POST" else None,
        **shown,
    }
    return render(request, "users/report.html", context, status=400 if form.errors else 200)
