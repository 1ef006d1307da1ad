package store_test

import (
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/storetest"
)

// A COMMIT whose answer is lost is reported as a failure that passes, is not repeated
// unseen, and what it changed is there once.
func TestTheAnswerToACommitIsLost(t *testing.T) {
	t.Parallel()
	address := storetest.MySQL(t)
	cutter := storetest.NewCutter(t, address)
	db := storetest.Open(t, cutter.Address(t, address))
	if err := db.Read(t.Context()).Exec("CREATE TABLE mark (n INT PRIMARY KEY, v INT)").Error; err != nil {
		t.Fatal(err)
	}
	cutter.Every(1)
	for n := range 5 {
		tries := 0
		err := db.Write(t.Context(), func(tx *gorm.DB) error {
			tries++
			return tx.Exec("INSERT INTO mark (n, v) VALUES (?, 1)", n).Error
		})
		if fault.CodeOf(err) != "store.write_failed" || fault.ClassOf(err) != fault.Transient || !store.Passes(err) || tries != 1 {
			t.Errorf("%v after %d tries", err, tries)
		}
	}
	if cut := cutter.Every(0); cut != 5 {
		t.Errorf("%d answers were cut off", cut)
	}
	// What whoever repeats it does: look by the key first.
	write(t, db, func(tx *gorm.DB) error {
		for n := range 6 {
			if err := tx.Exec("INSERT INTO mark (n, v) VALUES (?, 1) ON DUPLICATE KEY UPDATE v = v + 1", n).Error; err != nil {
				return err
			}
		}
		return nil
	})
	var twos int
	if err := db.Read(t.Context()).Raw("SELECT COUNT(*) FROM mark WHERE v = 2").Scan(&twos).Error; err != nil || twos != 5 {
		t.Errorf("%d rows were there, %v", twos, err)
	}
}

// Two transactions that lock each other out both go through, and one that waits for a
// lock for too long is given up after a bounded time.
func TestTransactionsThatMeet(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.MySQL(t))
	if err := db.Read(t.Context()).Exec("CREATE TABLE mark (n INT PRIMARY KEY, v INT)").Error; err != nil {
		t.Fatal(err)
	}
	write(t, db, func(tx *gorm.DB) error { return tx.Exec("INSERT INTO mark (n, v) VALUES (1, 0), (2, 0)").Error })
	met := make(chan struct{}, 2)
	both := make(chan struct{})
	go func() {
		<-met
		<-met
		close(both)
	}()
	tries := make([]int, 2)
	storetest.Together(2, func(i int) {
		err := db.Write(t.Context(), func(tx *gorm.DB) error {
			tries[i]++
			if err := tx.Exec("UPDATE mark SET v = v + 1 WHERE n = ?", 1+i).Error; err != nil {
				return err
			}
			if tries[i] == 1 {
				met <- struct{}{}
				<-both
			}
			return tx.Exec("UPDATE mark SET v = v + 1 WHERE n = ?", 2-i).Error
		})
		if err != nil {
			t.Error(err)
		}
	})
	if tries[0]+tries[1] < 3 {
		t.Errorf("%v tries: nobody was in the way", tries)
	}
	var least int
	if err := db.Read(t.Context()).Raw("SELECT MIN(v) FROM mark").Scan(&least).Error; err != nil || least != 2 {
		t.Errorf("%d, %v", least, err)
	}
	var wait int
	if err := db.Read(t.Context()).Raw("SELECT @@SESSION.innodb_lock_wait_timeout").Scan(&wait).Error; err != nil || wait != 5 {
		t.Errorf("a lock is waited for %d s, %v", wait, err)
	}
}

// What a process locked that stands still in the middle of a transaction is free again soon:
// the server closes connections that say nothing. Whoever comes back to it is told.
func TestLocksOfWhoStandsStill(t *testing.T) {
	t.Parallel()
	address := storetest.MySQL(t)
	c := config(address)
	c.Abandoned = time.Second
	still, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = still.Close() })
	db := storetest.Open(t, address)
	if err := db.Read(t.Context()).Exec("CREATE TABLE mark (n INT PRIMARY KEY, v INT)").Error; err != nil {
		t.Fatal(err)
	}
	write(t, db, func(tx *gorm.DB) error { return tx.Exec("INSERT INTO mark (n, v) VALUES (1, 0)").Error })
	add := func(tx *gorm.DB) error { return tx.Exec("UPDATE mark SET v = v + 1 WHERE n = 1").Error }
	err = still.Write(t.Context(), func(tx *gorm.DB) error {
		if err := add(tx); err != nil {
			return err
		}
		return db.Write(t.Context(), add) // while the first one says nothing
	})
	if !store.Passes(err) && fault.ClassOf(err) != fault.Transient {
		t.Errorf("the one that stood still is told %v", err)
	}
	var v int
	if err := db.Read(t.Context()).Raw("SELECT v FROM mark").Scan(&v).Error; err != nil || v != 1 {
		t.Errorf("%d changes, %v", v, err)
	}
}

// A server that is read-only gives what is stored and says why it takes no change; when it
// takes changes again they go through.
//
// Not parallel: it changes a setting of the whole server.
func TestServerReadOnly(t *testing.T) {
	address := storetest.MySQL(t)
	admin := storetest.Open(t, address)
	user := fmt.Sprintf("plain_%d", time.Now().UnixNano()%1_000_000)
	statements := func(all ...string) {
		t.Helper()
		for _, one := range all {
			if err := admin.Read(t.Context()).Exec(one).Error; err != nil {
				t.Fatal(one, err)
			}
		}
	}
	through, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	// Whoever may change settings is not held by this one.
	statements("CREATE TABLE mark (n INT PRIMARY KEY)", "CREATE USER '"+user+"'@'127.0.0.1' IDENTIFIED BY 'x'",
		"GRANT SELECT, INSERT, UPDATE, DELETE ON "+through.Path[1:]+".* TO '"+user+"'@'127.0.0.1'")
	through.User = url.UserPassword(user, "x")
	db := storetest.Open(t, through.String())
	insert := func() error {
		return db.Write(t.Context(), func(tx *gorm.DB) error { return tx.Exec("INSERT INTO mark (n) VALUES (1)").Error })
	}
	statements("SET GLOBAL read_only = 1")
	err = insert()
	var count int
	reading := db.Read(t.Context()).Raw("SELECT COUNT(*) FROM mark").Scan(&count).Error
	statements("SET GLOBAL read_only = 0")
	if f := fault.From(err); fault.CodeOf(err) != "store.server_read_only" || f.Class != fault.Transient || f.Hint == "" || !store.Passes(err) {
		t.Errorf("%v", err)
	}
	if reading != nil || count != 0 {
		t.Errorf("%d rows, %v", count, reading)
	}
	if err := insert(); err != nil {
		t.Errorf("when it takes changes again: %v", err)
	}
	statements("DROP USER '" + user + "'@'127.0.0.1'")
}

// What passes by itself is told from what does not.
func TestWhatPasses(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.MySQL(t))
	if err := db.Read(t.Context()).Exec("SELECT nonsense").Error; err == nil || store.Passes(err) {
		t.Errorf("%v", err)
	}
	if store.Passes(nil) || store.Passes(errors.New("ours")) {
		t.Error("what is not the database's passes")
	}
}
