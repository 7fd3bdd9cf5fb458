"""The functions of SQLite that the public views and our queries are written with, for PostgreSQL.

With them one text of SQL serves both databases, and users' own statements from the documentation do, too.
They stand beside the tables and take nothing away from PostgreSQL: its own of the same names take other
arguments.
"""

from __future__ import annotations

FUNCTIONS: tuple[str, ...] = (
    # https://sqlite.org/lang_corefunc.html#instr
    """
CREATE OR REPLACE FUNCTION instr(haystack text, needle text) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT strpos(haystack, needle) $$
""",
    # https://sqlite.org/lang_corefunc.html#max_scalar
    """
CREATE OR REPLACE FUNCTION max(a bigint, b bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT greatest(a, b) $$
""",
    """
CREATE OR REPLACE FUNCTION max(a integer, b integer) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT greatest(a, b) $$
""",
    # Byte by byte, also where neither side is a column.
    """
CREATE OR REPLACE FUNCTION max(a text, b text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT greatest(a COLLATE "C", b COLLATE "C") $$
""",
    """
CREATE OR REPLACE FUNCTION min(a text, b text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT least(a COLLATE "C", b COLLATE "C") $$
""",
    """
CREATE OR REPLACE FUNCTION min(a bigint, b bigint, c bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT least(a, b, c) $$
""",
    # A number as C's %g writes it (six digits that count, no zeros at the end), as far as ratings go.
    """
CREATE OR REPLACE FUNCTION printf(form text, a double precision, b double precision) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    value double precision;
BEGIN
    FOREACH value IN ARRAY ARRAY[a, b] LOOP
        form := regexp_replace(form, '%g', CASE value WHEN 0 THEN '0' ELSE trim_scale(
            round(value::numeric, 5 - floor(log(abs(value)::numeric))::integer))::text END);
    END LOOP;
    RETURN form;
END $$
""",
    # https://sqlite.org/lang_corefunc.html#glob: the pattern comes first.
    r"""
CREATE OR REPLACE FUNCTION glob(pattern text, value text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT value COLLATE "C" ~ ('^' || string_agg(
        CASE WHEN part[1] LIKE '[_%' THEN replace(part[1], '\', '\\')
             WHEN part[1] = '*' THEN '.*' WHEN part[1] = '?' THEN '.'
             ELSE regexp_replace(part[1], '([][\\.^$*+?(){}|])', '\\\1', 'g') END, '' ORDER BY place) || '$')
    FROM regexp_matches(pattern, '(\[\^?.[^]]*\]|.)', 'gs') WITH ORDINALITY AS parts (part, place)
$$
""",
    # https://sqlite.org/json1.html#jeach: the members of an object, the elements of a list. `fullkey` leads
    # to them, though where SQLite leaves a label's quotation marks out, it has them.
    """
CREATE OR REPLACE FUNCTION json_each(document text)
RETURNS TABLE (key text, value text, type text, fullkey text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT e.key, e.value #>> '{}', CASE json_typeof(e.value)
        WHEN 'string' THEN 'text' WHEN 'boolean' THEN e.value::text
        WHEN 'number' THEN CASE WHEN e.value::text ~ '[.eE]' THEN 'real' ELSE 'integer' END
        ELSE json_typeof(e.value) END, e.fullkey
    FROM (
        SELECT m.key, m.value, '$.' || to_json(m.key)::text AS fullkey
        FROM pg_catalog.json_each(CASE json_typeof(document::json) WHEN 'object' THEN document::json END) m
        UNION ALL
        SELECT (place - 1)::text, element, '$[' || (place - 1)::text || ']'
        FROM json_array_elements(CASE json_typeof(document::json) WHEN 'array' THEN document::json END)
            WITH ORDINALITY AS elements (element, place)) e
$$
""",
    # https://sqlite.org/json1.html#path_arguments: `.label`, `."label"` as JSON quotes it, `[place]`,
    # `[#-place]`. Not PostgreSQL's own paths: to them `.a-b` is a subtraction, and they look into lists.
    r"""
CREATE OR REPLACE FUNCTION json_walk(document jsonb, path text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    rest text := substr(path, 2);
    step text[];
BEGIN
    IF left(path, 1) <> '$' THEN
        RAISE 'JSON path error near ''%''', path;
    END IF;
    WHILE rest <> '' AND document IS NOT NULL LOOP
        step := regexp_match(
            rest, '^(?:\.("(?:[^"\\]|\\.)*")|\.([^".[][^.[]*)|\[(?:(\d+)|#-([1-9]\d*))\])(.*)$', 's');
        IF step IS NULL THEN
            RAISE 'JSON path error near ''%''', rest;
        END IF;
        document := CASE WHEN step[1] IS NOT NULL THEN document -> (step[1]::json #>> '{}')
            WHEN step[2] IS NOT NULL THEN document -> step[2]
            ELSE document -> coalesce(step[3], '-' || step[4])::integer END;
        rest := step[5];
    END LOOP;
    RETURN document;
END $$
""",
    # What it finds; paths of the kinds that our views have are told by sight. Not STRICT, so that it becomes
    # part of the statement that asks.
    r"""
CREATE OR REPLACE FUNCTION json_at(document jsonb, path text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN path ~ '^\$\."[^"\\]*"$' THEN document -> substr(path, 4, length(path) - 4)
        WHEN path ~ '^\$\[\d+\]$' THEN document -> substr(path, 3, length(path) - 3)::integer
        ELSE json_walk(document, path) END
$$
""",
    """
CREATE OR REPLACE FUNCTION json_each(document text, path text)
RETURNS TABLE (key text, value text, type text, fullkey text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT m.key, m.value, m.type, path || substr(m.fullkey, 2)
    FROM json_each(json_at(document::jsonb, path)::text) m
$$
""",
    # https://sqlite.org/json1.html#jex, for values that are no objects.
    """
CREATE OR REPLACE FUNCTION json_extract(document text, path text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT json_at(document::jsonb, path) #>> '{}' $$
""",
    # https://sqlite.org/json1.html#jtype
    """
CREATE OR REPLACE FUNCTION json_type(document text, path text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE jsonb_typeof(found) WHEN 'string' THEN 'text' WHEN 'boolean' THEN found::text
        WHEN 'number' THEN CASE WHEN found::text ~ '[.eE]' THEN 'real' ELSE 'integer' END
        ELSE jsonb_typeof(found) END
    FROM json_at(document::jsonb, path) AS found
$$
""",
    # https://sqlite.org/json1.html#jquote
    """
CREATE OR REPLACE FUNCTION json_quote(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT coalesce(to_json(value)::text, 'null') $$
""",
    # https://sqlite.org/json1.html#jgrouparray
    """
CREATE OR REPLACE FUNCTION json_list(elements text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT '[' || coalesce(
        string_agg(coalesce(to_json(element)::text, 'null'), ',' ORDER BY place), '') || ']'
    FROM unnest(elements) WITH ORDINALITY AS listed (element, place)
$$
""",
    """
CREATE OR REPLACE AGGREGATE json_group_array(text)
(sfunc = array_append, stype = text[], finalfunc = json_list, initcond = '{}')
""",
    # https://sqlite.org/lang_aggfunc.html#group_concat
    """
CREATE OR REPLACE FUNCTION join_text(before text, element text, joint text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT CASE WHEN element IS NULL THEN before WHEN before IS NULL THEN element
             ELSE before || joint || element END $$
""",
    # What SQLite numbers a new row with (https://sqlite.org/autoinc.html): an archive that was told the same
    # is the same in both databases, internal numbers among it. There is one writer at a time.
    """
CREATE OR REPLACE FUNCTION next_number(of_table text) RETURNS bigint
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    found bigint;
BEGIN
    EXECUTE format('SELECT coalesce(max(id), 0) + 1 FROM public.%I', of_table) INTO found;
    RETURN found;
END $$
""",
    "CREATE OR REPLACE AGGREGATE group_concat(text, text) (sfunc = join_text, stype = text)",
)
"""What makes them, in this order."""
