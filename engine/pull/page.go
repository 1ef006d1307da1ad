package pull

import (
	"context"

	"github.com/cespare/xxhash/v2"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// Findings: why a window is read again.
const (
	findingGrew      = "the total grew while paging"
	findingTotal     = "the total changed while paging"
	findingBeyond    = "more rows are announced than the total tells"
	findingShifted   = "rows moved between pages while paging"
	findingShort     = "a page in the middle is short"
	findingRepeated  = "a page came twice"
	findingUnordered = "rows of one document do not stand together"
	findingLost      = "the pages have fewer or more rows than the total tells"
	findingTooMany   = "more rows than the source gives at a time"
)

// page is a fetched page.
type page struct {
	connector.Page
	rows [][]byte
	// seen is how many rows at its beginning are those at the end of the page before.
	seen int
	hash int64
	// no counts the pages of a reading as they are recorded.
	no  int
	ref connector.PageRef
	// params are what was asked with.
	params []byte
}

// fresh gives the rows that were on no page before.
func (p page) fresh() [][]byte { return p.rows[p.seen:] }

// pages reads all pages of a window once. A finding tells why the reading can't
// be trusted; "" means it can.
func (r *reader) pages(ctx context.Context, w ledger.Window) (string, error) {
	sink := newSink(r, w)
	spec := r.job.Source.Page
	switch {
	case spec.Strategy == manifest.Unpaged:
		only, err := r.fetch(ctx, w, r.ref(0))
		if err != nil {
			return "", err
		}
		if _, _, err := r.after(only, 0); err != nil {
			return "", err
		}
		return "", sink.commit(ctx, only, true)
	case spec.Strategy == manifest.ByPage && spec.Direction == manifest.Backward && !failpoint.Wrong(failpoint.ForwardPaging):
		return r.backward(ctx, w, sink)
	default:
		return (&forward{reader: r, window: w, sink: sink}).read(ctx)
	}
}

// backward reads numbered pages from the last to the first. When a row leaves
// the window, rows behind it move to earlier pages, which are still to be read:
// nothing is missed. Only growth makes the reading void.
func (r *reader) backward(ctx context.Context, w ledger.Window, sink *sink) (string, error) {
	first, err := r.fetch(ctx, w, r.ref(0))
	if err != nil {
		return "", err
	}
	size := r.job.Source.Page.Size
	if first.Total < 0 && (first.More || len(first.rows) >= size) {
		return "", fault.New("paging.no_total", "the source did not tell how many rows match, so the last page can't be found").
			Classed(fault.Config).Hinted("set the paginate node's direction to forward")
	}
	count := max(1, (first.Total+size-1)/size)
	if count == 1 && !first.More {
		return "", sink.commit(ctx, first, true)
	}
	if err := r.guard(count); err != nil {
		return "", err
	}
	// What was read is kept: a row of this page may leave the window before it is read again.
	if err := sink.commit(ctx, first, false); err != nil {
		return "", err
	}
	total := first.Total
	for at := count - 1; at >= 0; at-- {
		next, err := r.fetch(ctx, w, r.ref(at))
		if err != nil {
			return "", err
		}
		switch {
		case next.Total > total:
			return findingGrew, nil
		case at == count-1 && next.More:
			return findingBeyond, nil
		case len(next.rows) < size && (at+1)*size <= next.Total:
			return findingShort, nil
		case sink.seen(next):
			return findingRepeated, nil
		}
		total = next.Total
		if err := sink.commit(ctx, next, at == 0); err != nil {
			return "", err
		}
	}
	return "", nil
}

// guard refuses endless paging.
func (r *reader) guard(pages int) error {
	if limit := r.job.Source.Page.MaxPages; limit > 0 && pages > limit {
		return fault.New("paging.too_many_pages", "the window has more than %d pages", limit).
			Classed(fault.Config).Hinted("shorten the window's span or raise the paginate node's maxPages")
	}
	return nil
}

// ref names the page at an index counted from 0; a source without pages has one
// without a name.
func (r *reader) ref(at int) connector.PageRef {
	spec := r.job.Source.Page
	if spec.Strategy == manifest.Unpaged {
		return connector.PageRef{}
	}
	if r.behindKey() {
		return connector.PageRef{Number: spec.First, Size: spec.Size, Token: spec.KeyStart} // what precedes a page is not asked for
	}
	return connector.PageRef{Number: spec.First + at, Offset: at * spec.Size, Size: spec.Size}
}

// after names the page behind p, which stands at an index, or tells that p is the
// last. Where the source announces another page and nothing tells how to ask for
// it, the fault is "paging.no_way_on".
func (r *reader) after(p page, at int) (next connector.PageRef, last bool, err error) {
	spec := r.job.Source.Page
	next = r.ref(at + 1)
	full := spec.Size > 0 && len(p.rows) >= spec.Size
	switch spec.Strategy {
	case manifest.ByPage, manifest.ByOffset:
		return next, !p.More && !full, nil
	case manifest.ByKeyset:
		if next.Token = p.NextToken; next.Token == "" && spec.KeyField != "" && len(p.rows) > 0 && (p.More || full) {
			if next.Token, err = r.key(p.rows); err != nil {
				return next, false, err
			}
		}
	case manifest.ByCursor:
		next.Token = p.NextToken
	case manifest.Unpaged:
	}
	switch {
	case next.Token != "" && (p.More || len(p.rows) > 0):
		return next, false, nil
	case p.More, full && spec.KeyField != "": // a full page is the last one only where a key could have led on
		return next, false, fault.New("paging.no_way_on", "the source announces another page and does not tell how to ask for it").
			Classed(fault.Config).Hinted("the way the operation is paged does not fit: check the paginate node and the connector's manifest")
	default:
		return next, true, nil
	}
}

// fetch asks for one page and checks it.
func (r *reader) fetch(ctx context.Context, w ledger.Window, ref connector.PageRef) (page, error) {
	failpoint.Hit("before_fetch")
	params, err := r.request(ctx, w, ref)
	if err != nil {
		return page{}, err
	}
	got := page{ref: ref, no: ref.Number, params: params}
	err = r.retry(ctx, func(ctx context.Context) error {
		answer, rows, err := r.asks(ctx, w, got)
		if err != nil {
			return r.halved(err)
		}
		got.Page, got.rows = answer, rows
		return nil
	})
	if err != nil {
		return page{}, err
	}
	if most := r.job.Source.Window.MaxRows; most > 0 && got.Total > most && w.Kind != ledger.ByNumbers && r.kind != 0 {
		return page{}, &tooManyError{fault.New(manifest.TooManyRows, "the source has %d rows and gives at most %d of one range", got.Total, most).Classed(fault.Config)}
	}
	got.hash = int64(xxhash.Sum64(got.Rows)) //nolint:gosec // a hash has no sign
	for _, warning := range got.Warnings {
		r.Log.WarnContext(ctx, "the source remarked", "stream", r.stream.NodeID, "warning", warning)
	}
	failpoint.Hit("after_fetch")
	return got, nil
}
