package books

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/forms"
	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/ksql"
	"github.com/karezflow/karez/sdk/item"
)

// link says which bill was made of a line.
type link struct {
	table *table
	id    int64
}

// lineOf names a line of a form.
type lineOf struct {
	table *table
	id    int64
}

// live tells that the bill is still there; one that was deleted frees its source.
func (l link) live() bool { return l.table != nil && l.table.byID[l.id] != nil }

// Push makes bills of saved ones by a conversion rule, one of each, and gives an outcome for
// each. It makes no second bill of lines that have one.
func (s *Books) Push(form string, data item.Value) ([]Outcome, *Refusal) {
	t := s.tables[strings.ToUpper(form)]
	useDefault, _ := ksql.ParseBool(data.FieldFold("IsEnableDefaultRule").Text()) // no boolean is no
	draft, _ := ksql.ParseBool(data.FieldFold("IsDraftWhenSaveFail").Text())
	id, target := data.FieldFold("RuleId").Text(), data.FieldFold("TargetFormId").Text()
	switch {
	case id == "" && !useDefault:
		return nil, refuse(BadParameter, "单据转换规则内码RuleId不能为空")
	case id == "" && target == "":
		return nil, refuse(BadParameter, "启用默认转换规则时，目标单据FormId不能为空")
	}
	rule, ok := forms.RuleOf(t.def.ID, target, id)
	if !ok {
		return nil, refuse(NotThere, "单据转换规则[%s]不存在", id+target)
	}
	lines := split(data.FieldFold("EntryIds"))
	asked, refusal := t.asked(data, lines)
	if refusal != nil {
		return nil, refusal
	}
	outcomes := make([]Outcome, len(asked))
	for i, name := range asked {
		b, byName := t.byNumber[name.text], name.text
		if name.byID {
			n, _ := strconv.ParseInt(name.text, 10, 64) // a text that is no id finds nothing
			b = t.byID[n]
		}
		if b == nil {
			outcomes[i] = s.count([]RowFault{{Message: fmt.Sprintf("单据[%s]不存在", byName), Code: NotThere, Reason: "not_found"}})
			continue
		}
		outcomes[i] = s.pushOne(pushing{t, b, rule, data.FieldFold("TargetOrgId").Text(), lines, draft})
	}
	return outcomes, nil
}

// sourceName is an id or a number of a source.
type sourceName struct {
	text string
	byID bool
}

// asked lists the sources: ids before numbers, or the bills that hold the lines.
func (t *table) asked(data item.Value, lines []string) ([]sourceName, *Refusal) {
	var all []sourceName
	for _, id := range split(data.FieldFold("Ids")) {
		all = append(all, sourceName{id, true})
	}
	if len(all) == 0 {
		for _, number := range split(data.FieldFold("Numbers")) {
			all = append(all, sourceName{number, false})
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	for _, b := range t.bills {
		if slices.ContainsFunc(b.lines, func(l entry) bool { return slices.Contains(lines, strconv.FormatInt(l.id, 10)) }) {
			all = append(all, sourceName{strconv.FormatInt(b.id, 10), true})
		}
	}
	switch {
	case len(lines) == 0:
		return nil, refuse(BadParameter, "参数Ids、Numbers和EntryIds不能同时为空")
	case len(all) == 0:
		return nil, refuse(NotThere, "分录[%s]不存在", strings.Join(lines, ","))
	}
	return all, nil
}

// pushing is one source on its way to a bill.
type pushing struct {
	t      *table
	b      *bill
	rule   forms.Rule
	org    string
	chosen []string
	draft  bool
}

func (s *Books) pushOne(p pushing) Outcome {
	fault := func(code int, reason, format string, args ...any) Outcome {
		return s.count([]RowFault{{Message: fmt.Sprintf(format, args...), Code: code, Reason: reason}})
	}
	if p.b.status != audited {
		return fault(NotOperable, "status", "单据[%s]未审核，不能下推", p.b.number)
	}
	model, used := p.model(s.links)
	if len(used) == 0 {
		return fault(NotOperable, "pushed", "单据[%s]已全部下推，没有可下推的分录", p.b.number)
	}
	if p.org != "" && p.org != "0" {
		id, _ := strconv.ParseInt(p.org, 10, 64) // a text that is no id finds nothing
		org := s.tables["ORG_ORGANIZATIONS"].byID[id]
		if org == nil {
			return fault(NotThere, "base_data", "目标组织[%s]不存在", p.org)
		}
		model[p.rule.Org] = map[string]string{"FNumber": org.number}
	}
	raw, err := json.Marshal(model)
	if err != nil {
		return fault(Exception, "exception", "单据转换失败：%v", err)
	}
	target := s.tables[strings.ToUpper(p.rule.Target)]
	made, faults := s.saveRow(target, item.Of(raw), &options{mandatory: true})
	if len(faults) > 0 && p.draft {
		made, faults = s.saveRow(target, item.Of(raw), &options{draft: true})
	}
	if len(faults) > 0 {
		return s.count(faults)
	}
	for _, l := range used {
		s.links[l] = link{target, made.id}
	}
	return Outcome{ID: made.id, Number: made.number}
}

// model is the bill that the rule makes of the lines that have none yet.
func (p pushing) model(links map[lineOf]link) (model map[string]any, used []lineOf) {
	model = map[string]any{}
	for from, to := range p.rule.Head {
		if v := item.Of(p.b.head).FieldFold(from); v.Kind() != item.None {
			model[to] = json.RawMessage(v.Raw())
		}
	}
	var lines []map[string]any
	for _, l := range p.b.lines {
		if links[lineOf{p.t, l.id}].live() || len(p.chosen) > 0 && !slices.Contains(p.chosen, strconv.FormatInt(l.id, 10)) {
			continue
		}
		line := map[string]any{p.rule.Type: p.rule.Source, p.rule.Number: p.b.number}
		for from, to := range p.rule.Lines {
			if v := item.Of(l.raw).FieldFold(from); v.Kind() != item.None {
				line[to] = json.RawMessage(v.Raw())
			}
		}
		lines, used = append(lines, line), append(used, lineOf{p.t, l.id})
	}
	for _, d := range forms.All() {
		if d.ID == p.rule.Target {
			model[d.Entry] = lines
		}
	}
	return model, used
}

// made tells that a bill was made of one, which keeps it as it is.
func (s *Books) made(t *table, b *bill) bool {
	return slices.ContainsFunc(b.lines, func(l entry) bool { return s.links[lineOf{t, l.id}].live() })
}
