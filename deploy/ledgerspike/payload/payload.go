// Package payload makes the documents that the ledger spike stores: names,
// bodies of a realistic size and shape, packs. The same number gives the same
// document in every run. It may import nothing of the product.
package payload

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/cespare/xxhash/v2"
)

// PageSize is the number of documents in a page.
const PageSize = 100

// distinctPages is after how many pages bodies repeat; packs are compressed one
// by one, so the repetition never reaches a dictionary.
const distinctPages = 16

// Order is how the keys and numbers of successive documents follow each other.
type Order string

// Keys and numbers both ascend, keys are random, or keys and numbers are.
const (
	Ascending Order = "asc"
	UUIDKeys  Order = "uuid"
	AllRandom Order = "random"
)

// Names are the texts of one document that the ledger indexes.
type Names struct {
	Key, Number, TargetKey, TargetID, TargetNumber string
}

// NameOf returns the texts of document i, the same in every run.
func NameOf(order Order, i int) Names {
	n := Names{
		Key:          strconv.Itoa(202611210000000 + i),
		Number:       "JY" + strconv.Itoa(202611210000000+i),
		TargetID:     strconv.Itoa(100000 + i),
		TargetNumber: "XSDD" + strconv.Itoa(10000000+i),
	}
	if order != Ascending {
		n.Key = fmt.Sprintf("%016x-%016x", Nth(4*i), Nth(4*i+1))
	}
	if order == AllRandom {
		n.Number = fmt.Sprintf("SO%016x", Nth(4*i+2))
		n.TargetNumber = fmt.Sprintf("FB%016x", Nth(4*i+3))
	}
	n.TargetKey = n.Number
	return n
}

// scatter is a bijection of 64-bit numbers without visible order (splitmix64).
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Nth is the i-th of a scattered series.
func Nth(i int) uint64 { return scatter(uint64(i)) } //nolint:gosec // i counts documents

// Hash is the hash of a text, as the ledger stores one.
func Hash(s string) int64 { return int64(xxhash.Sum64String(s)) } //nolint:gosec // a hash has no sign

// Bodies are the pages of payload text that the spike packs over and over.
type Bodies struct{ pages [distinctPages]Page }

// Page is the payload text of one page's documents: as pulled, as sent, and as
// answered.
type Page struct{ Source, Mapped, Response [][]byte }

// NewBodies writes all texts.
func NewBodies() *Bodies {
	b := &Bodies{}
	for p := range b.pages {
		page := &b.pages[p]
		for i := range PageSize {
			n := p*PageSize + i
			page.Source = append(page.Source, appendTrade(nil, n))
			page.Mapped = append(page.Mapped, appendOrder(nil, n))
			page.Response = append(page.Response, fmt.Appendf(nil, `{"Id":%d,"Number":"XSDD%d","DIndex":%d}`, 100000+n, 10000000+n, i))
		}
	}
	return b
}

// Page returns the texts of page no.
func (b *Bodies) Page(no int) Page { return b.pages[no%distinctPages] }

// appendTrade writes a 2.2 KB order with the field names of 旺店通's trade query.
func appendTrade(b []byte, i int) []byte {
	r := Nth(i)
	cents := 1990 + int(r%80000)
	b = fmt.Appendf(b, `{"trade_id":%d,"trade_no":"JY%d","platform_id":%d,"shop_no":"S%03d","shop_name":"示例旗舰店%d","warehouse_no":"CK%03d","src_tids":"%d"`,
		500000+i, 202611210000000+i, r%5, r%120, r%120, r%16, 7000000000000+r%1000000000000)
	b = fmt.Appendf(b, `,"trade_status":"95","trade_type":"1","refund_status":"0","trade_time":"2026-11-%02d %02d:%02d:%02d","pay_time":"2026-11-%02d %02d:%02d:%02d"`,
		1+i%28, r%24, r%60, r>>8%60, 1+i%28, r%24, r>>4%60, r>>9%60)
	b = fmt.Appendf(b, `,"customer_no":"KH%08d","buyer_nick":"买家%05d","receiver_name":"收货人%04d","receiver_province":"浙江省","receiver_city":"杭州市","receiver_district":"示例区","receiver_address":"示例路%d号 \"%d座\" %d室","receiver_mobile":"1990000%04d"`,
		r%100000000, r%99991, r%9973, r%900, r%9, r%1200, r%10000)
	b = fmt.Appendf(b, `,"logistics_code":"SF","logistics_no":"SF%013d","buyer_message":"请尽快发货","cs_remark":"","goods_count":5,"goods_amount":"%d.%02d","post_amount":"0.0000","discount":"12.0000","receivable":"%d.%02d00","paid":"%d.%02d00"`,
		r%10000000000000, cents/100, cents%100, cents/100, cents%100, cents/100, cents%100)
	b = fmt.Appendf(b, `,"weight":"%d.2500","currency":"CNY","extend":{"platform":{"name":"示例平台","level":%d},"vip":%t},"modified":"2026-11-21 11:%02d:%02d","created":"2026-11-21 10:00:00","goods_list":[`,
		1+r%9, r%7, r%2 == 0, r>>5%60, r>>6%60)
	for line := range 5 {
		q := scatter(r + uint64(line))
		if line > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"rec_id":%d,"src_oid":"OID%010d","spec_no":"SKU%06d","goods_no":"G%05d","goods_name":"示例商品%d","spec_name":"规格 %d","num":"%d.0000","price":"%d.9000","share_price":"%d.5000","discount":"0.0000","tax_rate":"0.1300","gift_type":0}`,
			i*5+line, q%10000000000, q%100000, q%20000, q%20000, q%40, 1+q%5, 20+q%80, 18+q%80)
	}
	return append(b, "]}"...)
}

// appendOrder writes the 1.8 KB document mapped from it, with 金蝶's names.
func appendOrder(b []byte, i int) []byte {
	r := Nth(i)
	b = fmt.Appendf(b, `{"FBillTypeID":{"FNumber":"XSDD01_SYS"},"FBillNo":"JY%d","FDate":"2026-11-%02d","FSaleOrgId":{"FNumber":"100"},"FCustId":{"FNumber":"KH%08d"},"FSaleDeptId":{"FNumber":"BM%03d"}`,
		202611210000000+i, 1+i%28, r%100000000, r%40)
	b = fmt.Appendf(b, `,"FReceiveAddress":"浙江省 杭州市 示例区 示例路%d号 \"%d座\" %d室","FLinkMan":"收货人%04d","FLinkPhone":"1990000%04d","FNote":"S%03d 示例旗舰店","FSettleCurrId":{"FNumber":"PRE001"},"FSaleOrderEntry":[`,
		r%900, r%9, r%1200, r%9973, r%10000, r%120)
	for line := range 5 {
		q := scatter(r + uint64(line))
		if line > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"FMaterialId":{"FNumber":"SKU%06d"},"FUnitID":{"FNumber":"Pcs"},"FQty":%d.0000,"FTaxPrice":%d.9000,"FEntryTaxRate":13.00,"FDeliveryDate":"2026-11-%02d","FStockId":{"FNumber":"CK%03d"},"FOwnerId":{"FNumber":"100"},"FEntryNote":"OID%010d"}`,
			q%100000, 1+q%5, 20+q%80, 1+i%28, r%16, q%10000000000)
	}
	return append(b, "]}"...)
}

// AppendPack writes docs one after the other, each behind its length, so that
// (pack, no) finds one.
func AppendPack(b []byte, docs [][]byte) []byte {
	for _, d := range docs {
		b = binary.AppendUvarint(b, uint64(len(d)))
		b = append(b, d...)
	}
	return b
}
