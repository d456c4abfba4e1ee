{%- set numbers = ['time', 'quantity', 'price', 'position'] -%}
select
  step,
  why,
  '{{ var("raw_schema") }}.{{ "order_lines" if var("reads") == "online_retail" else "events" }}' as source,
  cast(null as {{ dbt.type_string() }}) as file,
  cast(null as bigint) as line,
  {%- for name in event_columns() %}
  {% if name in numbers %}coalesce({{ number_as_text(name) }}, said_{{ name }}) as {{ name }}{% else %}{{ name }}{% endif %}{{ ',' if not loop.last }}
  {%- endfor %}
from {{ ref('judged') }}
where step is not null
