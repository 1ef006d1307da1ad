// Package trade is the workload of the benchmarks written by hand: structs that take
// just what the mapping reads of an order, and the bill made of them.
//
// It may import deploy/bench/orders and nothing else.
package trade

import "github.com/karezflow/karez/deploy/bench/orders"

// Trade is what is read of an order.
type Trade struct {
	Status    string `json:"trade_status"`
	TradeNo   string `json:"trade_no"`
	TradeTime string `json:"trade_time"`
	Warehouse string `json:"warehouse_no"`
	Shop      string `json:"shop_no"`
	Parcel    string `json:"logistics_no"`
	Carrier   string `json:"logistics_code"`
	Name      string `json:"receiver_name"`
	Mobile    string `json:"receiver_mobile"`
	Province  string `json:"receiver_province"`
	City      string `json:"receiver_city"`
	District  string `json:"receiver_district"`
	Address   string `json:"receiver_address"`
	Extend    struct {
		Platform struct {
			Name string `json:"name"`
		} `json:"platform"`
	} `json:"extend"`
	Message    string `json:"buyer_message"`
	Nick       string `json:"buyer_nick"`
	Tids       string `json:"src_tids"`
	Paid       string `json:"paid"`
	Receivable string `json:"receivable"`
	Lines      []Line `json:"goods_list"`
}

// Line is what is read of a line.
type Line struct {
	Sku   string `json:"spec_no"`
	Num   string `json:"num"`
	Share string `json:"share_price"`
	Price string `json:"price"`
	Tax   string `json:"tax_rate"`
	Goods string `json:"goods_name"`
	Spec  string `json:"spec_name"`
	Oid   string `json:"src_oid"`
}

// Bill makes the bill; its warehouse is still the source's.
func (in *Trade) Bill() *orders.Bill {
	out := &orders.Bill{
		FBillTypeID: "XSCKD01_SYS", FBillNo: in.TradeNo, FDate: in.TradeTime, FSaleOrgID: "100", FStockOrgID: in.Warehouse, FCustomerID: in.Shop,
		FSettleCurrID: "PRE001", FCarriageNO: in.Parcel, FLogComID: in.Carrier, FLinkMan: in.Name, FLinkPhone: in.Mobile,
		FReceiveAddress: in.Province + " " + in.City + " " + in.District + " " + in.Address, FReceiverState: in.Province, FReceiverCity: in.City,
		FSALECHANNEL: in.Extend.Platform.Name, FNote: "旺店通 " + in.TradeNo + "/" + in.Message, FBuyerNick: in.Nick, FThirdBillNo: in.Tids,
		FPayAmount: in.Paid, FAllAmount: in.Receivable, FEntity: make([]orders.Entry, len(in.Lines)),
	}
	for i := range in.Lines {
		l := &in.Lines[i]
		out.FEntity[i] = orders.Entry{
			FMaterialID: l.Sku, FRealQty: l.Num, FPrice: l.Share, FTaxPrice: l.Price, FEntryTaxRate: l.Tax, FNote: l.Goods + " " + l.Spec,
			FOwnerTypeID: "BD_OwnerOrg", FStockStatusID: "KCZT01_SYS", FSrcBillNo: l.Oid,
		}
	}
	return out
}
