package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/store/migration"
)

// Migrate brings the schema to this program's version. Of several processes that
// start at once one migrates and the others wait: SQLite by its lock file, MySQL
// by a named lock of the server.
func (db *DB) Migrate(ctx context.Context) error {
	provider, handle, err := db.provider(ctx)
	if err != nil {
		return err
	}
	if db.dialect == MySQL {
		unlock, err := mysqlLock(ctx, handle)
		if err != nil {
			return err
		}
		defer unlock()
	}
	have, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fault.Wrap(err, "store.migration_failed", "the schema's version is unknown").Classed(fault.Transient)
	}
	sources := provider.ListSources()
	if newest := sources[len(sources)-1].Version; have > newest {
		return fault.New("store.schema_newer", "the database has schema %d, this program knows %d", have, newest).Classed(fault.Config).
			Hinted("run the program's newer version")
	}
	if _, err := provider.Up(ctx); err != nil {
		return fault.Wrap(err, "store.migration_failed", "the schema could not be brought up to date").Classed(fault.Config).
			Hinted("restore the backup, or ask for help with this message")
	}
	return nil
}

// SchemaVersion gives the number of the last migration.
func (db *DB) SchemaVersion(ctx context.Context) (int64, error) {
	provider, _, err := db.provider(ctx)
	if err != nil {
		return 0, err
	}
	return provider.GetDBVersion(ctx)
}

// Pending reports whether the program knows migrations that the database has not seen.
func (db *DB) Pending(ctx context.Context) (bool, error) {
	provider, _, err := db.provider(ctx)
	if err != nil {
		return false, err
	}
	return provider.HasPending(ctx)
}

func (db *DB) provider(_ context.Context) (*goose.Provider, *sql.DB, error) {
	dialects := map[Dialect]struct {
		goose database.Dialect
		files migration.Dialect
	}{SQLite: {database.DialectSQLite3, migration.SQLite}, MySQL: {database.DialectMySQL, migration.MySQL}}
	files, err := migration.Files(dialects[db.dialect].files)
	if err != nil {
		return nil, nil, err
	}
	handle, err := db.read.DB()
	if err != nil {
		return nil, nil, err
	}
	provider, err := goose.NewProvider(dialects[db.dialect].goose, handle, files)
	if err != nil {
		return nil, nil, fault.Wrap(err, "store.migration_failed", "the migrations can't be read").Classed(fault.Internal)
	}
	return provider, handle, nil
}

// migrationLock is named by a hash: a lock's name holds 64 characters, as the database's does.
const migrationLock = "CONCAT('karez.migrate.', SHA1(DATABASE()))"

// mysqlLock takes the server's lock for migrations on a connection of its own.
func mysqlLock(ctx context.Context, handle *sql.DB) (func(), error) {
	conn, err := handle.Conn(ctx)
	if err != nil {
		return nil, fault.Wrap(err, "store.unreachable", "the database does not answer").Classed(fault.Transient)
	}
	// It says nothing for as long as the migrations take.
	if _, err := conn.ExecContext(ctx, "SET SESSION wait_timeout = 28800"); err != nil {
		return nil, errors.Join(fault.Wrap(err, "store.unreachable", "the database does not answer").Classed(fault.Transient), conn.Close())
	}
	var got sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+migrationLock+", 100)").Scan(&got); err != nil || got.Int64 != 1 {
		return nil, errors.Join(fault.New("store.migration_locked", "another process is migrating the database").Classed(fault.Transient), err, conn.Close())
	}
	return func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT RELEASE_LOCK("+migrationLock+")") // ends with the connection anyway
		_ = conn.Close()
	}, nil
}

// Diagnose lists settings of the database under which promises are weaker.
func (db *DB) Diagnose(ctx context.Context) []*fault.Fault {
	if db.dialect == SQLite {
		return nil
	}
	var rows []struct {
		Name  string `gorm:"column:Variable_name"`
		Value string
	}
	const query = "SHOW VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit', 'sync_binlog', 'log_bin', 'read_only', 'wsrep_on')"
	if err := db.Read(ctx).Raw(query).Scan(&rows).Error; err != nil {
		return []*fault.Fault{fault.Wrap(err, "store.unreachable", "the database does not answer").Classed(fault.Transient)}
	}
	set := map[string]string{}
	for _, r := range rows {
		set[r.Name] = r.Value
	}
	var found []*fault.Fault
	for _, name := range []string{"innodb_flush_log_at_trx_commit", "sync_binlog"} {
		// Without a binary log there is nothing to flush to it.
		if set[name] != "1" && (name != "sync_binlog" || set["log_bin"] == "ON") {
			found = append(found, fault.New("store.weak_durability", "%s is %s: a power cut may lose commits", name, set[name]).
				Hinted("set %s = 1", name))
		}
	}
	if set["read_only"] == "ON" {
		found = append(found, fault.New("store.server_read_only", "the database takes no changes now").Classed(fault.Transient).
			Hinted("what is stored can be read; writing goes on when the server is no longer read-only"))
	}
	if set["wsrep_on"] == "ON" {
		found = append(found, fault.New("store.galera", "the database is a Galera cluster, which loses commits where several servers write").
			Hinted("let all processes use one and the same server of it"))
	}
	return found
}

// Version names the database's program and its version.
func (db *DB) Version(ctx context.Context) (string, error) {
	query, program := "SELECT sqlite_version()", "SQLite"
	if db.dialect == MySQL {
		query, program = "SELECT VERSION()", "MySQL"
	}
	var version string
	if err := db.Read(ctx).Raw(query).Scan(&version).Error; err != nil {
		return "", fault.Wrap(err, "store.unreachable", "the database does not answer").Classed(fault.Transient)
	}
	if strings.Contains(version, "MariaDB") {
		program = "MariaDB"
	}
	return program + " " + version, nil
}
