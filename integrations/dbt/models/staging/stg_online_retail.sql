{{ config(enabled = var('reads') == 'online_retail') }}

with lines as (
  select
    {{ stripped('InvoiceNo') }} as order_id,
    StockCode as code,
    Description as description,
    cast(Quantity as double) as quantity,
    {{ seconds('cast(InvoiceDate as timestamp)') }} as time,
    cast(UnitPrice as double) as price,
    cast(cast(CustomerID as bigint) as {{ dbt.type_string() }}) as user_id,
    nullif(Country, 'Unspecified') as country
  from {{ source('shop', 'order_lines') }}
),

named as (
  select
    *,
    upper({{ stripped('code') }}) as item_id,
    order_id like 'C%' as cancelled,
    row_number() over (partition by order_id, code, description, quantity, time, price, user_id order by time) as copy
  from lines
),

judged as (
  select
    *,
    case
      when copy > 1 then 'without repeats'
      when item_id in {{ listed(var('services')) }} or substr(item_id, 1, 5) = 'GIFT_' or upper(description) like '%GIFT VOUCHER%'
        then 'without service lines'
      when not coalesce(price > 0, false) or order_id like 'A%' or not (cancelled or coalesce(quantity > 0, false))
        then 'without stock adjustments'
    end as step
  from named
)

select
  time,
  order_id as session_id,
  case when cancelled then 'return' else 'purchase' end as kind,
  item_id,
  user_id,
  abs(quantity) as quantity,
  price,
  case when not cancelled then order_id end as order_id,
  {%- for name in event_columns()[8:-1] %}
  cast(null as {{ 'double' if name == 'position' else dbt.type_string() }}) as {{ name }},
  {%- endfor %}
  country,
  {%- for name in ['time', 'quantity', 'price', 'position'] %}
  cast(null as {{ dbt.type_string() }}) as said_{{ name }},
  {%- endfor %}
  {{ squeezed(stripped('description')) }} as title,
  step,
  case step
    {%- for name in ['without repeats', 'without service lines', 'without stock adjustments'] %}
    when '{{ name }}' then '{{ why(name) }}'
    {%- endfor %}
  end as why
from judged
