package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// TestTypes: what is written comes back digit by digit, and what is not given is not there.
func TestTypes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.table("CREATE TABLE kinds (id INT PRIMARY KEY, big BIGINT, price DECIMAL(30,12), ratio {double}, words TEXT, raw {bytes}, born DATE, seen {naive}, moment {instant}, doc {json}, usual VARCHAR(10) DEFAULT 'usual')")
		session := r.open(map[string]any{"timeZone": "Asia/Shanghai"})
		sent := `{"id":1,"big":9223372036854775807,"price":123456789012345678.123456789012,"ratio":0.1,"words":"它's \"q\"\n\\","raw":"AP8A","born":"2024-02-29",` +
			`"seen":"2024-05-01 12:00:00.123456","moment":"2024-05-01T04:00:00.5Z","doc":{"b": 1.10, "a": [1]},"usual":null}`
		answers, err := write(session, rowInsert, `{"table":"kinds"}`, []string{sent, `{"id":2,"words":""}`}, []string{"1", "2"})
		if err != nil || answers.Rows[0].Outcome != connector.Done || answers.Rows[1].Outcome != connector.Done {
			t.Fatalf("%+v %v", answers.Rows, err)
		}
		got, _ := all(t, session, tableRows, `{"table":"kinds"}`, 10)
		want := map[string]string{
			"id": "1", "big": "9223372036854775807", "price": "123456789012345678.123456789012", "ratio": "0.1", "words": `"它's \"q\"\n\\"`, "raw": `"AP8A"`,
			"born": `"2024-02-29"`, "seen": `"2024-05-01 12:00:00.123456"`, "moment": `"2024-05-01 12:00:00.500000"`, "usual": "null",
		}
		if r.dialect == values.Postgres {
			want["moment"] = `"2024-05-01 12:00:00.5+08:00"`
		}
		for name, text := range want {
			if is := string(got[0].Field(name).Raw()); is != text {
				t.Errorf("%s came back as %s, want %s", name, is, text)
			}
		}
		doc := got[0].Field("doc")
		if doc.Kind() == item.String { // MariaDB keeps JSON as a text
			doc = item.Of([]byte(doc.Text()))
		}
		if doc.Field("b").Text() != "1.10" || doc.Path("a.0").Text() != "1" {
			t.Errorf("doc came back as %s", got[0].Field("doc").Raw())
		}
		if empty := got[1]; empty.Field("big").Kind() != item.Null || empty.Field("words").Text() != "" || empty.Field("words").Kind() != item.String || empty.Field("usual").Text() != "usual" {
			t.Errorf("%s", empty.Raw())
		}
		// What was read is written again and is the same.
		if _, err := write(session, rowUpsert, `{"table":"kinds"}`, []string{string(got[0].Raw())}, []string{"1"}); err != nil {
			t.Fatal(err)
		}
		again, _ := all(t, session, tableRows, `{"table":"kinds"}`, 10)
		if diff := cmp.Diff(string(got[0].Raw()), string(again[0].Raw())); diff != "" {
			t.Error(diff)
		}
	})
}

// TestZones: a moment is told in the connection's zone.
func TestZones(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.table("CREATE TABLE moments (id INT PRIMARY KEY, at {instant})")
		r.run("INSERT INTO moments (id, at) VALUES (1, '2024-05-01 04:00:00')") // the admin's zone is UTC
		for zone, want := range map[string]string{"Asia/Shanghai": "2024-05-01 12:00:00", "UTC": "2024-05-01 04:00:00", "Asia/Kolkata": "2024-05-01 09:30:00"} {
			session := r.open(map[string]any{"timeZone": zone})
			got, _ := all(t, session, tableRows, `{"table":"moments"}`, 10)
			if text := got[0].Field("at").Text(); !strings.HasPrefix(text, want) {
				t.Errorf("%s: %s, want %s", zone, text, want)
			}
			// A window is told in it, too.
			in, _ := all(t, session, tableChanges, fmt.Sprintf(`{"table":"moments","column":"at","from":%q,"to":%q}`, want, want), 10)
			out, _ := all(t, session, tableChanges, `{"table":"moments","column":"at","from":"2024-05-01 20:00:00","to":"2024-05-02 20:00:00"}`, 10)
			if len(in) != 1 || len(out) != 0 {
				t.Errorf("%s: %d rows in the window, %d out of it", zone, len(in), len(out))
			}
		}
	})
}

// TestValuesAreNeverText: whatever a value is made of, it stays a value.
func TestValuesAreNeverText(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.table("CREATE TABLE goods (id INT PRIMARY KEY, name VARCHAR(200))")
		names := []string{`' OR '1'='1`, `'; DROP TABLE goods; --`, `\' OR 1=1 -- `, `:id`, "`\"", `%`, `x\`}
		session := r.open(nil)
		for n, name := range names {
			row := string(item.AppendText(fmt.Appendf(nil, `{"id":%d,"name":`, n), name)) + "}"
			if _, err := write(session, rowInsert, `{"table":"goods"}`, []string{row}, []string{fmt.Sprint(n)}); err != nil {
				t.Fatal(err)
			}
		}
		for n, name := range names {
			quoted := string(item.AppendText(nil, name))
			for operation, params := range map[string]string{
				queryAll:  `{"sql":"SELECT id FROM goods WHERE name = :name","name":` + quoted + `}`,
				tableRows: `{"table":"goods","name":` + quoted + `}`,
			} {
				rows, _ := all(t, session, operation, params, 10)
				if len(rows) != 1 || rows[0].Field("id").Text() != fmt.Sprint(n) {
					t.Errorf("%s: %s found %d rows", operation, name, len(rows))
				}
			}
			for what, params := range map[string]string{
				"table":   `{"table":` + quoted + `}`,
				"column":  `{"table":"goods","columns":[` + quoted + `]}`,
				"filter":  `{"table":"goods",` + quoted + `:1}`,
				"keys":    `{"table":"goods","keyColumns":[` + quoted + `]}`,
				"orderBy": `{"sql":"SELECT * FROM goods","orderBy":[` + quoted + `]}`,
			} {
				operation := tableRows
				if what == "orderBy" {
					operation = queryAll
				}
				_, err := query(session, operation, params, connector.PageRef{Size: 10})
				refused(t, what+" "+name, err, fault.Config, "sql.table_unknown", "sql.column_unknown")
			}
		}
		if n := r.number("SELECT COUNT(*) FROM goods"); n != len(names) {
			t.Errorf("%d rows are left", n)
		}
	})
}

// TestPaging: no row is missed or doubled, whatever is equal in what rows are ordered by.
func TestPaging(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.table("CREATE TABLE pages (id BIGINT PRIMARY KEY, at {naive} NOT NULL, price DECIMAL(20,4) NOT NULL, name {ci} NOT NULL)")
		for n := range 60 {
			// 2^53 and on, where floats skip numbers; names that are equal to a database that looks at letters only.
			r.run(fmt.Sprintf("INSERT INTO pages VALUES (%d, '2024-05-01 12:00:%02d', 9007199254740993.%04d, '%s')", int64(9007199254740992)+int64(n), n/20, n, []string{"a", "A", "á"}[n%3]+fmt.Sprint(n/3)))
		}
		session := r.open(nil)
		for name, params := range map[string]string{
			"key":                   `{"table":"pages"}`,
			"big numbers":           `{"sql":"SELECT * FROM pages","orderBy":"id"}`,
			"decimals":              `{"sql":"SELECT * FROM pages","orderBy":"price"}`,
			"letters":               `{"sql":"SELECT * FROM pages","orderBy":"name"}`,
			"equal moments":         `{"sql":"SELECT * FROM pages","orderBy":"at, id"}`,
			"the change of a table": `{"table":"pages","column":"at","from":"2024-05-01 12:00:00","to":"2024-05-01 12:00:59"}`,
		} {
			operation := queryAll
			if strings.Contains(params, "table") {
				operation = tableRows
			}
			if strings.Contains(params, "from\"") {
				operation = tableChanges
			}
			rows, pages := all(t, session, operation, params, 7)
			seen := map[string]bool{}
			for _, row := range rows {
				seen[row.Field("id").Text()] = true
			}
			if len(rows) != 60 || len(seen) != 60 || pages != 9 {
				t.Errorf("%s: %d rows, %d of them different, on %d pages", name, len(rows), len(seen), pages)
			}
		}
		for name, c := range map[string]struct{ params, code string }{
			"equal keys":    {`{"sql":"SELECT * FROM pages","orderBy":"at"}`, "sql.key_repeated"},
			"no order":      {`{"sql":"SELECT * FROM pages"}`, "sql.order_missing"},
			"empty keys":    {`{"sql":"SELECT id, NULLIF(id, 9007199254740992) AS k FROM pages","orderBy":"k, id"}`, "sql.key_null"},
			"floats":        {`{"sql":"SELECT id, CAST(id AS {double}) AS k FROM pages","orderBy":"k"}`, "sql.key_unfit"},
			"another token": {`{"sql":"SELECT * FROM pages","orderBy":"id"}`, "sql.token_invalid"},
		} {
			at := connector.PageRef{Size: 7}
			if name == "empty keys" {
				at.Size = 100 // PostgreSQL puts them last
			}
			if name == "another token" {
				at.Token = "[1,2]"
			}
			_, err := query(session, queryAll, r.words(c.params), at)
			refused(t, name, err, fault.Config, c.code)
		}
		_, err := query(session, queryAll, `{"sql":"SELECT id AS x, name AS x FROM pages"}`, connector.PageRef{Size: 7})
		refused(t, "equal names", err, fault.Config, "sql.column_twice", "vendor.1060")
		if page, err := query(session, queryAll, `{"sql":"SELECT * FROM pages WHERE id < 9007199254740995"}`, connector.PageRef{Size: 7}); err != nil || page.More || page.NextToken != "" {
			t.Errorf("%+v %v", page, err)
		}
	})
}

// TestListedWords: words that are ordered by their places in a list and compared by their
// letters do not lead pages astray.
func TestListedWords(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		if r.dialect == values.Postgres {
			r.run("CREATE TYPE size AS ENUM ('small', 'medium', 'large', 'huge')")
			r.run("CREATE TABLE sizes (size size PRIMARY KEY)")
		} else {
			r.run("CREATE TABLE sizes (size ENUM('small', 'medium', 'large', 'huge') PRIMARY KEY)")
		}
		r.run("INSERT INTO sizes VALUES ('small'), ('medium'), ('large'), ('huge')")
		for operation, params := range map[string]string{tableRows: `{"table":"sizes"}`, queryAll: `{"sql":"SELECT size FROM sizes","orderBy":"size"}`} {
			rows, pages := all(t, r.open(nil), operation, params, 1)
			if len(rows) != 4 || pages != 4 {
				t.Errorf("%s: %d rows on %d pages", operation, len(rows), pages)
			}
		}
		_, traces := r.host.Said()
		if len(traces) == 0 || !strings.Contains(string(traces[0].RequestBody), "sizes") || strings.Contains(fmt.Sprint(traces), r.password) {
			t.Errorf("%v", traces)
		}
	})
}

// TestStatements: what a statement may do and what it may not.
func TestStatements(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.table("CREATE TABLE things (id INT PRIMARY KEY, kind VARCHAR(10), paid INT)")
		r.run("INSERT INTO things VALUES (1,'a',1),(2,'b',0),(3,'c',NULL),(4,NULL,1)")
		session := r.open(nil)
		for name, c := range map[string]struct{ params, want string }{
			"a list":        {`{"sql":"SELECT id FROM things WHERE kind IN (:k)","orderBy":"id","k":["a","c","x"]}`, "1 3"},
			"an empty list": {`{"sql":"SELECT id FROM things WHERE kind IN (:k)","orderBy":"id","k":[]}`, ""},
			"NULL":          {`{"sql":"SELECT id FROM things WHERE coalesce(kind, '-') = coalesce(:k, '-')","orderBy":"id","k":null}`, "4"},
			"a number":      {`{"sql":"SELECT id FROM things WHERE id > :n AND id < :n + 2","orderBy":"id","n":2}`, "3"},
			"WITH":          {`{"sql":"WITH x AS (SELECT id FROM things WHERE paid = :p) SELECT id FROM x -- done","orderBy":"id","p":1}`, "1 4"},
			"in parts":      {`{"sql":"(SELECT id FROM things WHERE id = 1) UNION (SELECT id FROM things WHERE id = 2);","orderBy":"id"}`, "1 2"},
		} {
			rows, _ := all(t, session, queryAll, c.params, 2)
			var got []string
			for _, row := range rows {
				got = append(got, row.Field("id").Text())
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s: %v, want %s", name, got, c.want)
			}
		}
		for name, c := range map[string]struct {
			params string
			codes  []string
		}{
			"a value that is not given": {`{"sql":"SELECT :x"}`, []string{"sql.value_missing"}},
			"an object":                 {`{"sql":"SELECT :x AS y","x":{"a":1}}`, []string{"sql.value_shape"}},
			"another statement":         {`{"sql":"SELECT 1 AS x; DELETE FROM things"}`, []string{"sql.statement_several"}},
			"out of the parentheses":    {`{"sql":"SELECT 1) AS karez_rows; DELETE FROM things; SELECT * FROM (SELECT 1"}`, []string{"sql.statement_unclosed"}},
			"no such table":             {`{"sql":"SELECT * FROM nothing"}`, []string{"vendor.1146", "vendor.42P01"}},
			"no such column":            {`{"sql":"SELECT nothing FROM things"}`, []string{"vendor.1054", "vendor.42703"}},
			"no SQL":                    {`{"sql":"SELECT FROM WHERE"}`, []string{"vendor.1064", "vendor.42601"}},
			"a write in a WITH":         {`{"sql":"WITH x AS (DELETE FROM things RETURNING id) SELECT * FROM x"}`, []string{"vendor.1064", "vendor.0A000"}},
			"into a file":               {`{"sql":"SELECT * FROM things INTO OUTFILE '/tmp/x'"}`, []string{"vendor.1064", "vendor.42601", "vendor.1221"}},
			"an unknown function":       {`{"sql":"SELECT lock_it() AS x"}`, []string{"vendor.1305", "vendor.1630", "vendor.42883"}},
		} {
			_, err := query(session, queryAll, c.params, connector.PageRef{Size: 5})
			refused(t, name, err, fault.Config, c.codes...)
		}
		_, err := query(session, queryChanges, `{"sql":"SELECT * FROM things WHERE id > :from","from":"x","to":"y"}`, connector.PageRef{Size: 5})
		refused(t, "half a window", err, fault.Config, "sql.window_unused")
		if r.dialect == values.Postgres {
			r.run("CREATE SEQUENCE numbers")
			_, err := query(session, queryAll, `{"sql":"SELECT nextval('numbers') AS x"}`, connector.PageRef{Size: 5})
			refused(t, "a function that writes", err, fault.Config, "vendor.25006")
		} else {
			r.run("CREATE FUNCTION add_one() RETURNS INT DETERMINISTIC BEGIN INSERT INTO things VALUES (9, 'z', 1); RETURN 1; END")
			_, err := query(session, queryAll, `{"sql":"SELECT add_one() AS x"}`, connector.PageRef{Size: 5})
			refused(t, "a function that writes", err, fault.Config, "vendor.1792")
		}
		if n := r.number("SELECT COUNT(*) FROM things"); n != 4 {
			t.Errorf("%d rows are left", n)
		}
	})
}

// TestTimeLimit: the database itself gives a statement up.
func TestTimeLimit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		session := r.open(map[string]any{"timeout": "1s"})
		slow := "SELECT COUNT(*) AS n FROM information_schema.columns a, information_schema.columns b, information_schema.columns c, information_schema.columns d"
		if r.dialect == values.Postgres {
			slow = "SELECT COUNT(*) AS n FROM generate_series(1, 1000000000)"
		}
		began := time.Now()
		_, err := query(session, queryAll, `{"sql":"`+slow+`"}`, connector.PageRef{Size: 5})
		refused(t, "a slow statement", err, fault.Config, "vendor.1969", "vendor.3024", "vendor.57014")
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("it took %s", took)
		}
		if _, err := session.Check(t.Context()); err != nil {
			t.Errorf("the session is of no use afterwards: %v", err)
		}
	})
}

// TestTableReading: conditions, numbers, columns, views, and rows that no window holds.
func TestTableReading(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.table("CREATE TABLE sales (id INT PRIMARY KEY, no VARCHAR(10), shop VARCHAR(10), changed {naive}, day DATE, seconds BIGINT, price DECIMAL(10,2))")
		r.run("INSERT INTO sales VALUES (1,'n1','a','2024-05-01 10:00:00','2024-05-01',1714528800,1.50),(2,'n2','a','2024-05-01 11:00:00','2024-05-01',1714532400,2.50),(3,'n3','b','2024-05-02 11:00:00','2024-05-02',1714618800,3.50),(4,'n4',NULL,NULL,NULL,NULL,NULL)")
		r.run("CREATE VIEW paid AS SELECT id, no, shop FROM sales WHERE price > 2")
		session := r.open(nil)
		for name, c := range map[string]struct{ operation, params, want string }{
			"a condition":        {tableRows, `{"table":"sales","shop":"a"}`, "1 2"},
			"one of several":     {tableRows, `{"table":"sales","shop":["a","b"],"id":[1,3]}`, "1 3"},
			"one of none":        {tableRows, `{"table":"sales","shop":[]}`, ""},
			"nothing":            {tableRows, `{"table":"sales","shop":null}`, "4"},
			"a decimal":          {tableRows, `{"table":"sales","price":"2.50"}`, "2"},
			"numbers":            {tableRows, `{"table":"sales","numberColumn":"no","numbers":["n4","n1","x"]}`, "1 4"},
			"numbers and a date": {tableChanges, `{"table":"sales","column":"changed","numberColumn":"no","numbers":["n4"]}`, "4"},
			"a time":             {tableChanges, `{"table":"sales","column":"changed","from":"2024-05-01 10:30:00","to":"2024-05-02 11:00:00"}`, "2 3"},
			"a date":             {tableChanges, `{"table":"sales","column":"day","from":"2024-05-02 10:30:00","to":"2024-05-02 11:00:00"}`, "3"},
			"seconds":            {tableChanges, `{"table":"sales","column":"seconds","columnIs":"unix","from":"2024-05-01 10:30:00","to":"2024-05-01 11:00:00"}`, "2"},
			"a view":             {tableRows, `{"table":"paid","keyColumns":"id"}`, "2 3"},
			"columns":            {tableRows, `{"table":"sales","columns":"no, id"}`, "1 2 3 4"},
		} {
			rows, _ := all(t, session, c.operation, c.params, 2)
			var got []string
			for _, row := range rows {
				got = append(got, row.Field("id").Text())
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s: %v, want %s", name, got, c.want)
			}
		}
		page, err := query(session, tableChanges, `{"table":"sales","column":"changed","from":"2024-05-01 00:00:00","to":"2024-05-03 00:00:00"}`, connector.PageRef{Size: 5})
		if err != nil || len(page.Warnings) != 1 || page.SourceTime.IsZero() {
			t.Errorf("%v %v", page.Warnings, err)
		}
		for name, c := range map[string]struct{ operation, params, code string }{
			"a view without a key":  {tableRows, `{"table":"paid"}`, "sql.key_missing"},
			"a column of words":     {tableChanges, `{"table":"sales","column":"shop","from":"2024-05-01 00:00:00","to":"2024-05-03 00:00:00"}`, "sql.column_unfit"},
			"no column":             {tableChanges, `{"table":"sales","from":"2024-05-01 00:00:00","to":"2024-05-03 00:00:00"}`, "sql.column_unknown"},
			"numbers of no column":  {tableRows, `{"table":"sales","numbers":["n1"]}`, "sql.number_column_missing"},
			"a condition that lies": {tableRows, `{"table":"sales","id":"one"}`, "sql.value_not_integer"},
			"no window":             {tableChanges, `{"table":"sales","column":"seconds","columnIs":"unix"}`, "sql.window_unreadable"},
		} {
			_, err := query(session, c.operation, c.params, connector.PageRef{Size: 5})
			refused(t, name, err, fault.Config, c.code)
		}
	})
}
