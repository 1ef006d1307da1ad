package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/storetest"
)

// served opens a MySQL database with one small table of which two rows exist.
func served(t *testing.T) *store.DB {
	t.Helper()
	db := storetest.Open(t, storetest.MySQL(t))
	for _, s := range []string{"CREATE TABLE mark (n INT NOT NULL PRIMARY KEY, v INT NOT NULL DEFAULT 0)", "INSERT INTO mark (n) VALUES (1), (2)"} {
		if err := db.Read(t.Context()).Exec(s).Error; err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func TestMySQL(t *testing.T) {
	t.Parallel()
	db := served(t)
	for name, test := range map[string]func(*testing.T, *store.DB){
		"a deadlock is repeated":                deadlock,
		"a row that another one inserts first":  duplicate,
		"a duplicate that stays":                duplicates,
		"a lost connection":                     lost,
		"a change's own failure":                own,
		"given up":                              givenUp,
		"rows are locked until the transaction": locked,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, db)
		})
	}
}

func add(tx *gorm.DB, n int) error {
	return tx.Exec("UPDATE mark SET v = v + 1 WHERE n = ?", n).Error
}

// deadlock makes two transactions lock two rows crosswise at their first try.
func deadlock(t *testing.T, db *store.DB) {
	t.Helper()
	holds := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
	var tries [2]int
	var errs [2]error
	storetest.Together(2, func(i int) {
		errs[i] = db.Write(t.Context(), func(tx *gorm.DB) error {
			tries[i]++
			if err := add(tx, 1+i); err != nil {
				return err
			}
			if tries[i] == 1 {
				close(holds[i])
				<-holds[1-i]
			}
			return add(tx, 2-i)
		})
	})
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	if tries[0]+tries[1] != 3 {
		t.Errorf("tries %v: one of the two had to be repeated once", tries)
	}
	var v int
	if err := db.Read(t.Context()).Raw("SELECT SUM(v) FROM mark WHERE n IN (1, 2)").Scan(&v).Error; err != nil || v != 4 {
		t.Errorf("the rows were changed %d times, %v, want 4", v, err)
	}
}

func find(tx *gorm.DB, n int) (found bool, err error) {
	var rows int
	err = tx.Raw("SELECT COUNT(*) FROM mark WHERE n = ? FOR UPDATE", n).Scan(&rows).Error
	return rows > 0, err
}

// duplicate lets another transaction insert the row that one looked for in vain.
func duplicate(t *testing.T, db *store.DB) {
	t.Helper()
	tries, found := 0, false
	write(t, db, func(tx *gorm.DB) error {
		tries++
		var err error
		if found, err = find(tx, 10); err != nil || found {
			return err
		}
		if tries == 1 {
			if err := db.Write(t.Context(), func(tx *gorm.DB) error { return tx.Exec("INSERT INTO mark (n) VALUES (10)").Error }); err != nil {
				return err
			}
		}
		return tx.Exec("INSERT INTO mark (n) VALUES (10)").Error
	})
	if tries != 2 || !found {
		t.Errorf("%d tries, found %t", tries, found)
	}
}

func duplicates(t *testing.T, db *store.DB) {
	t.Helper()
	tries := 0
	err := db.Write(t.Context(), func(tx *gorm.DB) error {
		tries++
		return tx.Exec("INSERT INTO mark (n) VALUES (20), (20)").Error
	})
	var server *mysql.MySQLError
	if f := fault.From(err); f == nil || f.Code != "store.write_failed" || f.Class != fault.Transient || !errors.As(err, &server) {
		t.Errorf("%v", err)
	}
	if tries != store.MaxRepeats {
		t.Errorf("%d tries", tries)
	}
}

func lost(t *testing.T, db *store.DB) {
	t.Helper()
	tries := 0
	err := db.Write(t.Context(), func(tx *gorm.DB) error {
		tries++
		var id int
		if err := tx.Raw("SELECT CONNECTION_ID()").Scan(&id).Error; err != nil {
			return err
		}
		if err := tx.Exec("INSERT INTO mark (n) VALUES (30)").Error; err != nil {
			return err
		}
		if err := db.Read(t.Context()).Exec("KILL ?", id).Error; err != nil {
			return err
		}
		return tx.Exec("INSERT INTO mark (n) VALUES (31)").Error
	})
	if f := fault.From(err); f == nil || f.Code != "store.write_failed" || f.Class != fault.Transient {
		t.Errorf("%v", err)
	}
	if tries != 1 {
		t.Errorf("%d tries: what was lost in the middle may not be repeated unseen", tries)
	}
	write(t, db, func(tx *gorm.DB) error { return tx.Exec("INSERT INTO mark (n) VALUES (30)").Error })
}

func own(t *testing.T, db *store.DB) {
	t.Helper()
	tries := 0
	err := db.Write(t.Context(), func(tx *gorm.DB) error {
		tries++
		if err := tx.Exec("INSERT INTO mark (n) VALUES (40)").Error; err != nil {
			return err
		}
		return errOwn
	})
	if err != errOwn || tries != 1 { //nolint:errorlint // given as it is
		t.Errorf("%v after %d tries", err, tries)
	}
	if found, err := find(db.Read(t.Context()), 40); err != nil || found {
		t.Errorf("a failed change was committed: %t, %v", found, err)
	}
}

func givenUp(t *testing.T, db *store.DB) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	err := db.Write(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("INSERT INTO mark (n) VALUES (50)").Error; err != nil {
			return err
		}
		cancel(errOwn)
		// Another one's row with the same key goes in when this transaction is rolled back.
		return db.Write(t.Context(), func(tx *gorm.DB) error { return tx.Exec("INSERT INTO mark (n) VALUES (50)").Error })
	})
	if !errors.Is(err, errOwn) {
		t.Errorf("%v", err)
	}
}

// locked proves that ForUpdate holds off a second transaction.
func locked(t *testing.T, db *store.DB) {
	t.Helper()
	write(t, db, func(tx *gorm.DB) error { return tx.Exec("INSERT INTO mark (n, v) VALUES (60, 0)").Error })
	storetest.Together(6, func(int) {
		for range 5 {
			err := db.Write(t.Context(), func(tx *gorm.DB) error {
				var v int
				if err := tx.Raw("SELECT v FROM mark WHERE n = 60" + db.Dialect().ForUpdate()).Scan(&v).Error; err != nil {
					return err
				}
				return tx.Exec("UPDATE mark SET v = ? WHERE n = 60", v+1).Error
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	var v int
	if err := db.Read(t.Context()).Raw("SELECT v FROM mark WHERE n = 60").Scan(&v).Error; err != nil || v != 30 {
		t.Errorf("counted to %d, %v, want 30", v, err)
	}
}

// Not parallel: it changes a setting of the whole server.
func TestDiagnose(t *testing.T) {
	db := storetest.Open(t, storetest.Server(t))
	set := func(value string) {
		t.Helper()
		if err := db.Read(context.WithoutCancel(t.Context())).Exec("SET GLOBAL innodb_flush_log_at_trx_commit = " + value).Error; err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { set("1") })
	set("2")
	found := db.Diagnose(t.Context())
	if len(found) != 1 || found[0].Code != "store.weak_durability" || found[0].Hint != "set innodb_flush_log_at_trx_commit = 1" {
		t.Errorf("found %v", found)
	}
	set("1")
	if found := db.Diagnose(t.Context()); len(found) != 0 {
		t.Errorf("found %v on a sound server", found)
	}
	if found := storetest.Open(t, storetest.SQLite(t)).Diagnose(t.Context()); len(found) != 0 {
		t.Errorf("found %v on SQLite", found)
	}
}
