package books

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/forms"
	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/ksql"
	"github.com/karezflow/karez/sdk/item"
)

// Document statuses: 暂存, 创建, 审核中, 已审核, 重新审核.
const (
	drafted   = "Z"
	created   = "A"
	submitted = "B"
	audited   = "C"
	reopened  = "D"
)

// bill is one stored object, a bill or base data. What the client sent is kept
// as it was sent: the members of head and lines are spans of the request.
type bill struct {
	id int64
	// forbidden is "B" of what was disabled.
	number, status, forbidden   string
	created, modified, approved time.Time
	// visible is when queries begin to see the bill.
	visible time.Time
	head    []byte
	lines   []entry
}

type entry struct {
	id  int64
	raw []byte
}

// table is the bills of one form, in save order.
type table struct {
	def      *forms.Form
	bills    []*bill
	byID     map[int64]*bill
	byNumber map[string]*bill
	lastID   int64
	lastLine int64
	lastAuto int64
}

func newTable(def *forms.Form) *table {
	return &table{def: def, byID: map[int64]*bill{}, byNumber: map[string]*bill{}, lastID: 100000, lastLine: 200000}
}

// add stores a new bill under the next id.
func (t *table) add(b *bill) {
	t.lastID++
	b.id = t.lastID
	t.bills = append(t.bills, b)
	t.byID[b.id] = b
	if b.number != "" {
		t.byNumber[b.number] = b
	}
}

func (t *table) remove(b *bill) {
	t.bills = slices.DeleteFunc(t.bills, func(o *bill) bool { return o == b })
	delete(t.byID, b.id)
	if t.byNumber[b.number] == b {
		delete(t.byNumber, b.number)
	}
}

func (t *table) renumber(b *bill, number string) {
	if t.byNumber[b.number] == b {
		delete(t.byNumber, b.number)
	}
	b.number = number
	if number != "" {
		t.byNumber[number] = b
	}
}

// automatic gives the next free automatic number.
func (t *table) automatic() string {
	for {
		t.lastAuto++
		digits := strconv.FormatInt(t.lastAuto, 10)
		number := t.def.Prefix + strings.Repeat("0", max(0, 6-len(digits))) + digits
		if t.byNumber[number] == nil {
			return number
		}
	}
}

func (t *table) nextLine() int64 {
	t.lastLine++
	return t.lastLine
}

// refer finds the base data that a reference such as {"FNumber":"100"} names.
// shown is the value by which it was looked for; "" means the reference is empty.
func refer(t *table, ref item.Value) (found *bill, shown string) {
	for name, v := range ref.Fields() {
		shown = v.Text()
		switch strings.ToUpper(name) {
		case "FNUMBER", "FSTAFFNUMBER":
			found = t.byNumber[shown]
		case "FNAME":
			at := slices.IndexFunc(t.bills, func(b *bill) bool { return item.Of(b.head).FieldFold("FName").Text() == shown })
			if at >= 0 {
				found = t.bills[at]
			}
		default: // an internal id: FID, FUserID or the form's own key
			if id, err := strconv.ParseInt(shown, 10, 64); err == nil {
				found = t.byID[id]
			}
		}
		if shown != "" {
			return found, shown
		}
	}
	return nil, shown
}

// product multiplies two decimals of a line; false when one is missing.
func product(lineRaw []byte, a, b string) (ksql.Decimal, bool) {
	v := item.Of(lineRaw)
	x, okX := ksql.ParseDecimal(v.FieldFold(a).Text())
	y, okY := ksql.ParseDecimal(v.FieldFold(b).Text())
	return x.Mul(y), okX && okY
}

// computed gives the amounts that the server works out itself.
func (b *bill) computed(key string, l *entry) (ksql.Decimal, bool) {
	switch {
	case strings.EqualFold(key, "FAmount") && l != nil:
		return product(l.raw, "FRealQty", "FPrice")
	case strings.EqualFold(key, "FAllAmount") && l != nil:
		return product(l.raw, "FRealQty", "FTaxPrice")
	case strings.EqualFold(key, "FBillAllAmount"):
		var total ksql.Decimal
		for i := range b.lines {
			if amount, ok := product(b.lines[i].raw, "FRealQty", "FTaxPrice"); ok {
				total = total.Add(amount)
			}
		}
		return total, true
	}
	return ksql.Decimal{}, false
}

// object writes the bill for the control endpoint: system fields, then what was
// received byte for byte, then the computed amounts.
func (b *bill) object(def *forms.Form) json.RawMessage {
	w := &writer{}
	w.open('{')
	w.member(def.PK, strconv.AppendInt(nil, b.id, 10))
	w.text(def.Number, b.number)
	w.text("FDocumentStatus", b.status)
	w.text("FCreateDate", stamp(b.created))
	w.text("FModifyDate", stamp(b.modified))
	w.text("FApproveDate", stamp(b.approved))
	for name, v := range item.Of(b.head).Fields() {
		if !strings.EqualFold(name, def.Number) {
			w.member(name, v.Raw())
		}
	}
	if def.Entry == "" {
		return w.close('}')
	}
	if total, ok := b.computed("FBillAllAmount", nil); ok && def.Sub != "" {
		w.member("FBillAllAmount", []byte(total.String()))
	}
	lines := &writer{}
	lines.open('[')
	for i := range b.lines {
		lines.element(b.line(&b.lines[i]))
	}
	w.member(def.Entry, lines.close(']'))
	return w.close('}')
}

func (b *bill) line(l *entry) []byte {
	w := &writer{}
	w.open('{')
	w.member("FEntryID", strconv.AppendInt(nil, l.id, 10))
	for name, v := range item.Of(l.raw).Fields() {
		w.member(name, v.Raw())
	}
	for _, key := range []string{"FAmount", "FAllAmount"} {
		if amount, ok := b.computed(key, l); ok {
			w.member(key, []byte(amount.String()))
		}
	}
	return w.close('}')
}

// stamp writes a time as the server does: local, without zone; "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone()).Format("2006-01-02T15:04:05")
}

// zone is China's, which has no summer time.
func zone() *time.Location { return time.FixedZone("CST", 8*60*60) }

// writer builds one JSON object or array.
type writer struct {
	buf   bytes.Buffer
	count int
}

func (w *writer) open(c byte) { w.buf.WriteByte(c) }

func (w *writer) element(raw []byte) {
	w.next()
	w.buf.Write(raw)
}

func (w *writer) member(name string, raw []byte) {
	w.name(name)
	w.buf.Write(raw)
}

func (w *writer) text(name, value string) {
	w.name(name)
	w.buf.Write(item.AppendText(w.buf.AvailableBuffer(), value))
}

func (w *writer) name(name string) {
	w.next()
	w.buf.Write(append(item.AppendText(w.buf.AvailableBuffer(), name), ':'))
}

func (w *writer) next() {
	if w.count++; w.count > 1 {
		w.buf.WriteByte(',')
	}
}

func (w *writer) close(c byte) []byte {
	w.buf.WriteByte(c)
	return w.buf.Bytes()
}
