// Package books is the ERP behind the simulated WebAPI: its forms, bills and base
// data, what it checks before it stores a bill, how bills change status, and how
// queries read them. It knows no HTTP and no sessions.
//
// It belongs to the sandbox and may import the standard library, sdk/item and
// ksql only.
package books

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/forms"
)

// Message codes (MsgCode) of the public table, as far as bills give them.
const (
	Exception    = 4
	BadParameter = 8
	NotThere     = 9
	Invalid      = 11
	NotOperable  = 12
)

// Rules are the facts of the vendor about bills that its public material leaves
// open. Their JSON names are the names of the sandbox's settings.
type Rules struct {
	// LimitCap is the most rows a query gives; LimitDefault what Limit 0 means.
	LimitCap     int `json:"limitCap"`
	LimitDefault int `json:"limitDefault"`
	// ReadLagMS keeps saved bills out of queries for that long, by the clock.
	ReadLagMS int `json:"readLagMs"`
	// VerifyBaseData is "always", or "whenAsked": without IsVerifyBaseDataField unknown base data counts as left out.
	VerifyBaseData string `json:"verifyBaseData"`
	// DecimalScale pads decimals in query answers to that many places; -1 gives them as received.
	DecimalScale int `json:"decimalScale"`
	// Required are the required fields by form.
	Required map[string][]string `json:"required"`
	// RefuseRows refuses rows, and actions on bills, by their number.
	RefuseRows []RowRefusal `json:"refuseRows"`
}

// RowRefusal refuses the rows whose number is Number, Times times (0 = always). On is the
// action that refuses its bill; without one it is the save that refuses the row.
type RowRefusal struct {
	On      Action `json:"on"`
	Number  string `json:"number"`
	Field   string `json:"field"`
	Message string `json:"message"`
	MsgCode int    `json:"msgCode"`
	Times   int    `json:"times"`
}

// Defaults gives the rules as they are inferred.
func Defaults() Rules {
	required := map[string][]string{}
	for _, d := range forms.All() {
		required[d.ID] = d.Required
	}
	return Rules{LimitCap: 2000, LimitDefault: 2000, VerifyBaseData: "always", DecimalScale: -1, Required: required}
}

// Check reports a rule that has no meaning.
func (r *Rules) Check() error {
	switch {
	case r.VerifyBaseData != "always" && r.VerifyBaseData != "whenAsked":
		return fmt.Errorf("verifyBaseData is always or whenAsked, not %q", r.VerifyBaseData)
	case r.LimitCap < 1 || r.LimitDefault < 1:
		return fmt.Errorf("limitCap and limitDefault are above zero")
	}
	for _, row := range r.RefuseRows {
		if !slices.Contains([]Action{"", Submit, Audit, UnAudit, Delete}, row.On) {
			return fmt.Errorf("no action %q refuses %s", row.On, row.Number)
		}
	}
	return nil
}

// Books are the stored objects. They are not safe for concurrent use.
type Books struct {
	clock  func() time.Time
	rules  *Rules
	tables map[string]*table

	// links are the lines of which bills were made.
	links map[lineOf]link

	// Creates and Updates count stored rows; Refused counts refused ones by reason.
	Creates, Updates int
	Refused          map[string]int
}

// New makes books with their initial data. The rules are read at each call, so
// the caller may change them between calls.
func New(clock func() time.Time, rules *Rules) *Books {
	s := &Books{clock: clock, rules: rules, tables: map[string]*table{}, Refused: map[string]int{}, links: map[lineOf]link{}}
	for _, d := range forms.All() {
		s.tables[strings.ToUpper(d.ID)] = newTable(d)
	}
	s.seed(clock())
	return s
}

// Refusal says why a call as a whole is refused.
type Refusal struct {
	Code    int
	Message string
}

func refuse(code int, format string, args ...any) *Refusal {
	return &Refusal{code, fmt.Sprintf(format, args...)}
}

// RowFault is why one row is refused. Reason is for counting only.
type RowFault struct {
	Field, Message string
	Code           int
	Reason         string
}

// Outcome is what became of one row: faults, or the stored object.
type Outcome struct {
	ID     int64
	Number string
	// Returned are the fields asked for by NeedReturnFields.
	Returned json.RawMessage
	Faults   []RowFault
}

func (s *Books) count(faults []RowFault) Outcome {
	s.Refused[faults[0].Reason]++
	return Outcome{Faults: faults}
}

// Info gives the metadata of a form.
func (s *Books) Info(form string) []byte {
	d := s.tables[strings.ToUpper(form)].def
	return d.Info(s.rules.Required[d.ID])
}

// Knows tells whether there is such a form.
func (s *Books) Knows(form string) bool { return s.tables[strings.ToUpper(form)] != nil }

// Sizes counts the objects of each form.
func (s *Books) Sizes() map[string]int {
	sizes := map[string]int{}
	for _, t := range s.tables {
		sizes[t.def.ID] = len(t.bills)
	}
	return sizes
}

// Objects gives the bills of a form in the order in which they were first saved.
// Every member that a client sent has the bytes it was sent with.
func (s *Books) Objects(form string) ([]json.RawMessage, bool) {
	t := s.tables[strings.ToUpper(form)]
	if t == nil {
		return nil, false
	}
	objects := make([]json.RawMessage, len(t.bills))
	for i, b := range t.bills {
		objects[i] = b.object(t.def)
	}
	return objects, true
}

// AddBaseData adds audited base data unless its number exists.
func (s *Books) AddBaseData(form, number, name string) error {
	t := s.tables[strings.ToUpper(form)]
	if t == nil || t.def.Number != "FNumber" {
		return fmt.Errorf("there is no base data of type %s", form)
	}
	if t.byNumber[number] == nil {
		s.put(t, s.clock(), number, "FName", name)
	}
	return nil
}
