"""What the command line says when something is wrong: one sentence, an exit status, no traceback."""

OK = 0
FAILED = 1
USAGE = 2
INTERRUPTED = 130


class CliError(Exception):
    """Ends the command with a sentence for a person.

    Args:
        message: What is wrong and what to do.
        status: Exit status of the command.
    """

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status
