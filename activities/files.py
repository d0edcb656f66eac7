"""The files of workspaces, as steps reach them."""

from collections.abc import Sequence

from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from db.faults import is_outage, unavailable
from db.files import NewFile, files_in, read_file, write_file
from db.session import Database
from db.tables import File
from schemas.errors import ErrorCode, PerdureError


class Files:
    """The files of a process that has none."""

    async def read(self, workspace_id: str, file_id: str, folder: str | None = None) -> File:
        """A file with its content.

        Args:
            workspace_id: Whose it is.
            file_id: Its id.
            folder: Where it must be, if that matters.

        Raises:
            PerdureError: `not_found`, or `unavailable` if the database is away.
        """
        raise PerdureError(ErrorCode.NOT_FOUND, f"There is no file {file_id[:100]!r}.")

    async def write(self, workspace_id: str, new: NewFile) -> File:
        """Adds a file; the same key gives the same file.

        Raises:
            PerdureError: `result_too_large`, `invalid_input`, `unavailable`.
        """
        raise unavailable()

    async def listed(self, workspace_id: str, folder: str, limit: int) -> Sequence[File]:
        """The newest files of a folder, without their content.

        Raises:
            PerdureError: `unavailable`.
        """
        return ()


class StoredFiles(Files):
    """Files in the database.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, workspace_id: str, file_id: str, folder: str | None = None) -> File:
        """See base class."""
        try:
            async with self._database.tenant(workspace_id) as session:
                return await read_file(session, file_id, folder)
        except Exception as error:
            raise _told(error) from None

    async def write(self, workspace_id: str, new: NewFile) -> File:
        """See base class."""
        try:
            async with self._database.tenant(workspace_id) as session:
                return await write_file(session, workspace_id, new)
        except Exception as error:
            raise _told(error) from None

    async def listed(self, workspace_id: str, folder: str, limit: int) -> Sequence[File]:
        """See base class."""
        try:
            async with self._database.tenant(workspace_id) as session:
                return await files_in(session, folder, limit)
        except Exception as error:
            raise _told(error) from None


def _told(error: Exception) -> Exception:
    return unavailable() if is_outage(error) or isinstance(error, PoolTimeoutError) else error
