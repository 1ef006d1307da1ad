package draft

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/intake/catalog"
	"github.com/karezflow/karez/engine/intake/scheme"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// param is a row of a node's parameters.
type param struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

// known is a field of documents that no operation declares.
type known struct {
	Field  string `json:"field"`
	Type   string `json:"type,omitempty"`
	Title  string `json:"title,omitempty"`
	Origin string `json:"origin,omitempty"`
}

// The node that reads, and the ones before it.
const (
	sourceNode = "source"
	targetNode = "target"
	mapNode    = "bill"
	markNode   = "mark"
)

// source makes the nodes that read.
func (b *builder) source() {
	side := &b.scheme.Source
	choice, ok := b.choose(side, scheme.Source, b.answers.Source)
	i, found := b.known.Get(choice)
	switch {
	case ok && found:
		b.query(side, i.With(i.FormOf(side)))
	case ok && choice.Operation == catalog.Inlet:
		b.inlet(side)
	default:
		b.lost(side)
	}
}

// lost tells of every row of a side that its operation is not known.
func (b *builder) lost(side *scheme.Side) {
	for _, row := range append(side.Request, side.Response...) {
		unread(row.Line, fault.New("intake.no_operation", "which operation the row belongs to is not known").
			Hinted("install the connector of the system, or choose the operation"))
	}
	for _, x := range side.Extras {
		unread(x.Line, fault.New("intake.no_operation", "which operation the row belongs to is not known").
			Hinted("install the connector of the system, or choose the operation"))
	}
}

// inlet makes the node that takes what another flow hands over.
func (b *builder) inlet(side *scheme.Side) {
	b.titles[0] = side.System
	for _, row := range side.Request {
		if row.Value == "" {
			row.Told(scheme.Understood, "", nil)
			continue
		}
		unread(row.Line, fault.New("intake.inlet_parameter", "documents of another flow are handed over, so that there is nothing to ask for"))
	}
	settings := &object{}
	fields := b.fields(side, nil, nil, sourceNode)
	b.extras(side, settings, nil)
	if len(fields) > 0 {
		settings.raw("fields", fields)
	}
	b.node(flow.Node{ID: sourceNode, Type: "inlet"}, settings, "")
}

// query makes window, pages and the source itself.
func (b *builder) query(side *scheme.Side, i catalog.Interface) {
	op := i.Operation
	b.titles[0] = i.Manifest.Title.ZH + strings.TrimSpace(op.Title.ZH)
	if i.Form != nil {
		b.titles[0] = i.Manifest.Title.ZH + i.Form.Title.ZH
	}
	q := &query{builder: b, Interface: i, pages: &object{}, selected: map[string]bool{}, start: b.answers.StartFrom}
	for _, row := range side.Request {
		q.param(row)
	}
	settings := &object{}
	settings.text("operation", op.Name)
	key, number, modified := op.Key, op.Number, op.Modified
	if i.Form != nil {
		key, number, modified = or(i.Form.Key, key), or(i.Form.Number, number), or(i.Form.Modified, modified)
	}
	extras := &object{}
	taken := b.extras(side, extras, q)
	if !taken["key"] {
		settings.text("key", key)
	}
	if !taken["number"] {
		settings.text("number", number)
	}
	settings.text("modified", modified)
	settings.text("startFrom", q.start)
	settings.members = append(settings.members, extras.members...)
	if len(q.params) > 0 {
		settings.raw("params", q.params)
	}
	if fields := b.fields(side, i.Response(), q, sourceNode); len(fields) > 0 {
		settings.raw("fields", fields)
	}
	if op.Window != nil {
		b.node(flow.Node{ID: "span", Type: "window"}, &object{}, "")
		b.out.Slots = append(b.out.Slots, Slot{Kind: StartSlot, Key: sourceNode, Node: sourceNode, Filled: q.start != ""})
	}
	if op.Paging != nil && op.Paging.Strategy != manifest.Unpaged {
		b.node(flow.Node{ID: "pages", Type: "paginate"}, q.pages, "")
	}
	name := b.connect(scheme.Source, sourceNode, i.Manifest)
	b.node(flow.Node{ID: sourceNode, Type: "source", Title: titleOf(i), Connection: name}, settings, "")
}

func titleOf(i catalog.Interface) string {
	if i.Form != nil {
		return i.Form.Title.ZH
	}
	return i.Operation.Title.ZH
}

func or(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

// query gathers what the rows of a request say.
type query struct {
	*builder
	catalog.Interface

	pages    *object
	params   []param
	selected map[string]bool
	start    string
}

// bareField is a path and nothing else.
var bareField = regexp.MustCompile(`^[A-Za-z_][\w.]*$`)

const sourceParams = sourceNode + ".params."

// param puts a row of the request where it belongs.
func (q *query) param(row *scheme.Row) {
	op, field := q.Operation, row.Field
	entry, found := locate(q.Request(), field)
	if found {
		field = entry.Path
	}
	if row.Value == "" {
		row.Told(scheme.Understood, "", nil)
		if !found && !op.Selects {
			row.Told(scheme.NotUnderstood, "", fault.New("intake.unknown_parameter", "the operation has no parameter %s", row.Field))
		}
		return
	}
	value := q.text(row.Value, sourceNode)
	if q.paged(row, field, value) || q.windowed(row, field, value) {
		return
	}
	if q.start == "" {
		q.start = q.answers.StartFrom
	}
	q.params = append(q.params, param{field, value})
	switch {
	case found:
		row.Told(scheme.Understood, sourceParams+field, nil)
	case op.Selects && bareField.MatchString(value):
		q.selected[row.Field] = true
		row.Told(scheme.Understood, sourceParams+field, nil)
	case op.Named:
		row.Told(scheme.Understood, sourceParams+field, nil)
	default:
		row.Told(scheme.Inferred, sourceParams+field, fault.New("intake.unknown_kept", "the connector does not declare the field %s; it was kept", field))
	}
}

// paged takes constants of pages into the node that pages.
func (q *query) paged(row *scheme.Row, field, value string) bool {
	p := q.Operation.Paging
	if p == nil || strings.Contains(value, "{{") {
		return false
	}
	switch field {
	case p.Size:
		size, err := strconv.Atoi(value)
		if err != nil || size < 1 {
			unread(row.Line, fault.New("intake.not_a_number", "%s is no number of rows", value))
			return true
		}
		if p.MaxSize > 0 && size > p.MaxSize {
			q.pages.raw("pageSize", p.MaxSize)
			row.Told(scheme.Understood, "pages.pageSize", fault.New("intake.page_too_large", "the interface takes at most %d rows a page, so it is not %d", p.MaxSize, size))
			return true
		}
		q.pages.raw("pageSize", size)
		row.Told(scheme.Understood, "pages.pageSize", fault.New("intake.page_size", "the constant became the page size of the paginate node"))
		return true
	case p.Number, p.Offset, p.Token:
		row.Told(scheme.Understood, "pages", fault.New("intake.page_number", "the constant page %s was left out: the paginate node counts the pages", value))
		return true
	}
	return false
}

// windowed turns constants of the time range into what moves on.
func (q *query) windowed(row *scheme.Row, field, value string) bool {
	w := q.Operation.Window
	if w == nil || strings.Contains(value, "{{") || field != w.From && field != w.To || field == "" {
		return false
	}
	variable := "WINDOW_END"
	if field == w.From {
		variable = "LAST_SYNC_TIME"
		if at, ok := moment(value); ok && q.start == "" {
			q.start = at
		}
	}
	moving := "{{" + variable + "|" + or(w.Format, "datetime") + "}}"
	q.params = append(q.params, param{field, moving})
	why := fault.New("intake.window_end", "the constant %s would stop the flow there; it became the end of each window", value)
	if field == w.From {
		why = fault.New("intake.window_start", "the constant %s became the start of the first pull", value)
	}
	row.Told(scheme.Understood, sourceParams+field, why)
	return true
}

func moment(text string) (string, bool) {
	for _, layout := range []string{time.DateTime, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Format(time.DateTime), true
		}
	}
	return "", false
}

// fields tells of the rows of an answer, and gives those that no connector declares.
func (b *builder) fields(side *scheme.Side, declared []catalog.Entry, q *query, node string) []known {
	var list []known
	seen := map[string]bool{}
	for _, row := range side.Response {
		if seen[row.Field] {
			row.Told(scheme.Understood, "", fault.New("intake.repeated", "%s stands in the table before", row.Field))
			continue
		}
		seen[row.Field] = true
		auto := strings.Contains(row.Describe+row.Value, "_autoFillResponse")
		entry, found := exactly(declared, row.Field)
		if q != nil && q.Operation.Selects {
			switch {
			case q.selected[row.Field]:
				row.Told(scheme.Understood, node, nil)
			case found:
				row.Told(scheme.Understood, node, fault.New("intake.not_selected", "the query has no row that selects %s; add one to use it", row.Field))
			default:
				unread(row.Line, fault.New("intake.not_selected", "the query has no row that selects %s; add one to use it", row.Field))
			}
			continue
		}
		one := known{Field: row.Field, Type: typeOf(row.Type), Title: row.Title, Origin: "manual"}
		if auto {
			one.Origin = "auto"
		}
		switch {
		case found && !auto:
			row.Told(scheme.Understood, node, nil)
		case found:
			one.Type, one.Title = or(string(entry.Field.Type), one.Type), or(entry.Field.Title.ZH, one.Title)
			list = append(list, one)
			row.Told(scheme.Understood, node+".fields."+row.Field, nil)
		case declared == nil || auto:
			list = append(list, one)
			row.Told(scheme.Understood, node+".fields."+row.Field, nil)
		default:
			list = append(list, one)
			row.Told(scheme.Inferred, node+".fields."+row.Field, fault.New("intake.unknown_kept", "the connector does not declare the field %s; it was kept", row.Field))
		}
	}
	return list
}

// typeOf brings a type as it was written into one that fields have.
func typeOf(written string) string {
	switch strings.ToLower(written) {
	case "int", "integer", "long":
		return "int"
	case "float", "double", "decimal", "number":
		return "decimal"
	case "bool", "boolean":
		return "bool"
	case "array", "object", "json", "date", "datetime":
		return strings.ToLower(written)
	}
	return "string"
}

func exactly(entries []catalog.Entry, path string) (catalog.Entry, bool) {
	for _, e := range entries {
		if e.Path == path {
			return e, true
		}
	}
	return catalog.Entry{}, false
}

// locate finds a field that may have been written at another path: the one whose end is
// the longest end of what was written.
func locate(entries []catalog.Entry, path string) (catalog.Entry, bool) {
	for at := path; ; {
		var found []catalog.Entry
		for _, e := range entries {
			if e.Path == at {
				return e, true
			}
			if strings.EqualFold(e.Path, at) || at != path && strings.HasSuffix(e.Path, "."+at) {
				found = append(found, e)
			}
		}
		if len(found) == 1 {
			return found[0], true
		}
		_, rest, more := strings.Cut(at, ".")
		if !more {
			return catalog.Entry{}, false
		}
		at = rest
	}
}
