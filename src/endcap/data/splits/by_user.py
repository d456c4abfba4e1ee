"""Splits by user: the last visit of each, and users of whom nothing is known."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.data.splits.by_time import Split
from endcap.data.splits.known import as_known


@dataclass(frozen=True)
class UserSplit:
    """One training side, and later events apart by what is known of who caused them."""

    warm: Split
    """Users with events in training."""
    cold: Split
    """Users without any."""
    guests: Split
    """Nobody that has a name; may be empty."""


def leave_last_out(data: Dataset, kinds: tuple[str, ...] = ("purchase",)) -> Split:
    """For each user the last session with an event of these kinds, and all the user did since, is judged on.

    A user who has no such event before stays in training, as guests do. There is no one moment of the cut: what a user
    is asked about may lie before what others taught, so figures are higher than those of `time_split`, and good for
    comparison with papers only. Raises `BadData` if nobody came twice.
    """
    events = data.events
    told = np.isin(events.kind, np.unique(data.of_kinds(*kinds).kind)) & (events.user >= 0)
    last = np.full(len(data.users), -np.inf)
    np.maximum.at(last, events.user[told], events.time[told])
    final = told & (events.time == last[events.user])
    session = np.full(len(data.users), -1, np.int64)
    np.maximum.at(session, events.user[final], events.session[final])
    inside = (events.user >= 0) & (events.session == session[events.user])
    begins = np.full(len(data.users), np.inf)
    np.minimum.at(begins, events.user[inside], events.time[inside])
    earlier = told & (events.time < begins[events.user])
    returned = np.bincount(events.user[earlier], minlength=len(data.users)) > 0
    held = (events.user >= 0) & returned[events.user] & (events.time >= begins[events.user])
    if not held.any():
        raise BadData(f"no user has {' or '.join(kinds)} events in two sessions: there is no last one to leave out")
    train = _only(data, ~held, f"all but the last {'+'.join(kinds)}")
    train = replace(train, now=float(train.events.time.max()) + 1.0)
    known = as_known(train, data)
    test = replace(_only(data, held, f"the last {'+'.join(kinds)}"), catalog=known.catalog)
    return Split(known, test, float(test.events.time.min()))


def user_split(
    data: Dataset, cut: float, rng: np.random.Generator, cold_share: float = 0.1, gap_days: float = 0.0
) -> UserSplit:
    """Cuts at a moment (seconds since 1970), and hides a share of the users from training altogether.

    Training is what the others, and guests, did until `gap_days` before the cut. Warm users are known from it; cold are
    those who were hidden or came later. Raises `BadData` if there is nothing to learn from or nobody to judge on.
    """
    hidden = np.append(rng.random(len(data.users)) < cold_share, False)  # the last one stands for guests: user -1
    events = data.events
    learned = (events.time < cut - gap_days * DAY) & ~hidden[events.user]
    later = events.time >= cut
    if not learned.any() or not (later & (events.user >= 0)).any():
        raise BadData("nothing is left to learn from before the cut, or no user to judge on after it")
    name = f"until {cut - gap_days * DAY} without {int(hidden.sum())} of {len(data.users)} users {_digest(hidden)}"
    train = as_known(replace(_only(data, learned, name), now=min(cut - gap_days * DAY, data.now)), data)
    warm = np.append(np.bincount(train.events.user[train.events.user >= 0], minlength=len(data.users)) > 0, False)
    guest = events.user < 0

    def judged(which: NDArray[np.bool_], name: str) -> Split:
        test = _only(data, later & which, f"{name} from {cut}")
        return Split(train, replace(test, catalog=train.catalog), cut)

    return UserSplit(
        judged(warm[events.user], "warm"), judged(~warm[events.user] & ~guest, "cold"), judged(guest, "guests")
    )


def _only(data: Dataset, which: NDArray[np.bool_], name: str) -> Dataset:
    kept, typed = data.events.take(which), data.searches
    if typed is not None:  # those of the same visits
        typed = typed.take(np.isin(typed.session, kept.session))
    return replace(data, events=kept, searches=typed, fingerprint=f"{data.fingerprint}[{name}]")


def _digest(mask: NDArray[np.bool_]) -> str:
    """A name for a set of users, so that models fitted without them are not taken for others."""
    return hashlib.sha256(np.packbits(mask).tobytes()).hexdigest()[:12]
