package bill

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// MostRows is what the public documents allow a query to give.
const MostRows = 2000

// Column is one selected field: its key for the server and its name in the rows.
type Column struct{ Key, Name string }

// Query is one ExecuteBillQuery.
type Query struct {
	Form    string
	Columns []Column
	// Filter is the JSON of FilterString.
	Filter     []byte
	Order      string
	Top        int
	Start      int
	Limit      int
	subSystem  string
	subPresent bool
}

// Read reads the parameters. Members that are no parameter of the server
// are the selection: the name of the row's field, and as the value the key to
// select. A stable order is asked for where the flow asks for none, because the
// server has none of its own and pages would overlap.
func Read(params item.Value, page connector.PageRef) (*Query, error) {
	q := &Query{Form: params.FieldFold("FormId").Text()}
	if q.Form == "" {
		return nil, fault.New("k3cloud.param_required", "the query needs FormId, the business object to read").At("FormId").Classed(fault.Config)
	}
	known := FormOf(q.Form)
	if err := q.selectColumns(params, known); err != nil {
		return nil, err
	}
	for name, number := range map[string]*int{"TopRowCount": &q.Top, "StartRow": &q.Start, "Limit": &q.Limit} {
		v := strings.TrimSpace(params.FieldFold(name).Text())
		if v == "" {
			continue
		}
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return nil, fault.New("k3cloud.param_invalid", "%s must be a whole number, not %s", name, v).At(name).Classed(fault.Config)
		}
		*number = n
	}
	if params.FieldFold("StartRow").Blank() {
		q.Start = page.Offset
	}
	q.Limit = cmp.Or(q.Limit, page.Size, MostRows)
	sub := params.FieldFold("SubSystemId")
	q.subSystem, q.subPresent = sub.Text(), !sub.Blank()
	q.Order = q.finish(known, params.FieldFold("EntryKey").Text(), params.FieldFold("OrderString").Text())
	q.Filter = readFilter(params, known)
	return q, nil
}

// readFilter gives FilterString, or the selection by numbers in its place:
// documents that a person asks for by number come whatever their time is.
func readFilter(params item.Value, known Form) []byte {
	if numbers := Texts(params.FieldFold("Numbers")); len(numbers) > 0 {
		return item.AppendText(nil, In(cmp.Or(params.FieldFold("NumberField").Text(), known.Number), numbers))
	}
	filter := params.FieldFold("FilterString")
	if filter.Kind() == item.Array || filter.Kind() == item.String {
		return filter.Raw()
	}
	return []byte(`""`)
}

// In is a condition on texts, safe whatever is in them.
func In(key string, texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = "'" + strings.ReplaceAll(t, "'", "''") + "'"
	}
	return key + " IN (" + strings.Join(quoted, ",") + ")"
}

func (q *Query) selectColumns(params item.Value, known Form) error {
	chosen := params.FieldFold("Select")
	if chosen.Kind() == item.String && item.Check([]byte(chosen.Text())) == nil {
		chosen = item.Of([]byte(chosen.Text()))
	}
	for e := range chosen.Elements() {
		if err := q.add(e.Field("key").Text(), e.Field("field").Text(), "Select"); err != nil {
			return err
		}
	}
	for name, v := range params.Fields() {
		if isParam(name) || v.Blank() {
			continue
		}
		if err := q.add(v.Text(), name, name); err != nil {
			return err
		}
	}
	for _, key := range Texts(params.FieldFold("FieldKeys")) {
		if !q.selects(key) {
			if err := q.add(key, "", "FieldKeys"); err != nil {
				return err
			}
		}
	}
	if len(q.Columns) == 0 {
		return fault.New("k3cloud.nothing_selected", "the query of %s selects no field", q.Form).At("FieldKeys").Classed(fault.Config).
			Hinted("add a parameter for each field, its value the field's key, for example FSaleOrgId_FNumber = FSaleOrgId.FNumber")
	}
	if known.Key != "" && !q.selects(known.Key) {
		q.Columns = append(q.Columns, Column{known.Key, known.Key})
	}
	return nil
}

func (q *Query) selects(key string) bool {
	return slices.ContainsFunc(q.Columns, func(c Column) bool { return strings.EqualFold(c.Key, key) })
}

// add selects a key under a name; without one, dots of the key become underscores.
func (q *Query) add(key, name, path string) error {
	key = strings.TrimSpace(key)
	if !IsKey(key) {
		return fault.New("k3cloud.param_invalid", "%q is not the key of a field", key).At(path).Classed(fault.Config).
			Hinted("a parameter that is none of the query's own selects a field: its value is a key such as FBillNo or FCustomerID.FNumber")
	}
	name = cmp.Or(name, strings.ReplaceAll(key, ".", "_"))
	if slices.ContainsFunc(q.Columns, func(c Column) bool { return c.Name == name }) {
		return fault.New("k3cloud.param_invalid", "two selected fields are named %s", name).At(path).Classed(fault.Config)
	}
	q.Columns = append(q.Columns, Column{key, name})
	return nil
}

// finish selects the key of the lines where lines are read, and gives the order.
func (q *Query) finish(known Form, entryKey, order string) string {
	if entryKey == "" && slices.ContainsFunc(q.Columns, func(c Column) bool { return known.OfLine(c.Key) }) {
		entryKey = known.entry + "_FEntryID"
	}
	if entryKey != "" && !q.selects(entryKey) {
		q.Columns = append(q.Columns, Column{entryKey, strings.ReplaceAll(entryKey, ".", "_")})
	}
	switch {
	case order != "":
		return order
	case known.Key == "":
		return known.Number + " ASC"
	case entryKey != "":
		return known.Key + " ASC," + entryKey + " ASC"
	default:
		return known.Key + " ASC"
	}
}

// Body gives the request.
func (q *Query) Body() []byte {
	keys := make([]string, len(q.Columns))
	for i, c := range q.Columns {
		keys[i] = c.Key
	}
	body := item.AppendText([]byte(`{"data":{"FormId":`), q.Form)
	body = item.AppendText(append(body, `,"FieldKeys":`...), strings.Join(keys, ","))
	body = append(append(body, `,"FilterString":`...), q.Filter...)
	body = item.AppendText(append(body, `,"OrderString":`...), q.Order)
	body = strconv.AppendInt(append(body, `,"TopRowCount":`...), int64(q.Top), 10)
	body = strconv.AppendInt(append(body, `,"StartRow":`...), int64(q.Start), 10)
	body = strconv.AppendInt(append(body, `,"Limit":`...), int64(q.Limit), 10)
	if q.subPresent {
		body = item.AppendText(append(body, `,"SubSystemId":`...), q.subSystem)
	}
	return append(body, `}}`...)
}

// isParam tells the query's own parameters from selected fields.
func isParam(name string) bool {
	return slices.ContainsFunc([]string{
		"FormId", "FieldKeys", "FilterString", "OrderString", "TopRowCount", "StartRow", "Limit", "SubSystemId",
		"Select", "Numbers", "NumberField", "EntryKey",
	}, func(p string) bool { return strings.EqualFold(p, name) })
}

// IsKey reports whether a text is the key of a field, such as FCustomerID.FNumber.
func IsKey(key string) bool {
	ok, err := regexp.MatchString(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`, key)
	return ok && err == nil
}

// Texts reads a list that comes as an array or as a text with commas.
func Texts(v item.Value) []string {
	var parts []string
	switch v.Kind() {
	case item.Array:
		for e := range v.Elements() {
			parts = append(parts, strings.TrimSpace(e.Text()))
		}
	case item.String, item.Number:
		for p := range strings.SplitSeq(v.Text(), ",") {
			parts = append(parts, strings.TrimSpace(p))
		}
	case item.None, item.Null, item.Bool, item.Object:
	}
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" })
}
