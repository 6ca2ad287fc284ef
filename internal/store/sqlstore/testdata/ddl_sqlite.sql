CREATE TABLE "companies" (
    "tenant_id" TEXT NOT NULL,
    "_id" TEXT NOT NULL,
    "name" TEXT,
    "owner" TEXT,
    "co_owner" TEXT,
    "external_id" TEXT,
    "source_id" TEXT,
    "phase" TEXT,
    "status" TEXT,
    "domains" TEXT,
    "h" INTEGER,
    "h_profile" TEXT,
    "csm_score" REAL,
    "csm_score_log" TEXT,
    "description" TEXT,
    "address" TEXT,
    "country" TEXT,
    "city" TEXT,
    "zip" TEXT,
    "web" TEXT,
    "tags" TEXT,
    "followers" TEXT,
    "collaborators" TEXT,
    "products" TEXT,
    "mr" REAL,
    "mrr" REAL,
    "arr" REAL,
    "mr_total" REAL,
    "mrr_total" REAL,
    "nrr30" REAL,
    "nrr_total" REAL,
    "renewal_mrr" REAL,
    "renewal_arr" REAL,
    "renewal_date" TEXT,
    "renewal_days_from_now" INTEGER,
    "last_renewal" TEXT,
    "auto_renews" INTEGER,
    "customer_from" TEXT,
    "customer_to" TEXT,
    "phase_since" TEXT,
    "days_in_phase" INTEGER,
    "last_touch" TEXT,
    "last_touch_time" TEXT,
    "last_touch_type" TEXT,
    "last_touch_by_type" TEXT,
    "next_touch" TEXT,
    "next_touch_date" TEXT,
    "last_active" TEXT,
    "last_active_time" TEXT,
    "last_activities" TEXT,
    "usage" TEXT,
    "features" TEXT,
    "sunits" TEXT,
    "alerts" TEXT,
    "documents" TEXT,
    "links" TEXT,
    "shareable" TEXT,
    "nps" REAL,
    "sentiment_score" REAL,
    "h_diff" REAL,
    "h_diff_date" TEXT,
    "head_id" TEXT,
    "org_root_id" TEXT,
    "org_path" TEXT,
    "org_level" TEXT,
    "org_units" TEXT,
    "org_count" INTEGER,
    "org_path_count" INTEGER,
    "org_mrr" REAL,
    "org_arr" REAL,
    "org_arr_total" REAL,
    "org_independent" INTEGER,
    "slug" TEXT,
    "create_date" TEXT,
    "created_at" TEXT,
    "updated_at" TEXT,
    "last_updated" TEXT,
    "custom" TEXT,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "companies_name_order" ON "companies" (tenant_id, fold("name"), "name", _id);

CREATE INDEX "companies_name_exact" ON "companies" (tenant_id, "name");

CREATE INDEX "companies_owner_title" ON "companies" (tenant_id, "owner", fold("name"), "name", _id);

CREATE INDEX "companies_co_owner_title" ON "companies" (tenant_id, "co_owner", fold("name"), "name", _id);

CREATE UNIQUE INDEX "companies_external_id_unique" ON "companies" (tenant_id, "external_id");

CREATE INDEX "companies_external_id_order" ON "companies" (tenant_id, fold("external_id"), "external_id", _id);

CREATE UNIQUE INDEX "companies_source_id_unique" ON "companies" (tenant_id, "source_id");

CREATE INDEX "companies_source_id_order" ON "companies" (tenant_id, fold("source_id"), "source_id", _id);

CREATE INDEX "companies_phase_exact" ON "companies" (tenant_id, "phase");

CREATE INDEX "companies_phase_order" ON "companies" (tenant_id, fold("phase"), "phase", _id);

CREATE INDEX "companies_status_exact" ON "companies" (tenant_id, "status");

CREATE INDEX "companies_status_order" ON "companies" (tenant_id, fold("status"), "status", _id);

CREATE INDEX "companies_h_value" ON "companies" (tenant_id, "h", _id);

CREATE INDEX "companies_renewal_date_value" ON "companies" (tenant_id, "renewal_date", _id);

CREATE INDEX "companies_head_id_title" ON "companies" (tenant_id, "head_id", fold("name"), "name", _id);

CREATE INDEX "companies_org_root_id_title" ON "companies" (tenant_id, "org_root_id", fold("name"), "name", _id);

CREATE TABLE "endusers" (
    "tenant_id" TEXT NOT NULL,
    "_id" TEXT NOT NULL,
    "email" TEXT,
    "first_name" TEXT,
    "last_name" TEXT,
    "company_id" TEXT,
    "external_id" TEXT,
    "source_id" TEXT,
    "position" TEXT,
    "phone" TEXT,
    "tags" TEXT,
    "featured" INTEGER,
    "primary" INTEGER,
    "archived" INTEGER,
    "shared_notifications_prefs" TEXT,
    "other_emails" TEXT,
    "personas" TEXT,
    "nps_unsubscribed" INTEGER,
    "nps" INTEGER,
    "nps_date" TEXT,
    "nps_sent" TEXT,
    "nps_comment" TEXT,
    "beats" REAL,
    "beat_trend" REAL,
    "beats_total" REAL,
    "convs14" REAL,
    "convs_total" REAL,
    "experience" REAL,
    "relevance" REAL,
    "usage" TEXT,
    "last_touch" TEXT,
    "last_touch_time" TEXT,
    "last_touch_by_type" TEXT,
    "last_activities" TEXT,
    "related_endusers" TEXT,
    "email_md5" TEXT,
    "create_date" TEXT,
    "created_at" TEXT,
    "updated_at" TEXT,
    "custom" TEXT,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "endusers_name_order" ON "endusers" (tenant_id, fold(nullif(substr(coalesce(' ' || nullif("first_name", ''), '') || coalesce(' ' || nullif("last_name", ''), ''), 2), '')), (nullif(substr(coalesce(' ' || nullif("first_name", ''), '') || coalesce(' ' || nullif("last_name", ''), ''), 2), '')), _id);

CREATE UNIQUE INDEX "endusers_email_unique" ON "endusers" (tenant_id, "email");

CREATE INDEX "endusers_email_order" ON "endusers" (tenant_id, fold("email"), "email", _id);

CREATE INDEX "endusers_company_id_title" ON "endusers" (tenant_id, "company_id", fold(nullif(substr(coalesce(' ' || nullif("first_name", ''), '') || coalesce(' ' || nullif("last_name", ''), ''), 2), '')), (nullif(substr(coalesce(' ' || nullif("first_name", ''), '') || coalesce(' ' || nullif("last_name", ''), ''), 2), '')), _id);

CREATE UNIQUE INDEX "endusers_external_id_unique" ON "endusers" (tenant_id, "external_id");

CREATE INDEX "endusers_external_id_order" ON "endusers" (tenant_id, fold("external_id"), "external_id", _id);

CREATE UNIQUE INDEX "endusers_source_id_unique" ON "endusers" (tenant_id, "source_id");

CREATE INDEX "endusers_source_id_order" ON "endusers" (tenant_id, fold("source_id"), "source_id", _id);

CREATE TABLE "assets" (
    "tenant_id" TEXT NOT NULL,
    "_id" TEXT NOT NULL,
    "company_id" TEXT,
    "external_id" TEXT,
    "source_id" TEXT,
    "name" TEXT,
    "serial_number" TEXT,
    "value" REAL,
    "_currency" TEXT,
    "install_date" TEXT,
    "status" TEXT,
    "owner_id" TEXT,
    "followers" TEXT,
    "created_at" TEXT,
    "updated_at" TEXT,
    "custom" TEXT,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "assets_name_order" ON "assets" (tenant_id, fold("name"), "name", _id);

CREATE INDEX "assets_company_id_title" ON "assets" (tenant_id, "company_id", fold("name"), "name", _id);

CREATE UNIQUE INDEX "assets_external_id_unique" ON "assets" (tenant_id, "external_id");

CREATE INDEX "assets_external_id_order" ON "assets" (tenant_id, fold("external_id"), "external_id", _id);

CREATE UNIQUE INDEX "assets_source_id_unique" ON "assets" (tenant_id, "source_id");

CREATE INDEX "assets_source_id_order" ON "assets" (tenant_id, fold("source_id"), "source_id", _id);

CREATE INDEX "assets_name_exact" ON "assets" (tenant_id, "name");

CREATE INDEX "assets_status_exact" ON "assets" (tenant_id, "status");

CREATE INDEX "assets_status_order" ON "assets" (tenant_id, fold("status"), "status", _id);

CREATE INDEX "assets_owner_id_title" ON "assets" (tenant_id, "owner_id", fold("name"), "name", _id);

CREATE TABLE "licenses" (
    "tenant_id" TEXT NOT NULL,
    "_id" TEXT NOT NULL,
    "product" TEXT,
    "_currency" TEXT,
    "company_id" TEXT,
    "external_id" TEXT,
    "source_id" TEXT,
    "from_date" TEXT,
    "to_date" TEXT,
    "fixed_period" INTEGER,
    "to_date_included" INTEGER,
    "value" REAL,
    "mrr" REAL,
    "arr" REAL,
    "length" REAL,
    "renewal_status" TEXT,
    "status" TEXT,
    "auto_renews" INTEGER,
    "renewal_period" INTEGER,
    "renewal_unit" TEXT,
    "renewal_date" TEXT,
    "renewal_days_from_now" INTEGER,
    "renewal_mrr" REAL,
    "renewal_arr" REAL,
    "notice_period" INTEGER,
    "notice_unit" TEXT,
    "is_overdue" INTEGER,
    "invoice_cycle" TEXT,
    "invoice_cycle_interval" INTEGER,
    "invoice_muted" INTEGER,
    "invoices_generated" INTEGER,
    "parent" TEXT,
    "fc_new_mrr" REAL,
    "fc_new_arr" REAL,
    "fc_new_mrr_optimistic" REAL,
    "fc_new_mrr_pessimistic" REAL,
    "fc_new_arr_optimistic" REAL,
    "fc_new_arr_pessimistic" REAL,
    "fc_new_start_date" TEXT,
    "issues" TEXT,
    "created_at" TEXT,
    "updated_at" TEXT,
    "custom" TEXT,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "licenses_product_order" ON "licenses" (tenant_id, fold("product"), "product", _id);

CREATE INDEX "licenses_product_exact" ON "licenses" (tenant_id, "product");

CREATE INDEX "licenses_company_id_title" ON "licenses" (tenant_id, "company_id", fold("product"), "product", _id);

CREATE UNIQUE INDEX "licenses_external_id_unique" ON "licenses" (tenant_id, "external_id");

CREATE INDEX "licenses_external_id_order" ON "licenses" (tenant_id, fold("external_id"), "external_id", _id);

CREATE UNIQUE INDEX "licenses_source_id_unique" ON "licenses" (tenant_id, "source_id");

CREATE INDEX "licenses_source_id_order" ON "licenses" (tenant_id, fold("source_id"), "source_id", _id);

CREATE INDEX "licenses_renewal_status_exact" ON "licenses" (tenant_id, "renewal_status");

CREATE INDEX "licenses_renewal_status_order" ON "licenses" (tenant_id, fold("renewal_status"), "renewal_status", _id);

CREATE INDEX "licenses_status_exact" ON "licenses" (tenant_id, "status");

CREATE INDEX "licenses_status_order" ON "licenses" (tenant_id, fold("status"), "status", _id);

CREATE INDEX "licenses_renewal_date_value" ON "licenses" (tenant_id, "renewal_date", _id);

CREATE INDEX "licenses_parent_title" ON "licenses" (tenant_id, "parent", fold("product"), "product", _id);

CREATE TABLE "conversations" (
    "tenant_id" TEXT NOT NULL,
    "_id" TEXT NOT NULL,
    "subject" TEXT,
    "company_id" TEXT,
    "description" TEXT,
    "snippet" TEXT,
    "date" TEXT,
    "out_date" TEXT,
    "create_date" TEXT,
    "type" TEXT,
    "users" TEXT,
    "endusers" TEXT,
    "external_id" TEXT,
    "activity_tags" TEXT,
    "starred" INTEGER,
    "pinned" INTEGER,
    "email_template_ids" TEXT,
    "is_open" INTEGER,
    "tags" TEXT,
    "waits_to_be_filtered" INTEGER,
    "time_bucket" TEXT,
    "archived" INTEGER,
    "number_of_parts" INTEGER,
    "number_of_relevant_parts" INTEGER,
    "sender" TEXT,
    "has_more" INTEGER,
    "is_seen" INTEGER,
    "has_attachments" INTEGER,
    "is_custom_type" INTEGER,
    "assignee_name" TEXT,
    "start_date" TEXT,
    "end_date" TEXT,
    "transcript" TEXT,
    "category" TEXT,
    "source" TEXT,
    "task_id" TEXT,
    "created_at" TEXT,
    "updated_at" TEXT,
    "custom" TEXT,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "conversations_subject_order" ON "conversations" (tenant_id, fold("subject"), "subject", _id);

CREATE INDEX "conversations_subject_exact" ON "conversations" (tenant_id, "subject");

CREATE INDEX "conversations_company_id_title" ON "conversations" (tenant_id, "company_id", fold("subject"), "subject", _id);

CREATE INDEX "conversations_date_value" ON "conversations" (tenant_id, "date", _id);

CREATE INDEX "conversations_type_exact" ON "conversations" (tenant_id, "type");

CREATE INDEX "conversations_type_order" ON "conversations" (tenant_id, fold("type"), "type", _id);

CREATE UNIQUE INDEX "conversations_external_id_unique" ON "conversations" (tenant_id, "external_id");

CREATE INDEX "conversations_external_id_order" ON "conversations" (tenant_id, fold("external_id"), "external_id", _id);

CREATE INDEX "conversations_task_id_title" ON "conversations" (tenant_id, "task_id", fold("subject"), "subject", _id);

CREATE TABLE "tasks" (
    "tenant_id" TEXT NOT NULL,
    "_id" TEXT NOT NULL,
    "main_type" TEXT,
    "company_id" TEXT,
    "start_time" TEXT,
    "end_time" TEXT,
    "date_done" TEXT,
    "action" TEXT,
    "description" TEXT,
    "repeat" TEXT,
    "repeat_days" INTEGER,
    "type" TEXT,
    "owner_id" TEXT,
    "owner_type" TEXT,
    "status" TEXT,
    "snippet" TEXT,
    "is_archived" INTEGER,
    "shared" INTEGER,
    "no_specific_time" INTEGER,
    "overdue_notified" INTEGER,
    "activity_tags" TEXT,
    "users" TEXT,
    "endusers" TEXT,
    "checklist" TEXT,
    "done_by" TEXT,
    "external_id" TEXT,
    "source_id" TEXT,
    "note_id" TEXT,
    "workflow_id" TEXT,
    "workflow_name" TEXT,
    "workflow_template_id" TEXT,
    "workflow_step_id" TEXT,
    "workflow_task_id" TEXT,
    "parent_object" TEXT,
    "path" TEXT,
    "created_at" TEXT,
    "updated_at" TEXT,
    "custom" TEXT,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "tasks_action_order" ON "tasks" (tenant_id, fold("action"), "action", _id);

CREATE INDEX "tasks_company_id_title" ON "tasks" (tenant_id, "company_id", fold("action"), "action", _id);

CREATE INDEX "tasks_end_time_value" ON "tasks" (tenant_id, "end_time", _id);

CREATE INDEX "tasks_action_exact" ON "tasks" (tenant_id, "action");

CREATE INDEX "tasks_owner_id_title" ON "tasks" (tenant_id, "owner_id", fold("action"), "action", _id);

CREATE INDEX "tasks_status_exact" ON "tasks" (tenant_id, "status");

CREATE INDEX "tasks_status_order" ON "tasks" (tenant_id, fold("status"), "status", _id);

CREATE INDEX "tasks_done_by_title" ON "tasks" (tenant_id, "done_by", fold("action"), "action", _id);

CREATE UNIQUE INDEX "tasks_external_id_unique" ON "tasks" (tenant_id, "external_id");

CREATE INDEX "tasks_external_id_order" ON "tasks" (tenant_id, fold("external_id"), "external_id", _id);

CREATE UNIQUE INDEX "tasks_source_id_unique" ON "tasks" (tenant_id, "source_id");

CREATE INDEX "tasks_source_id_order" ON "tasks" (tenant_id, fold("source_id"), "source_id", _id);

CREATE INDEX "tasks_note_id_title" ON "tasks" (tenant_id, "note_id", fold("action"), "action", _id);

CREATE TABLE "users" (
    "tenant_id" TEXT NOT NULL,
    "_id" TEXT NOT NULL,
    "email" TEXT,
    "nick_name" TEXT,
    "first_name" TEXT,
    "last_name" TEXT,
    "external_id" TEXT,
    "inactive" INTEGER,
    "image" TEXT,
    "radar_one_line" INTEGER,
    "task_filter" TEXT,
    "company_filter" TEXT,
    "compressed_view" INTEGER,
    "is_hidden" INTEGER,
    "notifications_enabled" INTEGER,
    "create_date" TEXT,
    "created_at" TEXT,
    "updated_at" TEXT,
    "tz_offset" REAL,
    "managers" TEXT,
    "teams" TEXT,
    "is_exposed_as_sender_option" INTEGER,
    "removed" INTEGER,
    "default_meeting_length" INTEGER,
    "default_currency_id" TEXT,
    "daily_digest" INTEGER,
    "customer_count" REAL,
    "paying_customer_count" REAL,
    "mrr" REAL,
    "arr" REAL,
    "health_avg" REAL,
    "nps_avg" REAL,
    "nr_open_tasks" REAL,
    "nr_over_due_tasks" REAL,
    "custom" TEXT,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "users_name_order" ON "users" (tenant_id, fold(nullif(substr(coalesce(' ' || nullif("first_name", ''), '') || coalesce(' ' || nullif("last_name", ''), ''), 2), '')), (nullif(substr(coalesce(' ' || nullif("first_name", ''), '') || coalesce(' ' || nullif("last_name", ''), ''), 2), '')), _id);

CREATE UNIQUE INDEX "users_email_unique" ON "users" (tenant_id, "email");

CREATE INDEX "users_email_order" ON "users" (tenant_id, fold("email"), "email", _id);

CREATE UNIQUE INDEX "users_external_id_unique" ON "users" (tenant_id, "external_id");

CREATE INDEX "users_external_id_order" ON "users" (tenant_id, fold("external_id"), "external_id", _id);

CREATE TABLE "teams" (
    "tenant_id" TEXT NOT NULL,
    "_id" TEXT NOT NULL,
    "name" TEXT,
    "description" TEXT,
    "external_id" TEXT,
    "created_at" TEXT,
    "updated_at" TEXT,
    "custom" TEXT,
    PRIMARY KEY ("tenant_id", "_id")
);

CREATE INDEX "teams_name_order" ON "teams" (tenant_id, fold("name"), "name", _id);

CREATE UNIQUE INDEX "teams_name_unique" ON "teams" (tenant_id, "name");

CREATE UNIQUE INDEX "teams_external_id_unique" ON "teams" (tenant_id, "external_id");

CREATE INDEX "teams_external_id_order" ON "teams" (tenant_id, fold("external_id"), "external_id", _id);
