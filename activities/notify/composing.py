"""Writes letters: looks at the request as it stands, and gives whom it asks a link to answer with."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.notify.letters import Entry, Letter
from db.masks import letter_mask
from db.notifications import delivery, links
from db.notifications.recipients import preferences_of
from db.tables import (
    Approval,
    ChatSession,
    Membership,
    NotificationMessage,
    NotificationPreferences,
    User,
    Workflow,
    Workspace,
)
from engine.foreign_text import one_line
from engine.mail_settings import ReachSettings
from schemas.approvals import Priority
from schemas.masking import Mask
from schemas.notifications import CALLS, DIGEST, DISABLED, INVITATION, NOT_REVOKED, TEST, Notice
from schemas.roles import Role

_MOST_ENTRIES: Final = 50

_NOTHING: Final = Mask(frozenset())
"""Masks nothing."""

_SUBJECTS: Final = {
    Notice.OPENED: "{what}: {title}",
    Notice.REMINDED: "Reminder: {title}",
    Notice.ESCALATED: "Escalated: {title}",
    Notice.DELEGATED: "Given to you: {title}",
    Notice.DECIDED: "Answered ({decision}): {title}",
    Notice.EXPIRED: "Expired: {title}",
    Notice.COMMENTED: "{by} on: {title}",
}
_LEADS: Final = {
    Notice.OPENED: "{what}.",
    Notice.REMINDED: "This request still waits for an answer.",
    Notice.ESCALATED: "Nobody has answered this request so far, so you are asked too.",
    Notice.DELEGATED: "{by} has given you this request.",
    Notice.DECIDED: "{by} has answered: {decision}.",
    Notice.EXPIRED: "Nobody answered in time. Outcome: {decision}.",
    Notice.COMMENTED: "{by} has written about this request.",
}
_AGAIN: Final = ("Asked again: {title}", "{by} has changed this or taken an answer back, so it is asked again.")
"""Subject and lead of a request that was told before."""
_WHATS: Final = {
    "approval": "Your decision is needed",
    "intervention": "A run has stopped and needs help",
    "verification": "Please find out whether a step has happened",
}


class Composer:
    """Writes what a message says, within the transaction of an attempt."""

    def __init__(self, session: AsyncSession, reach: ReachSettings) -> None:
        self._session = session
        self._reach = reach
        self._mask: Mask | None = None
        self._whys: dict[tuple[UUID | None, str], str] = {}

    async def letter(self, message: NotificationMessage, secret: dict[str, Any]) -> Letter | None:
        """The letter of a message; nothing if there is nothing to tell any more.

        Args:
            message: The message, locked.
            secret: What was sealed in it.
        """
        if message.event == TEST:
            return self._test(message)
        if message.event == INVITATION:
            return self._invitation(message, secret)
        if message.event == DISABLED:
            return self._disabled(message)
        if message.event == NOT_REVOKED:
            return self._not_revoked(message)
        if message.event == DIGEST:
            return await self._digest(message)
        return await self._single(message)

    async def _single(self, message: NotificationMessage) -> Letter | None:
        if message.event == Notice.HANDED_OVER:
            return await self._handed_over(message)
        approval = await self._session.scalar(select(Approval).where(Approval.id == message.approval_id))
        if approval is None:
            return None
        mask = await self._masked()
        words = _words(message, approval, mask)
        return Letter(
            subject=_wording(message)[0].format(**words),
            entries=[await self._entry(message, approval, words, mask)],
            preferences_url=self._reach.url("/settings/notifications"),
            why=await self._why(message),
            thread=f"approval-{approval.id}",
        )

    async def _handed_over(self, message: NotificationMessage) -> Letter | None:
        query = select(ChatSession, Workflow.name, Workflow.slug).join(Workflow, ChatSession.workflow_id == Workflow.id)
        found = (await self._session.execute(query.where(ChatSession.id == message.session_id))).one_or_none()
        if found is None:
            return None
        conversation, agent, slug = found
        mask = await self._masked()
        title = one_line(mask.text(conversation.title or "A conversation"), 200)
        by = one_line(str(message.facts.get("by") or "Somebody"), 100)
        entry = Entry(
            lead=f"{by} has given a conversation with {one_line(agent, 100)} to people. Somebody waits for an answer.",
            title=title,
            url=self._reach.url(f"/agents/{slug}/chat?session={conversation.id}"),
            button="Open the conversation",
            quote=mask.text(str(message.facts.get("text") or "")),
            facts=[("Answers", conversation.handler)] if conversation.handler else [],
        )
        return Letter(
            subject=f"Answer wanted: {title}",
            entries=[entry],
            preferences_url=self._reach.url("/settings/notifications"),
            why=await self._why(message),
            thread=f"chat-{conversation.id}",
        )

    async def _digest(self, message: NotificationMessage) -> Letter | None:
        waiting = await delivery.carried_by(self._session, message.id)
        kept = []
        for one in waiting:
            if why := await delivery.obsolete(self._session, one):
                await delivery.skip(self._session, one, why)
            else:
                kept.append(one)
        letters = [letter for one in kept[:_MOST_ENTRIES] if (letter := await self._single(one)) is not None]
        if len(letters) <= 1:
            return letters[0] if letters else None
        return Letter(
            subject=f"{len(kept)} messages from Perdure",
            entries=[entry for letter in letters for entry in letter.entries],
            preferences_url=letters[0].preferences_url,
            why=letters[0].why,
            intro=f"{len(kept)} things have happened since the last message."
            + (f" The first {_MOST_ENTRIES} follow." if len(kept) > _MOST_ENTRIES else ""),
        )

    async def _entry(
        self, message: NotificationMessage, approval: Approval, words: dict[str, str], mask: Mask
    ) -> Entry:
        waits = approval.status == "pending"
        url, note = self._reach.url(f"/inbox?request={approval.id}"), ""
        if waits and message.user_id is not None and await self._may_link(approval, message.user_id):
            lasts = timedelta(hours=self._reach.link_hours)
            url = self._reach.url("/link/" + await links.issue(self._session, approval, message.user_id, lasts))
            note = "The link is for you alone and works once; nothing is decided by opening it. Do not pass it on."
        return Entry(
            lead=_wording(message)[1].format(**words),
            title=mask.text(approval.title),
            url=url,
            button="Review and answer" if waits else "Open in Perdure",
            body=mask.text(approval.body) if message.event in CALLS else "",
            quote=mask.text(str(message.facts.get("text") or "")),
            facts=await self._facts(message, approval),
            note=note,
        )

    async def _may_link(self, approval: Approval, user_id: UUID) -> bool:
        """Whether somebody may answer by a link; where a second factor is asked for, a mailbox proves too little."""
        if self._reach.link_hours <= 0:
            return False
        strict = await self._session.scalar(
            select(Workspace.second_factor_required).where(Workspace.id == approval.workspace_id)
        )
        role = await self._session.scalar(select(Membership.role).where(Membership.user_id == user_id))
        return not strict and role is not None and Role(role) is not Role.VIEWER

    async def _facts(self, message: NotificationMessage, approval: Approval) -> list[tuple[str, str]]:
        zone = ZoneInfo(await self._time_zone(message.user_id))
        facts = [("Workflow", approval.workflow_slug or ""), ("Step", approval.node_name)]
        if approval.priority != Priority.NORMAL:
            facts.append(("Priority", Priority(approval.priority).name.lower()))
        if approval.due_at is not None and approval.status == "pending":
            facts.append(("Due", _moment(approval.due_at, zone)))
        facts.append(("Asked", _moment(approval.created_at, zone)))
        return [(name, value) for name, value in facts if value]

    async def _time_zone(self, user_id: UUID | None) -> str:
        if user_id is None:
            return "UTC"
        wanted = select(NotificationPreferences.wanted).where(NotificationPreferences.user_id == user_id)
        return preferences_of(await self._session.scalar(wanted)).time_zone

    async def _masked(self) -> Mask:
        """What is masked in letters; looked up once for all that a message holds."""
        if self._mask is None:
            self._mask = await letter_mask(self._session) or _NOTHING
        return self._mask

    async def _why(self, message: NotificationMessage) -> str:
        to = (message.user_id, message.address)
        if to not in self._whys:
            self._whys[to] = await self._because(message)
        return self._whys[to]

    async def _because(self, message: NotificationMessage) -> str:
        name = await self._session.scalar(select(Workspace.name).where(Workspace.id == message.workspace_id))
        if message.user_id is None:
            return f"Sent to this channel by the workspace {one_line(str(name), 100)} of Perdure."
        email = await self._session.scalar(select(User.email).where(User.id == message.user_id))
        return f"Sent to {email or message.address} as a member of the workspace {one_line(str(name), 100)} of Perdure."

    def _test(self, message: NotificationMessage) -> Letter:
        entry = Entry(
            lead="This is a test.",
            title=f"The channel {message.facts.get('channel', message.address)} works",
            url=self._reach.url("/"),
            button="Open Perdure",
        )
        why = f"Sent because {message.facts.get('by', 'somebody')} is trying out the channel."
        return Letter("A test message", [entry], self._reach.url("/settings/notifications"), why)

    def _disabled(self, message: NotificationMessage) -> Letter:
        name = one_line(str(message.facts.get("name", "")), 100)
        entry = Entry(
            lead="Perdure has stopped to send events to this address.",
            title=f"The subscription {name} was disabled",
            url=self._reach.url("/settings/subscriptions"),
            button="Look at the subscription",
            quote=str(message.facts.get("reason", "")),
        )
        why = f"Sent to {message.address}, who made the subscription or runs the workspace."
        return Letter(f"Subscription disabled: {name}", [entry], self._reach.url("/settings/notifications"), why)

    def _not_revoked(self, message: NotificationMessage) -> Letter:
        name = one_line(str(message.facts.get("name", "")), 100)
        provider = one_line(str(message.facts.get("provider", "")), 100)
        entry = Entry(
            lead=f"Perdure could not tell {provider} that this access has ended. Take it back there.",
            title=f"The connection {name} was deleted here only",
            url=self._reach.url("/settings/connections"),
            button="Look at the connections",
            quote=str(message.facts.get("problem", "")),
        )
        why = f"Sent to {message.address}, who runs the workspace."
        return Letter(f"Access not taken back: {name}", [entry], self._reach.url("/settings/notifications"), why)

    def _invitation(self, message: NotificationMessage, secret: dict[str, Any]) -> Letter | None:
        if "path" not in secret:
            return None
        facts = message.facts
        entry = Entry(
            lead=f"{facts['by']} invites you to Perdure.",
            title=f"Join the workspace {facts['workspace']}",
            url=self._reach.url(secret["path"]),
            button="Accept the invitation",
            facts=[("Role", facts["role"]), ("Expires", facts["expires"])],
            note="If you do not know what this is about, ignore this mail.",
        )
        why = f"Sent to {message.address} because {facts['by']} entered this address."
        subject = f"{facts['by']} invites you to {facts['workspace']}"
        return Letter(subject, [entry], self._reach.url("/settings/notifications"), why)


def _wording(message: NotificationMessage) -> tuple[str, str]:
    """Subject and lead."""
    return _AGAIN if message.facts.get("again") else (_SUBJECTS[Notice(message.event)], _LEADS[Notice(message.event)])


def _words(message: NotificationMessage, approval: Approval, mask: Mask) -> dict[str, str]:
    labels = dict(approval.decisions)
    decision = approval.decision or approval.status
    return {
        "what": _WHATS.get(approval.purpose, _WHATS["approval"]),
        "title": one_line(mask.text(approval.title), 200),
        "by": one_line(str(message.facts.get("by") or "Somebody"), 100),
        "decision": one_line(str(labels.get(decision, decision)), 100),
    }


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%a %-d %b %Y, %H:%M %Z")
