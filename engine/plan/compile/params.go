package compile

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// row is a {field, value} pair of a params setting.
type row struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

// param gives the text of a request parameter, "" where it is missing.
func (n *nodeAt) param(name string) string {
	for _, r := range n.rows() {
		if name != "" && r.Field == name {
			return r.Value
		}
	}
	return ""
}

func (n *nodeAt) rows() []row {
	var rows []row
	_ = json.Unmarshal(n.setting("params").Raw(), &rows) // its form is checked by CompileParams
	return rows
}

// requestParams compiles the request: the flow's rows, and the manifest's window
// and page parameters where the flow gives none.
func (n *nodeAt) requestParams(s *plan.Source, op *manifest.Operation, zone *time.Location) {
	raw := n.setting("params").Raw()
	if len(raw) == 0 {
		raw = []byte("[]")
	}
	var missing [][]byte
	endUsed := op.Window == nil
	for _, auto := range automatic(op) {
		at := slices.IndexFunc(n.rows(), func(r row) bool { return r.Field == auto.Field })
		if at < 0 {
			missing = append(missing, auto.line())
			endUsed = endUsed || strings.Contains(auto.Value, "WINDOW_END")
			continue
		}
		program, err := value.Compile(n.rows()[at].Value, value.Options{Zone: zone})
		if err == nil && program.Constant() {
			n.report(fault.New("source.param_constant", "%s carries the window or the page and can't be a constant", auto.Field).
				At(pathIn("params", at)+".value").Classed(fault.Config).Hinted("write %s, or remove the row", auto.Value))
		}
	}
	for _, r := range n.rows() {
		endUsed = endUsed || strings.Contains(r.Value, "WINDOW_END") || strings.Contains(r.Value, "CURRENT_TIME")
	}
	if s.Page.Strategy == manifest.ByKeyset && op.Paging.Strategy != manifest.ByKeyset && !slices.ContainsFunc(n.rows(), func(r row) bool { return strings.Contains(r.Value, "PAGINATION_TOKEN") }) {
		n.report(fault.New("paging.token_unused", "pages follow each other by a key, and no parameter says where the next one begins").At("params").Classed(fault.Config).
			Hinted("let a row ask for what lies behind {{PAGINATION_TOKEN}}, ordered by %s", s.Page.KeyField))
	}
	if !endUsed {
		n.report(fault.New(warnNoWindowEnd, "no parameter uses WINDOW_END, so every window reads up to now").At("params").Classed(fault.Config))
	}
	opts := value.Options{Zone: zone, Path: "params", Finder: Finder{n.compiler}, Miss: value.MissFails}
	all := appendRows(raw, missing)
	params, faults := value.CompileParams(all, op.Request, opts)
	n.report(n.unselected(op, faults)...)
	n.lacking(params, op.Request)
	s.Requests.Page = params
	if op.ByNumber != nil {
		// Its rows are some of those above: what is wrong with them is reported.
		s.Requests.ByNumbers, _ = value.CompileParams(selectedRows(all, op), op.Request, opts)
	}
}

// parameters compiles what a transform asks with: the rows, and where it names a query
// operation the declared parameters and those of the operation's first page.
func (n *nodeAt) parameters(rows item.Value, opts value.Options) parameters {
	raw := rows.Raw()
	if rows.Blank() {
		raw = []byte("[]")
	}
	p := parameters{scopes: n.scopes}
	var declared []field.Field
	var asked *manifest.Operation
	if n.node.Connection != "" {
		m, op := n.operation(manifest.Query)
		if op == nil {
			return p
		}
		opts.Zone = zoneOf(m.TimeZone, n.doc.Spec.Settings.Timezone)
		declared, asked = op.Request, op
		if op.Paging != nil {
			p.page = value.System{PageSize: op.Paging.DefaultSize, StartPage: op.Paging.First}
			raw = n.withAutomatic(raw, &manifest.Operation{Paging: op.Paging})
		}
	}
	var faults []*fault.Fault
	p.program, faults = value.CompileParams(raw, declared, opts)
	n.report(n.unselected(asked, faults)...)
	n.lacking(p.program, declared)
	return p
}

// unselected leaves out of the faults of parameters that a row is not declared where the
// row selects a field, its value being a field's key, or gives a value by name.
func (n *nodeAt) unselected(op *manifest.Operation, faults []*fault.Fault) []*fault.Fault {
	if op == nil || !op.Selects && !op.Named {
		return faults
	}
	rows := n.rows()
	return slices.DeleteFunc(faults, func(f *fault.Fault) bool {
		at := slices.IndexFunc(rows, func(r row) bool { return r.Field == f.Args["field"] })
		return f.Code == "mapping.unknown_field" && at >= 0 && (op.Named || fieldKey(rows[at].Value))
	})
}

// fieldKey reports whether a text is the key of a field, which may stand below another.
func fieldKey(text string) bool {
	for part := range strings.SplitSeq(text, ".") {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			return false
		}
	}
	return true
}

// withAutomatic puts behind the rows those of the operation's window and page that the flow does not write.
func (n *nodeAt) withAutomatic(raw []byte, op *manifest.Operation) []byte {
	var missing [][]byte
	for _, auto := range automatic(op) {
		if !slices.ContainsFunc(n.rows(), func(r row) bool { return r.Field == auto.Field }) {
			missing = append(missing, auto.line())
		}
	}
	return appendRows(raw, missing)
}

// line gives the row as a JSON object.
func (r row) line() []byte {
	line := item.AppendText([]byte(`{"field":`), r.Field)
	return append(item.AppendText(append(line, `,"value":`...), r.Value), '}')
}

// lacking reports required parameters that nothing gives.
func (n *nodeAt) lacking(params *value.Params, declared []field.Field) {
	for _, name := range params.Missing() {
		title := name
		if f := field.Find(declared, name); f != nil && f.Title.ZH != "" {
			title = f.Title.ZH
		}
		n.report(fault.New("param.required_missing", "%s (%s) is required but not given", title, name).At("params").Classed(fault.Config).
			Hinted("add a row for %s to the request parameters", name).Arg("field", name))
	}
}

// automatic gives the rows a source has unless the flow writes its own.
func automatic(op *manifest.Operation) []row {
	var rows []row
	add := func(name, text string) {
		if name != "" {
			rows = append(rows, row{name, text})
		}
	}
	if w := op.Window; w != nil {
		bar := ""
		if w.Format != "" {
			bar = "|" + w.Format
		}
		add(w.From, "{{LAST_SYNC_TIME"+bar+"}}")
		add(w.To, "{{WINDOW_END"+bar+"}}")
	}
	if p := op.Paging; p != nil {
		add(p.Number, "{{PAGINATION_START_PAGE}}")
		add(p.Offset, "{{PAGINATION_START_ROW}}")
		add(p.Size, "{{PAGINATION_PAGE_SIZE}}")
		add(p.Token, "{{PAGINATION_TOKEN}}")
	}
	return rows
}

// appendRows puts rows behind those of a JSON list.
func appendRows(list []byte, rows [][]byte) []byte {
	out := []byte{'['}
	add := func(raw []byte) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, raw...)
	}
	for e := range item.Of(list).Elements() {
		add(e.Raw())
	}
	for _, r := range rows {
		add(r)
	}
	return append(out, ']')
}

// selectedRows gives the rows of a request by numbers. The rows that carry the
// window would leave out documents that a person asks for, and the numbers come later.
func selectedRows(rows []byte, op *manifest.Operation) []byte {
	var kept [][]byte
	for e := range item.Of(rows).Elements() {
		name, text := e.Field("field").Text(), e.Field("value").Text()
		window := op.Window != nil && (name == op.Window.From || name == op.Window.To) ||
			strings.Contains(text, "LAST_SYNC_TIME") || strings.Contains(text, "WINDOW_END")
		if !window && name != op.ByNumber.Param {
			kept = append(kept, e.Raw())
		}
	}
	return appendRows(nil, kept)
}
