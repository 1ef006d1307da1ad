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
	"github.com/karezflow/karez/sdk/fault"
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

// ERP is a target in memory that refuses numbers it holds already.
type ERP struct {
	mu    sync.Mutex
	bills map[string][]byte
	order []string
	// Writes counts write calls, Probes look-ups; Metas are what came with both.
	Writes, Probes int
	Metas          []connector.Meta
	// Hidden are numbers that look-ups do not see yet.
	Hidden map[string]bool
	// Lose, by the number of the write call from 1, applies a call and loses its answer.
	Lose func(write int) bool
	// Refuse gives a code with which a row is refused, "" to take it.
	Refuse func(no string) string
	// Hang runs before a call, outside of the lock: it may wait, and makes the call fail.
	Hang func(context.Context) error
	// Fail makes a whole call fail before anything is applied.
	Fail func(write int) error
	// Deaf makes a look-up fail.
	Deaf func(probe int) error
	// Answer changes the answer for a row that was taken.
	Answer func(connector.Answer) connector.Answer
	// Silent leaves rows out of the answer, although they are applied.
	Silent func(no string) bool
}

// Check implements connector.Session.
func (e *ERP) Check(context.Context) (connector.Health, error) { return connector.Health{}, nil }

// Close implements connector.Session.
func (e *ERP) Close(context.Context) error { return nil }

// Query implements connector.Session.
func (e *ERP) Query(context.Context, connector.QueryRequest) (connector.Page, error) {
	return connector.Page{}, fault.New("acme.no_query", "there is nothing to query")
}

// Bills gives what was written, by number, and the order of writing.
func (e *ERP) Bills() (map[string][]byte, []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.bills, e.order
}

// Put makes a bill that nobody here wrote.
func (e *ERP) Put(no, body string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.put(no, []byte(body))
}

func (e *ERP) put(no string, body []byte) {
	if e.bills == nil {
		e.bills = map[string][]byte{}
	}
	e.bills[no] = bytes.Clone(body)
	e.order = append(e.order, no)
}

// Write implements connector.Writer.
func (e *ERP) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	if e.Hang != nil {
		if err := e.Hang(ctx); err != nil {
			return connector.Answers{}, err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Writes++
	e.Metas = append(e.Metas, batch.Meta)
	if e.Fail != nil {
		if err := e.Fail(e.Writes); err != nil {
			return connector.Answers{}, err
		}
	}
	rows, err := item.Rows(batch.Rows)
	if err != nil {
		return connector.Answers{}, err
	}
	var answers connector.Answers
	for _, row := range rows {
		answers.Rows = append(answers.Rows, e.take(row))
	}
	if e.Lose != nil && e.Lose(e.Writes) {
		return connector.Answers{}, fault.New("http.timeout", "the system did not answer in time").Classed(fault.Transient)
	}
	answers.Raw = []byte(`{"ok":true}`)
	return answers, nil
}

func (e *ERP) take(row []byte) connector.Answer {
	no := item.Of(row).Field("no").Text()
	if e.Refuse != nil {
		if code := e.Refuse(no); code != "" {
			return connector.Answer{Outcome: connector.Rejected, Code: code, Message: "refused: " + code}
		}
	}
	if e.bills[no] != nil {
		return connector.Answer{Outcome: connector.Rejected, Code: "dup", Message: no + " exists"}
	}
	e.put(no, row)
	if e.Silent != nil && e.Silent(no) {
		return connector.Answer{Outcome: connector.Unknown}
	}
	answer := connector.Answer{Outcome: connector.Done, ID: "id-" + no, Number: no, Raw: fmt.Appendf(nil, `{"Id":"id-%s","Number":%q,"extra":1}`, no, no)}
	if e.Answer != nil {
		answer = e.Answer(answer)
	}
	return answer
}

// Probe implements connector.Prober.
func (e *ERP) Probe(_ context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Probes++
	e.Metas = append(e.Metas, req.Meta)
	if e.Deaf != nil {
		if err := e.Deaf(e.Probes); err != nil {
			return nil, err
		}
	}
	found := make([]connector.Found, len(req.Keys))
	for i, no := range req.Keys {
		if body := e.bills[no]; body != nil && !e.Hidden[no] {
			found[i] = connector.Found{Exists: true, ID: "id-" + no, Number: no, Object: body}
		}
	}
	return found, nil
}

var (
	_ connector.Session = (*Shop)(nil)
	_ connector.Writer  = (*ERP)(nil)
	_ connector.Prober  = (*ERP)(nil)
)
