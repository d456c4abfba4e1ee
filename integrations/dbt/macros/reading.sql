{# Makes the source tables of the files in `vars.files`. -#}
{% macro tables_of_files() %}
  {%- if execute and var('files') -%}
    {% do run_query('create schema if not exists ' ~ var('raw_schema')) %}
    {%- for name, path in var('files').items() -%}
      {% do table_of_file(var('raw_schema') ~ '.' ~ name, path) %}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}

{# The types of the columns that a relation has, by lower-case name. -#}
{% macro types_of(relation) -%}
  {%- set types = {} -%}
  {%- if execute -%}
    {%- for column in adapter.get_columns_in_relation(relation) if not column.name.startswith('#') -%}
      {%- do types.update({column.name | lower: column.dtype | lower}) -%}
    {%- endfor -%}
  {%- endif -%}
  {{- return(types) -}}
{%- endmacro %}

{# A column as text; null where the source has none or says nothing. Ids that were numbers with gaps lose their ".0". -#}
{% macro text_from(types, name) -%}
  {%- set type = types.get(name) -%}
  {%- set text = 'cast(' ~ name ~ ' as ' ~ dbt.type_string() ~ ')' -%}
  {%- if type is none %}cast(null as {{ dbt.type_string() }})
  {%- elif is_float(type) -%}
    case when isnan({{ name }}) then null when cast(try_cast({{ name }} as bigint) as double) = {{ name }}
      then cast(try_cast({{ name }} as bigint) as {{ dbt.type_string() }}) else {{ text }} end
  {%- else -%}
    case when {{ stripped(text) }} <> '' then {{ text }} end
  {%- endif -%}
{%- endmacro %}

{# A column as a number; null where the source has none or says something else. -#}
{% macro number_from(types, name) -%}
  {%- if name not in types %}cast(null as double)
  {%- elif is_float(types[name]) %}case when not isnan({{ name }}) then cast({{ name }} as double) end
  {%- else %}try_cast({{ name }} as double){% endif -%}
{%- endmacro %}

{# A column as seconds since 1970, whether the source has numbers, timestamps, or texts of either. -#}
{% macro moment_from(types, name) -%}
  {%- set type = types.get(name, 'double') -%}
  {%- if type.startswith('timestamp') or type == 'date' -%}
    {{ seconds('cast(' ~ name ~ ' as timestamp)') }}
  {%- elif type in ('string', 'text') or type.startswith('varchar') -%}
    coalesce(try_cast({{ name }} as double), {{ seconds('try_cast(' ~ name ~ ' as timestamp)') }})
  {%- else -%}
    cast({{ name }} as double)
  {%- endif -%}
{%- endmacro %}

{# Whether a type may hold "not a number", which is how pandas writes "not known". -#}
{% macro is_float(type) %}{{ return(type in ('double', 'float', 'real')) }}{% endmacro %}

{# A text without blanks around it. -#}
{% macro stripped(text) -%}
  trim(both ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) from {{ text }})
{%- endmacro %}

{# A number as text that is the same on every engine: six decimals, or what it is instead of a number. -#}
{% macro number_as_text(number) -%}
  case when isnan({{ number }}) then 'NaN' when abs({{ number }}) < 1e30 then cast(cast({{ number }} as decimal(38, 6)) as {{ dbt.type_string() }})
    when {{ number }} is not null then 'out of range' end
{%- endmacro %}

{# Texts as an SQL list. -#}
{% macro listed(words) -%}
  ({% for word in words %}'{{ word | replace("'", "''") }}'{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
