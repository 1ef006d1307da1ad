package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/karezflow/karez/server/store"
)

// templates are what migrating leaves behind, made once by a process: migrating is
// slow under the race detector, and most tests are not about it.
var templates struct { //nolint:gochecknoglobals // shared by the tests of a process, and never changed once made
	once sync.Once
	file []byte
	err  error

	serverOnce sync.Once
	statements []statement
	serverErr  error
}

// statement is one of those that make a migrated database of an empty one.
type statement struct {
	text string
	args []any
}

// Filled makes a migrated database where there is none, and leaves it to others to open.
func Filled(t *testing.T, address string) {
	t.Helper()
	if !fill(t, address) {
		t.Fatal("the database is not empty")
	}
}

// fill makes a migrated database of an empty one. It reports whether it was empty.
func fill(t *testing.T, address string) bool {
	t.Helper()
	path, file := strings.CutPrefix(address, "sqlite:")
	if !file {
		return fillServer(t, address)
	}
	if _, err := os.Stat(path); err == nil {
		return false
	}
	templates.once.Do(func() { templates.file, templates.err = migratedFile() })
	if templates.err != nil {
		t.Fatal(templates.err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, templates.file, 0o600)); err != nil {
		t.Fatal(err)
	}
	return true
}

// migratedFile gives the bytes of a migrated SQLite database.
func migratedFile() (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "karez-template")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "karez.db")
	db, err := store.Open(context.Background(), config("sqlite:"+path)) // it serves all tests of the process
	if err != nil {
		return nil, err
	}
	if err := errors.Join(db.Migrate(context.Background()), db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

func fillServer(t *testing.T, address string) bool {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, config(address))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	var tables []string
	if err := db.Read(ctx).Raw("SHOW TABLES").Scan(&tables).Error; err != nil {
		t.Fatal(err)
	}
	if len(tables) > 0 {
		return false
	}
	templates.serverOnce.Do(func() { templates.statements, templates.serverErr = migratedServer(t) })
	if templates.serverErr != nil {
		t.Fatal(templates.serverErr)
	}
	err = db.Read(ctx).Connection(func(tx *gorm.DB) error {
		for _, s := range templates.statements {
			if err := tx.Exec(s.text, s.args...).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return true
}

// migratedServer gives what makes the tables and rows of a migrated database.
func migratedServer(t *testing.T) (list []statement, err error) {
	t.Helper()
	ctx := t.Context()
	db := Open(t, MySQL(t))
	if err := db.Migrate(ctx); err != nil {
		return nil, err
	}
	var tables []string
	if err := db.Read(ctx).Raw("SHOW TABLES").Scan(&tables).Error; err != nil {
		return nil, err
	}
	for _, table := range tables {
		var name, text string
		if err := db.Read(ctx).Raw("SHOW CREATE TABLE `"+table+"`").Row().Scan(&name, &text); err != nil {
			return nil, err
		}
		list = append(list, statement{text: text})
		if list, err = inserts(ctx, db, table, list); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// inserts adds what makes the rows of a table, in the order of their columns.
func inserts(ctx context.Context, db *store.DB, table string, list []statement) (_ []statement, err error) {
	rows, err := db.Read(ctx).Raw("SELECT * FROM `" + table + "`").Rows()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close(), rows.Err()) }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	text := "INSERT INTO `" + table + "` VALUES (?" + strings.Repeat(",?", len(columns)-1) + ")"
	for rows.Next() {
		values, into := make([][]byte, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		s := statement{text, make([]any, len(columns))}
		for i, value := range values {
			if value != nil { // NULL stays NULL
				s.args[i] = string(value)
			}
		}
		list = append(list, s)
	}
	return list, nil
}
