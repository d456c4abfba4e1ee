{# The columns of an event, in order. -#}
{% macro event_columns() -%}
  {{- return(['time', 'session_id', 'kind', 'item_id', 'user_id', 'quantity', 'price', 'order_id', 'slate_id', 'position', 'query', 'currency', 'device', 'country']) -}}
{%- endmacro %}

{# Every kind of event. -#}
{% macro kinds() -%}
  {{- return(['impression', 'view', 'click', 'cart', 'uncart', 'purchase', 'return', 'search']) -}}
{%- endmacro %}

{# Why a step takes rows out, for people who read the quarantine. -#}
{% macro why(step) -%}
  {%- set reasons = {
    'without repeats': 'The same line delivered twice is one event.',
    'without service lines': 'Postage, fees, discounts, samples, vouchers and manual corrections are not items that can be recommended.',
    'without stock adjustments': 'Lines without a price are write-offs, counts and gifts, not sales; so are bad debts, and negative quantities outside a cancellation.',
    'without cancelled purchases': 'A purchase that the same user gave back whole (same item, same quantity, later) says nothing of taste.',
  } -%}
  {{- return(reasons[step]) -}}
{%- endmacro %}

{# English plurals as singulars: "boxes", "cherries", "mugs". -#}
{% macro singular(word) -%}
  case
    when {{ word }} like '%ies' and length({{ word }}) > 4 then substr({{ word }}, 1, length({{ word }}) - 3) || 'y'
    when {{ word }} like '%ches' or {{ word }} like '%shes' or {{ word }} like '%sses' or {{ word }} like '%xes' then substr({{ word }}, 1, length({{ word }}) - 2)
    when {{ word }} like '%s' and not ({{ word }} like '%ss' or {{ word }} like '%us' or {{ word }} like '%as') and length({{ word }}) > 3 then substr({{ word }}, 1, length({{ word }}) - 1)
    else {{ word }}
  end
{%- endmacro %}
