{%- set minutes = var('session_minutes') if var('reads') == 'events' else none -%}

with kept as (
  select {{ event_columns() | join(', ') }} from {{ ref('judged') }} where step is null
)

{%- if minutes is none %}

select * from kept

{%- else %},

-- a known user is one visitor in all sessions; for a guest, the session is all we know
visitors as (
  select *, coalesce('u:' || user_id, 's:' || session_id) as visitor, floor((time + 3600 * {{ var('session_utc_offset') }}) / 86400) as day
  from kept
),

timed as (
  select *, lag(time) over (partition by visitor order by time) as before, lag(day) over (partition by visitor order by time) as day_before
  from visitors
),

opened as (
  select
    *,
    case
      when time - before > {{ minutes }} * 60 then 1
      {%- if var('session_midnight') %}
      when day <> day_before then 1
      {%- endif %}
      else 0
    end as opens
  from timed
),

-- by time and not by row, so that events of one moment are in one session
counted as (
  select *, sum(opens) over (partition by visitor order by time) as nth from opened
)

select
  {%- for name in event_columns() %}
  {{ "visitor || '#' || cast(cast(nth as bigint) as " ~ dbt.type_string() ~ ") as session_id" if name == 'session_id' else name }}{{ ',' if not loop.last }}
  {%- endfor %}
from counted

{%- endif %}
