package pull

import (
	"bytes"
	"context"
	"slices"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// forward reads pages from the first to the last. While it reads, rows may leave
// the window, which moves those behind them to pages that were read already, and
// others may come in. How it makes sure that no row which stays in the window is
// missed depends on how pages are asked for; all of it takes for granted that the
// source gives its rows in an order that does not change by itself.
//
//   - By offset: pages overlap. A page must begin with the rows at the end of the one
//     before. If it does, what follows them is what followed them then: whatever came or
//     left before them, and however much, nothing between two pages is skipped. This
//     needs rows that can be told apart at the edge. Rows that are documents can, since
//     equal ones are one document. Where flat rows are regrouped, two lines of a document
//     may be equal to the byte, so the overlap is the whole group at the edge and the row
//     before it: that row ends its group, and no row further on can be taken for it.
//     Where a group fills a page, and where a page has one row only, there is no such
//     edge, and all pages are read again as below.
//   - By number with a total: any single change of the rows shows in the total, which every
//     page repeats, or, behind the last page, in the first page, which is read again.
//   - By number without a total: after the last page all pages before it are read again,
//     from the last to the first, and must be the same to the byte. A row that both
//     passes missed would have moved forward in the first pass and back in the second:
//     then the page with the row that left has changed, unless that very row came back
//     unchanged. Where rows are regrouped a row that was read twice counts as well, so
//     the last page is read again, too; only a row that came between two pages of the
//     first pass and left between the same two of the second could go unseen.
//   - By token: the source itself holds the pages together.
//
// A row that comes into the window while it is read, at a place that was read
// already, may be missed where another one leaves at the same time. It is late like
// one that comes after the reading, and the same things find it: the window's lag,
// its look-back, a gap sweep.
type forward struct {
	*reader
	window ledger.Window
	sink   *sink
	// done are the pages that were read, without their rows.
	done []page
	// edge are the rows with which the next page must begin.
	edge [][]byte
	// rows counts those that were read, tail are those of the last page.
	rows int
	tail [][]byte
	// compare says that an edge could not be told, so that all pages must be read again.
	compare bool
}

func (f *forward) read(ctx context.Context) (string, error) {
	ref := f.ref(0)
	for {
		next, err := f.fetch(ctx, f.window, ref)
		if err != nil {
			return "", err
		}
		next.no = f.job.Source.Page.First + len(f.done)
		var last bool
		if ref, last, err = f.after(next, len(f.done)); err != nil {
			return "", err
		}
		if finding := f.look(next, last); finding != "" {
			return finding, nil
		}
		if next.seen = len(f.edge); f.behindKey() {
			next.seen = repeats(f.tail, next.rows)
		}
		f.rows += len(next.fresh())
		if err := f.sink.commit(ctx, next, last); err != nil {
			return f.excuse(ctx, err)
		}
		f.tail = next.rows
		if f.byOffset() && !last && !failpoint.Wrong(failpoint.ForwardPaging) {
			f.edge = f.overlap(next.rows)
			ref.Offset = next.ref.Offset + len(next.rows) - len(f.edge)
		}
		next.rows, next.Rows = nil, nil
		f.done = append(f.done, next)
		if last {
			return f.again(ctx)
		}
		if err := f.guard(len(f.done) + 1); err != nil {
			return "", err
		}
	}
}

func (f *forward) byOffset() bool { return f.job.Source.Page.Strategy == manifest.ByOffset }

// byNumber reports whether any page can be asked for, not only the next.
func (f *forward) byNumber() bool {
	return f.byOffset() || f.job.Source.Page.Strategy == manifest.ByPage
}

// look tells what is wrong with a page, seen by itself and beside the one before.
func (f *forward) look(next page, last bool) string {
	switch {
	case failpoint.Wrong(failpoint.ForwardPaging):
		return ""
	case !f.job.Source.Page.Exact && f.sink.seen(next):
		return findingRepeated
	case len(f.done) > 0 && !f.behindKey() && next.Total != f.done[len(f.done)-1].Total:
		return findingTotal
	case !last && f.byNumber() && len(next.rows) < f.job.Source.Page.Size:
		return findingShort
	case len(next.rows) < len(f.edge):
		return findingShifted
	}
	for i, row := range f.edge {
		if !bytes.Equal(row, next.rows[i]) {
			return findingShifted
		}
	}
	return ""
}

// lies reports whether the total tells another number of rows than the pages have.
func (f *forward) lies() bool {
	total := f.done[0].Total
	return !f.job.Source.Page.Exact && total >= 0 && total != f.rows
}

// overlap gives the rows with which the page behind these must begin; fewer than
// the page has, so that the next one brings something new.
func (f *forward) overlap(rows [][]byte) [][]byte {
	n := 1
	if f.sink.group != nil {
		n = f.sink.group.edge(rows)
	}
	if n == 0 || n >= len(rows) {
		f.compare = true
		n = min(1, len(rows)-1)
	}
	return rows[len(rows)-n:]
}

// again makes sure, after the last page, that nothing moved where the pages did not show it.
func (f *forward) again(ctx context.Context) (string, error) {
	strategy := f.job.Source.Page.Strategy
	switch {
	case failpoint.Wrong(failpoint.ForwardPaging):
		return "", nil
	case f.byNumber() && f.lies():
		return findingLost, nil
	case len(f.done) == 1:
		return "", nil
	case f.compare, strategy == manifest.ByPage && f.done[0].Total < 0:
		if f.sink.group == nil {
			return f.moved(ctx, f.done[:len(f.done)-1])
		}
		return f.moved(ctx, f.done)
	case strategy == manifest.ByPage:
		return f.moved(ctx, f.done[:1])
	default:
		return "", nil
	}
}

// excuse turns the fault of rows that stand apart into a finding: others may have
// come between pages, and the source is to blame only where that is so at every reading.
func (f *forward) excuse(ctx context.Context, err error) (string, error) {
	if fault.CodeOf(err) != codeUnordered || !f.byNumber() {
		return "", err
	}
	finding, err := f.moved(ctx, f.done)
	if finding == "" && err == nil {
		finding = findingUnordered
	}
	return finding, err
}

// moved reads pages again, from the last to the first, and looks whether they changed.
func (f *forward) moved(ctx context.Context, pages []page) (string, error) {
	for _, was := range slices.Backward(pages) {
		now, err := f.fetch(ctx, f.window, was.ref)
		if err != nil {
			return "", err
		}
		if now.hash != was.hash || now.Total != was.Total {
			return findingShifted, nil
		}
	}
	return "", nil
}
