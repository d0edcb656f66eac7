"""The sweep over notifications: what goes wrong or is much in one workspace is no matter to another."""

from uuid import UUID

from sqlalchemy import select, text
from temporalio.client import Client

from db.session import Database
from db.tables import NotificationMessage, NotificationPreferences
from engine.notification_starter import NotificationStarter
from tests.support.inbox import Inbox
from tests.support.run_log import LoggedRun
from tests.support.workspaces import new_workspace


async def test_no_workspace_keeps_another_from_hearing(
    own_database: Database, own_workspace: UUID, client: Client
) -> None:
    broken, whole = [
        Inbox(await LoggedRun.create(own_database, workspace))
        for workspace in (own_workspace, await new_workspace(own_database.url))
    ]
    ada, bob = await broken.person(), await whole.person()
    await broken.ask(stages=[{"assignees": {"users": [ada.email]}}])
    async with own_database.tenant(own_workspace) as session:
        unreadable = {"time_zone": 5}
        session.add(NotificationPreferences(workspace_id=own_workspace, user_id=ada.id, wanted=unreadable))
        await session.execute(
            text(
                "INSERT INTO notifications (workspace_id, approval_id, event, stage, principals, actor_name, key)"
                " SELECT workspace_id, approval_id, event, stage, principals, actor_name, n::text"
                " FROM notifications, generate_series(1, 120) n"
            )
        )
    await whole.ask(stages=[{"assignees": {"users": [bob.email]}}])
    await NotificationStarter(own_database, client, mail=True).sweep()
    async with own_database.system() as session:
        assert list(await session.scalars(select(NotificationMessage.address))) == [bob.email]
