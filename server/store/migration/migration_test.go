package migration_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite"

	"github.com/karezflow/karez/server/store/migration"
)

// mysqlVariable names the server to test against, in the form that
// deploy/mariadb.sh prints. Without it SQLite alone is tested.
const mysqlVariable = "KAREZ_TEST_MYSQL"

// ledger is an empty database of one dialect.
type ledger struct {
	*sql.DB
	dialect migration.Dialect
}

func (l ledger) provider(t *testing.T) *goose.Provider {
	t.Helper()
	files, err := migration.Files(l.dialect)
	if err != nil {
		t.Fatal(err)
	}
	dialect := goose.DialectSQLite3
	if l.dialect == migration.MySQL {
		dialect = goose.DialectMySQL
	}
	p, err := goose.NewProvider(dialect, l.DB, files)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (l ledger) exec(t *testing.T, query string, args ...any) error {
	t.Helper()
	_, err := l.ExecContext(t.Context(), query, args...)
	return err
}

// eachDialect runs test on an empty database of every dialect at hand.
func eachDialect(t *testing.T, test func(t *testing.T, l ledger)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "ledger.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		test(t, ledger{db, migration.SQLite})
	})
	if dsn := os.Getenv(mysqlVariable); dsn != "" {
		t.Run("mysql", func(t *testing.T) {
			t.Parallel()
			test(t, ledger{mysqlDatabase(t, dsn), migration.MySQL})
		})
	}
}

// mysqlDatabase creates a database named after the test and drops it afterwards.
func mysqlDatabase(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	c := mysql.NewConfig()
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	c.Net, c.Addr = "tcp", u.Host
	open := func() *sql.DB {
		connector, err := mysql.NewConnector(c.Clone())
		if err != nil {
			t.Fatal(err)
		}
		return sql.OpenDB(connector)
	}
	server := open()
	name := "karez_" + strings.ToLower(regexp.MustCompile(`\W+`).ReplaceAllString(t.Name(), "_"))
	for _, q := range []string{"DROP DATABASE IF EXISTS " + name, "CREATE DATABASE " + name} {
		if _, err := server.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	c.DBName = name
	db := open()
	t.Cleanup(func() {
		_ = db.Close()
		if _, err := server.ExecContext(context.Background(), "DROP DATABASE "+name); err != nil {
			t.Error(err)
		}
		_ = server.Close()
	})
	return db
}

func TestUpDownUp(t *testing.T) {
	t.Parallel()
	eachDialect(t, func(t *testing.T, l ledger) {
		p := l.provider(t)
		ctx := t.Context()
		if _, err := p.Up(ctx); err != nil {
			t.Fatalf("first up: %v", err)
		}
		want := names(parse(t, l.dialect))
		if diff := cmp.Diff(want, l.tables(t)); diff != "" {
			t.Errorf("tables after up (-files +database):\n%s", diff)
		}
		if _, err := p.DownTo(ctx, 0); err != nil {
			t.Fatalf("down: %v", err)
		}
		if left := l.tables(t); len(left) != 0 {
			t.Errorf("down leaves %v", left)
		}
		if _, err := p.Up(ctx); err != nil {
			t.Fatalf("second up: %v", err)
		}
		if diff := cmp.Diff(want, l.tables(t)); diff != "" {
			t.Errorf("tables after the second up (-files +database):\n%s", diff)
		}
	})
}

// tables lists the database's tables, the migration tool's own left out.
func (l ledger) tables(t *testing.T) []string {
	t.Helper()
	query := "SELECT name FROM sqlite_schema WHERE type = 'table'"
	if l.dialect == migration.MySQL {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
	}
	rows, err := l.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // Err has told what there is to tell
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(name, "goose_") && !strings.HasPrefix(name, "sqlite_") {
			out = append(out, name)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

const insertDocument = "INSERT INTO document (id, workspace_id, stream_id, doc_key, latest_rev, active_rev, src_hash, state, run_id, version_id, updated_at) VALUES (?, 1, ?, ?, 1, 1, 0, 1, 1, 1, 0)"

// TestIdentityIsBinary pins the promise of one document per (stream, key), byte
// by byte: what a collation would call equal are different documents.
func TestIdentityIsBinary(t *testing.T) {
	t.Parallel()
	eachDialect(t, func(t *testing.T, l ledger) {
		if _, err := l.provider(t).Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, key := range []string{"A1", "a1", "A1 ", " A1", "Á1", "Ａ1", "坎儿井", strings.Repeat("k", 190)} {
			if err := l.exec(t, insertDocument, i+1, 7, key); err != nil {
				t.Errorf("key %q: %v", key, err)
			}
		}
		if err := l.exec(t, insertDocument, 100, 7, "A1"); err == nil {
			t.Error("the same key twice in one stream was accepted")
		}
		if err := l.exec(t, insertDocument, 101, 8, "A1"); err != nil {
			t.Errorf("the same key in another stream: %v", err)
		}
		var id int
		if err := l.QueryRowContext(t.Context(), "SELECT id FROM document WHERE stream_id = 7 AND doc_key = ?", "A1 ").Scan(&id); err != nil || id != 3 {
			t.Errorf("look-up of %q found %d, %v", "A1 ", id, err)
		}
	})
}

// TestUniques lists what the schema itself keeps from happening twice.
func TestUniques(t *testing.T) {
	t.Parallel()
	cases := []struct{ what, query string }{
		{"a schedule's firing", "INSERT INTO run (id, workspace_id, flow_id, version_id, trigger_name, fire_at, state) VALUES (%d, 1, 5, 1, 'every-10m', 1000, 1)"},
		{"a node's stream", "INSERT INTO stream (id, workspace_id, flow_id, node_id, kind) VALUES (%d, 1, 5, 'orders', 'source')"},
		{"a flow's version", "INSERT INTO flow_version (id, workspace_id, flow_id, version_no, document, created_at) VALUES (%d, 1, 5, 1, '{}', 0)"},
		{"a flow's public id", "INSERT INTO flow (id, workspace_id, public_id, name, draft, updated_at) VALUES (%d, 1, 'f', 'f', '{}', 0)"},
		{"a connection's name", "INSERT INTO connection (id, workspace_id, name, connector, settings, updated_at) VALUES (%d, 1, 'k3', 'kingdee', '{}', 0)"},
		{"a node's number", "INSERT INTO flow_node (flow_id, node_no, node_id) VALUES (5, %d, 'orders')"},
		{"a target key's owner", "INSERT INTO target_key (connection_id, resource, target_key, document_id, node_no, part, state) VALUES (1, 'SAL_SaleOrder', 'B1', %d, 1, 0, 1)"},
		{"a delivery", "INSERT INTO delivery (document_id, node_no, part, workspace_id, rev, version_id, connection_id, resource, target_key, state, updated_at) VALUES (9, 1, 0, 1, %d, 1, 1, 'r', 'k', 1, 0)"},
		{"a page of a window's attempt", "INSERT INTO pull_page (window_id, attempt, page_no, row_count, body_hash, created_at) VALUES (1, 1, 1, %d, 0, 0)"},
		{"a person's name", "INSERT INTO account_user (id, workspace_id, name, name_key, role, password, created_at) VALUES (%d, 1, 'Ada', 'ada', 'admin', '', 0)"},
		{"a token's secret", "INSERT INTO account_token (id, workspace_id, user_id, name, role, secret_hash, created_at) VALUES (%d, 1, 1, 'ci', 'viewer', 'h', 0)"},
		{"a session's secret", "INSERT INTO account_session (secret_hash, workspace_id, user_id, created_at, seen_at, expires_at) VALUES ('h', 1, %d, 0, 0, 0)"},
		{"a connection that a draft names", "INSERT INTO flow_connection (flow_id, published, name, workspace_id) VALUES (5, 0, 'k3', %d)"},
		{"a code table's source", "INSERT INTO code_row (table_id, source, target, updated_at) VALUES (1, 'S1', '%d', 0)"},
	}
	eachDialect(t, func(t *testing.T, l ledger) {
		if _, err := l.provider(t).Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			if err := l.exec(t, fmt.Sprintf(c.query, 1)); err != nil {
				t.Errorf("%s: %v", c.what, err)
			}
			if err := l.exec(t, fmt.Sprintf(c.query, 2)); err == nil {
				t.Errorf("%s was accepted twice", c.what)
			}
		}
	})
}

// TestKeyBytesAreText pins why SQLite's tables are STRICT: a key bound as
// []byte would be a blob, and a blob never equals the same text.
func TestKeyBytesAreText(t *testing.T) {
	t.Parallel()
	eachDialect(t, func(t *testing.T, l ledger) {
		if _, err := l.provider(t).Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := l.exec(t, insertDocument, 1, 7, "A1"); err != nil {
			t.Fatal(err)
		}
		if err := l.exec(t, insertDocument, 2, 7, []byte("A1")); err == nil {
			t.Error("the bytes of an existing key made a second document")
		}
	})
}

func TestUnknownDialect(t *testing.T) {
	t.Parallel()
	if _, err := migration.Files("oracle"); err == nil {
		t.Error("no error for a dialect without files")
	}
}

func TestSameFilesInEveryDialect(t *testing.T) {
	t.Parallel()
	list := func(d migration.Dialect) []string {
		files, err := migration.Files(d)
		if err != nil {
			t.Fatal(err)
		}
		found, err := fs.Glob(files, "*")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			if !regexp.MustCompile(`^\d{4}_[a-z0-9_]+\.sql$`).MatchString(name) {
				t.Errorf("%s/%s isn't named NNNN_title.sql", d, name)
			}
		}
		return found
	}
	if diff := cmp.Diff(list(migration.SQLite), list(migration.MySQL)); diff != "" {
		t.Errorf("(-sqlite +mysql):\n%s", diff)
	}
}

// TestNumbers: the files of a dialect are numbered from 1 on, each number once. A number
// that is missing would be applied late, or never, to a database that is beyond it.
func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, d := range []migration.Dialect{migration.SQLite, migration.MySQL} {
		files, err := migration.Files(d)
		if err != nil {
			t.Fatal(err)
		}
		found, err := fs.Glob(files, "*.sql")
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			t.Errorf("%s has no files", d)
		}
		for i, name := range found { // sorted by their names, that is by their numbers
			if number, _, _ := strings.Cut(name, "_"); number != fmt.Sprintf("%04d", i+1) {
				t.Errorf("%s/%s is number %d", d, name, i+1)
			}
		}
	}
}
