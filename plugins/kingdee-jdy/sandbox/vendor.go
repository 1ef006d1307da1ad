// Package sandbox simulates 金蝶云星辰: the gateway with its signatures, tokens and limits, and
// sales orders and base data of both generations of the interface over one store. It knows
// nothing of the connector, so that a mistake there is not repeated here. What no public source
// tells is a setting.
//
// It may import the standard library, sdk/item and sdk/sandboxkit only.
package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

// The invented application and account set that every sandbox knows. They work in a sandbox only.
const (
	ClientID     = "200001"
	ClientSecret = "0123456789abcdef0123456789abcdef"
	Username     = "demo"
	Password     = "sbx-password-1"
	AccountID    = "1510000000000000001"
	GroupName    = "ns1"
	InstanceID   = "SBX-INSTANCE-1"
	AppKey       = "SbxAppK1"
	AppSecret    = "sbx-app-secret-1" //nolint:gosec // invented
	Domain       = "https://tf.jdy.example"
)

var _ sandboxkit.Vendor = (*Vendor)(nil)

// Vendor is the simulated system. It is safe for concurrent use.
type Vendor struct {
	clock sandboxkit.Clock

	mu sync.Mutex
	o  options
	store
	access   map[string]time.Time
	apps     map[string]time.Time
	issued   int
	secret   int
	calls    []time.Time
	refusals map[string]int
}

// options are the settings, under their names in Set.
type options struct {
	// Way is the way in of the credentials that the sandbox hands out: "login" or "gateway".
	Way string `json:"way"`
	// AccessSeconds is the life of a user's token (not documented); AppSeconds that of an
	// app-token, which is.
	AccessSeconds int `json:"accessSeconds"`
	AppSeconds    int `json:"appSeconds"`
	// ClockSeconds is how far a timestamp may be off; five minutes are documented.
	ClockSeconds int `json:"clockSeconds"`
	// PerMinute is how many calls an account set takes; 500 are documented, 0 is any number.
	PerMinute int `json:"perMinute"`
	// V1Takes is what interfaces of the first generation take: "either", "access_token" or
	// "signature" (not documented).
	V1Takes string `json:"v1Takes"`
	// NumbersAsIDs takes a number where an id belongs; public clients put them there (not documented).
	NumbersAsIDs bool `json:"numbersAsIds"`
	// Duplicates is what an order with a known number gets: "refuse" or "accept" (not documented).
	Duplicates string `json:"duplicates"`
	// MissingAs is how an order that is not there is answered: "null" or "refused" (not documented).
	MissingAs string `json:"missingAs"`
	// WithCount lets lists of the first generation tell how many rows there are (not documented).
	WithCount bool `json:"withCount"`
	// MostRows is the largest page (not documented).
	MostRows int `json:"mostRows"`
	// RefusalCode is the code with which the second generation refuses an order (not documented).
	RefusalCode int `json:"refusalCode"`
}

func defaults() options {
	return options{
		Way: "login", AccessSeconds: 24 * 60 * 60, AppSeconds: 24 * 60 * 60, ClockSeconds: 300, PerMinute: 500,
		V1Takes: "either", NumbersAsIDs: true, Duplicates: "refuse", MissingAs: "refused", WithCount: true, MostRows: 100, RefusalCode: 2000001000,
	}
}

// New makes a Vendor whose data lies in the 20 days before the clock's time.
func New(clock sandboxkit.Clock) *Vendor {
	v := &Vendor{clock: clock}
	v.Reset()
	return v
}

// Reset implements sandboxkit.Vendor.
func (v *Vendor) Reset() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.o, v.store = defaults(), generate(v.clock())
	v.access, v.apps, v.refusals = map[string]time.Time{}, map[string]time.Time{}, map[string]int{}
	v.issued, v.secret, v.calls = 0, 0, nil
}

// Credentials implements sandboxkit.Vendor.
func (v *Vendor) Credentials() map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	given := map[string]string{"auth": v.o.Way, "clientId": ClientID, "clientSecret": ClientSecret, "accountId": AccountID}
	if v.o.Way == "gateway" {
		given["outerInstanceId"] = InstanceID
	} else {
		given["username"], given["password"], given["groupName"] = Username, Password, GroupName
	}
	return given
}

// State implements sandboxkit.Vendor.
func (v *Vendor) State() map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	counts := map[string]int{"sal_order": len(v.orders)}
	for name, list := range v.base {
		counts["bd_"+name] = len(list)
	}
	return map[string]any{"objects": counts, "tokens": v.issued, "refusals": maps.Clone(v.refusals), "settings": v.o}
}

// Objects implements sandboxkit.Vendor: "sal_order" in the form of the first generation, and
// "bd_customer", "bd_material", "bd_store" and "bd_measure_unit".
func (v *Vendor) Objects(kind string) ([]json.RawMessage, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var raws []json.RawMessage
	if kind == "sal_order" {
		for _, o := range v.orders {
			raws = append(raws, v.order(o, first, true))
		}
		return raws, true
	}
	for name, list := range v.base {
		if "bd_"+name == kind {
			for _, b := range list {
				raws = append(raws, b.render(first))
			}
			return raws, true
		}
	}
	return nil, false
}

// Set implements sandboxkit.Vendor: every option, and the actions expireTokens (all tokens end
// now), rotateSecret (the application gets another secret), touch (an order with this number
// changes now, so that it moves to the end of lists) and addMaterial (a material gets this number).
func (v *Vendor) Set(name string, value json.RawMessage) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch name {
	case "expireTokens":
		for token := range v.access {
			v.access[token] = time.Time{}
		}
		for token := range v.apps {
			v.apps[token] = time.Time{}
		}
		return nil
	case "rotateSecret":
		v.secret++
		return nil
	case "touch":
		return v.touch(item.Of(value).Text(), v.clock())
	case "addMaterial":
		return v.addMaterial(item.Of(value).Text(), v.clock())
	}
	changed, err := sandboxkit.With(v.o, name, value)
	if err != nil {
		return err
	}
	v.o = changed
	return nil
}

// refusal is the vendor's no, with the HTTP status that it comes with.
type refusal struct {
	status  int
	code    int
	message string
}

func (r *refusal) Error() string { return r.message }

// gate is a refusal of the gateway.
func gate(code int, message string) error { return &refusal{519, code, message} }

// Handler implements sandboxkit.Vendor.
func (v *Vendor) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 8<<20))
		if err != nil {
			return
		}
		v.mu.Lock()
		answer, err := v.serve(r, body)
		no, refused := errors.AsType[*refusal](err)
		if refused {
			v.refusals[fmt.Sprint(no.code)]++
		}
		v.mu.Unlock()
		if refused && no.status == http.StatusNotFound {
			http.Error(w, "No Route", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		if refused {
			w.WriteHeader(no.status)
			answer = fmt.Appendf(nil, `{"errcode":%d,"description":"refused","description_cn":%s,"data":null}`, no.code, item.AppendText(nil, no.message))
		}
		_, _ = w.Write(answer) // a client that has gone cannot be told
	})
}

// serve answers a call. The caller holds mu.
func (v *Vendor) serve(r *http.Request, body []byte) ([]byte, error) {
	switch r.URL.Path {
	case "/auth/user/access_token":
		return v.userToken(r)
	case "/jdyconnector/app_management/push_app_authorize":
		return v.authorise(r)
	case "/jdyconnector/app_management/kingdee_auth_token":
		return v.appToken(r)
	}
	if err := v.admit(r); err != nil {
		return nil, err
	}
	if err := v.crowded(); err != nil {
		return nil, err
	}
	if len(body) == 0 || json.Valid(body) {
		return v.dispatch(r, item.Of(body))
	}
	return v.failed(generationOf(r.URL.Path), "请求参数不是有效的 JSON"), nil
}

// crowded counts a call of the account set and refuses one too many.
func (v *Vendor) crowded() error {
	now := v.clock()
	for len(v.calls) > 0 && now.Sub(v.calls[0]) >= time.Minute {
		v.calls = v.calls[1:]
	}
	if v.o.PerMinute > 0 && len(v.calls) >= v.o.PerMinute {
		return &refusal{http.StatusTooManyRequests, http.StatusTooManyRequests, "已被限流"}
	}
	v.calls = append(v.calls, now)
	return nil
}
