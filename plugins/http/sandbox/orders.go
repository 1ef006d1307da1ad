package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxPage is the most orders of a page.
const maxPage = 100

// search is list with its parameters in a body.
func (v *Vendor) search(w http.ResponseWriter, r *http.Request, body []byte) (int, any, *refusal) {
	var given map[string]json.RawMessage
	if json.Unmarshal(body, &given) != nil {
		return 0, nil, refuse(http.StatusBadRequest, "not_json", "the body is no JSON object")
	}
	q := url.Values{}
	for name, raw := range given {
		q.Set(name, strings.Trim(string(raw), `"`))
	}
	return v.list(w, r, q)
}

// list gives a page of orders by their change, in one of four ways: page and page_size,
// offset and limit, cursor and limit, and the Link header that comes with each.
func (v *Vendor) list(w http.ResponseWriter, r *http.Request, q url.Values) (int, any, *refusal) {
	allowed := []string{"page", "page_size", "offset", "limit", "cursor", "updated_from", "updated_to", "customer", "number", "api_key"}
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if !slices.Contains(allowed, name) {
			return 0, nil, refuse(http.StatusBadRequest, "unknown_parameter", "there is no parameter %s", name)
		}
	}
	found, no := v.selected(q)
	if no != nil {
		return 0, nil, no
	}
	from, size, no := place(q)
	if no != nil {
		return 0, nil, no
	}
	total := len(found)
	from = min(from, total)
	page := found[from:min(from+size, total)]
	more := from+len(page) < total
	answer := map[string]any{"data": page, "total": total, "has_more": more, "next_cursor": nil}
	if more {
		answer["next_cursor"] = fmt.Sprintf("c%d", from+len(page))
		next := maps.Clone(q)
		next.Del("page")
		next.Del("page_size")
		next.Del("offset")
		next.Set("limit", strconv.Itoa(size))
		next.Set("cursor", fmt.Sprintf("c%d", from+len(page)))
		next.Del("api_key")
		base := v.set.LinkTo
		if base == "" {
			base = "http://" + r.Host
		}
		w.Header().Set("Link", fmt.Sprintf(`<%s/v1/orders>; rel="first", <%s/v1/orders?%s>; rel="next"`, base, base, next.Encode()))
	}
	return http.StatusOK, answer, nil
}

// selected gives the orders that the parameters ask for, by change and id.
func (v *Vendor) selected(q url.Values) ([]*Order, *refusal) {
	found := []*Order{}
	for _, end := range []string{"updated_from", "updated_to"} {
		if text := q.Get(end); text != "" {
			if _, err := time.Parse(time.RFC3339, text); err != nil {
				return nil, refuse(http.StatusBadRequest, "bad_time", "%s is a time such as 2024-05-01T12:00:00Z", end)
			}
		}
	}
	moment := func(text string) time.Time {
		at, _ := time.Parse(time.RFC3339, text) // looked at above, or written by this program
		return at
	}
	for _, o := range v.orders {
		at := moment(o.UpdatedAt)
		switch {
		case q.Get("updated_from") != "" && at.Before(moment(q.Get("updated_from"))),
			q.Get("updated_to") != "" && at.After(moment(q.Get("updated_to"))),
			q.Has("customer") && !slices.Contains(q["customer"], o.Customer),
			q.Has("number") && q.Get("number") != o.Number:
		default:
			found = append(found, o)
		}
	}
	slices.SortStableFunc(found, func(a, b *Order) int { return moment(a.UpdatedAt).Compare(moment(b.UpdatedAt)) })
	return found, nil
}

// place reads where a page begins and how long it is.
func place(q url.Values) (from, size int, no *refusal) {
	number := func(name string, usual, low, high int) int {
		text := q.Get(name)
		if text == "" {
			return usual
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < low || n > high {
			no = refuse(http.StatusBadRequest, "bad_page", "%s is a number from %d to %d", name, low, high)
		}
		return n
	}
	size = number("page_size", number("limit", 20, 1, maxPage), 1, maxPage)
	switch {
	case q.Has("cursor"):
		n, err := strconv.Atoi(strings.TrimPrefix(q.Get("cursor"), "c"))
		if err != nil || n < 0 {
			no = refuse(http.StatusBadRequest, "bad_cursor", "the cursor is none of this list")
		}
		from = n
	case q.Has("offset"):
		from = number("offset", 0, 0, 1<<30)
	default:
		from = (number("page", 1, 1, 1<<30) - 1) * size
	}
	return from, size, no
}

// create makes an order, once for each idempotency key.
func (v *Vendor) create(w http.ResponseWriter, r *http.Request, body []byte) (int, any, *refusal) {
	key := r.Header.Get("Idempotency-Key")
	if was, ok := v.keys[key]; key != "" && ok {
		if was.body != string(body) {
			return 0, nil, refuse(http.StatusUnprocessableEntity, "key_reused", "the idempotency key came with another body")
		}
		return was.status, was.answer, nil
	}
	o, no := read(body)
	if no != nil {
		return 0, nil, no
	}
	if v.find(o.Number) != nil {
		no := refuse(http.StatusConflict, "exists", "there is an order %s", o.Number)
		no.errors = []fieldError{{"number", "unique", "is taken"}}
		return 0, nil, no
	}
	v.add(o, v.clock())
	v.writes["create"]++
	w.Header().Set("Location", "/v1/orders/"+o.Number)
	if key != "" {
		v.keys[key] = known{string(body), http.StatusCreated, o}
	}
	return http.StatusCreated, o, nil
}

// replace makes or changes the order with a number.
func (v *Vendor) replace(number string, body []byte) (int, any, *refusal) {
	o, no := read(body)
	if no != nil {
		return 0, nil, no
	}
	if o.Number != number {
		no := refuse(http.StatusUnprocessableEntity, "invalid", "the order is not %s", number)
		no.errors = []fieldError{{"number", "other", "is not that of the address"}}
		return 0, nil, no
	}
	v.writes["replace"]++
	if old := v.find(number); old != nil {
		o.ID, o.UpdatedAt = old.ID, v.clock().UTC().Format(time.RFC3339)
		*old = *o
		return http.StatusOK, old, nil
	}
	v.add(o, v.clock())
	return http.StatusCreated, o, nil
}

func (v *Vendor) remove(number string) (int, any, *refusal) {
	at := slices.IndexFunc(v.orders, func(o *Order) bool { return o.Number == number })
	if at < 0 {
		return 0, nil, refuse(http.StatusNotFound, "not_found", "there is no order %s", number)
	}
	v.orders = slices.Delete(v.orders, at, at+1)
	v.writes["remove"]++
	return http.StatusNoContent, nil, nil
}

// read reads an order and names every field that does not fit.
func read(body []byte) (*Order, *refusal) {
	var given map[string]json.RawMessage
	if json.Unmarshal(body, &given) != nil {
		return nil, refuse(http.StatusBadRequest, "not_json", "the body is no JSON object")
	}
	var bad []fieldError
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains([]string{"number", "customer", "amount", "lines"}, name) {
			bad = append(bad, fieldError{name, "unknown", "is no field of an order"})
		}
	}
	o := &Order{Lines: json.RawMessage("[]")}
	if json.Unmarshal(given["number"], &o.Number) != nil || o.Number == "" {
		bad = append(bad, fieldError{"number", "required", "is a text"})
	}
	if json.Unmarshal(given["customer"], &o.Customer) != nil || o.Customer == "" {
		bad = append(bad, fieldError{"customer", "required", "is a text"})
	}
	if text := string(given["amount"]); !regexp.MustCompile(`^-?\d{1,15}(\.\d{1,2})?$`).MatchString(text) {
		bad = append(bad, fieldError{"amount", "money", "is a number with at most two digits behind the point"})
	} else {
		o.Amount = json.Number(text)
	}
	bad = append(bad, lines(given["lines"], o)...)
	if len(bad) > 0 {
		no := refuse(http.StatusUnprocessableEntity, "invalid", "%s %s", bad[0].Path, bad[0].Message)
		no.errors = bad
		return nil, no
	}
	return o, nil
}

func lines(raw json.RawMessage, o *Order) (bad []fieldError) {
	if len(raw) == 0 {
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return []fieldError{{"lines", "list", "is a list"}}
	}
	for n, one := range list {
		var line struct {
			SKU *string      `json:"sku"`
			Qty *json.Number `json:"qty"`
		}
		decoder := json.NewDecoder(bytes.NewReader(one))
		decoder.DisallowUnknownFields()
		at := fmt.Sprintf("lines[%d]", n)
		if err := decoder.Decode(&line); err != nil {
			bad = append(bad, fieldError{at, "unknown", "has a field that is none of a line"})
			continue
		}
		if line.SKU == nil || *line.SKU == "" {
			bad = append(bad, fieldError{at + ".sku", "required", "is a text"})
		}
		if line.Qty == nil || strings.HasPrefix(line.Qty.String(), "-") || line.Qty.String() == "0" {
			bad = append(bad, fieldError{at + ".qty", "positive", "is a number above zero"})
		}
	}
	o.Lines = raw
	return bad
}
