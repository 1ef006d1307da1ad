package database

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/fault"
)

// Table is a table or a view, as the database's own catalogue describes it.
type Table struct {
	Schema, Name string
	// View says that it is none of its own; Comment is what its makers say of it.
	View    bool
	Comment string
	Columns []Column
	// Keys are what makes rows unique, the primary key first. Those that hold for some
	// rows only, or for parts of a column, are left out.
	Keys []Key
}

// Column is a column of a table.
type Column struct {
	values.Column

	// Type is the database's name of it.
	Type string
	// Nullable columns take NULL; Filled ones get a value where a row gives none.
	Nullable, Filled bool
	// Counted says that the database numbers it.
	Counted bool
	Comment string
}

// Key is a unique key.
type Key struct {
	Name    string
	Columns []string
	Primary bool
}

// Column gives a column by its name, or nil.
func (t *Table) Column(name string) *Column {
	at := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
	if at < 0 {
		return nil
	}
	return &t.Columns[at]
}

// Primary gives the columns of the primary key, none where there is no such key.
func (t *Table) Primary() []string {
	for _, k := range t.Keys {
		if k.Primary {
			return k.Columns
		}
	}
	return nil
}

// Unique reports whether exactly these columns make a unique key.
func (t *Table) Unique(columns []string) bool {
	want := slices.Sorted(slices.Values(columns))
	return slices.ContainsFunc(t.Keys, func(k Key) bool { return slices.Equal(slices.Sorted(slices.Values(k.Columns)), want) })
}

// KeyColumns gives the columns of the key with a name.
func (t *Table) KeyColumns(name string) []string {
	for _, k := range t.Keys {
		if k.Name == name {
			return k.Columns
		}
	}
	return nil
}

// freshFor is how long a table is taken to be as it was.
const freshFor = time.Minute

// remembered is a table and when it was looked at.
type remembered struct {
	table *Table
	at    time.Time
}

// Table looks a table up by "name" or "schema.name". Its fault is "sql.table_unknown" of
// class Config at "table".
func (d *Database) Table(ctx context.Context, name string) (*Table, error) {
	d.mu.Lock()
	known, ok := d.tables[name]
	d.mu.Unlock()
	if ok && d.clock().Sub(known.at).Abs() < freshFor {
		return known.table, nil
	}
	var found []Table
	err := d.Read(ctx, func(tx *Tx) error {
		var err error
		if found, err = tx.tables(ctx, name); err != nil || len(found) != 1 {
			return err
		}
		if err = tx.columns(ctx, &found[0]); err != nil {
			return err
		}
		return tx.keys(ctx, &found[0])
	})
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, fault.New("sql.table_unknown", "the database has no table %s that this user may read", name).At("table").Classed(fault.Config).Unapplied().
			Hinted("write it as the database does, capital letters too, and with its schema where that is not the usual one")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tables[name] = remembered{&found[0], d.clock()}
	return &found[0], nil
}

// Forget has every table looked at anew.
func (d *Database) Forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.tables)
}

// Tables lists the tables and views that the user may read, without their columns.
func (tx *Tx) Tables(ctx context.Context) ([]Table, error) { return tx.tables(ctx, "") }

func (tx *Tx) tables(ctx context.Context, name string) ([]Table, error) {
	q := &values.Query{Dialect: tx.db.Dialect}
	if tx.db.Dialect == values.MySQL {
		q.Text("SELECT table_schema, table_name, table_type LIKE '%VIEW%', table_comment FROM information_schema.tables WHERE ")
		tx.named(q, name, "table_schema", "table_name", "table_schema = DATABASE()")
	} else {
		q.Text("SELECT n.nspname, c.relname, CASE WHEN c.relkind IN ('v','m') THEN 1 ELSE 0 END, coalesce(obj_description(c.oid, 'pg_class'), '')" +
			" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace" +
			" WHERE c.relkind IN ('r','p','v','m','f') AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE') AND ")
		tx.named(q, name, "n.nspname", "c.relname", "n.nspname = ANY (current_schemas(false))")
	}
	q.Text(" ORDER BY 1, 2")
	var found []Table
	err := tx.each(ctx, q, func(rows *sql.Rows) error {
		var t Table
		if err := rows.Scan(&t.Schema, &t.Name, &t.View, &t.Comment); err != nil {
			return err
		}
		found = append(found, t)
		return nil
	})
	if len(found) > 1 && name != "" && !strings.Contains(name, ".") {
		found = found[:0] // which of several schemas is meant is not guessed
	}
	return found, err
}

// named narrows a look to one table, or to those of the usual schemas.
func (tx *Tx) named(q *values.Query, name, schema, table, usual string) {
	in, of, split := strings.Cut(name, ".")
	switch {
	case name == "":
		q.Text(usual)
	case split:
		q.Text(schema + " = ").Value(in).Text(" AND " + table + " = ").Value(of)
	default:
		q.Text(usual + " AND " + table + " = ").Value(name)
	}
}

func (tx *Tx) columns(ctx context.Context, t *Table) error {
	q := &values.Query{Dialect: tx.db.Dialect}
	if tx.db.Dialect == values.MySQL {
		q.Text("SELECT column_name, data_type, column_type, is_nullable = 'YES', column_default IS NOT NULL OR extra <> '', extra LIKE '%auto_increment%'," +
			" coalesce(numeric_scale, -1), column_comment FROM information_schema.columns")
	} else {
		q.Text("SELECT column_name, data_type, udt_name, CASE WHEN is_nullable = 'YES' THEN 1 ELSE 0 END," +
			" CASE WHEN column_default IS NOT NULL OR is_identity = 'YES' OR is_generated = 'ALWAYS' THEN 1 ELSE 0 END," +
			" CASE WHEN is_identity = 'YES' OR column_default LIKE 'nextval(%' THEN 1 ELSE 0 END, coalesce(numeric_scale, -1)," +
			" coalesce(col_description((quote_ident(table_schema) || '.' || quote_ident(table_name))::regclass, ordinal_position), '')" +
			" FROM information_schema.columns")
	}
	q.Text(" WHERE table_schema = ").Value(t.Schema).Text(" AND table_name = ").Value(t.Name).Text(" ORDER BY ordinal_position")
	err := tx.each(ctx, q, func(rows *sql.Rows) error {
		var c Column
		var kind string
		if err := rows.Scan(&c.Name, &kind, &c.Type, &c.Nullable, &c.Filled, &c.Counted, &c.Scale, &c.Comment); err != nil {
			return err
		}
		c.Kind = tx.db.Dialect.KindOf(kind)
		t.Columns = append(t.Columns, c)
		return nil
	})
	if err != nil || !tx.db.isMaria() {
		return err
	}
	return tx.documents(ctx, t)
}

// documents finds the columns of MariaDB that hold JSON: they are texts with a check.
func (tx *Tx) documents(ctx context.Context, t *Table) error {
	q := &values.Query{Dialect: tx.db.Dialect}
	q.Text("SELECT check_clause FROM information_schema.check_constraints WHERE constraint_schema = ").Value(t.Schema).Text(" AND table_name = ").Value(t.Name)
	return tx.each(ctx, q, func(rows *sql.Rows) error {
		var clause string
		if err := rows.Scan(&clause); err != nil {
			return err
		}
		for i := range t.Columns {
			if strings.EqualFold(clause, "json_valid("+tx.db.Dialect.Quote(t.Columns[i].Name)+")") {
				t.Columns[i].Kind = values.JSON
			}
		}
		return nil
	})
}

func (tx *Tx) keys(ctx context.Context, t *Table) error {
	q := &values.Query{Dialect: tx.db.Dialect}
	if tx.db.Dialect == values.MySQL {
		// A key over a part of a column, or over an expression, has a member that can't be taken.
		q.Text("SELECT index_name, coalesce(column_name, ''), index_name = 'PRIMARY', sub_part IS NULL AND column_name IS NOT NULL FROM information_schema.statistics" +
			" WHERE non_unique = 0 AND table_schema = ").Value(t.Schema).Text(" AND table_name = ").Value(t.Name).
			Text(" ORDER BY index_name = 'PRIMARY' DESC, index_name, seq_in_index")
	} else {
		q.Text("SELECT i.relname, coalesce(a.attname, ''), CASE WHEN x.indisprimary THEN 1 ELSE 0 END, CASE WHEN a.attname IS NOT NULL THEN 1 ELSE 0 END" +
			" FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid JOIN pg_catalog.pg_class c ON c.oid = x.indrelid" +
			" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace" +
			" CROSS JOIN LATERAL generate_series(0, x.indnkeyatts - 1) AS k(at)" +
			" LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[k.at] AND x.indkey[k.at] > 0" +
			" WHERE x.indisunique AND x.indisvalid AND x.indimmediate AND x.indpred IS NULL AND n.nspname = ").Value(t.Schema).Text(" AND c.relname = ").Value(t.Name).
			Text(" ORDER BY x.indisprimary DESC, i.relname, k.at")
	}
	var unusable []string
	err := tx.each(ctx, q, func(rows *sql.Rows) error {
		var name, column string
		var primary, usable bool
		if err := rows.Scan(&name, &column, &primary, &usable); err != nil {
			return err
		}
		if len(t.Keys) == 0 || t.Keys[len(t.Keys)-1].Name != name {
			t.Keys = append(t.Keys, Key{Name: name, Primary: primary})
		}
		if !usable {
			unusable = append(unusable, name)
		}
		last := &t.Keys[len(t.Keys)-1]
		last.Columns = append(last.Columns, column)
		return nil
	})
	t.Keys = slices.DeleteFunc(t.Keys, func(k Key) bool { return slices.Contains(unusable, k.Name) })
	return err
}

// each calls use for every row.
func (tx *Tx) each(ctx context.Context, q *values.Query, use func(rows *sql.Rows) error) error {
	rows, err := tx.conn.QueryContext(ctx, q.SQL(), q.Args()...)
	if err != nil {
		return tx.db.fault(err)
	}
	defer func() { _ = rows.Close() }() // what was read stays read
	for rows.Next() {
		if err := use(rows); err != nil {
			return fault.New("sql.catalogue_unreadable", "what the database says of its tables can't be read").Classed(fault.Config).Because(err)
		}
	}
	if err := rows.Err(); err != nil {
		return tx.db.fault(err)
	}
	return nil
}
