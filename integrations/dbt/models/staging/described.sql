{{ config(enabled = var('reads') == 'online_retail') }}
{%- set sizes = '[0-9]|^(no|cm|pc|set|pack|of|the|and|in|with|for|on|to|by|small|large|medium|mini|assorted|asst|design|designs)$' %}

with lines as (
  select item_id, title from {{ ref('stg_online_retail') }} where step is null
),

spellings as (
  select item_id, title, count(*) as sales from lines where title is not null group by item_id, title
),

-- of contradictory descriptions of one code, the one on most sales is its title
best as (
  select item_id, title from (select *, row_number() over (partition by item_id order by sales desc, title) as place from spellings) as ranked
  where place = 1
),

items as (
  select distinct lines.item_id, best.title, lower(split_part(best.title, ',', 1)) as thing
  from lines
  left join best on lines.item_id = best.item_id
),

found as (
  {{ words_of('items', 'thing', '[a-z][a-z-]*[a-z]|[0-9]+') }}
),

words as (
  select item_id, place, {{ singular('word') }} as word from found
  where word not in {{ listed(var('decoration')) }} and regexp_extract(word, '({{ sizes }})', 1) = ''
),

placed as (
  select *, row_number() over (partition by item_id order by place desc) as from_end from words
),

-- a word is a category when at least 8 titles end with it, and a fifth of the titles that have it
known as (
  select word from placed group by word
  having count(distinct case when from_end = 1 then item_id end) >= 8
    and count(distinct case when from_end = 1 then item_id end) >= 0.2 * count(distinct item_id)
),

sold as (
  select item_id, price, time, max(time) over (partition by item_id) as last
  from {{ ref('stg_online_retail') }} where step is null and kind = 'purchase'
),

-- the file lists no prices: that on most of an item's lines in the last 30 days in which it was sold stands for it
prices as (
  select item_id, price from (
    select item_id, price, row_number() over (partition by item_id order by count(*) desc, price) as place
    from sold where time > last - 30 * 86400 group by item_id, price
  ) as ranked
  where place = 1
),

named as (
  select item_id, word from (
    select placed.*, row_number() over (partition by item_id order by place desc) as nth
    from placed join known on placed.word = known.word
  ) as ranked
  where nth = 1
)

select
  items.item_id,
  items.title,
  named.word as category,
  case regexp_extract(items.item_id, '^([0-9]{5})[A-Z]{0,2}$', 1)
    when '' then items.item_id else substr(items.item_id, 1, 5) end as family,
  prices.price
from items
left join named on items.item_id = named.item_id
left join prices on items.item_id = prices.item_id
