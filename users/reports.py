"""What members report to the moderators: posts, comments, members (group auth)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from users.models import Report, User

TEXT_LENGTH = Report._meta.get_field("text").max_length or 0


def report(*, reporter: User, kind: str, target_id: int, reported_id: int, reason: str, text: str = "") -> Report:
    """One open report per reporter and target: sent again, it is the first one. Raises ValidationError by field.

    The caller has made sure that the reporter may see what is reported, and whose it is (`reported_id`).
    """
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    errors = {}
    if reporter.id == reported_id:
        errors["reason"] = _("This is your own.")
    elif reason not in Report.Reason.values:
        errors["reason"] = _("Choose what is wrong.")
    if len(text) > TEXT_LENGTH:
        errors["text"] = _("At most %(limit)s characters.") % {"limit": f"{TEXT_LENGTH:,}"}
    if errors:
        raise ValidationError(errors)
    found, _created = Report.objects.using("default").get_or_create(
        kind=kind,
        target_id=target_id,
        reporter=reporter,
        closed_at=None,
        defaults={"reported_id": reported_id, "reason": reason, "text": text},
    )
    return found


def open_report(reporter: User, kind: str, target_id: int) -> Report | None:
    return Report.objects.filter(reporter=reporter, kind=kind, target_id=target_id, closed_at=None).first()


def close_reports(reports: QuerySet[Report], *, by: User) -> int:
    """Notes that moderators have dealt with these. Returns how many were open."""
    return reports.filter(closed_at=None).update(closed_at=timezone.now(), closed_by=by)


def reopen(report: Report) -> None:
    """Unless the reporter has reported the same again meanwhile."""
    if report.reporter is None or open_report(report.reporter, report.kind, report.target_id) is None:
        Report.objects.filter(id=report.id).update(closed_at=None, closed_by=None)


def with_counts(reports: QuerySet[Report]) -> QuerySet[Any]:
    """Each with `same` (open reports of the same target) and `of_member` (open reports of whose it is)."""

    def counted(**same: OuterRef) -> Coalesce:
        others = Report.objects.filter(closed_at=None, **same).order_by()
        count = others.values(*list(same)[:1]).annotate(number=Count("id")).values("number")
        return Coalesce(Subquery(count), Value(0))

    return reports.annotate(
        same=counted(target_id=OuterRef("target_id"), kind=OuterRef("kind")),
        of_member=counted(reported_id=OuterRef("reported_id")),
    )
