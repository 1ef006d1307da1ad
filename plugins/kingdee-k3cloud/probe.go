package main

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/internal/bill"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Probe implements connector.Prober. The key of a bill is its number: one query
// asks for all of them, over the header and the compared fields of the lines,
// and the flat rows are put together to one object a bill. Further pages are
// fetched when the lines are more than a page.
func (s *session) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	params, err := object(req.Params, "the parameters of the write")
	if err != nil {
		return nil, err
	}
	p, err := newProbe(params.FieldFold("FormId").Text(), req)
	if err != nil {
		return nil, err
	}
	for {
		a, err := s.call(ctx, "ExecuteBillQuery", p.query.Body())
		if err != nil {
			return nil, err
		}
		if a.status.found {
			return nil, a.status.fault()
		}
		count, err := p.take(a.root)
		if err != nil {
			return nil, err
		}
		// A short page of a round length may have been cut by the server.
		if count == 0 || count < p.query.Limit && count%100 != 0 {
			return p.found(req.Keys), nil
		}
		p.query.Start += count
	}
}

// probe is a look-up on its way.
type probe struct {
	known bill.Form
	query *bill.Query
	// paths are the compared paths, each with the column it is read from.
	paths []probePath
	bills []*probed
}

// probePath is one compared path of a mapped row.
type probePath struct {
	// list is the member that holds lines; "" for the header.
	list   string
	parts  []string
	column int
	date   bool
}

// probed is one bill put together.
type probed struct {
	id, number string
	head       *tree
	lines      map[string][]*tree
}

func newProbe(formID string, req connector.ProbeRequest) (*probe, error) {
	if formID == "" {
		return nil, fault.New("k3cloud.param_required", "the look-up needs FormId, the business object to read").At("FormId").Classed(fault.Config)
	}
	if len(req.Keys) == 0 || slices.Contains(req.Keys, "") {
		return nil, fault.New("k3cloud.key_blank", "a bill without a number cannot be looked up").Classed(fault.Data)
	}
	known := bill.FormOf(formID)
	id := cmp.Or(known.Key, known.Number)
	p := &probe{known: known, query: &bill.Query{
		Form: formID, Limit: bill.MostRows, Order: id + " ASC", Columns: []bill.Column{{Key: id, Name: id}, {Key: known.Number, Name: known.Number}},
		Filter: item.AppendText(nil, bill.In(known.Number, slices.Compact(slices.Sorted(slices.Values(req.Keys))))),
	}}
	entry := ""
	for _, path := range req.Compare {
		list, err := p.add(path)
		if err != nil {
			return nil, err
		}
		if list != "" && entry != "" && list != entry {
			return nil, fault.New("k3cloud.compare_invalid", "one look-up reads the lines of one list, not of %s and %s", entry, list).
				At(path).Classed(fault.Config)
		}
		entry = cmp.Or(entry, list)
	}
	if entry != "" {
		key := entry + "_FEntryID"
		p.query.Columns = append(p.query.Columns, bill.Column{Key: key, Name: key})
		p.query.Order += "," + key + " ASC"
	}
	return p, nil
}

// add selects the field that a compared path names: FRetcustId.FNumber as it
// is, FEntity.FRealQty without the list it is in.
func (p *probe) add(path string) (list string, err error) {
	parts := strings.Split(path, ".")
	key := path
	var prefix []string
	if lines, holds := p.known.Container(parts[0]); holds && len(parts) > 1 {
		key = strings.Join(parts[1:], ".")
		if lines {
			list, parts = parts[0], parts[1:]
		} else {
			prefix = parts[:1]
		}
	}
	if !bill.IsKey(key) {
		return "", fault.New("k3cloud.compare_invalid", "%q is not the path of a field", path).At(path).Classed(fault.Config)
	}
	at := slices.IndexFunc(p.query.Columns, func(c bill.Column) bool { return strings.EqualFold(c.Key, key) })
	if at < 0 {
		at = len(p.query.Columns)
		p.query.Columns = append(p.query.Columns, bill.Column{Key: key, Name: key})
	}
	isDate := slices.ContainsFunc(p.known.Dates, func(d string) bool { return strings.EqualFold(d, key) })
	p.paths = append(p.paths, probePath{list, append(prefix, parts[len(prefix):]...), at, isDate})
	return list, nil
}

// take adds the rows of one page and counts them.
func (p *probe) take(answer item.Value) (int, error) {
	count := 0
	if answer.Kind() != item.Array {
		return 0, unexpected("the answer to the look-up is not a list of rows")
	}
	for row := range answer.Elements() {
		if row.Kind() == item.Null {
			continue
		}
		count++
		values := slices.Collect(row.Elements())
		if len(values) != len(p.query.Columns) {
			return 0, unexpected("row %d has %d values for %d selected fields", count, len(values), len(p.query.Columns))
		}
		p.takeRow(values)
	}
	return count, nil
}

func (p *probe) takeRow(values []item.Value) {
	id := values[0].Text()
	at := slices.IndexFunc(p.bills, func(b *probed) bool { return b.id == id })
	if at < 0 {
		at = len(p.bills)
		p.bills = append(p.bills, &probed{id: id, number: values[1].Text(), head: &tree{}, lines: map[string][]*tree{}})
		for _, path := range p.paths {
			if path.list == "" {
				p.bills[at].head.put(path.parts, path.value(values))
			}
		}
	}
	line, list := &tree{}, ""
	for _, path := range p.paths {
		if path.list != "" {
			line.put(path.parts, path.value(values))
			list = path.list
		}
	}
	// A bill without lines comes as one row without a line's id, the last column.
	if list != "" && !values[len(values)-1].Blank() {
		p.bills[at].lines[list] = append(p.bills[at].lines[list], line)
	}
}

// value reads the column; a date without time loses the midnight that the server adds.
func (p probePath) value(values []item.Value) []byte {
	v := values[p.column]
	if day, clock, ok := strings.Cut(v.Text(), "T"); p.date && ok && strings.Trim(clock, "0:.") == "" {
		return item.AppendText(nil, day)
	}
	return v.Raw()
}

// found answers the keys in their order. A number that differs in case only is
// the same number to most databases, so it counts as found.
func (p *probe) found(keys []string) []connector.Found {
	out := make([]connector.Found, len(keys))
	for i, key := range keys {
		at := slices.IndexFunc(p.bills, func(b *probed) bool { return b.number == key })
		if at < 0 {
			at = slices.IndexFunc(p.bills, func(b *probed) bool {
				return strings.EqualFold(strings.TrimRight(b.number, " "), strings.TrimRight(key, " "))
			})
		}
		if at < 0 {
			continue
		}
		b := p.bills[at]
		for list, lines := range b.lines {
			b.head.list(list, lines)
		}
		out[i] = connector.Found{Exists: true, ID: b.id, Number: b.number, Object: b.head.append(nil)}
		if p.known.Key == "" {
			out[i].ID = ""
		}
	}
	return out
}

// tree is a JSON object under construction, in the order in which it was put together.
type tree struct {
	names  []string
	values []*tree
	// raw is the value of a leaf.
	raw []byte
}

func (t *tree) child(name string) *tree {
	if at := slices.Index(t.names, name); at >= 0 {
		return t.values[at]
	}
	c := &tree{}
	t.names, t.values = append(t.names, name), append(t.values, c)
	return c
}

func (t *tree) put(parts []string, raw []byte) {
	for _, name := range parts {
		t = t.child(name)
	}
	t.raw = raw
}

func (t *tree) list(name string, elements []*tree) {
	raw := []byte{'['}
	for i, e := range elements {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = e.append(raw)
	}
	t.child(name).raw = append(raw, ']')
}

func (t *tree) append(dst []byte) []byte {
	if t.raw != nil {
		return append(dst, t.raw...)
	}
	dst = append(dst, '{')
	for i, name := range t.names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = t.values[i].append(append(item.AppendText(dst, name), ':'))
	}
	return append(dst, '}')
}
