package books

import (
	"fmt"
	"slices"
	"strings"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/forms"
	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/ksql"
	"github.com/karezflow/karez/sdk/item"
)

// options are the switches of a save, read from values of any JSON type.
type options struct {
	verifyBase, mandatory, deleteLines, submit, draft bool
	update, back                                      []string
}

func readOptions(data item.Value) options {
	flag := func(name string, otherwise bool) bool {
		if b, ok := ksql.ParseBool(data.FieldFold(name).Text()); ok {
			return b
		}
		return otherwise
	}
	return options{
		verifyBase: flag("IsVerifyBaseDataField", false), mandatory: flag("ValidateFlag", true),
		deleteLines: flag("IsDeleteEntry", true), submit: flag("IsAutoSubmitAndAudit", false),
		update: texts(data.FieldFold("NeedUpDateFields")), back: texts(data.FieldFold("NeedReturnFields")),
	}
}

func texts(list item.Value) []string {
	var all []string
	for e := range list.Elements() {
		all = append(all, e.Text())
	}
	return all
}

// allows tells whether an update may touch a member.
func (o *options) allows(name string) bool {
	return len(o.update) == 0 || slices.ContainsFunc(o.update, func(u string) bool {
		first, _, _ := strings.Cut(u, ".")
		return strings.EqualFold(first, name)
	})
}

// validate gives everything that is wrong with a bill about to be stored.
func (s *Books) validate(t *table, b *bill, o *options) []RowFault {
	def := t.def
	required := s.rules.Required[def.ID]
	var found []RowFault
	check := func(f forms.Field, r row) {
		if e, bad := s.checkField(f, raw(def, f, r), slices.Contains(required, f.Key), o); bad {
			if r.line != nil && e.Reason == "required" {
				e.Message = fmt.Sprintf("明细信息第%d行：%s", r.seq, e.Message)
			}
			found = append(found, e)
		}
	}
	for _, f := range def.Fields {
		if f.Level != forms.Line && f.Key != def.Number {
			check(f, row{bill: b})
		}
	}
	if def.Entry != "" && len(b.lines) == 0 && o.mandatory && slices.Contains(required, def.Entry) {
		found = append(found, RowFault{Field: def.Entry, Message: "明细信息不能为空", Code: Invalid, Reason: "required"})
	}
	for i := range b.lines {
		for _, f := range def.Fields {
			if f.Level == forms.Line {
				check(f, row{b, &b.lines[i], i + 1})
			}
		}
	}
	return found
}

func (s *Books) checkField(f forms.Field, v item.Value, required bool, o *options) (RowFault, bool) {
	blank, wrong := v.Blank(), false
	switch f.Kind {
	case forms.Decimal:
		_, ok := ksql.ParseDecimal(v.Text())
		wrong = !ok
	case forms.Boolean:
		_, ok := ksql.ParseBool(v.Text())
		wrong = !ok
	case forms.Date, forms.Datetime:
		_, ok := ksql.ParseTime(v.Text())
		wrong = !ok
	case forms.Text:
		wrong = v.Kind() == item.Object || v.Kind() == item.Array
	case forms.Base:
		if v.Kind() != item.Object {
			wrong = true
			break
		}
		found, shown := refer(s.tables[strings.ToUpper(f.Base)], v)
		missing := shown != "" && (found == nil || found.status != audited)
		if missing && (s.rules.VerifyBaseData == "always" || o.verifyBase) {
			return RowFault{Field: f.Key, Message: fmt.Sprintf("编码值[%q]不存在", shown), Code: NotThere, Reason: "base_data"}, true
		}
		blank = shown == "" || missing
	}
	switch {
	case blank && required && o.mandatory:
		return RowFault{Field: f.Key, Message: fmt.Sprintf("字段“%s”是必填项", f.Title), Code: Invalid, Reason: "required"}, true
	case !blank && wrong:
		return RowFault{Field: f.Key, Message: fmt.Sprintf("字段“%s”的值“%s”格式不正确", f.Title, v.Text()), Code: Invalid, Reason: "format"}, true
	}
	return RowFault{}, false
}

// merge gives old with the members of changed put over it, in the order in which
// they came; names are compared in any case and skipped ones are left out.
func merge(old, changed item.Value, subHeader string, skip func(name string) bool) []byte {
	w := &writer{}
	w.open('{')
	for name, v := range old.Fields() {
		over := item.Value{}
		if !skip(name) {
			over = changed.FieldFold(name)
		}
		switch {
		case over.Kind() == item.None:
			w.member(name, v.Raw())
		case subHeader != "" && strings.EqualFold(name, subHeader):
			w.member(name, merge(v, over, "", func(string) bool { return false }))
		default:
			w.member(name, over.Raw())
		}
	}
	for name, v := range changed.Fields() {
		if !skip(name) && old.FieldFold(name).Kind() == item.None {
			w.member(name, v.Raw())
		}
	}
	return w.close('}')
}
