package sandbox

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/karezflow/karez/plugins/internal/boxkit"
)

// recent are orders of the last day, older those of the thirty days before.
const (
	recent = 95
	older  = 205
)

// deliveries is the vendor's name of their list.
const deliveries = "deliverys" //nolint:misspell // the vendor's

// generate makes the data, the same for the same moment. The last order lies ten minutes back.
func generate(now time.Time) map[string][]boxkit.Record {
	now = now.Truncate(time.Second).Add(-10 * time.Minute)
	lists := map[string][]boxkit.Record{}
	add := func(list, code string, fields map[string]any) {
		fields["code"] = code
		lists[list] = append(lists[list], boxkit.New(code, now, fields))
	}
	for i, name := range []string{"样例旗舰店", "样例专营店", "线下门店", "分销商城", "小程序商城"} {
		add("shops", fmt.Sprintf("%03d", i+1), map[string]any{"name": name, "type_name": "样例", "id": fmt.Sprint(9000 + i)})
	}
	for i := range 6 {
		add("warehouses", fmt.Sprintf("CK%02d", i+1), map[string]any{"name": fmt.Sprintf("仓库%d号", i+1), "id": fmt.Sprint(8000 + i)})
	}
	for i := range 62 {
		add("items", fmt.Sprintf("SP%04d", i+1), map[string]any{"name": fmt.Sprintf("测试商品%03d号 \"大\"😀", i+1), "id": fmt.Sprint(7000 + i)})
	}
	for i := range older + recent {
		at := now.Add(-24*time.Hour - time.Duration(older-i)*3*time.Hour)
		if i >= older {
			// Several of a second, so that the edge of some page runs through it.
			at = now.Add(-time.Duration((older+recent-1-i)/4) * 50 * time.Minute)
		}
		code, platform := fmt.Sprintf("SO%011d", 20240000000+i), fmt.Sprintf("T%010d", 6000000+i)
		shop, house := fmt.Sprintf("%03d", i%5+1), fmt.Sprintf("CK%02d", i%6+1)
		price := json.RawMessage(fmt.Sprintf("%d.%02d", 20+i, i%100))
		add("orders", code, map[string]any{
			"platform_code": platform, "shop_code": shop, "shop_name": "样例", "warehouse_code": house, "vip_name": fmt.Sprintf("buyer-%d", i),
			"receiver_name": "张样", "receiver_mobile": fmt.Sprintf("1380000%04d", i), "receiver_address": "示范街1号 \"A座\" <2>\n", "qty": json.RawMessage("1.0"),
			"amount": price, "payment": price, "createtime": boxkit.Stamp(at), "dealtime": boxkit.Stamp(at.Add(-2 * time.Hour)), "paytime": boxkit.Stamp(at.Add(-time.Hour)), "modifytime": boxkit.Stamp(at),
			"details": []map[string]any{{
				"item_code": fmt.Sprintf("SP%04d", i%62+1), "item_name": fmt.Sprintf("测试商品%03d号", i%62+1), "sku_code": "", "qty": json.RawMessage("1.0"), "price": price, "amount": price,
			}},
		})
		if i%2 == 0 {
			add(deliveries, fmt.Sprintf("SDO%011d", 20240000000+i), map[string]any{
				"platform_code": platform, "shop_code": shop, "warehouse_code": house, "express_code": "ZTO", "mail_no": fmt.Sprintf("77%012d", i), "delivery": i / 2 % 2,
				"qty": json.RawMessage("1.0"), "amount": price, "create_date": boxkit.Stamp(at), "delivery_date": boxkit.Stamp(at.Add(5 * time.Minute)), "modify_date": boxkit.Stamp(at.Add(5 * time.Minute)),
			})
		}
	}
	return lists
}
