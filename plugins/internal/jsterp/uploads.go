package jsterp

import (
	"math/big"
	"slices"
	"strconv"

	"github.com/karezflow/karez/plugins/internal/jsttable"
)

// uploadRefund stores an after-sale document under its shop and platform's number, or changes
// one (documented: carrier and tracking number until the goods are received, state of the goods, of the document and reason).
func (e *ERP) uploadRefund(p *jsttable.Params, w *jsttable.Writer) string {
	number := p.Text("outer_as_id")
	say := func(id, order int64, why string) string {
		w.Int("as_id", id)
		w.Text("outer_as_id", number)
		w.Text("so_id", p.Text("so_id"))
		w.Int("o_id", order)
		return why
	}
	shop := e.shopNamed(p)
	if shop == nil {
		return say(0, 0, "店铺编号不存在")
	}
	order := e.orderOf(shop.ID, p.Text("so_id"))
	if why := badRefund(p, order); why != "" {
		return say(0, 0, why)
	}
	e.version++
	at := slices.IndexFunc(e.refunds, func(r *refund) bool { return r.ShopID == shop.ID && r.platformID == number })
	if at < 0 {
		r := e.newRefund(p, shop, order)
		e.refunds = append(e.refunds, r)
		return say(r.ID, r.OrderID, "")
	}
	known := e.refunds[at]
	if known.GoodStatus != "SELLER_RECEIVED" {
		known.carrier, known.tracking = p.Text("logistics_company"), p.Text("l_id")
	}
	if good := p.Text("good_status"); good != "" {
		known.GoodStatus = good
	}
	if question := p.Text("question_type"); question != "" {
		known.question = question
	}
	known.close(p)
	known.Modified, known.Version = e.now(), e.version
	known.Raw = known.render()
	return say(known.ID, known.OrderID, "")
}

func badRefund(p *jsttable.Params, order *jsttable.Record) string {
	switch {
	case p.Text("outer_as_id") == "":
		return "outer_as_id 不能为空"
	case order == nil:
		return "线上单号对应的订单不存在"
	case !slices.Contains([]string{"普通退货", "其它", "拒收退货", "仅退款", "投诉", "补发", "换货", "维修"}, p.Text("type")):
		return "售后类型 type 不正确"
	case !slices.Contains([]string{"BUYER_NOT_RECEIVED", "BUYER_RECEIVED", "BUYER_RETURNED_GOODS", "SELLER_RECEIVED"}, p.Text("good_status")):
		return "货物状态 good_status 不正确"
	case len(linesOf(p)) == 0:
		return "商品列表不能为空"
	}
	for _, l := range linesOf(p) {
		if qty, err := strconv.Atoi(l.Text("qty")); l.Text("sku_id") == "" || err != nil || qty <= 0 {
			return "商品编码不能为空且退货数量必须大于 0"
		}
	}
	return ""
}

// uploadedRefund is the kind of those that came by upload.
const uploadedRefund kind = "uploaded"

func (e *ERP) newRefund(p *jsttable.Params, shop, order *jsttable.Record) *refund {
	now := e.now()
	r := &refund{kind: uploadedRefund, created: now, platformID: p.Text("outer_as_id"), remark: p.Text("remark"), refund: amount(p.Text("refund"))}
	r.Record = jsttable.Record{
		ID: e.next["refund"], OrderID: order.OrderID, ShopID: shop.ID, OnlineID: order.OnlineID, Buyer: order.Buyer,
		Status: "WaitConfirm", GoodStatus: p.Text("good_status"), AfterSaleType: p.Text("type"), Modified: now, Version: e.version,
	}
	e.next["refund"]++
	r.carrier, r.tracking, r.question = p.Text("logistics_company"), p.Text("l_id"), p.Text("question_type")
	for i, l := range linesOf(p) {
		qty, _ := strconv.Atoi(l.Text("qty")) // badRefund has read it
		total := amount(l.Text("amount"))
		r.lines = append(r.lines, line{
			number: r.ID*100 + int64(i), sku: l.Text("sku_id"), name: l.Text("name"), variant: l.Text("properties_value"),
			quantity: qty, price: share(total, qty), amount: total,
		})
	}
	r.close(p)
	r.Raw = r.render()
	return r
}

// close notes the platform's state, and cancels a refund that is not confirmed yet and that the platform has closed.
func (r *refund) close(p *jsttable.Params) {
	if state := p.Text("shop_status"); state != "" {
		r.platformStatus = state
	}
	if p.Text("shop_status") == "CLOSED" && r.Status == "WaitConfirm" {
		r.Status = "Cancelled"
	}
}

// share gives the price of one of so many.
func share(total string, qty int) string {
	sum, ok := new(big.Rat).SetString(total)
	if !ok || qty == 0 {
		return total
	}
	return sum.Quo(sum, big.NewRat(int64(qty), 1)).FloatString(2)
}

// mostLines is how many lines an upload of 其它出入库 may have (documented).
const mostLines = 1000

// uploadOther stores a document of 其它出入库. What a second upload of an external_id gets is
// not documented: a rule decides.
func (e *ERP) uploadOther(p *jsttable.Params, rules Rules) ([]byte, *jsttable.Refusal) {
	if no := e.badOther(p); no != nil {
		return nil, no
	}
	number := p.Text("external_id")
	known := slices.IndexFunc(e.tables["other"], func(r *jsttable.Record) bool { return r.OnlineID == number })
	switch {
	case known >= 0 && rules.DuplicateExternal == "same":
		return said(number, e.tables["other"][known].ID), nil
	case known >= 0:
		return nil, jsttable.Refuse(jsttable.Invalid, "外部单号已存在："+number)
	}
	kind, sign := "其它出库", -1
	if p.Text("type") == "in" {
		kind, sign = "其它退货", 1
	}
	e.version++
	now := e.now()
	s := &stock{Record: jsttable.Record{ID: e.next["other"], OnlineID: number, Status: "WaitConfirm", Modified: now, Version: e.version}, created: now, note: p.Text("remark")}
	e.next["other"]++
	s.Also = map[string]string{"wms_co_id": amount(p.Text("wms_co_id"))}
	confirmed := p.Text("is_confirm") == "true"
	if confirmed {
		s.Status, s.moved = "Confirmed", now
	}
	for _, l := range linesOf(p) {
		qty, _ := strconv.Atoi(l.Text("qty")) // badOther has read it
		price := amount(l.Text("sale_price"))
		sum, _ := new(big.Rat).SetString(price)
		s.lines = append(s.lines, line{
			sku: l.Text("sku_id"), name: l.Text("sku_id"), quantity: qty, price: price, amount: sum.Mul(sum, big.NewRat(int64(qty), 1)).FloatString(2),
		})
		if confirmed {
			e.move(l.Text("sku_id"), sign*qty)
		}
	}
	e.other(s, kind, p.Text("drp_co_name"))
	return said(number, s.ID), nil
}

func said(number string, id int64) []byte {
	w := &jsttable.Writer{}
	w.Open()
	w.Key("data")
	w.Open()
	w.Text("external_id", number)
	w.Int("io_id", id)
	w.Close('}')
	w.Close('}')
	return w.Buf
}

func (e *ERP) badOther(p *jsttable.Params) *jsttable.Refusal {
	lines := linesOf(p)
	switch {
	case p.Text("external_id") == "":
		return jsttable.Refuse(jsttable.Missing, "external_id 不能为空")
	case p.Text("remark") == "":
		return jsttable.Refuse(jsttable.Missing, "remark 不能为空")
	case p.Text("type") != "in" && p.Text("type") != "out":
		return jsttable.Refuse(jsttable.Invalid, "type 应为 in 或 out")
	case len(lines) == 0:
		return jsttable.Refuse(jsttable.Missing, "items 不能为空")
	case len(lines) > mostLines:
		return jsttable.Refuse(jsttable.Invalid, "items 最多 1000 条")
	}
	for _, l := range lines {
		code := l.Text("sku_id")
		if !slices.ContainsFunc(e.tables["sku"], func(r *jsttable.Record) bool { return r.Also["sku_id"] == code }) {
			return jsttable.Refuse(jsttable.Invalid, "商品编码不存在："+code)
		}
		if qty, err := strconv.Atoi(l.Text("qty")); err != nil || qty <= 0 {
			return jsttable.Refuse(jsttable.Invalid, "数量必须大于 0")
		}
	}
	return nil
}
