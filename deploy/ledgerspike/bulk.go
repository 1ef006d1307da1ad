package main

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// bulk is a multi-row insert: shared columns have one value for the page, each
// columns one per row.
type bulk struct {
	table        string
	shared, each []string
}

// insertMany writes the rows, given one after the other in values. Binding a
// shared value once measured no faster than binding it per row: by number the
// driver looks each parameter up by name, by a SELECT the rows go through a
// co-routine.
func (s *session) insertMany(ctx context.Context, b bulk, shared, values []any) error {
	rows := len(values) / len(b.each)
	id := b.table + strconv.Itoa(rows)
	text, ok := s.texts[id]
	if !ok {
		text = "INSERT INTO " + b.table + " (" + strings.Join(slices.Concat(b.shared, b.each), ", ") + ") VALUES " + tuples(len(b.shared)+len(b.each), rows)
		s.texts[id] = text
	}
	args := make([]any, 0, len(shared)*rows+len(values))
	for r := range rows {
		args = append(append(args, shared...), values[r*len(b.each):(r+1)*len(b.each)]...)
	}
	return s.must(ctx, rows, text, args...)
}

// upsert is the text that writes rows over those with the same key.
func (b bulk) upsert(sqlite bool, key string, rows int) string {
	head, tail := " ON DUPLICATE KEY UPDATE ", ""
	from := func(c string) string { return "VALUES(" + c + ")" }
	if sqlite {
		head = " ON CONFLICT (" + key + ") DO UPDATE SET "
		from = func(c string) string { return "excluded." + c }
	}
	for i, c := range b.each {
		if i > 0 {
			tail += ", "
		}
		tail += c + " = " + from(c)
	}
	return "INSERT INTO " + b.table + " (" + strings.Join(b.each, ", ") + ") VALUES " + tuples(len(b.each), rows) + head + tail
}

// tuples is rows times (?,…,?).
func tuples(columns, rows int) string {
	return strings.TrimSuffix(strings.Repeat("("+marks(columns)+"),", rows), ",")
}

// marks is n placeholders for an IN list.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }
