// Package sandbox simulates the open interface of 轻易云: tokens of an application and of a
// scheme, a scheme whose collected rows can be queried, one that takes rows, and their
// dispatchers. It knows nothing of the connector, so that a mistake there is not repeated
// here. What the documentation leaves open, or tells in two ways, is a setting.
//
// It may import the standard library, sdk/item and sdk/sandboxkit only.
package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

// The invented application and schemes that every sandbox knows. Orders has rows, Inbox takes
// them, and the application may not use Closed.
const (
	AppKey    = "sbx000000001"
	AppSecret = "sbxSecret00000000001" // works in a sandbox only

	// The schemes' own tokens, for V1.
	Token      = "sbxToken0001"
	InboxToken = "sbxToken0002"

	Orders = "5b0f0000-0000-4000-8000-000000000001"
	Inbox  = "5b0f0000-0000-4000-8000-000000000002"
	Closed = "5b0f0000-0000-4000-8000-000000000003"
)

var _ sandboxkit.Vendor = (*Vendor)(nil)

// Vendor is the simulated system. It is safe for concurrent use.
type Vendor struct {
	clock sandboxkit.Clock

	mu         sync.Mutex
	o          options
	schemes    map[string]*scheme
	tokens     map[string]time.Time
	calls      []time.Time
	blocked    time.Time
	logins     int
	dispatches int
	refusals   int
}

// options are the settings, under their names in Set.
type options struct {
	// TokenSeconds is the life of tokens; two hours are documented.
	TokenSeconds int `json:"tokenSeconds"`
	// Version is the one that Credentials are for.
	Version string `json:"version"`
	// Rows is "nested", with the fields below content, or "flat"; ListAt is where they stand:
	// "list", "rows", "array", or "content" for the content itself, which tells no total. The
	// documentation has pages with each.
	Rows   string `json:"rows"`
	ListAt string `json:"listAt"`
	// Codes are those of the "interfaces" or of the "queries" page of the documentation, and
	// Status says whether they come with HTTP 200 ("200") or with the status that fits ("http").
	Codes  string `json:"codes"`
	Status string `json:"status"`
	// PerMinute is the most calls in a minute, 60 as documented; whoever makes more waits for
	// PenaltySeconds. 0 is any number.
	PerMinute      int `json:"perMinute"`
	PenaltySeconds int `json:"penaltySeconds"`
	// IDCheck keeps a row whose id is known and skips the new one, else that replaces it and
	// waits again. SkippedAs is how a skipped row is counted: "inserted" or "failed" (not documented).
	IDCheck   bool   `json:"idCheck"`
	SkippedAs string `json:"skippedAs"`
	// Partial says that a bad row is counted as failed and the others are taken; else it
	// refuses the call, and Atomic says that nothing before it is kept then (not documented).
	Partial bool `json:"partial"`
	Atomic  bool `json:"atomic"`
	// Missing says whether find-one answers a missing row with a code ("code") or with no content ("null").
	Missing string `json:"missing"`
	// FindsID says whether V1 knows a condition on the id of a row (not documented); else it
	// takes no notice of one.
	FindsID bool `json:"findsID"`
	// Broken has every call fail inside the platform.
	Broken bool `json:"broken"`
	// NewestFirst is the order of rows (not documented).
	NewestFirst bool `json:"newestFirst"`
}

func defaults() options {
	return options{
		TokenSeconds: 7200, Version: "v2", Rows: "nested", ListAt: "list", Codes: "interfaces", Status: "200",
		PerMinute: 60, PenaltySeconds: 300, IDCheck: true, SkippedAs: "inserted", Atomic: true, Missing: "code", FindsID: true,
	}
}

// New makes a Vendor whose rows lie in the 30 days before the clock's time.
func New(clock sandboxkit.Clock) *Vendor {
	v := &Vendor{clock: clock}
	v.Reset()
	return v
}

// Reset implements sandboxkit.Vendor.
func (v *Vendor) Reset() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.o, v.tokens, v.calls, v.blocked = defaults(), map[string]time.Time{}, nil, time.Time{}
	v.logins, v.dispatches, v.refusals = 0, 0, 0
	v.schemes = map[string]*scheme{
		Orders: {token: Token, rows: generate(v.clock())}, Inbox: {token: InboxToken, required: []string{"FNumber"}}, Closed: {closed: true},
	}
}

// Credentials implements sandboxkit.Vendor.
func (v *Vendor) Credentials() map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.o.Version == "v1" {
		return map[string]string{"version": "v1", "token": Token, "checkScheme": Orders}
	}
	return map[string]string{"version": "v2", "appKey": AppKey, "appSecret": AppSecret, "checkScheme": Orders}
}

// State implements sandboxkit.Vendor.
func (v *Vendor) State() map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	return map[string]any{
		"objects": map[string]int{"order": len(v.schemes[Orders].rows), "inbox": len(v.schemes[Inbox].rows)},
		"logins":  v.logins, "dispatches": v.dispatches, "refusals": v.refusals, "settings": v.o,
	}
}

// Objects implements sandboxkit.Vendor.
func (v *Vendor) Objects(kind string) ([]json.RawMessage, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	of, ok := map[string]string{"order": Orders, "inbox": Inbox}[kind]
	if !ok {
		return nil, false
	}
	raws := []json.RawMessage{}
	for _, r := range v.schemes[of].rows {
		raws = append(raws, r.nested())
	}
	return raws, true
}

// Set implements sandboxkit.Vendor: every option, and the actions expireTokens (all tokens end
// now) and touch (the note of the order with this number changes).
func (v *Vendor) Set(name string, value json.RawMessage) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch name {
	case "expireTokens":
		clear(v.tokens)
		return nil
	case "touch":
		return v.schemes[Orders].touch(item.Of(value).Text(), v.clock())
	}
	changed, err := sandboxkit.With(v.o, name, value)
	if err != nil {
		return err
	}
	v.o = changed
	return nil
}

// refusal is the vendor's no.
type refusal struct {
	why     reason
	message string
}

func (r *refusal) Error() string { return r.message }

func refuse(why reason, format string, args ...any) error {
	return &refusal{why, fmt.Sprintf(format, args...)}
}

// reason is a row of the tables of codes.
type reason int

const (
	badCredentials reason = iota
	noToken
	badToken
	forbidden
	missing
	badRequest
	tooMany
	broken
)

// codes gives the code of a reason on the two pages of the documentation and in V1, and the
// HTTP status that fits.
func (why reason) codes() (interfaces, queries, v1 string, status int) {
	table := map[reason][3]string{
		badCredentials: {"40101", "40001", "401"}, noToken: {"40101", "40002", "401"}, badToken: {"40102", "40002", "401"},
		forbidden: {"40301", "40004", "403"}, missing: {"40401", "40003", "404"}, badRequest: {"40001", "40005", "400"},
		tooMany: {"42901", "40029", "429"}, broken: {"50001", "50000", "500"},
	}
	row := table[why]
	status, _ = strconv.Atoi(row[2]) // a row of the table is a number
	return row[0], row[1], row[2], status
}

// Handler implements sandboxkit.Vendor.
func (v *Vendor) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 8<<20))
		if err != nil {
			return
		}
		v.mu.Lock()
		content, message, err := v.serve(r, body)
		o := v.o
		if err != nil {
			v.refusals++
		}
		v.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		no, refused := errors.AsType[*refusal](err)
		if !refused {
			_, _ = fmt.Fprintf(w, `{"success":true,"code":0,"message":%q,"content":%s}`, message, content) // a client that has gone cannot be told
			return
		}
		code, queries, v1, status := no.why.codes()
		switch {
		case strings.HasPrefix(r.URL.Path, "/api/open/"):
			code = v1
		case o.Codes == "queries":
			code = queries
		}
		if o.Status == "http" {
			if no.why == tooMany {
				w.Header().Set("Retry-After", strconv.Itoa(o.PenaltySeconds))
			}
			w.WriteHeader(status)
		}
		_, _ = fmt.Fprintf(w, `{"success":false,"code":%s,"message":%s,"content":null}`, code, item.AppendText(nil, no.message))
	})
}
