package jsterp

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/karezflow/karez/plugins/internal/jsttable"
)

// minRefunds is the least data in which every kind below has its place.
const minRefunds = 400

// sizes of the special kinds; every refund is of one kind. 6 in 100 are unconfirmed.
const (
	cancelledRefunds = 10
	sharedOrders     = 6 // two refunds each
	unknownMaterials = 8
	decimalTraps     = 10
	sameSecond       = 64 // more than a page, so that some page edge runs through it
)

// span is how far back the data reaches, rest how long before the start the last change lies.
const (
	span = 30 * 24 * time.Hour
	rest = 10 * time.Minute
)

// kind says what is special about a refund.
type kind string

const (
	plain           kind = "plain"
	unconfirmed     kind = "unconfirmed"
	cancelled       kind = "cancelled"
	sharedOrder     kind = "sharedOrder"
	unknownMaterial kind = "unknownMaterial"
	decimalTrap     kind = "decimalTrap"
	bigPrice        kind = "bigPrice"
	longDecimal     kind = "longDecimal"
	oneSecond       kind = "sameSecond"
)

type refund struct {
	jsttable.Record
	kind               kind
	created, confirmed time.Time
	nullConfirm        bool
	platformID         string
	remark             string
	escape             bool
	refund             string
	lines              []line
	carrier, tracking  string
	receiver, phone    string
	question           string
	// platformStatus is that of an uploaded refund.
	platformStatus string
}

type line struct {
	number             int64
	sku, name, variant string
	quantity, received int
	price, amount      string
	gift               bool
}

// generate makes n refunds over the 30 days before start and gives the last row version.
func generate(seed uint64, n int, start time.Time) ([]*refund, int64) {
	n = max(n, minRefunds)
	random := rand.New(rand.NewPCG(seed, 0x6b61726571)) //nolint:gosec // data of a simulation
	kinds := kindsOf(n, random)
	refunds := make([]*refund, n)
	tie := start.Add(-3*24*time.Hour - 12345*time.Second)
	var pair []*refund
	for i := range refunds {
		r := &refund{kind: kinds[i]}
		refunds[i] = r
		r.ID, r.OrderID = 20001001+int64(i), 5000123+int64(i)*3
		r.Modified = start.Add(-rest - time.Duration(random.Int64N(int64((span-rest-time.Hour)/time.Second)))*time.Second)
		if r.kind == oneSecond {
			r.Modified = tie
		}
		r.fill(random, i)
		if r.kind == sharedOrder {
			if pair = append(pair, r); len(pair)%2 == 0 {
				first := pair[len(pair)-2]
				r.OrderID, r.OnlineID, r.ShopID, r.Buyer = first.OrderID, first.OnlineID, first.ShopID, first.Buyer
			}
		}
	}
	// The row version follows the order of changes, as a database's does.
	byChange := slices.SortedStableFunc(slices.Values(refunds), func(a, b *refund) int { return jsttable.ByModified(&a.Record, &b.Record) })
	version := int64(8812345000)
	for _, r := range byChange {
		version += 1 + random.Int64N(9)
		r.Version = version
		r.Raw = r.render()
	}
	return refunds, version
}

// kindsOf gives every refund its kind, the special ones scattered.
func kindsOf(n int, random *rand.Rand) []kind {
	kinds := make([]kind, 0, n)
	for _, k := range []struct {
		kind kind
		n    int
	}{
		{unconfirmed, n * 6 / 100},
		{cancelled, cancelledRefunds},
		{sharedOrder, 2 * sharedOrders},
		{unknownMaterial, unknownMaterials},
		{decimalTrap, decimalTraps},
		{bigPrice, 1},
		{longDecimal, 1},
		{oneSecond, sameSecond},
	} {
		kinds = append(kinds, slices.Repeat([]kind{k.kind}, k.n)...)
	}
	kinds = append(kinds, slices.Repeat([]kind{plain}, n-len(kinds))...)
	random.Shuffle(n, func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	return kinds
}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

func (r *refund) fill(random *rand.Rand, i int) {
	r.ShopID = 10001 + random.Int64N(5)
	r.Buyer = fmt.Sprintf("buyer_%d", 1+random.IntN(700))
	r.created = r.Modified.Add(-time.Duration(1+random.IntN(72)) * time.Hour)
	day := r.created.Format("060102")
	r.OnlineID = fmt.Sprintf("SO%s%05d", day, i+1)
	r.platformID = fmt.Sprintf("TK%s%05d", day, i+1)
	r.AfterSaleType = pick(random, "普通退货", "普通退货", "普通退货", "拒收退货", "仅退款", "换货")
	r.Status, r.GoodStatus, r.confirmed = "Confirmed", "SELLER_RECEIVED", r.Modified
	r.question = pick(random, "七天无理由退货", "质量问题", "发错货", "尺寸不合适", "")
	r.remark, r.escape = remark(random, i), i%10 == 3
	r.carrier, r.tracking = pick(random, "中通快递", "顺丰速运", "圆通速递"), fmt.Sprintf("KD%012d", random.Int64N(1_000_000_000_000))
	r.receiver, r.phone = pick(random, "张**", "李**", "欧阳**", "王*"), fmt.Sprintf("138****%04d", random.IntN(10000))
	if random.IntN(9) == 0 {
		r.receiver, r.phone = "", ""
	}
	switch r.kind {
	case unconfirmed:
		r.Status, r.GoodStatus, r.confirmed = "WaitConfirm", "BUYER_RETURNED_GOODS", time.Time{}
		r.nullConfirm = i%2 == 0
	case cancelled:
		r.Status, r.GoodStatus, r.confirmed = "Cancelled", "BUYER_RECEIVED", time.Time{}
		r.carrier, r.tracking = "", ""
	case plain, sharedOrder, unknownMaterial, decimalTrap, bigPrice, longDecimal, oneSecond, uploadedRefund:
	}
	r.fillLines(random, i)
}

func (r *refund) fillLines(random *rand.Rand, i int) {
	var cents int64
	for n := range 1 + random.IntN(8) {
		quantity := 1 + random.IntN(5)
		price := int64(990 + random.IntN(99000))
		l := r.line(random, i, n, quantity)
		l.price, l.amount = decimal(random, price), decimal(random, price*int64(quantity))
		cents += price * int64(quantity)
		r.lines = append(r.lines, l)
	}
	r.refund = decimal(random, cents)
	switch r.kind {
	case unknownMaterial:
		r.lines[random.IntN(len(r.lines))].sku = fmt.Sprintf("SKU-X%03d", 1+i%9)
	case decimalTrap:
		// 0.1 + 0.2 is 0.3 in decimals and 0.30000000000000004 in binary floats.
		r.lines = []line{r.line(random, i, 0, 1), r.line(random, i, 1, 1)}
		r.lines[0].price, r.lines[0].amount = "0.1", "0.1"
		r.lines[1].price, r.lines[1].amount = "0.2", "0.2"
		r.refund = "0.3"
	case bigPrice:
		// More digits than a binary float holds.
		r.lines = []line{r.line(random, i, 0, 1)}
		r.lines[0].price, r.lines[0].amount, r.refund = "12345678901234567.89", "12345678901234567.89", "12345678901234567.89"
	case longDecimal:
		r.lines = []line{r.line(random, i, 0, 1)}
		r.lines[0].price, r.lines[0].amount, r.refund = "0.30000000000000004", "0.30000000000000004", "0.30000000000000004"
	case plain, unconfirmed, cancelled, sharedOrder, oneSecond, uploadedRefund:
	}
}

func (r *refund) line(random *rand.Rand, i, n, quantity int) line {
	number := 1 + random.IntN(400)
	l := line{
		number: 30001 + int64(i)*8 + int64(n), sku: fmt.Sprintf("SKU-%04d", number), name: fmt.Sprintf("测试商品%03d号", number),
		variant: pick(random, "白;L", "黑;XL", "红;均码", ""), quantity: quantity, received: quantity, gift: random.IntN(25) == 0,
	}
	if r.confirmed.IsZero() {
		l.received = 0
	}
	return l
}

// decimal writes hundredths as the vendor's services do: with the digits needed
// and at least one, or with both.
func decimal(random *rand.Rand, hundredths int64) string {
	s := strconv.FormatInt(hundredths/100, 10) + "." + fmt.Sprintf("%02d", hundredths%100)
	if s[len(s)-1] == '0' && random.IntN(3) > 0 {
		s = s[:len(s)-1]
	}
	return s
}

// remark is what shops write: mostly nothing or a phrase, and everything that
// breaks careless quoting.
func remark(random *rand.Rand, i int) string {
	switch i % 12 {
	case 0:
		return "客户说\"太大了\"，换小一码😀"
	case 1:
		return "第一行\n第二行\t缩进\r\n第三行"
	case 2:
		return `路径 C:\售后\单据 和 '单引号' 与 {{o_id}}`
	case 3:
		return "包裹破损📦🙁，请优先处理"
	case 4:
		return "</script><b>加粗</b> & ; -- '); DROP"
	case 5, 6:
		return ""
	default:
		return pick(random, "七天无理由", "尺码不合适", "已联系客户", "等待仓库收货")
	}
}

// countKinds counts the refunds a test or a demo wants to know of.
func countKinds(refunds []*refund, churned int) map[string]int {
	counts := map[string]int{"total": len(refunds), "modifiedWhilePaging": churned}
	for _, r := range refunds {
		counts[string(r.kind)]++
		counts["lines"] += len(r.lines)
		if r.Status == "Confirmed" {
			counts["confirmed"]++
		}
	}
	return counts
}
