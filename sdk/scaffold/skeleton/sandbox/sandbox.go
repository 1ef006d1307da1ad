// Package sandbox simulates the system: it refuses what the system refuses, so that the
// connector and flows can be tried without it.
package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Key is the invented key that the sandbox accepts.
const Key = "sandbox-key-0001"

const (
	orders   = 120
	mostRows = 100
	longest  = 31 * 24 * time.Hour
)

// Vendor is the simulated system. It implements sandboxkit.Vendor.
type Vendor struct {
	clock func() time.Time
	zone  *time.Location

	mu        sync.Mutex
	list      []*order
	perSecond int
	calls     []time.Time
}

// order is a stored order. Body keeps the bytes of whoever wrote it.
type order struct {
	number  string
	changed time.Time
	body    json.RawMessage
}

// New makes a Vendor with orders of the month before the clock's time.
func New(clock func() time.Time) *Vendor {
	v := &Vendor{clock: clock, zone: time.FixedZone("CST", 8*60*60)}
	v.Reset()
	return v
}

// Reset implements sandboxkit.Vendor.
func (v *Vendor) Reset() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.list, v.calls, v.perSecond = nil, nil, 10
	from := v.clock().Add(-20 * 24 * time.Hour)
	for n := range orders {
		number := fmt.Sprintf("SO%05d", n+1)
		fields := map[string]any{
			"number": number, "customer": []string{"甲商贸", "乙超市", "丙电商"}[n%3], "amount": json.Number(fmt.Sprintf("%d.%02d", 100+n, n%100)),
			"lines": []map[string]any{{"sku": fmt.Sprintf("SKU-%d", n%7+1), "quantity": n%5 + 1, "price": json.Number("10.50")}},
		}
		v.add(number, from.Add(time.Duration(n)*3*time.Hour), fields)
	}
}

// add stores an order. The vendor is locked.
func (v *Vendor) add(number string, changed time.Time, fields any) *order {
	raw, err := json.Marshal(fields)
	if err != nil {
		raw = []byte("{}") // only JSON comes in
	}
	head := fmt.Appendf(nil, `{"id":%d,"changed":%q,`, 70000+len(v.list), changed.In(v.zone).Format(time.DateTime))
	o := &order{number, changed, append(head, bytes.TrimPrefix(raw, []byte("{"))...)}
	v.list = append(v.list, o)
	return o
}

// Credentials implements sandboxkit.Vendor.
func (*Vendor) Credentials() map[string]string { return map[string]string{"apiKey": Key} }

// State implements sandboxkit.Vendor.
func (v *Vendor) State() map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	return map[string]any{"orders": len(v.list)}
}

// Objects implements sandboxkit.Vendor.
func (v *Vendor) Objects(kind string) ([]json.RawMessage, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := make([]json.RawMessage, 0, len(v.list))
	for _, o := range v.list {
		all = append(all, o.body)
	}
	return all, kind == "order"
}

// Set implements sandboxkit.Vendor: perSecond is how many calls it takes in a second, 0 any
// number; touch names an order that changes now.
func (v *Vendor) Set(name string, value json.RawMessage) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch name {
	case "perSecond":
		return json.Unmarshal(value, &v.perSecond)
	case "touch":
		var number string
		if err := json.Unmarshal(value, &number); err != nil {
			return err
		}
		v.touch(number)
		return nil
	default:
		return fmt.Errorf("unknown setting %q", name)
	}
}

// touch changes an order, which moves to the end of the list. The vendor is locked.
func (v *Vendor) touch(number string) {
	for i, o := range v.list {
		if o.number == number {
			now := v.clock()
			before, after := o.changed.In(v.zone).Format(time.DateTime), now.In(v.zone).Format(time.DateTime)
			changed := &order{o.number, now, bytes.Replace(o.body, []byte(before), []byte(after), 1)}
			v.list = append(append(v.list[:i:i], v.list[i+1:]...), changed)
			return
		}
	}
}

// Count tells how many orders have a number.
func (v *Vendor) Count(number string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.count(number)
}

func (v *Vendor) count(number string) (n int) {
	for _, o := range v.list {
		if o.number == number {
			n++
		}
	}
	return n
}

// Handler implements sandboxkit.Vendor.
func (v *Vendor) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /account", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"name": "示例账户"})
	})
	mux.HandleFunc("GET /orders", v.search)
	mux.HandleFunc("GET /orders/{number}", v.one)
	mux.HandleFunc("POST /orders", v.save)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer "+Key:
			refuse(w, http.StatusUnauthorized, "key_invalid", "the key is not known", "")
		case v.crowded():
			w.Header().Set("Retry-After", "1")
			refuse(w, http.StatusTooManyRequests, "too_many", "too many calls in a second", "")
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// crowded counts a call and tells whether it is one too many.
func (v *Vendor) crowded() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.clock()
	for len(v.calls) > 0 && now.Sub(v.calls[0]) >= time.Second {
		v.calls = v.calls[1:]
	}
	v.calls = append(v.calls, now)
	return v.perSecond > 0 && len(v.calls) > v.perSecond
}

// search answers a page of the orders that changed in a range.
func (v *Vendor) search(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	page, size := whole(query.Get("page"), 1), whole(query.Get("per_page"), 20)
	if page < 1 || size < 1 || size > mostRows {
		refuse(w, http.StatusUnprocessableEntity, "page_invalid", fmt.Sprintf("pages count from 1 and have at most %d rows", mostRows), "per_page")
		return
	}
	from, fromErr := time.ParseInLocation(time.DateTime, query.Get("changed_from"), v.zone)
	to, toErr := time.ParseInLocation(time.DateTime, query.Get("changed_to"), v.zone)
	number := query.Get("number")
	switch {
	case number != "":
	case fromErr != nil || toErr != nil || !from.Before(to):
		refuse(w, http.StatusUnprocessableEntity, "range_invalid", "changed_from has to be before changed_to", "changed_from")
		return
	case to.Sub(from) > longest:
		refuse(w, http.StatusUnprocessableEntity, "range_too_long", "a range has at most 31 days", "changed_to")
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	found := []json.RawMessage{}
	for _, o := range v.list {
		if number != "" && o.number == number || number == "" && !o.changed.Before(from) && o.changed.Before(to) {
			found = append(found, o.body)
		}
	}
	first := min((page-1)*size, len(found))
	answer(w, http.StatusOK, map[string]any{"total": len(found), "orders": found[first:min(first+size, len(found))]})
}

// whole reads a number, and gives missing where there is none.
func whole(text string, missing int) int {
	if text == "" {
		return missing
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

func (v *Vendor) one(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, o := range v.list {
		if o.number == r.PathValue("number") {
			answer(w, http.StatusOK, o.body)
			return
		}
	}
	refuse(w, http.StatusNotFound, "not_found", "there is no such order", "")
}

// save stores an order; its number must be new.
func (v *Vendor) save(w http.ResponseWriter, r *http.Request) {
	var fields map[string]json.RawMessage
	var head struct {
		Number   string            `json:"number"`
		Customer string            `json:"customer"`
		Lines    []json.RawMessage `json:"lines"`
	}
	var body bytes.Buffer
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil || json.Unmarshal(body.Bytes(), &fields) != nil || json.Unmarshal(body.Bytes(), &head) != nil {
		refuse(w, http.StatusBadRequest, "json_invalid", "the order is not JSON", "")
		return
	}
	for field, missing := range map[string]bool{"number": head.Number == "", "customer": head.Customer == "", "lines": len(head.Lines) == 0} {
		if missing {
			refuse(w, http.StatusUnprocessableEntity, "field_invalid", field+" is missing", field)
			return
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.count(head.Number) > 0 {
		refuse(w, http.StatusConflict, "number_exists", "there is an order "+head.Number, "number")
		return
	}
	answer(w, http.StatusCreated, v.add(head.Number, v.clock(), fields).body)
}

func refuse(w http.ResponseWriter, status int, code, message, field string) {
	answer(w, status, map[string]string{"code": code, "message": message, "field": field})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller has gone; nobody is left to tell
}
