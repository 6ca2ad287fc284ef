-- my companies by name, second page
SELECT t."_id", t."name", nullif(substr(coalesce(' ' || nullif(j1."first_name", ''), '') || coalesce(' ' || nullif(j1."last_name", ''), ''), 2), '') FROM (SELECT fold(t."name") AS arm_head, t."name" AS arm_title, t."_id" AS arm_id, t.rowid AS arm_row, t.tenant_id AS arm_tenant
FROM "companies" AS t
WHERE t.tenant_id = ?
  AND t."owner" = ?
  AND fold(t."name") >= fold(?)
  AND (fold(t."name") > fold(?) OR (fold(t."name") = fold(?)
  AND (t."name" > ? OR (t."name" = ?
  AND (t."_id" > ?))))) UNION ALL SELECT fold(t."name") AS arm_head, t."name" AS arm_title, t."_id" AS arm_id, t.rowid AS arm_row, t.tenant_id AS arm_tenant
FROM "companies" AS t
WHERE t.tenant_id = ?
  AND t."co_owner" = ?
  AND fold(t."name") >= fold(?)
  AND (fold(t."name") > fold(?) OR (fold(t."name") = fold(?)
  AND (t."name" > ? OR (t."name" = ?
  AND (t."_id" > ?)))))
ORDER BY 1, 2, 3 LIMIT 100) AS a CROSS JOIN "companies" AS t
  LEFT JOIN "users" AS j1 ON j1.tenant_id = ?
  AND j1."_id" = t."owner"
WHERE t.tenant_id = a.arm_tenant
  AND t.rowid = a.arm_row
ORDER BY a.arm_head, a.arm_title, a.arm_id
-- [t1 u1 Acme Acme Acme Acme Acme c1 t1 u1 Acme Acme Acme Acme Acme c1 t1]

-- one of my end users
SELECT t."_id", nullif(substr(coalesce(' ' || nullif(t."first_name", ''), '') || coalesce(' ' || nullif(t."last_name", ''), ''), 2), '')
FROM "endusers" AS t
WHERE t.tenant_id = ?
  AND (t."_id" = ?
  AND EXISTS (SELECT s1."_id" FROM "companies" AS s1 WHERE s1.tenant_id = ?
  AND s1."_id" = t."company_id"
  AND (s1."owner" = ? OR s1."co_owner" = ?)))
ORDER BY t."_id" ASC
-- [t1 e1 t1 u1 u1]

-- end users of other companies, and a guarded column
SELECT t."_id", CASE WHEN EXISTS (SELECT s1."_id" FROM "companies" AS s1 WHERE s1.tenant_id = ?
  AND s1."_id" = t."company_id"
  AND (s1."owner" = ? OR s1."co_owner" = ?)) THEN t."email" END, t."last_touch"
FROM "endusers" AS t
WHERE t.tenant_id = ?
  AND (t."company_id" IS NULL OR t."company_id" NOT IN (SELECT s2."_id" FROM "companies" AS s2 WHERE s2.tenant_id = ?
  AND s2."_id" IN (SELECT s3."_id" FROM "companies" AS s3 WHERE s3.tenant_id = ?
  AND s3."owner" = ? UNION ALL SELECT s4."_id" FROM "companies" AS s4 WHERE s4.tenant_id = ?
  AND s4."co_owner" = ?)))
ORDER BY t."last_touch" DESC NULLS LAST, t."_id" ASC
-- [t1 u1 u1 t1 t1 t1 u1 t1 u1]

-- searched
SELECT t."_id", t."name"
FROM "companies" AS t
WHERE t.tenant_id = ?
  AND ((instr(fold(t."name"), ?) > 0) OR (fold(t."name") >= ?
  AND fold(t."name") < ?) OR (EXISTS (SELECT 1 FROM json_each(t."tags") WHERE value = ?)) OR (t."arr" IS NULL OR t."arr" < ?))
ORDER BY t."_id" ASC
-- [t1 100% ac ad vip 10000]

