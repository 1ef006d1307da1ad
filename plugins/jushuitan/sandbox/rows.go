package sandbox

import (
	"strconv"
	"time"
)

// render writes the row: the documented fields, numbers as numbers, with null
// and "" for nothing as the vendor mixes them.
func (r *refund) render() []byte {
	w := &writer{}
	w.open()
	w.int("as_id", r.id)
	w.time("as_date", r.created.Add(-3*time.Minute))
	w.text("outer_as_id", r.platformID)
	w.int("o_id", r.orderID)
	w.text("so_id", r.onlineID)
	w.text("type", r.afterSaleType)
	w.time("created", r.created)
	w.time("modified", r.modified)
	w.text("status", r.status)
	w.text("shop_status", r.shopStatus())
	if r.escape {
		w.escaped("remark", r.remark)
	} else {
		w.text("remark", r.remark)
	}
	w.text("question_type", r.question)
	w.text("warehouse", "主仓")
	w.number("refund", r.refund)
	w.number("payment", "0.0")
	w.number("free_amount", "0.0")
	w.text("good_status", r.goodStatus)
	w.null("node")
	w.text("order_status", "Sent")
	w.text("shop_type", "淘宝天猫")
	w.int("shop_id", r.shopID)
	w.text("shop_name", "测试旗舰店"+strconv.FormatInt(r.shopID-10000, 10))
	w.text("logistics_company", r.carrier)
	w.text("l_id", r.tracking)
	w.int("wh_id", 1)
	w.int("wms_co_id", 0)
	if r.nullConfirm {
		w.null("confirm_date")
	} else {
		w.time("confirm_date", r.confirmed)
	}
	w.number("freight", "0.0")
	w.int("drp_co_id_from", 0)
	w.null("drp_co_id_to")
	w.text("receiver_mobile", r.phone)
	w.text("receiver_name", r.receiver)
	w.text("shop_buyer_id", r.buyer)
	w.number("buyer_apply_refund", r.refund)
	w.null("receive_refund")
	w.text("result", "")
	w.null("labels")
	w.int("refund_version", 1)
	w.text("ts", strconv.FormatInt(r.version, 10))
	w.text("currency", "")
	w.list("order_labels")
	w.close(']')
	w.text("refund_phase", "aftersale")
	w.text("creator_name", "")
	w.number("shop_freight", "0.0")
	w.text("order_type", "普通订单")
	w.null("buyer_receive_refund")
	w.list("images")
	w.close(']')
	w.list("items")
	for i := range r.lines {
		r.renderLine(w, &r.lines[i], i)
	}
	w.close(']')
	w.list("batchs")
	w.close(']')
	w.null("sns")
	w.close('}')
	return w.buf
}

func (r *refund) renderLine(w *writer, l *line, i int) {
	w.open()
	w.int("as_id", r.id)
	w.int("asi_id", l.id)
	w.text("type", "退货")
	w.text("sku_id", l.sku)
	w.int("qty", int64(l.quantity))
	w.number("price", l.price)
	w.number("amount", l.amount)
	w.null("shop_amount")
	w.text("name", l.name)
	w.text("pic", "")
	w.text("properties_value", l.variant)
	w.text("outer_oi_id", r.onlineID+"-"+strconv.Itoa(i+1))
	w.text("sku_type", "normal")
	w.int("r_qty", int64(l.received))
	w.time("receive_date", r.confirmed)
	w.null("combine_sku_id")
	w.text("shop_sku_id", l.sku)
	w.text("i_id", "")
	w.bool("is_gift", l.gift)
	w.int("defective_qty", 0)
	w.null("remark")
	w.close('}')
}

func (r *refund) shopStatus() string {
	switch r.kind {
	case unconfirmed:
		return "WAIT_SELLER_CONFIRM_GOODS"
	case cancelled:
		return "CLOSED"
	case plain, sharedOrder, unknownMaterial, decimalTrap, bigPrice, longDecimal, oneSecond:
	}
	return "SUCCESS"
}

// ordersOf gives the order behind each refund; two refunds of one order have one.
func ordersOf(refunds []*refund) []*record {
	seen := map[int64]bool{}
	var orders []*record
	for _, r := range refunds {
		if seen[r.orderID] {
			continue
		}
		seen[r.orderID] = true
		o := &record{
			id: r.orderID, orderID: r.orderID, shopID: r.shopID, onlineID: r.onlineID, buyer: r.buyer,
			status: "Sent", modified: r.created.Add(-36 * time.Hour), version: r.version - 700_000_000,
		}
		o.raw = r.renderOrder(o)
		orders = append(orders, o)
	}
	return orders
}

func (r *refund) renderOrder(o *record) []byte {
	w := &writer{}
	w.open()
	w.int("o_id", o.id)
	w.text("so_id", o.onlineID)
	w.int("shop_id", o.shopID)
	w.text("shop_name", "测试旗舰店"+strconv.FormatInt(o.shopID-10000, 10))
	w.text("status", o.status)
	w.time("order_date", o.modified.Add(-50*time.Hour))
	w.time("created", o.modified.Add(-49*time.Hour))
	w.time("modified", o.modified)
	w.number("pay_amount", r.refund)
	w.number("freight", "0.0")
	// Documented: a number, or the empty text when there is none.
	if o.id%4 == 0 {
		w.number("platform_free_amount", "1.50")
	} else {
		w.text("platform_free_amount", "")
	}
	w.text("receiver_name", r.receiver)
	w.text("receiver_mobile", r.phone)
	w.null("remark")
	w.int("ts", o.version)
	w.list("items")
	for i, l := range r.lines {
		w.open()
		w.int("oi_id", l.id+50_000)
		w.text("outer_oi_id", o.onlineID+"-"+strconv.Itoa(i+1))
		w.text("sku_id", l.sku)
		w.text("name", l.name)
		w.int("qty", int64(l.quantity))
		w.number("price", l.price)
		w.number("amount", l.amount)
		w.close('}')
	}
	w.close(']')
	w.list("pays")
	w.open()
	w.int("pay_id", o.id+70_000)
	w.number("amount", r.refund)
	w.time("pay_date", o.modified.Add(-49*time.Hour))
	w.text("payment", "支付宝")
	w.close('}')
	w.close(']')
	w.close('}')
	return w.buf
}
