"""Each planted thing is really there: counted in the events, within four standard errors of what the truth says."""

from collections.abc import Callable

import numpy as np
import pytest

from endcap.data.synthetic import Shop
from endcap.data.synthetic.settings import DEVICES, LINKS
from endcap.data.synthetic.world import DAY, world_of

Ask = Callable[[str], list[tuple]]  # type: ignore[type-arg]
ERRORS = 4.0


def near(successes: float, trials: float, chance: float) -> bool:
    """Whether so many successes are what that chance gives, within four standard errors."""
    return bool(abs(successes - trials * chance) <= ERRORS * np.sqrt(trials * chance * (1 - chance)))


def test_clicks_fall_off_with_the_position_as_planted(ask_plain: Ask, plain: Shop) -> None:
    shown = ask_plain(f"""
        with clicked as (select slate_id, item_id from events where kind = 'click')
        select e.position, count(*), count(c.item_id), sum(p), sum(p * (1 - p)) from (
            select slate_id, item_id, position,
                   examined * attractiveness * if(i.need = s.need, 1.0, {plain.off_need}) as p
            from events join items i using (item_id) join sessions s using (session_id) join positions using (position)
            where events.kind = 'impression'
        ) e left join clicked c on c.slate_id = e.slate_id and c.item_id = e.item_id
        group by e.position order by e.position""")
    assert [row[0] for row in shown] == list(range(1, 9))
    for _, impressions, clicks, expected, variance in shown:
        assert impressions > 10_000
        assert abs(clicks - expected) <= ERRORS * np.sqrt(variance)


def test_every_position_shows_the_same_items(ask_plain: Ask) -> None:
    means = ask_plain("""
        select avg(attractiveness), stddev(attractiveness) / sqrt(count(*)) from events join items using (item_id)
        where kind = 'impression' group by position""")
    centre = np.mean([mean for mean, _ in means])
    assert all(abs(mean - centre) <= ERRORS * error for mean, error in means)


def test_views_of_a_need_are_shared_among_its_items_as_planted(ask_plain: Ask) -> None:
    counts = ask_plain("""
        with viewed as (
            select item_id, count(*) as views from events join sessions s using (session_id)
            where events.kind = 'view' and s.kind = 'visit'
              and session_id not in (select session_id from events where kind in ('click', 'purchase'))
            group by item_id)
        select coalesce(views, 0), sum(coalesce(views, 0)) over (partition by need), share
        from items left join viewed using (item_id)""")
    chi = [(views - n * share) ** 2 / (n * share) for views, n, share in counts if n * share >= 5]
    freedom = len(chi)
    assert freedom > 500
    assert sum(chi) <= freedom + ERRORS * np.sqrt(2 * freedom)


def test_a_visit_strays_from_its_need_as_planted(ask_plain: Ask, plain: Shop) -> None:
    ((others, strays, elsewhere),) = ask_plain(
        """
        with viewed as (
            select need, item_id, row_number() over (partition by session_id order by time) as place, s.need as wanted
            from events join sessions s using (session_id) join items i using (item_id)
            where events.kind = 'view' and s.kind = 'visit'
              and session_id not in (select session_id from events where kind in ('click', 'purchase')))
        select count(*), sum((v.need <> wanted)::int), sum((n.category <> w.category)::int)
        from viewed v join needs n on n.need = v.need join needs w on w.need = wanted where place > 1""".replace(
            "select need, item_id, row", "select i.need, item_id, row"
        )
    )
    assert near(strays, others, plain.stray)
    assert elsewhere == 0


@pytest.mark.parametrize("place", range(len(LINKS)))
def test_complements_are_bought_along_as_planted(ask_plain: Ask, place: int) -> None:
    ((orders, along),) = ask_plain(f"""
        with linked as (
            select need, other_need from links where probability = {LINKS[place]}),
        bought as (
            select distinct session_id, i.need from events join items i using (item_id) where kind = 'purchase'),
        orders as (
            select session_id, other_need from bought
            join sessions s using (session_id) join linked l on l.need = s.need
            where bought.need = s.need and s.kind = 'visit')
        select count(*), count(b.session_id) from orders o
        left join bought b on b.session_id = o.session_id and b.need = o.other_need""")
    assert orders > 1_000
    assert near(along, orders, LINKS[place])


def test_complements_are_directed_and_cross_categories(ask_usual: Ask) -> None:
    assert ask_usual("select count(*) from links") != [(0,)]
    assert ask_usual("""
        select count(*) from links l join needs a using (need) join needs b on b.need = l.other_need
        left join links back on back.need = l.other_need and back.other_need = l.need
        where a.category = b.category or a.band <> b.band or back.need is not null""") == [(0,)]


def test_the_change_does_what_was_planted_and_only_for_whom_it_is_meant(ask_plain: Ask, plain: Shop) -> None:
    start = plain.start + plain.change_day * DAY
    rows = ask_plain(f"""
        with bought as (select distinct session_id from events where kind = 'purchase')
        select treated, s.start >= {start} as later, count(*), count(b.session_id)
        from sessions s left join bought b using (session_id) where s.kind = 'visit' group by all""")
    assert len(rows) == 4
    for treated, later, visits, buying in rows:
        assert near(buying, visits, plain.buys * (1 + plain.uplift * (treated and later)))


def test_items_arrive_as_planted_and_nobody_sees_them_before(ask_usual: Ask, usual: Shop) -> None:
    assert ask_usual("""
        select count(*) from events join items using (item_id) where kind in ('view', 'impression') and time < arrival
        """) == [(0,)]
    ((families, cold),) = ask_usual(f"""
        select count(*), sum((arrival > {usual.start})::int) from (select distinct family, arrival from items)""")
    assert near(cold, families, usual.cold)


def test_nobody_sees_what_is_out_of_stock(ask_usual: Ask) -> None:
    assert ask_usual("select count(*) > 500 from stock_outs") == [(True,)]
    assert (
        ask_usual("""
        select count(*) from events e join stock_outs o using (item_id) join sessions s using (session_id)
        where e.kind in ('view', 'impression') and s.kind <> 'repeat' and e.time >= o.start and e.time < o."end" """)
        == [(0,)]
    )


def test_purchases_come_back_as_planted(ask_plain: Ask, plain: Shop) -> None:
    early = plain.start + (plain.days - 75) * DAY
    ((sales, back),) = ask_plain(f"""
        with given as (select order_id, item_id, time, quantity from events where kind = 'return')
        select count(*), count(g.time) from events e
        left join given g on g.order_id = e.order_id and g.item_id = e.item_id and g.time > e.time
        where e.kind = 'purchase' and e.time < {early}""")
    assert near(back, sales, plain.returns)


def test_consumables_are_bought_again_after_their_interval(ask_plain: Ask, plain: Shop) -> None:
    early = plain.start + (plain.days - 70) * DAY
    gaps = ask_plain(f"""
        with bought as (
            select visitor_id, item_id, e.time, s.kind, repeated_after_days as days, row_number() over mine as place,
                   lead(e.time) over mine - e.time as gap, sum((s.kind = 'visit')::int) over (
                       partition by visitor_id, item_id) as firsts
            from events e join sessions s using (session_id) join items i using (item_id)
            join needs n on n.need = i.need
            where e.kind = 'purchase' and repeated_after_days is not null
            window mine as (partition by visitor_id, item_id order by e.time))
        select gap / 86400 / days from bought where firsts = 1 and time < {early} and place <= 8""")
    again = np.array([gap for (gap,) in gaps if gap is not None])
    assert near(len(again), len(gaps), plain.repeats)
    # The gap has a median of the interval and a spread of 0.15 in logarithms; minutes in the shop come on top.
    assert abs(np.log(again).mean()) <= ERRORS * 0.15 / np.sqrt(len(again)) + 600 / DAY / 10


def test_guests_log_in_and_stay_so(ask_usual: Ask, usual: Shop) -> None:
    ((visitors, accounts, wrong),) = ask_usual("""
        with seen as (
            select visitor_id, max(account) as account, min(time) filter (user_id is not null) as login,
                   max(time) filter (user_id is null) as guest, bool_and(user_id is null or user_id = account) as own
            from events join sessions using (session_id) group by visitor_id)
        select count(*), count(login), count(*) filter (guest > login or not own) from seen""")
    assert wrong == 0
    assert 0.6 * usual.accounts < accounts / visitors < usual.accounts
    ((both,),) = ask_usual("""
        select count(*) from (
            select session_id from events group by session_id
            having count(user_id) > 0 and count(user_id) < count(*))""")
    assert both > 100


def test_bots_are_as_many_as_planted_and_keep_an_even_pace(ask_usual: Ask, usual: Shop) -> None:
    ((visitors, bots),) = ask_usual("""
        select count(distinct visitor_id), count(distinct visitor_id) filter (kind = 'bot') from sessions""")
    assert near(bots, visitors, usual.bots)
    ((steps, buys, least),) = ask_usual("""
        with crawled as (
            select session_id, events.kind, time - lag(time) over (partition by session_id order by time) as gap
            from events join sessions s using (session_id) where s.kind = 'bot')
        select max(abs(gap / 1.5 - round(gap / 1.5))), sum((kind <> 'view')::int), count(*) / count(distinct session_id)
        from crawled""")
    assert steps < 0.01
    assert buys == 0
    assert least > 100


def test_visits_follow_the_rhythm_of_day_and_week(ask_plain: Ask, plain: Shop) -> None:
    counts = np.zeros(plain.days * 24)
    for hour, n in ask_plain(f"""
        select floor((start - {plain.start}) / 3600)::int, count(*) from sessions where kind = 'visit' group by 1"""):
        counts[hour] = n
    expected = np.diff(world_of(plain).rhythm) * counts.sum()
    chi = ((counts - expected) ** 2 / expected)[expected >= 1]
    assert abs(chi.sum() - len(chi)) <= ERRORS * np.sqrt(2 * len(chi) + (1 / expected[expected >= 1]).sum())


def test_few_items_draw_most_of_the_views(ask_usual: Ask) -> None:
    views = np.sort([n for (n,) in ask_usual("select count(*) from events where kind = 'view' group by item_id")])
    assert views[-len(views) // 5 :].sum() > views.sum() / 2


def test_sessions_have_devices_by_their_shares_and_returns_have_none(ask_usual: Ask) -> None:
    rows = ask_usual("""
        select visitor_id, s.kind, min(device), count(distinct device)
        from events join sessions s using (session_id) group by session_id, visitor_id, s.kind""")
    assert {of for _, kind, _, of in rows if kind != "return"} == {1}
    assert {of for _, kind, _, of in rows if kind == "return"} == {0}
    first = {visitor: device for visitor, kind, device, _ in rows if kind == "visit"}
    for name, share in DEVICES.items():
        assert near(list(first.values()).count(name), len(first), share)


def test_prices_are_log_normal_in_each_category_and_bands_are_its_thirds(ask_plain: Ask) -> None:
    rows = ask_plain("""
        select category, band, ln(min(price)) from catalog join items using (item_id) join (
            select need, band from needs) using (need) group by category, band, items.family""")
    names = np.array([category for category, *_ in rows])
    bands = np.array([("low", "middle", "high").index(band) for _, band, _ in rows])
    logs = np.array([log for *_, log in rows])
    for name in set(names.tolist()):
        of = names == name
        means = [logs[of & (bands == band)] for band in range(3)]
        assert means[0].max() <= means[1].min() + 0.01
        assert means[1].max() <= means[2].min() + 0.01
        spread, n = logs[of].std(), of.sum()
        assert abs(spread - 0.5) <= ERRORS * 0.5 / np.sqrt(2 * n)
    assert all(near((bands == band).sum(), len(bands), 1 / 3) for band in range(3))


def test_each_category_has_its_season(ask_season: Ask, season: Shop) -> None:
    categories = world_of(season).categories
    strongest = int(np.argmax(categories.swing))
    name = f"{categories.departments[strongest]} / {categories.names[strongest]}"
    near_peak = f"cos(2 * pi() * (start / 31556952.0 - {categories.peak[strongest]})) > 0"
    ((mine, at_peak, others, others_then),) = ask_season(f"""
        select count(*) filter (mine), count(*) filter (mine and then_), count(*) filter (not mine),
               count(*) filter (not mine and then_)
        from (select category = '{name}' as mine, {near_peak} as then_ from sessions join needs using (need)
              where kind = 'visit')""")
    usual_share = others_then / others
    assert at_peak - mine * usual_share > ERRORS * np.sqrt(mine * usual_share * (1 - usual_share))
