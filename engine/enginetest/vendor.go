package enginetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/item"
)

// Zone is the stand-in vendor's time zone.
func Zone() *time.Location { return time.FixedZone("CST", 8*3600) }

// Order is a record of the stand-in source.
type Order struct {
	ID, No, State, Amount, Note string
	Bad                         bool
	Lines                       []Line
	Modified                    time.Time
}

// Line is a line of an order.
type Line struct {
	No, Amount string
	Bad        bool
}

// JSON gives the order as the source sends it; the amount is a bare number.
func (o Order) JSON() []byte {
	out := fmt.Appendf(nil, `{"id":%q,"no":%q,"state":%q,"amount":%s,"note":%q,"modified":%q`,
		o.ID, o.No, o.State, cmp.Or(o.Amount, "0"), o.Note, o.Modified.In(Zone()).Format(time.DateTime))
	if o.Bad {
		out = append(out, `,"bad":true`...)
	}
	for i, line := range o.Lines {
		before := ","
		if i == 0 {
			before = `,"lines":[`
		}
		out = fmt.Appendf(out, `%s{"no":%q,"amount":%s`, before, line.No, cmp.Or(line.Amount, "0"))
		if line.Bad {
			out = append(out, `,"bad":true`...)
		}
		if out = append(out, '}'); i == len(o.Lines)-1 {
			out = append(out, ']')
		}
	}
	return append(out, '}')
}

// Shop is a source in memory: it selects by the time of change, sorts by it and
// pages, by number or by offset.
type Shop struct {
	mu     sync.Mutex
	Now    time.Time
	orders []Order
	Calls  int
	// Before runs before every page, with the lock held: it may change the orders.
	Before func(s *Shop, call int)
	// Fail makes a call fail.
	Fail func(call int) error
	// NoTotal leaves the number of matching rows out of the pages.
	NoTotal bool
}

// Put inserts or replaces an order. The caller of Before holds the lock already.
func (s *Shop) Put(o Order) {
	if i := slices.IndexFunc(s.orders, func(e Order) bool { return e.ID == o.ID }); i >= 0 {
		s.orders[i] = o
		return
	}
	s.orders = append(s.orders, o)
}

// Drop deletes an order. The caller of Before holds the lock already.
func (s *Shop) Drop(id string) {
	s.orders = slices.DeleteFunc(s.orders, func(o Order) bool { return o.ID == id })
}

// Orders gives what the shop holds.
func (s *Shop) Orders() []Order { return s.orders }

// Check implements connector.Session.
func (s *Shop) Check(context.Context) (connector.Health, error) {
	return connector.Health{SourceTime: s.Now}, nil
}

// Close implements connector.Session.
func (s *Shop) Close(context.Context) error { return nil }

// Query implements connector.Session.
func (s *Shop) Query(_ context.Context, req connector.QueryRequest) (connector.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Calls++
	if s.Before != nil {
		s.Before(s, s.Calls)
	}
	if s.Fail != nil {
		if err := s.Fail(s.Calls); err != nil {
			return connector.Page{}, err
		}
	}
	selects, err := selection(item.Of(req.Params))
	if err != nil {
		return connector.Page{}, err
	}
	in := slices.DeleteFunc(slices.Clone(s.orders), func(o Order) bool { return !selects(o) })
	slices.SortFunc(in, func(a, b Order) int { return cmp.Or(a.Modified.Compare(b.Modified), cmp.Compare(a.ID, b.ID)) })
	start := min(req.Page.Offset, len(in))
	end := min(start+req.Page.Size, len(in))
	rows := make([][]byte, 0, end-start)
	for _, o := range in[start:end] {
		rows = append(rows, o.JSON())
	}
	total := len(in)
	if s.NoTotal {
		total = -1
	}
	return connector.Page{
		Rows: append(append([]byte{'['}, bytes.Join(rows, []byte{','})...), ']'), Total: total, More: end < len(in), SourceTime: s.Now,
	}, nil
}

// selection reads what a request asks for: numbers, or a range of time. Given both,
// both must fit.
func selection(params item.Value) (func(Order) bool, error) {
	var nos []string
	for no := range params.Field("nos").Elements() {
		nos = append(nos, no.Text())
	}
	if len(nos) > 0 && params.Field("from").Blank() && params.Field("to").Blank() {
		return func(o Order) bool { return slices.Contains(nos, o.No) }, nil
	}
	from, err := time.ParseInLocation(time.DateTime, params.Field("from").Text(), Zone())
	if err != nil {
		return nil, err
	}
	to, err := time.ParseInLocation(time.DateTime, params.Field("to").Text(), Zone())
	if err != nil {
		return nil, err
	}
	return func(o Order) bool {
		return !o.Modified.Before(from) && !o.Modified.After(to) && (len(nos) == 0 || slices.Contains(nos, o.No))
	}, nil
}

var _ connector.Session = (*Shop)(nil)
