package store

import (
	"strconv"
	"strings"

	"gorm.io/gorm"
)

// Change sets columns of rows that are there: the key's come first in the table's columns,
// as in every row. What all rows of a statement have in common is sent once, so that rows
// which end alike are told apart by little more than their keys. Values are comparable.
func (d Dialect) Change(tx *gorm.DB, t Table, rows [][]any) error {
	keys := strings.Count(t.Key, ",") + 1
	for len(rows) > 0 {
		n := d.step(len(rows), len(t.Columns))
		if err := d.change(tx, t, keys, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (d Dialect) change(tx *gorm.DB, t Table, keys int, rows [][]any) error {
	var each []int
	var sets []string
	var args []any
	for column := range t.Columns {
		switch {
		case column < keys || differ(rows, column):
			each = append(each, column)
		default:
			sets, args = append(sets, t.Columns[column]+"=?"), append(args, rows[0][column])
		}
	}
	for place, column := range each[keys:] {
		sets = append(sets, t.Columns[column]+"="+joined(keys+place))
	}
	match := make([]string, keys)
	for key := range keys {
		match[key] = t.Name + "." + t.Columns[key] + "=" + joined(key)
	}
	values := make([]any, 0, len(rows)*len(each))
	for _, row := range rows {
		for _, column := range each {
			values = append(values, row[column])
		}
	}
	on, set, one := strings.Join(match, " AND "), strings.Join(sets, ","), repeated("?", len(each))
	var text string
	if d == MySQL {
		named := make([]string, len(each))
		for place := range each {
			named[place] = "? AS " + strings.TrimPrefix(joined(place), "v.")
		}
		text = "UPDATE " + t.Name + " JOIN (SELECT " + strings.Join(named, ",") + strings.Repeat(" UNION ALL SELECT "+one, len(rows)-1) + ") v ON " + on + " SET " + set
		args = append(values, args...)
	} else {
		text = "UPDATE " + t.Name + " SET " + set + " FROM (VALUES " + repeated("("+one+")", len(rows)) + ") v WHERE " + on
		args = append(args, values...)
	}
	_, err := Exec(tx, text, args...)
	return err
}

// joined names a column of the values that a change joins.
func joined(n int) string { return "v.column" + strconv.Itoa(n+1) }

// differ reports whether rows have different values in a column.
func differ(rows [][]any, column int) bool {
	for _, row := range rows[1:] {
		if row[column] != rows[0][column] {
			return true
		}
	}
	return false
}
