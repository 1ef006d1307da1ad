package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/item"
)

// orders is how many rows the scheme Orders begins with.
const orders = 330

// scheme is a scheme and what it has stored.
type scheme struct {
	// token is the scheme's own, for V1.
	token    string
	required []string
	closed   bool
	rows     []*row
}

// row is a stored row; status 0 waits, 1 is a duplicate and 2 is done.
type row struct {
	id, number       string
	status           int
	created, updated time.Time
	content          []byte
}

// generate makes the same rows for the same time. Some share one second, so that an edge
// between two pages runs through it.
func generate(now time.Time) []*row {
	var list []*row
	from := now.Truncate(time.Second).Add(-29 * 24 * time.Hour)
	for n := range orders {
		at := from.Add(time.Duration(n)*2*time.Hour + 155470*time.Microsecond)
		if n >= 90 && n < 130 {
			at = from.Add(180 * time.Hour)
		}
		amount := fmt.Sprintf("%d.%02d", 80+n*7, n%100)
		switch n {
		case 0:
			amount = "98765432109876543.21"
		case 1:
			amount = "0.30000000000000004"
		}
		number := fmt.Sprintf("XSDD%06d", n+1)
		note := []string{"沙箱订单", "“加急”\n第二行", `{"$gte":1}{{x}}😀`}[n%3]
		list = append(list, &row{
			id: hexID(number), number: number, status: 2, created: at, updated: at, content: fmt.Appendf(nil,
				`{"FBillNo":%q,"FStatus":%q,"FAmount":%s,"FNote":%s,"details":[{"FMaterialId":"MAT%03d","FQty":%d},{"FMaterialId":"MAT%03d","FQty":1.5}]}`,
				number, []string{"已审核", "审核中"}[n%2], amount, item.AppendText(nil, note), n%40, n+1, (n+1)%40),
		})
	}
	return list
}

// hexID is an id as the store makes them.
func hexID(of string) string {
	sum := sha256.Sum256([]byte(of))
	return hex.EncodeToString(sum[:12])
}

func (s *scheme) touch(number string, now time.Time) error {
	at := slices.IndexFunc(s.rows, func(r *row) bool { return r.number == number })
	if at < 0 {
		return fmt.Errorf("there is no order %q", number)
	}
	changed := *s.rows[at]
	changed.content, changed.updated = bytes.Replace(changed.content, []byte(`"FNote":"`), []byte(`"FNote":"（更正）`), 1), now
	s.rows[at] = &changed
	return nil
}

func (s *scheme) at(id string) int {
	return slices.IndexFunc(s.rows, func(r *row) bool { return r.id == id })
}

// seconds writes a time as the platform keeps it.
func seconds(at time.Time) string {
	text := fmt.Sprintf("%d.%06d", at.Unix(), at.Nanosecond()/1000)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

// nested is a row with its fields below content.
func (r *row) nested() []byte {
	return fmt.Appendf(nil, `{"id":%s,"number":%s,"status":%d,"created_at":%s,"updated_at":%s,"content":%s}`,
		item.AppendText(nil, r.id), item.AppendText(nil, r.number), r.status, seconds(r.created), seconds(r.updated), r.content)
}

// flat is a row with its fields beside _id.
func (r *row) flat() []byte {
	raw := append([]byte(`{"_id":`), item.AppendText(nil, r.id)...)
	for name, value := range item.Of(r.content).Fields() {
		raw = append(append(item.AppendText(append(raw, ','), name), ':'), value.Raw()...)
	}
	return fmt.Appendf(raw, `,"created_at":%s,"updated_at":%s}`, seconds(r.created), seconds(r.updated))
}

// value finds what a condition of V1 names: a member of the row, or below content.
func (r *row) value(path string) item.Value { return item.Of(r.nested()).Path(path) }

// meets tells whether a value meets an operator of the store's query language.
func meets(value item.Value, operator string, operand item.Value) (met, known bool) {
	among := func() bool {
		for one := range operand.Elements() {
			if order(value, one) == 0 {
				return true
			}
		}
		return false
	}
	switch operator {
	case "$eq":
		return order(value, operand) == 0, true
	case "$ne":
		return order(value, operand) != 0, true
	case "$gt":
		return order(value, operand) > 0, true
	case "$gte":
		return order(value, operand) >= 0, true
	case "$lt":
		return order(value, operand) < 0, true
	case "$lte":
		return order(value, operand) <= 0, true
	case "$in":
		return among(), true
	case "$nin":
		return !among(), true
	}
	return false, false
}

// order compares numbers as numbers and all else as texts.
func order(a, b item.Value) int {
	x, isNumber := new(big.Rat).SetString(a.Text())
	y, alsoNumber := new(big.Rat).SetString(b.Text())
	if isNumber && alsoNumber {
		return x.Cmp(y)
	}
	return strings.Compare(a.Text(), b.Text())
}
