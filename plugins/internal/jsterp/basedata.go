package jsterp

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/karezflow/karez/plugins/internal/jsttable"
)

// baseData makes what documents refer to. Shops 10001 to 10003 are of platforms, 10004 and 10005
// the merchant's own, into which orders may be uploaded.
func (e *ERP) baseData(seed uint64) {
	random := rand.New(rand.NewPCG(seed, 0x62617365)) //nolint:gosec // data of a simulation
	for i, site := range []string{"淘宝天猫", "京东", "抖音", ownShop, ownShop} {
		e.shop(10001+int64(i), site)
	}
	for i, name := range []string{"主仓", "华东分仓", "华南分仓"} {
		w := &jsttable.Writer{}
		w.Open()
		w.Text("name", name)
		w.Int("co_id", 10001000)
		w.Int("wms_co_id", 10001000+int64(i))
		w.Bool("is_main", i == 0)
		w.Text("status", "生效")
		w.Text("remark1", "")
		w.Text("remark2", "")
		w.Close('}')
		e.tables["warehouse"] = append(e.tables["warehouse"], &jsttable.Record{ID: 10001000 + int64(i), Raw: w.Buf})
	}
	for i, c := range []struct{ id, name string }{
		{"SF", "顺丰速运"}, {"ZTO", "中通快递"}, {"YTO", "圆通速递"}, {"YUNDA", "韵达快递"}, {"STO", "申通快递"}, {"JD", "京东快递"}, {"EMS", "邮政EMS"}, {"XCQH", "现场取货"},
	} {
		w := &jsttable.Writer{}
		at := e.past(random)
		w.Open()
		w.Text("lc_id", c.id)
		w.Text("lc_name", c.name)
		w.Time("modified", at)
		w.Close('}')
		e.tables["carrier"] = append(e.tables["carrier"], &jsttable.Record{ID: int64(i + 1), Modified: at, Raw: w.Buf, Also: map[string]string{"lc_id": c.id}})
	}
	e.suppliers()
	for i := range skus {
		e.sku(random, i+1)
		e.inventory(random, i+1)
	}
}

// ownShop is the site of a merchant's own shop.
const ownShop = "商家自有商城"

func (e *ERP) shop(id int64, site string) {
	w := &jsttable.Writer{}
	name := "测试旗舰店" + jsttable.Digits(id-10000)
	w.Open()
	w.Int("shop_id", id)
	w.Text("shop_name", name)
	w.Int("co_id", 10001000)
	w.Text("shop_site", site)
	w.Null("shop_url")
	w.Time("created", e.start.Add(-900*24*time.Hour))
	w.Text("nick", name)
	w.Null("session_expired")
	w.Null("session_uid")
	w.Text("short_name", "店"+jsttable.Digits(id-10000))
	w.Int("group_id", 1)
	w.Text("group_name", "默认分组")
	w.Close('}')
	e.tables["shop"] = append(e.tables["shop"], &jsttable.Record{ID: id, Raw: w.Buf, Also: map[string]string{"site": site}})
}

func supplierName(number int) string { return fmt.Sprintf("测试供应商%02d", number) }

// suppliers were changed one each hour before the start.
func (e *ERP) suppliers() {
	for i := range suppliers {
		number := i + 1
		r := &jsttable.Record{ID: 200_000 + int64(number), Modified: e.start.Add(-time.Duration(number) * time.Hour)}
		r.Also = map[string]string{"code": fmt.Sprintf("GYS%03d", number), "name": supplierName(number)}
		w := &jsttable.Writer{}
		w.Open()
		w.Int("supplier_id", r.ID)
		w.Text("supplier_code", r.Also["code"])
		w.Text("name", r.Also["name"])
		w.Time("modified", r.Modified)
		w.Text("remark", "")
		w.Text("remark2", "")
		w.Text("remark3", "")
		w.Text("group", "面料")
		w.Bool("enabled", number%13 != 0)
		w.Text("depositbank", "")
		w.Text("bankacount", "")
		w.Text("acountnumber", "")
		w.Close('}')
		r.Raw = w.Buf
		e.tables["supplier"] = append(e.tables["supplier"], r)
	}
}

func (e *ERP) sku(random *rand.Rand, number int) {
	code := fmt.Sprintf("SKU-%04d", number)
	r := &jsttable.Record{ID: int64(number), Modified: e.past(random), Also: map[string]string{"sku_id": code, "i_id": style(code)}}
	r.Dates = map[string]time.Time{"created": r.Modified.Add(-200 * 24 * time.Hour)}
	price := int64(990 + random.IntN(99000))
	w := &jsttable.Writer{}
	w.Open()
	w.Text("sku_id", code)
	w.Text("i_id", style(code))
	w.Text("name", fmt.Sprintf("测试商品%03d号", number))
	w.Text("short_name", "")
	w.Number("sale_price", decimal(random, price))
	w.Number("cost_price", decimal(random, price*6/10))
	w.Null("market_price")
	w.Text("properties_value", pick(random, "白;L", "黑;XL", "红;均码"))
	w.Text("category", "服装")
	w.Text("brand", "")
	w.Text("unit", "件")
	w.Number("weight", "0.35")
	w.Int("enabled", 1)
	w.Text("sku_code", fmt.Sprintf("69%011d", number*7919))
	w.Text("sku_type", "normal")
	w.Int("supplier_id", int64(200_001+number%suppliers))
	w.Text("supplier_name", supplierName(1+number%suppliers))
	w.Text("item_type", "成品")
	w.Text("pic", "")
	w.Null("labels")
	w.Text("remark", "")
	w.Time("created", r.Dates["created"])
	w.Time("modified", r.Modified)
	w.Int("autoid", 3_000_000+int64(number))
	w.Close('}')
	r.Raw = w.Buf
	e.tables["sku"] = append(e.tables["sku"], r)
}

func (e *ERP) inventory(random *rand.Rand, number int) {
	code := fmt.Sprintf("SKU-%04d", number)
	r := &jsttable.Record{ID: int64(number), Modified: e.past(random), Version: 8_600_000_000 + int64(number)*3}
	r.Also = map[string]string{
		"sku_id": code, "i_id": style(code), "name": fmt.Sprintf("测试商品%03d号", number),
		"qty": strconv.Itoa(20_000 + random.IntN(20_000)), "order_lock": strconv.Itoa(random.IntN(9)),
	}
	renderStock(r)
	e.tables["inventory"] = append(e.tables["inventory"], r)
}

// renderStock writes the row of a SKU's stock.
func renderStock(r *jsttable.Record) {
	w := &jsttable.Writer{}
	w.Open()
	w.Text("sku_id", r.Also["sku_id"])
	w.Text("i_id", r.Also["i_id"])
	w.Text("name", r.Also["name"])
	w.Number("qty", r.Also["qty"])
	w.Number("order_lock", r.Also["order_lock"])
	for _, name := range []string{"pick_lock", "virtual_qty", "purchase_qty", "return_qty", "in_qty", "defective_qty"} {
		w.Int(name, 0)
	}
	w.Null("min_qty")
	w.Null("max_qty")
	w.Int("allocate_qty", 0)
	w.Int("sale_refund_qty", 0)
	w.Time("modified", r.Modified)
	w.Int("ts", r.Version)
	w.Close('}')
	r.Raw = w.Buf
}

// move changes the stock of a SKU that exists.
func (e *ERP) move(sku string, by int) {
	for _, r := range e.tables["inventory"] {
		if r.Also["sku_id"] == sku {
			qty, _ := strconv.Atoi(r.Also["qty"]) // written by us
			e.version++
			r.Also["qty"], r.Modified, r.Version = strconv.Itoa(qty+by), e.now(), e.version
			renderStock(r)
		}
	}
}
