package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/boxkit"
	"github.com/karezflow/karez/sdk/item"
)

// recent are orders of the last day, older those of the thirty days before.
const (
	recent = 95
	older  = 205
)

// generate makes the data, the same for the same moment. The last change lies ten minutes back.
func generate(now time.Time) map[string][]boxkit.Record {
	now = now.Truncate(time.Second).Add(-10 * time.Minute)
	var orders, sellers, houses []boxkit.Record
	for i, country := range []string{"美国", "加拿大", "英国", "德国", "日本"} {
		sellers = append(sellers, boxkit.New(strconv.Itoa(101+i), now, map[string]any{
			"sid": 101 + i, "mid": i + 1, "name": "样例店铺-" + country, "seller_id": fmt.Sprintf("ASANDBOX%05d", i+1), "account_name": "样例", "region": "NA", "country": country, "status": 1,
		}))
	}
	for i := range 9 {
		houses = append(houses, boxkit.New(strconv.Itoa(501+i), now, map[string]any{
			"wid": 501 + i, "name": fmt.Sprintf("仓库%d号", i+1), "type": []int{1, 1, 3}[i%3], "is_delete": i / 8,
		}))
	}
	for i := range older {
		orders = append(orders, order(i, now.Add(-24*time.Hour-time.Duration(older-i)*3*time.Hour)))
	}
	for i := range recent {
		// Several of a second, so that the edge of some page runs through it.
		orders = append(orders, order(older+i, now.Add(-time.Duration((recent-1-i)/4)*50*time.Minute)))
	}
	boxkit.Sort(orders)
	return map[string][]boxkit.Record{"order": orders, "seller": sellers, "warehouse": houses}
}

func order(i int, at time.Time) boxkit.Record {
	id := fmt.Sprintf("111-%07d-%07d", 1000000+i, 7000000+i*13)
	return boxkit.New(id, at, map[string]any{
		"sid": 101 + i%5, "seller_name": "样例店铺", "amazon_order_id": id, "order_status": []string{"Shipped", "Unshipped", "Pending", "Canceled"}[i%4],
		"order_total_amount": json.RawMessage(fmt.Sprintf("%d.%02d", 10+i, i%100)), "order_total_currency_code": "USD", "fulfillment_channel": []string{"AFN", "MFN"}[i%2],
		"postal_code": "", "purchase_date_local": boxkit.Stamp(at.Add(-20 * time.Hour)), "shipment_date": boxkit.Stamp(at.Add(-2 * time.Hour)),
		"last_update_date": at.UTC().Format(time.RFC3339), "gmt_modified": boxkit.Stamp(at),
		"item_list": []map[string]any{{"asin": fmt.Sprintf("B0SANDBOX%d", i%10), "seller_sku": fmt.Sprintf("MSKU-%03d", i%30), "local_sku": fmt.Sprintf("SKU-%04d", i%60+1), "local_name": "测试商品\"大\"😀", "quantity_ordered": 1 + i%3}},
	})
}

func (v *Vendor) refuse(format string, args ...any) *refusal {
	return &refusal{v.Options.Refused, fmt.Sprintf(format, args...)}
}

// find looks orders up. The end of the range does not belong to it.
func (v *Vendor) find(params item.Value) ([]boxkit.Record, *refusal) {
	moment := func(name string) (time.Time, bool) {
		text := params.Field(name).Text()
		for _, layout := range []string{time.DateTime, time.DateOnly} {
			if at, err := time.ParseInLocation(layout, text, boxkit.Zone()); err == nil {
				return at, true
			}
		}
		return time.Time{}, false
	}
	from, okFrom := moment("start_date")
	to, okTo := moment("end_date")
	kind := params.Field("date_type").Text()
	switch {
	case !okFrom:
		return nil, v.refuse("start_date 不能为空或格式错误")
	case !okTo:
		return nil, v.refuse("end_date 不能为空或格式错误")
	case to.Sub(from) > 366*24*time.Hour:
		return nil, v.refuse("查询时间范围不超过一年")
	case kind != "" && !slices.Contains([]string{"1", "2", "3", "10"}, kind):
		return nil, v.refuse("date_type 不正确")
	}
	count := 0
	for range params.Field("sid_list").Elements() {
		count++
	}
	if count > 20 {
		return nil, v.refuse("sid_list 最大长度20")
	}
	rows := slices.DeleteFunc(slices.Clone(v.Lists["order"]), func(r boxkit.Record) bool {
		at := r.At
		if kind == "" || kind == "1" { // by order
			at = r.At.Add(-20 * time.Hour)
		}
		return at.Before(from) || !at.Before(to) || !listed(params.Field("sid"), r.Field("sid")) ||
			!listed(params.Field("sid_list"), r.Field("sid")) || !listed(params.Field("order_status"), r.Field("order_status"))
	})
	if params.Field("sort_desc_by_date_type").Text() == "1" {
		slices.Reverse(rows)
	}
	return rows, nil
}

// listed reports whether a value is among those that are asked for; nothing asks for all.
func listed(asked item.Value, value string) bool {
	if asked.Blank() {
		return true
	}
	if asked.Kind() != item.Array {
		return slices.Contains(strings.Split(asked.Text(), ","), value)
	}
	for e := range asked.Elements() {
		if e.Text() == value {
			return true
		}
	}
	return false
}

// stores looks warehouses up.
func (v *Vendor) stores(params item.Value) ([]boxkit.Record, *refusal) {
	kind, deleted := cmp.Or(params.Field("type").Text(), "1"), cmp.Or(params.Field("is_delete").Text(), "0")
	if !slices.Contains([]string{"1", "3", "4", "6"}, kind) {
		return nil, v.refuse("type 不正确")
	}
	return slices.DeleteFunc(slices.Clone(v.Lists["warehouse"]), func(r boxkit.Record) bool {
		return r.Field("type") != kind || !slices.Contains(strings.Split(deleted, ","), r.Field("is_delete"))
	}), nil
}

// cut gives a page.
func (v *Vendor) cut(path string, rows []boxkit.Record, params item.Value) ([]boxkit.Record, *refusal) {
	most := v.Options.MostRows
	if strings.HasSuffix(path, "warehouse") {
		most = 1000
	}
	offset, err := strconv.Atoi(cmp.Or(params.Field("offset").Text(), "0"))
	length, lengthErr := strconv.Atoi(cmp.Or(params.Field("length").Text(), "1000"))
	if err != nil || lengthErr != nil || offset < 0 || length < 1 || length > most {
		return nil, v.refuse("length 上限 %d", most)
	}
	return boxkit.Cut(rows, offset, length), nil
}
