"""Splits: what is learned from and what is judged on, with the catalog as it stood when training ended."""

from endcap.data.splits.by_item import HIDDEN, item_split
from endcap.data.splits.by_time import Split, Validated, rolling_splits, split_at, time_split, with_validation
from endcap.data.splits.by_user import UserSplit, leave_last_out, user_split

__all__ = [
    "HIDDEN",
    "Split",
    "UserSplit",
    "Validated",
    "item_split",
    "leave_last_out",
    "rolling_splits",
    "split_at",
    "time_split",
    "user_split",
    "with_validation",
]
