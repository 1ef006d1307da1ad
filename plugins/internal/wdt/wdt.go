// Package wdt is what the connectors of 旺店通's enterprise edition share, whichever way they
// reach it: queries and checks, how parameters become form fields, how a page, a refusal and the
// counts of a push are read, and whose clock signs. Signatures and envelopes are each connector's own.
//
// It may import the standard library, plugins/internal/vendorclock, sdk/connector, sdk/fault
// and sdk/item only.
package wdt

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/vendorclock"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// CodeClock says that a call was refused while the clocks differ.
const CodeClock = "wangdiantong.clock_differs"

// Shanghai is the zone of the vendor's times, which has had no other offset since 1991.
func Shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// Fields gives parameters, a JSON object, as the flat texts that the vendor takes: a list or
// an object stays its JSON text, byte for byte, and what is blank is left out. Its error is
// that of item.Check, marked Unapplied.
func Fields(params []byte) (map[string]string, error) {
	fields := map[string]string{}
	if len(params) == 0 {
		return fields, nil
	}
	if err := item.Check(params); err != nil {
		return nil, fault.From(err).Unapplied()
	}
	for name, value := range item.Of(params).Fields() {
		if !value.Blank() {
			fields[name] = value.Text()
		}
	}
	return fields, nil
}

// Turn fills in page number and size where a request left them out. Pages count from 0.
func Turn(fields map[string]string, page connector.PageRef) {
	if fields["page_no"] == "" {
		fields["page_no"] = strconv.Itoa(page.Number)
	}
	if fields["page_size"] == "" && page.Size > 0 {
		fields["page_size"] = strconv.Itoa(page.Size)
	}
}

// Page reads a page out of an answer, whose rows stay the vendor's bytes. It tells no total:
// the vendor gives it with page 0 only, and pages of which some lack it can't be held against it.
// Its fault is "wangdiantong.answer_unreadable".
func Page(answer item.Value, list string, at time.Time) (connector.Page, error) {
	page := connector.Page{Rows: []byte("[]"), Total: -1, SourceTime: at}
	switch rows := answer.Field(list); rows.Kind() {
	case item.Array:
		page.Rows = rows.Raw()
	case item.None, item.Null:
		if total, err := strconv.Atoi(answer.Field("total_count").Text()); err == nil && total > 0 {
			return connector.Page{}, Unreadable("the answer announces %d rows but holds no %s", total, list)
		}
		page.Warnings = append(page.Warnings, "the answer holds no "+list)
	default:
		return connector.Page{}, Unreadable("%s in the answer is not a list", list)
	}
	return page, nil
}

// Answer is an envelope after success.
type Answer struct {
	Body item.Value
	Date time.Time
}

// List is where the rows of a query stand.
type List struct {
	// Name is the member of an answer that holds them, which differs between interfaces.
	Name string
	// Whole lists have no pages.
	Whole bool
}

// Reads makes the calls that read, which are alike whichever way they go.
type Reads struct {
	// Call makes a signed call of an interface.
	Call func(ctx context.Context, name string, fields map[string]string) (Answer, error)
	// Lists are the queries, Shops the one of shops.
	Lists map[string]List
	Shops string
	// Sid is the account.
	Sid string
}

// Check implements connector.Session: it asks for one shop.
func (r Reads) Check(ctx context.Context) (connector.Health, error) {
	one := map[string]string{"page_no": "0", "page_size": "1"}
	got, err := r.Call(ctx, r.Shops, one)
	if fault.CodeOf(err) == CodeClock {
		got, err = r.Call(ctx, r.Shops, one) // a check does not count against anything that waits
	}
	if err != nil {
		return connector.Health{}, err
	}
	return connector.Health{SourceTime: got.Date, Account: "sid " + r.Sid}, nil
}

// Query implements connector.Session. Its own faults are "connector.unknown_operation" and
// those of Fields and Page.
func (r Reads) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	list, ok := r.Lists[req.Operation]
	if !ok {
		return connector.Page{}, Unknown(req.Operation)
	}
	fields, err := Fields(req.Params)
	if err != nil {
		return connector.Page{}, err
	}
	if !list.Whole {
		Turn(fields, req.Page)
	}
	got, err := r.Call(ctx, req.Operation, fields)
	if err != nil {
		return connector.Page{}, err
	}
	return Page(got.Body, list.Name, got.Date)
}

// Unknown is the fault of an operation that there is not.
func Unknown(operation string) *fault.Fault {
	return fault.New("connector.unknown_operation", "旺店通 has no operation %q here", operation).Classed(fault.Config).Unapplied()
}

// Unreadable is the fault of an answer that is not the vendor's.
func Unreadable(format string, args ...any) *fault.Fault {
	return fault.New("wangdiantong.answer_unreadable", format, args...).Classed(fault.Transient)
}

// Refusal is the vendor's no, in its own words.
type Refusal struct{ Code, Message string }

// Fault gives the refusal as a fault "vendor.<code>" with no class, which the manifest's rules
// give it. It is marked Unapplied where the vendor can't have looked at what was to be written.
func (r Refusal) Fault() *fault.Fault {
	if r.Message == "" {
		r.Message = "旺店通 refused with code " + r.Code
	}
	f := fault.New("vendor."+r.Code, "%s", r.Message)
	if beforeTheRows(r.Code) {
		f = f.Unapplied()
	}
	return f
}

// beforeTheRows tells refusals of the caller: too many calls, an account that is refused or
// out of credit (public clients and the vendor's pages know these numbers).
func beforeTheRows(code string) bool {
	switch code {
	case "1012", "1060", "2030", "2060", "2100":
		return true
	default:
		return false
	}
}

// AboutARow tells whether a refusal is about what was to be written, and neither about the
// caller nor one of those that public clients repeat after half a minute.
func AboutARow(err error) bool {
	code, ok := strings.CutPrefix(fault.CodeOf(err), "vendor.")
	if !ok || beforeTheRows(code) {
		return false
	}
	switch code {
	case "1013", "1020", "1030", "1040", "1200", "1610":
		return false
	default:
		return true
	}
}

// Rejected is the answer for the one row of a call that was refused for it.
func Rejected(err error) connector.Answers {
	f := fault.From(err)
	return connector.Answers{Rows: []connector.Answer{{
		Outcome: connector.Rejected, Code: strings.TrimPrefix(f.Code, "vendor."), Message: f.Message,
	}}}
}

// Counted gives the answers of a push of raw orders, which only counts the new and the changed
// ones. Where all are counted each is known by its own number.
func Counted(answer item.Value, rows [][]byte) connector.Answers {
	counted := 0
	for _, name := range []string{"new_count", "chg_count"} {
		if n, err := strconv.Atoi(answer.Field(name).Text()); err == nil {
			counted += n
		}
	}
	answers := connector.Answers{Rows: make([]connector.Answer, len(rows)), Raw: answer.Raw()}
	for i, row := range rows {
		a := &answers.Rows[i]
		switch {
		case counted >= len(rows):
			a.Outcome, a.Number = connector.Done, item.Of(row).Field("tid").Text()
		case counted > i:
			a.Outcome = connector.Done
		case counted > 0:
			a.Outcome = connector.Unknown
		default:
			a.Outcome, a.Message = connector.Rejected, answer.Field("message").Text()
			if a.Message == "" {
				a.Message = "旺店通 counted no new and no changed order"
			}
		}
	}
	return answers
}

// minSkew is how far the vendor's clock must be off ours before it is believed that a
// refusal is due to the clocks. The documented tolerance is five minutes.
const minSkew = 2 * time.Minute

// Clock is the vendor's time as far as it is known. It is safe for concurrent use.
type Clock struct{ *vendorclock.Clock }

// NewClock begins with our own time.
func NewClock(own func() time.Time) *Clock { return &Clock{vendorclock.New(own, minSkew)} }

// Refused looks at a refusal of a call that was signed for a moment, answered at the vendor's
// date: where the two differ the vendor's time is used from now on, and the fault is
// CodeClock, transient, for a call counts whatever it is answered and the engine makes it
// again. Otherwise the refusal stays what it is.
func (c *Clock) Refused(err error, signed, date time.Time) error {
	off := date.Sub(signed)
	if !c.Learn(signed, date) {
		return err
	}
	return fault.New(CodeClock, "旺店通's clock differs by %s; its time is used from now on", off.Round(time.Minute)).
		Classed(fault.Transient).Unapplied().Because(err)
}
