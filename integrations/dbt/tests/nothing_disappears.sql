-- Every row that came is an event or in the quarantine: rows that are neither, or both.
select *
from (
  select
    (select count(*) from {{ source('shop', 'order_lines' if var('reads') == 'online_retail' else 'events') }}) as came,
    (select count(*) from {{ ref('events') }}) as kept,
    (select count(*) from {{ ref('quarantine') }}) as refused
) as counts
where came <> kept + refused
