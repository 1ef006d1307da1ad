package main

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/karezflow/karez/plugins/sql/internal/database"
	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

// mark says that at a moment no row of a table had a greater number in its column.
type mark struct {
	// At is the moment in Unix seconds, Most the number.
	At   int64 `json:"at"`
	Most int64 `json:"most"`
}

// marks are those of a column, the moments and the numbers both growing. The engine's
// windows are times; a column that only counts is read by them with the help of marks.
//
// A window is read from the number of the last mark at or before its beginning up to that
// of the first mark at or behind its end, which is made where there is none. So what lies
// below a mark was read by the windows up to its moment, and whatever window comes next
// begins at or below it. Marks that are lost only make a window begin lower: what was read
// is read again, and known.
type marks []mark

// mostMarks bounds the marks of a column; every second of the older half goes then.
const mostMarks = 120

// below gives the number that a window beginning at a moment begins above; false where it
// begins with the first row.
func (m marks) below(at int64) (int64, bool) {
	found, ok := int64(0), false
	for _, one := range m {
		if one.At <= at {
			found, ok = one.Most, true
		}
	}
	return found, ok
}

// upTo gives the number that a window ending at a moment ends with, once there is a mark for it.
func (m marks) upTo(at int64) (int64, bool) {
	for _, one := range m {
		if one.At >= at {
			return one.Most, true
		}
	}
	return 0, false
}

// with adds a mark behind the others.
func (m marks) with(next mark) marks {
	m = append(slices.Clone(m), next)
	if len(m) > mostMarks {
		var kept marks
		for i, one := range m {
			if i >= len(m)/2 || i%2 == 0 {
				kept = append(kept, one)
			}
		}
		m = kept
	}
	return m
}

// counted gives the range of numbers of a window: above low, nil for all, up to high. first
// says that the window's first page is read.
func (s *session) counted(ctx context.Context, tx *database.Tx, t *database.Table, c *database.Column, from, to string, first bool) (low *int64, high any, err error) {
	begins, err := moment(from, s.db.Zone)
	if err != nil {
		return nil, nil, err
	}
	ends, err := moment(to, s.db.Zone)
	if err != nil {
		return nil, nil, err
	}
	column := t.Schema + "." + t.Name + "." + c.Name
	known, err := s.marked(ctx, column, func(known marks) (marks, error) {
		if _, ok := known.upTo(ends.Unix()); ok && !first {
			return known, nil
		}
		most, ok, err := s.most(ctx, tx, t, c)
		if err != nil || !ok {
			return known, err
		}
		// Where the numbers fell, as after a copy was played back, the marks mean nothing any more.
		if n := len(known); n > 0 && known[n-1].Most > most {
			return marks{{ends.Unix(), most}}, nil
		}
		if _, ok := known.upTo(ends.Unix()); ok {
			return known, nil
		}
		return known.with(mark{ends.Unix(), most}), nil
	})
	if err != nil {
		return nil, nil, err
	}
	if n, ok := known.below(begins.Unix()); ok {
		low = &n
	}
	if n, ok := known.upTo(ends.Unix()); ok {
		high = n
	}
	return low, high, nil
}

// most gives the greatest number in a column; false where there is none.
func (s *session) most(ctx context.Context, tx *database.Tx, t *database.Table, c *database.Column) (int64, bool, error) {
	q := &values.Query{Dialect: s.db.Dialect}
	s.tableName(q.Text("SELECT MAX(").Name(c.Name).Text(") FROM "), t)
	rows, err := tx.Ask(ctx, q)
	if err != nil {
		return 0, false, err
	}
	defer rows.Close()
	row, err := rows.Next()
	if err != nil || row == nil || row[0] == nil {
		return 0, false, err
	}
	text, err := values.Append(nil, values.Integer, row[0], s.db.Zone)
	var n int64
	if err == nil && json.Unmarshal(text, &n) != nil {
		err = fault.New("sql.column_unfit", "the numbers in %s are too large to count by", c.Name).At("column").Classed(fault.Config)
	}
	return n, err == nil, err
}

// mostSwaps is how often the marks are tried to be kept while others change them.
const mostSwaps = 8

// marked gives a column's marks after a change of them is kept.
func (s *session) marked(ctx context.Context, column string, change func(marks) (marks, error)) (marks, error) {
	for range mostSwaps {
		now, err := s.host.State().Get(ctx)
		if err != nil {
			return nil, stateFault(err)
		}
		all := map[string]marks{}
		if json.Unmarshal(now.Value, &all) != nil {
			all = map[string]marks{} // what can't be read is made anew
		}
		next, err := change(all[column])
		if err != nil || slices.Equal(next, all[column]) {
			return next, err
		}
		all[column] = next
		raw, err := json.Marshal(all)
		if err != nil {
			return nil, stateFault(err)
		}
		_, err = s.host.State().CompareAndSwap(ctx, now, raw, 0)
		if err == nil {
			return next, nil
		}
		if !errors.Is(err, connector.ErrStateConflict) {
			return nil, stateFault(err)
		}
	}
	return nil, stateFault(connector.ErrStateConflict)
}

func stateFault(err error) error {
	return fault.Wrap(err, "sql.marks_unavailable", "how far a column was read could not be kept").Classed(fault.Transient)
}
