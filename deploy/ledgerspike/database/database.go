// Package database is the ledger spike's way to a ledger: a fresh database on
// SQLite or MariaDB with the migrated schema, sessions on it with their
// statements, and a meter of what they cost. It may import
// server/store/migration and nothing else of the product.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/karezflow/karez/server/store/migration"
)

// Config says where a ledger goes and how it is set up.
type Config struct {
	DB     string // "sqlite", or mysql://user:password@host:port/name
	Dir    string // SQLite: the folder of the file
	Suffix string // MariaDB: what the database's name gets appended

	DDL        map[string][]string // what runs after the migration, by dialect
	Checkpoint int                 // SQLite wal_autocheckpoint, pages
	Cache      int                 // SQLite cache_size, MiB
	PageSize   int                 // SQLite page_size, bytes
}

// DB is one fresh ledger.
type DB struct {
	db      *sql.DB
	dialect migration.Dialect
	path    string // SQLite: the file
	remove  func() error
}

// Open creates an empty ledger.
func Open(ctx context.Context, c Config) (*DB, error) {
	var d *DB
	var err error
	if c.DB == "sqlite" {
		d, err = openSQLite(c)
	} else {
		d, err = openMySQL(ctx, c.DB, c.Suffix)
	}
	if err != nil {
		return nil, err
	}
	if err := d.migrate(ctx, c.DDL); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func openSQLite(c Config) (*DB, error) {
	dir, err := os.MkdirTemp(c.Dir, "ledgerspike")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "ledger.db")
	pragmas := url.Values{"_pragma": {
		fmt.Sprintf("page_size(%d)", c.PageSize), "journal_mode(wal)", "synchronous(full)",
		fmt.Sprintf("cache_size(%d)", -1024*c.Cache), fmt.Sprintf("wal_autocheckpoint(%d)", c.Checkpoint),
		"temp_store(memory)",
	}}
	db, err := sql.Open("sqlite", "file:"+path+"?"+pragmas.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // one writer
	return &DB{db: db, dialect: migration.SQLite, path: path, remove: func() error { return os.RemoveAll(dir) }}, nil
}

func openMySQL(ctx context.Context, dsn, suffix string) (d *DB, err error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "mysql" || u.User == nil {
		return nil, errors.New("a database is sqlite or mysql://user:password@host:port/name")
	}
	c := mysql.NewConfig()
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	c.Net, c.Addr, c.DBName = "tcp", u.Host, strings.TrimPrefix(u.Path, "/")+suffix
	c.InterpolateParams, c.ClientFoundRows = true, true
	// The client closes locks early; REPEATABLE READ would add gap locks that
	// nothing here needs.
	c.Params = map[string]string{"tx_isolation": "'READ-COMMITTED'"}

	name := c.DBName
	c.DBName = ""
	server, err := connect(c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	for _, q := range []string{"DROP DATABASE IF EXISTS " + name, "CREATE DATABASE " + name + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"} {
		if _, err := server.ExecContext(ctx, q); err != nil {
			return nil, err
		}
	}
	c.DBName = name
	db, err := connect(c)
	if err != nil {
		return nil, err
	}
	drop := func() (err error) {
		server, err := connect(c)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.Close()) }()
		_, err = server.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name)
		return err
	}
	return &DB{db: db, dialect: migration.MySQL, remove: drop}, nil
}

func connect(c *mysql.Config) (*sql.DB, error) {
	connector, err := mysql.NewConnector(c.Clone())
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func (d *DB) migrate(ctx context.Context, ddl map[string][]string) error {
	files, err := migration.Files(d.dialect)
	if err != nil {
		return err
	}
	dialect := goose.DialectMySQL
	if d.SQLite() {
		dialect = goose.DialectSQLite3
	}
	p, err := goose.NewProvider(dialect, d.db, files)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return err
	}
	for _, q := range ddl[string(d.dialect)] {
		if _, err := d.db.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("%w in %.120s", err, q)
		}
	}
	return nil
}

// Dialect names the kind of database: "sqlite" or "mysql".
func (d *DB) Dialect() string { return string(d.dialect) }

// SQLite tells whether one writer at a time is all there is.
func (d *DB) SQLite() bool { return d.dialect == migration.SQLite }

// Close ends the connections and drops the ledger.
func (d *DB) Close() error { return errors.Join(d.db.Close(), d.remove()) }
