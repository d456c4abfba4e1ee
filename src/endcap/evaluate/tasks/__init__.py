"""What lists are judged on: questions put at the cut or after it, whose answers lie in what followed.

A task is a function from training and test data to a `Task`; `TASKS` has them by name.
"""

from collections.abc import Mapping

from endcap.evaluate.tasks.alive import alive_when_asked
from endcap.evaluate.tasks.baskets import SEEN_OFTEN, basket, item_basket, next_basket
from endcap.evaluate.tasks.searches import search
from endcap.evaluate.tasks.task import HISTORY, LIMIT, Closed, Repeats, Task, TaskMaker
from endcap.evaluate.tasks.visitors import anybody, next_purchases, switched
from endcap.evaluate.tasks.visits import next_item, similar

TASKS: Mapping[str, TaskMaker] = {
    "basket": basket,
    "item_basket": item_basket,
    "next_basket": next_basket,
    "next_purchases": next_purchases,
    "anybody": anybody,
    "switched": switched,
    "next_item": next_item,
    "similar": similar,
    "search": search,
}
"""Every task, by name."""

__all__ = [
    "HISTORY",
    "LIMIT",
    "SEEN_OFTEN",
    "TASKS",
    "Closed",
    "Repeats",
    "Task",
    "TaskMaker",
    "alive_when_asked",
    "anybody",
    "basket",
    "item_basket",
    "next_basket",
    "next_item",
    "next_purchases",
    "search",
    "similar",
    "switched",
]
