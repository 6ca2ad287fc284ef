CREATE TABLE "companies" (
    "tenant_id" text COLLATE "C" NOT NULL,
    "_id" text COLLATE "C" NOT NULL,
    "name" text COLLATE "C",
    "owner" text COLLATE "C",
    "co_owner" text COLLATE "C",
    "external_id" text COLLATE "C",
    "source_id" text COLLATE "C",
    "phase" text COLLATE "C",
    "status" text COLLATE "C",
    "domains" jsonb,
    "h" bigint,
    "h_profile" text COLLATE "C",
    "csm_score" double precision,
    "csm_score_log" jsonb,
    "description" text COLLATE "C",
    "address" text COLLATE "C",
    "country" text COLLATE "C",
    "city" text COLLATE "C",
    "zip" text COLLATE "C",
    "web" text COLLATE "C",
    "tags" jsonb,
    "followers" jsonb,
    "collaborators" jsonb,
    "products" jsonb,
    "mr" double precision,
    "mrr" double precision,
    "arr" double precision,
    "mr_total" double precision,
    "mrr_total" double precision,
    "nrr30" double precision,
    "nrr_total" double precision,
    "renewal_mrr" double precision,
    "renewal_arr" double precision,
    "renewal_date" timestamptz,
    "renewal_days_from_now" bigint,
    "last_renewal" timestamptz,
    "auto_renews" boolean,
    "customer_from" timestamptz,
    "customer_to" timestamptz,
    "phase_since" timestamptz,
    "days_in_phase" bigint,
    "last_touch" timestamptz,
    "last_touch_time" timestamptz,
    "last_touch_type" text COLLATE "C",
    "last_touch_by_type" jsonb,
    "next_touch" timestamptz,
    "next_touch_date" timestamptz,
    "last_active" timestamptz,
    "last_active_time" timestamptz,
    "last_activities" jsonb,
    "usage" jsonb,
    "features" jsonb,
    "sunits" jsonb,
    "alerts" jsonb,
    "documents" jsonb,
    "links" jsonb,
    "shareable" jsonb,
    "nps" double precision,
    "sentiment_score" double precision,
    "h_diff" double precision,
    "h_diff_date" timestamptz,
    "head_id" text COLLATE "C",
    "org_root_id" text COLLATE "C",
    "org_path" text COLLATE "C",
    "org_level" text COLLATE "C",
    "org_units" text COLLATE "C",
    "org_count" bigint,
    "org_path_count" bigint,
    "org_mrr" double precision,
    "org_arr" double precision,
    "org_arr_total" double precision,
    "org_independent" boolean,
    "slug" text COLLATE "C",
    "create_date" timestamptz,
    "created_at" timestamptz,
    "updated_at" timestamptz,
    "last_updated" timestamptz,
    "custom" jsonb,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "companies_name_order" ON "companies" (tenant_id, (replace(lower("name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "name", _id);

CREATE INDEX "companies_name_exact" ON "companies" (tenant_id, "name");

CREATE INDEX "companies_owner_title" ON "companies" (tenant_id, "owner", (replace(lower("name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "name", _id);

CREATE INDEX "companies_co_owner_title" ON "companies" (tenant_id, "co_owner", (replace(lower("name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "name", _id);

CREATE UNIQUE INDEX "companies_external_id_unique" ON "companies" (tenant_id, "external_id");

CREATE INDEX "companies_external_id_order" ON "companies" (tenant_id, (replace(lower("external_id" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "external_id", _id);

CREATE UNIQUE INDEX "companies_source_id_unique" ON "companies" (tenant_id, "source_id");

CREATE INDEX "companies_source_id_order" ON "companies" (tenant_id, (replace(lower("source_id" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "source_id", _id);

CREATE INDEX "companies_phase_exact" ON "companies" (tenant_id, "phase");

CREATE INDEX "companies_phase_order" ON "companies" (tenant_id, (replace(lower("phase" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "phase", _id);

CREATE INDEX "companies_status_exact" ON "companies" (tenant_id, "status");

CREATE INDEX "companies_status_order" ON "companies" (tenant_id, (replace(lower("status" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "status", _id);

CREATE INDEX "companies_h_value" ON "companies" (tenant_id, "h", _id);

CREATE INDEX "companies_renewal_date_value" ON "companies" (tenant_id, "renewal_date", _id);

CREATE INDEX "companies_head_id_title" ON "companies" (tenant_id, "head_id", (replace(lower("name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "name", _id);

CREATE INDEX "companies_org_root_id_title" ON "companies" (tenant_id, "org_root_id", (replace(lower("name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "name", _id);

CREATE TABLE "endusers" (
    "tenant_id" text COLLATE "C" NOT NULL,
    "_id" text COLLATE "C" NOT NULL,
    "email" text COLLATE "C",
    "first_name" text COLLATE "C",
    "last_name" text COLLATE "C",
    "company_id" text COLLATE "C",
    "external_id" text COLLATE "C",
    "source_id" text COLLATE "C",
    "position" text COLLATE "C",
    "phone" text COLLATE "C",
    "tags" jsonb,
    "featured" boolean,
    "primary" boolean,
    "archived" boolean,
    "shared_notifications_prefs" jsonb,
    "other_emails" jsonb,
    "personas" jsonb,
    "nps_unsubscribed" boolean,
    "nps" bigint,
    "nps_date" timestamptz,
    "nps_sent" timestamptz,
    "nps_comment" text COLLATE "C",
    "beats" double precision,
    "beat_trend" double precision,
    "beats_total" double precision,
    "convs14" double precision,
    "convs_total" double precision,
    "experience" double precision,
    "relevance" double precision,
    "usage" jsonb,
    "last_touch" timestamptz,
    "last_touch_time" timestamptz,
    "last_touch_by_type" jsonb,
    "last_activities" jsonb,
    "related_endusers" jsonb,
    "email_md5" text COLLATE "C",
    "create_date" timestamptz,
    "created_at" timestamptz,
    "updated_at" timestamptz,
    "custom" jsonb,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "endusers_name_order" ON "endusers" (tenant_id, (replace(lower(nullif(substr(coalesce(' ' || nullif("first_name", ''), '') || coalesce(' ' || nullif("last_name", ''), ''), 2), '') COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), (nullif(substr(coalesce(' ' || nullif("first_name", ''), '') || coalesce(' ' || nullif("last_name", ''), ''), 2), '')), _id);

CREATE UNIQUE INDEX "endusers_email_unique" ON "endusers" (tenant_id, "email");

CREATE INDEX "endusers_email_order" ON "endusers" (tenant_id, (replace(lower("email" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "email", _id);

CREATE INDEX "endusers_company_id_title" ON "endusers" (tenant_id, "company_id", (replace(lower(nullif(substr(coalesce(' ' || nullif("first_name", ''), '') || coalesce(' ' || nullif("last_name", ''), ''), 2), '') COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), (nullif(substr(coalesce(' ' || nullif("first_name", ''), '') || coalesce(' ' || nullif("last_name", ''), ''), 2), '')), _id);

CREATE UNIQUE INDEX "endusers_external_id_unique" ON "endusers" (tenant_id, "external_id");

CREATE INDEX "endusers_external_id_order" ON "endusers" (tenant_id, (replace(lower("external_id" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "external_id", _id);

CREATE UNIQUE INDEX "endusers_source_id_unique" ON "endusers" (tenant_id, "source_id");

CREATE INDEX "endusers_source_id_order" ON "endusers" (tenant_id, (replace(lower("source_id" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "source_id", _id);

CREATE TABLE "assets" (
    "tenant_id" text COLLATE "C" NOT NULL,
    "_id" text COLLATE "C" NOT NULL,
    "company_id" text COLLATE "C",
    "external_id" text COLLATE "C",
    "source_id" text COLLATE "C",
    "name" text COLLATE "C",
    "serial_number" text COLLATE "C",
    "value" double precision,
    "_currency" text COLLATE "C",
    "install_date" text COLLATE "C",
    "status" text COLLATE "C",
    "owner_id" text COLLATE "C",
    "followers" jsonb,
    "created_at" timestamptz,
    "updated_at" timestamptz,
    "custom" jsonb,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "assets_name_order" ON "assets" (tenant_id, (replace(lower("name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "name", _id);

CREATE INDEX "assets_company_id_title" ON "assets" (tenant_id, "company_id", (replace(lower("name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "name", _id);

CREATE UNIQUE INDEX "assets_external_id_unique" ON "assets" (tenant_id, "external_id");

CREATE INDEX "assets_external_id_order" ON "assets" (tenant_id, (replace(lower("external_id" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "external_id", _id);

CREATE UNIQUE INDEX "assets_source_id_unique" ON "assets" (tenant_id, "source_id");

CREATE INDEX "assets_source_id_order" ON "assets" (tenant_id, (replace(lower("source_id" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "source_id", _id);

CREATE INDEX "assets_name_exact" ON "assets" (tenant_id, "name");

CREATE INDEX "assets_status_exact" ON "assets" (tenant_id, "status");

CREATE INDEX "assets_status_order" ON "assets" (tenant_id, (replace(lower("status" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "status", _id);

CREATE INDEX "assets_owner_id_title" ON "assets" (tenant_id, "owner_id", (replace(lower("name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "name", _id);

CREATE TABLE "licenses" (
    "tenant_id" text COLLATE "C" NOT NULL,
    "_id" text COLLATE "C" NOT NULL,
    "product" text COLLATE "C",
    "_currency" text COLLATE "C",
    "company_id" text COLLATE "C",
    "external_id" text COLLATE "C",
    "source_id" text COLLATE "C",
    "from_date" text COLLATE "C",
    "to_date" text COLLATE "C",
    "fixed_period" boolean,
    "to_date_included" boolean,
    "value" double precision,
    "mrr" double precision,
    "arr" double precision,
    "length" double precision,
    "renewal_status" text COLLATE "C",
    "status" text COLLATE "C",
    "auto_renews" boolean,
    "renewal_period" bigint,
    "renewal_unit" text COLLATE "C",
    "renewal_date" timestamptz,
    "renewal_days_from_now" bigint,
    "renewal_mrr" double precision,
    "renewal_arr" double precision,
    "notice_period" bigint,
    "notice_unit" text COLLATE "C",
    "is_overdue" boolean,
    "invoice_cycle" text COLLATE "C",
    "invoice_cycle_interval" bigint,
    "invoice_muted" boolean,
    "invoices_generated" boolean,
    "parent" text COLLATE "C",
    "fc_new_mrr" double precision,
    "fc_new_arr" double precision,
    "fc_new_mrr_optimistic" double precision,
    "fc_new_mrr_pessimistic" double precision,
    "fc_new_arr_optimistic" double precision,
    "fc_new_arr_pessimistic" double precision,
    "fc_new_start_date" timestamptz,
    "issues" jsonb,
    "created_at" timestamptz,
    "updated_at" timestamptz,
    "custom" jsonb,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "licenses_product_order" ON "licenses" (tenant_id, (replace(lower("product" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "product", _id);

CREATE INDEX "licenses_product_exact" ON "licenses" (tenant_id, "product");

CREATE INDEX "licenses_company_id_title" ON "licenses" (tenant_id, "company_id", (replace(lower("product" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "product", _id);

CREATE UNIQUE INDEX "licenses_external_id_unique" ON "licenses" (tenant_id, "external_id");

CREATE INDEX "licenses_external_id_order" ON "licenses" (tenant_id, (replace(lower("external_id" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "external_id", _id);

CREATE UNIQUE INDEX "licenses_source_id_unique" ON "licenses" (tenant_id, "source_id");

CREATE INDEX "licenses_source_id_order" ON "licenses" (tenant_id, (replace(lower("source_id" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "source_id", _id);

CREATE INDEX "licenses_renewal_status_exact" ON "licenses" (tenant_id, "renewal_status");

CREATE INDEX "licenses_renewal_status_order" ON "licenses" (tenant_id, (replace(lower("renewal_status" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "renewal_status", _id);

CREATE INDEX "licenses_status_exact" ON "licenses" (tenant_id, "status");

CREATE INDEX "licenses_status_order" ON "licenses" (tenant_id, (replace(lower("status" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "status", _id);

CREATE INDEX "licenses_renewal_date_value" ON "licenses" (tenant_id, "renewal_date", _id);

CREATE INDEX "licenses_parent_title" ON "licenses" (tenant_id, "parent", (replace(lower("product" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "product", _id);

CREATE TABLE "conversations" (
    "tenant_id" text COLLATE "C" NOT NULL,
    "_id" text COLLATE "C" NOT NULL,
    "subject" text COLLATE "C",
    "company_id" text COLLATE "C",
    "description" text COLLATE "C",
    "snippet" text COLLATE "C",
    "date" timestamptz,
    "out_date" timestamptz,
    "create_date" timestamptz,
    "type" text COLLATE "C",
    "users" jsonb,
    "endusers" jsonb,
    "external_id" text COLLATE "C",
    "activity_tags" jsonb,
    "starred" boolean,
    "pinned" boolean,
    "email_template_ids" jsonb,
    "is_open" boolean,
    "tags" jsonb,
    "waits_to_be_filtered" boolean,
    "time_bucket" jsonb,
    "archived" boolean,
    "number_of_parts" bigint,
    "number_of_relevant_parts" bigint,
    "sender" jsonb,
    "has_more" boolean,
    "is_seen" boolean,
    "has_attachments" boolean,
    "is_custom_type" boolean,
    "assignee_name" text COLLATE "C",
    "start_date" text COLLATE "C",
    "end_date" text COLLATE "C",
    "transcript" text COLLATE "C",
    "category" text COLLATE "C",
    "source" text COLLATE "C",
    "task_id" text COLLATE "C",
    "created_at" timestamptz,
    "updated_at" timestamptz,
    "custom" jsonb,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "conversations_subject_order" ON "conversations" (tenant_id, (replace(lower("subject" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "subject", _id);

CREATE INDEX "conversations_subject_exact" ON "conversations" (tenant_id, "subject");

CREATE INDEX "conversations_company_id_title" ON "conversations" (tenant_id, "company_id", (replace(lower("subject" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "subject", _id);

CREATE INDEX "conversations_date_value" ON "conversations" (tenant_id, "date", _id);

CREATE INDEX "conversations_type_exact" ON "conversations" (tenant_id, "type");

CREATE INDEX "conversations_type_order" ON "conversations" (tenant_id, (replace(lower("type" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "type", _id);

CREATE UNIQUE INDEX "conversations_external_id_unique" ON "conversations" (tenant_id, "external_id");

CREATE INDEX "conversations_external_id_order" ON "conversations" (tenant_id, (replace(lower("external_id" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "external_id", _id);

CREATE INDEX "conversations_task_id_title" ON "conversations" (tenant_id, "task_id", (replace(lower("subject" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "subject", _id);

CREATE TABLE "tasks" (
    "tenant_id" text COLLATE "C" NOT NULL,
    "_id" text COLLATE "C" NOT NULL,
    "main_type" text COLLATE "C",
    "company_id" text COLLATE "C",
    "start_time" timestamptz,
    "end_time" timestamptz,
    "date_done" timestamptz,
    "action" text COLLATE "C",
    "description" text COLLATE "C",
    "repeat" text COLLATE "C",
    "repeat_days" bigint,
    "type" text COLLATE "C",
    "owner_id" text COLLATE "C",
    "owner_type" text COLLATE "C",
    "status" text COLLATE "C",
    "snippet" text COLLATE "C",
    "is_archived" boolean,
    "shared" boolean,
    "no_specific_time" boolean,
    "overdue_notified" boolean,
    "activity_tags" jsonb,
    "users" jsonb,
    "endusers" jsonb,
    "checklist" jsonb,
    "done_by" text COLLATE "C",
    "external_id" text COLLATE "C",
    "source_id" text COLLATE "C",
    "note_id" text COLLATE "C",
    "workflow_id" text COLLATE "C",
    "workflow_name" text COLLATE "C",
    "workflow_template_id" text COLLATE "C",
    "workflow_step_id" text COLLATE "C",
    "workflow_task_id" text COLLATE "C",
    "parent_object" jsonb,
    "path" text COLLATE "C",
    "created_at" timestamptz,
    "updated_at" timestamptz,
    "custom" jsonb,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "tasks_action_order" ON "tasks" (tenant_id, (replace(lower("action" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "action", _id);

CREATE INDEX "tasks_company_id_title" ON "tasks" (tenant_id, "company_id", (replace(lower("action" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "action", _id);

CREATE INDEX "tasks_end_time_value" ON "tasks" (tenant_id, "end_time", _id);

CREATE INDEX "tasks_action_exact" ON "tasks" (tenant_id, "action");

CREATE INDEX "tasks_owner_id_title" ON "tasks" (tenant_id, "owner_id", (replace(lower("action" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "action", _id);

CREATE INDEX "tasks_status_exact" ON "tasks" (tenant_id, "status");

CREATE INDEX "tasks_status_order" ON "tasks" (tenant_id, (replace(lower("status" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "status", _id);

CREATE INDEX "tasks_done_by_title" ON "tasks" (tenant_id, "done_by", (replace(lower("action" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "action", _id);

CREATE UNIQUE INDEX "tasks_external_id_unique" ON "tasks" (tenant_id, "external_id");

CREATE INDEX "tasks_external_id_order" ON "tasks" (tenant_id, (replace(lower("external_id" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "external_id", _id);

CREATE UNIQUE INDEX "tasks_source_id_unique" ON "tasks" (tenant_id, "source_id");

CREATE INDEX "tasks_source_id_order" ON "tasks" (tenant_id, (replace(lower("source_id" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "source_id", _id);

CREATE INDEX "tasks_note_id_title" ON "tasks" (tenant_id, "note_id", (replace(lower("action" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "action", _id);

CREATE TABLE "users" (
    "tenant_id" text COLLATE "C" NOT NULL,
    "_id" text COLLATE "C" NOT NULL,
    "email" text COLLATE "C",
    "nick_name" text COLLATE "C",
    "first_name" text COLLATE "C",
    "last_name" text COLLATE "C",
    "external_id" text COLLATE "C",
    "inactive" boolean,
    "image" jsonb,
    "radar_one_line" boolean,
    "task_filter" jsonb,
    "company_filter" text COLLATE "C",
    "compressed_view" boolean,
    "is_hidden" boolean,
    "notifications_enabled" boolean,
    "create_date" timestamptz,
    "created_at" timestamptz,
    "updated_at" timestamptz,
    "tz_offset" double precision,
    "managers" jsonb,
    "teams" jsonb,
    "is_exposed_as_sender_option" boolean,
    "removed" boolean,
    "default_meeting_length" bigint,
    "default_currency_id" text COLLATE "C",
    "daily_digest" boolean,
    "customer_count" double precision,
    "paying_customer_count" double precision,
    "mrr" double precision,
    "arr" double precision,
    "health_avg" double precision,
    "nps_avg" double precision,
    "nr_open_tasks" double precision,
    "nr_over_due_tasks" double precision,
    "custom" jsonb,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "users_name_order" ON "users" (tenant_id, (replace(lower(nullif(substr(coalesce(' ' || nullif("first_name", ''), '') || coalesce(' ' || nullif("last_name", ''), ''), 2), '') COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), (nullif(substr(coalesce(' ' || nullif("first_name", ''), '') || coalesce(' ' || nullif("last_name", ''), ''), 2), '')), _id);

CREATE UNIQUE INDEX "users_email_unique" ON "users" (tenant_id, "email");

CREATE INDEX "users_email_order" ON "users" (tenant_id, (replace(lower("email" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "email", _id);

CREATE UNIQUE INDEX "users_external_id_unique" ON "users" (tenant_id, "external_id");

CREATE INDEX "users_external_id_order" ON "users" (tenant_id, (replace(lower("external_id" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "external_id", _id);

CREATE TABLE "teams" (
    "tenant_id" text COLLATE "C" NOT NULL,
    "_id" text COLLATE "C" NOT NULL,
    "name" text COLLATE "C",
    "description" text COLLATE "C",
    "external_id" text COLLATE "C",
    "created_at" timestamptz,
    "updated_at" timestamptz,
    "custom" jsonb,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "teams_name_order" ON "teams" (tenant_id, (replace(lower("name" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "name", _id);

CREATE UNIQUE INDEX "teams_name_unique" ON "teams" (tenant_id, "name");

CREATE UNIQUE INDEX "teams_external_id_unique" ON "teams" (tenant_id, "external_id");

CREATE INDEX "teams_external_id_order" ON "teams" (tenant_id, (replace(lower("external_id" COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C"), "external_id", _id);
