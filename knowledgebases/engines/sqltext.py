"""The parts of the one statement that a search in PostgreSQL is; `engines.pgvector` puts them together."""

from knowledgebases.lexical import statistics, tokenizer

# iterative_scan: filters are applied while the graph is walked, so that it is walked until enough rows pass them.
SETTINGS = (
    "SET LOCAL hnsw.iterative_scan = relaxed_order; SET LOCAL hnsw.ef_search = {ef_search}; "
    "SET LOCAL hnsw.max_scan_tuples = 40000; "
)

# The datasets' own rows. Their ids are written into the statement: how many rows they have decides how those are found.
OF_DATASETS = "{row}.kb_id = ANY(%(kb_ids)s::text[]) AND {row}.kb_id NOT IN (SELECT id FROM gone)"

# Which documents a search is narrowed to. `open`: to none, because no document is as the conditions have it. Rows are
# asked `IN (…)` behind an OR, which PostgreSQL answers from a hash table; an array would be searched for each row.
PICKED = f"""picked AS MATERIALIZED (
  SELECT d.id, d.kb_id, d.chunk_num FROM rag_document d
  WHERE {OF_DATASETS.format(row="d")} AND d.deleted_at IS NULL AND {{wanted}}),
scope AS MATERIALIZED (
  SELECT documents, open, CASE WHEN open THEN %(chunks)s ELSE chunks END AS chunks
  FROM (SELECT count(*) AS documents, count(*) = 0 AND %(unless_none)s AS open, coalesce(sum(chunk_num), 0) AS chunks
        FROM picked) counted)"""  # noqa: S608 -- constants
AMONG = "\n    AND {row}.chunk_id = ANY(%(among)s)"
IN_SCOPE = "\n    AND ((SELECT open FROM scope) OR {row}.document_id IN (SELECT id FROM picked))"

LEXICAL_PART = f"""asked (kb_id, term, dim) AS (
  SELECT * FROM unnest(%(owners)s::text[], %(salted)s::int[], %(dims)s::int[])),
counts AS ({statistics.FREQUENCIES}),
totals AS ({statistics.TOTALS}),
size AS (SELECT coalesce(sum(chunks), 0) AS n FROM totals),
idf AS MATERIALIZED (
  SELECT dim, df, ln(1 + (greatest(n - df, 0) + 0.5) / (df + 0.5)) AS idf
  FROM (SELECT a.dim, coalesce(sum(c.df), 0)::float8 AS df
        FROM asked a LEFT JOIN counts c ON c.kb_id = a.kb_id AND c.term = a.term GROUP BY a.dim) s, size),
picked_terms AS MATERIALIZED (
  SELECT dim, idf, upto <= %(postings)s OR place = 1 AS taken
  FROM (SELECT dim, idf, sum(df) OVER w AS upto, row_number() OVER w AS place
        FROM idf WHERE df > 0 WINDOW w AS (ORDER BY idf DESC, dim)) p),
question AS MATERIALIZED (
  SELECT ('{{{{' || string_agg((dim + 1) || ':' || idf::float4, ',') || '}}}}/{tokenizer.DIMENSIONS}')::sparsevec
         AS weights FROM picked_terms),
perfect AS MATERIALIZED (SELECT a.kb_id, sum(i.idf) AS idf FROM asked a JOIN idf i USING (dim) GROUP BY a.kb_id),
lexical AS MATERIALIZED ({{ways}})"""  # noqa: S608 -- constants

WORDS = """
  (SELECT l.chunk_id, -(l.weights <#> (SELECT weights FROM question)) AS bm25
   FROM {rows}
   WHERE l.terms && (SELECT array_agg(a.term) FROM asked a JOIN picked_terms p USING (dim) WHERE {taken})
     AND {kb} AND l.available AND l.document_id NOT IN (SELECT id FROM hidden){documents}{unless}
   ORDER BY bm25 DESC, l.chunk_id LIMIT %(lexical)s)"""
# As `OF_FEW` below.
ROWS_OF_FEW = """picked p
     CROSS JOIN LATERAL (SELECT id FROM rag_chunk r WHERE r.document_id = p.id OFFSET 0) c
     CROSS JOIN LATERAL (SELECT * FROM rag_chunk_lexical w WHERE w.chunk_id = c.id OFFSET 0) l"""
FEW_WORDS = (
    "(SELECT NOT open AND (chunks <= %(few_words)s OR chunks <= %(few)s AND chunks * %(lookups)s <= "
    "(SELECT sum(df) FROM idf)) FROM scope)"
)

# The last of a full list scores at least what a chunk with none of the taken terms could reach. A list that is not full
# holds every chunk with a taken term, but chunks with other terms alone may be missing.
EXACT = (
    "coalesce((SELECT sum(idf) FROM picked_terms WHERE NOT taken), 0) <= "
    "(SELECT CASE WHEN count(*) >= %(lexical)s THEN min(bm25) ELSE 0 END FROM lexical)"
)

DENSE_PART = """wanted AS MATERIALIZED (SELECT %(vector)s::halfvec({dimension}) AS vector),
near AS MATERIALIZED ({ways})"""

VISIBLE = "v.space_id = {space} AND v.available AND v.document_id NOT IN (SELECT id FROM hidden)"

# Every vector of the datasets. `+ 0` keeps the planner off the HNSW index, which it would take for a small dataset
# beside large ones and then find next to nothing of it (recall@100 of .04 for 5,000 of 100,000 rows).
ALL = """
  (SELECT v.chunk_id, ({distance}) + 0 AS distance FROM rag_chunk_dense v
   WHERE {kb} AND {visible}{documents}{only}
   ORDER BY 2, 1 LIMIT %(dense)s)"""

# The index of the space, walked until enough rows pass; `unless` is judged before anything is read.
NEAREST = """
  (SELECT v.chunk_id, {indexed} AS distance FROM rag_chunk_dense v
   WHERE {kb} AND {visible}{documents}{unless}
   ORDER BY {indexed} LIMIT %(dense)s)"""

# Every vector of few documents, each found by its key: OFFSET keeps the planner, which cannot know how many documents
# meet a condition, from reading the whole table instead.
OF_FEW = """
  (SELECT v.chunk_id, ({distance}) + 0 AS distance
   FROM picked p CROSS JOIN LATERAL (
     SELECT * FROM rag_chunk_dense r
     WHERE r.kb_id = p.kb_id AND r.space_id = {space} AND r.document_id = p.id OFFSET 0) v
   WHERE {visible} AND {few}
   ORDER BY 2, 1 LIMIT %(dense)s)"""
FEW = "(SELECT chunks <= %(few)s AND NOT open FROM scope)"

# Whether fewer vectors are compared one by one than the walk through the index would meet until enough of them are of
# these datasets: the index is that of all datasets in its space. True without a valid index, which could not be walked.
FEW_BESIDE = """coalesce((
  SELECT %(chunks)s::float8 ^ 2 < {worth}::float8 * %(dense)s * c.reltuples
  FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
  WHERE c.oid = to_regclass('dense_hnsw_{space}') AND i.indisvalid), true)"""

SEARCH = """
WITH gone AS MATERIALIZED (SELECT id FROM rag_knowledgebase WHERE id = ANY(%(kb_ids)s) AND deleted_at IS NOT NULL),
hidden AS MATERIALIZED (
  SELECT id FROM rag_document WHERE kb_id = ANY(%(kb_ids)s) AND (NOT enabled OR deleted_at IS NOT NULL)){parts},
found AS MATERIALIZED (SELECT chunk_id, min(place) AS place FROM ({found}) listed GROUP BY chunk_id)
SELECT {exact} AS exact, {near} AS near, {documents} AS documents, EXISTS (
    SELECT FROM rag_knowledgebase s JOIN unnest(%(spoken_in)s::text[], %(languages)s::text[]) AS a (id, language)
    USING (id) WHERE s.language <> a.language) AS reworded,
  c.id, c.document_id, d.name, c.kb_id, c.content, c.important_keywords, c.questions, c.positions, c.kind, k.pagerank,
  {bm25} AS bm25, {perfect} AS perfect, {cosine} AS cosine, found.place, c.tag_weights, c.tags
FROM (VALUES (1)) AS always (there) LEFT JOIN (found
  JOIN rag_chunk c ON c.id = found.chunk_id
  JOIN rag_document d ON d.id = c.document_id
  JOIN rag_knowledgebase k ON k.id = c.kb_id{joins}) ON true
"""
