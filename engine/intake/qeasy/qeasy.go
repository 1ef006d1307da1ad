// Package qeasy reads the metadata of schemes of 轻易云 as they stand in its JSON views: the
// source's, the target's or both (reference: the shapes of schemes published by its users).
//
// It may import engine/intake/scheme and the sdk's leaves only.
package qeasy

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/karezflow/karez/engine/intake/scheme"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// reader gathers the lines of a scheme.
type reader struct{ scheme *scheme.Scheme }

// Read reads a text. One that is no JSON is a scheme of one line that was not understood.
func Read(text []byte) *scheme.Scheme {
	r := &reader{&scheme.Scheme{}}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	if err := item.Check(text); err != nil {
		l := r.line("", string(text[:min(len(text), 200)]))
		l.Told(scheme.NotUnderstood, "", fault.From(err))
		return r.scheme
	}
	r.any("", item.Of(text), 0)
	if len(r.scheme.Lines) == 0 {
		r.line("", short(text)).Told(scheme.NotUnderstood, "", fault.New("intake.no_interface", "there is no interface in the text"))
	}
	return r.scheme
}

// line adds a line of the report.
func (r *reader) line(path, text string) *scheme.Line {
	l := &scheme.Line{Path: path, Text: strings.ToValidUTF8(text, "\ufffd"), Fate: scheme.Text}
	r.scheme.Lines = append(r.scheme.Lines, l)
	return l
}

func short(raw []byte) string {
	text := string(raw)
	if runes := []rune(text); len(runes) > 160 {
		return string(runes[:160]) + "…"
	}
	return text
}

// any looks for the metadata of interfaces: at the top, in a list, or as members.
func (r *reader) any(path string, v item.Value, depth int) {
	switch {
	case v.Kind() == item.Object && isInterface(v):
		r.side(path, v)
	case depth < 3 && v.Kind() == item.Array:
		n := 0
		for e := range v.Elements() {
			r.any(fmt.Sprintf("%s[%d]", path, n), e, depth+1)
			n++
		}
	case depth < 3 && v.Kind() == item.Object:
		for name, e := range v.Fields() {
			at := strings.TrimPrefix(path+"."+name, ".")
			switch {
			case e.Kind() == item.Object || e.Kind() == item.Array:
				r.any(at, e, depth+1)
			case depth == 0 && (name == "name" || name == "title") && e.Kind() == item.String:
				r.scheme.Title = e.Text()
				r.line(at, short(e.Raw()))
			default:
				r.line(at, short(e.Raw())).Told(scheme.NotUnderstood, "", fault.New("intake.unknown_setting", "there is nothing here that does what %s does", name))
			}
		}
	default:
		r.line(path, short(v.Raw())).Told(scheme.NotUnderstood, "", fault.New("intake.no_interface", "there is no interface in the text"))
	}
}

func isInterface(v item.Value) bool {
	return v.Field("api").Kind() == item.String || v.Field("request").Kind() == item.Array || v.Field("otherRequest").Kind() == item.Array
}

// side reads one interface.
func (r *reader) side(path string, v item.Value) {
	role := scheme.Source
	switch {
	case strings.EqualFold(v.Field("type").Text(), "EXECUTE"), v.Field("operation").Kind() == item.Object:
		role = scheme.Target
	case v.Field("type").Blank() && !r.scheme.Source.Empty():
		role = scheme.Target
	}
	side := r.scheme.Side(role)
	if !side.Empty() {
		r.line(path, short(v.Raw())).Told(scheme.NotUnderstood, "", fault.New("intake.third_interface", "a flow has one interface to read and one to write, and this is another").
			Hinted("import it for itself"))
		return
	}
	side.API = v.Field("api").Text()
	for _, name := range []string{"platform", "system"} {
		if side.System == "" {
			side.System = v.Field(name).Text()
		}
	}
	for name, e := range v.Fields() {
		at := strings.TrimPrefix(path+"."+name, ".")
		switch name {
		case "request", "otherRequest":
			side.Request = r.rows(side.Request, at, "", e, 0)
		case "response":
			side.Response = r.rows(side.Response, at, "", e, 0)
		default:
			side.Extras = append(side.Extras, &scheme.Extra{Line: r.told(at, e), Name: name, Value: e.Raw()})
		}
	}
}

func (r *reader) told(path string, v item.Value) *scheme.Line {
	l := r.line(path, short(v.Raw()))
	l.Fate = scheme.Understood
	return l
}

// deepest bounds how deep fields hold fields.
const deepest = 20

// rows reads a list of fields.
func (r *reader) rows(into []*scheme.Row, path, under string, list item.Value, depth int) []*scheme.Row {
	if list.Kind() != item.Array {
		if !list.Blank() {
			r.line(path, short(list.Raw())).Told(scheme.NotUnderstood, "", fault.New("intake.no_rows", "there is no list of fields"))
		}
		return into
	}
	n := 0
	for f := range list.Elements() {
		at := fmt.Sprintf("%s[%d]", path, n)
		n++
		name := f.Field("field")
		if f.Kind() != item.Object || name.Kind() != item.String || name.Text() == "" || depth > deepest {
			r.line(at, short(f.Raw())).Told(scheme.NotUnderstood, "", fault.New("intake.no_field", "%s is no name of a field", short(name.Raw())))
			continue
		}
		row := &scheme.Row{
			Line: r.told(at, f), Field: name.Text(), Title: f.Field("label").Text(), Type: f.Field("type").Text(),
			Value: text(f.Field("value")), Describe: f.Field("describe").Text(), Required: f.Field("is_required").Text() == "true",
		}
		if under != "" && !strings.HasPrefix(row.Field, under+".") {
			row.Field = under + "." + row.Field
		} else if parent := f.Field("parent").Text(); under == "" && parent != "" && !strings.Contains(row.Field, ".") {
			row.Field = parent + "." + row.Field
		}
		row.Parser = parserOf(f.Field("parser"))
		into = append(into, row)
		if children := f.Field("children"); children.Kind() == item.Array {
			into = r.rows(into, at+".children", row.Field, children, depth+1)
		}
	}
	return into
}

// text gives a value as it is typed in.
func text(v item.Value) string {
	if v.Blank() {
		return ""
	}
	if v.Kind() == item.String {
		return v.Text()
	}
	return string(v.Raw())
}

func parserOf(v item.Value) *scheme.Parser {
	name := v.Field("name").Text()
	if v.Kind() != item.Object || name == "" {
		return nil
	}
	p := &scheme.Parser{Name: name}
	switch params := v.Field("params"); params.Kind() {
	case item.String:
		p.Params = []string{params.Text()}
	case item.Array:
		for one := range params.Elements() {
			p.Params = append(p.Params, one.Text())
		}
	default:
		for _, name := range []string{"params1", "params2"} {
			if one := v.Field(name); one.Kind() == item.String {
				p.Params = append(p.Params, one.Text())
			}
		}
	}
	return p
}
