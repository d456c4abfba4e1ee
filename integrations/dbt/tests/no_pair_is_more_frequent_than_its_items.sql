select * from {{ ref('item_pairs') }} where together > orders or together > other_orders or item_id >= other_id
