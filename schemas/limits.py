"""The hard limits of Perdure in one place; docs and tests read them from here."""

MAX_DOCUMENT_BYTES = 4 * 1024 * 1024
"""Size of a workflow document as JSON or YAML text."""

MAX_NODES = 10_000
"""Nodes in one document, those of foreach bodies included."""

MAX_EDGES = 40_000
"""Edges in one document."""

MAX_BODY_DEPTH = 16
"""Levels of foreach bodies inside each other."""

MAX_LOOP_DEPTH = 32
"""Levels of loops inside each other."""

MAX_VALUE_DEPTH = 100
"""Levels of nesting in any JSON value that enters the system."""

MAX_INPUT_BYTES = 2 * 1024 * 1024
"""JSON size of the input of a run."""

LOG_SECONDS = 30.0
"""Seconds that an attempt of a step has beyond its timeout for its entries in the run log, which may have to wait for
the database."""

MAX_VALUE_BYTES = 1024 * 1024
"""JSON size of one step's resolved configuration, output, or of one expression's result."""

MAX_LIST_BYTES = 16 * 1024 * 1024
"""JSON size of the list of outputs of a foreach."""

MAX_STATE_BYTES = 32 * 1024 * 1024
"""JSON size of all outputs that a run holds at one time."""

MAX_IN_FLIGHT = 500
"""Steps of one run that are under way at once; Temporal breaks at 2,000."""

MAX_ITEMS = 100_000
"""Items of one foreach."""

OFFLOAD_BYTES = 32 * 1024
"""Payloads above this size leave the Temporal history for the blob store."""

CONTINUE_AS_NEW_STEPS = 1_500
"""Steps after which a run moves to a fresh history at the next node boundary."""

CONTINUE_AS_NEW_EVENTS = 8_000
"""History events after which it does so too; Temporal terminates at 51,200."""
