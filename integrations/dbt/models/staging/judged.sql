{%- set staged = ref('stg_online_retail') if var('reads') == 'online_retail' else ref('stg_events') -%}
{%- set given = 'user_id, item_id, quantity' -%}
{%- set order = 'time, session_id, kind, price, order_id' -%}

with good as (
  select * from {{ staged }} where step is null
),

numbered as (
  select
    *,
    case when user_id is not null and item_id is not null and kind in ('purchase', 'return') then row_number() over (partition by {{ given }} order by {{ order }}) end as n
  from good
),

-- each return, and the latest purchase before it that it may take back
paired as (
  select
    *,
    case kind
      when 'purchase' then n
      when 'return' then max(case when kind = 'purchase' then n end) over (partition by {{ given }} order by time)
    end as purchase
  from numbered
),

-- a purchase is taken back once, by the first return that names it
netted as (
  select
    *,
    n is not null and purchase is not null and case kind
      when 'purchase' then max(case when kind = 'return' and n is not null then 1 else 0 end) over (partition by {{ given }}, purchase) = 1
      when 'return' then row_number() over (partition by {{ given }}, purchase, kind order by n) = 1
      else false
    end as gone
  from paired
)

select
  {{ event_columns() | join(', ') }},
  said_time, said_quantity, said_price, said_position,
  case when gone then 'without cancelled purchases' end as step,
  case when gone then '{{ why("without cancelled purchases") }}' end as why
from netted
union all
select
  {{ event_columns() | join(', ') }},
  said_time, said_quantity, said_price, said_position,
  step, why
from {{ staged }}
where step is not null
