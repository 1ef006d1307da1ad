package database

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// Bulk is a multi-row insert: Shared columns have one value for the page, Each
// columns one per row.
type Bulk struct {
	Table        string
	Shared, Each []string
}

// InsertMany writes the rows, given one after the other in values. Binding a
// shared value once measured no faster than binding it per row: by number the
// driver looks each parameter up by name, by a SELECT the rows go through a
// co-routine.
func (s *Session) InsertMany(ctx context.Context, b Bulk, shared, values []any) error {
	rows := len(values) / len(b.Each)
	id := b.Table + strconv.Itoa(rows)
	text, ok := s.texts[id]
	if !ok {
		text = "INSERT INTO " + b.Table + " (" + strings.Join(slices.Concat(b.Shared, b.Each), ", ") + ") VALUES " + tuples(len(b.Shared)+len(b.Each), rows)
		s.texts[id] = text
	}
	args := make([]any, 0, len(shared)*rows+len(values))
	for r := range rows {
		args = append(append(args, shared...), values[r*len(b.Each):(r+1)*len(b.Each)]...)
	}
	return s.Must(ctx, rows, text, args...)
}

// Upsert writes the rows, given one after the other in values, over those with
// the same key, a list of columns; b shares none.
func (s *Session) Upsert(ctx context.Context, b Bulk, key string, values []any) error {
	_, err := s.Exec(ctx, b.upsert(s.sqlite, key, len(values)/len(b.Each)), values...)
	return err
}

// upsert is the text that writes rows over those with the same key.
func (b Bulk) upsert(sqlite bool, key string, rows int) string {
	head, tail := " ON DUPLICATE KEY UPDATE ", ""
	from := func(c string) string { return "VALUES(" + c + ")" }
	if sqlite {
		head = " ON CONFLICT (" + key + ") DO UPDATE SET "
		from = func(c string) string { return "excluded." + c }
	}
	for i, c := range b.Each {
		if i > 0 {
			tail += ", "
		}
		tail += c + " = " + from(c)
	}
	return "INSERT INTO " + b.Table + " (" + strings.Join(b.Each, ", ") + ") VALUES " + tuples(len(b.Each), rows) + head + tail
}

// tuples is rows times (?,…,?).
func tuples(columns, rows int) string {
	return strings.TrimSuffix(strings.Repeat("("+Marks(columns)+"),", rows), ",")
}

// Marks is n placeholders for an IN list.
func Marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }
