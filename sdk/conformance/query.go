package conformance

import (
	"bytes"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// maxPages ends a reading that finds no end.
const maxPages = 1000

func (x *exam) ofQuery(q *Query) []behaviour {
	o, ok := x.manifest.Operation(q.Operation)
	if !ok || o.Paging == nil {
		// Coverage, and the manifest's own check, have told.
		return nil
	}
	with := func(name string, check func(T, *Query, *manifest.Paging)) behaviour {
		return behaviour{"query " + q.name() + ": " + name, func(t T) {
			t.Helper()
			check(t, q, o.Paging)
		}}
	}
	list := []behaviour{
		with("two full reads are equal", x.equalReads),
		with("pages keep the declared size", x.sizes),
		with("the total is honest", x.totals),
	}
	if o.Paging.Strategy == manifest.ByPage || o.Paging.Strategy == manifest.ByOffset {
		list = append(list, with("a page beyond the end is empty", x.beyond))
	}
	if q.Malformed != nil {
		list = append(list, with("malformed parameters are coded", x.malformed))
	}
	return append(list, x.ofRange(q, with)...)
}

// firstPage names the first page of a query.
func (x *exam) firstPage(q *Query) connector.PageRef {
	page := connector.PageRef{Size: q.Size}
	if o, ok := x.manifest.Operation(q.Operation); ok && o.Paging != nil {
		page.Number = o.Paging.First
	}
	return page
}

// page fetches one page and looks at its form.
func (x *exam) page(t T, s connector.Session, q *Query, at connector.PageRef) (connector.Page, error) {
	t.Helper()
	page, err := s.Query(t.Context(), connector.QueryRequest{
		Operation: q.Operation, Params: q.Params(at), Page: at,
		Meta: connector.Meta{TraceID: "conformance", RunID: "conformance", Attempt: 1},
	})
	if err != nil {
		return page, x.fault(t, err)
	}
	if first := bytes.TrimLeft(page.Rows, " \t\r\n"); len(first) == 0 || first[0] != '[' {
		t.Errorf("the rows of page %+v are not a JSON array: %.40q", at, page.Rows)
	}
	return page, nil
}

// pages reads a query to its end, forward.
func (x *exam) pages(t T, s connector.Session, q *Query, paging *manifest.Paging) (list []connector.Page, rows [][]byte) {
	t.Helper()
	x.walk(t, s, q, paging, func(page connector.Page, got [][]byte) {
		list, rows = append(list, page), append(rows, got...)
	})
	return list, rows
}

// walk reads a query to its end, forward, and gives each page to each.
func (x *exam) walk(t T, s connector.Session, q *Query, paging *manifest.Paging, each func(page connector.Page, rows [][]byte)) {
	t.Helper()
	all := 0
	for at, n := x.firstPage(q), 0; n < maxPages; n++ {
		page, err := x.page(t, s, q, at)
		if err != nil {
			t.Fatalf("page %+v: %v", at, err)
		}
		got, err := item.Rows(page.Rows)
		if err != nil {
			t.Fatalf("the rows of page %+v: %v", at, err)
		}
		all += len(got)
		each(page, got)
		switch paging.Strategy {
		case manifest.ByPage:
			at.Number++
		case manifest.ByOffset:
			at.Offset += q.Size
		case manifest.ByCursor, manifest.ByKeyset:
			if page.NextToken != "" && page.NextToken == at.Token {
				t.Fatalf("the page after %q leads to itself", at.Token)
			}
			at.Token = page.NextToken
		case manifest.Unpaged:
		}
		// The engine ends as this does: where the vendor announces no more and, for
		// one that announces nothing, where a page is not full.
		if ended(page, len(got), q.Size, all, paging, at.Token) {
			return
		}
	}
	t.Fatalf("the query has not ended after %d pages", maxPages)
}

func ended(page connector.Page, got, size, all int, paging *manifest.Paging, token string) bool {
	switch {
	case paging.Strategy == manifest.Unpaged:
		return true
	case paging.Strategy == manifest.ByCursor || paging.Strategy == manifest.ByKeyset:
		return token == ""
	case page.More:
		return false
	case page.Total >= 0:
		return all >= page.Total || got == 0
	}
	return got < size
}

func (x *exam) equalReads(t T, q *Query, paging *manifest.Paging) {
	t.Helper()
	_, first := x.pages(t, x.open(t), q, paging)
	_, second := x.pages(t, x.open(t), q, paging)
	if len(first) != q.Rows {
		t.Errorf("a full read gives %d rows, and %d match", len(first), q.Rows)
	}
	if len(second) != len(first) {
		t.Fatalf("one read gives %d rows, the next %d", len(first), len(second))
	}
	for i := range first {
		if !bytes.Equal(first[i], second[i]) {
			t.Fatalf("row %d differs between two reads:\n%.200s\n%.200s", i, first[i], second[i])
		}
	}
	seen := map[string]int{}
	for i, row := range first {
		if before, twice := seen[string(row)]; twice {
			t.Errorf("rows %d and %d of one read are the same row", before, i)
		}
		seen[string(row)] = i
	}
}

func (x *exam) sizes(t T, q *Query, paging *manifest.Paging) {
	t.Helper()
	if paging.MaxSize > 0 && q.Size > paging.MaxSize {
		t.Errorf("the harness asks for pages of %d, the manifest allows %d", q.Size, paging.MaxSize)
	}
	list, _ := x.pages(t, x.open(t), q, paging)
	for i, page := range list {
		rows, err := item.Rows(page.Rows)
		if err != nil || paging.Strategy != manifest.Unpaged && len(rows) > q.Size {
			t.Errorf("page %d of %d has %d rows, asked for %d (%v)", i, len(list), len(rows), q.Size, err)
		}
	}
	if paging.Strategy != manifest.Unpaged && len(list) < 3 {
		t.Errorf("the harness's %d rows fill %d pages of %d; let them fill three", q.Rows, len(list), q.Size)
	}
}

func (x *exam) totals(t T, q *Query, paging *manifest.Paging) {
	t.Helper()
	list, rows := x.pages(t, x.open(t), q, paging)
	for i, page := range list {
		switch {
		case page.Total >= 0 && page.Total != len(rows):
			t.Errorf("page %d tells a total of %d, and %d rows came", i, page.Total, len(rows))
		case page.Total < -1:
			t.Errorf("page %d tells a total of %d; -1 means unknown", i, page.Total)
		case page.Total < 0 && paging.Total:
			t.Errorf("the manifest promises a total, page %d tells none", i)
		}
		if last := i == len(list)-1; last && page.More {
			t.Errorf("the last page announces another one")
		}
	}
}

func (x *exam) beyond(t T, q *Query, paging *manifest.Paging) {
	t.Helper()
	s := x.open(t)
	list, rows := x.pages(t, s, q, paging)
	at := x.firstPage(q)
	at.Number += len(list) + 1
	at.Offset = len(rows) + 2*q.Size
	page, err := x.page(t, s, q, at)
	if err != nil {
		t.Fatalf("the page beyond the end: %v", err)
	}
	if got, err := item.Rows(page.Rows); err != nil || len(got) != 0 || page.More {
		t.Errorf("the page beyond the end has %d rows, announces more: %v (%v)", len(got), page.More, err)
	}
}

func (x *exam) malformed(t T, q *Query, _ *manifest.Paging) {
	t.Helper()
	at := x.firstPage(q)
	_, err := x.open(t).Query(t.Context(), connector.QueryRequest{Operation: q.Operation, Params: q.Malformed, Page: at})
	if f := x.refused(t, "Query with malformed parameters", err); f != nil {
		if class := x.manifest.Classify(q.Operation, f).Class; class == "transient" || class == "rate" {
			t.Errorf("the refusal %s has the class %s and would be retried for ever", f.Code, class)
		}
	}
}
