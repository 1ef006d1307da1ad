package sandbox

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxWindow is the documented longest time range of a query.
const maxWindow = 7 * 24 * time.Hour

// bizParams are the business parameters of a call. The vendor takes a number
// written as a text (assumed: its services are known to convert), unknown
// parameters are ignored.
type bizParams struct{ fields map[string]any }

func parseBiz(text string) (*bizParams, *refusal) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	p := &bizParams{}
	if err := decoder.Decode(&p.fields); err != nil || p.fields == nil || decoder.More() {
		return nil, refuse(wrongValue, "biz 不是有效的 JSON 对象")
	}
	return p, nil
}

func (p *bizParams) has(name string) bool {
	switch value := p.fields[name].(type) {
	case nil:
		return false
	case string:
		return value != ""
	case []any:
		return len(value) > 0
	default:
		return true
	}
}

func (p *bizParams) text(name string) string {
	switch value := p.fields[name].(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	case bool:
		return strconv.FormatBool(value)
	default:
		return ""
	}
}

func (p *bizParams) int(name string, otherwise int64) (int64, *refusal) {
	if !p.has(name) {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(p.text(name), 10, 64)
	if err != nil {
		return 0, refuse(wrongValue, name+" 应为整数")
	}
	return n, nil
}

// texts gives a list parameter of at most limit elements.
func (p *bizParams) texts(name string, limit int) ([]string, *refusal) {
	if !p.has(name) {
		return nil, nil
	}
	list, ok := p.fields[name].([]any)
	if !ok {
		return nil, refuse(wrongValue, name+" 应为数组")
	}
	if len(list) > limit {
		return nil, refuse(invalidParam, name+" 最多 "+strconv.Itoa(limit)+" 个")
	}
	texts := make([]string, len(list))
	for i, e := range list {
		one := bizParams{fields: map[string]any{"": e}}
		texts[i] = one.text("")
	}
	return texts, nil
}

// listing is what two queries differ in.
type listing struct {
	// list is the member that holds the rows.
	list                 string
	defaultSize, maxSize int64
	// ids are the parameters that select by number, maxIDs the most numbers of a
	// parameter, numbers what they are compared with.
	ids     []string
	maxIDs  map[string]int
	numbers map[string]func(*record) string
	// equal are the parameters that must equal a field.
	equal map[string]func(*record) string
}

func (v *Vendor) queryRefunds(p *bizParams) ([]byte, *refusal) {
	kind := listing{
		list: "datas", defaultSize: 30, maxSize: 50,
		ids:    []string{"so_ids", "o_ids", "as_ids"},
		maxIDs: map[string]int{"so_ids": 50, "o_ids": 50, "as_ids": 50, "shop_buyer_ids": 50},
		numbers: map[string]func(*record) string{
			"so_ids": onlineID, "o_ids": orderID, "as_ids": recordID, "shop_buyer_ids": func(r *record) string { return r.buyer },
		},
		equal: map[string]func(*record) string{
			"shop_id": shopID, "status": status, "good_status": func(r *record) string { return r.goodStatus },
			"type": func(r *record) string { return r.afterSaleType },
		},
	}
	page, no := v.page(p, kind, v.refundRecords())
	if no != nil {
		return nil, no
	}
	if page.byWindow && len(page.rows) > 0 {
		v.churnAfter(page)
	}
	return page.render(kind.list), nil
}

func (v *Vendor) queryOrders(p *bizParams) ([]byte, *refusal) {
	kind := listing{
		list: "orders", defaultSize: 30, maxSize: 100,
		ids:     []string{"so_ids", "o_ids"},
		maxIDs:  map[string]int{"so_ids": 20, "o_ids": 50},
		numbers: map[string]func(*record) string{"so_ids": onlineID, "o_ids": orderID},
		equal:   map[string]func(*record) string{"shop_id": shopID, "status": status},
	}
	page, no := v.page(p, kind, v.orders)
	if no != nil {
		return nil, no
	}
	return page.render(kind.list), nil
}

func onlineID(r *record) string { return r.onlineID }
func orderID(r *record) string  { return strconv.FormatInt(r.orderID, 10) }
func recordID(r *record) string { return strconv.FormatInt(r.id, 10) }
func shopID(r *record) string   { return strconv.FormatInt(r.shopID, 10) }
func status(r *record) string   { return r.status }

// page is one answer, with all rows it was cut from.
type page struct {
	rows, all     []*record
	number, size  int64
	counted, next bool
	byWindow      bool
}

func (v *Vendor) page(p *bizParams, kind listing, from []*record) (*page, *refusal) {
	number, no := p.int("page_index", 1)
	size, no2 := p.int("page_size", kind.defaultSize)
	switch {
	case no != nil || no2 != nil:
		return nil, cmp.Or(no, no2)
	case number < 1:
		return nil, refuse(invalidParam, "page_index 从 1 开始")
	case size < 1 || size > kind.maxSize:
		return nil, refuse(invalidParam, "page_size 应在 1 到 "+strconv.FormatInt(kind.maxSize, 10)+" 之间")
	}
	keep, byWindow, no := v.selection(p, kind)
	if no != nil {
		return nil, no
	}
	var all []*record
	for _, r := range from {
		if keep(r) {
			all = append(all, r)
		}
	}
	order := byModified
	if p.has("start_ts") {
		order = func(a, b *record) int { return cmp.Compare(a.version, b.version) }
	}
	slices.SortFunc(all, order)
	first := min((number-1)*size, int64(len(all)))
	last := min(first+size, int64(len(all)))
	return &page{
		rows: all[first:last], all: all, number: number, size: size, next: last < int64(len(all)),
		counted: p.text("is_get_total") != "false", byWindow: byWindow,
	}, nil
}

// selection reads what rows are asked for: a window, numbers or a row version, and further conditions.
func (v *Vendor) selection(p *bizParams, kind listing) (keep func(*record) bool, byWindow bool, no *refusal) {
	var conditions []func(*record) bool
	selected := p.has("start_ts") && v.o.StartTSAlone
	for name, of := range kind.numbers {
		numbers, no := p.texts(name, kind.maxIDs[name])
		if no != nil {
			return nil, false, no
		}
		if numbers != nil {
			selected = selected || slices.Contains(kind.ids, name)
			conditions = append(conditions, func(r *record) bool { return slices.Contains(numbers, of(r)) })
		}
	}
	if p.has("modified_begin") || p.has("modified_end") {
		from, to, no := window(p)
		if no != nil {
			return nil, false, no
		}
		selected, byWindow = true, true
		conditions = append(conditions, func(r *record) bool { return !r.modified.Before(from) && !r.modified.After(to) })
	}
	if !selected {
		return nil, false, refuse(missingParam, "修改时间与单号不能同时为空")
	}
	if p.has("start_ts") {
		version, no := p.int("start_ts", 0)
		if no != nil {
			return nil, false, no
		}
		conditions = append(conditions, func(r *record) bool { return r.version >= version })
	}
	for name, of := range kind.equal {
		if want := p.text(name); p.has(name) {
			conditions = append(conditions, func(r *record) bool { return of(r) == want })
		}
	}
	return func(r *record) bool {
		return !slices.ContainsFunc(conditions, func(holds func(*record) bool) bool { return !holds(r) })
	}, byWindow, nil
}

// window reads both ends, which belong to it.
func window(p *bizParams) (from, to time.Time, no *refusal) {
	if !p.has("modified_begin") || !p.has("modified_end") {
		return from, to, refuse(missingParam, "modified_begin 与 modified_end 必须同时传入")
	}
	from, err := time.ParseInLocation(time.DateTime, p.text("modified_begin"), shanghai())
	to, err2 := time.ParseInLocation(time.DateTime, p.text("modified_end"), shanghai())
	switch {
	case err != nil || err2 != nil:
		return from, to, refuse(wrongValue, "时间格式应为 yyyy-MM-dd HH:mm:ss")
	case to.Before(from):
		return from, to, refuse(invalidParam, "modified_end 不能早于 modified_begin")
	case to.Sub(from) > maxWindow:
		return from, to, refuse(invalidParam, "修改时间间隔不能超过 7 天")
	}
	return from, to, nil
}

func (p *page) render(list string) []byte {
	w := &writer{}
	w.open()
	w.int("page_index", p.number)
	w.int("page_size", p.size)
	total, pages := int64(len(p.all)), (int64(len(p.all))+p.size-1)/p.size
	if !p.counted {
		total, pages = 0, 0 // not meaningful then, says the vendor
	}
	w.int("data_count", total)
	w.int("page_count", pages)
	w.bool("has_next", p.next)
	w.list(list)
	for i, r := range p.rows {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(w.buf, r.raw...)
	}
	w.close(']')
	w.close('}')
	return w.buf
}

// churnAfter modifies refunds as the options say, after the page was read. The
// rows of the page keep the bytes they had.
func (v *Vendor) churnAfter(p *page) {
	v.pages++
	served := slices.Clone(p.rows)
	for i, r := range served {
		v.served[r.id] = true
		before := *r
		served[i] = &before
	}
	inPage := p.rows
	p.rows = served
	c := v.o.Churn
	if c.Every <= 0 || v.pages%c.Every != 0 {
		return
	}
	candidates := inPage
	if c.Pick == "ahead" {
		candidates = slices.DeleteFunc(slices.Clone(p.all), func(r *record) bool { return v.served[r.id] })
	}
	changed := 0
	for _, r := range v.refunds {
		if changed == c.Rows || v.churned == c.Total {
			return
		}
		// Only plain ones, so that the counts of the special kinds stay.
		if r.kind == plain && slices.Contains(candidates, &r.record) {
			v.modify(r)
			changed++
		}
	}
}

// modify changes a refund as a clerk at the shop would.
func (v *Vendor) modify(r *refund) {
	v.churned++
	v.version++
	r.modified, r.version = v.clock().In(shanghai()).Truncate(time.Second), v.version
	r.remark += "（读取期间修改第" + strconv.Itoa(v.churned) + "次）"
	r.raw = r.render()
}
