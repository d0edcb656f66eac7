"""What a worker executes: the workflows, their activities, and the services that these share."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from activities.breath import give_way
from activities.bulk.services import BulkServices
from activities.connections.oauth import OAuth
from activities.connections.proxy import ConnectionProxy
from activities.connections.revocation import RevocationServices
from activities.connections.services import ConnectionServices
from activities.connections.tokens import TokenKeeper
from activities.credentials.check import CredentialChecks
from activities.credentials.stores import SecretStores
from activities.credentials.vault import EmptyVault, Vault
from activities.egress import Egress, EgressSettings
from activities.files import StoredFiles
from activities.knowledge.embedded import EmbeddedIndex
from activities.knowledge.index import KnowledgeSettings, VectorIndex
from activities.knowledge.ingestion import KnowledgeServices
from activities.knowledge.qdrant_server import QdrantServer
from activities.knowledge.services import StoredKnowledge
from activities.llm.answers import DatabaseAnswers
from activities.llm.budget import QuotaBudget
from activities.llm.gateway import LlmGateway
from activities.llm.grants import BudgetGrants
from activities.llm.keyed import KeyedGateways
from activities.llm.metering import DatabaseMetering
from activities.llm.settings import LlmSettings
from activities.mcp.transports import McpServers
from activities.notify.services import NotifyServices, Post
from activities.people.proofs import ApprovalVerifier
from activities.people.services import PeopleServices
from activities.planning.services import PlanServices
from activities.privacy.services import PrivacyServices
from activities.registry import step_activities
from activities.run_log.interceptor import RunLogInterceptor
from activities.run_log.log import RunLog
from activities.run_log.services import RunLogServices
from activities.run_log.streamed_text import emitter
from activities.step import Services
from activities.tools.lookup import ToolLookups
from activities.triggers.callbacks import CallbackServices
from activities.triggers.scheduled import ScheduleServices
from db.session import Database
from engine.connection_settings import NO_APPS, ConnectionSettings
from engine.mail_settings import ReachSettings, SmtpSettings
from engine.secrets import Encryption, EncryptionSettings
from workers.log_context import LogContextInterceptor
from workers.pollers import WorkerParts
from workers.step_metrics import StepMetricsInterceptor
from workflows.bulk.workflow import BulkJob
from workflows.connections import ConnectionRevocation, ConnectionWork
from workflows.credential_check import CredentialCheck
from workflows.graph_run.workflow import GraphRun
from workflows.ingestion.workflow import DocumentIngestion, KnowledgeSearch, VectorRemoval
from workflows.notify.workflow import MessageDelivery
from workflows.privacy.workflow import PrivacyJob, RetentionRound
from workflows.schedules.workflow import ScheduledStart
from workflows.tool_lookup import ToolLookup

WORKFLOWS: Final = (
    GraphRun,
    CredentialCheck,
    ConnectionWork,
    ConnectionRevocation,
    BulkJob,
    MessageDelivery,
    ScheduledStart,
    DocumentIngestion,
    KnowledgeSearch,
    PrivacyJob,
    RetentionRound,
    VectorRemoval,
    ToolLookup,
)
_NOWHERE: Final = ReachSettings.model_construct()

Activity = Callable[..., Any]


def worker_parts(
    database: Database,
    services: Services,
    vault: Vault | None = None,
    post: Post | None = None,
    index: VectorIndex | None = None,
    apps: ConnectionSettings = NO_APPS,
) -> WorkerParts:
    """Everything a worker executes."""
    vault, index = vault or EmptyVault(), index or EmbeddedIndex(database)
    post = post or Post(Encryption(EncryptionSettings.model_construct()), SmtpSettings.model_construct(), _NOWHERE)
    vault.stores = stores = SecretStores(database, vault.encryption, vault.redactions, services.egress)
    oauth, log = OAuth(services.egress), RunLog(database)
    tokens = TokenKeeper(database, vault.encryption, vault.redactions, oauth, apps)
    proxy = ConnectionProxy(database, tokens, vault, services.egress)
    services = replace(
        services,
        budget=QuotaBudget(database),
        vault=vault,
        metering=DatabaseMetering(database, services.llm.rate_limits),
        answers=DatabaseAnswers(database),
        calls=log,
        files=StoredFiles(database),
        knowledge=StoredKnowledge(database, index),
        connections=proxy,
    )
    return WorkerParts(
        workflows=list(WORKFLOWS),
        step_activities=step_activities(services, emitter(log)),
        interpreter_activities=[
            *_of_runs(database, log),
            *_of_triggers(database, services, post),
            *_of_data(database, services, index),
            *_of_secrets(services, vault, stores),
            *_of_connections(
                ConnectionServices(database, vault.encryption, tokens, oauth, proxy),
                RevocationServices(database, tokens, oauth),
            ),
        ],
        interceptors=[
            LogContextInterceptor(),
            RunLogInterceptor(log, vault.redactions),
            ApprovalVerifier(database),
            StepMetricsInterceptor(),
        ],
    )


def _of_runs(database: Database, log: RunLog) -> list[Activity]:
    run_log, people = RunLogServices(log), PeopleServices(database)
    return [
        give_way,
        run_log.write_log,
        run_log.close_run,
        run_log.find_call,
        people.open_approval,
        people.ring_approval,
        people.expire_approval,
        people.hand_over_conversation,
        people.let_pass,
        people.await_event,
        people.cancel_wait,
        BudgetGrants(database).grant_budget,
        PlanServices(database).compile_plan,
        BulkServices(database).bulk_page,
    ]


def _of_triggers(database: Database, services: Services, post: Post) -> list[Activity]:
    schedules, notify = ScheduleServices(database), NotifyServices(database, services.egress, post)
    callbacks = CallbackServices(database, services.egress, post.encryption)
    return [
        schedules.start_scheduled_run,
        schedules.cancel_scheduled_run,
        callbacks.send_callback,
        callbacks.give_up_callback,
        notify.send_message,
        notify.give_up_message,
    ]


def _of_data(database: Database, services: Services, index: VectorIndex) -> list[Activity]:
    knowledge, privacy = KnowledgeServices(database, services, index), PrivacyServices(database, index)
    return [
        knowledge.extract_document,
        knowledge.embed_chunks,
        knowledge.finish_document,
        knowledge.fail_document,
        knowledge.search_knowledge,
        knowledge.remove_vectors,
        privacy.privacy_page,
        privacy.queue_retention,
    ]


def _of_secrets(services: Services, vault: Vault, stores: SecretStores) -> list[Activity]:
    return [
        CredentialChecks(vault, services.egress).check_credential,
        stores.check_secret_store,
        ToolLookups(vault, services).look_up_tools,
    ]


def _of_connections(connections: ConnectionServices, revocations: RevocationServices) -> list[Activity]:
    return [
        connections.finish_connection,
        connections.refresh_connection,
        connections.try_action,
        revocations.revoke_connection,
        revocations.forget_connection,
    ]


@asynccontextmanager
async def step_services(llm: LlmSettings, egress: EgressSettings, webhook_secret: str) -> AsyncIterator[Services]:
    """What the behaviours of steps share, for as long as the block runs."""
    async with AsyncExitStack() as stack:
        gateway = LlmGateway(llm)
        stack.push_async_callback(gateway.close)
        keyed = KeyedGateways(llm, egress)
        stack.push_async_callback(keyed.close)
        services = Services(
            egress=await stack.enter_async_context(Egress(egress)),
            llm=gateway,
            webhook_secret=webhook_secret,
            keyed_llm=keyed,
            mcp_servers=McpServers().stdio,
        )
        stack.push_async_callback(services.sandbox.aclose)
        yield services


@asynccontextmanager
async def vector_index(database: Database, settings: KnowledgeSettings) -> AsyncIterator[VectorIndex]:
    """Where vectors are searched, for as long as the block runs."""
    index: VectorIndex = EmbeddedIndex(database) if settings.qdrant_url is None else QdrantServer(settings, database)
    try:
        yield index
    finally:
        await index.close()
