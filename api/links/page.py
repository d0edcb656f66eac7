"""The HTML of the page behind a link. Everything that others wrote is escaped; there is no script."""

import json
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

from api.approvals.interventions import EDIT, VALUES
from api.approvals.models import Approval, DecisionOption
from api.links.models import LinkedRequest
from engine.foreign_text import markdown_html, one_line, plain
from schemas.approvals import REJECTED, SKIPPED
from schemas.errors import ErrorCode, PerdureError

_TEXT_CHARS: Final = 50_000
_VALUE_CHARS: Final = 20_000
_ROWS: Final = 100

_STYLE: Final = """
:root{color-scheme:light dark;--paper:#fff;--back:#f3f4f6;--ink:#111827;--soft:#4b5563;--line:#d1d5db;--main:#1d4ed8;
--warn:#92400e;--warnback:#fef3c7}
@media (prefers-color-scheme:dark){:root{--paper:#1f2937;--back:#111827;--ink:#f9fafb;--soft:#cbd5e1;--line:#4b5563;
--main:#2563eb;--warn:#fde68a;--warnback:#451a03}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,-apple-system,Segoe UI,Roboto,sans-serif}
main{max-width:46rem;margin:0 auto;padding:2rem 1rem 4rem}
section{background:var(--paper);border:1px solid var(--line);border-radius:.5rem;padding:1.5rem;margin:0 0 1rem}
h1{font-size:1.5rem;line-height:1.3;margin:.25rem 0 1rem;overflow-wrap:anywhere}
h2{font-size:1rem;margin:1.5rem 0 .5rem}
p,li,td,th,dd{overflow-wrap:anywhere}
.soft{color:var(--soft);font-size:.875rem;margin:0}
.warn{background:var(--warnback);color:var(--warn);border-radius:.375rem;padding:.75rem 1rem;margin:0 0 1rem}
pre{background:var(--back);border:1px solid var(--line);border-radius:.375rem;padding:.75rem;overflow:auto;
white-space:pre-wrap;overflow-wrap:anywhere;font-size:.875rem;max-height:24rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{border-bottom:1px solid var(--line);padding:.4rem .75rem .4rem 0;text-align:left;vertical-align:top}
.scroll{overflow-x:auto}
label{display:block;font-weight:600;margin:0 0 .25rem}
textarea,input:not([type=checkbox]),select{width:100%;font:inherit;color:inherit;background:var(--paper);
border:1px solid var(--soft);border-radius:.375rem;padding:.5rem}
textarea{min-height:5rem}
.buttons{display:flex;flex-wrap:wrap;gap:.75rem;margin:1rem 0 0}
.button{display:inline-block;text-decoration:none}
button,.button{font:inherit;font-weight:600;padding:.6rem 1.1rem;border-radius:.375rem;border:1px solid var(--soft);
background:var(--paper);color:var(--ink);cursor:pointer}
button.main,.button.main{background:var(--main);border-color:var(--main);color:#fff}
button:focus-visible,textarea:focus-visible,input:focus-visible,select:focus-visible,a:focus-visible
{outline:3px solid var(--main);outline-offset:2px}
a{color:inherit}
"""


def request_page(shown: LinkedRequest, token: str, *, problem: PerdureError | None = None, reason: str = "") -> str:
    """The request as it stands, with the buttons to answer it.

    Args:
        shown: What the link is about.
        token: The link.
        problem: What was wrong with the answer before.
        reason: What was entered there.
    """
    approval = shown.approval
    notes = []
    if problem is not None:
        notes.append(problem.info.message + "".join(f" {each}" for each in _fields(problem)))
    if shown.changed and approval.status == "pending":
        notes.append("This request has changed since the message was sent. Below is how it stands now.")
    parts = [f'<p class="warn" role="alert">{escape(note)}</p>' for note in notes]
    parts.append(_request(approval, shown))
    parts.append(_answering(approval, shown, token, reason) if approval.status == "pending" else _settled(approval))
    return page(approval.title, "".join(parts))


def done_page(approval: Approval) -> str:
    """What was decided."""
    more = "Others are still to answer." if approval.status == "pending" else "You may close this page."
    text = f'<section><p class="soft">Thank you</p><h1>Your answer counts</h1><p>{more}</p>{_inbox(approval)}</section>'
    return page("Answered", text)


def refusal_page(error: PerdureError) -> str:
    """Why a link cannot be used; nothing of the request is shown."""
    title = {
        ErrorCode.NOT_FOUND: "This link is not valid",
        ErrorCode.LINK_USED: "This link was used already",
        ErrorCode.LINK_EXPIRED: "This link has expired",
        ErrorCode.ALREADY_DECIDED: "Somebody was faster",
    }.get(error.code, "This was not accepted")
    text = (
        f'<section><h1>{escape(title)}</h1><p role="alert">{escape(error.info.message)}</p>'
        '<p><a href="/inbox">Open the inbox</a></p></section>'
    )
    return page(title, text)


def _request(approval: Approval, shown: LinkedRequest) -> str:
    facts = [("Workflow", approval.workflow or ""), ("Step", approval.node_name), ("Priority", approval.priority)]
    if approval.due_at is not None:
        facts.append(("Due", _moment(approval.due_at)))
    rows = "".join(f'<tr><th scope="row">{name}</th><td>{_line(value)}</td></tr>' for name, value in facts if value)
    body = markdown_html(approval.body, _TEXT_CHARS) + _cut(len(approval.body) > _TEXT_CHARS)
    views = "".join(_view(view) for view in approval.show)
    if not views and approval.payload is not None:
        views = f"<h2>Data</h2>{_json(approval.payload)}"
    return (
        f'<section><p class="soft">Workspace {_line(shown.workspace)} · for {_line(shown.person)}</p>'
        f"<h1>{escape(one_line(approval.title, 500))}</h1><table>{rows}</table>{body}{views}</section>"
    )


def _answering(approval: Approval, shown: LinkedRequest, token: str, reason: str) -> str:
    options = [one for one in approval.decisions if not _needs_data(approval, one.name)]
    others = [one.label for one in approval.decisions if one not in options]
    parts = [_elsewhere(approval, others)] if others else []
    if options:
        parts.append(_form(approval, options, token, reason, main=not others))
    return (
        f'<section>{"".join(parts)}<p class="soft" style="margin-top:1rem">You answer as {_line(shown.person)}. '
        f"This link works once, until {escape(_moment(shown.expires_at))}.</p></section>"
    )


def _needs_data(approval: Approval, decision: str) -> bool:
    """Whether an answer takes more than a reason, which is all that this page asks for."""
    if approval.purpose != "approval":
        return decision in (EDIT, *VALUES)
    return approval.form is not None and decision not in (REJECTED, SKIPPED)


def _elsewhere(approval: Approval, labels: list[str]) -> str:
    named = _line(", ".join(labels))
    return (
        f"<p>These answers need data, which the inbox takes: <strong>{named}</strong>.</p>"
        f'<p><a class="button main" href="/inbox?request={approval.id}">Fill in and answer in the inbox</a></p>'
    )


def _form(approval: Approval, options: list[DecisionOption], token: str, reason: str, *, main: bool) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in (("token", token), ("digest", approval.digest))
    )
    needed = [one.label for one in options if one.needs_reason]
    label = f"Reason (needed for: {', '.join(needed)})" if needed else "Reason (may stay empty)"
    buttons = "".join(_button(one, main=main and index == 0) for index, one in enumerate(options))
    return (
        '<form method="post" action="/link" autocomplete="off">'
        f'{hidden}<label for="reason">{escape(label)}</label>'
        f'<textarea id="reason" name="reason" maxlength="10000">{escape(reason)}</textarea>'
        f'<div class="buttons">{buttons}</div></form>'
    )


def _button(option: DecisionOption, *, main: bool) -> str:
    kind = ' class="main"' if main else ""
    return f'<button{kind} name="decision" value="{escape(option.name)}">{_line(option.label)}</button>'


def _settled(approval: Approval) -> str:
    who = f" by {_line(approval.decided_by)}" if approval.decided_by else ""
    labels = {one.name: one.label for one in approval.decisions}
    outcome = approval.decision or approval.status
    return (
        f'<section><p role="status">This was answered already: {_line(labels.get(outcome, outcome))}{who}.</p>'
        f"{_inbox(approval)}</section>"
    )


def _inbox(approval: Approval) -> str:
    return f'<a href="/inbox?request={approval.id}">Open it in the inbox</a>'


def _view(view: dict[str, Any]) -> str:
    title = f"<h2>{_line(view['title'])}</h2>" if view.get("title") else ""
    kind = view.get("view")
    if kind == "fields" and isinstance(view.get("value"), dict):
        return title + _fields_table(view["value"])
    if kind == "table" and isinstance(view.get("value"), list):
        return title + _table(view["value"], view.get("columns"))
    if kind == "diff":
        return f"{title}<p class='soft'>Before</p>{_json(view.get('before'))}<p class='soft'>After</p>" + _json(
            view.get("after")
        )
    if kind == "email" and isinstance(view.get("value"), dict):
        return title + _email(view["value"])
    return title + _json(view.get("value"))


def _fields_table(value: dict[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_line(name)}</th><td>{_cell(inner)}</td></tr>'
        for name, inner in list(value.items())[:_ROWS]
    )
    return f'<div class="scroll"><table>{rows}</table></div>{_cut(len(value) > _ROWS)}'


def _table(rows: list[Any], columns: list[str] | None) -> str:
    named = columns or list(dict.fromkeys(key for row in rows[:_ROWS] if isinstance(row, dict) for key in row))[:50]
    head = "".join(f'<th scope="col">{_line(name)}</th>' for name in named)
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(row.get(name))}</td>" for name in named) + "</tr>"
        for row in rows[:_ROWS]
        if isinstance(row, dict)
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="scroll">{table}</div>{_cut(len(rows) > _ROWS)}'


def _email(value: dict[str, Any]) -> str:
    head = {name: value[name] for name in ("to", "cc", "subject") if value.get(name)}
    # HTML of a mail is shown as text: it would be the only foreign HTML on this page.
    return _fields_table(head) + _json(str(value.get("text") or value.get("html") or ""))


def _cell(value: Any) -> str:
    if isinstance(value, dict | list):
        return _json(value)
    return "" if value is None else escape(plain(str(value), _VALUE_CHARS)) + _cut(len(str(value)) > _VALUE_CHARS)


def _json(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return f"<pre>{escape(plain(text, _VALUE_CHARS))}</pre>{_cut(len(text) > _VALUE_CHARS)}"


def _cut(is_cut: bool) -> str:
    """Nobody should decide on what they were not shown without knowing that."""
    return (
        '<p class="warn">There is more than fits here; open the request in the inbox to see all.</p>' if is_cut else ""
    )


def _line(value: object) -> str:
    return escape(one_line(str(value), 300))


def _fields(problem: PerdureError) -> list[str]:
    return [f"{each.field}: {each.message}" for each in getattr(problem, "errors", [])[:10]]


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%a %-d %b %Y, %H:%M UTC")


def page(title: str, content: str) -> str:
    """A whole page in the look of those that need no script; `content` is HTML of our own making."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(one_line(title, 100))} · Perdure</title><style>{_STYLE}</style></head>"
        f"<body><main>{content}</main></body></html>"
    )
