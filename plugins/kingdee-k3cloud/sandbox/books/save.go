package books

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/forms"
	"github.com/karezflow/karez/sdk/item"
)

// Mode is how rows are saved.
type Mode uint8

// The modes: one row, one row without checks for completeness (暂存), or several.
const (
	One Mode = iota
	Draft
	Many
)

// Save stores rows: each is checked and stored by itself, and a refused row does
// not undo the others. There is one outcome for each row.
func (s *Books) Save(form string, mode Mode, data item.Value) ([]Outcome, *Refusal) {
	t := s.tables[strings.ToUpper(form)]
	model := data.FieldFold("Model")
	rows := []item.Value{model}
	if mode == Many {
		if model.Kind() != item.Array {
			return nil, refuse(BadParameter, "参数Model必须是数组")
		}
		rows = slices.Collect(model.Elements())
	}
	if len(rows) == 0 || slices.ContainsFunc(rows, func(v item.Value) bool { return v.Kind() != item.Object }) {
		return nil, refuse(BadParameter, "参数Model不正确")
	}
	o := readOptions(data)
	o.draft = mode == Draft
	o.mandatory = o.mandatory && !o.draft
	outcomes := make([]Outcome, len(rows))
	for i, row := range rows {
		b, faults := s.saveRow(t, row, &o)
		if len(faults) > 0 {
			outcomes[i] = s.count(faults)
			continue
		}
		outcomes[i] = Outcome{ID: b.id, Number: b.number, Returned: returned(t, b, o.back)}
	}
	return outcomes, nil
}

// saveRow creates or updates one object, or tells why not.
func (s *Books) saveRow(t *table, model item.Value, o *options) (*bill, []RowFault) {
	now := s.clock()
	old, faults := t.existing(model)
	if faults != nil {
		return nil, faults
	}
	b, faults := t.candidate(old, model, o)
	if faults != nil {
		return nil, faults
	}
	if given := model.FieldFold(t.def.Number); !given.Blank() && (old == nil || o.allows(t.def.Number)) {
		b.number = given.Text()
	}
	if e, refused := s.refusedByNumber("", b.number); refused {
		return nil, []RowFault{e}
	}
	if other := t.byNumber[b.number]; other != nil && other != old {
		return nil, []RowFault{{
			Field: t.def.Number, Message: fmt.Sprintf("违反字段唯一性要求：编码唯一。[%s]在当前系统中已经被使用。", b.number),
			Code: Invalid, Reason: "duplicate",
		}}
	}
	if faults := s.validate(t, b, o); len(faults) > 0 {
		return nil, faults
	}
	if b.number == "" && !o.draft {
		b.number = t.automatic()
	}
	b.status = created
	if o.draft {
		b.status = drafted
	}
	if o.submit && !o.draft {
		b.status, b.approved = audited, now
	}
	b.modified, b.visible = now, now.Add(time.Duration(s.rules.ReadLagMS)*time.Millisecond)
	return s.store(t, old, b, now), nil
}

// store writes the candidate over the old bill, or as a new one.
func (s *Books) store(t *table, old, b *bill, now time.Time) *bill {
	for i := range b.lines {
		if b.lines[i].id == 0 {
			b.lines[i].id = t.nextLine()
		}
	}
	if old == nil {
		s.Creates++
		b.created = now
		t.add(b)
		return b
	}
	s.Updates++
	t.renumber(old, b.number)
	old.status, old.modified, old.approved = b.status, b.modified, b.approved
	old.head, old.lines = b.head, b.lines
	return old
}

// refusedByNumber tells whether a rule refuses an action on a bill; none is the save.
func (s *Books) refusedByNumber(on Action, number string) (RowFault, bool) {
	for i := range s.rules.RefuseRows {
		r := &s.rules.RefuseRows[i]
		if r.On != on || r.Number != number || r.Times < 0 {
			continue
		}
		if r.Times > 0 {
			if r.Times--; r.Times == 0 {
				r.Times = -1
			}
		}
		return RowFault{Field: r.Field, Message: r.Message, Code: r.MsgCode, Reason: "injected"}, true
	}
	return RowFault{}, false
}

// existing finds the bill that a row with an internal id updates.
func (t *table) existing(model item.Value) (*bill, []RowFault) {
	given := model.FieldFold(t.def.PK)
	if given.Kind() == item.None {
		given = model.FieldFold("FID")
	}
	if given.Blank() || given.Text() == "0" {
		return nil, nil
	}
	id, err := strconv.ParseInt(given.Text(), 10, 64)
	old := t.byID[id]
	switch {
	case err != nil || old == nil:
		return nil, []RowFault{{Field: t.def.PK, Message: fmt.Sprintf("内码为[%s]的数据不存在", given.Text()), Code: NotThere, Reason: "not_found"}}
	case old.status == submitted:
		return nil, []RowFault{{Field: "FDocumentStatus", Message: fmt.Sprintf("单据[%s]审核中，不允许修改", old.number), Code: NotOperable, Reason: "status"}}
	case old.status == audited:
		return nil, []RowFault{{Field: "FDocumentStatus", Message: fmt.Sprintf("单据[%s]已审核，不允许修改", old.number), Code: NotOperable, Reason: "status"}}
	}
	return old, nil
}

// candidate is the bill as it would be stored, without its number checked.
func (t *table) candidate(old *bill, model item.Value, o *options) (*bill, []RowFault) {
	def, b := t.def, &bill{}
	skip := func(name string) bool {
		return strings.EqualFold(name, def.PK) || strings.EqualFold(name, "FID") || strings.EqualFold(name, def.Number) ||
			def.Entry != "" && strings.EqualFold(name, def.Entry) || old != nil && !o.allows(name)
	}
	if old != nil {
		b.number, b.approved, b.head, b.lines = old.number, old.approved, old.head, slices.Clone(old.lines)
	}
	b.head = merge(item.Of(b.head), model, def.Sub, skip)
	given := model.FieldFold(def.Entry)
	if def.Entry == "" || given.Kind() == item.None || old != nil && !o.allows(def.Entry) {
		return b, nil
	}
	lines := []entry{}
	for e := range given.Elements() {
		l, faults := b.mergeLine(e, def)
		if faults != nil {
			return nil, faults
		}
		lines = append(lines, l)
	}
	if !o.deleteLines {
		for _, l := range b.lines {
			if !slices.ContainsFunc(lines, func(n entry) bool { return n.id == l.id }) {
				lines = append(lines, l)
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b entry) int { return orderOf(a.id) - orderOf(b.id) })
	b.lines = lines
	return b, nil
}

// orderOf puts known lines in the order of their ids and new ones behind them.
func orderOf(id int64) int {
	if id == 0 {
		return int(^uint(0) >> 1)
	}
	return int(id)
}

func (b *bill) mergeLine(given item.Value, def *forms.Form) (entry, []RowFault) {
	skip := func(name string) bool { return strings.EqualFold(name, "FEntryID") }
	id, err := strconv.ParseInt("0"+given.FieldFold("FEntryID").Text(), 10, 64)
	if given.Kind() != item.Object || err != nil {
		return entry{}, []RowFault{{Field: def.Entry, Message: "明细信息的格式不正确", Code: Invalid, Reason: "format"}}
	}
	if id == 0 {
		return entry{raw: merge(item.Value{}, given, "", skip)}, nil
	}
	at := slices.IndexFunc(b.lines, func(l entry) bool { return l.id == id })
	if at < 0 {
		return entry{}, []RowFault{{Field: def.Entry, Message: fmt.Sprintf("分录内码[%d]不存在", id), Code: NotThere, Reason: "not_found"}}
	}
	return entry{id, merge(item.Of(b.lines[at].raw), given, "", skip)}, nil
}

// returned gives the fields that NeedReturnFields asked for.
func returned(t *table, b *bill, fields []string) json.RawMessage {
	w := &writer{}
	w.open('{')
	asked := map[string]bool{}
	for _, f := range fields {
		first, inner, ofLine := strings.Cut(f, ".")
		switch {
		case ofLine && strings.EqualFold(first, t.def.Entry) && !asked[strings.ToUpper(first)]:
			asked[strings.ToUpper(first)] = true
			w.member(t.def.Entry, b.returnedLines(first, fields))
		case ofLine:
		case strings.EqualFold(inner+first, t.def.Number):
			w.text(first, b.number)
		default:
			if v := item.Of(b.head).FieldFold(first); v.Kind() != item.None {
				w.member(first, v.Raw())
			}
		}
	}
	return w.close('}')
}

func (b *bill) returnedLines(entry string, fields []string) []byte {
	lines := &writer{}
	lines.open('[')
	for _, l := range b.lines {
		w := &writer{}
		w.open('{')
		for _, f := range fields {
			first, key, _ := strings.Cut(f, ".")
			if !strings.EqualFold(first, entry) {
				continue
			}
			if strings.EqualFold(key, "FEntryID") {
				w.member(key, strconv.AppendInt(nil, l.id, 10))
			} else if v := item.Of(l.raw).FieldFold(key); v.Kind() != item.None {
				w.member(key, v.Raw())
			}
		}
		lines.element(w.close('}'))
	}
	return lines.close(']')
}
