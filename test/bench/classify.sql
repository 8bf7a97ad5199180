-- Run by classify.sh, which names the data set in the environment.
\set corpus `cat "$CLINC"`
BEGIN;
CREATE TEMP TABLE clinc ON COMMIT DROP AS
  SELECT part.key AS split, entry ->> 0 AS content, entry ->> 1 AS intent
  FROM pg_catalog.json_each(:'corpus') AS part,
       pg_catalog.json_array_elements(part.value) AS entry;
\unset corpus
ANALYZE clinc;

SELECT frontdesk.train_classifier('clinc150', 0,
  $$SELECT content, intent FROM clinc WHERE split = 'train'$$) AS report \gset
SELECT pg_catalog.format('classify: trained on %s texts of %s intents in %s s: %s features, model %s',
  :'report'::jsonb ->> 'examples', :'report'::jsonb ->> 'intents',
  pg_catalog.round((:'report'::jsonb ->> 'seconds')::numeric, 1),
  :'report'::jsonb ->> 'features',
  (SELECT pg_catalog.pg_size_pretty(pg_catalog.octet_length(model)::bigint)
   FROM frontdesk.classifiers WHERE account_id = 0 AND name = 'clinc150'));

CREATE TEMP TABLE judged ON COMMIT DROP AS
  SELECT t.split, t.intent, c.intent AS found, c.confidence
  FROM clinc t, frontdesk.classify_with('clinc150', t.content) AS c
  WHERE t.split IN ('test', 'oos_test');

SELECT pg_catalog.format('classify: in-scope test accuracy %s (aim 0.91)',
  pg_catalog.round(pg_catalog.avg((found = intent)::int), 4))
FROM judged WHERE split = 'test';

-- The usual figure of others: the threshold below which 4 in 100 in-scope texts lie.
SELECT pg_catalog.format('classify: out-of-scope recall %s at 4 %% of the in-scope texts refused (confidence below %s)',
  pg_catalog.round(pg_catalog.avg((confidence < threshold)::int), 3), pg_catalog.round(threshold::numeric, 2))
FROM judged, (SELECT pg_catalog.percentile_disc(0.04) WITHIN GROUP (ORDER BY confidence) FROM judged WHERE split = 'test') AS at (threshold)
WHERE split = 'oos_test' GROUP BY threshold;

SELECT pg_catalog.format('classify: at confidence %s: out-of-scope recall %s, in-scope right and kept %s',
  threshold,
  pg_catalog.round(pg_catalog.avg((confidence < threshold)::int) FILTER (WHERE split = 'oos_test'), 3),
  pg_catalog.round(pg_catalog.avg((found = intent AND confidence >= threshold)::int) FILTER (WHERE split = 'test'), 3))
FROM judged, (VALUES (0.5), (0.7), (0.85)) AS at (threshold)
GROUP BY threshold ORDER BY threshold;

SELECT pg_catalog.format('classify: of %s in-scope texts with confidence %s to %s, %s are right',
  pg_catalog.count(*), pg_catalog.round(floor, 1), pg_catalog.round(floor + 0.1, 1),
  pg_catalog.round(pg_catalog.avg((found = intent)::int), 3))
FROM judged, LATERAL (SELECT least(pg_catalog.floor(confidence::numeric * 10) / 10, 0.9)) AS band (floor)
WHERE split = 'test' AND floor >= 0.5 GROUP BY floor ORDER BY floor;

-- The same with the validation texts to learn from, too.
SELECT frontdesk.train_classifier('clinc150_all', 0,
  $$SELECT content, intent FROM clinc WHERE split IN ('train', 'val')$$) AS report \gset
SELECT pg_catalog.format('classify: trained on train and val, %s texts in %s s: in-scope test accuracy %s (aim 0.93)',
  :'report'::jsonb ->> 'examples', pg_catalog.round((:'report'::jsonb ->> 'seconds')::numeric, 1),
  pg_catalog.round(pg_catalog.avg((c.intent = t.intent)::int), 4))
FROM clinc t, frontdesk.classify_with('clinc150_all', t.content) AS c WHERE t.split = 'test';

-- Speed: the whole test split in one statement, reading the rows included.
CREATE FUNCTION pg_temp.micros(statement text) RETURNS double precision
LANGUAGE plpgsql AS $$
DECLARE
  started timestamptz := pg_catalog.clock_timestamp();
BEGIN
  EXECUTE statement;
  RETURN EXTRACT(epoch FROM pg_catalog.clock_timestamp() - started) * 1e6;
END
$$;
SELECT pg_catalog.format('classify: %s µs per text from SQL with 150 intents, %s µs with the shipped ones (median of 7 runs over %s texts)',
  pg_catalog.round((pg_catalog.percentile_cont(0.5) WITHIN GROUP (ORDER BY own) / size)::numeric, 1),
  pg_catalog.round((pg_catalog.percentile_cont(0.5) WITHIN GROUP (ORDER BY shipped) / size)::numeric, 1),
  size)
FROM (SELECT pg_catalog.count(*) AS size FROM clinc WHERE split = 'test') AS texts,
  LATERAL (SELECT
    pg_temp.micros($$SELECT pg_catalog.count(frontdesk.classify_with('clinc150', content)) FROM clinc WHERE split = 'test'$$),
    pg_temp.micros($$SELECT pg_catalog.count(frontdesk.classify(content)) FROM clinc WHERE split = 'test'$$)
    FROM pg_catalog.generate_series(1, 7) WHERE size > 0) AS run (own, shipped)
GROUP BY size;
ROLLBACK;
