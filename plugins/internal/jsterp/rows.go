package jsterp

import (
	"strconv"
	"time"

	"github.com/karezflow/karez/plugins/internal/jsttable"
)

// render writes the row: the documented fields, numbers as numbers, with null
// and "" for nothing as the vendor mixes them.
func (r *refund) render() []byte {
	w := &jsttable.Writer{}
	w.Open()
	w.Int("as_id", r.ID)
	w.Time("as_date", r.created.Add(-3*time.Minute))
	w.Text("outer_as_id", r.platformID)
	w.Int("o_id", r.OrderID)
	w.Text("so_id", r.OnlineID)
	w.Text("type", r.AfterSaleType)
	w.Time("created", r.created)
	w.Time("modified", r.Modified)
	w.Text("status", r.Status)
	w.Text("shop_status", r.shopStatus())
	if r.escape {
		w.Escaped("remark", r.remark)
	} else {
		w.Text("remark", r.remark)
	}
	w.Text("question_type", r.question)
	w.Text("warehouse", "主仓")
	w.Number("refund", r.refund)
	w.Number("payment", "0.0")
	w.Number("free_amount", "0.0")
	w.Text("good_status", r.GoodStatus)
	w.Null("node")
	w.Text("order_status", "Sent")
	w.Text("shop_type", "淘宝天猫")
	w.Int("shop_id", r.ShopID)
	w.Text("shop_name", "测试旗舰店"+strconv.FormatInt(r.ShopID-10000, 10))
	w.Text("logistics_company", r.carrier)
	w.Text("l_id", r.tracking)
	w.Int("wh_id", 1)
	w.Int("wms_co_id", 0)
	if r.nullConfirm {
		w.Null("confirm_date")
	} else {
		w.Time("confirm_date", r.confirmed)
	}
	w.Number("freight", "0.0")
	w.Int("drp_co_id_from", 0)
	w.Null("drp_co_id_to")
	w.Text("receiver_mobile", r.phone)
	w.Text("receiver_name", r.receiver)
	w.Text("shop_buyer_id", r.Buyer)
	w.Number("buyer_apply_refund", r.refund)
	w.Null("receive_refund")
	w.Text("result", "")
	w.Null("labels")
	w.Int("refund_version", 1)
	w.Text("ts", strconv.FormatInt(r.Version, 10))
	w.Text("currency", "")
	w.List("order_labels")
	w.Close(']')
	w.Text("refund_phase", "aftersale")
	w.Text("creator_name", "")
	w.Number("shop_freight", "0.0")
	w.Text("order_type", "普通订单")
	w.Null("buyer_receive_refund")
	w.List("images")
	w.Close(']')
	w.List("items")
	for i := range r.lines {
		r.renderLine(w, &r.lines[i], i)
	}
	w.Close(']')
	w.List("batchs")
	w.Close(']')
	w.Null("sns")
	w.Close('}')
	return w.Buf
}

func (r *refund) renderLine(w *jsttable.Writer, l *line, i int) {
	w.Open()
	w.Int("as_id", r.ID)
	w.Int("asi_id", l.number)
	w.Text("type", "退货")
	w.Text("sku_id", l.sku)
	w.Int("qty", int64(l.quantity))
	w.Number("price", l.price)
	w.Number("amount", l.amount)
	w.Null("shop_amount")
	w.Text("name", l.name)
	w.Text("pic", "")
	w.Text("properties_value", l.variant)
	w.Text("outer_oi_id", r.OnlineID+"-"+strconv.Itoa(i+1))
	w.Text("sku_type", "normal")
	w.Int("r_qty", int64(l.received))
	w.Time("receive_date", r.confirmed)
	w.Null("combine_sku_id")
	w.Text("shop_sku_id", l.sku)
	w.Text("i_id", "")
	w.Bool("is_gift", l.gift)
	w.Int("defective_qty", 0)
	w.Null("remark")
	w.Close('}')
}

func (r *refund) shopStatus() string {
	switch r.kind {
	case unconfirmed:
		return "WAIT_SELLER_CONFIRM_GOODS"
	case cancelled:
		return "CLOSED"
	case uploadedRefund:
		return r.platformStatus
	case plain, sharedOrder, unknownMaterial, decimalTrap, bigPrice, longDecimal, oneSecond:
	}
	return "SUCCESS"
}

// ordersOf gives the order behind each refund; two refunds of one order have one.
func ordersOf(refunds []*refund) []*jsttable.Record {
	seen := map[int64]bool{}
	var orders []*jsttable.Record
	for _, r := range refunds {
		if seen[r.OrderID] {
			continue
		}
		seen[r.OrderID] = true
		o := &jsttable.Record{
			ID: r.OrderID, OrderID: r.OrderID, ShopID: r.ShopID, OnlineID: r.OnlineID, Buyer: r.Buyer,
			Status: "Sent", Modified: r.created.Add(-36 * time.Hour), Version: r.Version - 700_000_000,
		}
		o.Dates = map[string]time.Time{"ordered": o.Modified.Add(-50 * time.Hour), "sent": o.Modified}
		o.Raw = r.renderOrder(o)
		orders = append(orders, o)
	}
	return orders
}

func (r *refund) renderOrder(o *jsttable.Record) []byte {
	w := &jsttable.Writer{}
	w.Open()
	w.Int("o_id", o.ID)
	w.Text("so_id", o.OnlineID)
	w.Int("shop_id", o.ShopID)
	w.Text("shop_name", "测试旗舰店"+strconv.FormatInt(o.ShopID-10000, 10))
	w.Text("status", o.Status)
	w.Time("order_date", o.Modified.Add(-50*time.Hour))
	w.Time("created", o.Modified.Add(-49*time.Hour))
	w.Time("modified", o.Modified)
	w.Number("pay_amount", r.refund)
	w.Number("freight", "0.0")
	// Documented: a number, or the empty text when there is none.
	if o.ID%4 == 0 {
		w.Number("platform_free_amount", "1.50")
	} else {
		w.Text("platform_free_amount", "")
	}
	w.Text("receiver_name", r.receiver)
	w.Text("receiver_mobile", r.phone)
	w.Null("remark")
	w.Int("ts", o.Version)
	w.List("items")
	for i, l := range r.lines {
		w.Open()
		w.Int("oi_id", l.number+50_000)
		w.Text("outer_oi_id", o.OnlineID+"-"+strconv.Itoa(i+1))
		w.Text("sku_id", l.sku)
		w.Text("name", l.name)
		w.Int("qty", int64(l.quantity))
		w.Number("price", l.price)
		w.Number("amount", l.amount)
		w.Close('}')
	}
	w.Close(']')
	w.List("pays")
	w.Open()
	w.Int("pay_id", o.ID+70_000)
	w.Number("amount", r.refund)
	w.Time("pay_date", o.Modified.Add(-49*time.Hour))
	w.Text("payment", "支付宝")
	w.Close('}')
	w.Close(']')
	w.Close('}')
	return w.Buf
}
