package script_test

import (
	"fmt"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/script/internal/jsvm"
	"github.com/karezflow/karez/sdk/item"
)

// mapping reshapes an order of 2.2 KB: 20 head fields and 5 lines of 9.
const mapping = `function transform(doc, ctx) {
  return {
    FBillTypeID: "XSCKD01_SYS", FBillNo: doc.trade_no, FDate: doc.trade_time, FSaleOrgId: "100", FStockOrgId: doc.warehouse_no,
    FCustomerID: doc.shop_no, FSettleCurrId: "PRE001", FCarriageNO: doc.logistics_no, FLogComId: doc.logistics_code, FLinkMan: doc.receiver_name,
    FLinkPhone: doc.receiver_mobile, FReceiveAddress: doc.receiver_province + " " + doc.receiver_city + " " + doc.receiver_district + " " + doc.receiver_address,
    FReceiverState: doc.receiver_province, FReceiverCity: doc.receiver_city, FSALECHANNEL: doc.extend.platform.name,
    FNote: "旺店通 " + doc.trade_no + "/" + doc.buyer_message, FBuyerNick: doc.buyer_nick, FThirdBillNo: doc.src_tids,
    FPayAmount: doc.paid, FAllAmount: doc.receivable,
    FEntity: doc.goods_list.map(l => ({
      FMaterialID: l.spec_no, FRealQty: l.num, FPrice: l.share_price, FTaxPrice: l.price, FEntryTaxRate: l.tax_rate,
      FNote: l.goods_name + " " + l.spec_name, FOwnerTypeId: "BD_OwnerOrg", FStockStatusID: "KCZT01_SYS", FSrcBillNo: l.src_oid,
    })),
  }
}`

// trade makes such an order.
func trade(n int) []byte {
	doc := fmt.Appendf(nil, `{"trade_id":%d,"trade_no":"JY2026112%07d","platform_id":1,"shop_no":"S%03d","shop_name":"示例店%d","warehouse_no":"W%05d","src_tids":"2026%012d",`+
		`"trade_status":"95","trade_type":"1","refund_status":"0","trade_time":"2026-11-21 10:00:00","pay_time":"2026-11-21 10:00:00","customer_no":"KH%08d",`+
		`"buyer_nick":"买家%d","receiver_name":"收件人%d","receiver_province":"某省","receiver_city":"某市","receiver_district":"某区","receiver_address":"某路%d号 \"A座\" %d室",`+
		`"receiver_mobile":"13000000000","logistics_code":"EX","logistics_no":"EX%013d","buyer_message":"请尽快发货","cs_remark":"","goods_count":5,"goods_amount":"100.50",`+
		`"post_amount":"0.0000","discount":"12.0000","receivable":"%d.5000","paid":"%d.5000","weight":"1.2500","currency":"CNY",`+
		`"extend":{"platform":{"name":"demo","level":3},"vip":true},"modified":"2026-11-21 11:00:00","created":"2026-11-21 10:00:00","goods_list":[`,
		1000000+n, n, n%200, n%200, n%10000, n, n, n, n, n%900, n%99, n, 100+n%500, 100+n%500)
	for i := range 5 {
		if i > 0 {
			doc = append(doc, ',')
		}
		doc = fmt.Appendf(doc, `{"rec_id":%d,"src_oid":"OID%010d","spec_no":"SKU%06d","goods_no":"G%05d","goods_name":"示例商品%d","spec_name":"白色 XL","num":"%d.0000",`+
			`"price":"%d.9000","share_price":"%d.5000","discount":"0.0000","tax_rate":"0.1300","gift_type":0}`, n*5+i, n*5+i, n%100000, n%20000, i, 1+i, 20+n%80, 18+n%80)
	}
	return append(doc, "]}"...)
}

// BenchmarkMapping compares the mapping in a worker process with the same in this
// one. An operation is a batch of 100 documents; cpu-µs/doc is the processor time of
// all processes for one, docs/s/core what a core does of them.
func BenchmarkMapping(b *testing.B) {
	const batch = 100
	docs := make([]item.Item, batch)
	for i := range docs {
		docs[i] = item.Item{Raw: trade(i), Facts: &item.Facts{Key: fmt.Sprint("D", i), Revision: 1}}
	}
	b.Run("in process", func(b *testing.B) {
		p, err := jsvm.Compile(mapping)
		if err != nil {
			b.Fatal(err)
		}
		defer debug.SetGCPercent(debug.SetGCPercent(400)) // as in a worker
		env := jsvm.Env{Limit: time.Second, MaxOutput: 1 << 20}
		measured(b, batch, func() {}, func() {
			for i := range docs {
				if res := p.Run(jsvm.Doc{Raw: string(docs[i].Raw), Key: docs[i].Facts.Key, Revision: 1}, env); res.Fault != nil {
					b.Fatal(res.Fault)
				}
			}
		})
	})
	b.Run("through a worker", func(b *testing.B) {
		pool := newPool(b, nil)
		s := compile(b, pool, mapping)
		measured(b, batch, pool.Close, func() {
			for _, res := range run(b, s, docs) {
				if res.Fault != nil {
					b.Fatal(res.Fault)
				}
			}
		})
	})
}

// measured runs do and reports the processor time it took here and in the processes
// that end has waited for.
func measured(b *testing.B, docs int, end, do func()) {
	b.Helper()
	do() // whatever is made once
	before := processorTime(b)
	n := 0
	for b.Loop() {
		do()
		n++
	}
	b.StopTimer()
	end()
	each := (processorTime(b) - before) / time.Duration(n*docs)
	b.ReportMetric(float64(each)/1000, "cpu-µs/doc")
	b.ReportMetric(float64(time.Second)/float64(each), "docs/s/core")
	b.ReportMetric(0, "ns/op")
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	total := time.Duration(0)
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var used syscall.Rusage
		if err := syscall.Getrusage(who, &used); err != nil {
			b.Fatal(err)
		}
		total += time.Duration(used.Utime.Nano() + used.Stime.Nano())
	}
	return total
}
