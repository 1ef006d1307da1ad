package jsterp

import (
	"bytes"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/karezflow/karez/plugins/internal/jsttable"
)

// Upload carries out a write, named as its path between /open/ and /upload with dots, and
// gives the answer's data. It refuses the call as a whole, or single documents of it in the answer.
func (e *ERP) Upload(name string, biz []byte, rules Rules) ([]byte, *jsttable.Refusal) {
	switch name {
	case "jushuitan.orders":
		return e.uploadEach(biz, rules, e.uploadOrder)
	case "aftersale":
		return e.uploadEach(biz, rules, e.uploadRefund)
	case "jushuitan.otherinout":
		p, no := jsttable.Parse(biz)
		if no != nil {
			return nil, no
		}
		return e.uploadOther(p, rules)
	default:
		return nil, jsttable.Refuse(jsttable.Unknown, "没有此接口的权限")
	}
}

// uploadEach carries out an upload of several documents, each for itself.
func (e *ERP) uploadEach(biz []byte, rules Rules, one func(p *jsttable.Params, w *jsttable.Writer) string) ([]byte, *jsttable.Refusal) {
	var rows []map[string]any
	decoder := json.NewDecoder(bytes.NewReader(biz))
	decoder.UseNumber()
	if err := decoder.Decode(&rows); err != nil || decoder.More() {
		return nil, jsttable.Refuse(jsttable.Value, "biz 应为 JSON 数组")
	}
	switch {
	case len(rows) == 0:
		return nil, jsttable.Refuse(jsttable.Missing, "上传数据不能为空")
	case len(rows) > rules.UploadRows:
		return nil, jsttable.Refuse(jsttable.Invalid, "单次最多上传 "+strconv.Itoa(rules.UploadRows)+" 条")
	}
	w := &jsttable.Writer{}
	w.Open()
	w.List("datas")
	for _, row := range rows {
		w.Open()
		message := one(&jsttable.Params{Fields: row}, w)
		w.Bool("issuccess", message == "")
		w.Text("msg", message)
		w.Close('}')
	}
	w.Close(']')
	w.Close('}')
	return w.Buf, nil
}

// shopNamed finds the shop of an upload.
func (e *ERP) shopNamed(p *jsttable.Params) *jsttable.Record {
	id := p.Text("shop_id")
	at := slices.IndexFunc(e.tables["shop"], func(r *jsttable.Record) bool { return jsttable.IDOf(r) == id })
	if at < 0 {
		return nil
	}
	return e.tables["shop"][at]
}

func (e *ERP) orderOf(shop int64, number string) *jsttable.Record {
	at := slices.IndexFunc(e.tables["order"], func(r *jsttable.Record) bool { return r.ShopID == shop && r.OnlineID == number })
	if at < 0 {
		return nil
	}
	return e.tables["order"][at]
}

// linesOf gives the lines of an upload.
func linesOf(p *jsttable.Params) []jsttable.Params {
	list, _ := p.Fields["items"].([]any)
	var lines []jsttable.Params
	for _, element := range list {
		if fields, ok := element.(map[string]any); ok {
			lines = append(lines, jsttable.Params{Fields: fields})
		}
	}
	return lines
}

// order is an uploaded order: what later uploads may change is kept beside the record.
type order struct {
	jsttable.Record
	created time.Time
	fields  *jsttable.Params
}

// uploadOrder stores an order, or changes the fields of one that may be changed (documented:
// the state, remarks and payment always, the address until it is sent). It gives the reason of a refusal.
func (e *ERP) uploadOrder(p *jsttable.Params, w *jsttable.Writer) string {
	number := p.Text("so_id")
	refused := func(why string) string {
		w.Int("o_id", 0)
		w.Text("so_id", number)
		return why
	}
	if why := e.badOrder(p); why != "" {
		return refused(why)
	}
	shop := e.shopNamed(p)
	e.version++
	if known := e.orderOf(shop.ID, number); known != nil {
		e.changeOrder(known, p)
		w.Int("o_id", known.ID)
		w.Text("so_id", number)
		return ""
	}
	o := &order{fields: p, created: e.now()}
	o.Record = jsttable.Record{ID: e.next["order"], OrderID: e.next["order"], ShopID: shop.ID, OnlineID: number, Buyer: p.Text("shop_buyer_id"), Modified: o.created, Version: e.version}
	e.next["order"]++
	ordered, _ := time.ParseInLocation(time.DateTime, p.Text("order_date"), jsttable.Shanghai()) // badOrder has read it
	o.Dates = map[string]time.Time{"ordered": ordered}
	o.render()
	e.tables["order"] = append(e.tables["order"], &o.Record)
	e.uploaded[o.ID] = o
	w.Int("o_id", o.ID)
	w.Text("so_id", number)
	return ""
}

func (e *ERP) badOrder(p *jsttable.Params) string {
	shop := e.shopNamed(p)
	switch {
	case shop == nil:
		return "店铺编号不存在"
	case shop.Also["site"] != ownShop:
		return "店铺站点不支持上传订单，仅支持商家自有商城"
	case p.Text("so_id") == "":
		return "so_id 不能为空"
	case utf8.RuneCountInString(p.Text("so_id")) > 50:
		return "so_id 长度不能超过 50"
	case orderState(p.Text("shop_status")) == "":
		return "shop_status 不正确"
	case p.Text("pay_amount") == "":
		return "pay_amount 不能为空"
	case len(linesOf(p)) == 0:
		return "商品明细不能为空"
	}
	if _, err := time.ParseInLocation(time.DateTime, p.Text("order_date"), jsttable.Shanghai()); err != nil {
		return "order_date 格式应为 yyyy-MM-dd HH:mm:ss"
	}
	seen := map[string]bool{}
	for _, l := range linesOf(p) {
		qty, err := strconv.Atoi(l.Text("qty"))
		switch id := l.Text("outer_oi_id"); {
		case l.Text("sku_id") == "":
			return "商品编码不能为空"
		case err != nil || qty <= 0:
			return "商品数量必须大于 0"
		case id == "" || seen[id]:
			return "outer_oi_id 不能为空且在订单内唯一"
		default:
			seen[id] = true
		}
	}
	return ""
}

// orderState is the ERP's status of an order in a platform's state.
func orderState(shopStatus string) string {
	switch shopStatus {
	case "WAIT_BUYER_PAY":
		return "WaitPay"
	case "WAIT_SELLER_SEND_GOODS":
		return "WaitConfirm"
	case "WAIT_BUYER_CONFIRM_GOODS", "TRADE_FINISHED":
		return "Sent"
	case "TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO":
		return "Cancelled"
	default:
		return ""
	}
}

// changeOrder applies what a further upload of an order may change.
func (e *ERP) changeOrder(known *jsttable.Record, p *jsttable.Params) {
	o := e.uploaded[known.ID]
	if o == nil {
		e.stamp(known) // an order that no upload made keeps its fields
		return
	}
	names := []string{"shop_status", "remark", "buyer_message", "pay", "invoice"}
	if o.Status != "Sent" {
		names = append(names, "receiver_state", "receiver_city", "receiver_district", "receiver_address", "receiver_name", "receiver_phone", "receiver_mobile", "plan_delivery_date")
	}
	for _, name := range names {
		if value, given := p.Fields[name]; given {
			o.fields.Fields[name] = value
		}
	}
	o.Modified, o.Version = e.now(), e.version
	o.render()
}

// render writes an uploaded order with the fields of the others.
func (o *order) render() {
	o.Status = orderState(o.fields.Text("shop_status"))
	w := &jsttable.Writer{}
	w.Open()
	w.Int("o_id", o.ID)
	w.Text("so_id", o.OnlineID)
	w.Int("shop_id", o.ShopID)
	w.Text("shop_name", "测试旗舰店"+jsttable.Digits(o.ShopID-10000))
	w.Text("status", o.Status)
	w.Text("order_date", o.fields.Text("order_date"))
	w.Time("created", o.created)
	w.Time("modified", o.Modified)
	w.Number("pay_amount", amount(o.fields.Text("pay_amount")))
	w.Number("freight", amount(o.fields.Text("freight")))
	w.Text("platform_free_amount", "")
	w.Text("receiver_name", masked(o.fields.Text("receiver_name"), 1, 0))
	w.Text("receiver_mobile", masked(o.fields.Text("receiver_mobile"), 3, 4))
	w.Text("remark", o.fields.Text("remark"))
	w.Int("ts", o.Version)
	w.List("items")
	for i, l := range linesOf(o.fields) {
		w.Open()
		w.Int("oi_id", o.ID*100+int64(i))
		w.Text("outer_oi_id", l.Text("outer_oi_id"))
		w.Text("sku_id", l.Text("sku_id"))
		w.Text("name", l.Text("name"))
		w.Number("qty", amount(l.Text("qty")))
		w.Number("price", amount(l.Text("price")))
		w.Number("amount", amount(l.Text("amount")))
		w.Close('}')
	}
	w.Close(']')
	w.List("pays")
	if fields, ok := o.fields.Fields["pay"].(map[string]any); ok {
		pay := jsttable.Params{Fields: fields}
		w.Open()
		w.Int("pay_id", o.ID+70_000)
		w.Number("amount", amount(pay.Text("amount")))
		w.Text("pay_date", pay.Text("pay_date"))
		w.Text("payment", pay.Text("payment"))
		w.Close('}')
	}
	w.Close(']')
	w.Close('}')
	o.Raw = w.Buf
}

// amount gives a number's digits as they came, and zero for what is none.
func amount(text string) string {
	if _, ok := new(big.Rat).SetString(text); !ok || !json.Valid([]byte(text)) {
		return "0"
	}
	return text
}

// masked hides a person's data but for the first and last characters.
func masked(text string, first, last int) string {
	runes := []rune(text)
	if len(runes) <= first+last {
		return text
	}
	return string(runes[:first]) + "****" + string(runes[len(runes)-last:])
}
