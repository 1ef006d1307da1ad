package wdtbox

import (
	"encoding/json"
	"fmt"

	"github.com/karezflow/karez/sdk/sandboxkit"
)

// Options are the sandbox's settings. Where the vendor's behaviour is not documented it is a
// setting; Defaults says what is assumed. All but Seed can be changed while it runs, under
// their JSON names.
type Options struct {
	// Seed decides the data: the same gives the same bytes.
	Seed uint64 `json:"-"`

	// PerMinute are the calls allowed in a minute; 0 allows any number.
	PerMinute int `json:"perMinute"`
	// ClockSeconds is how far a timestamp may be off.
	ClockSeconds int `json:"clockSeconds"`
	// StrictParams refuses parameters that the interface does not have. They are ignored without it.
	StrictParams bool `json:"strictParams"`

	// ByModifiedNeedsStatus lets is_by_modified count only beside a status.
	ByModifiedNeedsStatus bool `json:"byModifiedNeedsStatus"`
	// NumberAnyStatus finds by number whatever the status; without it only what was sent or finished.
	NumberAnyStatus bool `json:"numberAnyStatus"`
	// OuterNoSearch lets stockout_order_query select by outer_no.
	OuterNoSearch bool `json:"outerNoSearch"`

	// Duplicate says what a known outer_no is answered with: "refuse", or "same" for the number of the first.
	Duplicate string `json:"duplicate"`
	// Partial takes the good orders of a push in which others are bad; without it all are refused.
	Partial bool `json:"partial"`
	// Frozen says what becomes of another quantity or price of a known line: "keep" the first, or "refuse".
	Frozen string `json:"frozen"`
	// CheckPaid compares the paid amount of a strict push with its lines.
	CheckPaid bool `json:"checkPaid"`
	// MostTrades, SameBuyer and MostLines are the most orders of a push, of one buyer in it, and lines of an order.
	MostTrades int `json:"mostTrades"`
	SameBuyer  int `json:"sameBuyer"`
	MostLines  int `json:"mostLines"`

	// Wrapper is the member in which the gateway puts its own refusals: "response" or "error_response".
	Wrapper string `json:"wrapper"`
	// Codes are the numbers of the refusals.
	Codes Codes `json:"codes"`
}

// Codes are the vendor's numbers. Of these Rate, Missing and Row are known for what they stand
// for here; public clients know Sid, Sign and Timestamp as refusals of the caller without
// telling which is which; the others are assumed.
type Codes struct {
	Rate      int `json:"rate"`
	Missing   int `json:"missing"`
	Row       int `json:"row"`
	Sid       int `json:"sid"`
	Sign      int `json:"sign"`
	Timestamp int `json:"timestamp"`
	// Input is a parameter that fails validation, Refused a document that does, Duplicate a known
	// outer_no, Permission an interface that the account may not call.
	Input      int `json:"input"`
	Refused    int `json:"refused"`
	Duplicate  int `json:"duplicate"`
	Permission int `json:"permission"`
}

// Defaults are the documented limits and the assumed rest.
func Defaults() Options {
	return Options{
		Seed: 1, PerMinute: 60, ClockSeconds: 300,
		NumberAnyStatus: true, OuterNoSearch: true,
		Duplicate: "refuse", Frozen: "keep", CheckPaid: true, MostTrades: 50, SameBuyer: 30, MostLines: 200,
		Wrapper: "response",
		Codes: Codes{
			Rate: 1012, Missing: 2900, Row: 99, Sid: 2030, Sign: 2060, Timestamp: 2100,
			Input: 100, Refused: 1, Duplicate: 1, Permission: 2104,
		},
	}
}

// Refusal is the vendor's no.
type Refusal struct {
	Code    int
	Message string
}

func refuse(code int, format string, args ...any) *Refusal {
	return &Refusal{code, fmt.Sprintf(format, args...)}
}

// Set implements sandboxkit.Vendor: every option under its JSON name, and touch, which has an
// order, a stock-out or a product changed now, named by its number.
func (b *Box) Set(name string, value json.RawMessage) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if name == "touch" {
		var number string
		if err := json.Unmarshal(value, &number); err != nil {
			return fmt.Errorf("touch names a number: %w", err)
		}
		return b.touch(number)
	}
	changed, err := sandboxkit.With(b.o, name, value)
	if err != nil {
		return err
	}
	for _, choice := range []struct{ name, is, one, other string }{
		{"duplicate", changed.Duplicate, "refuse", "same"},
		{"frozen", changed.Frozen, "keep", "refuse"},
		{"wrapper", changed.Wrapper, "response", "error_response"},
	} {
		if choice.is != choice.one && choice.is != choice.other {
			return fmt.Errorf("%s is %s or %s, not %q", choice.name, choice.one, choice.other, choice.is)
		}
	}
	b.o = changed
	return nil
}

// touch changes a document as a clerk would: it moves to the end of what is read by time of change.
func (b *Box) touch(number string) error {
	now := b.now()
	found := false
	for _, list := range [][]*doc{b.trades, b.stockouts, b.others, b.goods} {
		for _, d := range list {
			if d.no == number {
				d.modified, found = now, true
				d.values["remark"] += "（读取期间修改）"
			}
		}
	}
	if !found {
		return fmt.Errorf("nothing has the number %s", number)
	}
	return nil
}
