package value_test

import (
	"fmt"
	"testing"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/item"
)

// trade is an order with five lines, in the fields of 旺店通's trade query: 36
// members, one nested object, numbers sent as text.
func trade(i int) []byte {
	doc := fmt.Appendf(nil, `{"trade_id":%d,"trade_no":"JY%013d","platform_id":1,"shop_no":"S%03d","shop_name":"旗舰店%d",`+
		`"warehouse_no":"W%05d","src_tids":"2026%012d","trade_status":"95","trade_type":"1","refund_status":"0",`+
		`"trade_time":"2026-11-21 10:%02d:%02d","pay_time":"2026-11-21 10:%02d:%02d","customer_no":"KH%08d","buyer_nick":"买家%d",`+
		`"receiver_name":"收件%d","receiver_province":"浙江省","receiver_city":"杭州市","receiver_district":"西湖区",`+
		`"receiver_address":"样例路%d号 \"A座\" %d室","receiver_mobile":"000%08d","logistics_code":"SF","logistics_no":"SF%013d",`+
		`"buyer_message":"请尽快发货","cs_remark":"","goods_count":5,"goods_amount":"%d.50","post_amount":"0.0000","discount":"12.0000",`+
		`"receivable":"%d.5000","paid":"%d.5000","weight":"1.2500","currency":"CNY","extend":{"platform":{"name":"taobao","level":3},"vip":true},`+
		`"modified":"2026-11-21 11:00:%02d","created":"2026-11-21 10:00:00","goods_list":[`,
		1000000+i, i, i%200, i%200, i%10000, i, i/60%60, i%60, i/60%60, i%60, i, i, i, i%900, i%99, i, i, 100+i%500, 100+i%500, 100+i%500, i%60)
	for j := range 5 {
		if j > 0 {
			doc = append(doc, ',')
		}
		doc = fmt.Appendf(doc, `{"rec_id":%d,"src_oid":"OID%010d","spec_no":"SKU%06d","goods_no":"G%05d","goods_name":"纯棉短袖","spec_name":"白色 XL",`+
			`"num":"%d.0000","price":"%d.9000","share_price":"%d.5000","discount":"0.0000","tax_rate":"0.1300","gift_type":0}`,
			i*5+j, i*5+j, (i*7+j)%100000, (i+j)%20000, 1+j, 20+i%80, 18+i%80)
	}
	return append(doc, "]}"...)
}

const tradeMapping = `[
{"field":"FBillTypeID","value":"XSCKD01_SYS"},{"field":"FBillNo","value":"{{trade_no}}"},{"field":"FDate","value":"{{trade_time}}"},
{"field":"FSaleOrgId","value":"100"},{"field":"FStockOrgId","value":"{{warehouse_no}}"},{"field":"FCustomerID","value":"{{shop_no}}"},
{"field":"FSettleCurrId","value":"PRE001"},{"field":"FCarriageNO","value":"{{logistics_no}}"},{"field":"FLogComId","value":"{{logistics_code}}"},
{"field":"FLinkMan","value":"{{receiver_name}}"},{"field":"FLinkPhone","value":"{{receiver_mobile}}"},
{"field":"FReceiveAddress","value":"{{receiver_province}} {{receiver_city}} {{receiver_district}} {{receiver_address}}"},
{"field":"FReceiverState","value":"{{receiver_province}}"},{"field":"FReceiverCity","value":"{{receiver_city}}"},
{"field":"FSALECHANNEL","value":"{{extend.platform.name}}"},{"field":"FNote","value":"旺店通 {{trade_no}}/{{buyer_message}}"},
{"field":"FBuyerNick","value":"{{buyer_nick}}"},{"field":"FThirdBillNo","value":"{{src_tids}}"},
{"field":"FPayAmount","value":"{{paid}}"},{"field":"FAllAmount","value":"{{receivable}}"},
{"field":"FEntity","type":"array","value":"goods_list","children":[
{"field":"FMaterialID","value":"{{goods_list.spec_no}}"},{"field":"FRealQty","value":"{{goods_list.num}}"},
{"field":"FPrice","value":"{{goods_list.share_price}}"},{"field":"FTaxPrice","value":"{{goods_list.price}}"},
{"field":"FEntryTaxRate","value":"{{goods_list.tax_rate}}"},{"field":"FNote","value":"{{goods_list.goods_name}} {{goods_list.spec_name}}"},
{"field":"FOwnerTypeId","value":"BD_OwnerOrg"},{"field":"FStockStatusID","value":"KCZT01_SYS"},{"field":"FSrcBillNo","value":"{{goods_list.src_oid}}"}]}]`

func BenchmarkMapping(b *testing.B) {
	m, faults := value.CompileMapping([]byte(tradeMapping), nil, value.Options{})
	if faults != nil {
		b.Fatal(faults)
	}
	docs := make([]item.Value, 64)
	for i := range docs {
		docs[i] = item.Of(trade(i))
	}
	s := &value.Scope{}
	var out []byte
	b.SetBytes(int64(len(docs[0].Raw())))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Doc = docs[i%len(docs)]
		var err error
		if out, err = m.Append(out[:0], s); err != nil {
			b.Fatal(err)
		}
	}
}
