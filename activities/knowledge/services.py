"""What steps can look up and keep: nothing in a process without a database, else knowledge bases and memories."""

from activities.knowledge.index import VectorIndex
from activities.knowledge.memory import About, Facts, Memories
from activities.knowledge.search import Embed, Searcher
from db.session import Database
from schemas.knowledge import Found, KnowledgeQuery, Remembered


class Knowledge:
    """Knowledge of a process that has none."""

    async def search(self, query: KnowledgeQuery, embed: Embed) -> Found:
        """The best passages for a query.

        Raises:
            PerdureError: `not_found` if a knowledge base is not there, or what the model of the vectors raises.
        """
        return Found(workspace_id=query.workspace_id, passages=())

    async def remember(self, workspace_id: str, facts: Facts, embed: Embed) -> tuple[int, int, float]:
        """Keep facts; how many are new, and the tokens and cost of that."""
        return 0, 0, 0.0

    async def recall(
        self,
        workspace_id: str,
        scope: str,
        subject: str | None,
        query: str,
        top_k: int,
        embed: Embed,
        *,
        exact: bool = False,
    ) -> tuple[list[Remembered], int, float]:
        """The facts that fit best, and the tokens and cost of finding them.

        Args:
            workspace_id: Whose they are.
            scope: The memory.
            subject: Whom or what they are about.
            query: What is looked for.
            top_k: How many at most.
            embed: Turns texts into vectors.
            exact: Whether no subject stands for facts about nobody, and not for all of them.
        """
        return [], 0, 0.0


class StoredKnowledge(Knowledge):
    """Knowledge in the database, with vectors in an index."""

    def __init__(self, database: Database, index: VectorIndex) -> None:
        self._searcher = Searcher(database, index)
        self._memories = Memories(database)

    async def search(self, query: KnowledgeQuery, embed: Embed) -> Found:
        """See base class."""
        return await self._searcher.search(query, embed)

    async def remember(self, workspace_id: str, facts: Facts, embed: Embed) -> tuple[int, int, float]:
        """See base class."""
        return await self._memories.remember(workspace_id, facts, embed)

    async def recall(
        self,
        workspace_id: str,
        scope: str,
        subject: str | None,
        query: str,
        top_k: int,
        embed: Embed,
        *,
        exact: bool = False,
    ) -> tuple[list[Remembered], int, float]:
        """See base class."""
        about = About(scope, subject, exact=exact)
        return await self._memories.recall(workspace_id, about, query, top_k, embed)
