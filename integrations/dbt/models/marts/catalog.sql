{%- set text = dbt.type_string() -%}
{%- if var('reads') == 'online_retail' -%}

select
  item_id, title, category, family, price,
  {%- for name in ['image', 'brand', 'currency', 'price_list'] %}
  cast(null as {{ text }}) as {{ name }},
  {%- endfor %}
  cast(null as boolean) as available
from {{ ref('described') }}

{%- elif var('has_catalog') -%}
{%- set types = types_of(source('shop', 'catalog')) -%}

select distinct
  {%- for name in ['item_id', 'title', 'category', 'family', 'image', 'brand', 'currency', 'price_list', 'available'] %}
  {{ text_from(types, name) }} as {{ name }},
  {%- endfor %}
  {{ number_from(types, 'price') }} as price
from {{ source('shop', 'catalog') }}

{%- else -%}

select
  item_id,
  {%- for name in ['title', 'category', 'family', 'image', 'brand', 'currency', 'price_list'] %}
  cast(null as {{ text }}) as {{ name }},
  {%- endfor %}
  cast(null as boolean) as available,
  cast(null as double) as price
from {{ ref('events') }}
where item_id is not null
group by item_id

{%- endif %}
