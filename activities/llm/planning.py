"""What a call may take at most, before it is made."""

from activities.llm import prices
from activities.llm.call import EmbedCall, ModelCall
from activities.llm.estimates import tokens_in, tokens_of
from activities.llm.meter import Planned
from activities.llm.routing import Route


def planned(call: ModelCall, route: Route) -> Planned:
    """A call of a model."""
    sent = tokens_in(call)
    cost = prices.most_of(route, sent, call.max_tokens, remembered=call.prompt_cache)
    return Planned(route=route, key="", tokens=sent + call.max_tokens, cost=cost, sent=sent)


def planned_embedding(call: EmbedCall, route: Route, index: int) -> Planned:
    """A call that turns texts into vectors; one of several that the step makes at the same time."""
    sent = sum(tokens_of(text) for text in call.texts)
    cost = prices.most_of(route, sent, 0, remembered=False)
    return Planned(route=route, key="", tokens=sent, cost=cost, sent=sent, part=f"/{index}")
