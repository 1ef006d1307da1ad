package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/protocol"
)

// TestSettings are refused before anything is dialled.
func TestSettings(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		for name, c := range map[string]struct {
			change map[string]any
			path   string
		}{
			"no server":             {map[string]any{"host": nil}, "host"},
			"a server and a port":   {map[string]any{"host": "db/x"}, "host"},
			"a text with options":   {map[string]any{"host": "u:p@tcp(db)/x?allowAllFiles=true"}, "host"},
			"another database":      {map[string]any{"driver": "sqlite"}, "driver"},
			"a port that is none":   {map[string]any{"port": "70000"}, "port"},
			"another encryption":    {map[string]any{"security": "some"}, "security"},
			"no certificate":        {map[string]any{"security": "verify", "trust": "words"}, "trust"},
			"no zone":               {map[string]any{"timeZone": "Nowhere/City"}, "timeZone"},
			"no time":               {map[string]any{"timeout": "1ms"}, "timeout"},
			"a schema with a quote": {map[string]any{"schema": `a", "b`}, "schema"},
		} {
			_, err := r.tryOpen(c.change)
			if f := refusal(t, name, err, fault.Config, "sql.setting_invalid"); f.Path != c.path {
				t.Errorf("%s is blamed on %s", name, f.Path)
			}
		}
		for _, reach := range []any{nil, "public", "private"} {
			_, err := r.open(map[string]any{"reach": reach}).Check(t.Context())
			refused(t, fmt.Sprint("reach ", reach), err, fault.Config, "outbound.refused")
		}
		_, err := r.open(map[string]any{"port": 1}).Check(t.Context())
		refused(t, "nobody there", err, fault.Transient, "sql.unreachable")
		_, err = r.open(map[string]any{"database": "there_is_none"}).Check(t.Context())
		refused(t, "no database", err, fault.Config, "vendor.1049", "vendor.3D000")
		_, err = r.open(map[string]any{"user": "nobody"}).Check(t.Context())
		refused(t, "no user", err, fault.Auth, "vendor.1045", "vendor.28P01", "vendor.28000")
		// These servers do not encrypt.
		for _, security := range []any{nil, "verify", "encrypt"} {
			_, err := r.open(map[string]any{"security": security}).Check(t.Context())
			refused(t, fmt.Sprint("security ", security), err, fault.Config, "sql.no_encryption")
		}
		if health, err := r.open(nil).Check(t.Context()); err != nil || health.SourceTime.IsZero() || time.Since(health.SourceTime).Abs() > time.Minute {
			t.Errorf("%+v %v", health, err)
		}
	})
}

// TestEnvironment: nothing of a connection comes from the process's environment.
func TestEnvironment(t *testing.T) { // not parallel: it sets the environment
	address := servers(t)[values.Postgres]
	if address == "" {
		t.Fatal("KAREZ_TEST_POSTGRES names no server: deploy/postgres.sh starts one")
	}
	r := newRig(t, values.Postgres, address)
	for name, value := range map[string]string{"PGHOST": "evil.example", "PGPORT": "1", "PGUSER": "x", "PGPASSWORD": "x", "PGDATABASE": "x", "PGSSLMODE": "verify-full", "PGOPTIONS": "-c x=y", "PGAPPNAME": "x"} {
		t.Setenv(name, value)
	}
	if _, err := r.open(nil).Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.table("CREATE TABLE known (id {serial}, no VARCHAR(10) NOT NULL, amount DECIMAL(10,2), at {naive} DEFAULT '2024-05-01 00:00:00', doc {json})")
		if r.dialect == values.MySQL {
			r.run("ALTER TABLE known MODIFY no VARCHAR(10) NOT NULL COMMENT '单号'")
		} else {
			r.run("COMMENT ON COLUMN known.no IS '单号'")
		}
		session := r.open(nil)
		for operation, writes := range map[string]bool{rowInsert: true, tableRows: false} {
			request, response, err := session.(connector.Discoverer).Discover(t.Context(), operation, "known")
			if err != nil {
				t.Fatal(err)
			}
			full, empty := response, request
			if writes {
				full, empty = request, response
			}
			var fields []field.Field
			if err := json.Unmarshal(full, &fields); err != nil || string(empty) != "[]" {
				t.Fatal(err, string(empty))
			}
			var got []string
			for _, f := range fields {
				got = append(got, fmt.Sprintf("%s %s %v", f.Name, f.Type, f.Required))
			}
			want := []string{"id int false", fmt.Sprintf("no string %v", writes), "amount decimal false", "at datetime false", "doc json false"}
			if r.dialect == values.MySQL {
				want[4] = got[4] // MariaDB keeps JSON as a text
			}
			if !slices.Equal(got, want) || fields[1].Title.ZH != "单号" {
				t.Errorf("%s: %q, want %q", operation, got, want)
			}
		}
		_, _, err := session.(connector.Discoverer).Discover(t.Context(), rowInsert, "unknown")
		refused(t, "unknown table", err, fault.Config, "sql.table_unknown")
		page, err := query(session, listTables, `{}`, connector.PageRef{})
		if err != nil || !strings.Contains(string(page.Rows), `"name":"known"`) {
			t.Errorf("%s %v", page.Rows, err)
		}
		if page, err = query(session, listColumns, `{"table":"known"}`, connector.PageRef{}); err != nil || !strings.Contains(string(page.Rows), `"primary":true`) {
			t.Errorf("%s %v", page.Rows, err)
		}
	})
}

// TestProcess runs the connector as the engine does.
func TestProcess(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.table("CREATE TABLE far (k VARCHAR(10) PRIMARY KEY, n DECIMAL(20,2))")
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		process, err := protocol.Dial(t.Context(), protocol.Config{Child: protocol.Command(self, nil, []string{"KAREZ_TEST_ROLE=connector"}, os.Stderr)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { process.Stop(context.Background()) })
		session, err := process.Connector.Open(t.Context(), r.account(nil), r.host)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = session.Close(context.Background()) })
		if answers, err := write(session, rowUpsert, `{"table":"far"}`, []string{`{"k":"a","n":12345678901234567.10}`}, []string{"a"}); err != nil || answers.Rows[0].Outcome != connector.Done {
			t.Fatalf("%+v %v", answers.Rows, err)
		}
		if rows, _ := all(t, session, tableRows, `{"table":"far"}`, 10); len(rows) != 1 || string(rows[0].Raw()) != `{"k":"a","n":12345678901234567.10}` {
			t.Errorf("%v", rows)
		}
	})
}

// TestCounter reads a column that only counts, by windows of time.
func TestCounter(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.table("CREATE TABLE counted (id INT PRIMARY KEY, version BIGINT NOT NULL, name VARCHAR(10))")
		session := r.open(nil)
		version := 0
		change := func(id int) {
			version++
			r.run(fmt.Sprintf("DELETE FROM counted WHERE id = %d; INSERT INTO counted VALUES (%d, %d, 'x')", id, id, version))
		}
		read := func(from, to string) string {
			t.Helper()
			rows, _ := all(t, session, tableChanges, fmt.Sprintf(`{"table":"counted","column":"version","from":"2024-05-01 %s","to":"2024-05-01 %s"}`, from, to), 2)
			var got []string
			for _, row := range rows {
				got = append(got, row.Field("id").Text())
			}
			return strings.Join(got, " ")
		}
		if got := read("00:00:00", "00:30:00"); got != "" {
			t.Errorf("of nothing came %s", got)
		}
		for id := range 5 {
			change(id)
		}
		steps := []struct {
			from, to, want string
			then           []int
		}{
			{"00:00:00", "01:00:00", "0 1 2 3 4", []int{1, 5}}, // the first window has everything
			{"00:50:00", "02:00:00", "0 2 3 4 1 5", nil},       // it looks back behind the only mark
			{"01:00:00", "02:00:00", "1 5", []int{2}},          // again, with what came since in the next one
			{"01:50:00", "03:00:00", "1 5 2", []int{0}},
			{"02:00:00", "02:30:00", "2", nil}, // an old range, read late, has what changed since
			{"03:00:00", "04:00:00", "0", nil},
			{"04:00:00", "05:00:00", "", nil},
		}
		for _, s := range steps {
			if got := read(s.from, s.to); got != s.want {
				t.Errorf("%s to %s: %q, want %q", s.from, s.to, got, s.want)
			}
			for _, id := range s.then {
				change(id)
			}
		}
		// A copy was played back: the numbers are smaller than those that were read.
		r.run("DELETE FROM counted")
		version = 0
		change(8)
		if got := read("05:00:00", "06:00:00"); got != "8" {
			t.Errorf("after a copy was played back: %q", got)
		}
		_, err := query(session, tableChanges, `{"table":"counted","column":"version"}`, connector.PageRef{})
		refused(t, "no window", err, fault.Config, "sql.window_unreadable")
	})
}

// TestMarks: whatever windows are read in whatever order, contiguous ones miss nothing.
func TestMarks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var m marks
		most, read := int64(0), int64(0) // read: everything up to here was read by windows without a gap
		end := int64(0)
		for range rapid.IntRange(1, 300).Draw(t, "windows") {
			most += rapid.Int64Range(0, 5).Draw(t, "changes")
			if rapid.Bool().Draw(t, "old") && end > 0 { // an old range, or a window that is not finished
				to := rapid.Int64Range(1, end+20).Draw(t, "to")
				if _, ok := m.upTo(to); !ok {
					m = m.with(mark{to, most})
				}
				continue
			}
			from, to := end-rapid.Int64Range(0, 10).Draw(t, "look back"), end+rapid.Int64Range(1, 30).Draw(t, "span")
			if _, ok := m.upTo(to); !ok {
				m = m.with(mark{to, most})
			}
			low, _ := m.below(from)
			high, ok := m.upTo(to)
			if !ok || low > read {
				t.Fatalf("the window begins above %d, and up to %d was read: %v", low, read, m)
			}
			read, end = max(read, high), to
		}
		if !slices.IsSortedFunc(m, func(a, b mark) int { return int(a.At-b.At) + int(a.Most-b.Most) }) || len(m) > mostMarks {
			t.Fatalf("%v", m)
		}
	})
}
