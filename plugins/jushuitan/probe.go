package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// probe is how written objects are found by their key.
type probe struct {
	query string
	// param takes the numbers to look for, at most max a call; field has them in the answer.
	param, field string
	max          int
	// shop says that the key is a shop and a number, with a slash between them.
	shop bool
	// id is the object's own, row writes it in the shape of a mapped row.
	id  string
	row func(found item.Value) []byte
}

func probeOf(operation string) (probe, bool) {
	switch operation {
	case "jushuitan.orders.upload":
		return probe{query: "orders.single.query", param: "so_ids", field: "so_id", max: 20, shop: true, id: "o_id", row: item.Value.Raw}, true
	case "jushuitan.otherinout.upload":
		return probe{query: "other.inout.query", param: "so_ids", field: "so_id", max: 50, id: "io_id", row: movement}, true
	default:
		return probe{}, false
	}
}

// Probe implements connector.Prober with the query that goes with the write.
func (s *session) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	by, ok := probeOf(req.Operation)
	if !ok {
		return nil, fault.New("connector.unknown_operation", "聚水潭 has no look-up for %q here", req.Operation).Classed(fault.Config)
	}
	found := make([]connector.Found, len(req.Keys))
	for first := 0; first < len(req.Keys); first += by.max {
		last := min(first+by.max, len(req.Keys))
		if err := s.probe(ctx, by, req.Keys[first:last], found[first:last]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// probe looks for as many keys as a call takes; a number may have several objects.
func (s *session) probe(ctx context.Context, by probe, keys []string, found []connector.Found) error {
	to, _ := endpointOf(by.query)
	var list []byte
	for i, key := range keys {
		if i > 0 {
			list = append(list, ',')
		}
		_, number := by.split(key)
		list = item.AppendText(list, number)
	}
	for number, more := 1, true; more; number++ {
		biz := `{"page_index":` + strconv.Itoa(number) + `,"page_size":50,"` + by.param + `":[` + string(list) + `]}`
		got, err := s.call(ctx, to.path, []byte(biz))
		if err != nil {
			return err
		}
		for object := range got.data.Field(to.list).Elements() {
			for i, key := range keys {
				shop, number := by.split(key)
				if object.Field(by.field).Text() != number || shop != "" && object.Field("shop_id").Text() != shop {
					continue
				}
				found[i] = connector.Found{Exists: true, ID: object.Field(by.id).Text(), Number: number, Object: by.row(object)}
			}
		}
		more = got.data.Field("has_next").Text() == "true"
	}
	return nil
}

// split gives the parts of a key.
func (by probe) split(key string) (shop, number string) {
	if !by.shop {
		return "", key
	}
	shop, number, _ = strings.Cut(key, "/")
	return shop, number
}

// movement writes a document of 其它出入库 with the names of its upload.
func movement(found item.Value) []byte {
	direction := `"in"`
	if found.Field("type").Text() == "其它出库" {
		direction = `"out"`
	}
	row := append([]byte(`{"external_id":`), raw(found, "so_id")...)
	row = append(append(row, `,"type":`...), direction...)
	row = append(append(row, `,"warehouse":`...), raw(found, "wh_id")...)
	row = append(append(row, `,"wms_co_id":`...), raw(found, "wms_co_id")...)
	row = append(append(row, `,"remark":`...), raw(found, "remark")...)
	row = append(row, `,"items":[`...)
	first := true
	for line := range found.Field("items").Elements() {
		if !first {
			row = append(row, ',')
		}
		first = false
		row = append(append(append(row, `{"sku_id":`...), raw(line, "sku_id")...), `,"qty":`...)
		row = append(append(append(row, raw(line, "qty")...), `,"sale_price":`...), raw(line, "sale_price")...)
		row = append(row, '}')
	}
	return append(row, "]}"...)
}

// raw gives a member's bytes, and null for one that is not there.
func raw(of item.Value, name string) []byte {
	if v := of.Field(name); v.Kind() != item.None {
		return v.Raw()
	}
	return []byte("null")
}
