// What oidc-provider keeps, in a SQLite file that is written as ours is: a write-ahead log, and on disk before a write returns. One table for all
// models, statements prepared once, each call of the library one statement.
import { DatabaseSync } from 'node:sqlite';

export function durable(file) {
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA journal_mode = wal; PRAGMA synchronous = full; PRAGMA cache_size = -16000; PRAGMA temp_store = memory;
    CREATE TABLE entry (key TEXT PRIMARY KEY, payload TEXT NOT NULL, grant_id TEXT, uid TEXT, user_code TEXT, consumed INTEGER, expires INTEGER) WITHOUT ROWID;
    CREATE INDEX entry_grant ON entry (grant_id) WHERE grant_id IS NOT NULL;
    CREATE INDEX entry_uid ON entry (uid) WHERE uid IS NOT NULL;
    CREATE INDEX entry_user_code ON entry (user_code) WHERE user_code IS NOT NULL;`);
  const put = db.prepare('INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, NULL, ?)');
  const get = Object.fromEntries(['key', 'uid', 'user_code'].map((by) => [by, db.prepare(`SELECT payload, consumed, expires FROM entry WHERE ${by} = ?`)]));
  const consume = db.prepare('UPDATE entry SET consumed = ? WHERE key = ?');
  const destroy = db.prepare('DELETE FROM entry WHERE key = ?');
  const revoke = db.prepare('DELETE FROM entry WHERE grant_id = ?');
  const now = () => Math.floor(Date.now() / 1000);

  return class {
    constructor(model) { this.model = model; }

    key(id) { return `${this.model}:${id}`; }

    find(id) { return this.read('key', this.key(id)); }

    findByUid(uid) { return this.read('uid', uid); }

    findByUserCode(code) { return this.read('user_code', code); }

    async read(by, value) {
      const row = get[by].get(value);
      if (!row || (row.expires && row.expires <= now())) return undefined;
      return { ...JSON.parse(row.payload), ...(row.consumed && { consumed: row.consumed }) };
    }

    async upsert(id, payload, expiresIn) {
      put.run(this.key(id), JSON.stringify(payload), payload.grantId ?? null, payload.uid ?? null, payload.userCode ?? null, expiresIn ? now() + expiresIn : null);
    }

    async consume(id) { consume.run(now(), this.key(id)); }

    async destroy(id) { destroy.run(this.key(id)); }

    async revokeByGrantId(id) { revoke.run(id); }
  };
}
