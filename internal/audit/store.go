package audit

import "context"

// Store keeps the log.
type Store interface {
	// AppendAudit adds entries within the transaction that ctx carries, or in one of its own. It sets an empty ID.
	AppendAudit(ctx context.Context, entries ...Entry) error
	// RecordAudit lists the newest entries about one record, newest first, at most limit.
	RecordAudit(ctx context.Context, tenant, modelName, record string, limit int) ([]Entry, error)
	// TenantAudit lists the newest entries of a tenant whose act begins with prefix, newest first, at most limit.
	TenantAudit(ctx context.Context, tenant, prefix string, limit int) ([]Entry, error)
}
