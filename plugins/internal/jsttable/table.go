// Package jsttable is what the tables of 聚水潭's simulated ERP have in common: rows written as
// the vendor writes them, and queries that select, page and refuse as it does. What is
// in the tables is plugins/internal/jsterp's.
//
// It may import the standard library only.
package jsttable

import (
	"cmp"
	"strconv"
	"time"
)

// Reason says why a call is refused; each platform has a number of its own for it.
type Reason int

// The reasons.
const (
	// Missing is a parameter that is not there, Invalid one that fails validation, Value
	// one of a wrong type or form.
	Missing Reason = iota
	Invalid
	Value
	// Unknown is a call of a name that the ERP does not have.
	Unknown
)

// Refusal is the ERP's no.
type Refusal struct {
	Reason  Reason
	Message string
}

// Refuse makes a refusal.
func Refuse(reason Reason, message string) *Refusal { return &Refusal{reason, message} }

// Record is what queries select by, and the row they answer with.
type Record struct {
	ID, OrderID, ShopID               int64
	OnlineID, Buyer                   string
	Status, GoodStatus, AfterSaleType string
	Modified                          time.Time
	Version                           int64
	Raw                               []byte
	// Also are further fields that queries select by, Dates further times.
	Also  map[string]string
	Dates map[string]time.Time
}

// ByModified orders records as queries give them.
func ByModified(a, b *Record) int {
	return cmp.Or(a.Modified.Compare(b.Modified), cmp.Compare(a.ID, b.ID))
}

// IDOf gives a record's id as text.
func IDOf(r *Record) string { return Digits(r.ID) }

// Digits writes a whole number.
func Digits(n int64) string { return strconv.FormatInt(n, 10) }

// Shanghai is the zone of the vendor's times.
func Shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }
