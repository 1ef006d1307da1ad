// Package robotbox is what the sandboxes of group robots share: one robot in one
// group, its switches, its limit, and what the group received. How a vendor signs,
// what it refuses and in which words is the vendor's own sandbox. It knows nothing of
// the connectors, so that a mistake there is not repeated here.
//
// It may import the standard library only.
package robotbox

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/sandboxkit"
)

// maxRequest bounds the body of a request.
const maxRequest = 1 << 20

// Settings are the robot's switches, and the facts of vendors that no document
// tells. Their JSON names are the names for Set.
type Settings struct {
	// PerSecond and PerMinute are how many messages a group takes; 0 takes any number.
	PerSecond int `json:"perSecond"`
	PerMinute int `json:"perMinute"`
	// BlockSeconds is how long a robot that was too fast stays refused; 0 is until
	// the minute or second is over.
	BlockSeconds int `json:"blockSeconds"`
	// Signed asks for a signature; ClockSeconds is how far its moment may be off.
	Signed       bool `json:"signed"`
	ClockSeconds int  `json:"clockSeconds"`
	// Keywords lets only messages through that hold one of them; none lets all through.
	Keywords []string `json:"keywords"`
	// IPs lets only these callers in; none lets all in.
	IPs []string `json:"ips"`
	// Busy makes the next n calls fail inside.
	Busy int `json:"busy"`
	// RefusalStatus is the HTTP status of refusals.
	RefusalStatus int `json:"refusalStatus"`
}

// Refusal is the vendor's no.
type Refusal struct {
	Code    int
	Message string
}

// Refuse makes a refusal.
func Refuse(code int, message string) *Refusal { return &Refusal{code, message} }

// Call is one call as the vendor sees it.
type Call struct {
	*http.Request
	Body []byte
	// Fields are the members of the body, nil where it is no JSON object.
	Fields   map[string]json.RawMessage
	Settings Settings
	Now      time.Time
}

// From gives the caller's address.
func (c Call) From() string {
	host, _, err := net.SplitHostPort(c.RemoteAddr)
	if err != nil {
		return c.RemoteAddr
	}
	return host
}

// Stale tells whether the moment of a signature is too far off.
func (c Call) Stale(at time.Time) bool {
	return c.Now.Sub(at).Abs() > time.Duration(c.Settings.ClockSeconds)*time.Second
}

// Allowed tells whether the caller may call at all.
func (c Call) Allowed() bool {
	return len(c.Settings.IPs) == 0 || slices.Contains(c.Settings.IPs, c.From())
}

// Worded tells whether text holds one of the keywords, if there are any.
func (c Call) Worded(text string) bool {
	return len(c.Settings.Keywords) == 0 || slices.ContainsFunc(c.Settings.Keywords, func(k string) bool { return strings.Contains(text, k) })
}

// Vendor is what one vendor does in its own way.
type Vendor struct {
	// Credentials are the settings of a connection that works, without the address.
	Credentials map[string]string
	// Settings are the initial ones.
	Settings Settings
	// Admit judges token, caller and signature, Content the message.
	Admit, Content func(Call) *Refusal
	// TooFast and Busy are the refusals of the limit and of a failure inside.
	TooFast, Busy Refusal
	// Answer writes an answer; code 0 is success.
	Answer func(code int, message string) any
}

// Box is one vendor's sandbox. It implements sandboxkit.Vendor and is safe for
// concurrent use.
type Box struct {
	vendor Vendor
	clock  func() time.Time

	mu      sync.Mutex
	set     Settings
	sent    []json.RawMessage
	at      []time.Time
	blocked time.Time
	refused map[string]int
}

// New makes a sandbox; clock tells its time.
func New(clock func() time.Time, vendor Vendor) *Box {
	b := &Box{vendor: vendor, clock: clock}
	b.Reset()
	return b
}

// Reset empties the group and goes back to the initial settings.
func (b *Box) Reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.set, b.sent, b.at, b.blocked, b.refused = b.vendor.Settings, nil, nil, time.Time{}, map[string]int{}
}

// Credentials gives the settings of a connection that works.
func (b *Box) Credentials() map[string]string { return maps.Clone(b.vendor.Credentials) }

// State counts messages and refusals by code, and shows the settings.
func (b *Box) State() map[string]any {
	b.mu.Lock()
	defer b.mu.Unlock()
	return map[string]any{
		"objects": map[string]int{"message": len(b.sent)}, "writeCalls": map[string]int{"message.send": len(b.sent)},
		"refusals": maps.Clone(b.refused), "settings": b.set,
	}
}

// Objects gives the messages the group received, the bodies as they came.
func (b *Box) Objects(kind string) ([]json.RawMessage, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]json.RawMessage{}, b.sent...), kind == "message"
}

// Set changes one of the settings.
func (b *Box) Set(name string, value json.RawMessage) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	changed, err := sandboxkit.With(b.set, name, value)
	if err != nil {
		return err
	}
	if changed.RefusalStatus < 200 || changed.RefusalStatus > 599 {
		return fmt.Errorf("refusalStatus is an HTTP status, not %d", changed.RefusalStatus)
	}
	b.set = changed
	return nil
}

// Handler serves the vendor's protocol.
func (b *Box) Handler() http.Handler { return b }

// ServeHTTP serves the vendor's protocol.
func (b *Box) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "request too large", http.StatusRequestEntityTooLarge)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	call := Call{Request: r, Body: body, Settings: b.set, Now: b.clock()}
	if json.Unmarshal(body, &call.Fields) != nil {
		call.Fields = nil
	}
	status, code, words := http.StatusOK, 0, "ok"
	if no := b.judge(call); no != nil {
		status, code, words = b.set.RefusalStatus, no.Code, no.Message
		b.refused[strconv.Itoa(no.Code)]++
	} else {
		b.sent = append(b.sent, append(json.RawMessage{}, body...))
		b.at = append(b.at, call.Now)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(b.vendor.Answer(code, words)) // a client that has gone cannot be told
}

// judge decides about a call: who calls first, then what. The order of these is an
// assumption, but for the token, which is known to come first.
func (b *Box) judge(call Call) *Refusal {
	if no := b.vendor.Admit(call); no != nil {
		return no
	}
	if b.set.Busy > 0 {
		b.set.Busy--
		return &b.vendor.Busy
	}
	if no := b.vendor.Content(call); no != nil {
		return no
	}
	if call.Now.Before(b.blocked) {
		return &b.vendor.TooFast
	}
	if b.full(call.Now, time.Minute, b.set.PerMinute) || b.full(call.Now, time.Second, b.set.PerSecond) {
		b.blocked = call.Now.Add(time.Duration(b.set.BlockSeconds) * time.Second)
		return &b.vendor.TooFast
	}
	return nil
}

// full tells whether the span before now has taken all it takes.
func (b *Box) full(now time.Time, span time.Duration, most int) bool {
	if most <= 0 {
		return false
	}
	recent := 0
	for _, at := range b.at {
		if now.Sub(at) < span {
			recent++
		}
	}
	return recent >= most
}
