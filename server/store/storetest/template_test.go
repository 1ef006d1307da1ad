package storetest_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/storetest"
)

// A database that is filled is what migrating makes: its tables, their columns and keys,
// and its rows.
func TestMigratedIsWhatMigratingMakes(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		t.Helper()
		filled := storetest.Migrated(t, address)
		other := storetest.SQLite(t)
		if filled.Dialect() == store.MySQL {
			other = storetest.MySQL(t)
		}
		migrated := storetest.Open(t, other)
		if err := migrated.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, want := shape(t, filled), shape(t, migrated)
		if len(want) < 20 || !reflect.DeepEqual(got, want) {
			t.Errorf("%d things are there, %d should be:\n%v\n%v", len(got), len(want), got, want)
		}
		if pending, err := filled.Pending(t.Context()); pending || err != nil {
			t.Errorf("migrations are pending: %v, %v", pending, err)
		}
	})
}

// shape gives how tables are made and how many rows each has.
func shape(t *testing.T, db *store.DB) map[string]any {
	t.Helper()
	ctx, found := t.Context(), map[string]any{}
	list := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if db.Dialect() == store.MySQL {
		list = "SHOW TABLES"
	}
	var tables []string
	if err := db.Read(ctx).Raw(list).Scan(&tables).Error; err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		var rows int
		if err := db.Read(ctx).Raw("SELECT COUNT(*) FROM " + table).Scan(&rows).Error; err != nil {
			t.Fatal(err)
		}
		found[table+" rows"] = rows
		var made []string
		if db.Dialect() == store.MySQL {
			made = append(made, "", "")
			if err := db.Read(ctx).Raw("SHOW CREATE TABLE "+table).Row().Scan(&made[0], &made[1]); err != nil {
				t.Fatal(err)
			}
		} else if err := db.Read(ctx).Raw("SELECT COALESCE(sql, name) FROM sqlite_master WHERE tbl_name = ?", table).Scan(&made).Error; err != nil {
			t.Fatal(err)
		}
		slices.Sort(made)
		found[table] = made
	}
	return found
}
