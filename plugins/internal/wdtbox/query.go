package wdtbox

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The longest ranges of a query.
const (
	tradeSpan = time.Hour
	longSpan  = 30 * 24 * time.Hour
)

// defaultSize and maxSize are the rows of a page.
const (
	defaultSize = 40
	baseSize    = 30 // of shops and warehouses
	maxSize     = 100
	maxShops    = 20
)

func tradeParams() []string {
	return strings.Fields(`start_time end_time status src_tid trade_no shop_no shop_nos warehouse_no goodstax has_logistics_no
		is_fuzzy src img_url logistics_no page_size page_no`)
}

func stockoutParams() []string {
	return strings.Fields(`start_time end_time status src_order_no src_tid stockout_no shop_no shop_nos warehouse_no
		is_by_modified is_no_position fetch_stock_only page_no page_size`)
}

func otherParams() []string {
	return strings.Fields(`start_time end_time order_type status warehouse_no src_order_no stockout_no outer_no page_size page_no`)
}

func goodsParams() []string {
	return strings.Fields(`start_time end_time spec_no goods_no brand_no class_name barcode deleted page_size page_no`)
}

// search is what a query does: which rows match, in which order and which of their fields are hidden.
type search struct {
	list    string
	table   *table
	docs    []*doc
	match   []func(*doc) bool
	at      func(*doc) time.Time
	hidden  func(*doc) []string
	size    int
	noTotal bool
}

func modified(d *doc) time.Time { return d.modified }

func sent(d *doc) time.Time { return d.sent }

// queryTrades selects by time of change within an hour, or by a number, which overrides everything else.
func (c *call) queryTrades() ([]byte, *Refusal) {
	s := &search{list: "trades", table: &c.tables.trade, docs: c.trades, at: modified, hidden: c.receivers, size: defaultSize}
	s.match = append(s.match, c.visible)
	switch tid, no, tracking := c.params["src_tid"], c.params["trade_no"], c.params["logistics_no"]; {
	case no != "":
		s.only(func(d *doc) bool { return d.no == no })
		return c.page(s)
	case tid != "":
		s.only(func(d *doc) bool { return slices.Contains(d.tids, tid) })
		return c.page(s)
	case tracking != "":
		s.only(func(d *doc) bool { return d.tracking == tracking })
		return c.page(s)
	}
	if no := c.within(s, tradeSpan, "订单编号"); no != nil {
		return nil, no
	}
	status, no := c.number("status", 0)
	if no != nil {
		return nil, no
	}
	if status != 0 {
		s.only(func(d *doc) bool { return d.status == status })
	}
	if want := c.params["has_logistics_no"]; want == "1" || want == "2" {
		s.only(func(d *doc) bool { return (d.tracking != "") == (want == "2") })
	}
	return c.narrowed(s)
}

// queryStockouts selects by the time of sending unless it is told otherwise.
func (c *call) queryStockouts() ([]byte, *Refusal) {
	s := &search{list: "stockout_list", table: &c.tables.stockout, docs: c.stockouts, at: sent, hidden: c.receivers, size: defaultSize}
	s.match = append(s.match, c.visible)
	status, no := c.number("status", 0)
	if no != nil {
		return nil, no
	}
	named := false
	for _, by := range []struct {
		param string
		is    func(*doc, string) bool
	}{
		{"stockout_no", func(d *doc, v string) bool { return d.no == v }},
		{"src_order_no", func(d *doc, v string) bool { return d.order == v }},
		{"src_tid", func(d *doc, v string) bool { return slices.Contains(d.tids, v) }},
	} {
		if value := c.params[by.param]; value != "" {
			named = true
			s.only(func(d *doc) bool { return by.is(d, value) })
		}
	}
	byModified := c.params["is_by_modified"] == "1" && (status != 0 || !c.o.ByModifiedNeedsStatus)
	if byModified || status > 0 && status < 95 {
		s.at = modified
	}
	c.ofStatus(s, status, named)
	if !named {
		if no := c.within(s, longSpan, "单号"); no != nil {
			return nil, no
		}
	}
	return c.narrowed(s)
}

// queryOthers selects stock-outs that no sales order is behind.
func (c *call) queryOthers() ([]byte, *Refusal) {
	s := &search{list: "stockout_list", table: &c.tables.other, docs: c.others, at: sent, size: defaultSize}
	status, no := c.number("status", 0)
	if no != nil {
		return nil, no
	}
	named := false
	for param, of := range map[string]func(*doc) string{
		"stockout_no":  func(d *doc) string { return d.no },
		"src_order_no": func(d *doc) string { return d.order },
		"outer_no":     func(d *doc) string { return d.outer },
	} {
		if value := c.params[param]; value != "" && (param != "outer_no" || c.o.OuterNoSearch) {
			named = true
			s.only(func(d *doc) bool { return of(d) == value })
		}
	}
	if status > 0 && status < 95 {
		s.at = modified
	}
	c.ofStatus(s, status, named)
	kind, no := c.number("order_type", 0)
	if no != nil {
		return nil, no
	}
	if kind != 0 {
		s.only(func(d *doc) bool { return d.kind == kind })
	}
	if !named {
		if no := c.within(s, longSpan, "单号"); no != nil {
			return nil, no
		}
	}
	return c.narrowed(s)
}

// ofStatus narrows to a status; without one to what was sent or finished.
func (c *call) ofStatus(s *search, status int, named bool) {
	switch {
	case status != 0:
		s.only(func(d *doc) bool { return d.status == status })
	case !named || !c.o.NumberAnyStatus:
		s.only(func(d *doc) bool { return d.status >= 95 })
	}
}

// queryGoods selects by time of change or by number.
func (c *call) queryGoods() ([]byte, *Refusal) {
	s := &search{list: "goods_list", table: &c.tables.goods, docs: c.goods, at: modified, size: defaultSize}
	if c.params["deleted"] != "1" {
		s.only(func(d *doc) bool { return !d.deleted })
	}
	spec, no := c.params["spec_no"], c.params["goods_no"]
	if spec != "" {
		s.only(func(d *doc) bool { return slices.Contains(d.codes, spec) })
	}
	if no != "" {
		s.only(func(d *doc) bool { return d.no == no })
	}
	if barcode := c.params["barcode"]; barcode != "" {
		s.only(func(d *doc) bool {
			return slices.ContainsFunc(d.lines, func(line map[string]string) bool { return line["barcode"] == barcode })
		})
	}
	if spec == "" && no == "" {
		if no := c.within(s, longSpan, "商家编码、货品编号"); no != nil {
			return nil, no
		}
	}
	return c.page(s)
}

func (c *call) queryShops() ([]byte, *Refusal) {
	s := &search{list: "shoplist", table: &c.tables.shop, docs: c.shops, at: modified, size: baseSize}
	if no := c.params["shop_no"]; no != "" {
		s.only(func(d *doc) bool { return d.no == no })
	}
	if platform := c.params["platform"]; platform != "" {
		s.only(func(d *doc) bool { return strconv.Itoa(d.platform) == platform })
	}
	return c.page(s)
}

func (c *call) queryWarehouses() ([]byte, *Refusal) {
	s := &search{list: "warehouses", table: &c.tables.warehouse, docs: c.warehouses, at: modified, size: baseSize}
	if no := c.params["warehouse_no"]; no != "" {
		s.only(func(d *doc) bool { return d.no == no })
	}
	if kind := cmp.Or(c.params["type"], c.params["warehouse_type"]); kind != "" {
		s.only(func(d *doc) bool { return strconv.Itoa(d.kind) == kind })
	}
	return c.page(s)
}

// queryCarriers answers all carriers: the interface has no pages.
func (c *call) queryCarriers() ([]byte, *Refusal) {
	s := &search{list: "logistics_list", table: &c.tables.carrier, docs: c.carriers, at: modified, size: maxSize, noTotal: true}
	if no := c.params["logistics_no"]; no != "" {
		s.only(func(d *doc) bool { return d.no == no })
	}
	if name := c.params["logistics_name"]; name != "" {
		s.only(func(d *doc) bool { return d.name == name })
	}
	return c.page(s)
}

func (s *search) only(match func(*doc) bool) { s.match = append(s.match, match) }

// visible tells orders that the route may see. Which families the gateway has besides
// Taobao's is assumed.
func (c *call) visible(d *doc) bool {
	return d.platform != pinduoduo && (c.route == Qimen || d.platform != taobao)
}

// receivers are the fields that the route hides of an order.
func (c *call) receivers(d *doc) []string {
	if c.route == Direct && (d.platform == ownShop || d.platform == offline) {
		return nil
	}
	return []string{
		"receiver_name", "receiver_address", "receiver_mobile", "receiver_telno", "buyer_nick", "nick_name", "id_card", "customer_name", "pay_account",
	}
}

// within narrows to a range of time, whose ends both belong to it.
func (c *call) within(s *search, longest time.Duration, otherwise string) *Refusal {
	from, to := c.params["start_time"], c.params["end_time"]
	if from == "" || to == "" {
		return refuse(c.o.Codes.Missing, "起止时间与%s至少要有一项", otherwise)
	}
	start, err1 := time.ParseInLocation(time.DateTime, from, shanghai())
	end, err2 := time.ParseInLocation(time.DateTime, to, shanghai())
	switch {
	case err1 != nil || err2 != nil:
		return refuse(c.o.Codes.Input, "时间的格式应为 yyyy-MM-dd HH:mm:ss")
	case end.Before(start):
		return refuse(c.o.Codes.Input, "end_time 早于 start_time")
	case end.Sub(start) > longest:
		return refuse(c.o.Codes.Input, "时间跨度超过 %d 分钟", int(longest.Minutes()))
	}
	s.only(func(d *doc) bool { at := s.at(d); return !at.Before(start) && !at.After(end) })
	return nil
}

// narrowed applies shops and warehouse before the page.
func (c *call) narrowed(s *search) ([]byte, *Refusal) {
	if shop := c.params["shop_no"]; shop != "" {
		s.only(func(d *doc) bool { return d.shop == shop })
	}
	if list := c.params["shop_nos"]; list != "" {
		shops := strings.Split(list, ",")
		if len(shops) > maxShops {
			return nil, refuse(c.o.Codes.Input, "shop_nos 最多 %d 个", maxShops)
		}
		s.only(func(d *doc) bool { return slices.Contains(shops, d.shop) })
	}
	if house := c.params["warehouse_no"]; house != "" {
		s.only(func(d *doc) bool { return d.house == house })
	}
	return c.page(s)
}

// page renders one page, and the number of all matches with the first.
func (c *call) page(s *search) ([]byte, *Refusal) {
	number, no := c.number("page_no", 0)
	if no != nil {
		return nil, no
	}
	size, no := c.number("page_size", s.size)
	if no != nil {
		return nil, no
	}
	if number < 0 || size < 1 || size > maxSize {
		return nil, refuse(c.o.Codes.Input, "page_no 从 0 开始，page_size 在 1 到 %d 之间", maxSize)
	}
	var found []*doc
	for _, d := range s.docs {
		if !slices.ContainsFunc(s.match, func(match func(*doc) bool) bool { return !match(d) }) {
			found = append(found, d)
		}
	}
	slices.SortStableFunc(found, func(a, b *doc) int { return cmp.Or(s.at(a).Compare(s.at(b)), cmp.Compare(a.id, b.id)) })
	var out []byte
	if number == 0 && !s.noTotal {
		out = strconv.AppendInt(append(out, `,"total_count":`...), int64(len(found)), 10)
	}
	out = append(append(out, `,"`+s.list...), `":[`...)
	first := min(number*size, len(found))
	for i, d := range found[first:min(first+size, len(found))] {
		if i > 0 {
			out = append(out, ',')
		}
		var hidden []string
		if s.hidden != nil {
			hidden = s.hidden(d)
		}
		out = append(out, s.table.row(hidden, d)...)
	}
	return append(out, ']'), nil
}

// number reads an integer parameter.
func (c *call) number(name string, otherwise int) (int, *Refusal) {
	text := c.params[name]
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, refuse(c.o.Codes.Input, "%s 应为整数", name)
	}
	return n, nil
}
