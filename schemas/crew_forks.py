"""Forking a crew from a turn of one of its members: whose turns can be named, and what stays done. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.crews import HAND_OFF, JUDGE, MANAGER
from schemas.errors import ErrorCode, PerdureError

_ROUND: Final = re.compile(r"(?P<agent>.+)\[(?P<number>\d+)\]")


@dataclass(frozen=True)
class MemberTurns:
    """A member of a crew whose turns stand in the run of the crew.

    Args:
        config: Settings of the crew, as they are written.
        name: Of the member in paths of steps: of its task, `manager`, `judge`, or `ada[2]` where work is handed on.
    """

    config: Mapping[str, Any]
    name: str

    def check(self) -> None:
        """Refuse a member that has no such turns.

        Raises:
            PerdureError: `invalid_request` with a sentence that says why, and what to do.
        """
        settings = self._settings()
        if settings is None:
            raise PerdureError(ErrorCode.INVALID_REQUEST, self._unknown())
        if settings.get("agent") is not None:
            message = (
                f"The member {self.name!r} is a published agent, so its turns are those of a run of its own: fork that "
                "run, or fork this one from the crew as a whole, without `turn`."
            )
            raise PerdureError(ErrorCode.INVALID_REQUEST, message)

    def memo(self, results: Mapping[str, Any], agent: dict[str, Any]) -> dict[str, Any]:
        """What the node of the crew remembers then.

        Args:
            results: What members gave back in the other run, by their names.
            agent: What the member remembers.
        """
        kept = {name: results[name] for name in self._before(list(results)) if name in results}
        memo: dict[str, Any] = {"results": kept, "failed": {self.name: [{"agent": agent}]}}
        if self._process == HAND_OFF and kept:
            message = list(kept.values())[-1]["result"]
            memo["at"] = {"agent": self._handed[0], "message": message}
        return memo

    @property
    def _process(self) -> str:
        return str(self.config.get("process", "sequential"))

    @property
    def _agents(self) -> dict[str, Mapping[str, Any]]:
        return {str(one["name"]): one for one in self.config.get("agents") or []}

    @property
    def _tasks(self) -> dict[str, Mapping[str, Any]]:
        tasks = self.config.get("tasks") or [{"name": name, "agent": name} for name in self._agents]
        return {str(task["name"]): task for task in tasks}

    @property
    def _handed(self) -> tuple[str, int]:
        """The member, and its place in the order in which work was handed on."""
        found = _ROUND.fullmatch(self.name)
        return ("", -1) if found is None else (found["agent"], int(found["number"]))

    def _settings(self) -> Mapping[str, Any] | None:
        if self._process == "hierarchical":
            return self.config.get("manager") or {} if self.name == MANAGER else None
        if self._process == HAND_OFF:
            return self._agents.get(self._handed[0])
        if self.name == JUDGE and self._process == "parallel":
            return self.config.get("judge")
        task, agents = self._tasks.get(self.name), list(self._agents)
        if task is None:
            return None
        name = task.get("agent") or agents[list(self._tasks).index(self.name) % len(agents)]
        return self._agents.get(str(name))

    def _before(self, done: list[str]) -> list[str]:
        """Whose results stay."""
        if self._process == "hierarchical":
            return []
        if self._process == HAND_OFF:
            return done[: self._handed[1]]
        if self._process == "parallel":
            return [name for name in self._tasks if name != self.name]
        order = list(self._tasks)
        return order[: order.index(self.name)]

    def _unknown(self) -> str:
        if self._process == "hierarchical":
            return (
                f"Only the turns of {MANAGER!r} can be forked from in this crew: what its other members do, the "
                "manager tells them, and it decides anew."
            )
        known = [f"{name}[…]" for name in self._agents] if self._process == HAND_OFF else list(self._tasks)
        more = [JUDGE] if self._process == "parallel" and self.config.get("judge") else []
        return f"The crew has no member {self.name!r}; in the paths of its steps they are {', '.join(known + more)}."
