"""The cache policies of views that are not ours, and the table of all of them in docs/caching.md.

Our own views state theirs where they are written (photoapp/http_cache.py).
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver

from photoapp.http_cache import Policy, never_stored, personal

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "caching.md"
BEGIN, END = "<!-- manage.py cache_policies --write -->", "<!-- end -->"
HEADINGS = ("View", "Key", "Varies by", "Renewed by", "TTL", "Cache-Control")
NOTHING = "–"

# By the beginning of their name. Log-ins, passwords, second factors and the administration are kept by no browser;
# Django's and drf-spectacular's views say nothing of themselves.
THEIRS: dict[str, Callable[[Any], Any]] = {
    "account_": never_stored,
    "mfa_": never_stored,
    "admin:": never_stored,
    "language": personal,
    "schema": personal,
    "api-docs": personal,
}


def named_patterns(patterns: Iterable[Any], before: str = "", space: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    """Every pattern, with its address (as Django's regex or route) and its name, which begins with the namespace."""
    for pattern in patterns:
        address = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from named_patterns(pattern.url_patterns, address, inner)
        else:
            yield address, f"{space}{pattern.name or ''}", pattern


def state_theirs(patterns: Iterable[Any]) -> None:
    """Gives their policy to those of THEIRS that state none."""
    for _address, name, pattern in named_patterns(patterns):
        if policy_of(pattern.callback) is None:
            state = next((state for prefix, state in THEIRS.items() if name.startswith(prefix)), None)
            if state is not None:
                pattern.callback = state(pattern.callback)


def policy_of(view: Any) -> Policy | None:
    """`view`: as a pattern or a resolved address has it."""
    stated = getattr(view, "cache_policy", None) or getattr(getattr(view, "cls", None), "cache_policy", None)
    return stated if isinstance(stated, Policy) else None


def table() -> str:
    """In Markdown: what is kept in Redis first, then all else by address; the administration in one row."""
    rows: dict[str, tuple[str, Policy]] = {}
    for address, name, pattern in named_patterns(get_resolver().url_patterns):
        shown = simplify_regex(address).removeprefix("/")
        if name.startswith("admin:"):
            shown, name = "admin/…", ""
        policy = policy_of(pattern.callback)
        if policy is not None:
            rows.setdefault(shown, (name, policy))  # the first pattern of an address is the one that answers
    lines = [_line(HEADINGS), _line("---" for _ in HEADINGS)]
    for shown, (name, policy) in sorted(rows.items(), key=lambda row: (not row[1][1].key, row[0])):
        lines += _rows_of(shown, name, policy)
    return "\n".join(lines)


def _rows_of(shown: str, name: str, policy: Policy) -> Iterator[str]:
    view = f"`{shown}`" if shown else "the root"
    view += f" ({name})" if name else ""
    kind: Policy | None = policy
    while kind is not None:
        yield _line(
            [
                f"{view}, {kind.of}" if kind.of else view,
                f"`{kind.key}`" if kind.key else NOTHING,
                kind.varies_by or NOTHING,
                kind.renewed_by or NOTHING,
                f"{kind.seconds} s" if kind.seconds else NOTHING,
                f"`{kind.header}`",
            ]
        )
        kind = kind.other


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def written_table() -> str:
    """As the document has it."""
    return DOCUMENT.read_text().partition(BEGIN)[2].partition(END)[0].strip()


def write_table() -> None:
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}")
