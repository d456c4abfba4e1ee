{# What DuckDB and Spark say differently, each in one place; everything else is written once. #}

{# Makes a table (on DuckDB, a view) of the files that match a pattern. -#}
{% macro table_of_file(relation, path) %}{{ return(adapter.dispatch('table_of_file', 'endcap')(relation, path)) }}{% endmacro %}

{% macro duckdb__table_of_file(relation, path) %}
  {%- set read = "read_parquet('" ~ path ~ "')" if '.parquet' in path else "read_csv('" ~ path ~ "', all_varchar = true, header = true)" -%}
  {% do run_query('create or replace view ' ~ relation ~ ' as select * from ' ~ read) %}
{% endmacro %}

{% macro spark__table_of_file(relation, path) %}
  {%- set format = "parquet" if '.parquet' in path else "csv" -%}
  {%- set options = "" if format == 'parquet' else ", header 'true', escape '\"', multiLine 'true'" -%}
  {% do run_query('drop table if exists ' ~ relation) %}
  {% do run_query('create table ' ~ relation ~ ' using ' ~ format ~ " options (path '" ~ path ~ "'" ~ options ~ ')') %}
{% endmacro %}

{# Seconds since 1970 (UTC) of a timestamp, with its milliseconds. -#}
{% macro seconds(moment) %}{{ return(adapter.dispatch('seconds', 'endcap')(moment)) }}{% endmacro %}
{% macro duckdb__seconds(moment) %}epoch_ms({{ moment }}) / cast(1000 as double){% endmacro %}
{% macro spark__seconds(moment) %}unix_millis({{ moment }}) / cast(1000 as double){% endmacro %}

{# A text with each run of blanks as one. -#}
{% macro squeezed(text) %}{{ return(adapter.dispatch('squeezed', 'endcap')(text)) }}{% endmacro %}
{% macro duckdb__squeezed(text) %}regexp_replace({{ text }}, '\s+', ' ', 'g'){% endmacro %}
{% macro spark__squeezed(text) %}regexp_replace({{ text }}, '\\s+', ' '){% endmacro %}

{# One row for each match of a pattern in a text: the columns of the relation, `place` (from 0) and `word`. -#}
{% macro words_of(relation, text, pattern) %}{{ return(adapter.dispatch('words_of', 'endcap')(relation, text, pattern)) }}{% endmacro %}
{% macro duckdb__words_of(relation, text, pattern) %}
  select * exclude (found), unnest(range(len(found))) as place, unnest(found) as word
  from (select *, regexp_extract_all({{ text }}, '{{ pattern }}') as found from {{ relation }}) as searched
{% endmacro %}
{% macro spark__words_of(relation, text, pattern) %}
  select *, posexplode(regexp_extract_all({{ text }}, '{{ pattern }}', 0)) as (place, word) from {{ relation }}
{% endmacro %}

{# A finished table as Parquet files in the folder NAME beside the warehouse, where Spark has it already. -#}
{% macro as_parquet(relation) %}{{ return(adapter.dispatch('as_parquet', 'endcap')(relation)) }}{% endmacro %}
{% macro duckdb__as_parquet(relation) -%}
  copy {{ relation }} to '{{ env_var('ENDCAP_WAREHOUSE', 'var') }}/tables/{{ relation.identifier }}' (format parquet, per_thread_output true, overwrite true)
{%- endmacro %}
{% macro spark__as_parquet(relation) %}{% endmacro %}
