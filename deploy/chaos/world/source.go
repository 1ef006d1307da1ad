package world

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/deploy/chaos/truth"
)

// SourceFaults are how likely a page request meets what.
type SourceFaults struct {
	// Refused is answered 503 or 429, Hung not within the client's patience, Cut not at all.
	Refused, Hung, Cut float64
	// Repeated is the page before once more, Short a page without its last row, Lied a
	// wrong total: only where the dialect lets a reader notice.
	Repeated, Short, Lied float64
	// Moves is a change of a row between two pages.
	Moves float64
}

// Source is a fake source.
type Source struct {
	lane *Lane
	dice *dice

	mu    sync.Mutex
	docs  []*truth.Document
	byKey map[string]*truth.Document
	marks []truth.Mark
	// skew is how far its clock is off.
	skew   time.Duration
	faults SourceFaults
	served int
	// last is the page that was served last.
	last []row
	// after is called, once, when a page was served.
	after func()
}

// row is a document as a page carries it.
type row struct {
	ID       string       `json:"id"`
	Rev      int          `json:"rev"`
	Status   truth.Status `json:"status"`
	Modified int64        `json:"modified"`
	Amount   number       `json:"amount"`
	Paid     string       `json:"paid"`
	Lines    []line       `json:"lines"`
}

type line struct {
	SKU string `json:"sku"`
	Qty number `json:"qty"`
}

// number is a JSON number that keeps its bytes.
type number string

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) { return []byte(n), nil }

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(data []byte) error {
	*n = number(data)
	return nil
}

func newSource(l *Lane, d *dice) *Source {
	return &Source{lane: l, dice: d, byKey: map[string]*truth.Document{}}
}

// Now is the source's clock.
func (s *Source) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

func (s *Source) now() time.Time { return s.lane.world.Clock().Add(s.skew) }

// Skew sets how far the clock is off.
func (s *Source) Skew(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew = by
}

// Jump moves the clock.
func (s *Source) Jump(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew += by
}

// Fail sets the faults and gives those before.
func (s *Source) Fail(f SourceFaults) SourceFaults {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.faults
	s.faults = f
	return was
}

// AfterPage calls something once, when the next page was served.
func (s *Source) AfterPage(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = do
}

// amount draws a decimal that no float holds.
func (s *Source) amount() string {
	return fmt.Sprintf("%d%09d.%04d", 1+s.dice.below(9000), s.dice.below(1_000_000_000), s.dice.below(10_000))
}

// Insert makes a document that says it changed so long ago.
func (s *Source) Insert(status truth.Status, ago time.Duration) string {
	amount, paid := s.amount(), s.amount()
	s.mu.Lock()
	defer s.mu.Unlock()
	d := &truth.Document{Key: fmt.Sprintf("%s-%06d", strings.ToUpper(s.lane.Name), len(s.docs)+1)}
	s.docs, s.byKey[d.Key] = append(s.docs, d), d
	s.revise(d, status, amount, paid, ago)
	return d.Key
}

// Modify gives a document a new revision, which changed just now.
func (s *Source) Modify(key string) {
	amount, paid := s.amount(), s.amount()
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.byKey[key]; d != nil {
		s.revise(d, d.Last().Status, amount, paid, 0)
	}
}

// ModifyAny modifies some document that is to be delivered.
func (s *Source) ModifyAny() {
	s.mu.Lock()
	n := len(s.docs)
	s.mu.Unlock()
	if n > 0 {
		s.mu.Lock()
		key := s.docs[s.dice.below(n)].Key
		s.mu.Unlock()
		s.Modify(key)
	}
}

func (s *Source) revise(d *truth.Document, status truth.Status, amount, paid string, ago time.Duration) {
	d.Revs = append(d.Revs, truth.Revision{
		Rev: len(d.Revs) + 1, Status: status, Amount: amount, Paid: paid,
		Modified: s.now().Add(-ago).Unix(), Committed: s.lane.world.Clock(),
	})
}

// Size gives how many documents there are.
func (s *Source) Size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.docs)
}

// Document gives a document as it is now.
func (s *Source) Document(key string) (truth.Document, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.byKey[key]
	if d == nil {
		return truth.Document{}, false
	}
	return truth.Document{Key: d.Key, Revs: slices.Clone(d.Revs)}, true
}

func (s *Source) ledger() ([]truth.Document, []truth.Mark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	docs := make([]truth.Document, len(s.docs))
	for i, d := range s.docs {
		docs[i] = truth.Document{Key: d.Key, Revs: slices.Clone(d.Revs)}
	}
	return docs, slices.Clone(s.marks)
}

// ask is a page request of any dialect.
type ask struct {
	From  int64  `json:"from"`
	To    int64  `json:"to"`
	Page  int    `json:"page"`
	Skip  int    `json:"skip"`
	Size  int    `json:"size"`
	Token string `json:"token"`
}

// page is what a source answers.
type page struct {
	Rows  []row  `json:"rows"`
	Total int    `json:"total"`
	More  bool   `json:"more"`
	Next  string `json:"next,omitempty"`
	Now   int64  `json:"now"`
}

func (s *Source) query(out http.ResponseWriter, req *http.Request) {
	var q ask
	if err := read(req, &q); err != nil || q.Size <= 0 {
		http.Error(out, "bad request", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	f := s.faults
	s.mu.Unlock()
	switch {
	case s.dice.in(f.Refused):
		s.lane.note("source", "query", "fail", "refused")
		if s.dice.in(0.5) {
			out.Header().Set("Retry-After", "1")
			http.Error(out, "too many requests", http.StatusTooManyRequests)
		} else {
			http.Error(out, "unavailable", http.StatusServiceUnavailable)
		}
		return
	case s.dice.in(f.Cut):
		s.lane.note("source", "query", "unknown", "cut")
		hangUp(out, half)
		return
	case s.dice.in(f.Hung):
		s.lane.note("source", "query", "unknown", "hung")
		wait(req, hang)
		return
	}
	s.mu.Lock()
	p := s.page(q)
	s.spoil(&p, q, f)
	s.last = p.Rows
	after := s.after
	s.after = nil
	s.served++
	s.mu.Unlock()
	s.lane.note("source", "query", "ok", map[string]int{"rows": len(p.Rows), "page": q.Page, "skip": q.Skip})
	answer(out, p)
	s.lane.world.progressed()
	if after != nil {
		after()
	}
	if s.dice.in(f.Moves) {
		s.ModifyAny()
	}
}

// hang is longer than the connector waits.
const hang = 3 * time.Second

// wait holds a request up, no longer than the other end stays.
func wait(req *http.Request, long time.Duration) {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-req.Context().Done():
	}
}

// page selects and cuts. The source is locked.
func (s *Source) page(q ask) page {
	var found []row
	for _, d := range s.docs {
		r := d.Last()
		if r.Modified >= q.From && r.Modified <= q.To {
			found = append(found, row{
				ID: d.Key, Rev: r.Rev, Status: r.Status, Modified: r.Modified, Amount: number(r.Amount), Paid: r.Paid,
				Lines: []line{{"SKU-" + strconv.Itoa(r.Rev), "1.50"}, {"SKU-0", "12345678901234567890"}},
			})
		}
	}
	slices.SortFunc(found, s.order)
	p := page{Total: len(found), Now: s.now().Unix()}
	from := q.Skip
	switch s.lane.Dialect {
	case Pages:
		from = (q.Page - 1) * q.Size
	case Keyset:
		from = 0
		if q.Token != "" {
			from, _ = slices.BinarySearchFunc(found, q.Token, func(r row, at string) int {
				return cmp.Or(cmp.Compare(token(r), at), -1)
			})
		}
	}
	from = min(max(from, 0), len(found))
	to := min(from+q.Size, len(found))
	p.Rows = append([]row{}, found[from:to]...)
	p.More = to < len(found)
	switch s.lane.Dialect {
	case Rows:
		p.Total, p.More = -1, false
	case Keyset:
		p.Total = -1
		if p.More {
			p.Next = token(found[to-1])
		}
	}
	return p
}

// token is where a keyset page leads on.
func token(r row) string { return fmt.Sprintf("%012d/%s", r.Modified, r.ID) }

func (s *Source) order(a, b row) int {
	switch s.lane.Dialect {
	case Pages:
		return cmp.Or(cmp.Compare(b.Modified, a.Modified), cmp.Compare(b.ID, a.ID))
	case Keyset:
		return cmp.Compare(token(a), token(b))
	default:
		return cmp.Compare(a.ID, b.ID)
	}
}

// spoil makes a page wrong in a way that a reader can notice.
func (s *Source) spoil(p *page, q ask, f SourceFaults) {
	told := s.lane.Dialect == Pages || s.lane.Dialect == Offsets
	middle := len(p.Rows) == q.Size && len(p.Rows) > 2 && p.More
	switch {
	case len(s.last) > 1 && len(p.Rows) == len(s.last) && s.dice.in(f.Repeated):
		s.lane.note("source", "query", "fail", "page repeated")
		p.Rows = slices.Clone(s.last)
	case told && middle && s.dice.in(f.Short):
		s.lane.note("source", "query", "fail", "page short")
		p.Rows = p.Rows[:len(p.Rows)-1]
	case s.lane.Dialect == Pages && middle && s.dice.in(f.Lied):
		s.lane.note("source", "query", "fail", "total grew")
		p.Total++
	}
}

// mark takes a writeback.
func (s *Source) mark(out http.ResponseWriter, req *http.Request) {
	var in struct {
		Rows []struct {
			ID     string `json:"id"`
			Target string `json:"target"`
		} `json:"rows"`
	}
	if err := read(req, &in); err != nil {
		http.Error(out, "bad request", http.StatusBadRequest)
		return
	}
	target := s.lane.Target
	lost := target.loses()
	answers := make([]rowAnswer, len(in.Rows))
	s.mu.Lock()
	for i, r := range in.Rows {
		s.marks = append(s.marks, truth.Mark{Key: r.ID, Object: r.Target})
		answers[i] = rowAnswer{No: r.ID, ID: r.ID}
	}
	s.mu.Unlock()
	s.lane.world.wrote()
	if lost {
		s.lane.note("source", "mark", "unknown", in.Rows)
		hangUp(out, "")
		return
	}
	s.lane.note("source", "mark", "ok", in.Rows)
	answer(out, writeAnswer{Rows: answers})
}
