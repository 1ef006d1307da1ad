package conformance

import (
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// Range is a span of time that has all rows of a query which selects by time.
type Range struct {
	From, To time.Time
	// Params gives the request's parameters for a page of another range.
	Params func(page connector.PageRef, from, to time.Time) []byte
}

// ofRange are the behaviours of queries that select by time.
func (x *exam) ofRange(q *Query, with func(string, func(T, *Query, *manifest.Paging)) behaviour) (list []behaviour) {
	if q.Range != nil {
		list = append(list, with("two halves of a range are the whole", x.halves))
		if o, _ := x.manifest.Operation(q.Operation); o.Window != nil && o.Window.Span > 0 {
			list = append(list, with("a range of the declared span is accepted", x.span))
		}
	}
	if q.Shift != nil {
		list = append(list, with("rows that change meanwhile hide no others", x.shifted))
	}
	return list
}

// within is the query for another range.
func (q *Query) within(from, to time.Time) *Query {
	other := *q
	other.Params = func(page connector.PageRef) []byte { return q.Range.Params(page, from, to) }
	return &other
}

func (x *exam) halves(t T, q *Query, paging *manifest.Paging) {
	t.Helper()
	s := x.open(t)
	_, whole := x.pages(t, s, q, paging)
	middle := q.Range.From.Add(q.Range.To.Sub(q.Range.From) / 2).Truncate(time.Second)
	_, first := x.pages(t, s, q.within(q.Range.From, middle), paging)
	_, second := x.pages(t, s, q.within(middle, q.Range.To), paging)
	if len(first) == 0 || len(second) == 0 {
		t.Errorf("of %d rows one half of the range has %d and the other %d; let both have some", len(whole), len(first), len(second))
	}
	known := map[string]bool{}
	for _, row := range whole {
		known[string(row)] = false
	}
	for _, row := range append(first, second...) {
		if _, ok := known[string(row)]; !ok {
			t.Errorf("a half of the range has a row that the whole lacks: %.200s", row)
		}
		known[string(row)] = true
	}
	for row, seen := range known {
		if !seen {
			t.Errorf("neither half of the range has the row %.200s", row)
		}
	}
}

func (x *exam) span(t T, q *Query, _ *manifest.Paging) {
	t.Helper()
	o, _ := x.manifest.Operation(q.Operation)
	s, longest := x.open(t), o.Window.Span.Std()
	from := q.Range.To.Add(-longest)
	if _, err := x.page(t, s, q.within(from, q.Range.To), x.firstPage(q)); err != nil {
		t.Errorf("the vendor refuses a range of %s, as the manifest declares it: %v", longest, err)
	}
	// A longer one may be accepted; a refusal has to say what it is about.
	_, err := x.page(t, s, q.within(from.Add(-longest), q.Range.To), x.firstPage(q))
	if err == nil {
		return
	}
	f := x.manifest.Classify(q.Operation, x.fault(t, err))
	if f.Class == "transient" || f.Class == "rate" {
		t.Errorf("the refusal %s of a longer range has the class %s and would be retried for ever", f.Code, f.Class)
	}
}

// shifted reads in the declared direction while a row changes after the first page.
func (x *exam) shifted(t T, q *Query, paging *manifest.Paging) {
	t.Helper()
	o, _ := x.manifest.Operation(q.Operation)
	key := strings.TrimSuffix(strings.TrimPrefix(o.Key, "{{"), "}}")
	s := x.open(t)
	_, whole := x.pages(t, s, q, paging)
	seen := map[string]bool{}
	note := func(rows [][]byte) {
		for _, row := range rows {
			seen[item.Of(row).Path(key).Text()] = true
		}
	}
	x.inOrder(t, s, q, paging, len(whole), func(n int, rows [][]byte) {
		note(rows)
		if n == 0 {
			q.Shift(t)
		}
	})
	_, after := x.pages(t, s, q, paging)
	unchanged := map[string]bool{}
	for _, row := range after {
		unchanged[string(row)] = true
	}
	for _, row := range whole {
		if id := item.Of(row).Path(key).Text(); unchanged[string(row)] && !seen[id] {
			t.Errorf("another row changed after the first page, and %s was not read: pages shift in this direction", id)
		}
	}
}

// inOrder reads the pages of so many rows in the declared direction.
func (x *exam) inOrder(t T, s connector.Session, q *Query, paging *manifest.Paging, rows int, each func(n int, rows [][]byte)) {
	t.Helper()
	if paging.Direction != manifest.Backward {
		n := 0
		x.walk(t, s, q, paging, func(_ connector.Page, rows [][]byte) { each(n, rows); n++ })
		return
	}
	last := (rows + q.Size - 1) / q.Size
	for n := range last {
		at := connector.PageRef{Size: q.Size, Number: paging.First + last - 1 - n, Offset: (last - 1 - n) * q.Size}
		page, err := x.page(t, s, q, at)
		if err != nil {
			t.Fatalf("page %+v: %v", at, err)
		}
		got, err := item.Rows(page.Rows)
		if err != nil {
			t.Fatalf("the rows of page %+v: %v", at, err)
		}
		each(n, got)
	}
}
