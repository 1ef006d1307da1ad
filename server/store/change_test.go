package store_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/storetest"
)

// TestChange changes rows, some columns of which are the same in all: all that is named is
// changed, whatever they have in common, and nothing else.
func TestChange(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		write(t, db, func(tx *gorm.DB) error {
			return tx.Exec("CREATE TABLE thing (a INTEGER NOT NULL, b INTEGER NOT NULL, n BIGINT, s VARCHAR(40), other VARCHAR(40), PRIMARY KEY (a, b))").Error
		})
		table := store.Table{Name: "thing", Key: "a,b", Columns: []string{"a", "b", "n", "s"}}
		whole := table
		whole.Columns = []string{"a", "b", "n", "s", "other"}
		rapid.Check(t, func(rt *rapid.T) {
			count := rapid.IntRange(1, 130).Draw(rt, "rows")
			numbers, texts := rapid.Int64Range(0, 2), rapid.SampledFrom([]string{"", "x", "单据 'y'"})
			was, change, want := make([][]any, count), [][]any(nil), map[string]string{}
			for i := range was {
				was[i] = []any{i / 10, i % 10, int64(7), sql.NullString{}, "stays"}
				row := []any{i / 10, i % 10, numbers.Draw(rt, "n"), store.Null(texts.Draw(rt, "s"))}
				if rapid.Bool().Draw(rt, "changed") {
					change = append(change, row)
				} else {
					row[2], row[3] = was[i][2], was[i][3]
				}
				want[fmt.Sprint(row[:2])] = fmt.Sprint(row[2], row[3], "stays")
			}
			got := map[string]string{}
			write(t, db, func(tx *gorm.DB) error {
				if err := tx.Exec("DELETE FROM thing").Error; err != nil {
					return err
				}
				if err := db.Dialect().Insert(tx, whole, was); err != nil {
					return err
				}
				if err := db.Dialect().Change(tx, table, change); err != nil {
					return err
				}
				_, err := store.Scan(tx, func(row *sql.Rows) (none struct{}, err error) {
					var a, b, n int
					var s sql.NullString
					var other string
					err = row.Scan(&a, &b, &n, &s, &other)
					got[fmt.Sprint([]any{a, b})] = fmt.Sprint(n, s, other)
					return none, err
				}, "SELECT a, b, n, s, other FROM thing")
				return err
			})
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatal(diff)
			}
		})
	})
}
