package table

import (
	"regexp"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/intake/scheme"
	"github.com/karezflow/karez/sdk/fault"
)

// columnWords are what columns are called, longer words before those that they begin with.
func columnWords() []struct {
	word string
	is   column
} {
	return []struct {
		word string
		is   column
	}{
		{"接口字段", name},
		{"参数名称", title},
		{"参数名", name},
		{"字段名称", title},
		{"字段名", title},
		{"字段描述", describe},
		{"字段类型", kind},
		{"字段", name},
		{"名称", title},
		{"标题", title},
		{"类型", kind},
		{"配置值", value},
		{"预设值", value},
		{"默认值", value},
		{"值", value},
		{"描述", describe},
		{"说明", describe},
		{"备注", describe},
		{"是否必填", required},
		{"必填", required},
		{"解析器", other},
		{"示例值", other},
		{"示例", other},
		{"field", name},
		{"name", title},
		{"label", title},
		{"type", kind},
		{"value", value},
		{"describe", describe},
		{"description", describe},
		{"required", required},
	}
}

// columnsOf gives the columns that cells name, nil where they are no heading.
func columnsOf(cells []string) []column {
	var columns []column
	for _, cell := range cells {
		at := slices.IndexFunc(columnWords(), func(w struct {
			word string
			is   column
		},
		) bool {
			return strings.EqualFold(w.word, cell)
		})
		if at < 0 {
			return nil
		}
		columns = append(columns, columnWords()[at].is)
	}
	if len(columns) < 2 || columns[0] != name || slices.Contains(columns[1:], name) {
		return nil
	}
	return columns
}

// words takes a heading apart whose columns nothing separates, nil where it is none.
func words(text string) (cells []string) {
	if len(text) > 100 {
		return nil
	}
	for text != "" {
		found := ""
		for _, w := range columnWords() {
			// The first column is never the title: 字段名称类型 is 字段, 名称, 类型.
			if (len(cells) == 0) == (w.is == name) && len(w.word) > len(found) && strings.HasPrefix(text, w.word) {
				found = w.word
			}
		}
		if found == "" {
			return nil
		}
		cells, text = append(cells, found), strings.TrimSpace(text[len(found):])
	}
	return cells
}

// split gives the cells of a row.
func split(text string) []string {
	sep := "|"
	if text = strings.ReplaceAll(text, "｜", "|"); !strings.Contains(text, "|") {
		sep = "\t"
	}
	if sep == "|" {
		text = strings.TrimPrefix(strings.TrimSpace(text), "|")
		text = strings.TrimSuffix(strings.TrimSpace(text), "|")
	}
	// A bar inside braces is a format, not a separator: {{LAST_SYNC_TIME|datetime}}.
	var cells []string
	start, depth := 0, 0
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "{{"):
			depth++
			i++
		case strings.HasPrefix(text[i:], "}}"):
			depth = max(0, depth-1)
			i++
		case depth == 0 && text[i] == sep[0]:
			cells, start = append(cells, text[start:i]), i+1
		}
	}
	cells = append(cells, text[start:])
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

// barred reads a row whose columns are separated.
func (r *reader) barred(l *scheme.Line, text string) {
	if strings.Trim(text, "|｜-: \t") == "" {
		outline(l, r.role())
		return
	}
	cells := split(text)
	if !path.MatchString(cells[0]) {
		l.Told(scheme.NotUnderstood, "", fault.New("intake.no_field", "%s is no name of a field", shortened(cells[0])))
		return
	}
	row := &scheme.Row{}
	for i, cell := range cells[:min(len(cells), len(r.columns))] {
		set(row, r.columns[i], cell)
	}
	if len(cells) > len(r.columns) && strings.Join(cells[len(r.columns):], "") != "" {
		l.Told(scheme.Inferred, "", fault.New("intake.more_cells", "the row has more cells than its heading; the last ones were left out"))
	}
	r.add(l, row)
}

func shortened(text string) string {
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return text
}

// Patterns of names and of values.
var (
	headings  = regexp.MustCompile(`^(?:[#*\s]*)(\S.{0,60}?)\s*(?:接口字段明细|接口明细|字段明细)\s*[:：]?[*\s]*$`)
	labels    = regexp.MustCompile(`^[-•·*\s]*(调用接口|接口名称|接口方法|接口地址|接口|方法|名称|(?i:API|NAME|METHOD))\s*[:：]\s*(.{1,200})$`)
	partNames = regexp.MustCompile(`^(?:[#*\s]*)(请求参数|响应参数|返回参数|请求字段|响应字段)[:：]?[*\s]*$`)
	placed    = regexp.MustCompile(`(源平台|源系统|目标平台|目标系统)(?:为|是)?\s*[:：]?`)
	technical = regexp.MustCompile(`^[\w./\-]+$`)
	ident     = regexp.MustCompile(`^[A-Za-z_]`)
	path      = regexp.MustCompile(`^[A-Za-z_][\w.\-]*$`)
	run       = regexp.MustCompile(`^[A-Za-z_][\w.]*`)
	types     = regexp.MustCompile(`(?i)(string|integer|int|float|double|decimal|number|boolean|bool|datetime|date|array|object|json|text)$`)
	typesIn   = regexp.MustCompile(`(string|integer|int|float|double|decimal|number|boolean|bool|datetime|date|array|object|json|text)`)
	constants = regexp.MustCompile(`(\{\{|_function |_findCollection |[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$)`)
	endings   = regexp.MustCompile(`(true|false|[A-Za-z0-9_.:\-]+)$`)
)

// glued reads a row whose columns nothing separates: first its field, by the fields that
// connectors declare, then its type from the end, then the value.
func (r *reader) glued(l *scheme.Line, text string) {
	if r.names == nil {
		side := r.side
		if side == nil {
			side = &scheme.Side{}
		}
		r.names = r.known.Dictionary(side)
	}
	field, sure := r.field(text)
	row := &scheme.Row{Field: field}
	rest := strings.TrimSpace(text[len(field):])
	ok, guessed := r.columnsOf(row, rest)
	if !ok {
		l.Told(scheme.NotUnderstood, "", fault.New("intake.not_split", "field, name and type of the row can't be told apart").
			Hinted("put bars between the columns"))
		return
	}
	if !sure || guessed {
		l.Told(scheme.Inferred, "", fault.New("intake.split_guessed", "no connector knows the field; the row was taken apart as %s · %s · %s",
			row.Field, row.Title, row.Type+row.Value))
	}
	r.add(l, row)
}

// The fields of what is written back, which schemes have on every system.
func writeback() []string {
	return []string{
		"primaryWriteback", "primaryWriteback.id", "primaryWriteback.number",
		"primaryWriteback.callBackStrategy", "primaryWriteback.callBackStrategy.strategyId",
	}
}

// field gives the field that a line begins with, and whether that is certain.
func (r *reader) field(text string) (string, bool) {
	whole := run.FindString(text)
	ends := func(name, rest string) bool { return len(name) == len(whole) }
	if name := r.names.Longest(text, ends); name != "" {
		return name, true
	}
	titled := func(name, rest string) bool {
		title := r.names.Titled(name, rest)
		return title != "" && (len(title) == len(rest) || !lower(title[len(title)-1]) || !lower(rest[len(title)]) || known(rest[len(title):]))
	}
	best := r.names.Longest(text, titled)
	for _, name := range writeback() {
		if len(name) <= len(best) || !strings.HasPrefix(text, name) {
			continue
		}
		if rest := text[len(name):]; len(name) == len(whole) || titled(name, rest) {
			best = name
		}
	}
	if best != "" {
		return best, true
	}
	if strings.HasPrefix(whole, "primaryWriteback.") {
		return whole, true // the members of a callback have any names
	}
	inside := func(_, rest string) bool { return !strings.ContainsAny(rest[:1], "_.0123456789") }
	if name := r.names.Longest(text[:len(whole)], inside); name != "" {
		return name, r.names.Near(name)
	}
	return strings.TrimRight(whole, "."), false
}

// known reports whether what follows a title is a type or a value.
func known(rest string) bool {
	at := typesIn.FindStringIndex(rest)
	return at != nil && at[0] == 0 || constants.MatchString(rest) || rest == "true" || rest == "false"
}

func lower(c byte) bool { return c >= 'a' && c <= 'z' }

// columnsOf reads what follows the field by the columns of the table. It is guessed where
// a name and a value meet that nothing tells apart.
func (r *reader) columnsOf(row *scheme.Row, rest string) (ok, guessed bool) {
	typed := -1
	for i, c := range r.columns {
		if c == kind {
			typed = i
		}
	}
	if typed < 0 {
		return true, r.valued(row, rest)
	}
	at := types.FindStringIndex(rest)
	if typed < len(r.columns)-1 {
		// The name may hold the word itself, so it is looked for behind the name that is known.
		from := len(r.names.Titled(row.Field, rest))
		if at = typesIn.FindStringIndex(rest[from:]); at != nil {
			at = []int{at[0] + from, at[1] + from}
		}
	}
	if at == nil {
		return false, false
	}
	row.Title, row.Type = strings.TrimSpace(rest[:at[0]]), rest[at[0]:at[1]]
	last := strings.TrimSpace(rest[at[1]:])
	if typed+1 < len(r.columns) {
		set(row, r.columns[typed+1], last)
	}
	return true, false
}

// valued takes a name and a value apart.
func (r *reader) valued(row *scheme.Row, rest string) (guessed bool) {
	if title := r.names.Titled(row.Field, rest); title != "" {
		if after := rest[len(title):]; after == "" || after[0] < 0x80 {
			row.Title, row.Value = title, strings.TrimSpace(after)
			return false
		}
	}
	if at := constants.FindStringIndex(rest); at != nil {
		row.Title, row.Value = strings.TrimSpace(rest[:at[0]]), rest[at[0]:]
		return false
	}
	if at := endings.FindStringIndex(rest); at != nil && at[0] > 0 {
		row.Title, row.Value = rest[:at[0]], rest[at[0]:]
		return row.Value != "true" && row.Value != "false"
	}
	row.Title = rest
	return false
}

func set(row *scheme.Row, c column, text string) {
	switch c {
	case name:
		row.Field = text
	case title:
		row.Title = text
	case kind:
		row.Type = text
	case value:
		row.Value = text
	case describe:
		row.Describe = text
	case required:
		row.Required = text == "是" || strings.EqualFold(text, "true") || text == "1" || text == "Y"
	case other:
	}
}
