"""Tests of `unsplash.quota`: what is spent of an hour's requests, what is free, and when."""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import replace

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.emulator.quota import Count, HourlyQuota, Window
from unsplash_assets.unsplash.quota import (
    HOUR,
    LIMIT_UNTIL_KNOWN,
    MARGIN,
    PROBE_AFTER,
    Account,
    LastHour,
    Numbers,
    Request,
    Seen,
    Usage,
    free,
    last_hour,
    next_free_at,
    room_for_others,
    told,
    usage,
)
from unsplash_assets_tests.conftest import NOON


def asked(
    number: int, at: float, *, count: int = 1, ours: bool = True, answered: bool = True
) -> Request:
    """Return a request, or a block, that was answered one second after it was reserved."""
    told_of = count if ours and answered else 0
    return Request(number, count, told_of, ours, at, at + 1 if answered else None)


def spent(*moments: float, limit: int | None = 50) -> Account:
    return Account(limit, tuple(asked(n, at) for n, at in enumerate(moments, start=1)))


def answer(
    account: Account, at: float, remaining: int, *, refused: bool = False, limit: int | None = None
) -> Account:
    """Make one request at a moment, answered a second later; return what is known then."""
    number = max((r.id for r in account.requests), default=0) + 1
    request = replace(asked(number, at), told=0 if refused else 1)
    account = replace(account, requests=(*account.requests, request))
    return told(account, request, Numbers(limit, remaining), at + 1, refused=refused)


def test_all_is_free_before_the_first_request() -> None:
    assert usage(Account(), NOON) == Usage(50, used=0, others=0, remaining=50, next_free_at=None)
    assert LIMIT_UNTIL_KNOWN == 50


def test_a_request_counts_for_an_hour_and_a_margin_after_its_answer() -> None:
    account = spent(NOON)
    until = NOON + 1 + HOUR + MARGIN
    assert free(account, until - 0.001) == 49
    assert free(account, until) == 50


def test_a_request_that_was_never_answered_counts_from_its_reservation() -> None:
    """Its process was killed: what it left is forgotten after the hour."""
    account = Account(50, (asked(1, NOON, count=8, answered=False),))
    assert free(account, NOON + 60) == 42
    assert free(account, NOON + HOUR + MARGIN) == 50


def test_what_was_never_answered_is_forgotten_after_the_hour_though_answers_came_since() -> None:
    account = Account(50, (asked(1, NOON, count=20, answered=False),))
    account = answer(account, NOON + HOUR - 60, remaining=49)
    assert free(account, NOON + HOUR) == 29
    account = answer(account, NOON + HOUR + MARGIN, remaining=48)
    assert free(account, NOON + HOUR + 60) == 48


def test_a_spent_budget_tells_when_its_oldest_request_is_an_hour_old() -> None:
    account = spent(*(NOON + second for second in range(50)))
    found = usage(account, NOON + 60)
    assert (found.used, found.remaining) == (50, 0)
    assert found.next_free_at == NOON + 1 + HOUR + MARGIN


def test_a_block_counts_as_all_of_its_requests() -> None:
    account = Account(50, (asked(1, NOON, count=30), asked(2, NOON, count=15)))
    assert free(account, NOON + 10) == 5


def test_several_are_free_when_enough_requests_are_an_hour_old() -> None:
    account = spent(*(NOON + 60 * minute for minute in range(50)))
    third = NOON + 120 + 1 + HOUR + MARGIN
    assert next_free_at(account, NOON + 3000, 3) == third
    assert free(account, third) == 3


def test_more_than_the_limit_are_never_waited_for() -> None:
    account = spent(NOON, NOON + 1, limit=2)
    assert next_free_at(account, NOON + 5, 7) == NOON + 2 + HOUR + MARGIN


def test_the_limit_is_the_one_that_the_newest_answer_told() -> None:
    account = answer(Account(), NOON, remaining=4999, limit=5000)
    assert free(account, NOON + 2) == 4999
    account = answer(account, NOON + 10, remaining=98, limit=100)
    assert usage(account, NOON + 12) == Usage(100, 2, 0, 98, None)


def test_a_limit_that_is_lowered_below_what_is_used_leaves_nothing() -> None:
    account = Account(5000, (asked(1, NOON, count=70),))
    account = answer(account, NOON + 60, remaining=0, limit=50)
    at = NOON + 1 + HOUR + MARGIN
    assert usage(account, NOON + 61) == Usage(50, 50, 0, 0, next_free_at=at)
    assert account.reset_by is None
    assert free(account, at) == 49


def test_of_what_is_used_others_have_no_more_than_there_is() -> None:
    account = answer(Account(), NOON, remaining=4000, limit=5000)
    account = told(account, account.requests[0], Numbers(100, None), NOON + 60)
    found = usage(account, NOON + 61)
    assert (found.used, found.others) == (100, 100)


@pytest.mark.parametrize("numbers", [Numbers(), Numbers(None, None), Numbers(100, None)])
def test_an_answer_without_a_remaining_number_teaches_no_more_than_the_limit(
    numbers: Numbers,
) -> None:
    account = spent(NOON)
    after = told(account, account.requests[0], numbers, NOON + 1)
    assert after == replace(account, limit=numbers.limit or 50)


def test_what_another_program_spends_is_noticed_by_what_remains() -> None:
    account = answer(Account(), NOON, remaining=42)
    found = usage(account, NOON + 2)
    assert (found.used, found.others) == (8, 7)
    assert free(account, NOON + 2) < 42


def test_an_answer_that_comes_at_once_is_not_counted_twice() -> None:
    request = replace(asked(1, NOON), settled_at=NOON)
    account = told(Account(50, (request,)), request, Numbers(50, 42), NOON)
    assert usage(account, NOON).others == 7


def test_what_another_program_spent_is_forgotten_when_unsplash_counts_it_no_more() -> None:
    account = answer(Account(), NOON, remaining=42)
    account = answer(account, NOON + 60, remaining=46)
    assert usage(account, NOON + 62).others == 2
    account = answer(account, NOON + 120, remaining=47)
    assert usage(account, NOON + 122).others == 0


def test_what_another_program_spent_counts_for_an_hour_at_the_most() -> None:
    account = answer(Account(), NOON, remaining=42)
    assert usage(account, NOON + 1 + HOUR + MARGIN).others == 0


def test_requests_of_ours_that_may_not_have_been_counted_yet_are_no_other_programs() -> None:
    under_way = asked(9, NOON - 1, count=5, answered=False)
    account = answer(Account(50, (under_way,)), NOON, remaining=44)
    assert usage(account, NOON + 2).others == 0
    assert usage(answer(Account(50, (under_way,)), NOON, remaining=43), NOON + 2).others == 1


@pytest.mark.parametrize(("others", "room"), [(0, 0), (1, 1), (10, 2), (30, 6), (50, 72)])
def test_room_is_left_for_what_another_program_may_take_in_between(others: int, room: int) -> None:
    assert room_for_others(Account(50), others, NOON) == room


def test_more_room_is_left_for_an_hour_after_a_refusal() -> None:
    account = Account(50, refused_at=NOON)
    assert room_for_others(account, 10, NOON + HOUR - 1) == 4
    assert room_for_others(account, 10, NOON + HOUR) == 2


def test_room_is_left_of_what_unsplash_says_remains_too() -> None:
    account = answer(Account(), NOON, remaining=2)
    assert usage(account, NOON + 2).others == 47
    assert free(account, NOON + 2) == 0


def test_nothing_is_free_once_nothing_remains() -> None:
    account = answer(spent(NOON), NOON + 60, remaining=0, limit=50)
    assert free(account, NOON + 62) == 0


def test_what_was_asked_since_lessens_what_remained() -> None:
    account = Account(50, (asked(1, NOON),), Seen(1, NOON, NOON + 1, remaining=3))
    later = replace(account, requests=(*account.requests, asked(2, NOON + 10, count=2)))
    assert free(later, NOON + 20) == 1


def test_an_old_answer_binds_no_more() -> None:
    account = Account(50, (), Seen(1, NOON, NOON + 1, remaining=0))
    assert free(account, NOON + HOUR) == 0
    assert free(account, NOON + 1 + HOUR + MARGIN) == 50


def test_a_refusal_tells_that_nothing_remains_whatever_its_headers_say() -> None:
    account = answer(spent(NOON), NOON + 60, remaining=40, refused=True)
    assert account.is_refused
    assert free(account, NOON + 62) == 0


def test_after_a_refusal_one_request_may_find_out_every_ten_minutes() -> None:
    account = answer(spent(NOON), NOON + 60, remaining=0, refused=True)
    first = NOON + 61 + PROBE_AFTER
    assert next_free_at(account, NOON + 62, 1) == first
    assert free(account, first - 1) == 0
    assert free(account, first) == 1
    account = answer(account, first, remaining=0, refused=True)
    assert next_free_at(account, first + 2, 1) == first + 1 + PROBE_AFTER


def test_a_probe_under_way_lets_no_other_begin() -> None:
    account = answer(spent(NOON), NOON + 60, remaining=0, refused=True)
    probe = NOON + 61 + PROBE_AFTER
    under_way = asked(9, probe, answered=False)
    account = replace(account, requests=(*account.requests, under_way))
    assert free(account, probe + 20) == 0


def test_a_probe_that_is_answered_opens_what_remains() -> None:
    account = answer(spent(NOON), NOON + 60, remaining=0, refused=True)
    account = answer(account, NOON + 61 + PROBE_AFTER, remaining=47)
    assert not account.is_refused
    assert free(account, NOON + 63 + PROBE_AFTER) > 40


def test_there_is_no_probe_where_our_own_requests_fill_the_hour() -> None:
    account = spent(*(NOON + second for second in range(49)))
    account = answer(account, NOON + 60, remaining=0, refused=True)
    assert free(account, NOON + 61 + PROBE_AFTER) == 0


def fixed_hour_seen() -> Account:
    """An account of which 40 requests were answered before 12:30, and one after: 1 counts."""
    account = spent(*(NOON + 30 * number for number in range(40)))
    return answer(account, NOON + 1800, remaining=49)


def test_a_fixed_hour_is_known_by_an_answer_that_counts_less_than_our_last_hour() -> None:
    assert fixed_hour_seen().reset_by == NOON + 1801


def test_a_rolling_hour_is_taken_for_no_fixed_one() -> None:
    account = spent(*(NOON + 30 * number for number in range(40)))
    assert answer(account, NOON + 1800, remaining=9).reset_by is None


def test_a_count_that_lags_by_one_is_forgiven() -> None:
    account = spent(*(NOON + 30 * number for number in range(40)))
    assert answer(account, NOON + 1800, remaining=10).reset_by is None
    assert answer(account, NOON + 1800, remaining=11).reset_by == NOON + 1801


def test_a_fixed_hours_end_is_waited_for_once_nothing_remains() -> None:
    account = answer(fixed_hour_seen(), NOON + 2400, remaining=0)
    assert next_free_at(account, NOON + 2402, 1) == NOON + 1801 + HOUR + MARGIN


def test_a_refusal_in_a_fixed_hour_is_followed_by_no_probe() -> None:
    account = answer(fixed_hour_seen(), NOON + 2400, remaining=0, refused=True)
    assert free(account, NOON + 2401 + 2 * PROBE_AFTER) == 0
    assert next_free_at(account, NOON + 2402, 1) == NOON + 1801 + HOUR + MARGIN


def test_at_a_fixed_hours_end_one_request_finds_out_what_is_left() -> None:
    account = Account(50, reset_by=NOON)
    account = answer(account, NOON + 3000, remaining=0, refused=True)
    end = NOON + HOUR + MARGIN
    assert next_free_at(account, NOON + 3001, 5) > next_free_at(account, NOON + 3001, 1) == end
    assert [free(account, end - 1), free(account, end)] == [0, 1]
    under_way = replace(account, requests=(*account.requests, asked(9, end, answered=False)))
    assert free(under_way, end + 1) == 0
    opened = answer(account, end, remaining=49)
    assert usage(opened, end + 2) == Usage(50, 2, 0, 48, None)


def test_the_next_fixed_hour_is_known_more_closely_when_it_is_seen_earlier() -> None:
    account = fixed_hour_seen()
    for number in range(30):
        account = answer(account, NOON + 1860 + 30 * number, remaining=48 - number)
    account = answer(account, NOON + 1700 + HOUR, remaining=49)
    assert account.reset_by == NOON + 1701 + HOUR


def test_a_fixed_hour_seen_late_is_still_thought_to_begin_when_it_did() -> None:
    account = fixed_hour_seen()
    for number in range(30):
        account = answer(account, NOON + 1860 + 30 * number, remaining=48 - number)
    account = answer(account, NOON + 2500 + HOUR, remaining=49)
    assert account.reset_by == NOON + 1801 + HOUR


def test_a_fixed_hour_that_is_seen_no_more_is_forgotten() -> None:
    account = replace(fixed_hour_seen(), requests=())
    account = replace(account, seen=Seen(99, NOON + 8000, NOON + 8001, remaining=0))
    with_hour = next_free_at(account, NOON + 8002, 1)
    assert with_hour == NOON + 1801 + 2 * HOUR + MARGIN
    later = replace(account, seen=Seen(99, NOON + 12_700, NOON + 12_701, remaining=0))
    assert next_free_at(later, NOON + 12_702, 1) == NOON + 12_701 + HOUR + MARGIN


def test_what_ended_is_free_from_the_moment_that_a_fixed_hour_is_believed_in_no_more() -> None:
    account = Account(2, (asked(1, NOON + 2 * HOUR - 100),), reset_by=NOON)
    account = answer(account, NOON + 2 * HOUR + 50, remaining=0, limit=2)
    assert next_free_at(account, NOON + 2 * HOUR + 60, 1) == NOON + 3 * HOUR
    assert free(account, NOON + 3 * HOUR - 1) == 0


STEPS = st.lists(
    st.tuples(
        st.integers(0, 1500),  # seconds to wait
        st.integers(1, 3),  # requests at once
        st.sampled_from(("told", "silent", "refused", "lost")),
        st.integers(0, 9),  # what remains
        st.integers(4, 9),  # of how many
    ),
    max_size=12,
)
Step = tuple[int, int, str, int, int]


def lived(past: list[Step]) -> tuple[Account, float]:
    """Return an account with a past, and when that ended; a second passes until each answer."""
    account, now = Account(6), NOON
    for number, (pause, count, outcome, remaining, limit) in enumerate(past, start=1):
        now += pause
        request = replace(asked(number, now, count=count, answered=outcome != "lost"), told=0)
        if outcome == "told":
            request = replace(request, told=count)
        account = replace(account, requests=(*account.requests, request))
        now += 1
        if outcome != "lost":
            numbers = Numbers(limit, remaining) if outcome == "told" else Numbers()
            account = told(account, request, numbers, now, refused=outcome == "refused")
    return account, now


@hypothesis.given(
    past=STEPS,
    pause=st.integers(0, 4000),
    count=st.integers(1, 10),
    part=st.floats(0, 0.99),
)
def test_the_next_are_free_at_the_moment_that_is_told_and_not_before(
    past: list[Step], pause: int, count: int, part: float
) -> None:
    account, now = lived(past)
    now += pause
    wanted = min(count, account.allowed)
    moment = next_free_at(account, now, count)
    assert moment >= now
    assert free(account, moment) >= wanted
    if moment > now:
        assert free(account, moment - 0.5) < wanted
        assert free(account, now + part * (moment - now)) < wanted


@hypothesis.given(past=STEPS, pause=st.integers(0, 4000))
def test_the_figures_of_any_past_fit_together(past: list[Step], pause: int) -> None:
    account, now = lived(past)
    found = usage(account, now + pause)
    assert 0 <= found.others <= found.used <= found.limit
    assert 0 <= found.remaining <= found.limit
    assert (found.next_free_at is None) == (found.remaining > 0)


class World:
    """A server that counts five an hour, and an account of it; answers take a second."""

    def __init__(self, window: Window, now: float, ahead: float) -> None:
        self.now = now
        self.counts: list[Count] = []
        self._server = HourlyQuota(5, lambda: self.now + ahead, window)
        self._account = Account(5)
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._ids = itertools.count(1)

    def pass_time(self, until: float) -> None:
        while self._agenda and self._agenda[0][0] <= until:
            self.now, _, act = heapq.heappop(self._agenda)
            act()
        self.now = until

    def wait_for_one(self, clock: float) -> None:
        """Wait until one is free, by a clock that is ahead."""
        self.pass_time(next_free_at(self._account, self.now + clock, 1) - clock)

    def ask(self, wanted: int, part: float, clock: float, *, tells: bool) -> None:
        """Ask for what is free, by a clock that is ahead; it counts after a part of the second."""
        granted = min(wanted, free(self._account, self.now + clock))
        if not granted:
            return
        asked_at, reserved_at = self.now, self.now + clock
        block = Request(next(self._ids), granted, 0, True, reserved_at, None)  # noqa: FBT003
        self._put(block)

        def counted() -> None:
            self.counts.extend(self._server.take() for _ in range(granted))
            numbers = Numbers(5, self.counts[-1].remaining) if tells else Numbers()
            self._at(asked_at + 1, lambda: answered(numbers))

        def answered(numbers: Numbers) -> None:
            now = self.now + clock
            settled = replace(block, told=granted if tells else 0, settled_at=now)
            self._put(settled)
            self._account = told(self._account, settled, numbers, now)

        self._at(asked_at + part, counted)

    def _put(self, request: Request) -> None:
        rest = (r for r in self._account.requests if r.id != request.id)
        self._account = replace(self._account, requests=(*rest, request))

    def _at(self, moment: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (moment, next(self._ids), act))


@pytest.mark.parametrize("window", ["rolling", "fixed"])
@hypothesis.settings(deadline=None)
@hypothesis.given(
    asks=st.lists(
        st.tuples(
            st.none() | st.floats(0, 900),  # seconds to wait, or until one is free
            st.integers(1, 3),  # requests at once
            st.floats(0, 1),  # after how much of the second the server counts
            st.sampled_from((0.0, 2.0)),  # by which process's clock
        ),
        max_size=60,
    ),
    ahead=st.floats(-2, 2),
    begins=st.floats(0, HOUR),
    tells=st.booleans(),
)
def test_who_asks_only_what_is_free_is_never_refused_whichever_hour_is_counted(
    window: Window,
    asks: list[tuple[float | None, int, float, float]],
    ahead: float,
    begins: float,
    tells: bool,  # noqa: FBT001
) -> None:
    """Two processes share the account, and neither their clocks nor the server's agree."""
    world = World(window, NOON + begins, ahead)
    for pause, wanted, part, clock in asks:
        if pause is None:
            world.wait_for_one(clock)
        else:
            world.pass_time(world.now + pause)
        world.ask(wanted, part, clock, tells=tells)
    world.pass_time(world.now + 2)
    assert all(count.granted for count in world.counts)


def test_what_was_asked_in_the_last_hour_is_ours_however_much_it_is() -> None:
    account = Account(3, tuple(asked(n, NOON + n) for n in range(5)))
    assert last_hour(account, NOON + 10) == LastHour(3, made=5, was_refused=False)
    assert last_hour(account, NOON + 1 + HOUR) == LastHour(3, made=4, was_refused=False)
    others = replace(account, requests=(asked(1, NOON, count=9, ours=False),))
    assert last_hour(others, NOON + 10).made == 0


def test_a_refusal_is_remembered_for_an_hour() -> None:
    account = Account(refused_at=NOON)
    assert last_hour(account, NOON + HOUR - 1) == LastHour(50, made=0, was_refused=True)
    assert not last_hour(account, NOON + HOUR).was_refused
