// Package orders is the workload of the benchmarks: orders of 2.2 KB in the fields of
// a trade query, the flow that makes bills of them, and the bill that must come of
// each. It has no place in the product.
//
// It may import the standard library only.
package orders

import (
	"bytes"
	"fmt"
	"strconv"
)

// Kinds is how many orders there are that differ in more than their number.
const Kinds = 20_000

// Codes is how many codes the table of warehouses has.
const Codes = 10_000

// Page is how many orders a page has.
const Page = 100

// Digits is how many digits an order's number has behind its prefix.
const Digits = 13

// Prefix stands before the digits of an order's number.
const Prefix = "JY"

// Number gives the number of the nth order.
func Number(n int) string { return fmt.Sprintf("%s%0*d", Prefix, Digits, n) }

// Dropped says that the flow's filter stops the nth order: one in ten is cancelled.
func Dropped(n int) bool { return n%10 == 3 }

// Kept counts the orders from first on that pass the filter.
func Kept(first, n int) int {
	upTo := func(end int) int { return end - end/10 - min(1, max(0, end%10-3)) }
	return upTo(first+n) - upTo(first)
}

// Warehouse gives the nth code of the table, and Organisation what it stands for.
func Warehouse(n int) string { return fmt.Sprintf("W%05d", n) }

// Organisation gives the code that a warehouse's stands for.
func Organisation(n int) string { return fmt.Sprintf("ORG%03d", n%137) }

// Append appends the nth order: 36 members, one nested object, 5 lines, amounts as text.
func Append(dst []byte, n int) []byte {
	status, k := "95", n%Kinds
	if Dropped(n) {
		status = "5"
	}
	dst = fmt.Appendf(dst, `{"trade_id":%d,"trade_no":"%s","platform_id":1,"shop_no":"S%03d","shop_name":"示例店%d","warehouse_no":"%s",`+
		`"src_tids":"2026%012d","trade_status":"%s","trade_type":"1","refund_status":"0","trade_time":"2026-11-21 10:%02d:%02d",`+
		`"pay_time":"2026-11-21 10:%02d:%02d","customer_no":"KH%08d","buyer_nick":"买家%d","receiver_name":"收件人%d","receiver_province":"某省",`+
		`"receiver_city":"某某市","receiver_district":"某某区","receiver_address":"样例路%d号 \"A座\" %d室","receiver_mobile":"000%08d",`+
		`"logistics_code":"EX","logistics_no":"EX%013d","buyer_message":"请尽快发货","cs_remark":"","goods_count":5,"goods_amount":"%d.50",`+
		`"post_amount":"0.0000","discount":"12.0000","receivable":"%d.5000","paid":"%d.5000","weight":"1.2500","currency":"CNY",`+
		`"extend":{"platform":{"name":"demo","level":3},"vip":true},"modified":"2026-11-21 11:00:%02d","created":"2026-11-21 10:00:00","goods_list":[`,
		1000000+k, Number(n), k%200, k%200, Warehouse(k%Codes), k, status, k/60%60, k%60, k/60%60, k%60, k, k, k, k%900, k%99, k, k,
		100+k%500, 100+k%500, 100+k%500, k%60)
	for i := range 5 {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = fmt.Appendf(dst, `{"rec_id":%d,"src_oid":"OID%010d","spec_no":"SKU%06d","goods_no":"G%05d","goods_name":"示例商品%d","spec_name":"白色 XL",`+
			`"num":"%d.0000","price":"%d.9000","share_price":"%d.5000","discount":"0.0000","tax_rate":"0.1300","gift_type":0}`,
			k*5+i, k*5+i, (k*7+i)%100000, (k+i)%20000, i, 1+i, 20+k%80, 18+k%80)
	}
	return append(dst, "]}"...)
}

// Bill is what the flow makes of an order.
type Bill struct {
	FBillTypeID     string  `json:"FBillTypeID"`
	FBillNo         string  `json:"FBillNo"`
	FDate           string  `json:"FDate"`
	FSaleOrgID      string  `json:"FSaleOrgId"`
	FStockOrgID     string  `json:"FStockOrgId"`
	FCustomerID     string  `json:"FCustomerID"`
	FSettleCurrID   string  `json:"FSettleCurrId"`
	FCarriageNO     string  `json:"FCarriageNO"`
	FLogComID       string  `json:"FLogComId"`
	FLinkMan        string  `json:"FLinkMan"`
	FLinkPhone      string  `json:"FLinkPhone"`
	FReceiveAddress string  `json:"FReceiveAddress"`
	FReceiverState  string  `json:"FReceiverState"`
	FReceiverCity   string  `json:"FReceiverCity"`
	FSALECHANNEL    string  `json:"FSALECHANNEL"`
	FNote           string  `json:"FNote"`
	FBuyerNick      string  `json:"FBuyerNick"`
	FThirdBillNo    string  `json:"FThirdBillNo"`
	FPayAmount      string  `json:"FPayAmount"`
	FAllAmount      string  `json:"FAllAmount"`
	FEntity         []Entry `json:"FEntity"`
}

// Entry is a line of a bill.
type Entry struct {
	FMaterialID    string `json:"FMaterialID"`
	FRealQty       string `json:"FRealQty"`
	FPrice         string `json:"FPrice"`
	FTaxPrice      string `json:"FTaxPrice"`
	FEntryTaxRate  string `json:"FEntryTaxRate"`
	FNote          string `json:"FNote"`
	FOwnerTypeID   string `json:"FOwnerTypeId"`
	FStockStatusID string `json:"FStockStatusID"`
	FSrcBillNo     string `json:"FSrcBillNo"`
}

// BillOf gives the bill that must come of the nth order.
func BillOf(n int) Bill {
	k := n % Kinds
	amount := strconv.Itoa(100+k%500) + ".5000"
	b := Bill{
		FBillTypeID: "XSCKD01_SYS", FBillNo: Number(n), FDate: fmt.Sprintf("2026-11-21 10:%02d:%02d", k/60%60, k%60), FSaleOrgID: "100",
		FStockOrgID: Organisation(k % Codes), FCustomerID: fmt.Sprintf("S%03d", k%200), FSettleCurrID: "PRE001", FCarriageNO: fmt.Sprintf("EX%013d", k),
		FLogComID: "EX", FLinkMan: fmt.Sprintf("收件人%d", k), FLinkPhone: fmt.Sprintf("000%08d", k),
		FReceiveAddress: fmt.Sprintf(`某省 某某市 某某区 样例路%d号 "A座" %d室`, k%900, k%99), FReceiverState: "某省", FReceiverCity: "某某市",
		FSALECHANNEL: "demo", FNote: "旺店通 " + Number(n) + "/请尽快发货", FBuyerNick: fmt.Sprintf("买家%d", k), FThirdBillNo: fmt.Sprintf("2026%012d", k),
		FPayAmount: amount, FAllAmount: amount,
	}
	for i := range 5 {
		b.FEntity = append(b.FEntity, Entry{
			fmt.Sprintf("SKU%06d", (k*7+i)%100000), fmt.Sprintf("%d.0000", 1+i), fmt.Sprintf("%d.5000", 18+k%80), fmt.Sprintf("%d.9000", 20+k%80),
			"0.1300", fmt.Sprintf("示例商品%d 白色 XL", i), "BD_OwnerOrg", "KCZT01_SYS", fmt.Sprintf("OID%010d", k*5+i),
		})
	}
	return b
}

// Renumber overwrites the numbers of the orders of a page: the first gets that of order n.
func Renumber(page []byte, n int) {
	before := []byte(`"trade_no":"` + Prefix)
	for at := 0; ; n++ {
		next := bytes.Index(page[at:], before)
		if next < 0 {
			return
		}
		at += next + len(before)
		for i, rest := Digits-1, n; i >= 0; i, rest = i-1, rest/10 {
			page[at+i] = byte('0' + rest%10)
		}
	}
}
