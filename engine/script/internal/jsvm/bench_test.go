package jsvm_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/script/internal/jsvm"
)

// mapping reshapes an order with 20 head fields and 9 fields a line.
const mapping = `function transform(doc, ctx) {
  return {
    BillType: "STD", BillNo: doc.order_no, Date: doc.paid_at, SaleOrg: "100", StockOrg: doc.depot_no,
    Customer: doc.shop_no, Currency: "CNY", Carriage: doc.parcel_no, Carrier: doc.carrier, Contact: doc.receiver,
    Phone: doc.phone, Address: doc.province + " " + doc.city + " " + doc.street, Province: doc.province, City: doc.city,
    Channel: doc.extra.platform.name, Note: "订单 " + doc.order_no + "/" + doc.message, Nick: doc.nick, Origin: doc.origin,
    Paid: doc.paid, Total: doc.total,
    Lines: doc.lines.map(l => ({
      Material: l.sku, Qty: l.num, Price: l.share_price, TaxPrice: l.price, TaxRate: l.tax_rate,
      Note: l.name + " " + l.spec, Owner: "ORG", Stock: "OK", Source: l.oid })),
  }
}`

// order builds a document of about 2.2 KB with 36 members and five lines.
func order(n int) string {
	id := strconv.Itoa(100000 + n)
	var b strings.Builder
	b.WriteString(`{"order_id":` + id + `,"order_no":"SO` + id + `","origin":"20260000` + id + `","status":"95","kind":"1","refund":"0",` +
		`"ordered_at":"2026-01-02 10:00:00","paid_at":"2026-01-02 10:01:00","shop_no":"S001","shop_name":"示例旗舰店","depot_no":"W01",` +
		`"customer_no":"C` + id + `","nick":"买家甲","receiver":"收件人甲","province":"某省","city":"某市","district":"某区",` +
		`"street":"某路1号 \"A座\" 101室","phone":"13000000000","carrier":"EX","parcel_no":"EX` + id + `","message":"请尽快发货","remark":"",` +
		`"count":5,"goods":"100.50","post":"0.0000","discount":"12.0000","total":"100.5000","paid":"100.5000","weight":"1.2500","currency":"CNY",` +
		`"extra":{"platform":{"name":"demo","level":3},"vip":true},"modified":"2026-01-02 11:00:00","created":"2026-01-02 10:00:00","lines":[`)
	for i := range 5 {
		if i > 0 {
			b.WriteByte(',')
		}
		line := strconv.Itoa(i)
		b.WriteString(`{"rec_id":` + line + `,"oid":"OID` + id + line + `","sku":"SKU00000` + line + `","goods_no":"G0000` + line + `","name":"示例商品` + line +
			`","spec":"白色 XL","num":"1.0000","price":"20.9000","share_price":"18.5000","discount":"0.0000","tax_rate":"0.1300","gift":0}`)
	}
	b.WriteString(`]}`)
	return b.String()
}

func BenchmarkRun(b *testing.B) {
	cases := []struct{ name, source string }{
		{"identity", `function transform(doc) { return doc }`},
		{"set one field", `function transform(doc) { doc.status = "96"; return doc }`},
		{"mapping", mapping},
		{"decimals", `function transform(doc, ctx) {
			let sum = ctx.decimal("0")
			for (const l of doc.lines) sum = sum.add(ctx.decimal(l.num).mul(l.price))
			return { total: sum.round(2) } }`},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			p, err := jsvm.Compile(c.source)
			if err != nil {
				b.Fatal(err)
			}
			doc := jsvm.Doc{Raw: order(1), Key: "SO1", Revision: 1}
			env := jsvm.Env{Limit: time.Second, MaxOutput: 1 << 20}
			b.SetBytes(int64(len(doc.Raw)))
			b.ReportAllocs()
			for b.Loop() {
				if res := p.Run(doc, env); res.Fault != nil {
					b.Fatal(res.Fault)
				}
			}
		})
	}
}
