package jsttable

import "time"

// Listing is what two queries differ in.
type Listing struct {
	// Table is the type of the objects, List the member that holds the rows.
	Table, List          string
	defaultSize, maxSize int64
	numbers              map[string]numbers
	// equal are the parameters that must equal a field.
	equal map[string]func(*Record) string
	// whole queries need no condition; bare ones tell no totals.
	whole, bare bool
	// longest is the longest window, a week unless set; it binds only queries without numbers where it is set.
	longest time.Duration
	// date is the parameter that chooses the time of the window, "date_type" unless set,
	// times its values that choose another time than the last change's.
	date  string
	times map[string]string
	// version is the parameter of the row version, "start_ts" unless set.
	version string
	// usual is the status that is given when none is asked for.
	usual string
}

// numbers is a parameter of several values: at most max, compared with of. A text has them
// separated by commas where joined is set. One that only goes besides others does not select by itself.
type numbers struct {
	max     int
	of      func(*Record) string
	joined  bool
	besides bool
}

// ListingOf knows the queries and their limits (public: the open platform's pages, one for each).
func ListingOf(name string) (Listing, bool) {
	of := func(most int, of func(*Record) string) numbers { return numbers{max: most, of: of} }
	switch name {
	case "refund.single":
		return Listing{
			Table: "refund", List: "datas", defaultSize: 30, maxSize: 50,
			numbers: map[string]numbers{
				"so_ids": of(50, onlineID), "o_ids": of(50, orderID), "as_ids": of(50, IDOf),
				"shop_buyer_ids": {max: 50, of: func(r *Record) string { return r.Buyer }, besides: true},
			},
			equal: map[string]func(*Record) string{
				"shop_id": shopID, "status": status, "good_status": func(r *Record) string { return r.GoodStatus },
				"type": func(r *Record) string { return r.AfterSaleType },
			},
		}, true
	case "orders.single":
		return Listing{
			Table: "order", List: "orders", defaultSize: 30, maxSize: 100,
			numbers: map[string]numbers{"so_ids": of(20, onlineID), "o_ids": of(50, orderID)},
			equal:   map[string]func(*Record) string{"shop_id": shopID, "status": status},
			times:   map[string]string{"2": "ordered", "3": "sent"},
		}, true
	case "orders.out.simple":
		return Listing{
			Table: "stockout", List: "datas", defaultSize: 30, maxSize: 50,
			numbers: map[string]numbers{
				"so_ids": of(50, onlineID), "o_ids": of(50, orderID), "io_ids": of(50, IDOf), "l_ids": {max: 20, of: also("l_id"), besides: true},
			},
			equal: map[string]func(*Record) string{"shop_id": shopID, "status": status, "wms_co_id": also("wms_co_id")},
			times: map[string]string{"2": "moved"},
		}, true
	case "aftersale.received":
		return Listing{
			Table: "receipt", List: "datas", defaultSize: 30, maxSize: 50,
			numbers: map[string]numbers{
				"so_ids": of(50, onlineID), "o_ids": of(50, orderID), "as_ids": of(50, also("as_id")), "io_ids": of(50, IDOf),
			},
			equal: map[string]func(*Record) string{"shop_id": shopID},
			times: map[string]string{"4": "moved"},
		}, true
	case "purchasein":
		return Listing{
			Table: "purchasein", List: "datas", defaultSize: 30, maxSize: 50,
			numbers: map[string]numbers{"io_ids": of(30, IDOf), "po_ids": of(30, also("po_id")), "so_ids": of(30, onlineID)},
			times:   map[string]string{"2": "moved"},
			usual:   "Confirmed",
		}, true
	case "other.inout":
		return Listing{
			Table: "other", List: "datas", defaultSize: 30, maxSize: 50,
			numbers: map[string]numbers{
				"so_ids": of(50, onlineID), "io_ids": of(50, IDOf), "types": {max: 3, of: also("type"), besides: true},
			},
			equal: map[string]func(*Record) string{"status": status, "wms_co_id": also("wms_co_id")},
			times: map[string]string{"2": "moved"},
		}, true
	default:
		return baseListingOf(name)
	}
}

// baseListingOf knows the queries of base data and stock.
func baseListingOf(name string) (Listing, bool) {
	switch name {
	case "inventory":
		return Listing{
			Table: "inventory", List: "inventorys", defaultSize: 30, maxSize: 100, bare: true, version: "ts",
			numbers: map[string]numbers{"sku_ids": {max: 100, of: also("sku_id"), joined: true}, "i_ids": {max: 100, of: also("i_id"), joined: true}},
		}, true
	case "sku":
		return Listing{
			Table: "sku", List: "datas", defaultSize: 30, maxSize: 50, date: "date_field", times: map[string]string{"created": "created"},
			numbers: map[string]numbers{"sku_ids": {max: 20, of: also("sku_id"), joined: true}, "i_ids": {max: 20, of: also("i_id"), besides: true}},
		}, true
	case "shops":
		return Listing{
			Table: "shop", List: "datas", defaultSize: 100, maxSize: 100, whole: true, bare: true,
			numbers: map[string]numbers{"shop_ids": {max: 100, of: IDOf}},
		}, true
	case "wms.partner":
		return Listing{Table: "warehouse", List: "datas", defaultSize: 30, maxSize: 100, whole: true}, true
	case "supplier":
		return Listing{
			Table: "supplier", List: "datas", defaultSize: 30, maxSize: 500, longest: 24 * time.Hour,
			numbers: map[string]numbers{
				"supplier_ids": {max: 50, of: IDOf}, "supplier_codes": {max: 50, of: also("code")}, "names": {max: 50, of: also("name")},
			},
		}, true
	case "logisticscompany":
		return Listing{Table: "carrier", List: "datas", defaultSize: 30, maxSize: 50, whole: true}, true
	default:
		return Listing{}, false
	}
}

func onlineID(r *Record) string { return r.OnlineID }
func orderID(r *Record) string  { return Digits(r.OrderID) }
func shopID(r *Record) string   { return Digits(r.ShopID) }
func status(r *Record) string   { return r.Status }

// also gives a further field that a query selects by.
func also(name string) func(*Record) string { return func(r *Record) string { return r.Also[name] } }
