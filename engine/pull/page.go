package pull

import (
	"context"

	"github.com/cespare/xxhash/v2"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// Findings: why a window is read again.
const (
	findingGrew     = "the total grew while paging"
	findingShifted  = "the first page changed while paging"
	findingShort    = "a page in the middle is short"
	findingRepeated = "a page came twice"
)

// page is a fetched page.
type page struct {
	connector.Page
	rows [][]byte
	hash int64
	ref  connector.PageRef
	// params are what was asked with.
	params []byte
}

// pages reads all pages of a window once. A finding tells why the reading can't
// be trusted; "" means it can.
func (r *reader) pages(ctx context.Context, w ledger.Window) (string, error) {
	sink := newSink(r, w)
	spec := r.job.Source.Page
	switch {
	case spec.Strategy == manifest.Unpaged:
		only, err := r.fetch(ctx, w, connector.PageRef{})
		if err != nil {
			return "", err
		}
		return "", sink.last(ctx, only)
	case spec.Strategy == manifest.ByPage && spec.Direction == manifest.Backward:
		return r.backward(ctx, w, sink)
	default:
		return r.forward(ctx, w, sink)
	}
}

// backward reads numbered pages from the last to the first. When a row leaves
// the window, rows behind it move to earlier pages, which are still to be read:
// nothing is missed. Only growth makes the reading void.
func (r *reader) backward(ctx context.Context, w ledger.Window, sink *sink) (string, error) {
	first, err := r.fetch(ctx, w, r.ref(0, ""))
	if err != nil {
		return "", err
	}
	size := r.job.Source.Page.Size
	count := (first.Total + size - 1) / size
	if first.Total < 0 || count <= 1 && !first.More {
		return "", sink.last(ctx, first)
	}
	if err := r.guard(count); err != nil {
		return "", err
	}
	// What was read is kept: a row of this page may leave the window before it is read again.
	if err := sink.commit(ctx, first, false); err != nil {
		return "", err
	}
	for at := count - 1; at >= 0; at-- {
		next, err := r.fetch(ctx, w, r.ref(at, ""))
		if err != nil {
			return "", err
		}
		if next.Total > first.Total {
			return findingGrew, nil
		}
		if len(next.rows) < size && (at+1)*size <= next.Total {
			return findingShort, nil
		}
		if sink.seen(next) {
			return findingRepeated, nil
		}
		if err := sink.commit(ctx, next, at == 0); err != nil {
			return "", err
		}
	}
	return "", nil
}

// forward reads pages in order and looks at the first one again at the end:
// whatever moved rows between pages shows there or in the total.
func (r *reader) forward(ctx context.Context, w ledger.Window, sink *sink) (string, error) {
	var first, previous page
	for at := 0; ; at++ {
		next, err := r.fetch(ctx, w, r.ref(at, previous.NextToken))
		if err != nil {
			return "", err
		}
		if at == 0 {
			first = next
		}
		if sink.seen(next) {
			return findingRepeated, nil
		}
		last := r.lastPage(next)
		if at > 0 && next.Total != previous.Total || !last && r.short(next) {
			return findingShort, nil
		}
		if err := sink.commit(ctx, next, last); err != nil {
			return "", err
		}
		if last {
			return r.again(ctx, w, at, first, previous.NextToken)
		}
		if err := r.guard(at + 2); err != nil {
			return "", err
		}
		previous = next
	}
}

// again looks at the first page a second time, unless it is the only one or the
// pages hang together by tokens. at and token are those of the last page.
func (r *reader) again(ctx context.Context, w ledger.Window, at int, first page, token string) (string, error) {
	if at == 0 || token != "" {
		return "", nil
	}
	now, err := r.fetch(ctx, w, r.ref(0, ""))
	if err != nil {
		return "", err
	}
	if now.hash != first.hash || now.Total != first.Total {
		return findingShifted, nil
	}
	return "", nil
}

// short reports whether a page lacks rows that a page before the last has.
func (r *reader) short(p page) bool {
	return r.job.Source.Page.Token == "" && len(p.rows) < r.job.Source.Page.Size
}

func (r *reader) lastPage(p page) bool {
	if r.job.Source.Page.Strategy == manifest.ByCursor || r.job.Source.Page.Strategy == manifest.ByKeyset {
		return p.NextToken == ""
	}
	return !p.More && len(p.rows) < r.job.Source.Page.Size || len(p.rows) == 0
}

// guard refuses endless paging.
func (r *reader) guard(pages int) error {
	if limit := r.job.Source.Page.MaxPages; limit > 0 && pages > limit {
		return fault.New("paging.too_many_pages", "the window has more than %d pages", limit).
			Classed(fault.Config).Hinted("shorten the window's span or raise the paginate node's maxPages")
	}
	return nil
}

// ref names the page at an index counted from 0.
func (r *reader) ref(at int, token string) connector.PageRef {
	spec := r.job.Source.Page
	return connector.PageRef{Number: spec.First + at, Offset: at * spec.Size, Size: spec.Size, Token: token}
}

// fetch asks for one page and checks it.
func (r *reader) fetch(ctx context.Context, w ledger.Window, ref connector.PageRef) (page, error) {
	failpoint.Hit("before_fetch")
	params, err := r.job.Source.Request(w.From.Time(), w.To.Time(), ref, r.job.Params, r.job.FlowID, r.job.RunID)
	if err != nil {
		return page{}, err
	}
	got := page{ref: ref, params: params}
	err = r.retry(ctx, func(ctx context.Context) error {
		answer, err := r.job.Session.Query(ctx, connector.QueryRequest{
			Operation: r.job.Source.Operation.Name, Params: params, Page: ref,
			Meta: connector.Meta{TraceID: r.job.TraceID, RunID: r.job.RunID, Attempt: w.Attempt},
		})
		if err != nil {
			return err
		}
		rows, err := item.Rows(answer.Rows)
		if err != nil {
			// A half answer may be whole the next time.
			return fault.From(err).Classed(fault.Transient)
		}
		got.Page, got.rows = answer, rows
		return nil
	})
	if err != nil {
		return page{}, err
	}
	got.hash = int64(xxhash.Sum64(got.Rows)) //nolint:gosec // a hash has no sign
	for _, warning := range got.Warnings {
		r.Log.WarnContext(ctx, "the source remarked", "stream", r.stream.NodeID, "warning", warning)
	}
	failpoint.Hit("after_fetch")
	return got, nil
}
