package main

import "fmt"

// order makes an order of 2.2 KB in the fields of a trade query: 36 members, one
// nested object, 5 lines, amounts sent as text.
func order(n int) []byte {
	doc := fmt.Appendf(nil, `{"trade_id":%d,"trade_no":"JY%013d","platform_id":1,"shop_no":"S%03d","shop_name":"示例店%d","warehouse_no":"W%05d",`+
		`"src_tids":"2026%012d","trade_status":"95","trade_type":"1","refund_status":"0","trade_time":"2026-11-21 10:%02d:%02d",`+
		`"pay_time":"2026-11-21 10:%02d:%02d","customer_no":"KH%08d","buyer_nick":"买家%d","receiver_name":"收件人%d","receiver_province":"某省",`+
		`"receiver_city":"某某市","receiver_district":"某某区","receiver_address":"样例路%d号 \"A座\" %d室","receiver_mobile":"000%08d",`+
		`"logistics_code":"EX","logistics_no":"EX%013d","buyer_message":"请尽快发货","cs_remark":"","goods_count":5,"goods_amount":"%d.50",`+
		`"post_amount":"0.0000","discount":"12.0000","receivable":"%d.5000","paid":"%d.5000","weight":"1.2500","currency":"CNY",`+
		`"extend":{"platform":{"name":"demo","level":3},"vip":true},"modified":"2026-11-21 11:00:%02d","created":"2026-11-21 10:00:00","goods_list":[`,
		1000000+n, n, n%200, n%200, n%10000, n, n/60%60, n%60, n/60%60, n%60, n, n, n, n%900, n%99, n, n, 100+n%500, 100+n%500, 100+n%500, n%60)
	for i := range 5 {
		if i > 0 {
			doc = append(doc, ',')
		}
		doc = fmt.Appendf(doc, `{"rec_id":%d,"src_oid":"OID%010d","spec_no":"SKU%06d","goods_no":"G%05d","goods_name":"示例商品%d","spec_name":"白色 XL",`+
			`"num":"%d.0000","price":"%d.9000","share_price":"%d.5000","discount":"0.0000","tax_rate":"0.1300","gift_type":0}`,
			n*5+i, n*5+i, (n*7+i)%100000, (n+i)%20000, i, 1+i, 20+n%80, 18+n%80)
	}
	return append(doc, "]}"...)
}

// mappingOfTrades is the mapping as a flow has it.
const mappingOfTrades = `[
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

// trade and line are what the mapping reads of an order, no more.
type trade struct {
	TradeNo   string `json:"trade_no"`
	TradeTime string `json:"trade_time"`
	Warehouse string `json:"warehouse_no"`
	Shop      string `json:"shop_no"`
	Parcel    string `json:"logistics_no"`
	Carrier   string `json:"logistics_code"`
	Name      string `json:"receiver_name"`
	Mobile    string `json:"receiver_mobile"`
	Province  string `json:"receiver_province"`
	City      string `json:"receiver_city"`
	District  string `json:"receiver_district"`
	Address   string `json:"receiver_address"`
	Extend    struct {
		Platform struct {
			Name string `json:"name"`
		} `json:"platform"`
	} `json:"extend"`
	Message    string `json:"buyer_message"`
	Nick       string `json:"buyer_nick"`
	Tids       string `json:"src_tids"`
	Paid       string `json:"paid"`
	Receivable string `json:"receivable"`
	Lines      []line `json:"goods_list"`
}

type line struct {
	Sku   string `json:"spec_no"`
	Num   string `json:"num"`
	Share string `json:"share_price"`
	Price string `json:"price"`
	Tax   string `json:"tax_rate"`
	Goods string `json:"goods_name"`
	Spec  string `json:"spec_name"`
	Oid   string `json:"src_oid"`
}

// bill and entry are what the mapping writes.
type bill struct {
	FBillTypeID, FBillNo, FDate, FSaleOrgId, FStockOrgId, FCustomerID, FSettleCurrId, FCarriageNO, FLogComId, FLinkMan,
	FLinkPhone, FReceiveAddress, FReceiverState, FReceiverCity, FSALECHANNEL, FNote, FBuyerNick, FThirdBillNo, FPayAmount, FAllAmount string

	FEntity []entry
}

type entry struct {
	FMaterialID, FRealQty, FPrice, FTaxPrice, FEntryTaxRate, FNote, FOwnerTypeId, FStockStatusID, FSrcBillNo string
}

func (in *trade) bill() *bill {
	out := &bill{
		FBillTypeID: "XSCKD01_SYS", FBillNo: in.TradeNo, FDate: in.TradeTime, FSaleOrgId: "100", FStockOrgId: in.Warehouse, FCustomerID: in.Shop,
		FSettleCurrId: "PRE001", FCarriageNO: in.Parcel, FLogComId: in.Carrier, FLinkMan: in.Name, FLinkPhone: in.Mobile,
		FReceiveAddress: in.Province + " " + in.City + " " + in.District + " " + in.Address, FReceiverState: in.Province, FReceiverCity: in.City,
		FSALECHANNEL: in.Extend.Platform.Name, FNote: "旺店通 " + in.TradeNo + "/" + in.Message, FBuyerNick: in.Nick, FThirdBillNo: in.Tids,
		FPayAmount: in.Paid, FAllAmount: in.Receivable, FEntity: make([]entry, len(in.Lines)),
	}
	for i := range in.Lines {
		l := &in.Lines[i]
		out.FEntity[i] = entry{l.Sku, l.Num, l.Share, l.Price, l.Tax, l.Goods + " " + l.Spec, "BD_OwnerOrg", "KCZT01_SYS", l.Oid}
	}
	return out
}
