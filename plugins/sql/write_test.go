package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// classOf gives what the manifest says of an answer that refuses a row.
func classOf(t *testing.T, a connector.Answer) fault.Class {
	t.Helper()
	return parsed(t).Classify(rowInsert, fault.New("vendor."+a.Code, "%s", a.Message)).Class
}

// TestRefusedRows: each is refused alone, by a reason and at a field, and the others are there.
func TestRefusedRows(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.table("CREATE TABLE shops (code VARCHAR(10) PRIMARY KEY)")
		r.run("INSERT INTO shops VALUES ('S1')")
		r.table("CREATE TABLE sheets (no VARCHAR(10) PRIMARY KEY, mail VARCHAR(20) UNIQUE, amount DECIMAL(10,2) NOT NULL, qty INT, shop VARCHAR(10), born DATE, CONSTRAINT positive CHECK (qty > 0), CONSTRAINT at_shop FOREIGN KEY (shop) REFERENCES shops (code))")
		r.run("INSERT INTO sheets (no, mail, amount) VALUES ('N0', 'taken', 1)")
		session := r.open(nil)
		cases := []struct {
			row, key string
			class    fault.Class
			field    string
		}{
			{`{"no":"A1","amount":1,"qty":1,"shop":"S1"}`, "A1", "", ""},
			{`{"no":"N0","amount":1}`, "N0", fault.Duplicate, "no"},
			{`{"no":"A2","amount":1,"mail":"taken"}`, "A2", fault.Duplicate, "mail"},
			{`{"no":"A3","amount":null}`, "A3", fault.Data, "amount"},
			{`{"no":"A4","amount":1,"mail":"more than twenty letters"}`, "A4", fault.Data, "mail"},
			{`{"no":"A5","amount":123456789012.5}`, "A5", fault.Data, "amount"},
			{`{"no":"A6","amount":1.005}`, "A6", fault.Data, "amount"},
			{`{"no":"A7","amount":1,"qty":0}`, "A7", fault.Data, "?"},
			{`{"no":"A8","amount":1,"shop":"S9"}`, "A8", fault.BusinessWait, "?"},
			{`{"no":"A9","amount":1,"born":"yesterday"}`, "A9", fault.Data, "?"},
			{`{"no":"B1","amount":1,"qty":1.5}`, "B1", fault.Data, "qty"},
			{`{"no":"B2","amount":1,"colour":"red"}`, "B2", fault.Config, "colour"},
			{`{"no":"B3","amount":1,"no":"B3"}`, "B3", fault.Data, "no"},
			{`{"amount":1}`, "B4", fault.Data, "no"},
			{`{"no":null,"amount":1}`, "B5", fault.Data, "no"},
			{`{"no":"B6","amount":1}`, "other", fault.Config, ""},
			{`{"no":"B7","amount":{"a":1}}`, "B7", fault.Data, "amount"},
			{`[]`, "B8", fault.Config, ""},
			{`{"no":"A0","amount":2}`, "A0", "", ""},
		}
		var rows, keys []string
		for _, c := range cases {
			rows, keys = append(rows, c.row), append(keys, c.key)
		}
		answers, err := write(session, rowInsert, `{"table":"sheets"}`, rows, keys)
		if err != nil {
			t.Fatal(err)
		}
		for n, c := range cases {
			a := answers.Rows[n]
			if c.class == "" {
				if a.Outcome != connector.Done || a.Number != c.key {
					t.Errorf("%s: %+v", c.row, a)
				}
				continue
			}
			if r.dialect == values.Postgres && (a.Code == "22001" || a.Code == "22003") {
				c.field = "" // it does not say which column
			}
			if a.Outcome != connector.Rejected || a.Message == "" || classOf(t, a) != c.class || c.field != "?" && a.Field != c.field {
				t.Errorf("%s: %+v is %s, want %s at %q", c.row, a, classOf(t, a), c.class, c.field)
			}
		}
		if n := r.number("SELECT COUNT(*) FROM sheets"); n != 3 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestUpsert: a row is one row, however often it is sent, and no other row is touched.
func TestUpsert(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.table("CREATE TABLE stock (id {serial}, shop VARCHAR(10) NOT NULL, sku VARCHAR(10) NOT NULL, qty INT, note VARCHAR(20), mail VARCHAR(20) UNIQUE, UNIQUE (shop, sku))")
		session := r.open(nil)
		params := `{"table":"stock","keyColumns":"sku, shop"}`
		send := func(row string) connector.Answer {
			t.Helper()
			answers, err := write(session, rowUpsert, params, []string{row}, []string{"k"})
			if err != nil {
				t.Fatal(err)
			}
			return answers.Rows[0]
		}
		first := send(`{"shop":"s","sku":"1","qty":5,"note":"a","mail":"m1"}`)
		again := send(`{"shop":"s","sku":"1","qty":5,"note":"a","mail":"m1"}`)
		changed := send(`{"shop":"s","sku":"1","qty":null}`)
		other := send(`{"shop":"s","sku":"2"}`)
		bare := send(`{"shop":"s","sku":"2"}`)
		if first.Outcome != connector.Done || first.ID == "" || first.Number != "1|s" || again.ID != first.ID || changed.ID != first.ID || other.ID == first.ID || bare.ID != other.ID {
			t.Errorf("%+v\n%+v\n%+v\n%+v\n%+v", first, again, changed, other, bare)
		}
		if n := r.number("SELECT COUNT(*) FROM stock WHERE qty IS NULL AND shop = 's'"); n != 2 {
			t.Errorf("%d rows", n)
		}
		if n := r.number("SELECT COUNT(*) FROM stock WHERE note = 'a' AND mail = 'm1'"); n != 1 {
			t.Error("what was not given was changed")
		}
		// A row that equals another one in another key is refused, and the other one stays.
		taken := send(`{"shop":"s","sku":"3","qty":9,"mail":"m1"}`)
		if taken.Outcome != connector.Rejected || classOf(t, taken) != fault.Duplicate || taken.Field != "mail" {
			t.Errorf("%+v", taken)
		}
		if n := r.number("SELECT COUNT(*) FROM stock WHERE qty = 9"); n != 0 {
			t.Error("another row was changed")
		}
		found, err := session.(connector.Prober).Probe(t.Context(), connector.ProbeRequest{Operation: rowUpsert, Params: []byte(params), Keys: []string{"1|s", "3|s"}})
		if err != nil || !found[0].Exists || found[0].ID != first.ID || found[1].Exists || item.Of(found[0].Object).Field("mail").Text() != "m1" {
			t.Errorf("%+v %v", found, err)
		}
		_, err = session.(connector.Prober).Probe(t.Context(), connector.ProbeRequest{Operation: rowUpsert, Params: []byte(params), Keys: []string{"1"}})
		refused(t, "half a key", err, fault.Data, "sql.key_unreadable")
		missing, err := write(session, rowUpdate, params, []string{`{"shop":"s","sku":"9","qty":1}`, `{"shop":"s","sku":"2","qty":7}`}, []string{"a", "b"})
		if err != nil || missing.Rows[0].Outcome != connector.Rejected || missing.Rows[0].Code != "sql.row_missing" || classOf(t, missing.Rows[0]) != fault.Data || missing.Rows[1].Outcome != connector.Done {
			t.Errorf("%+v %v", missing.Rows, err)
		}
	})
}

// TestKeysAreProved: nothing is written by a key that the database does not keep unique.
func TestKeysAreProved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.table("CREATE TABLE keyless (a INT, b VARCHAR(40))")
		r.table("CREATE TABLE keyed (a INT PRIMARY KEY, b VARCHAR(40), c INT, d INT, UNIQUE (c, d))")
		if r.dialect == values.Postgres {
			r.run("CREATE UNIQUE INDEX partial_one ON keyed (b) WHERE a > 0")
			r.run("CREATE UNIQUE INDEX lowered ON keyed (lower(b))")
		} else {
			r.run("CREATE UNIQUE INDEX part ON keyed (b(3))")
		}
		session := r.open(nil)
		for _, operation := range []string{rowInsert, rowUpsert, rowUpdate} {
			for params, code := range map[string]string{
				`{"table":"keyless"}`:                            "sql.key_not_unique",
				`{"table":"keyless","keyColumns":"a"}`:           "sql.key_not_unique",
				`{"table":"keyed","keyColumns":"b"}`:             "sql.key_not_unique",
				`{"table":"keyed","keyColumns":"c"}`:             "sql.key_not_unique",
				`{"table":"keyed","keyColumns":"a,b"}`:           "sql.key_not_unique",
				`{"table":"keyed","keyColumns":"x"}`:             "sql.column_unknown",
				`{"table":"nothing"}`:                            "sql.table_unknown",
				`{}`:                                             "sql.table_unknown",
				`{"table":"keyed` + "`" + `; DROP TABLE keyed"}`: "sql.table_unknown",
			} {
				_, err := write(session, operation, params, []string{`{"a":1,"b":"x","c":1,"d":1}`}, []string{"1"})
				if f := refusal(t, operation+" "+params, err, fault.Config, code); !f.NotApplied {
					t.Errorf("%s is not marked as never sent", params)
				}
			}
		}
		if answers, err := write(session, rowUpsert, `{"table":"keyed","keyColumns":["d","c"]}`, []string{`{"a":1,"b":"x","c":1,"d":1}`}, []string{"1"}); err != nil || answers.Rows[0].Outcome != connector.Done {
			t.Errorf("%+v %v", answers.Rows, err)
		}
	})
}

// TestLostConnections: before the commit nothing happened, behind it nobody knows.
func TestLostConnections(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.table("CREATE TABLE docs (no VARCHAR(10) PRIMARY KEY, n INT)")
		session := r.open(nil)
		send := func(key string) error {
			_, err := write(session, rowInsert, `{"table":"docs"}`, []string{fmt.Sprintf(`{"no":%q,"n":1}`, key)}, []string{key})
			return err
		}
		if err := send("warm"); err != nil {
			t.Fatal(err)
		}
		count := func(key string) int { return r.number("SELECT COUNT(*) FROM docs WHERE no = '" + key + "'") }
		for _, c := range []struct {
			words     string
			early     bool
			unapplied bool
			rows      int
		}{
			{"INSERT INTO", true, true, 0}, {"INSERT INTO", false, true, 0}, {commit, true, false, 0}, {commit, false, false, 1},
		} {
			key := fmt.Sprintf("%s%v", c.words[:2], c.early)
			r.proxy.lose(c.words, c.early)
			err := send(key)
			code := "sql.connection_lost"
			if !c.unapplied {
				code = "sql.commit_lost"
			}
			if f := refusal(t, key, err, fault.Transient, code); f.NotApplied != c.unapplied {
				t.Errorf("%s, early %v: certainly not applied: %v", c.words, c.early, f.NotApplied)
			}
			// The server ends the transaction when it notices that nobody is there.
			if n := count(key); n != c.rows {
				t.Errorf("%s, early %v: %d rows", c.words, c.early, n)
			}
			// What is found, or not, is what the engine acts by; then the same row is sent again where it is not there.
			found, err := session.(connector.Prober).Probe(t.Context(), connector.ProbeRequest{Operation: rowInsert, Params: []byte(`{"table":"docs"}`), Keys: []string{key}})
			if err != nil || found[0].Exists != (c.rows == 1) {
				t.Errorf("%s: %+v %v", key, found, err)
			}
			if c.rows == 0 {
				if err := send(key); err != nil || count(key) != 1 {
					t.Errorf("%s again: %v, %d rows", key, err, count(key))
				}
			}
		}
	})
}

// TestDeadlock: who loses a deadlock wrote nothing and is told to come again.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.table("CREATE TABLE pairs (k INT PRIMARY KEY, n INT)")
		r.run("INSERT INTO pairs VALUES (1,0),(2,0)")
		for n := range 200 { // MySQL gives up whoever wrote less
			r.run(fmt.Sprintf("INSERT INTO pairs VALUES (%d,0)", 1000+n))
		}
		mine, err := r.admin.Begin()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = mine.Rollback() }) // else the table could not be dropped
		if _, err := mine.Exec("UPDATE pairs SET n = n + 1 WHERE k >= 2"); err != nil {
			t.Fatal(err)
		}
		beside := r.dial()
		session := r.open(nil)
		var answers connector.Answers
		var running sync.WaitGroup
		running.Go(func() {
			answers, err = write(session, rowUpdate, `{"table":"pairs"}`, []string{`{"k":1,"n":7}`, `{"k":2,"n":7}`}, []string{"1", "2"})
		})
		// MariaDB looks at its locks anew only where nobody has asked for a tenth of a second.
		waiting := "SELECT COUNT(*) FROM (SELECT SLEEP(0.15)) AS pause, information_schema.innodb_lock_waits"
		if r.dialect == values.Postgres {
			waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'karez' AND wait_event_type = 'Lock' AND query LIKE '%pairs%'"
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for n := 0; n == 0; {
			if err := beside.QueryRowContext(ctx, waiting).Scan(&n); err != nil {
				t.Fatal(err)
			}
		}
		_, lost := mine.Exec("UPDATE pairs SET n = n + 1 WHERE k = 1")
		running.Wait()
		if lost != nil {
			_ = mine.Rollback()
			if err != nil || answers.Rows[1].Outcome != connector.Done {
				t.Errorf("nobody won: %v", err)
			}
			return
		}
		if f := refusal(t, "the deadlock", err, fault.Transient, "vendor.1213", "vendor.40P01"); !f.NotApplied || f.RetryAfter == 0 {
			t.Errorf("%+v", f)
		}
		if err := mine.Commit(); err != nil {
			t.Fatal(err)
		}
		if n := r.number("SELECT n FROM pairs WHERE k = 1"); n != 1 {
			t.Errorf("half of the rows were written: %d", n)
		}
		if again, err := write(session, rowUpdate, `{"table":"pairs"}`, []string{`{"k":1,"n":7}`, `{"k":2,"n":7}`}, []string{"1", "2"}); err != nil || again.Rows[1].Outcome != connector.Done {
			t.Errorf("%+v %v", again.Rows, err)
		}
	})
}

// TestAtTheSameTime: many writers of one key end in one row.
func TestAtTheSameTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.table("CREATE TABLE shared (k VARCHAR(10) PRIMARY KEY, n INT)")
		var all sync.WaitGroup
		for n := range 6 {
			session := r.open(nil)
			all.Go(func() {
				for round := range 20 {
					key := fmt.Sprint("k", round)
					answers, err := write(session, rowUpsert, `{"table":"shared"}`, []string{fmt.Sprintf(`{"k":%q,"n":%d}`, key, n)}, []string{key})
					if err != nil {
						if f := refusal(t, key, err, fault.Transient, "vendor.1213", "vendor.40P01", "vendor.40001"); !f.NotApplied {
							t.Error("nobody knows what became of it")
						}
					} else if answers.Rows[0].Outcome != connector.Done {
						t.Errorf("%+v", answers.Rows[0])
					}
				}
			})
		}
		all.Wait()
		if n := r.number("SELECT COUNT(*) FROM shared"); n != 20 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestDeclaration(t *testing.T) {
	t.Parallel()
	m := parsed(t)
	if !m.NoSandbox || m.TimeZoneKey != "timeZone" {
		t.Errorf("%v %s", m.NoSandbox, m.TimeZoneKey)
	}
	for name, class := range map[string]manifest.Class{rowInsert: manifest.QueryableKey, rowUpsert: manifest.NativeKey, rowUpdate: manifest.Upsert} {
		if op, ok := m.Operation(name); !ok || op.Writing.Create.Class != class || !op.Writing.Create.Probe || op.Form != "table" {
			t.Errorf("%s is %+v", name, op)
		}
	}
	for _, op := range m.Operations {
		for _, f := range op.Request {
			if f.Constant != (f.Name == "sql" || f.Name == "table" && op.Name != listColumns || f.Name == "keyColumns" && op.Kind == manifest.Write) {
				t.Errorf("%s.%s is constant: %v", op.Name, f.Name, f.Constant)
			}
		}
		if strings.HasPrefix(op.Name, "query.") && !op.Named {
			t.Errorf("%s takes no named values", op.Name)
		}
	}
}
