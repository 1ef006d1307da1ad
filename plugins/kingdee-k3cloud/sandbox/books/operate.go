package books

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/forms"
	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/ksql"
	"github.com/karezflow/karez/sdk/item"
)

// Action is a step of the status machine, or the end of a bill.
type Action string

// The actions.
const (
	Submit  Action = "submit"
	Audit   Action = "audit"
	UnAudit Action = "unaudit"
	Delete  Action = "delete"
)

// Operate does an action bill by bill; there is one outcome for each id or number.
func (s *Books) Operate(form string, action Action, data item.Value) ([]Outcome, *Refusal) {
	t := s.tables[strings.ToUpper(form)]
	ids, numbers := split(data.FieldFold("Ids")), split(data.FieldFold("Numbers"))
	if len(ids) == 0 && len(numbers) == 0 {
		return nil, refuse(BadParameter, "参数Ids和Numbers不能同时为空")
	}
	asked := ids
	if len(ids) == 0 { // Ids come first when both are given; no document tells which wins
		asked = numbers
	}
	outcomes := make([]Outcome, len(asked))
	for i, name := range asked {
		b := t.byNumber[name]
		if len(ids) > 0 {
			id, _ := strconv.ParseInt(name, 10, 64) // a text that is no id finds nothing
			b = t.byID[id]
		}
		f, refused := RowFault{Message: fmt.Sprintf("单据[%s]不存在", name), Code: NotThere, Reason: "not_found"}, true
		if b != nil {
			f, refused = s.refusedByNumber(action, b.number)
		}
		if b != nil && !refused {
			f, refused = s.move(t, b, action)
		}
		if refused {
			outcomes[i] = s.count([]RowFault{f})
			continue
		}
		outcomes[i] = Outcome{ID: b.id, Number: b.number}
	}
	return outcomes, nil
}

// move makes one step of the status machine, or tells why the bill is not in a state for it.
func (s *Books) move(t *table, b *bill, action Action) (RowFault, bool) {
	allowed, verb := created+reopened, "提交"
	now := s.clock()
	switch action {
	case Audit:
		allowed, verb = submitted, "审核"
	case UnAudit:
		allowed, verb = audited, "反审核"
	case Delete:
		allowed, verb = drafted+created+reopened, "删除"
	case Submit:
	}
	if (action == UnAudit || action == Delete) && s.made(t, b) {
		return RowFault{Message: fmt.Sprintf("单据[%s]存在下游单据，关联数量不为零，不能%s", b.number, verb), Code: NotOperable, Reason: "linked"}, true
	}
	if !strings.Contains(allowed, b.status) {
		return RowFault{
			Field: "FDocumentStatus", Message: fmt.Sprintf("单据[%s]%s，不能%s", b.number, forms.StatusName(b.status), verb),
			Code: NotOperable, Reason: "status",
		}, true
	}
	switch action {
	case Submit:
		b.status = submitted
	case Audit:
		b.status, b.approved = audited, now
	case UnAudit:
		b.status, b.approved = reopened, time.Time{}
	case Delete:
		t.remove(b)
	}
	b.modified = now
	return RowFault{}, false
}

// split reads a list that comes as an array or as a text with commas.
func split(v item.Value) []string {
	parts := texts(v)
	if v.Kind() == item.String || v.Kind() == item.Number {
		parts = strings.Split(v.Text(), ",")
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" })
}

// View gives one bill under its internal property names, with base data
// opened. The names are inferred from the field keys.
func (s *Books) View(form string, data item.Value) ([]byte, *Refusal) {
	t := s.tables[strings.ToUpper(form)]
	number, id := data.FieldFold("Number").Text(), data.FieldFold("Id").Text()
	b := t.byNumber[number]
	if id != "" && id != "0" {
		n, _ := strconv.ParseInt(id, 10, 64) // a text that is no id finds nothing
		b = t.byID[n]
	}
	if b == nil {
		return nil, refuse(NotThere, "单据[%s]不存在", number+id)
	}
	w := &writer{}
	w.open('{')
	w.member("Id", strconv.AppendInt(nil, b.id, 10))
	s.properties(w, t.def, row{bill: b}, func(f forms.Field) bool { return f.Level != forms.Line })
	if t.def.Entry != "" {
		lines := &writer{}
		lines.open('[')
		for _, r := range b.rows(true) {
			if r.line == nil {
				continue
			}
			one := &writer{}
			one.open('{')
			one.member("Id", strconv.AppendInt(nil, r.line.id, 10))
			one.member("Seq", strconv.AppendInt(nil, int64(r.seq), 10))
			s.properties(one, t.def, r, func(f forms.Field) bool { return f.Level == forms.Line })
			lines.element(one.close('}'))
		}
		w.member(t.def.Property, lines.close(']'))
	}
	return w.close('}'), nil
}

func (s *Books) properties(w *writer, def *forms.Form, r row, wanted func(forms.Field) bool) {
	for _, f := range def.Fields {
		if !wanted(f) {
			continue
		}
		name := strings.TrimPrefix(f.Key, "F")
		if f.Kind != forms.Base {
			c := column{kind: f.Kind, read: func(r row) ksql.Value { return plain(def, f, r) }}
			w.member(name, c.json(r, s.rules.DecimalScale))
			continue
		}
		target := s.tables[strings.ToUpper(f.Base)]
		found, _ := refer(target, raw(def, f, r))
		if found == nil {
			w.member(name, []byte("null"))
			continue
		}
		opened := &writer{}
		opened.open('{')
		opened.member("Id", strconv.AppendInt(nil, found.id, 10))
		opened.text("Number", found.number)
		opened.member("Name", fmt.Appendf(nil, `[{"Key":2052,"Value":%s}]`, item.AppendText(nil, item.Of(found.head).FieldFold("FName").Text())))
		w.member(name, opened.close('}'))
	}
}
