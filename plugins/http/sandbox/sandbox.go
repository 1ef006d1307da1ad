// Package sandbox is a careful REST interface with orders in it: it lets only known callers
// in, names every field that it refuses, keeps numbers unique, knows a call again by its
// idempotency key, pages in four ways, and asks for patience. It knows nothing of the
// connector, so that a mistake there is not repeated here.
//
// It may import the standard library only.
package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/sandboxkit"
)

// What every sandbox lets in; it works in a sandbox only.
const (
	Token        = "sandbox-bearer-0001"
	User         = "sandbox-user"
	Password     = "sandbox-password-0001"
	Key          = "sandbox-key-0001"
	ClientID     = "sandbox-client"
	ClientSecret = "sandbox-client-secret-0001"
	Secret       = "sandbox-hmac-secret-0001" //nolint:gosec // works in a sandbox only
)

// Settings are the interface's switches. Their JSON names are the names for Set.
type Settings struct {
	// Auth is who is let in: none, basic, bearer, header, query, hmac or oauth2.
	Auth string `json:"auth"`
	// PerMinute is how many calls a minute are taken, 0 for any number.
	PerMinute int `json:"perMinute"`
	// FailAfter is how many of the next writes are carried out and answered with a 500.
	FailAfter int `json:"failAfter"`
	// TokenSeconds is how long a token holds; Revoke ends those that were given.
	TokenSeconds int  `json:"tokenSeconds"`
	Revoke       bool `json:"revoke"`
	// Envelope answers 200 to everything and says in code and message what came of it.
	Envelope bool `json:"envelope"`
	// LinkTo takes the place of this server's address in Link headers.
	LinkTo string `json:"linkTo"`
}

// Order is what the interface keeps.
type Order struct {
	ID        int             `json:"id"`
	Number    string          `json:"number"`
	Customer  string          `json:"customer"`
	Amount    json.Number     `json:"amount"`
	Lines     json.RawMessage `json:"lines"`
	UpdatedAt string          `json:"updated_at"`
}

// known is an answer that was given under an idempotency key.
type known struct {
	body   string
	status int
	answer any
}

// Vendor is the interface. It is safe for concurrent use.
type Vendor struct {
	clock func() time.Time

	mu       sync.Mutex
	set      Settings
	orders   []*Order
	nextID   int
	keys     map[string]known
	tokens   map[string]time.Time
	issued   int
	minute   int64
	calls    int
	writes   map[string]int
	refusals map[string]int
	nonces   map[string]bool
}

// seeded is how many orders there are at the beginning.
const seeded = 57

// New makes an interface; clock tells its time.
func New(clock func() time.Time) *Vendor {
	v := &Vendor{clock: clock}
	v.Reset()
	return v
}

// Reset goes back to the first orders and settings.
func (v *Vendor) Reset() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.set = Settings{Auth: "bearer", TokenSeconds: 3600}
	v.orders, v.nextID, v.issued = nil, 1, 0
	v.keys, v.tokens = map[string]known{}, map[string]time.Time{}
	v.writes, v.refusals, v.nonces = map[string]int{}, map[string]int{}, map[string]bool{}
	at := v.clock().Add(-seeded * time.Hour)
	for n := range seeded {
		v.add(&Order{
			Number: fmt.Sprintf("SO-%04d", n+1), Customer: fmt.Sprintf("C%02d", n%7), Amount: json.Number(fmt.Sprintf("%d.%02d", 100+n, n)),
			Lines: json.RawMessage(fmt.Sprintf(`[{"sku":"A-%02d","qty":%d}]`, n%5, 1+n%3)),
		}, at.Add(time.Duration(n)*time.Hour))
	}
}

// add keeps a new order. The caller holds mu.
func (v *Vendor) add(o *Order, at time.Time) {
	o.ID, o.UpdatedAt = v.nextID, at.UTC().Format(time.RFC3339)
	v.nextID++
	v.orders = append(v.orders, o)
}

// Credentials gives the settings of a connection that works, without the address.
func (v *Vendor) Credentials() map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	given := map[string]string{
		"auth": v.set.Auth, "plain": "true", "reach": "local", "checkPath": "/v1/ping",
		"codePath": "error.code", "messagePath": "error.message", "fieldPath": "errors.0.path", "duplicateCodes": "exists",
	}
	switch v.set.Auth {
	case "basic":
		given["user"], given["password"] = User, Password
	case "bearer":
		given["token"] = Token
	case "header":
		given["keyName"], given["key"] = "X-Api-Key", Key
	case "query":
		given["keyName"], given["key"] = "api_key", Key
	case "hmac":
		given["hmacKeyId"], given["hmacSecret"], given["hmacParts"] = "k1", Secret, "method,path,query,timestamp,nonce,bodySha256"
		given["hmacKeyHeader"], given["hmacTimeHeader"], given["hmacNonceHeader"] = "X-Key-Id", "X-Timestamp", "X-Nonce"
	case "oauth2":
		given["clientId"], given["clientSecret"], given["scope"] = ClientID, ClientSecret, "orders"
	}
	return given
}

// State counts orders, writes, refusals by status, and tokens.
func (v *Vendor) State() map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	return map[string]any{
		"objects": map[string]int{"orders": len(v.orders)}, "writeCalls": maps.Clone(v.writes),
		"refusals": maps.Clone(v.refusals), "tokens": v.issued, "settings": v.set,
	}
}

// Objects gives the orders, the oldest first.
func (v *Vendor) Objects(kind string) ([]json.RawMessage, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := []json.RawMessage{}
	for _, o := range v.orders {
		raw, err := json.Marshal(o)
		if err != nil {
			return nil, false
		}
		out = append(out, raw)
	}
	return out, kind == "orders"
}

// Set changes one of the settings.
func (v *Vendor) Set(name string, value json.RawMessage) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	changed, err := sandboxkit.With(v.set, name, value)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"none", "basic", "bearer", "header", "query", "hmac", "oauth2"}, changed.Auth) {
		return fmt.Errorf("there is no way to log in named %q", changed.Auth)
	}
	if changed.Revoke {
		changed.Revoke = false
		clear(v.tokens)
	}
	v.set = changed
	return nil
}

// Handler serves the interface.
func (v *Vendor) Handler() http.Handler { return v }

// refusal is what a call is refused with.
type refusal struct {
	status        int
	code, message string
	errors        []fieldError
	wait          int
}

// fieldError blames a field.
type fieldError struct {
	Path    string `json:"path"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// ServeHTTP serves a call.
func (v *Vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	v.mu.Lock()
	defer v.mu.Unlock()
	status, answer, no := 0, any(nil), err
	if no == nil {
		if r.URL.Path == "/v1/token" {
			status, answer, no = v.token(r, body)
		} else if no = v.admit(r, body); no == nil {
			status, answer, no = v.route(w, r, body)
		}
	}
	if no == nil && r.Method != http.MethodGet && r.URL.Path != "/v1/token" && v.set.FailAfter > 0 {
		v.set.FailAfter--
		no = refuse(http.StatusInternalServerError, "internal", "something went wrong")
	}
	if no != nil {
		v.refusals[strconv.Itoa(no.status)]++
		if no.wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(no.wait))
		}
		status, answer = no.status, map[string]any{"error": map[string]string{"code": no.code, "message": no.message}, "errors": no.errors}
		if v.set.Envelope {
			status, answer = http.StatusOK, map[string]any{"code": no.code, "message": no.message, "data": nil}
		}
	} else if v.set.Envelope {
		status, answer = http.StatusOK, map[string]any{"code": "0", "message": "", "data": answer}
	}
	reply(w, status, answer)
}

func reply(w http.ResponseWriter, status int, answer any) {
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // a client that has gone cannot be told
}

// route serves a call of somebody who is let in.
func (v *Vendor) route(w http.ResponseWriter, r *http.Request, body []byte) (int, any, *refusal) {
	number, one := strings.CutPrefix(r.URL.Path, "/v1/orders/")
	switch {
	case r.URL.Path == "/v1/ping" && r.Method == http.MethodGet:
		return http.StatusOK, map[string]bool{"ok": true}, nil
	case r.URL.Path == "/v1/orders" && r.Method == http.MethodGet:
		return v.list(w, r, r.URL.Query())
	case r.URL.Path == "/v1/orders/search" && r.Method == http.MethodPost:
		return v.search(w, r, body)
	case r.URL.Path == "/v1/orders" && r.Method == http.MethodPost:
		return v.create(w, r, body)
	case one && r.Method == http.MethodGet:
		if o := v.find(number); o != nil {
			return http.StatusOK, o, nil
		}
		return 0, nil, refuse(http.StatusNotFound, "not_found", "there is no order %s", number)
	case one && r.Method == http.MethodPut:
		return v.replace(number, body)
	case one && r.Method == http.MethodDelete:
		return v.remove(number)
	case r.URL.Path == "/v1/orders" || r.URL.Path == "/v1/ping" || one:
		return 0, nil, refuse(http.StatusMethodNotAllowed, "method", "%s is not taken here", r.Method)
	default:
		return 0, nil, refuse(http.StatusNotFound, "not_found", "there is nothing at %s", r.URL.Path)
	}
}

func (v *Vendor) find(number string) *Order {
	for _, o := range v.orders {
		if o.Number == number {
			return o
		}
	}
	return nil
}
