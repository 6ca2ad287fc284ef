package sqlstore

import "context"

// memberProperties are the properties of a User record that a membership is made of: the columns u.… of memberColumns.
var memberProperties = []string{"firstName", "lastName", "inactive", "teams"}

// movePeople moves the version of the tenant's people, inside the transaction that changes a User record, a membership, a role or who has
// one. Until that ends, nobody else can move it, so whoever reads the version reads the state that belongs to it. The version keeps up with
// the clock, so that a restored backup does not come to a number that stood for something else before.
func (s *Store) movePeople(ctx context.Context, tenant string) error {
	_, err := s.exec(ctx, `UPDATE sys_tenant SET people_version = CASE WHEN people_version < `+s.d.Now+` THEN `+s.d.Now+` ELSE people_version + 1 END
		WHERE id = ?`, tenant)
	return err
}
