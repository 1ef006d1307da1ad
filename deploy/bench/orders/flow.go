package orders

import (
	"fmt"
	"strings"
)

// Table is the code table that the flow looks warehouses up in.
const Table = "warehouses"

// Mapping is the mapping of the flow without its code table: 20 head fields, and 9
// fields of each line.
const Mapping = `[
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

// Flow gives the flow's document, whose systems are at an address.
func Flow(address string) []byte {
	mapping := strings.Replace(Mapping, `"{{warehouse_no}}"`, `"{{warehouse_no}}","table":"`+Table+`"`, 1)
	return fmt.Appendf(nil, `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"id":"6f1e0c52-4a87-4c55-9d0a-3b6f0a1d7e21","name":"orders-to-bills","title":"订单 → 出库单"},
"spec":{"connections":{"shop":{"connector":"bench-source","settings":{"address":%q}},"erp":{"connector":"bench-sink","settings":{"address":%q}}},
"nodes":[
{"id":"pages","type":"paginate","settings":{"pageSize":%d,"maxPages":100000}},
{"id":"orders","type":"source","connection":"shop","settings":{"operation":"orders.query","key":"{{trade_no}}","number":"{{trade_no}}"}},
{"id":"alive","type":"filter","settings":{"conditions":[[{"field":"trade_status","logic":"neq","value":"5"}]]}},
{"id":"bill","type":"map","settings":{"fields":%s}},
{"id":"bills","type":"target","connection":"erp","settings":{"operation":"bills.save","key":"{{FBillNo}}","rows":50}}],
"edges":[{"from":"pages","to":"orders"},{"from":"orders","to":"alive"},{"from":"alive","to":"bill"},{"from":"bill","to":"bills"}]}}
`, address, address, Page, mapping)
}
