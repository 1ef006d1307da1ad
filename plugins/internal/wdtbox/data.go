package wdtbox

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// The data: so many orders over 30 days and so many more in the last hour, products and
// how long before the start the last change lies.
const (
	olderTrades  = 500
	recentTrades = 90
	olderOthers  = 60
	products     = 134
	span         = 30 * 24 * time.Hour
	rest         = 10 * time.Minute
)

// sold are the products that other systems' sandboxes sell; of the rest some are deleted.
const sold = 62

// Platforms as this sandbox numbers them. That 127 are own shops is the vendor's; the others are ours.
const (
	offline   = 0
	taobao    = 1
	jingdong  = 3
	pinduoduo = 24
	ownShop   = 127
)

// noStock is a product of which there is none, otherHouse a warehouse of somebody else's system.
const (
	noStock    = "SKU-EMPTY"
	otherHouse = "CK009"
)

func (b *Box) generate() {
	random := rand.New(rand.NewPCG(b.o.Seed, 0x776474)) //nolint:gosec // data of a simulation
	b.baseData(random)
	step := (span - 2*time.Hour) / olderTrades
	for i := range olderTrades {
		b.trade(random, i, b.start.Add(-rest-time.Hour-time.Duration(olderTrades-i)*step))
	}
	for i := range recentTrades {
		// Several of a second, so that the edge of some page runs through it.
		b.trade(random, olderTrades+i, b.start.Add(-rest-time.Duration((recentTrades-i)/4)*2*time.Minute-time.Second))
	}
	for i := range olderOthers {
		b.otherStockout(random, i, b.start.Add(-rest-time.Duration(olderOthers-i)*(span/(olderOthers+2))))
	}
}

func (b *Box) baseData(random *rand.Rand) {
	b.shops, b.warehouses, b.carriers, b.goods = nil, nil, nil, nil
	for i, s := range []struct {
		name     string
		platform int
		disabled bool
	}{
		{"自有商城", ownShop, false},
		{"线下门店", offline, false},
		{"淘系旗舰店", taobao, false},
		{"拼多多专营店", pinduoduo, false},
		{"京东自营店", jingdong, false},
		{"已停用的商城", ownShop, true},
		{"小程序商城", ownShop, false},
	} {
		no := fmt.Sprintf("S%03d", i+1)
		b.shops = append(b.shops, &doc{id: int64(i + 1), no: no, platform: s.platform, deleted: s.disabled, values: map[string]string{
			"platform_id": strconv.Itoa(s.platform), "shop_id": strconv.Itoa(i + 1), "shop_no": no, "shop_name": s.name,
			"province_name": "浙江省", "city_name": "杭州市", "district_name": "西湖区", "is_disabled": flag(s.disabled),
		}})
	}
	// The last two have the codes of another ERP's sandbox, as companies give both the same.
	for i, no := range strings.Fields("CK001 CK002 CK003 CK004 CK005 CK006 CK007 CK008 CK009 1 2") {
		kind := 1
		if no == otherHouse {
			kind = 11
		}
		b.warehouses = append(b.warehouses, &doc{id: int64(i + 1), no: no, kind: kind, modified: b.start.Add(-span), values: map[string]string{
			"warehouse_id": strconv.Itoa(i + 1), "warehouse_no": no, "name": "仓库" + strconv.Itoa(i+1) + "号", "warehouse_type": strconv.Itoa(kind),
			"province": "浙江省", "city": "杭州市", "district": "西湖区",
		}})
	}
	for i, name := range []string{"中通快递", "顺丰速运", "圆通速递", "京东快递", "邮政特快"} {
		no := []string{"ZTO", "SF", "YTO", "JD", "EMS"}[i]
		b.carriers = append(b.carriers, &doc{id: int64(i + 1), no: no, name: name, modified: b.start.Add(-span), values: map[string]string{
			"logistics_id": strconv.Itoa(i + 1), "logistics_no": no, "logistics_name": name, "logistics_type": strconv.Itoa(4 + i), "priority": strconv.Itoa(i + 1),
		}})
	}
	for i := range products {
		b.product(random, i)
	}
}

// product makes a product of three variants; one of them has no stock.
func (b *Box) product(random *rand.Rand, i int) {
	g := &doc{
		id: int64(5001 + i), no: fmt.Sprintf("G%03d", i+1), deleted: i >= sold && i%30 == 29,
		modified: b.start.Add(-rest - time.Duration(random.Int64N(int64(span-time.Hour)))).Truncate(time.Second),
	}
	g.values = map[string]string{
		"goods_id": strconv.FormatInt(g.id, 10), "goods_no": g.no, "goods_name": fmt.Sprintf("测试商品%03d号", i+1),
		"goods_type": "1", "spec_count": "3", "brand_no": "PP01", "brand_name": "示例品牌", "class_name": "服装", "unit": "件",
		"created": stamp(b.start.Add(-span)), "deleted": flag(g.deleted),
	}
	for n, name := range []string{"白;L", "黑;XL", "红;均码"} {
		code := fmt.Sprintf("SKU-%04d", i*3+n+1)
		if i == 0 && n == 2 {
			code = noStock
		}
		g.codes = append(g.codes, code)
		g.lines = append(g.lines, map[string]string{
			"spec_id": strconv.FormatInt(g.id*10+int64(n), 10), "spec_no": code, "spec_code": code, "spec_name": name,
			"barcode": fmt.Sprintf("69%011d", i*3+n+1), "retail_price": money(int64(990+random.IntN(99000)) * 100), "modified": stamp(g.modified),
		})
	}
	b.goods = append(b.goods, g)
}

// trade makes an order and, where it was audited, its stock-out.
func (b *Box) trade(random *rand.Rand, i int, modified time.Time) {
	shop := b.shops[[]int{0, 0, 0, 1, 2, 2, 3, 4, 6, 0}[random.IntN(10)]]
	d := &doc{
		id: int64(10001 + i), no: fmt.Sprintf("JY%s%05d", modified.Format("20060102"), i+1),
		status: []int{110, 110, 110, 110, 95, 95, 55, 30, 5, 110}[i%10],
		shop:   shop.no, platform: shop.platform, house: b.warehouses[i%6].no, modified: modified.Truncate(time.Second),
	}
	d.tids = []string{fmt.Sprintf("T%s%05d", modified.Format("20060102"), i+1)}
	if i%17 == 3 {
		d.tids = append(d.tids, d.tids[0]+"B")
	}
	carrier := b.carriers[i%len(b.carriers)]
	d.values = map[string]string{
		"trade_id": strconv.FormatInt(d.id, 10), "trade_no": d.no, "platform_id": strconv.Itoa(d.platform), "shop_no": shop.no,
		"shop_name": shop.values["shop_name"], "shop_id": shop.values["shop_id"], "warehouse_no": d.house, "src_tids": strings.Join(d.tids, ","),
		"trade_status": strconv.Itoa(d.status), "trade_type": "1", "delivery_term": "1",
		"trade_time": stamp(modified.Add(-4 * time.Hour)), "pay_time": stamp(modified.Add(-4*time.Hour + time.Minute)), "created": stamp(modified.Add(-3 * time.Hour)),
		"customer_no": fmt.Sprintf("KH%05d", 1+random.IntN(300)), "buyer_nick": fmt.Sprintf("buyer_%03d", 1+random.IntN(300)),
		"customer_name": "张样", "receiver_name": "张样", "receiver_mobile": fmt.Sprintf("1380000%04d", random.IntN(10000)),
		"receiver_address": "示范街" + strconv.Itoa(1+i%90) + "号", "receiver_area": "浙江省 杭州市 西湖区",
		"receiver_province": "330000", "receiver_city": "330100", "receiver_district": "330106",
		"logistics_id": carrier.values["logistics_id"], "logistics_code": carrier.no, "logistics_name": carrier.name, "logistics_type": carrier.values["logistics_type"],
		"buyer_message": message(i),
	}
	b.fillLines(random, d, i)
	if d.status >= 55 {
		b.salesStockout(d, i)
	}
	b.trades = append(b.trades, d)
}

func (b *Box) fillLines(random *rand.Rand, d *doc, i int) {
	var total, count int64
	for n := range 1 + random.IntN(4) {
		g := b.goods[1+random.IntN(products-1)]
		spec := g.lines[random.IntN(3)]
		quantity := int64(1 + random.IntN(5))
		cents := int64(990 + random.IntN(99000))
		amount := cents * quantity
		price, whole := money(cents*100), money(amount*100)
		if i == 41 && n == 0 {
			// More digits than a binary float holds.
			price, whole, quantity = "12345678901234567.8900", "12345678901234567.8900", 1
		}
		tid := d.tids[n%len(d.tids)]
		d.lines = append(d.lines, map[string]string{
			"rec_id": strconv.FormatInt(d.id*10+int64(n), 10), "trade_id": strconv.FormatInt(d.id, 10), "spec_id": spec["spec_id"], "spec_no": spec["spec_no"],
			"spec_code": spec["spec_code"], "spec_name": spec["spec_name"], "goods_no": g.no, "goods_id": g.values["goods_id"], "goods_name": g.values["goods_name"],
			"unit_name": "件", "barcode": spec["barcode"], "src_tid": tid, "src_oid": fmt.Sprintf("%s-%d", tid, n+1), "platform_id": strconv.Itoa(d.platform),
			"num": money(quantity * 10000), "actual_num": money(quantity * 10000), "price": price, "order_price": price, "share_price": price, "share_amount": whole, "paid": whole,
			"gift_type": flag(n == 3), "modified": stamp(d.modified), "created": d.values["created"],
		})
		total, count = total+amount, count+quantity
	}
	for _, name := range []string{"goods_amount", "receivable", "paid", "dap_amount"} {
		d.values[name] = money(total * 100)
	}
	d.values["goods_count"], d.values["raw_goods_count"] = money(count*10000), money(count*10000)
	d.values["goods_type_count"] = strconv.Itoa(len(d.lines))
}

// salesStockout makes the stock-out of an order, changed a while after it was sent.
func (b *Box) salesStockout(t *doc, i int) {
	s := &doc{
		id: 2756286207594856000 + int64(i), no: strings.Replace(t.no, "JY", "CK", 1), status: t.status, shop: t.shop, platform: t.platform,
		house: t.house, order: t.no, tids: t.tids, modified: t.modified, values: map[string]string{},
	}
	if s.status >= 95 {
		s.sent = t.modified.Add(-time.Duration(1+i%40) * time.Minute)
		s.tracking = fmt.Sprintf("78%012d", i+1)
		t.values["consign_status"], t.values["stockout_no"], t.values["logistics_no"], t.tracking = "15", s.no, s.tracking, s.tracking
	}
	for _, name := range []string{
		"shop_no", "shop_name", "platform_id", "warehouse_no", "src_tids", "trade_id", "trade_no", "trade_status", "trade_type", "trade_time", "pay_time",
		"delivery_term", "customer_no", "customer_name", "receiver_name", "receiver_mobile", "receiver_address", "receiver_area", "logistics_id",
		"logistics_code", "logistics_name", "logistics_type", "buyer_message", "goods_count", "goods_type_count", "receivable", "paid", "created",
	} {
		s.values[name] = t.values[name]
	}
	s.values["stockout_id"], s.values["stockout_no"], s.values["order_no"] = strconv.FormatInt(s.id, 10), s.no, s.no
	s.values["src_order_no"], s.values["src_order_id"], s.values["src_order_type"] = t.no, t.values["trade_id"], "1"
	s.values["status"], s.values["order_type"], s.values["order_type_name"] = strconv.Itoa(s.status), "1", "销售订单"
	s.values["nick_name"], s.values["goods_total_amount"], s.values["logistics_no"] = t.values["buyer_nick"], t.values["goods_amount"], s.tracking
	s.values["warehouse_name"], s.values["warehouse_id"] = "仓库"+t.house[4:]+"号", t.house[4:]
	for n, line := range t.lines {
		copied := map[string]string{"stockout_id": s.values["stockout_id"], "rec_id": strconv.FormatInt(s.id*10%1_000_000_000+int64(n), 10), "sell_price": line["price"], "refund_status": "0"}
		for _, name := range []string{"spec_id", "spec_no", "spec_code", "spec_name", "goods_no", "goods_name", "num", "price", "share_price", "share_amount", "gift_type", "src_oid", "src_tid", "modified"} {
			copied[name] = line[name]
		}
		s.lines = append(s.lines, copied)
	}
	b.stockouts = append(b.stockouts, s)
}

// otherStockout makes one of the stock-outs that no sales order is behind.
func (b *Box) otherStockout(random *rand.Rand, i int, modified time.Time) {
	g := b.goods[1+random.IntN(products-1)]
	d := &doc{
		id: int64(700001 + i), no: fmt.Sprintf("CK%sQ%04d", modified.Format("20060102"), i+1), status: []int{110, 95, 50, 55}[i%4],
		kind: []int{7, 2, 4}[i%3], house: b.warehouses[i%6].no, modified: modified.Truncate(time.Second),
	}
	d.sent = d.modified
	if d.status < 95 {
		d.sent = time.Time{}
	}
	d.values = map[string]string{
		"stockout_id": strconv.FormatInt(d.id, 10), "order_no": d.no, "warehouse_no": d.house, "status": strconv.Itoa(d.status), "order_type": strconv.Itoa(d.kind),
		"order_type_name": map[int]string{7: "其他出库", 2: "调拨出库", 4: "盘亏出库"}[d.kind], "goods_count": "2.0000", "created": stamp(d.modified.Add(-time.Hour)),
	}
	d.lines = []map[string]string{{
		"rec_id": strconv.FormatInt(d.id*10, 10), "stockout_id": strconv.FormatInt(d.id, 10), "spec_no": g.codes[0], "spec_code": g.codes[0],
		"goods_no": g.no, "goods_name": g.values["goods_name"], "num": "2.0000", "price": "10.5000", "total_amount": "21.0000",
	}}
	b.others = append(b.others, d)
}

// message is what buyers write: mostly nothing, and what breaks careless quoting.
func message(i int) string {
	switch i % 10 {
	case 0:
		return "请说\"谢谢\"😀"
	case 1:
		return "第一行\n第二行 C:\\路径 {{trade_no}}"
	case 2:
		return "</script>'; -- 尽快发货"
	default:
		return ""
	}
}

// money writes ten-thousandths with four decimals.
func money(parts int64) string { return fmt.Sprintf("%d.%04d", parts/10000, parts%10000) }

func flag(set bool) string {
	if set {
		return "1"
	}
	return "0"
}
