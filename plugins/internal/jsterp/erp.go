// Package jsterp is the ERP behind both of 聚水潭's simulated platforms: its documents and base
// data, what its queries select and refuse, and what uploads do. How calls are signed,
// counted and answered is the platforms' own and lives in their sandboxes.
//
// It may import the standard library and plugins/internal/jsttable only.
package jsterp

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/jsttable"
)

// Rules are what is not documented and may be changed while the ERP runs.
type Rules struct {
	// StartTSAlone lets start_ts select rows without a window or numbers.
	StartTSAlone bool
	// Churn modifies refunds while they are being paged.
	Churn Churn
	// DuplicateExternal is what a second upload of an external_id gets: "refuse", or
	// "same", the document that is there.
	DuplicateExternal string
	// UploadRows is the most documents of one upload.
	UploadRows int
}

// Churn modifies refunds after pages of a window query are served, by the count
// of pages and never by time, so that a test sees the same each time.
type Churn struct {
	// Every n-th page that holds rows is followed by a change; 0 is never.
	Every int `json:"every"`
	// Rows are modified each time, Total over all.
	Rows  int `json:"rows"`
	Total int `json:"total"`
	// Pick is "served": rows of the page just served, so that the rows behind them
	// shift under a reader; or "ahead": rows nobody has read yet, which leave the
	// window unread and come back in a later one.
	Pick string `json:"pick"`
}

// ERP is the simulated system. Its methods are not safe for concurrent use.
type ERP struct {
	clock func() time.Time
	start time.Time

	refunds []*refund
	tables  map[string][]*jsttable.Record
	// uploaded are the orders that came by upload, by their ids.
	uploaded map[int64]*order
	version  int64
	next     map[string]int64
	served   map[int64]bool
	pages    int
	churned  int
}

// New makes an ERP whose data lies in the 30 days before the clock's present time. The same
// seed, start and number of refunds give the same bytes; fewer than 400 refunds become 400.
func New(clock func() time.Time, start time.Time, seed uint64, refunds int) *ERP {
	e := &ERP{clock: clock, start: start, served: map[int64]bool{}, uploaded: map[int64]*order{}}
	e.refunds, e.version = generate(seed, refunds, start)
	e.tables = map[string][]*jsttable.Record{"order": ordersOf(e.refunds)}
	e.documents(seed)
	e.baseData(seed)
	e.next = map[string]int64{"order": 9_000_001, "refund": 29_000_001, "other": 8_900_001}
	return e
}

// Kinds are the types of its objects.
func Kinds() []string {
	return []string{"refund", "order", "stockout", "receipt", "purchasein", "other", "inventory", "sku", "shop", "warehouse", "supplier", "carrier"}
}

// Objects gives the objects of a type in the order of their ids; false when the type is unknown.
func (e *ERP) Objects(kind string) ([]json.RawMessage, bool) {
	if !slices.Contains(Kinds(), kind) {
		return nil, false
	}
	from := e.records(kind)
	objects := make([]json.RawMessage, len(from))
	for i, r := range from {
		objects[i] = r.Raw
	}
	return objects, true
}

// Sizes counts the objects of each type.
func (e *ERP) Sizes() map[string]int {
	sizes := map[string]int{}
	for _, kind := range Kinds() {
		sizes[kind] = len(e.records(kind))
	}
	return sizes
}

// Counts tells how many refunds there are of each special kind.
func (e *ERP) Counts() map[string]int { return countKinds(e.refunds, e.churned) }

// Pages counts the pages of refunds served to window queries.
func (e *ERP) Pages() int { return e.pages }

// Answer is one page.
type Answer struct {
	// List is the member that holds the rows on the current platform.
	List string
	page *jsttable.Page
}

// Members writes the page's members, its rows under list, without braces around them.
func (a *Answer) Members(list string) []byte { return a.page.Members(list) }

// Query answers a query, named as its path on the current platform between /open/ and
// /query with dots: "orders.single". most, where it is above zero, is the platform's largest page.
func (e *ERP) Query(name string, biz []byte, most int64, rules Rules) (*Answer, *jsttable.Refusal) {
	kind, known := jsttable.ListingOf(name)
	if !known {
		return nil, jsttable.Refuse(jsttable.Unknown, "没有此接口的权限")
	}
	p, no := jsttable.Parse(biz)
	if no != nil {
		return nil, no
	}
	page, no := kind.Select(p, e.records(kind.Table), most, rules.StartTSAlone)
	if no != nil {
		return nil, no
	}
	if kind.Table == "refund" && page.ByWindow && len(page.Rows) > 0 {
		e.churnAfter(page, rules.Churn)
	}
	return &Answer{kind.List, page}, nil
}

func (e *ERP) records(kind string) []*jsttable.Record {
	if kind != "refund" {
		return e.tables[kind]
	}
	records := make([]*jsttable.Record, len(e.refunds))
	for i, r := range e.refunds {
		records[i] = &r.Record
	}
	return records
}

// Touch has somebody change an object now: of those of the week before the ERP's start the
// one that was changed longest ago. It reports false where there is none.
func (e *ERP) Touch(kind string) bool {
	var oldest *jsttable.Record
	for _, r := range e.records(kind) {
		if r.Modified.After(e.start.Add(-jsttable.MaxWindow)) && r.Modified.Before(e.start) && (oldest == nil || jsttable.ByModified(r, oldest) < 0) {
			oldest = r
		}
	}
	if oldest == nil {
		return false
	}
	e.stamp(oldest)
	return true
}

// stamp gives a rendered row a new time of change and version.
func (e *ERP) stamp(r *jsttable.Record) {
	before := r.Modified.In(jsttable.Shanghai()).Format(time.DateTime)
	e.version++
	r.Modified = e.now()
	text := strings.Replace(string(r.Raw), `"modified":"`+before+`"`, `"modified":"`+r.Modified.Format(time.DateTime)+`"`, 1)
	for _, quote := range []string{`"`, ""} {
		text = strings.Replace(text, `"ts":`+quote+jsttable.Digits(r.Version)+quote, `"ts":`+quote+jsttable.Digits(e.version)+quote, 1)
	}
	r.Version, r.Raw = e.version, []byte(text)
}

// now is the present second.
func (e *ERP) now() time.Time { return e.clock().In(jsttable.Shanghai()).Truncate(time.Second) }
