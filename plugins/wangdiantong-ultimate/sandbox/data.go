package sandbox

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/boxkit"
	"github.com/karezflow/karez/sdk/item"
)

// outs are the stock-out orders that were pushed.
const outs = "stockother_out"

// pieces is the stock of each of the products SKU-0001 and so on.
const (
	products = 60
	pieces   = 1000
)

// recent are orders of the last hour, older those of the thirty days before.
const (
	recent = 90
	older  = 300
)

func read(text string) (time.Time, error) {
	return time.ParseInLocation(time.DateTime, text, boxkit.Zone())
}

func changed(r boxkit.Record) time.Time { return r.At }

// millis reads a moment that is written in milliseconds.
func millis(text string) time.Time {
	n, _ := strconv.ParseInt(text, 10, 64) // generated, and so a number
	return time.UnixMilli(n)
}

// generate makes the data, the same for the same moment. The last change lies ten minutes back.
func generate(now time.Time) map[string][]boxkit.Record {
	now = now.Truncate(time.Second).Add(-10 * time.Minute)
	var trades, shops, houses []boxkit.Record
	for i, name := range []string{"自有商城", "线下门店", "京东自营店", "已停用的商城", "小程序商城"} {
		shops = append(shops, boxkit.New(fmt.Sprintf("S%03d", i+1), now, map[string]any{
			"shop_id": i + 1, "shop_no": fmt.Sprintf("S%03d", i+1), "shop_name": name, "platform_id": []int{127, 0, 3, 127, 127}[i], "sub_platform_id": 0,
			"province": "浙江省", "city": "杭州市", "district": "西湖区", "is_disabled": i == 3, "auth_state": 1, "modified": boxkit.Stamp(now), "created": boxkit.Stamp(now.Add(-720 * time.Hour)),
		}))
	}
	for i := range 7 {
		houses = append(houses, boxkit.New(fmt.Sprintf("CK%03d", i+1), now, map[string]any{
			"warehouse_id": i + 1, "warehouse_no": fmt.Sprintf("CK%03d", i+1), "name": fmt.Sprintf("仓库%d号", i+1), "type": 1, "sub_type": 0,
			"province": "浙江省", "city": "杭州市", "is_disabled": i == 5, "modified": now.UnixMilli(), "created": boxkit.Stamp(now.Add(-720 * time.Hour)),
		}))
	}
	for i := range older {
		trades = append(trades, trade(i, now.Add(-time.Hour-time.Duration(older-i)*2*time.Hour)))
	}
	for i := range recent {
		// Several of a second, so that the edge of some page runs through it.
		trades = append(trades, trade(older+i, now.Add(-time.Duration((recent-1-i)/4)*2*time.Minute)))
	}
	boxkit.Sort(trades)
	return map[string][]boxkit.Record{"trade": trades, "shop": shops, "warehouse": houses, outs: nil}
}

// trade makes an order. Only own and offline shops tell who bought.
func trade(i int, at time.Time) boxkit.Record {
	no, src := fmt.Sprintf("JY2024%06d", i+1), fmt.Sprintf("T%010d", 8000000+i)
	money := func(n int64) json.RawMessage { return json.RawMessage(fmt.Sprintf("%d.%04d", n/10000, n%10000)) }
	price := int64(990000 + i*13700)
	total := price * 2
	id := int64(2756286207594000000) + int64(i)
	fields := map[string]any{
		"trade_id": id, "trade_no": no, "src_tids": src, "shop_no": fmt.Sprintf("S%03d", i%5+1), "shop_name": "店铺", "warehouse_no": fmt.Sprintf("CK%03d", i%4+1),
		"platform_id": 127, "trade_status": []int{30, 55, 95, 110}[i%4], "trade_type": 1, "delivery_term": 1, "refund_status": 0, "trade_from": strconv.Itoa(1 + i%3),
		"trade_time": strconv.FormatInt(at.Add(-26*time.Hour).UnixMilli(), 10), "pay_time": boxkit.Stamp(at.Add(-25 * time.Hour)),
		"buyer_nick": "buyer-" + strconv.Itoa(i), "receiver_name": "张样", "receiver_mobile": fmt.Sprintf("1380000%04d", i), "receiver_area": "浙江省 杭州市 西湖区",
		"receiver_address": "示范街1号 \"A座\" <2>\n😀", "logistics_code": "ZTO", "logistics_no": fmt.Sprintf("79%012d", i), "goods_count": json.RawMessage("2.0000"),
		"goods_amount": money(total), "post_amount": json.RawMessage("8.0000"), "discount": json.RawMessage("0.0000"), "receivable": money(total + 80000), "paid": money(total + 80000),
		"cs_remark": "", "modified": boxkit.Stamp(at), "created": strconv.FormatInt(at.Add(-26*time.Hour).UnixMilli(), 10),
		"detail_list": []map[string]any{{
			"rec_id": id*10 + 1, "trade_id": id, "src_oid": src + "-1", "src_tid": src, "spec_no": fmt.Sprintf("SKU-%04d", i%products+1), "goods_no": fmt.Sprintf("G%03d", i%products/3+1),
			"goods_name": fmt.Sprintf("测试商品%03d号", i%products/3+1), "spec_name": "白;L", "num": json.RawMessage("2.0000"), "price": money(price), "share_price": money(price),
			"share_amount": money(total), "discount": json.RawMessage("0.0000"), "gift_type": 0, "refund_status": 0,
		}},
	}
	if i%5 == 2 {
		fields["platform_id"], fields["buyer_nick"], fields["receiver_name"], fields["receiver_mobile"], fields["receiver_address"] = 3, nil, nil, nil, nil
	}
	if status := fields["trade_status"]; status == 95 || status == 110 {
		fields["consign_time"] = strconv.FormatInt(at.UnixMilli(), 10)
	}
	return boxkit.New(no, at, fields)
}

// push makes another stock-out order.
func (v *Vendor) push(order, lines item.Value) (any, *refusal) {
	if order.Kind() != item.Object || lines.Kind() != item.Array {
		return nil, &refusal{1, "argument type mismatch"}
	}
	outer, house := order.Field("outer_no").Text(), order.Field("warehouse_no").Text()
	if outer == "" {
		outer = fmt.Sprintf("QC%010d", len(v.Lists[outs])+1)
	}
	switch {
	case len([]rune(outer)) > 40:
		return nil, refuse("外部单号超长")
	case slices.ContainsFunc(v.Lists[outs], func(r boxkit.Record) bool { return r.Key == outer }):
		return nil, refuse("外部单号重复!")
	case house == "":
		return nil, refuse("仓库编号不可为空")
	}
	known := slices.IndexFunc(v.Lists["warehouse"], func(r boxkit.Record) bool { return r.Key == house })
	if known < 0 || v.Lists["warehouse"][known].Field("is_disabled") == "true" {
		return nil, refuse("仓库%s不存在或已停用", house)
	}
	if len([]rune(order.Field("remark").Text())) > 255 {
		return nil, refuse("Data truncation: Data too long for column 'remark'")
	}
	if carrier := order.Field("logistics_code").Text(); carrier != "" && !slices.Contains(strings.Fields("ZTO SF YTO JD EMS"), carrier) {
		return nil, refuse("不存在物流编码为 %s 的物流公司或业务类型错误!", carrier)
	}
	short, no := looked(lines)
	if no != nil {
		return nil, no
	}
	if short != nil && order.Field("create_check_stock").Text() == "0" {
		return nil, short
	}
	raw := slices.Concat(order.Raw()[:len(order.Raw())-1], []byte(`,"detail_list":`), lines.Raw(), []byte(`}`))
	v.Lists[outs] = append(v.Lists[outs], boxkit.Record{Key: outer, At: v.Clock(), JSON: raw})
	answer := map[string]any{"outer_no": outer, "message": outer, "status": 0}
	if short != nil && order.Field("is_check").Text() == "true" { // the order is made, and its check failed
		answer["message"], answer["status"] = short.message, 20
	}
	if v.Options.Nameless {
		delete(answer, "outer_no")
	}
	return answer, nil
}

// looked looks at the lines of an order. short tells that the stock does not do.
func looked(lines item.Value) (short, no *refusal) {
	seen := map[string]bool{}
	for line := range lines.Elements() {
		spec, num := line.Field("spec_no").Text(), line.Field("num").Text()
		n, err := strconv.Atoi(strings.TrimPrefix(spec, "SKU-"))
		known := err == nil && 1 <= n && n <= products && spec == fmt.Sprintf("SKU-%04d", n)
		switch {
		case spec == "":
			return nil, refuse("spec_no must not be null")
		case !known:
			return nil, refuse("商家编码%s不存在", spec)
		case seen[spec]:
			return nil, refuse("货品列表中有相同商家编码的货品！")
		case !regexp.MustCompile(`^[0-9]{1,9}(\.0{1,4})?$`).MatchString(num) || strings.Trim(num, "0.") == "":
			return nil, refuse("数量不合法")
		}
		whole, _, _ := strings.Cut(num, ".")
		if n, err := strconv.ParseInt(whole, 10, 64); err != nil || n > pieces {
			short = refuse("商家编码（%s）,出库量不能大于可出库存量", spec)
		}
		seen[spec] = true
	}
	if len(seen) == 0 {
		return nil, refuse("货品列表中货品不存在或者货品重复!")
	}
	return short, nil
}
