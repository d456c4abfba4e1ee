select
  session_id,
  max(user_id) as user_id,
  min(time) as first_time,
  max(time) as last_time,
  count(*) as events,
  count(distinct item_id) as items,
  count(case when kind = 'purchase' then 1 end) as purchases
from {{ ref('events') }}
group by session_id
