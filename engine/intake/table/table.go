// Package table reads the field tables of interfaces as they stand in articles: with bars,
// with tabs, or with nothing between the columns.
//
// It may import engine/intake/catalog, engine/intake/scheme and sdk/fault only.
package table

import (
	"strings"

	"github.com/karezflow/karez/engine/intake/catalog"
	"github.com/karezflow/karez/engine/intake/scheme"
	"github.com/karezflow/karez/sdk/fault"
)

// column is what stands in a column of a table.
type column string

const (
	name     column = "field"
	title    column = "title"
	kind     column = "type"
	value    column = "value"
	describe column = "describe"
	required column = "required"
	other    column = "other"
)

// form is how the columns of a table are told apart.
type form int

const (
	none form = iota
	barred
	glued
)

// reader walks over the lines.
type reader struct {
	known  catalog.Catalogue
	scheme *scheme.Scheme
	// sides counts the interfaces that were begun. side is nil before the first, and when
	// there were more than two.
	sides int
	side  *scheme.Side
	// response tells which part of the interface rows belong to; parted that a line said so.
	response, parted bool
	// form and columns are those of the table that is open.
	form    form
	columns []column
	names   *catalog.Dictionary
	// passing are the systems that sentences named.
	passing map[scheme.Role]string
}

// Read reads a text. Every line of it is in the scheme's lines, in order.
func Read(text string, known catalog.Catalogue) *scheme.Scheme {
	r := &reader{known: known, scheme: &scheme.Scheme{}, passing: map[scheme.Role]string{}}
	text = strings.TrimPrefix(text, "\ufeff")
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		l := &scheme.Line{Line: n + 1, Text: line, Fate: scheme.Text}
		r.scheme.Lines = append(r.scheme.Lines, l)
		r.line(l, strings.Trim(line, " \t\u3000\u00a0"))
	}
	for _, role := range []scheme.Role{scheme.Source, scheme.Target} {
		if side := r.scheme.Side(role); side.System == "" && r.passing[role] != "" {
			side.System, side.Open = r.passing[role], true
		}
	}
	return r.scheme
}

func outline(l *scheme.Line, where string) { l.Told(scheme.Outline, where, nil) }

// line reads one line.
func (r *reader) line(l *scheme.Line, text string) {
	if text == "" {
		if r.form == glued {
			r.form = none
		}
		return
	}
	if r.heading(l, text) || r.part(l, text) || r.header(l, text) {
		return
	}
	switch r.form {
	case barred:
		if strings.ContainsAny(text, "|｜\t") {
			r.barred(l, text)
			return
		}
	case glued:
		if ident.MatchString(text) {
			r.glued(l, text)
			return
		}
	case none:
	}
	if r.form = none; r.label(l, text) {
		return
	}
	if strings.Count(text, "|") > 1 {
		l.Told(scheme.NotUnderstood, "", fault.New("intake.no_header", "the row stands below no heading that names its columns").
			Hinted("copy the table with its heading"))
		return
	}
	r.sentence(text)
}

// begin opens the next interface.
func (r *reader) begin() {
	r.sides++
	r.form, r.response, r.parted, r.names = none, false, false, nil
	switch r.sides {
	case 1:
		r.side = &r.scheme.Source
	case 2:
		r.side = &r.scheme.Target
	default:
		r.side = nil
	}
}

func (r *reader) role() string {
	switch r.sides {
	case 1:
		return string(scheme.Source)
	case 2:
		return string(scheme.Target)
	}
	return ""
}

func (r *reader) heading(l *scheme.Line, text string) bool {
	m := headings.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	r.begin()
	if r.side != nil {
		r.side.System = strings.TrimSpace(m[1])
	}
	outline(l, r.role())
	return true
}

func (r *reader) label(l *scheme.Line, text string) bool {
	m := labels.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	word, said := strings.ToLower(m[1]), strings.TrimSpace(m[2])
	isAPI := word == "调用接口" || word == "接口" || word == "api" || word == "接口地址"
	if r.sides == 0 && (!isAPI || !technical.MatchString(said)) {
		return false
	}
	if isAPI && (r.side == nil && r.sides == 0 || r.side != nil && (r.side.API != "" || len(r.side.Request)+len(r.side.Response) > 0)) {
		r.begin()
	}
	if r.side != nil {
		switch {
		case isAPI:
			r.side.API = said
		case word == "接口名称" || word == "name" || word == "名称":
			r.side.Name = said
		}
	}
	outline(l, r.role())
	return true
}

func (r *reader) part(l *scheme.Line, text string) bool {
	m := partNames.FindStringSubmatch(text)
	if m == nil || r.sides == 0 {
		return false
	}
	r.response, r.parted, r.form = strings.HasPrefix(m[1], "响应") || strings.HasPrefix(m[1], "返回"), true, none
	outline(l, r.role())
	return true
}

// header opens a table where a line names its columns.
func (r *reader) header(l *scheme.Line, text string) bool {
	var cells []string
	how := barred
	if strings.ContainsAny(text, "|｜\t") {
		cells = split(text)
	} else {
		how, cells = glued, words(text)
	}
	columns := columnsOf(cells)
	if columns == nil {
		return false
	}
	if !r.parted && (r.side == nil || len(r.side.Request)+len(r.side.Response) > 0 || r.sides == 0) {
		// A table that nothing announces: what is read comes first, then what is written.
		r.begin()
		r.response = r.sides == 1
	}
	r.form, r.columns = how, columns
	outline(l, r.role())
	return true
}

// sentence looks for the systems that a sentence names by their place.
func (r *reader) sentence(text string) {
	for _, m := range placed.FindAllStringSubmatchIndex(text, -1) {
		role := scheme.Target
		if strings.Contains(text[m[2]:m[3]], "源") {
			role = scheme.Source
		}
		if system := r.known.Starts(strings.TrimLeft(text[m[1]:], " ")); system != "" && r.passing[role] == "" {
			r.passing[role] = system
		}
	}
}

// add puts a row where it belongs.
func (r *reader) add(l *scheme.Line, row *scheme.Row) {
	if r.side == nil {
		l.Told(scheme.NotUnderstood, "", fault.New("intake.third_interface", "a flow has one interface to read and one to write, and this is another").
			Hinted("import it for itself"))
		return
	}
	row.Line = l
	if l.Fate == scheme.Text {
		l.Fate = scheme.Understood
	}
	if r.response {
		r.side.Response = append(r.side.Response, row)
	} else {
		r.side.Request = append(r.side.Request, row)
	}
}
