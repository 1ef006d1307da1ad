package migration_test

import (
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/server/store/migration"
)

// table is what the two dialects have to agree on.
type table struct {
	Columns []column
	Primary string
	// Indexes are "unique (a, b)" or "(a, b)" by name.
	Indexes map[string]string
}

type column struct {
	Name, Kind string
	Null       bool
	Default    string
}

var (
	createTable = regexp.MustCompile(`(?s)CREATE TABLE (\w+) \(\n(.*?)\n\)[^;]*;`)
	createIndex = regexp.MustCompile(`CREATE (UNIQUE )?INDEX (\w+) ON (\w+) \(([^)]*)\)`)
	addColumn   = regexp.MustCompile(`ALTER TABLE (\w+) ADD COLUMN ([^;]*);`)
	columnLine  = regexp.MustCompile(`^(\w+)\s+([A-Z]+)(?:\((\d+)\))?\s*(.*)$`)
	keyLine     = regexp.MustCompile(`^(PRIMARY KEY|UNIQUE KEY|KEY)\s*(\w*)\s*\(([^)]*)\)$`)
	defaultText = regexp.MustCompile(`DEFAULT (\S+)`)
	dropTable   = regexp.MustCompile(`DROP TABLE (\w+);`)
)

// kinds maps a declared type to what both dialects store.
var kinds = map[string]string{
	"INTEGER": "number", "BIGINT": "number", "INT": "number", "SMALLINT": "number",
	"TEXT": "text", "VARCHAR": "text", "VARBINARY": "text", "MEDIUMTEXT": "text",
	"BLOB": "bytes", "MEDIUMBLOB": "bytes", "LONGBLOB": "bytes",
}

// source returns the Up and the Down halves of all files of a dialect.
func source(t *testing.T, d migration.Dialect) (up, down string) {
	t.Helper()
	files, err := migration.Files(d)
	if err != nil {
		t.Fatal(err)
	}
	list, err := fs.Glob(files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range list {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		u, w, ok := strings.Cut(string(text), "-- +goose Down")
		if !ok {
			t.Fatalf("%s/%s has no Down", d, name)
		}
		up, down = up+u, down+w
	}
	return up, down
}

// parse reads the tables that the files of a dialect create.
func parse(t *testing.T, d migration.Dialect) map[string]table {
	t.Helper()
	up, _ := source(t, d)
	out := map[string]table{}
	for _, m := range createTable.FindAllStringSubmatch(up, -1) {
		tab := table{Indexes: map[string]string{}}
		for line := range strings.SplitSeq(m[2], "\n") {
			line = strings.TrimSuffix(strings.TrimSpace(line), ",")
			if k := keyLine.FindStringSubmatch(line); k != nil {
				switch k[1] {
				case "PRIMARY KEY":
					tab.Primary = k[3]
				case "UNIQUE KEY":
					tab.Indexes[k[2]] = "unique (" + k[3] + ")"
				default:
					tab.Indexes[k[2]] = "(" + k[3] + ")"
				}
				continue
			}
			col, primary := readColumn(t, d, m[1], line)
			if primary {
				tab.Primary, col.Null = col.Name, false
			}
			tab.Columns = append(tab.Columns, col)
		}
		out[m[1]] = tab
	}
	for _, m := range addColumn.FindAllStringSubmatch(up, -1) {
		col, _ := readColumn(t, d, m[1], m[2])
		tab := out[m[1]]
		tab.Columns = append(tab.Columns, col)
		out[m[1]] = tab
	}
	for _, m := range createIndex.FindAllStringSubmatch(up, -1) {
		prefix := ""
		if m[1] != "" {
			prefix = "unique "
		}
		out[m[3]].Indexes[m[2]] = prefix + "(" + m[4] + ")"
	}
	if len(out) == 0 {
		t.Fatalf("%s: no tables found", d)
	}
	return out
}

// readColumn reads a column's declaration and whether it is the primary key.
func readColumn(t *testing.T, d migration.Dialect, in, line string) (col column, primary bool) {
	t.Helper()
	c := columnLine.FindStringSubmatch(line)
	if c == nil {
		t.Fatalf("%s, table %s: can't read %q", d, in, line)
	}
	kind, ok := kinds[c[2]]
	if !ok {
		t.Errorf("%s, %s.%s has the type %s, which isn't in the common subset", d, in, c[1], c[2])
	}
	col = column{Name: c[1], Kind: kind, Null: !strings.Contains(c[4], "NOT NULL")}
	if def := defaultText.FindStringSubmatch(c[4]); def != nil {
		col.Default = def[1]
	}
	return col, strings.Contains(c[4], "PRIMARY KEY")
}

// TestDownTakesBackEveryColumn: a column that Up adds to an older table goes with Down.
func TestDownTakesBackEveryColumn(t *testing.T) {
	t.Parallel()
	for _, d := range []migration.Dialect{migration.SQLite, migration.MySQL} {
		up, down := source(t, d)
		added := addColumn.FindAllStringSubmatch(up, -1)
		if len(added) == 0 {
			t.Fatalf("%s: no added column is found", d)
		}
		for _, m := range added {
			name, _, _ := strings.Cut(m[2], " ")
			if !strings.Contains(down, "ALTER TABLE "+m[1]+" DROP COLUMN "+name+";") {
				t.Errorf("%s: %s.%s stays", d, m[1], name)
			}
		}
	}
}

func names(tables map[string]table) []string { return slices.Sorted(maps.Keys(tables)) }

func TestDialectsDescribeOneSchema(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(parse(t, migration.SQLite), parse(t, migration.MySQL)); diff != "" {
		t.Errorf("(-sqlite +mysql):\n%s", diff)
	}
}

func TestDownDropsEveryTable(t *testing.T) {
	t.Parallel()
	for _, d := range []migration.Dialect{migration.SQLite, migration.MySQL} {
		_, down := source(t, d)
		var dropped []string
		for _, m := range dropTable.FindAllStringSubmatch(down, -1) {
			dropped = append(dropped, m[1])
		}
		slices.Sort(dropped)
		if diff := cmp.Diff(names(parse(t, d)), dropped); diff != "" {
			t.Errorf("%s (-created +dropped):\n%s", d, diff)
		}
	}
}

// TestSQLiteTableForms pins the two properties that the figures and the
// identity rest on.
func TestSQLiteTableForms(t *testing.T) {
	t.Parallel()
	up, _ := source(t, migration.SQLite)
	for _, m := range createTable.FindAllString(up, -1) {
		name := createTable.FindStringSubmatch(m)[1]
		last := m[strings.LastIndex(m, "\n")+1:]
		want := ") STRICT;"
		if !strings.Contains(m, "INTEGER PRIMARY KEY") {
			want = ") STRICT, WITHOUT ROWID;"
		}
		if last != want {
			t.Errorf("table %s ends with %q, want %q", name, last, want)
		}
	}
}

// TestVendorTextIsBinary: what a vendor sends and the ledger compares must not
// pass through a collation that pads or folds.
func TestVendorTextIsBinary(t *testing.T) {
	t.Parallel()
	up, _ := source(t, migration.MySQL)
	for _, m := range createTable.FindAllStringSubmatch(up, -1) {
		for line := range strings.SplitSeq(m[2], "\n") {
			c := columnLine.FindStringSubmatch(strings.TrimSuffix(strings.TrimSpace(line), ","))
			if c == nil {
				continue
			}
			switch c[1] {
			case "doc_key", "target_key", "value", "source", "target":
				if c[2] != "VARBINARY" || c[3] != "190" {
					t.Errorf("%s.%s is %s(%s), want VARBINARY(190)", m[1], c[1], c[2], c[3])
				}
			}
		}
		if !strings.HasSuffix(m[0], ") ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;") {
			t.Errorf("table %s doesn't name its engine and collation", m[1])
		}
	}
}

// TestNoReservedWords keeps names usable without quotes; testdata/reserved.txt
// lists the reserved words of MySQL 8.4, MariaDB 10.11 and SQLite 3.
func TestNoReservedWords(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/reserved.txt")
	if err != nil {
		t.Fatal(err)
	}
	reserved := map[string]bool{}
	for word := range strings.FieldsSeq(string(text)) {
		reserved[strings.ToLower(word)] = true
	}
	for _, sentinel := range []string{"key", "rows", "call", "cursor", "trigger", "to", "from", "index", "window"} {
		if !reserved[sentinel] {
			t.Fatalf("the list misses %q", sentinel)
		}
	}
	for name, tab := range parse(t, migration.MySQL) {
		if reserved[name] {
			t.Errorf("table %s has a reserved name", name)
		}
		for _, c := range tab.Columns {
			if reserved[c.Name] {
				t.Errorf("column %s.%s has a reserved name", name, c.Name)
			}
		}
		for index := range tab.Indexes {
			if reserved[index] {
				t.Errorf("index %s.%s has a reserved name", name, index)
			}
		}
	}
}
