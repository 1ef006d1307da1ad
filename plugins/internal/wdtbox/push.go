package wdtbox

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// text is a member of a pushed document: a text or a number as it was written.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		s = string(raw)
	}
	if s == "null" {
		s = ""
	}
	*t = text(s)
	return nil
}

// amount reads a decimal exactly.
func (t text) amount() (*big.Rat, bool) {
	if t == "" || strings.ContainsAny(string(t), "/eE_xX") {
		return new(big.Rat), false
	}
	return new(big.Rat).SetString(string(t))
}

// pushed is an order that is pushed, with the fields that are looked at.
type pushed struct {
	fields map[string]text
	lines  []map[string]text
	body   []byte
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *pushed) UnmarshalJSON(raw []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return err
	}
	p.fields, p.body = map[string]text{}, slices.Clone(raw)
	for name, value := range members {
		if name == "order_list" {
			if err := json.Unmarshal(value, &p.lines); err != nil {
				return err
			}
			continue
		}
		var t text
		if err := json.Unmarshal(value, &t); err != nil {
			return err
		}
		p.fields[name] = t
	}
	return nil
}

// rawTrade is a pushed order as it is kept. The quantities and prices of lines stay those of the first push.
type rawTrade struct {
	tid, shop string
	frozen    map[string][2]string
	body      []byte
}

func requiredOfTrade() []string {
	return strings.Fields(`tid trade_status delivery_term pay_time buyer_nick receiver_name receiver_province receiver_city receiver_district
		receiver_address receiver_mobile post_amount cod_amount ext_cod_fee other_amount paid`)
}

func requiredOfLine() []string {
	return strings.Fields(`oid num price status refund_status goods_id spec_no goods_name adjust_amount discount share_discount`)
}

// pushTrades makes raw orders, and changes those whose number is known.
func (c *call) pushTrades() ([]byte, *Refusal) {
	shop, no := c.pushShop()
	if no != nil {
		return nil, no
	}
	var list []pushed
	if json.Unmarshal([]byte(c.params["trade_list"]), &list) != nil {
		return nil, refuse(c.o.Codes.Input, "trade_list 不是订单的 JSON 数组")
	}
	if no := c.crowded(list); no != nil {
		return nil, no
	}
	strict := c.params["switch"] != "0"
	var good []*pushed
	for i := range list {
		bad := c.wrongTrade(&list[i], strict)
		if bad == nil {
			good = append(good, &list[i])
		} else if !c.o.Partial {
			return nil, bad
		}
	}
	added, changed := 0, 0
	for _, p := range good {
		if c.keep(p, shop) {
			added++
		} else {
			changed++
		}
	}
	c.writes["trade_push"]++
	return []byte(`,"new_count":` + strconv.Itoa(added) + `,"chg_count":` + strconv.Itoa(changed)), nil
}

func (c *call) pushShop() (*doc, *Refusal) {
	at := slices.IndexFunc(c.shops, func(d *doc) bool { return d.no == c.params["shop_no"] })
	switch {
	case at < 0:
		return nil, refuse(c.o.Codes.Refused, "店铺编号 %s 不存在", c.params["shop_no"])
	case c.shops[at].deleted:
		return nil, refuse(c.o.Codes.Refused, "店铺 %s 处于停用状态", c.shops[at].no)
	case c.shops[at].platform != ownShop:
		return nil, refuse(c.o.Codes.Refused, "只能向自有平台的店铺推送订单")
	default:
		return c.shops[at], nil
	}
}

// crowded refuses too many orders at a time, or too many of one buyer.
func (c *call) crowded(list []pushed) *Refusal {
	if len(list) == 0 {
		return refuse(c.o.Codes.Row, "trade_list 里没有订单")
	}
	if len(list) > c.o.MostTrades {
		return refuse(c.o.Codes.Row, "一次最多推送 %d 张订单", c.o.MostTrades)
	}
	buyers := map[text]int{}
	for _, p := range list {
		buyer := p.fields["buyer_nick"]
		if buyers[buyer]++; buyers[buyer] > c.o.SameBuyer {
			return refuse(c.o.Codes.Row, "一次推送中同一 buyer_nick 的订单超过 %d 张", c.o.SameBuyer)
		}
	}
	return nil
}

// wrongTrade says what is wrong with an order.
func (c *call) wrongTrade(p *pushed, strict bool) *Refusal {
	row := c.o.Codes.Row
	for _, name := range requiredOfTrade() {
		if p.fields[name] == "" {
			return refuse(row, "订单 %s 缺少 %s", p.fields["tid"], name)
		}
	}
	tid := p.fields["tid"]
	switch {
	case !slices.Contains([]text{"10", "20", "30", "40", "50", "70", "80", "90"}, p.fields["trade_status"]):
		return refuse(row, "订单 %s 的 trade_status 无效", tid)
	case !slices.Contains([]text{"1", "2", "3"}, p.fields["delivery_term"]):
		return refuse(row, "订单 %s 的 delivery_term 无效", tid)
	case strings.Trim(string(p.fields["receiver_province"]), "0123456789") == "":
		return refuse(row, "订单 %s 的省份应填中文名称", tid)
	case len(p.lines) == 0 || len(p.lines) > c.o.MostLines:
		return refuse(row, "订单 %s 的明细应有 1 到 %d 行", tid, c.o.MostLines)
	}
	if cod, _ := p.fields["cod_amount"].amount(); p.fields["delivery_term"] == "2" && p.fields["trade_status"] == "30" && cod.Sign() == 0 {
		return refuse(row, "货到付款的订单 %s 没有 COD 金额", tid)
	}
	due, _ := p.fields["post_amount"].amount()
	for _, line := range p.lines {
		if no := c.wrongLine(tid, line, due); no != nil {
			return no
		}
	}
	paid, ok := p.fields["paid"].amount()
	if !ok || strict && c.o.CheckPaid && p.fields["delivery_term"] == "1" && paid.Cmp(due) != 0 {
		return refuse(row, "订单 %s 的已付金额应为 %s", tid, due.FloatString(4))
	}
	return nil
}

// wrongLine says what is wrong with a line, and adds what it costs to due.
func (c *call) wrongLine(tid text, line map[string]text, due *big.Rat) *Refusal {
	row := c.o.Codes.Row
	for _, name := range requiredOfLine() {
		if line[name] == "" {
			return refuse(row, "订单 %s 的明细缺少 %s", tid, name)
		}
	}
	sum := new(big.Rat)
	for _, part := range []struct {
		name string
		sign int64
	}{{"num", 0}, {"price", 0}, {"adjust_amount", 1}, {"discount", -1}, {"share_discount", -1}} {
		value, ok := line[part.name].amount()
		if !ok {
			return refuse(row, "订单 %s 的 %s 不是数字", tid, part.name)
		}
		sum.Add(sum, value.Mul(value, big.NewRat(part.sign, 1)))
	}
	num, _ := line["num"].amount()
	price, _ := line["price"].amount()
	due.Add(due, sum.Add(sum, num.Mul(num, price)))
	if refund, err := strconv.Atoi(string(line["refund_status"])); err != nil || refund > 2 && line["status"] != "80" {
		return refuse(row, "子订单 %s 的状态与退款状态不符", line["oid"])
	}
	for _, r := range c.raw {
		was, known := r.frozen[string(line["oid"])]
		switch {
		case !known:
		case r.tid != string(tid):
			return refuse(row, "子订单编号 %s 属于订单 %s", line["oid"], r.tid)
		case c.o.Frozen == "refuse" && was != [2]string{string(line["num"]), string(line["price"])}:
			return refuse(row, "子订单 %s 的数量和单价不能修改", line["oid"])
		}
	}
	return nil
}

// keep keeps an order and tells whether it is new. The ERP's own order follows it.
func (c *call) keep(p *pushed, shop *doc) bool {
	tid := string(p.fields["tid"])
	at := slices.IndexFunc(c.raw, func(r *rawTrade) bool { return r.tid == tid })
	if at >= 0 {
		c.raw[at].body = p.body
		for _, d := range c.trades {
			if slices.Contains(d.tids, tid) {
				d.modified = c.now()
			}
		}
		return false
	}
	r := &rawTrade{tid: tid, shop: shop.no, body: p.body, frozen: map[string][2]string{}}
	d := &doc{id: c.id(), status: 30, shop: shop.no, platform: shop.platform, tids: []string{tid}, modified: c.now(), values: map[string]string{}}
	d.no = "JY" + d.modified.Format("20060102") + strconv.FormatInt(d.id%100000, 10)
	for name, value := range p.fields {
		d.values[name] = string(value)
	}
	// The pushed names of places stay with the raw order; the ERP's order has their codes.
	d.values["receiver_province"], d.values["receiver_city"], d.values["receiver_district"] = "", "", ""
	d.values["trade_id"], d.values["trade_no"], d.values["trade_status"] = strconv.FormatInt(d.id, 10), d.no, "30"
	d.values["shop_no"], d.values["shop_name"], d.values["src_tids"] = shop.no, shop.values["shop_name"], tid
	d.values["platform_id"], d.values["created"] = strconv.Itoa(shop.platform), stamp(d.modified)
	for n, line := range p.lines {
		r.frozen[string(line["oid"])] = [2]string{string(line["num"]), string(line["price"])}
		d.lines = append(d.lines, map[string]string{
			"rec_id": strconv.FormatInt(d.id*10+int64(n), 10), "trade_id": strconv.FormatInt(d.id, 10), "src_tid": tid, "src_oid": string(line["oid"]),
			"spec_no": string(line["spec_no"]), "goods_no": string(line["goods_no"]), "goods_name": string(line["goods_name"]),
			"num": string(line["num"]), "price": string(line["price"]), "created": stamp(d.modified), "modified": stamp(d.modified),
		})
	}
	c.raw, c.trades = append(c.raw, r), append(c.trades, d)
	return true
}

// stockoutInfo is a stock-out that is pushed.
type stockoutInfo struct {
	OuterNo  text              `json:"outer_no"`
	IsCheck  text              `json:"is_check"`
	IsSubmit text              `json:"is_submit"`
	House    text              `json:"warehouse_no"`
	Carrier  text              `json:"logistics_code"`
	Tracking text              `json:"logistics_no"`
	Remark   text              `json:"remark"`
	Reason   text              `json:"reason"`
	Amount   text              `json:"goods_total_amount"`
	Cost     text              `json:"goods_total_cost"`
	PostCost text              `json:"post_cost"`
	Details  []map[string]text `json:"detail_list"`
}

// pushStockout makes one stock-out that no sales order is behind.
func (c *call) pushStockout() ([]byte, *Refusal) {
	var info stockoutInfo
	if json.Unmarshal([]byte(c.params["stockout_info"]), &info) != nil {
		return nil, refuse(c.o.Codes.Input, "stockout_info 不是出库单的 JSON 对象")
	}
	if no := c.wrongStockout(&info); no != nil {
		return nil, no
	}
	at := slices.IndexFunc(c.others, func(d *doc) bool { return d.outer != "" && d.outer == string(info.OuterNo) })
	if at >= 0 {
		if c.o.Duplicate == "same" {
			return []byte(`,"stockout_no":"` + c.others[at].no + `"`), nil
		}
		return nil, refuse(c.o.Codes.Duplicate, "外部单号 %s 的出库单已经存在", info.OuterNo)
	}
	d := c.book(&info)
	c.writes["stockout_order_push"]++
	return []byte(`,"stockout_no":"` + d.no + `"`), nil
}

func (c *call) wrongStockout(info *stockoutInfo) *Refusal {
	no := c.o.Codes.Refused
	house := slices.IndexFunc(c.warehouses, func(d *doc) bool { return d.no == string(info.House) })
	switch {
	case info.OuterNo == "" || utf8.RuneCountInString(string(info.OuterNo)) > 40:
		return refuse(no, "outer_no 应有 1 到 40 个字符")
	case house < 0:
		return refuse(no, "仓库编号 %s 不存在", info.House)
	case c.warehouses[house].kind != 1:
		return refuse(no, "委外仓库 %s 请使用委外出入库接口", info.House)
	case utf8.RuneCountInString(string(info.Remark)) > 255:
		return refuse(no, "remark 最多 255 个字符")
	case info.Reason != "" && !slices.Contains([]text{"报损", "样品", "其他"}, info.Reason):
		return refuse(no, "出库原因 %s 不存在", info.Reason)
	case info.Carrier != "" && !slices.ContainsFunc(c.carriers, func(d *doc) bool { return d.no == string(info.Carrier) }):
		return refuse(no, "物流编号 %s 不存在", info.Carrier)
	case len(info.Details) == 0:
		return refuse(no, "detail_list 里没有货品")
	}
	for _, line := range info.Details {
		code := string(line["spec_no"])
		num, ok := line["num"].amount()
		switch {
		case !slices.ContainsFunc(c.goods, func(d *doc) bool { return !d.deleted && slices.Contains(d.codes, code) }):
			return refuse(no, "商家编码 %s 不存在", code)
		case !ok || num.Sign() <= 0:
			return refuse(no, "商家编码 %s 的数量应大于 0", code)
		case code == noStock && info.IsCheck == "1":
			return refuse(no, "商家编码 %s 库存不足", code)
		}
	}
	return nil
}

// book keeps a stock-out: audited at once, waiting for it, or still being edited. The number
// of the last state is assumed.
func (c *call) book(info *stockoutInfo) *doc {
	d := &doc{id: c.id(), status: 50, kind: 7, house: string(info.House), outer: string(info.OuterNo), modified: c.now(), tracking: string(info.Tracking)}
	switch {
	case info.IsCheck == "1":
		d.status, d.sent = 110, d.modified
	case info.IsSubmit == "0":
		d.status = 48
	}
	d.no = "CK" + d.modified.Format("20060102") + strconv.FormatInt(d.id, 10)
	d.values = map[string]string{
		"stockout_id": strconv.FormatInt(d.id, 10), "order_no": d.no, "warehouse_no": d.house, "status": strconv.Itoa(d.status), "order_type": "7",
		"order_type_name": "其他出库", "stockout_reason": string(info.Reason), "goods_total_amount": string(info.Amount), "goods_total_cost": string(info.Cost),
		"post_fee": string(info.PostCost), "logistics_no": d.tracking, "logistics_code": string(info.Carrier), "remark": string(info.Remark),
		"outer_no": d.outer, "created": stamp(d.modified),
	}
	count := new(big.Rat)
	for n, line := range info.Details {
		num, _ := line["num"].amount()
		count.Add(count, num)
		kept := map[string]string{"rec_id": strconv.FormatInt(d.id*10+int64(n), 10), "stockout_id": d.values["stockout_id"]}
		for _, name := range []string{"spec_no", "price", "position_no", "batch_no", "remark"} {
			kept[name] = string(line[name])
		}
		kept["num"] = num.FloatString(4)
		d.lines = append(d.lines, kept)
	}
	d.values["goods_count"] = count.FloatString(4)
	c.others = append(c.others, d)
	return d
}
