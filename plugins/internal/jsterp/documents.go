package jsterp

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/jsttable"
)

// stock is a document that moves stock, as the queries of the warehouse give it.
type stock struct {
	jsttable.Record
	moved, created time.Time
	note           string
	lines          []line
	// write adds the members that only documents of its kind have.
	write func(w *jsttable.Writer)
	// member writes those of a line.
	member func(w *jsttable.Writer, l *line)
}

// documents makes the warehouse's documents out of the orders and refunds, and some of its own.
func (e *ERP) documents(seed uint64) {
	random := rand.New(rand.NewPCG(seed, 0x73746f636b)) //nolint:gosec // data of a simulation
	e.stockouts()
	e.receipts()
	e.purchases(random)
	e.others(random)
	for _, kind := range []string{"stockout", "receipt", "purchasein", "other"} {
		slices.SortFunc(e.tables[kind], func(a, b *jsttable.Record) int { return cmp.Compare(a.ID, b.ID) })
	}
}

// keep renders a document and stores it.
func (e *ERP) keep(kind string, s *stock) {
	s.Dates = map[string]time.Time{"moved": s.moved}
	s.Raw = s.render()
	e.tables[kind] = append(e.tables[kind], &s.Record)
}

func (s *stock) render() []byte {
	w := &jsttable.Writer{}
	w.Open()
	w.Int("io_id", s.ID)
	s.write(w)
	w.Text("status", s.Status)
	w.Time("io_date", s.moved)
	w.Time("modified", s.Modified)
	w.Text("warehouse", "主仓")
	w.Int("wh_id", 1)
	w.Number("wms_co_id", s.Also["wms_co_id"])
	w.Text("remark", s.note)
	w.Int("ts", s.Version)
	w.List("items")
	for i := range s.lines {
		l := &s.lines[i]
		w.Open()
		w.Int("io_id", s.ID)
		w.Int("ioi_id", s.ID*10+int64(i))
		w.Text("sku_id", l.sku)
		w.Text("i_id", style(l.sku))
		w.Text("name", l.name)
		w.Text("unit", "件")
		w.Int("qty", int64(l.quantity))
		s.member(w, l)
		w.Close('}')
	}
	w.Close(']')
	w.List("batchs")
	w.Close(']')
	w.List("sns")
	w.Close(']')
	w.Close('}')
	return w.Buf
}

// style is the code of the style that a SKU is of; ten SKUs are of one.
func style(sku string) string { return strings.TrimSuffix(sku, sku[max(0, len(sku)-1):]) }

// stockouts has every order sent two hours after its last change.
func (e *ERP) stockouts() {
	seen := map[int64]bool{}
	for _, r := range e.refunds {
		if seen[r.OrderID] {
			continue
		}
		seen[r.OrderID] = true
		order := r.created.Add(-36 * time.Hour)
		s := &stock{Record: jsttable.Record{
			ID: 6_000_001 + int64(len(e.tables["stockout"])), OrderID: r.OrderID, ShopID: r.ShopID, OnlineID: r.OnlineID, Buyer: r.Buyer,
			Status: "Confirmed", Modified: order.Add(2 * time.Hour), Version: r.Version - 500_000_000,
		}, moved: order.Add(2 * time.Hour), created: order, lines: r.lines}
		tracking := "YD" + jsttable.Digits(7_700_000_000+r.OrderID)
		s.Also = map[string]string{"l_id": tracking, "wms_co_id": "0"}
		s.write = func(w *jsttable.Writer) {
			w.Int("co_id", 10001000)
			w.Int("o_id", r.OrderID)
			w.Text("so_id", r.OnlineID)
			w.Int("shop_id", r.ShopID)
			w.Text("shop_name", "测试旗舰店"+jsttable.Digits(r.ShopID-10000))
			w.Text("order_type", "普通订单")
			w.Time("created", s.created)
			w.Text("shop_buyer_id", r.Buyer)
			w.Text("receiver_name", r.receiver)
			w.Text("receiver_mobile", r.phone)
			w.Number("pay_amount", r.refund)
			w.Number("paid_amount", r.refund)
			w.Number("free_amount", "0.0")
			w.Number("freight", "0.0")
			w.Text("lc_id", "YUNDA")
			w.Text("logistics_company", "韵达快递")
			w.Text("l_id", tracking)
		}
		s.member = func(w *jsttable.Writer, l *line) {
			w.Text("properties_value", l.variant)
			w.Number("sale_price", l.price)
			w.Number("sale_amount", l.amount)
			w.Text("outer_oi_id", fmt.Sprintf("%s-%d", r.OnlineID, slices.IndexFunc(r.lines, func(o line) bool { return o.number == l.number })+1))
			w.Bool("is_gift", l.gift)
		}
		e.keep("stockout", s)
	}
}

// receipts has what was sent back arrive five minutes after its refund's last change.
func (e *ERP) receipts() {
	for _, r := range e.refunds {
		if r.Status != "Confirmed" || r.AfterSaleType == "仅退款" {
			continue
		}
		at := r.Modified.Add(5 * time.Minute)
		s := &stock{Record: jsttable.Record{
			ID: 7_000_001 + int64(len(e.tables["receipt"])), OrderID: r.OrderID, ShopID: r.ShopID, OnlineID: r.OnlineID,
			Status: "Confirmed", Modified: at, Version: r.Version - 300_000_000,
		}, moved: at, created: at, lines: r.lines}
		s.Also = map[string]string{"as_id": jsttable.Digits(r.ID), "wms_co_id": "0"}
		s.write = func(w *jsttable.Writer) {
			w.Int("o_id", r.OrderID)
			w.Text("so_id", r.OnlineID)
			w.Int("as_id", r.ID)
			w.Int("shop_id", r.ShopID)
			w.Text("type", r.AfterSaleType)
			w.Text("lc_id", "")
			w.Text("logistics_company", r.carrier)
			w.Text("l_id", r.tracking)
			w.Text("creator_name", "仓库一组")
		}
		s.member = func(w *jsttable.Writer, l *line) {
			w.Text("properties_value", l.variant)
			w.Number("sale_price", l.price)
			w.Number("sale_amount", l.amount)
		}
		e.keep("receipt", s)
	}
}

// sizes of the documents that have no order behind them, and of the base data.
const (
	purchaseIns = 300
	otherMoves  = 120
	suppliers   = 40
	skus        = 400
)

// past gives a moment of the 30 days before the start, to the second.
func (e *ERP) past(random *rand.Rand) time.Time {
	return e.start.Add(-rest - time.Duration(random.Int64N(int64((span-rest)/time.Second)))*time.Second)
}

// newLines makes lines of SKUs that exist.
func newLines(random *rand.Rand, most int) []line {
	lines := make([]line, 1+random.IntN(most))
	for i := range lines {
		number, quantity := 1+random.IntN(skus), 1+random.IntN(200)
		cents := int64(500 + random.IntN(30000))
		lines[i] = line{
			sku: fmt.Sprintf("SKU-%04d", number), name: fmt.Sprintf("测试商品%03d号", number), quantity: quantity,
			price: decimal(random, cents), amount: decimal(random, cents*int64(quantity)),
		}
	}
	return lines
}

func (e *ERP) purchases(random *rand.Rand) {
	for i := range purchaseIns {
		at := e.past(random)
		supplier := 1 + random.IntN(suppliers)
		s := &stock{Record: jsttable.Record{
			ID: 5_500_001 + int64(i), OnlineID: fmt.Sprintf("WB%s%04d", at.Format("060102"), i+1), Status: "Confirmed", Modified: at, Version: 8_100_000_000 + int64(i)*7,
		}, moved: at, created: at, lines: newLines(random, 6)}
		if i%10 == 9 {
			s.Status, s.moved = "WaitConfirm", time.Time{}
		}
		order := jsttable.Digits(400_001 + int64(i/2)) // two deliveries for one purchase order
		s.Also = map[string]string{"po_id": order, "wms_co_id": "0"}
		s.write = func(w *jsttable.Writer) {
			w.Number("po_id", order)
			w.Text("so_id", s.OnlineID)
			w.Text("out_io_id", "")
			w.Int("supplier_id", 200_000+int64(supplier))
			w.Text("supplier_name", supplierName(supplier))
			w.Text("type", "采购进仓")
			w.Text("f_status", "WaitConfirm")
			w.Number("tax_rate", "13.0")
			w.Text("creator_name", "采购一组")
			w.Null("labels")
		}
		s.member = costed
		e.keep("purchasein", s)
	}
}

// costed writes what a line costs.
func costed(w *jsttable.Writer, l *line) {
	w.Number("cost_price", l.price)
	w.Number("cost_amount", l.amount)
	w.Text("remark", "")
}

func (e *ERP) others(random *rand.Rand) {
	for i := range otherMoves {
		at := e.past(random)
		s := &stock{Record: jsttable.Record{
			ID: 8_800_001 + int64(i), OnlineID: fmt.Sprintf("QT%s%04d", at.Format("060102"), i+1), Status: "Confirmed", Modified: at, Version: 8_300_000_000 + int64(i)*5,
		}, moved: at, created: at, note: pick(random, "盘点差异", "样品领用", "赠品入库"), lines: newLines(random, 3)}
		e.other(s, pick(random, "其它出库", "其它进仓", "其它退货"), "")
	}
}

// other stores a document of 其它出入库.
func (e *ERP) other(s *stock, kind, dropped string) {
	if s.Also == nil {
		s.Also = map[string]string{"wms_co_id": "0"}
	}
	s.Also["type"] = kind
	s.write = func(w *jsttable.Writer) {
		w.Text("so_id", s.OnlineID)
		w.Text("type", kind)
		w.Text("f_status", "WaitConfirm")
		w.Time("created", s.created)
		w.Text("creator_name", "仓库一组")
		w.Text("drop_co_name", dropped)
		w.Null("labels")
	}
	s.member = func(w *jsttable.Writer, l *line) {
		w.Number("sale_price", l.price)
		w.Number("sale_amount", l.amount)
		w.Text("remark", "")
	}
	e.keep("other", s)
}
