-- my companies by name, second page
SELECT t."_id", t."name", nullif(substr(coalesce(' ' || nullif(j1."first_name", ''), '') || coalesce(' ' || nullif(j1."last_name", ''), ''), 2), '') FROM (SELECT l.* FROM (VALUES (?::text)) AS v(x) CROSS JOIN LATERAL (SELECT (replace(lower(t."name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C") AS arm_head, t."name" AS arm_title, t."_id" AS arm_id, t."_id" AS arm_row, t.tenant_id AS arm_tenant
FROM "companies" AS t
WHERE t.tenant_id = ?
  AND t."owner" = v.x
  AND (replace(lower(t."name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C") >= (replace(lower(?::text COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C")
  AND ((replace(lower(t."name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C") > (replace(lower(?::text COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C") OR ((replace(lower(t."name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C") = (replace(lower(?::text COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C")
  AND (t."name" > ?::text OR (t."name" = ?::text
  AND (t."_id" > ?)))))
ORDER BY 1, 2, 3 LIMIT 50) AS l UNION ALL SELECT l.* FROM (VALUES (?::text)) AS v(x) CROSS JOIN LATERAL (SELECT (replace(lower(t."name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C") AS arm_head, t."name" AS arm_title, t."_id" AS arm_id, t."_id" AS arm_row, t.tenant_id AS arm_tenant
FROM "companies" AS t
WHERE t.tenant_id = ?
  AND t."co_owner" = v.x
  AND (replace(lower(t."name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C") >= (replace(lower(?::text COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C")
  AND ((replace(lower(t."name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C") > (replace(lower(?::text COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C") OR ((replace(lower(t."name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C") = (replace(lower(?::text COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C")
  AND (t."name" > ?::text OR (t."name" = ?::text
  AND (t."_id" > ?)))))
ORDER BY 1, 2, 3 LIMIT 50) AS l
ORDER BY 1, 2, 3 LIMIT 100) AS a CROSS JOIN "companies" AS t
  LEFT JOIN "users" AS j1 ON j1.tenant_id = ?
  AND j1."_id" = t."owner"
WHERE t.tenant_id = a.arm_tenant
  AND t."_id" = a.arm_row
ORDER BY a.arm_head, a.arm_title, a.arm_id
-- [u1 t1 Acme Acme Acme Acme Acme c1 u1 t1 Acme Acme Acme Acme Acme c1 t1]

-- one of my end users
SELECT t."_id", nullif(substr(coalesce(' ' || nullif(t."first_name", ''), '') || coalesce(' ' || nullif(t."last_name", ''), ''), 2), '')
FROM "endusers" AS t
WHERE t.tenant_id = ?
  AND (t."_id" = ?::text
  AND EXISTS (SELECT s1."_id" FROM "companies" AS s1 WHERE s1.tenant_id = ?
  AND s1."_id" = t."company_id"
  AND (s1."owner" = ?::text OR s1."co_owner" = ?::text)))
ORDER BY t."_id" ASC
-- [t1 e1 t1 u1 u1]

-- end users of other companies, and a guarded column
SELECT t."_id", CASE WHEN EXISTS (SELECT s1."_id" FROM "companies" AS s1 WHERE s1.tenant_id = ?
  AND s1."_id" = t."company_id"
  AND (s1."owner" = ?::text OR s1."co_owner" = ?::text)) THEN t."email" END, t."last_touch"
FROM "endusers" AS t
WHERE t.tenant_id = ?
  AND (t."company_id" IS NULL OR t."company_id" NOT IN (SELECT s2."_id" FROM "companies" AS s2 WHERE s2.tenant_id = ?
  AND (s2."owner" = ?::text OR s2."co_owner" = ?::text)))
ORDER BY t."last_touch" DESC NULLS LAST, t."_id" ASC
-- [t1 u1 u1 t1 t1 u1 u1]

-- searched
SELECT t."_id", t."name"
FROM "companies" AS t
WHERE t.tenant_id = ?
  AND (((replace(lower(t."name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C") LIKE ?::text ESCAPE '\') OR ((replace(lower(t."name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C") >= ?::text
  AND (replace(lower(t."name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C") < ?::text) OR (t."tags" @> jsonb_build_array(?::text)) OR (t."arr" IS NULL OR t."arr" < ?::double precision))
ORDER BY t."_id" ASC
-- [t1 %100\%% ac ad vip 10000]

