with counts as (
  select item_id, count(*) as orders from {{ ref('baskets') }} group by item_id
),

pairs as (
  select one.item_id, other.item_id as other_id, count(*) as together
  from {{ ref('baskets') }} as one
  join {{ ref('baskets') }} as other on one.order_id = other.order_id and one.item_id < other.item_id
  group by one.item_id, other.item_id
  having count(*) >= {{ var('pairs_at_least') }}
)

select pairs.item_id, pairs.other_id, pairs.together, one.orders, other.orders as other_orders
from pairs
join counts as one on pairs.item_id = one.item_id
join counts as other on pairs.other_id = other.item_id
