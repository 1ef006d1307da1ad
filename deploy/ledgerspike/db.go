package main

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

// deadlocked and lockTimeout are MariaDB's answers that ask for the
// transaction to be run again.
const (
	deadlocked  = 1213
	lockTimeout = 1205
)

// database is one fresh ledger.
type database struct {
	*sql.DB
	dialect migration.Dialect
	path    string // SQLite: the file
	remove  func() error
}

// open creates an empty ledger with v's schema.
func open(ctx context.Context, s settings, v variant) (*database, error) {
	var d *database
	var err error
	if s.db == "sqlite" {
		d, err = openSQLite(s.dir, v)
	} else {
		d, err = openMySQL(ctx, s.db, "_spike"+s.suffix)
	}
	if err != nil {
		return nil, err
	}
	if err := d.migrate(ctx, v); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func openSQLite(dir string, v variant) (*database, error) {
	dir, err := os.MkdirTemp(dir, "ledgerspike")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "ledger.db")
	pragmas := url.Values{"_pragma": {
		fmt.Sprintf("page_size(%d)", v.pagesize), "journal_mode(wal)", "synchronous(full)",
		fmt.Sprintf("cache_size(%d)", -1024*v.cache), fmt.Sprintf("wal_autocheckpoint(%d)", v.checkpoint),
		"temp_store(memory)",
	}}
	db, err := sql.Open("sqlite", "file:"+path+"?"+pragmas.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // one writer
	return &database{DB: db, dialect: migration.SQLite, path: path, remove: func() error { return os.RemoveAll(dir) }}, nil
}

func openMySQL(ctx context.Context, dsn, suffix string) (d *database, err error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "mysql" || u.User == nil {
		return nil, errors.New("-db must be sqlite or mysql://user:password@host:port/name")
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
	return &database{DB: db, dialect: migration.MySQL, remove: drop}, nil
}

func connect(c *mysql.Config) (*sql.DB, error) {
	connector, err := mysql.NewConnector(c.Clone())
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func (d *database) migrate(ctx context.Context, v variant) error {
	files, err := migration.Files(d.dialect)
	if err != nil {
		return err
	}
	dialect := goose.DialectMySQL
	if d.sqlite() {
		dialect = goose.DialectSQLite3
	}
	p, err := goose.NewProvider(dialect, d.DB, files)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return err
	}
	for _, q := range v.ddl[string(d.dialect)] {
		if _, err := d.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("variant %s: %w", v.name, err)
		}
	}
	return nil
}

func (d *database) sqlite() bool { return d.dialect == migration.SQLite }

// close ends the connections and drops the ledger.
func (d *database) close() error { return errors.Join(d.Close(), d.remove()) }

// session is one connection with its prepared statements.
type session struct {
	conn    *sql.Conn
	sqlite  bool
	prepare bool // whether statements are prepared once or sent as text
	stmts   map[string]*sql.Stmt
	texts   map[string]string
	repeats int // transactions run again after a deadlock
}

func (d *database) session(ctx context.Context, v variant) (*session, error) {
	conn, err := d.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &session{conn: conn, sqlite: d.sqlite(), prepare: d.sqlite() || v.send == "prepared", stmts: map[string]*sql.Stmt{}, texts: map[string]string{}}, nil
}

// prepared returns the statement of a text, prepared at most once.
func (s *session) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := s.stmts[query]; ok {
		return st, nil
	}
	st, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%w in %.120s", err, query)
	}
	s.stmts[query] = st
	return st, nil
}

// exec returns the number of rows found.
func (s *session) exec(ctx context.Context, query string, args ...any) (int64, error) {
	var r sql.Result
	var err error
	if s.prepare {
		var st *sql.Stmt
		if st, err = s.prepared(ctx, query); err == nil { //nolint:sqlclosecheck // kept as long as the connection
			r, err = st.ExecContext(ctx, args...)
		}
	} else {
		r, err = s.conn.ExecContext(ctx, query, args...)
	}
	if err != nil {
		return 0, fmt.Errorf("%w in %.120s", err, query)
	}
	return r.RowsAffected()
}

// must is exec for a statement that has to find exactly want rows.
func (s *session) must(ctx context.Context, want int, query string, args ...any) error {
	n, err := s.exec(ctx, query, args...)
	if err == nil && n != int64(want) {
		err = fmt.Errorf("%d rows in place of %d for %.120s", n, want, query)
	}
	return err
}

// each calls scan for every row.
func (s *session) each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) (err error) {
	var rows *sql.Rows
	if s.prepare {
		var st *sql.Stmt
		if st, err = s.prepared(ctx, query); err == nil { //nolint:sqlclosecheck // kept as long as the connection
			rows, err = st.QueryContext(ctx, args...)
		}
	} else {
		rows, err = s.conn.QueryContext(ctx, query, args...)
	}
	if err != nil {
		return fmt.Errorf("%w in %.120s", err, query)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// atomically commits what do wrote, running it again after a deadlock.
func (s *session) atomically(ctx context.Context, do func() error) error {
	begin := "START TRANSACTION"
	if s.sqlite {
		begin = "BEGIN IMMEDIATE"
	}
	for range 10 {
		if _, err := s.exec(ctx, begin); err != nil {
			return err
		}
		err := do()
		if err == nil {
			_, err = s.exec(ctx, "COMMIT")
		}
		if err == nil {
			return nil
		}
		if _, rollback := s.exec(context.WithoutCancel(ctx), "ROLLBACK"); rollback != nil {
			return errors.Join(err, rollback)
		}
		var answer *mysql.MySQLError
		if !errors.As(err, &answer) || answer.Number != deadlocked && answer.Number != lockTimeout {
			return err
		}
		s.repeats++
	}
	return errors.New("a transaction met ten deadlocks in a row")
}
