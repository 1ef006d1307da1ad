package sandbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/karezflow/karez/sdk/item"
)

// generation is one of the two that differ in names and envelopes.
type generation int

const (
	first generation = 1 + iota
	second
)

// object is a piece of base data.
type object struct {
	id, number, name string
	changed          time.Time
}

// order is a sales order; texts are as they came.
type order struct {
	id, number, date, remark string
	customer                 *object
	lines                    []line
	made, changed            time.Time
	// custom are members custom_field__… of the first generation, as they came.
	custom []member
}

type line struct {
	material, unit, store *object
	// qty, price and free are JSON as it came.
	qty, price, free []byte
	comment          string
}

type member struct {
	name string
	raw  []byte
}

// store is what the account set holds.
type store struct {
	base   map[string][]*object
	orders []*order
	next   int64
}

// How many orders and materials a sandbox begins with.
const (
	orderCount    = 230
	materialCount = 400
)

func generate(now time.Time) store {
	now = now.Truncate(time.Second)
	from := now.Add(-20 * 24 * time.Hour)
	s := store{base: map[string][]*object{}, next: 1520000000000100000}
	put := func(kind string, id int64, number, name string, n int) {
		s.base[kind] = append(s.base[kind], &object{fmt.Sprint(id), number, name, from.Add(time.Duration(n) * time.Hour)})
	}
	for n, name := range []string{"沙箱客户甲", "沙箱客户“乙”", "沙箱客户{{丙}}"} {
		put("customer", 1520000000000000001+int64(n), fmt.Sprintf("KH%04d", n+1), name, n)
	}
	for n, name := range []string{"主仓", "退货仓"} {
		put("store", 1520000000000000101+int64(n), fmt.Sprintf("CK%03d", n+1), name, n)
	}
	for n, number := range []string{"PCS", "BOX", "KG"} {
		put("measure_unit", 1520000000000000201+int64(n), number, []string{"件", "箱", "千克"}[n], n)
	}
	for n := range materialCount {
		put("material", 1520000000000001001+int64(n), fmt.Sprintf("SKU-%04d", n+1), fmt.Sprintf("沙箱商品%03d", n+1), n)
	}
	for n := range orderCount {
		at := from.Add(time.Duration(n) * 2 * time.Hour)
		if n >= 90 && n < 110 {
			at = from.Add(180 * time.Hour) // so that an edge between two pages runs through one second
		}
		s.next++
		o := &order{
			id: fmt.Sprint(s.next), number: fmt.Sprintf("XSDD%08d", n+1), date: at.In(shanghai()).Format(time.DateOnly), made: at, changed: at,
			customer: s.base["customer"][n%3], remark: []string{"", "“加急”\n请电话", "<b>😀"}[n%3],
		}
		for m := range n%3 + 1 {
			price := fmt.Sprintf("%d.%02d", 10+n%50, n%100)
			if n == 0 {
				price = "12345678901234567.89"
			}
			o.lines = append(o.lines, line{
				material: s.base["material"][(n*3+m)%materialCount], unit: s.base["measure_unit"][m%3], store: s.base["store"][n%2],
				qty: fmt.Appendf(nil, "%d", n%5+1), price: []byte(price), free: []byte("false"),
			})
		}
		s.orders = append(s.orders, o)
	}
	return s
}

// shanghai is the zone of the vendor's times.
func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

func (s *store) touch(number string, now time.Time) error {
	at := s.find(number)
	if at < 0 {
		return fmt.Errorf("there is no order %q", number)
	}
	changed := *s.orders[at]
	changed.changed, changed.remark = now.Truncate(time.Second), changed.remark+"（已改）"
	s.orders = append(slices.Delete(s.orders, at, at+1), &changed)
	return nil
}

// addMaterial adds a material, as a clerk does.
func (s *store) addMaterial(number string, now time.Time) error {
	list := s.base["material"]
	if number == "" || slices.ContainsFunc(list, func(o *object) bool { return o.number == number }) {
		return fmt.Errorf("%q is no number of a new material", number)
	}
	s.next++
	s.base["material"] = append(list, &object{fmt.Sprint(s.next), number, "新商品" + number, now.Truncate(time.Second)})
	return nil
}

func (s *store) find(number string) int {
	return slices.IndexFunc(s.orders, func(o *order) bool { return o.number == number })
}

// writer writes a JSON object.
type writer []byte

func (w *writer) raw(name string, value []byte) {
	if len(*w) == 0 {
		*w = append(*w, '{')
	} else {
		*w = append(*w, ',')
	}
	*w = append(append(item.AppendText(*w, name), ':'), value...)
}

func (w *writer) text(name, value string) { w.raw(name, item.AppendText(nil, value)) }

func (w *writer) time(name string, at time.Time) {
	w.text(name, at.In(shanghai()).Format(time.DateTime))
}

// ref writes the id, number and name of an object.
func (w *writer) ref(prefix string, o *object) {
	if o == nil {
		o = &object{}
	}
	w.text(prefix+"_id", o.id)
	w.text(prefix+"_number", o.number)
	w.text(prefix+"_name", o.name)
}

func (w *writer) bytes() []byte { return append(*w, '}') }

func (o *object) render(g generation) []byte {
	var w writer
	w.text("id", o.id)
	w.text("number", o.number)
	w.text("name", o.name)
	w.text("enable", "1")
	w.time(map[generation]string{first: "modifytime", second: "modify_time"}[g], o.changed)
	return w.bytes()
}

// order renders an order, with its lines or as lists show it.
func (s *store) order(o *order, g generation, whole bool) []byte {
	var w writer
	w.text("id", o.id)
	if g == first {
		w.text("billno", o.number)
		w.text("billdate", o.date)
		w.text("billstatus", "Z")
		w.time("createtime", o.made)
		w.time("modifytime", o.changed)
		w.ref("customerid", o.customer)
	} else {
		w.text("bill_no", o.number)
		w.text("bill_date", o.date)
		w.text("bill_status", "Z")
		w.time("create_time", o.made)
		w.time("modify_time", o.changed)
		w.ref("customer", o.customer)
	}
	w.text("remark", o.remark)
	for _, m := range o.custom {
		w.raw(m.name, m.raw)
	}
	if whole {
		lines := []byte{'['}
		for i, l := range o.lines {
			if i > 0 {
				lines = append(lines, ',')
			}
			lines = append(lines, l.render(i+1, g)...)
		}
		w.raw("material_entity", append(lines, ']'))
	}
	return w.bytes()
}

func (l *line) render(seq int, g generation) []byte {
	var w writer
	w.raw("seq", fmt.Append(nil, seq))
	if g == first {
		w.ref("materialid", l.material)
		w.ref("stockid", l.store)
	} else {
		w.ref("material", l.material)
		w.ref("stock", l.store)
	}
	w.ref("unit", l.unit)
	w.raw("qty", l.qty)
	w.raw(map[generation]string{first: "taxprice", second: "tax_price"}[g], l.price)
	w.raw("is_free", l.free)
	w.text("comment", l.comment)
	return w.bytes()
}
