package draft

import (
	"encoding/json"
	"strings"

	"github.com/karezflow/karez/engine/intake/scheme"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func ignored(x *scheme.Extra) { x.Told(scheme.Understood, "", nil) }

func unknown(x *scheme.Extra) {
	unread(x.Line, fault.New("intake.unknown_setting", "there is nothing here that does what %s does", x.Name))
}

// braced turns a bare path into a value that reads it.
func braced(text string) string {
	if text == "" || strings.Contains(text, "{{") {
		return text
	}
	return "{{" + text + "}}"
}

// extras reads the settings of a source beside its fields. It gives those that were set.
func (b *builder) extras(side *scheme.Side, settings *object, q *query) map[string]bool {
	taken := map[string]bool{}
	said := func(x *scheme.Extra, name string) {
		taken[name] = true
		x.Told(scheme.Understood, sourceNode+"."+name, nil)
	}
	for _, x := range side.Extras {
		v := item.Of(x.Value)
		switch x.Name {
		case "api", "type", "method", "name", "autoFillResponse", "label", "platform", "system":
			ignored(x)
		case "id", "number":
			name := map[string]string{"id": "key", "number": "number"}[x.Name]
			if v.Text() == "" || v.Kind() != item.String {
				unknown(x)
				continue
			}
			settings.text(name, braced(v.Text()))
			said(x, name)
		case "idCheck":
			if v.Text() == "false" {
				settings.text("onSeen", "revise")
			}
			said(x, "onSeen")
		case "pagination":
			size := v.Field("pageSize")
			if q == nil || size.Blank() {
				unknown(x)
				continue
			}
			q.pageSize(x, size.Text())
		case "condition":
			b.conditions(x, v, settings, said)
		case "beatFlat":
			b.explode(x, v, settings, said)
		case "omissionRemedy":
			b.sweep(x, v, settings, said)
		default:
			unknown(x)
		}
	}
	return taken
}

func (q *query) pageSize(x *scheme.Extra, size string) {
	if p := q.Operation.Paging; p != nil {
		row := &scheme.Row{Line: x.Line}
		if !q.paged(row, p.Size, size) {
			unknown(x)
		}
		return
	}
	unknown(x)
}

// conditions turns condition into keep: both are groups of which one must hold.
func (b *builder) conditions(x *scheme.Extra, v item.Value, settings *object, said func(*scheme.Extra, string)) {
	groups := [][]*object{}
	strict := true
	for group := range v.Elements() {
		list := []*object{}
		if group.Kind() != item.Array { // one condition in place of a group of them
			unread(x.Line, fault.New("intake.condition_group", "the conditions are no lists within a list"))
			return
		}
		for c := range group.Elements() {
			one := &object{}
			one.text("field", c.Field("field").Text())
			one.text("logic", c.Field("logic").Text())
			if value := c.Field("value"); !value.Blank() {
				one.text("value", value.Text())
			}
			if c.Field("field").Text() == "" || c.Field("logic").Text() == "" {
				unread(x.Line, fault.New("intake.condition", "a condition says no field or no comparison"))
				return
			}
			strict = strict && c.Field("strictMode").Text() != "false"
			list = append(list, one)
		}
		if len(list) > 0 {
			groups = append(groups, list)
		}
	}
	if len(groups) == 0 {
		if v.Kind() == item.Array {
			ignored(x)
			return
		}
		unknown(x)
		return
	}
	settings.raw("keep", groups)
	said(x, "keep")
	if !strict {
		x.Told(scheme.Inferred, x.Where, fault.New("intake.strict_mode", "strictMode false drops single lines; here the whole document is kept or dropped"))
	}
}

// explode turns beatFlat into one document for each line.
func (b *builder) explode(x *scheme.Extra, v item.Value, settings *object, said func(*scheme.Extra, string)) {
	var paths []string
	for p := range v.Elements() {
		if p.Text() != "" {
			paths = append(paths, p.Text())
		}
	}
	if v.Kind() == item.String && v.Text() != "" {
		paths = []string{v.Text()}
	}
	if len(paths) != 1 {
		if len(paths) == 0 && v.Kind() == item.Array {
			ignored(x)
			return
		}
		unread(x.Line, fault.New("intake.explode", "one list can be taken apart, and here are %d", len(paths)).Hinted("take the others apart with a flatten node"))
		return
	}
	one := &object{}
	one.text("path", paths[0])
	one.text("key", "{{line_no}}")
	one.text("prefix", paths[0]+"_")
	one.text("index", "line_no")
	settings.raw("explode", one)
	said(x, "explode")
	x.Why = fault.New("intake.line_key", "lines are told apart by their number; a field that stays when lines come and go is better")
	x.Fate = scheme.Inferred
}

// sweep turns omissionRemedy into a sweep.
func (b *builder) sweep(x *scheme.Extra, v item.Value, settings *object, said func(*scheme.Extra, string)) {
	one := &object{}
	one.text("schedule", v.Field("crontab").Text())
	params := []param{}
	for row := range v.Field("takeOverRequest").Elements() {
		if name := row.Field("field").Text(); name != "" {
			params = append(params, param{name, b.text(row.Field("value").Text(), sourceNode)})
		}
	}
	if len(params) > 0 {
		one.raw("params", params)
	}
	if len(one.members) == 0 {
		unknown(x)
		return
	}
	settings.raw("sweep", one)
	said(x, "sweep")
}

// targetExtras reads the settings of a target beside its fields.
func (b *builder) targetExtras(side *scheme.Side, settings, group *object) {
	for _, x := range side.Extras {
		v := item.Of(x.Value)
		switch x.Name {
		case "api", "type", "method", "name", "id", "number", "idCheck", "label", "platform", "system":
			ignored(x)
		case "operation":
			if rows := v.Field("rows").Text(); rows != "" && rows != "0" {
				settings.raw("rows", json.RawMessage(v.Field("rows").Raw()))
				x.Told(scheme.Understood, targetNode+".rows", nil)
				if v.Field("rows").Kind() != item.Number {
					settings.members = settings.members[:len(settings.members)-1]
					unknown(x)
				}
				continue
			}
			ignored(x)
		case "groupCalculate":
			b.groups(x, v, group)
		default:
			unknown(x)
		}
	}
}

// groups turns groupCalculate into a group node.
func (b *builder) groups(x *scheme.Extra, v item.Value, group *object) {
	if v.Kind() != item.Object {
		unknown(x)
		return
	}
	for _, name := range []string{"headerGroup", "bodyGroup"} {
		if kind := v.Field(name).Kind(); kind != item.Array && kind != item.None {
			unread(x.Line, fault.New("intake.group_member", "%s is no list of fields", name))
			return
		}
		var list []string
		for f := range v.Field(name).Elements() {
			list = append(list, f.Text())
		}
		if len(list) > 0 {
			group.raw(name, list)
		}
	}
	group.text("bodyName", v.Field("bodyName").Text())
	group.text("targetBodyName", v.Field("targetBodyName").Text())
	if most := v.Field("bodyMaxLine"); most.Kind() == item.Number {
		group.raw("bodyMaxLine", json.RawMessage(most.Raw()))
	}
	var calculate []*object
	for name, how := range v.Field("calculate").Fields() {
		one := &object{}
		one.text("field", name)
		one.text("function", how.Text())
		calculate = append(calculate, one)
	}
	if len(calculate) > 0 {
		group.raw("calculate", calculate)
	}
	x.Told(scheme.Understood, "group", nil)
}
