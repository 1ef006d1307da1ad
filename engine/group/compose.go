package group

import (
	"slices"
	"strconv"

	"github.com/karezflow/karez/sdk/item"
)

// Member is a document in a group with what it brings.
type Member struct {
	// Document and Rev name it; they mean nothing here.
	Document int64
	Rev      int
	Records  []Record
}

// Record is what a document brings at once.
type Record struct {
	// Body is a JSON object.
	Body []byte
	// Lines are the places of those lines of the body that belong to the bill; nil
	// means all of them.
	Lines []int
	// Uncounted says that another bill counts the fields around the lines.
	Uncounted bool
}

// Bill is a document that was composed.
type Bill struct {
	Body []byte
	// Members are those of the bill, each with the part that is in it.
	Members []Member
	// Lines tell of each line what it was made of.
	Lines [][]Origin
}

// Origin is one line of a record of a member.
type Origin struct {
	// Member, Record and Line are places in a bill's Members, in the member's Records
	// and in the list of lines of the record.
	Member, Record, Line int
}

// Compose makes one bill of members, in their order, or several where a bill has too
// many lines. What Check let pass never fails.
func (p *Program) Compose(members []Member) []Bill {
	lines := p.merged(members)
	size := len(lines)
	if p.BodyMaxLine > 0 && size > p.BodyMaxLine {
		size = p.BodyMaxLine
	}
	var bills []Bill
	for start := 0; start == 0 || start < len(lines); start += max(size, 1) {
		bills = append(bills, p.bill(members, lines, start, min(start+size, len(lines))))
	}
	return bills
}

// Recompose makes exactly one bill of members, however many lines it has.
func (p *Program) Recompose(members []Member) Bill {
	lines := p.merged(members)
	return p.bill(members, lines, 0, len(lines))
}

// line is a line of the bill: what it is made of, and the first of it.
type line struct {
	key     string
	origins []Origin
	values  []source
}

// source is a line with the record around it.
type source struct{ record, line item.Value }

// merged gives the lines of all members, those with equal values as one.
func (p *Program) merged(members []Member) []*line {
	var out []*line
	if p.list == "" {
		return nil
	}
	known := map[string]*line{}
	for m := range members {
		for r := range members[m].Records {
			record := members[m].Records[r]
			for at, s := range p.sources(record) {
				key, to := "", (*line)(nil)
				if len(p.BodyGroup) > 0 {
					key = p.lineKey(s)
					to = known[key]
				}
				if to == nil {
					to = &line{key: key}
					known[key] = to
					out = append(out, to)
				}
				to.origins = append(to.origins, Origin{m, r, at})
				to.values = append(to.values, s)
			}
		}
	}
	return out
}

// sources gives the lines of a record by their places in it.
func (p *Program) sources(r Record) func(yield func(int, source) bool) {
	return func(yield func(int, source) bool) {
		record := item.Of(r.Body)
		if p.BodyName == "" {
			if r.Lines == nil || slices.Contains(r.Lines, 0) {
				yield(0, source{record, record})
			}
			return
		}
		list := record.Path(p.BodyName)
		if list.Kind() == item.Object { // as everywhere, an object stands for its only line
			if r.Lines == nil || slices.Contains(r.Lines, 0) {
				yield(0, source{record, list})
			}
			return
		}
		at := 0
		for e := range list.Elements() {
			if (r.Lines == nil || slices.Contains(r.Lines, at)) && !yield(at, source{record, e}) {
				return
			}
			at++
		}
	}
}

// field reads a field of a line, or of the record around it.
func (p *Program) field(s source, name string) item.Value {
	path, ofLine := p.below(name)
	if v := s.line.Path(path); ofLine || v.Kind() != item.None {
		return v
	}
	return s.record.Path(name)
}

func (p *Program) lineKey(s source) string {
	var key []byte
	for _, name := range p.BodyGroup {
		key = strconv.AppendQuote(key, sameness(p.field(s, name)))
	}
	return string(key)
}

// bill composes the lines from start to end, which are all where there are none.
func (p *Program) bill(members []Member, all []*line, start, end int) Bill {
	lines := all[start:end]
	shared, to := p.share(members, all, start, end)
	b := Bill{Members: shared}
	out := object{}
	first := firstOf(members)
	for _, name := range p.HeaderGroup {
		out.add(name, first.Path(name).Raw())
	}
	for _, c := range p.header {
		out.add(c.into, c.of(c.inBill(shared, lines)))
	}
	if p.list != "" {
		list := []byte{'['}
		for i, l := range lines {
			if i > 0 {
				list = append(list, ',')
			}
			list = append(list, p.line(l)...)
		}
		out.add(p.list, append(list, ']'))
		b.Lines = origins(lines, to)
	}
	b.Body = out.close()
	return b
}

// inBill gives what a calculation of the header is made of: fields of the lines, or
// those of the records that count here.
func (c calculation) inBill(members []Member, lines []*line) []item.Value {
	var values []item.Value
	if c.ofLine {
		for _, l := range lines {
			for _, s := range l.values {
				values = append(values, s.line.Path(c.path))
			}
		}
		return values
	}
	for _, m := range members {
		for _, r := range m.Records {
			if !r.Uncounted {
				values = append(values, item.Of(r.Body).Path(c.path))
			}
		}
	}
	return values
}

func firstOf(members []Member) item.Value {
	for _, m := range members {
		for _, r := range m.Records {
			return item.Of(r.Body)
		}
	}
	return item.Value{}
}

// line gives one line of a bill.
func (p *Program) line(l *line) []byte {
	out := object{}
	first := l.values[0]
	made := map[string]bool{}
	for _, c := range p.lines {
		made[c.into] = true
	}
	switch {
	case len(p.BodyGroup) > 0:
		for _, name := range p.BodyGroup {
			path, _ := p.below(name)
			out.add(path, p.field(first, name).Raw())
		}
	case first.line.Kind() != item.Object:
		return slices.Clone(first.line.Raw())
	default:
		for name, v := range first.line.Fields() {
			inHeader := p.BodyName == "" && slices.Contains(p.HeaderGroup, name)
			if !made[name] && !inHeader {
				out.add(name, v.Raw())
			}
		}
	}
	for _, c := range p.lines {
		var values []item.Value
		for _, s := range l.values {
			from := s.record
			if c.ofLine {
				from = s.line
			}
			values = append(values, from.Path(c.path))
		}
		out.add(c.into, c.of(values))
	}
	return out.close()
}

// valuesIn gives what one record brings to a calculation, blanks left out.
func (p *Program) valuesIn(r Record, c calculation) []item.Value {
	var out []item.Value
	if !c.ofLine {
		out = append(out, item.Of(r.Body).Path(c.path))
	} else {
		for _, s := range p.sources(r) {
			out = append(out, s.line.Path(c.path))
		}
	}
	return slices.DeleteFunc(out, item.Value.Blank)
}

// place is a record of a member.
type place struct{ member, record int }

// share gives the parts of the members that are in the lines from start to end, and
// where their records are among them. The fields around a record's lines count in the
// bill with the first of them, those of a record without lines in the first bill.
func (p *Program) share(members []Member, all []*line, start, end int) ([]Member, map[place]place) {
	begins, here := places(all, start, end)
	whole := start == 0 && end == len(all)
	var out []Member
	to := map[place]place{}
	for m := range members {
		part := Member{Document: members[m].Document, Rev: members[m].Rev}
		for r, record := range members[m].Records {
			at := place{m, r}
			lines, begin := here[at], begins[at]
			counted := whole || begin >= start && begin < end
			if len(lines) == 0 && !counted {
				continue
			}
			if !whole {
				slices.Sort(lines)
				record.Lines = append([]int{}, lines...)
				record.Uncounted = record.Uncounted || !counted
			}
			to[at] = place{len(out), len(part.Records)}
			part.Records = append(part.Records, record)
		}
		if len(part.Records) > 0 {
			out = append(out, part)
		}
	}
	return out, to
}

// places gives with which line each record begins, and its lines from start to end.
func places(all []*line, start, end int) (begins map[place]int, here map[place][]int) {
	begins, here = map[place]int{}, map[place][]int{}
	for i, l := range all {
		for _, o := range l.origins {
			at := place{o.Member, o.Record}
			if _, known := begins[at]; !known {
				begins[at] = i
			}
			if i >= start && i < end {
				here[at] = append(here[at], o.Line)
			}
		}
	}
	return begins, here
}

// origins gives the places of lines' origins among the members of the bill.
func origins(lines []*line, to map[place]place) [][]Origin {
	out := make([][]Origin, len(lines))
	for i, l := range lines {
		for _, o := range l.origins {
			at := to[place{o.Member, o.Record}]
			out[i] = append(out[i], Origin{at.member, at.record, o.Line})
		}
	}
	return out
}
