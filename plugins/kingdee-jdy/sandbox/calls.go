package sandbox

import (
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/item"
)

func generationOf(path string) generation {
	if strings.HasPrefix(path, "/jdy/v2/") {
		return second
	}
	return first
}

// failed is a refusal of the system itself, in the envelope of a generation.
func (v *Vendor) failed(g generation, message string) []byte {
	words := item.AppendText(nil, message)
	if g == first {
		v.refusals["false"]++
		return fmt.Appendf(nil, `{"success":false,"message":%s,"errorCode":"","data":null}`, words)
	}
	v.refusals[strconv.Itoa(v.o.RefusalCode)]++
	return fmt.Appendf(nil, `{"errcode":%d,"description":%s,"data":null}`, v.o.RefusalCode, words)
}

// done wraps data in the envelope of a generation.
func done(g generation, data []byte) []byte {
	if g == first {
		return fmt.Appendf(nil, `{"success":true,"message":"","errorCode":"0","data":%s}`, data)
	}
	return ok(string(data))
}

func (v *Vendor) dispatch(r *http.Request, body item.Value) ([]byte, error) {
	g := generationOf(r.URL.Path)
	ask := func(name string) string { return body.Field(name).Text() }
	if g == second && r.Method == http.MethodGet {
		ask = r.URL.Query().Get
	}
	if g == first && r.Method != http.MethodPost {
		return nil, gate(5002, "请求方式不支持")
	}
	switch path := strings.TrimPrefix(r.URL.Path, "/jdy/"); {
	case path == "sal/sal_order_save" || path == "v2/scm/sal_order" && r.Method == http.MethodPost:
		return v.save(g, body), nil
	case path == "sal/sal_order_list" || path == "v2/scm/sal_order":
		return v.listOrders(g, ask), nil
	case path == "sal/sal_order_detail" || path == "v2/scm/sal_order_detail":
		return v.detail(g, ask("id"), ask("number")), nil
	case g == second && r.Method != http.MethodGet:
		return nil, gate(5002, "请求方式不支持")
	default:
		kind, isList := strings.CutSuffix(strings.TrimPrefix(path, "basedata/"), "_list")
		if g == second {
			kind, isList = strings.CutPrefix(path, "v2/bd/")
		}
		if list, known := v.base[kind]; known && isList {
			return v.listBase(g, list, ask), nil
		}
		return nil, gate(5001, "API 不存在")
	}
}

// row is an object of a list.
type row struct {
	changed time.Time
	names   []string
	date    string
	raw     []byte
}

func (v *Vendor) listOrders(g generation, ask func(string) string) []byte {
	rows := make([]row, len(v.orders))
	for i, o := range v.orders {
		rows[i] = row{o.changed, []string{o.number, o.customer.name}, o.date, v.order(o, g, false)}
	}
	if status := ask("bill_status"); g == second && status != "" && status != "Z" {
		rows = nil // no order of a sandbox is audited
	}
	return v.list(g, rows, ask)
}

func (v *Vendor) listBase(g generation, list []*object, ask func(string) string) []byte {
	rows := make([]row, len(list))
	for i, o := range list {
		rows[i] = row{changed: o.changed, names: []string{o.number, o.name}, raw: o.render(g)}
	}
	return v.list(g, rows, ask)
}

// list answers a page of the rows that are asked for, in the order in which they changed.
func (v *Vendor) list(g generation, rows []row, ask func(string) string) []byte {
	names := []string{"pagesize", "starttime", "endtime"}
	if g == second {
		names = []string{"page_size", "modify_start_time", "modify_end_time"}
	}
	page, bad := number(ask("page"), 1)
	size, bad2 := number(ask(names[0]), 10)
	from, bad3 := number(ask(names[1]), 0)
	to, bad4 := number(ask(names[2]), 1<<50)
	switch {
	case bad || bad2 || page < 1 || size < 1 || int(size) > v.o.MostRows:
		return v.failed(g, fmt.Sprintf("分页参数不正确：page 从 1 开始，%s 最大 %d", names[0], v.o.MostRows))
	case bad3 || bad4 || from > to:
		return v.failed(g, fmt.Sprintf("时间参数不正确：%s 不能早于 %s", names[2], names[1]))
	}
	found := chosen(g, rows, from, to, ask)
	start := min((page-1)*size, int64(len(found)))
	cut := found[start:min(start+size, int64(len(found)))]
	raw := []byte{'['}
	for i, r := range cut {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = append(raw, r.raw...)
	}
	var w writer
	w.raw("rows", append(raw, ']'))
	w.raw("page", fmt.Append(nil, page))
	w.raw(names[0], fmt.Append(nil, size))
	switch {
	case g == second:
		w.raw("current_page", fmt.Append(nil, page))
		w.raw("current_page_size", fmt.Append(nil, len(cut)))
		w.text("count", strconv.Itoa(len(found)))
		w.raw("total_page", fmt.Append(nil, (int64(len(found))+size-1)/size))
	case v.o.WithCount:
		w.raw("count", fmt.Append(nil, len(found)))
	}
	return done(g, w.bytes())
}

// chosen are the rows that are asked for, in the order in which they changed.
func chosen(g generation, rows []row, from, to int64, ask func(string) string) (found []row) {
	for _, r := range rows {
		ms := r.changed.UnixMilli()
		fits := ms >= from && ms <= to
		if g == first && r.date != "" {
			fits = fits && (ask("begindate") == "" || r.date >= ask("begindate")) && (ask("enddate") == "" || r.date <= ask("enddate"))
		}
		if search := ask("search"); search != "" {
			fits = fits && slices.ContainsFunc(r.names, func(name string) bool { return strings.Contains(name, search) })
		}
		if fits {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b row) int { return a.changed.Compare(b.changed) })
	return found
}

// number reads a whole number.
func number(text string, missing int64) (n int64, bad bool) {
	if text == "" {
		return missing, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err != nil
}

func (v *Vendor) detail(g generation, id, number string) []byte {
	at := slices.IndexFunc(v.orders, func(o *order) bool {
		return id != "" && o.id == id || id == "" && number != "" && o.number == number && g == first
	})
	switch {
	case at >= 0:
		return done(g, v.order(v.orders[at], g, true))
	case v.o.MissingAs == "null":
		return done(g, []byte("null"))
	}
	return v.failed(g, "单据不存在")
}

// unsaved says why an order was not saved: the first generation succeeds and tells of it inside.
func (v *Vendor) unsaved(g generation, message string) []byte {
	if g == second {
		return v.failed(g, message)
	}
	v.refusals["data"]++
	return done(first, fmt.Appendf(nil, `{"success":false,"successPkIds":[],"errorInfo":[{"id":"0","msg":%s}],"message":"保存失败","errorLevel":"Error"}`, item.AppendText(nil, message)))
}

// save stores an order or changes one.
func (v *Vendor) save(g generation, body item.Value) []byte {
	no, day := body.Field("billno").Text(), body.Field("billdate").Text()
	if g == second {
		no, day = body.Field("bill_no").Text(), body.Field("bill_date").Text()
	}
	o := &order{number: no, date: day, remark: body.Field("remark").Text(), made: v.clock().Truncate(time.Second)}
	at := -1
	if id := body.Field("id").Text(); id != "" {
		if at = slices.IndexFunc(v.orders, func(o *order) bool { return o.id == id }); at < 0 {
			return v.unsaved(g, "单据不存在")
		}
		before := *v.orders[at]
		o.id, o.made, o.number = id, before.made, before.number
		if no != "" {
			o.number = no
		}
	}
	if words := v.read(g, o, body); words != "" {
		return v.unsaved(g, words)
	}
	if twin := v.find(o.number); twin >= 0 && twin != at && o.number != "" && v.o.Duplicates == "refuse" {
		return v.unsaved(g, "单据编号已存在")
	}
	if o.id == "" {
		v.next++
		o.id = strconv.FormatInt(v.next, 10)
	}
	if o.number == "" {
		o.number = "XSDD" + o.id[len(o.id)-8:]
	}
	o.changed = v.clock().Truncate(time.Second)
	if at >= 0 {
		v.orders = slices.Delete(v.orders, at, at+1)
	}
	v.orders = append(v.orders, o)
	if g == second {
		return ok(fmt.Sprintf(`{"ids":[%q],"id_number_map":{%q:%s}}`, o.id, o.id, item.AppendText(nil, o.number)))
	}
	return done(first, fmt.Appendf(nil, `{"success":true,"successPkIds":[%q],"errorInfo":[],"message":"","errorLevel":""}`, o.id))
}

// read reads an order and says what is wrong with it.
func (v *Vendor) read(g generation, o *order, body item.Value) string {
	if _, err := time.Parse(time.DateOnly, o.date); err != nil {
		return "单据日期不能为空，格式为 yyyy-MM-dd"
	}
	prefix := map[generation]string{first: "customerid", second: "customer"}[g]
	var words string
	if o.customer, words = v.refer("customer", "客户", body, prefix, g); words != "" {
		return words
	}
	for name, value := range body.Fields() {
		if strings.HasPrefix(name, "custom_field__") {
			o.custom = append(o.custom, member{name, slices.Clone(value.Raw())})
		}
	}
	for one := range body.Field("material_entity").Elements() {
		l, words := v.readLine(g, one)
		if words != "" {
			return words
		}
		o.lines = append(o.lines, l)
	}
	if len(o.lines) == 0 {
		return "商品分录不能为空"
	}
	return ""
}

// readLine reads a line and says what is wrong with it.
func (v *Vendor) readLine(g generation, one item.Value) (l line, words string) {
	material, place, price := "materialid", "stockid", "taxprice"
	if g == second {
		material, place, price = "material", "stock", "tax_price"
	}
	l = line{qty: slices.Clone(one.Field("qty").Raw()), price: []byte("0"), free: []byte("false"), comment: one.Field("comment").Text()}
	if l.material, words = v.refer("material", "商品", one, material, g); words != "" {
		return l, words
	}
	if l.unit, words = v.refer("measure_unit", "单位", one, "unit", g); words != "" {
		return l, words
	}
	if !one.Field(place+"_id").Blank() || !one.Field(place+"_number").Blank() {
		if l.store, words = v.refer("store", "仓库", one, place, g); words != "" {
			return l, words
		}
	}
	if qty, ok := new(big.Rat).SetString(one.Field("qty").Text()); !ok || qty.Sign() <= 0 {
		return l, "数量不能为空且必须大于 0"
	}
	if p := one.Field(price); !p.Blank() {
		l.price = slices.Clone(p.Raw())
	}
	if free := one.Field("is_free"); !free.Blank() {
		l.free = slices.Clone(free.Raw())
	}
	return l, ""
}

// refer finds the object that a row names by id or, in the first generation, by number.
func (v *Vendor) refer(kind, title string, from item.Value, prefix string, g generation) (found *object, words string) {
	id, number := from.Field(prefix+"_id").Text(), from.Field(prefix+"_number").Text()
	if id == "" && (number == "" || g == second) {
		return nil, title + "不能为空"
	}
	for _, o := range v.base[kind] {
		if id != "" && (o.id == id || v.o.NumbersAsIDs && g == first && o.number == id) || id == "" && o.number == number {
			return o, ""
		}
	}
	if id == "" {
		id = number
	}
	return nil, title + "[" + id + "]不存在或已禁用"
}
