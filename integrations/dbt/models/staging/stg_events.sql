{{ config(enabled = var('reads') == 'events') }}
{%- set types = types_of(source('shop', 'events')) %}
{%- set numbers = ['time', 'quantity', 'price', 'position'] %}
{%- set ids = ['item_id', 'session_id', 'user_id', 'order_id', 'slate_id'] %}
{%- set limits = {'price': (0, '1e9'), 'quantity': ('1e-9', '1e6'), 'position': (0, '1e6')} %}

with typed as (
  select
    {{ moment_from(types, 'time') }} as time,
    {%- for name in event_columns() if name != 'time' %}
    {{ number_from(types, name) if name in numbers else text_from(types, name) }} as {{ name }},
    {%- endfor %}
    {%- for name in numbers %}
    {{ text_from(types, name) }} as said_{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
  from {{ source('shop', 'events') }}
),

judged as (
  select
    *,
    case
      {%- for name in numbers %}
      when {{ name }} is null and said_{{ name }} is not null then '{{ name }} must be {{ "a timestamp or seconds since 1970" if name == "time" else "a number" }}'
      {%- endfor %}
      when time is null then 'time must not be empty'
      when isnan(time) or abs(time) > 1e300 then 'time must be a moment'
      when time < 0 or time >= 4102444800 then 'time must lie between 1970 and 2100 in seconds'
      when kind is null then 'kind must not be empty'
      when kind not in {{ listed(kinds()) }} then 'kind must be one of {{ kinds() | join(", ") }}'
      when item_id is null and kind <> 'search' then 'item_id must not be empty'
      when session_id is null then 'session_id must not be empty'
      {%- for name, (least, most) in limits.items() %}
      when isnan({{ name }}) or {{ name }} < {{ least }} or {{ name }} > {{ most }} then '{{ name }} must lie between {{ least }} and {{ most }}'
      {%- endfor %}
      {%- for name in ids %}
      when length({{ name }}) > 200 then '{{ name }} must not be longer than 200 characters'
      when substr({{ name }}, 1, 1) in ('=', '+', '@', '-') and regexp_extract({{ name }}, '^.+([(|!])', 1) <> ''
        then '{{ name }} must not be a spreadsheet formula'
      {%- endfor %}
    end as fault
  from typed
),

filled as (
  select
    {%- for name in event_columns() %}
    {{ 'coalesce(quantity, 1.0) as quantity' if name == 'quantity' else name }},
    {%- endfor %}
    {%- for name in numbers %}
    said_{{ name }},
    {%- endfor %}
    fault
  from judged
),

counted as (
  select *, row_number() over (partition by fault, {{ event_columns() | join(', ') }} order by time) as copy from filled
)

select
  {{ event_columns() | join(', ') }},
  said_time, said_quantity, said_price, said_position,
  case when fault is not null then 'as events' when copy > 1 then 'without repeats' end as step,
  case when fault is not null then fault when copy > 1 then '{{ why("without repeats") }}' end as why
from counted
