package jsttable

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// MaxWindow is the documented longest time range of most queries.
const MaxWindow = 7 * 24 * time.Hour

// Page is one answer, with all records it was cut from.
type Page struct {
	Rows, All []*Record
	// ByWindow says that a range of time was asked for.
	ByWindow      bool
	number, size  int64
	counted, next bool
	bare          bool
}

// Select answers a query of records. most, where it is above zero, is the platform's largest
// page. versionAlone lets a row version select rows without a window or numbers.
func (kind Listing) Select(p *Params, records []*Record, most int64, versionAlone bool) (*Page, *Refusal) {
	if most > 0 {
		kind.maxSize, kind.defaultSize = min(kind.maxSize, most), min(kind.defaultSize, most)
	}
	number, no := p.Int("page_index", 1)
	size, no2 := p.Int("page_size", kind.defaultSize)
	switch {
	case no != nil || no2 != nil:
		return nil, cmp.Or(no, no2)
	case number < 1:
		return nil, Refuse(Invalid, "page_index 从 1 开始")
	case size < 1 || size > kind.maxSize:
		return nil, Refuse(Invalid, "page_size 应在 1 到 "+Digits(kind.maxSize)+" 之间")
	}
	s := &selection{kind: &kind, selected: kind.whole}
	if no := s.read(p, versionAlone); no != nil {
		return nil, no
	}
	var all []*Record
	for _, r := range records {
		if s.keeps(r) {
			all = append(all, r)
		}
	}
	order := ByModified
	if s.byVersion {
		order = func(a, b *Record) int { return cmp.Compare(a.Version, b.Version) }
	}
	slices.SortFunc(all, order)
	first := min((number-1)*size, int64(len(all)))
	last := min(first+size, int64(len(all)))
	return &Page{
		Rows: all[first:last], All: all, number: number, size: size, next: last < int64(len(all)),
		counted: p.Text("is_get_total") != "false", bare: kind.bare, ByWindow: s.byWindow,
	}, nil
}

// selection is what rows are asked for: a window, numbers or a row version, and further conditions.
type selection struct {
	kind       *Listing
	conditions []func(*Record) bool
	selected   bool
	byWindow   bool
	byVersion  bool
}

func (s *selection) keeps(r *Record) bool {
	return !slices.ContainsFunc(s.conditions, func(holds func(*Record) bool) bool { return !holds(r) })
}

func (s *selection) add(condition func(*Record) bool) { s.conditions = append(s.conditions, condition) }

func (s *selection) read(p *Params, versionAlone bool) *Refusal {
	byNumber, no := s.numbers(p)
	if no == nil {
		no = s.version(p, versionAlone)
	}
	if no == nil {
		no = s.window(p, byNumber)
	}
	switch {
	case no != nil:
		return no
	case !s.selected:
		return Refuse(Missing, "修改时间与单号不能同时为空")
	}
	for name, of := range s.kind.equal {
		if want := p.Text(name); p.Has(name) {
			s.add(func(r *Record) bool { return of(r) == want })
		}
	}
	return s.statuses(p)
}

// numbers reads the parameters that hold several values.
func (s *selection) numbers(p *Params) (byNumber bool, no *Refusal) {
	for name, n := range s.kind.numbers {
		values, no := p.Texts(name, n)
		if no != nil {
			return false, no
		}
		if values != nil {
			byNumber = byNumber || !n.besides
			s.add(func(r *Record) bool { return slices.Contains(values, n.of(r)) })
		}
	}
	s.selected = s.selected || byNumber
	return byNumber, nil
}

func (s *selection) version(p *Params, versionAlone bool) *Refusal {
	name := cmp.Or(s.kind.version, "start_ts")
	if !p.Has(name) {
		return nil
	}
	version, no := p.Int(name, 0)
	if no != nil {
		return no
	}
	s.selected, s.byVersion = s.selected || versionAlone, true
	s.add(func(r *Record) bool { return r.Version >= version })
	return nil
}

// statuses keeps what a query leaves out that names no status, and reads several of them.
func (s *selection) statuses(p *Params) *Refusal {
	if s.kind.usual == "" {
		return nil
	}
	wanted, no := p.Texts("statuss", numbers{max: 20})
	if no != nil {
		return no
	}
	if wanted == nil {
		wanted = []string{s.kind.usual}
	}
	s.add(func(r *Record) bool { return slices.Contains(wanted, r.Status) })
	return nil
}

// window reads both ends, which belong to it.
func (s *selection) window(p *Params, byNumber bool) *Refusal {
	if !p.Has("modified_begin") && !p.Has("modified_end") {
		return nil
	}
	if !p.Has("modified_begin") || !p.Has("modified_end") {
		return Refuse(Missing, "modified_begin 与 modified_end 必须同时传入")
	}
	from, err := time.ParseInLocation(time.DateTime, p.Text("modified_begin"), Shanghai())
	to, err2 := time.ParseInLocation(time.DateTime, p.Text("modified_end"), Shanghai())
	longest := cmp.Or(s.kind.longest, MaxWindow)
	switch {
	case err != nil || err2 != nil:
		return Refuse(Value, "时间格式应为 yyyy-MM-dd HH:mm:ss")
	case to.Before(from):
		return Refuse(Invalid, "modified_end 不能早于 modified_begin")
	case to.Sub(from) > longest && (!byNumber || longest == MaxWindow):
		return Refuse(Invalid, "修改时间间隔不能超过 "+strconv.Itoa(int(longest/(24*time.Hour)))+" 天")
	}
	of := s.kind.times[p.Text(cmp.Or(s.kind.date, "date_type"))]
	s.selected, s.byWindow = true, true
	s.add(func(r *Record) bool {
		at := r.Modified
		if of != "" {
			at = r.Dates[of]
		}
		return !at.Before(from) && !at.After(to)
	})
	return nil
}

// Members writes the page's members, its rows under list, without braces around them.
func (p *Page) Members(list string) []byte {
	w := &Writer{}
	w.Open()
	w.Int("page_index", p.number)
	w.Int("page_size", p.size)
	total, pages := int64(len(p.All)), (int64(len(p.All))+p.size-1)/p.size
	if !p.counted {
		total, pages = 0, 0 // not meaningful then, says the vendor
	}
	if !p.bare {
		w.Int("data_count", total)
		w.Int("page_count", pages)
	}
	w.Bool("has_next", p.next)
	w.List(list)
	for i, r := range p.Rows {
		if i > 0 {
			w.Buf = append(w.Buf, ',')
		}
		w.Buf = append(w.Buf, r.Raw...)
	}
	w.Close(']')
	w.Close('}')
	return w.Buf[1 : len(w.Buf)-1]
}
