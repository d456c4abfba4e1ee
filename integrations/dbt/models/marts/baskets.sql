select
  order_id,
  item_id,
  min(min(time)) over (partition by order_id) as time,
  max(max(user_id)) over (partition by order_id) as user_id,
  sum(quantity) as quantity
from {{ ref('events') }}
where kind = 'purchase' and order_id is not null and item_id is not null
group by order_id, item_id
