// Package sandbox simulates 聚水潭's open platform: signatures, tokens, limits,
// windows, pages and the vendor's own refusals, over refunds and orders that are
// the same for the same seed and start. It knows nothing of the connector, so
// that a mistake there is not repeated here.
//
// It may import the standard library and plugins/internal/sandboxkit only.
package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/karezflow/karez/plugins/internal/sandboxkit"
)

// The invented application every sandbox knows.
const (
	AppKey    = "karezsandboxkey0001"
	AppSecret = "karezsandboxsecret0001" // works in a sandbox only
	// AuthCode is the code an authorisation page would hand to a service provider. It works once.
	AuthCode = "KZ0001"
)

var _ sandboxkit.Vendor = (*Vendor)(nil)

// Vendor is the simulated system. It is safe for concurrent use.
type Vendor struct {
	clock   sandboxkit.Clock
	start   time.Time
	initial Options

	mu       sync.Mutex
	o        Options
	refunds  []*refund
	orders   []*record
	version  int64
	tokens   tokenBook
	limits   map[string]*counter
	served   map[int64]bool
	pages    int
	churned  int
	refusals map[string]int
}

// New makes a sandbox whose data lies in the 30 days before the clock's present time.
func New(clock sandboxkit.Clock, o Options) *Vendor {
	v := &Vendor{clock: clock, start: clock().In(shanghai()).Truncate(time.Second), initial: o}
	v.Reset()
	return v
}

// Reset implements sandboxkit.Vendor: data, tokens, counters and settings are as after New.
func (v *Vendor) Reset() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.o = v.initial
	v.refunds, v.version = generate(v.o.Seed, v.o.Refunds, v.start)
	v.orders = ordersOf(v.refunds)
	v.tokens = tokenBook{access: map[string]time.Time{}, refresh: map[string]bool{}, code: AuthCode}
	v.limits = map[string]*counter{}
	v.served = map[int64]bool{}
	v.pages, v.churned = 0, 0
	v.refusals = map[string]int{}
}

// Credentials implements sandboxkit.Vendor. The keys are the connection's settings, without the address.
func (v *Vendor) Credentials() map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	credentials := map[string]string{"appKey": AppKey, "appSecret": AppSecret, "authMode": "self"}
	if v.o.ISV {
		credentials["authMode"], credentials["authCode"] = "isv", AuthCode
	}
	return credentials
}

// State implements sandboxkit.Vendor.
func (v *Vendor) State() map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	refusals := map[string]int{}
	maps.Copy(refusals, v.refusals)
	return map[string]any{
		"objects":    map[string]int{"refund": len(v.refunds), "order": len(v.orders)},
		"counts":     countKinds(v.refunds, v.churned),
		"start":      v.start.Format(time.RFC3339),
		"pages":      v.pages,
		"refusals":   refusals,
		"tokens":     map[string]int{"issued": v.tokens.issued, "refreshed": v.tokens.refreshed},
		"writeCalls": map[string]int{},
		"settings":   v.o,
	}
}

// Objects implements sandboxkit.Vendor for "refund" and "order", in the order of their ids.
func (v *Vendor) Objects(kind string) ([]json.RawMessage, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var from []*record
	switch kind {
	case "refund":
		from = v.refundRecords()
	case "order":
		from = v.orders
	default:
		return nil, false
	}
	objects := make([]json.RawMessage, len(from))
	for i, r := range from {
		objects[i] = r.raw
	}
	return objects, true
}

func (v *Vendor) refundRecords() []*record {
	records := make([]*record, len(v.refunds))
	for i, r := range v.refunds {
		records[i] = &r.record
	}
	return records
}

// Handler implements sandboxkit.Vendor.
func (v *Vendor) Handler() http.Handler { return http.HandlerFunc(v.serve) }

func (v *Vendor) serve(w http.ResponseWriter, r *http.Request) {
	form, bad := readForm(r)
	v.mu.Lock()
	body := v.answer(r, form, bad)
	v.mu.Unlock()
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	// A client that has gone cannot be told.
	_, _ = w.Write(body)
}

// answer gives the body of the answer, always under HTTP 200. The caller holds mu.
func (v *Vendor) answer(r *http.Request, form map[string]string, bad *refusal) []byte {
	data, no := v.dispatch(r.URL.Path, form, bad)
	if no == nil {
		body := append([]byte(`{"code":0,"msg":"执行成功","data":`), data...)
		return append(body, '}')
	}
	code := v.o.Codes.of(no.kind)
	v.refusals[strconv.Itoa(code)]++
	w := &writer{}
	w.open()
	w.number("code", strconv.Itoa(code))
	w.text("msg", no.message)
	w.null("data")
	w.close('}')
	return w.buf
}

func (v *Vendor) dispatch(path string, form map[string]string, bad *refusal) ([]byte, *refusal) {
	if bad != nil {
		return nil, bad
	}
	switch path {
	case "/openWeb/auth/getInitToken", "/openWeb/auth/accessToken", "/openWeb/auth/refreshToken":
		return v.token(path, form)
	case "/open/refund/single/query":
		biz, no := v.admit(path, form)
		if no != nil {
			return nil, no
		}
		return v.queryRefunds(biz)
	case "/open/orders/single/query":
		biz, no := v.admit(path, form)
		if no != nil {
			return nil, no
		}
		return v.queryOrders(biz)
	default:
		return nil, refuse(noPermission, "没有此接口的权限")
	}
}

// shanghai is the zone of the vendor's times.
func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }
