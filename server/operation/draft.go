package operation

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/plan/derived"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/spreadsheet"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/catalog"
)

// What a draft may be made of.
const (
	MaxSample = 1 << 20
	MaxFile   = 4 << 20
	maxFields = 5000
	// maxDepth is how deep the fields of a sample are followed.
	maxDepth = 8
)

// Draft is what an operation could be; nothing is saved.
type Draft struct {
	Name string
	Body derived.Operation
}

// Sampled gives the fields of a JSON sample: an object, or a list of rows of which each
// may have others. Types are those of the values. It is "operation.sample_unreadable"
// where there is no object in it.
func Sampled(sample []byte) ([]field.Field, error) {
	unreadable := func() error {
		return fault.New("operation.sample_unreadable", "the sample is no JSON object or list of objects").At("sample").Classed(fault.Data).
			Hinted("paste one document, or the list of rows that the system answers")
	}
	if len(sample) > MaxSample || !json.Valid(sample) {
		return nil, unreadable()
	}
	root := item.Of(bytes.TrimSpace(sample))
	var fields []field.Field
	switch root.Kind() {
	case item.Object:
		fields = members(nil, root, 1)
	case item.Array:
		fields = elements(root, 1)
	default:
		return nil, unreadable()
	}
	if len(fields) == 0 {
		return nil, unreadable()
	}
	return fields, nil
}

func elements(list item.Value, depth int) (fields []field.Field) {
	for e := range list.Elements() {
		if e.Kind() == item.Object {
			fields = members(fields, e, depth)
		}
	}
	return fields
}

// members adds the fields of an object to those of the objects before it.
func members(fields []field.Field, object item.Value, depth int) []field.Field {
	for name, v := range object.Fields() {
		found := field.Field{Name: name, Title: field.Text{ZH: name}, Type: typeOf(v)}
		at := slices.IndexFunc(fields, func(f field.Field) bool { return f.Name == name })
		if at < 0 {
			fields = append(fields, found)
			at = len(fields) - 1
		}
		f := &fields[at]
		if v.Kind() != item.Null {
			f.Type = wider(f.Type, found.Type)
		}
		if depth >= maxDepth {
			continue
		}
		switch v.Kind() {
		case item.Object:
			f.Children = members(f.Children, v, depth+1)
		case item.Array:
			for e := range v.Elements() {
				if e.Kind() == item.Object {
					f.Children = members(f.Children, e, depth+1)
				}
			}
		default:
		}
		if f.Type != field.Array && f.Type != field.Object {
			f.Children = nil
		}
	}
	return fields
}

// wider gives the type that values of both have. A null's is open.
func wider(a, b field.Type) field.Type {
	switch {
	case a == "" || a == b:
		return b
	case b == "":
		return a
	case a == field.Int && b == field.Decimal, a == field.Decimal && b == field.Int:
		return field.Decimal
	default:
		return field.String
	}
}

func typeOf(v item.Value) field.Type {
	switch v.Kind() {
	case item.Object:
		return field.Object
	case item.Array:
		return field.Array
	case item.Bool:
		return field.Bool
	case item.Number:
		if strings.ContainsAny(string(v.Raw()), ".eE") {
			return field.Decimal
		}
		return field.Int
	case item.Null:
		return ""
	default:
		return field.String
	}
}

// FromSample makes a draft of a sample of what is sent, or of what is answered.
func (s *Service) FromSample(ctx context.Context, name string, body derived.Operation, sample []byte, request bool) (Draft, error) {
	if _, err := access.Here(ctx, access.Edit); err != nil {
		return Draft{}, err
	}
	fields, err := Sampled(sample)
	if err != nil {
		return Draft{}, err
	}
	if request {
		body.Request = fields
	} else {
		body.Response = fields
	}
	return Draft{name, body}, nil
}

// FromForm makes a draft of what a system tells of a form, see discovery. Fields that the
// operation has on every form are left to it.
func FromForm(connector, operation, parameter string, base catalog.Fields, form catalog.Form) Draft {
	return Draft{operation + "#" + form.ID, derived.Operation{
		Connector: connector, Title: form.Title, Params: []derived.Param{{Field: parameter, Value: form.ID}},
		Request: own(form.Request, base.Request), Response: own(form.Response, base.Response),
		Key: form.Key, Number: form.Number, Modified: form.Modified,
	}}
}

func own(fields, base []catalog.Field) (out []field.Field) {
	for _, f := range fields {
		if !slices.ContainsFunc(base, func(b catalog.Field) bool { return b.Name == f.Name }) {
			out = append(out, fieldOf(f))
		}
	}
	return out
}

func fieldOf(f catalog.Field) field.Field {
	out := field.Field{
		Name: f.Name, Title: f.Title, Describe: f.Describe, Type: f.Type, Required: f.Required, Group: f.Group, Default: f.Default,
		Parser: f.Parser, Format: f.Format, BaseData: f.BaseData, Enum: f.Enum,
	}
	if f.Path != f.Name {
		out.Path = f.Path
	}
	for _, c := range f.Children {
		out.Children = append(out.Children, fieldOf(c))
	}
	return out
}

// columns are those of a file of fields.
func columns() []string {
	return []string{"operation", "is_request", "name", "field", "parent", "default", "type", "is_required", "parser", "describe"}
}

// FromFile makes drafts of a sheet of fields, one for each operation in it, in its order.
// A row without an operation belongs to the one above. form gives a base's form parameter,
// "" for none: it is fixed to the default of its row, or else to what stands behind the # of
// the name. It fails with "sheet.…", "operation.columns_missing", or at the first row that
// can't be taken, "operation.row".
func (s *Service) FromFile(ctx context.Context, connector string, form func(base string) string, file []byte, sheet string) ([]Draft, error) {
	if _, err := access.Here(ctx, access.Edit); err != nil {
		return nil, err
	}
	if len(file) > MaxFile {
		return nil, fault.New("operation.file_too_large", "the file is larger than %d MiB", MaxFile>>20).Classed(fault.Data)
	}
	r, err := spreadsheet.Open(bytes.NewReader(file), int64(len(file)), spreadsheet.Options{
		Sheet: sheet, Limits: spreadsheet.Limits{Bytes: 16 * MaxFile, Rows: maxFields + 1, Cells: 40 * maxFields},
	})
	if err != nil {
		return nil, err
	}
	t := table{connector: connector, formOf: form}
	for row, err := range r.Rows() {
		if err == nil {
			err = t.take(row)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(t.drafts) == 0 {
		return nil, columnsMissing()
	}
	return t.drafts, nil
}

func columnsMissing() error {
	return fault.New("operation.columns_missing", "the first row does not name the columns, or there is no row below").Classed(fault.Data).
		Hinted("the columns are %s", strings.Join(columns(), ", "))
}

// table gathers the rows of a sheet.
type table struct {
	connector string
	formOf    func(base string) string
	at        map[string]int
	drafts    []Draft
	// form is the form parameter of the last draft.
	form string
}

func (t *table) take(row spreadsheet.Row) error {
	if t.at == nil {
		return t.headings(row.Cells)
	}
	cell := func(column string) string {
		if i, ok := t.at[column]; ok && i < len(row.Cells) {
			return strings.TrimSpace(row.Cells[i])
		}
		return ""
	}
	if cell("field") == "" && cell("operation") == "" {
		return nil
	}
	f, wrong := described(cell)
	if wrong == "" {
		wrong = t.begin(cell("operation"))
	}
	if wrong == "" {
		wrong = t.put(f, truth(cell("is_request")), cell("parent"))
	}
	if wrong != "" {
		return fault.New("operation.row", "row %d: %s", row.No, wrong).At(fmt.Sprintf("rows[%d]", row.No)).Classed(fault.Data)
	}
	return nil
}

// headings finds the columns.
func (t *table) headings(cells []string) error {
	t.at = map[string]int{}
	for i, text := range cells {
		t.at[strings.ToLower(strings.TrimSpace(text))] = i
	}
	for _, needed := range []string{"operation", "field"} {
		if _, ok := t.at[needed]; !ok {
			return columnsMissing()
		}
	}
	return nil
}

// described gives the field of a row, or what is wrong with it.
func described(cell func(string) string) (f field.Field, wrong string) {
	f = field.Field{Name: cell("field"), Title: field.Text{ZH: cell("name")}, Default: cell("default"), Required: truth(cell("is_required")), Describe: field.Text{ZH: cell("describe")}}
	if f.Name == "" {
		return f, "field is empty"
	}
	if f.Title.ZH == "" {
		f.Title.ZH = f.Name
	}
	var known bool
	if f.Type, known = typeNamed(cell("type")); !known {
		return f, "there is no type " + cell("type")
	}
	if f.Parser, known = parserOf(cell("parser")); !known {
		return f, "the parser is no name with its parameters"
	}
	return f, ""
}

// begin starts the draft of an operation where its first row comes; "" goes on with the last.
func (t *table) begin(name string) (wrong string) {
	last := len(t.drafts) - 1
	switch {
	case name == "" && last < 0:
		return "operation is empty"
	case name == "" || last >= 0 && t.drafts[last].Name == name:
		return ""
	case slices.ContainsFunc(t.drafts, func(d Draft) bool { return d.Name == name }):
		return name + " stands in two places"
	}
	body := derived.Operation{Connector: t.connector}
	base, of, _ := derived.Split(name)
	if t.form = t.formOf(base); t.form != "" && of != "" {
		body.Params = []derived.Param{{Field: t.form, Value: of}}
	}
	t.drafts = append(t.drafts, Draft{name, body})
	return ""
}

// put adds a field to the last draft.
func (t *table) put(f field.Field, request bool, parent string) (wrong string) {
	o := &t.drafts[len(t.drafts)-1].Body
	if request && len(o.Params) > 0 && f.Name == t.form {
		o.Params[0].Value = cmp.Or(f.Default, o.Params[0].Value)
		return ""
	}
	into := &o.Response
	if request {
		into = &o.Request
	}
	if parent != "" {
		above := field.Find(*into, parent)
		if above == nil {
			return "there is no field " + parent + " above"
		}
		if above.Type != field.Array && above.Type != field.Object {
			above.Type = field.Array
		}
		into = &above.Children
	}
	*into = append(*into, f)
	return ""
}

func truth(text string) bool {
	return slices.Contains([]string{"1", "true", "yes", "y", "是"}, strings.ToLower(text))
}

// typeNamed reads a type, also by the names that other tools give it.
func typeNamed(text string) (field.Type, bool) {
	switch t := strings.ToLower(text); t {
	case "":
		return "", true // as the base declares it
	case "string", "text", "varchar":
		return field.String, true
	case "int", "integer", "long":
		return field.Int, true
	case "decimal", "float", "double", "number":
		return field.Decimal, true
	case "bool", "boolean":
		return field.Bool, true
	case "date", "datetime", "array", "object", "json":
		return field.Type(t), true
	default:
		return "", false
	}
}

// parserOf reads a parser: JSON as a manifest has it, or its name with parameters behind a
// colon, for example ConvertObjectParser:FNumber.
func parserOf(text string) (*field.Parser, bool) {
	if text == "" {
		return nil, true
	}
	p := &field.Parser{}
	if strings.HasPrefix(text, "{") {
		return p, json.Unmarshal([]byte(text), p) == nil && p.Name != ""
	}
	name, params, given := strings.Cut(text, ":")
	if p.Name = name; given {
		p.Params = strings.Split(params, ",")
	}
	return p, name != ""
}
