// Package sandbox is a receiver of webhooks: it verifies what Standard Webhooks asks
// for, knows a message by its id, and answers as it is told. It knows nothing of the
// connector, so that a mistake there is not repeated here.
//
// It may import the standard library only.
package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/sandboxkit"
)

// Secret is what every sandbox signs with; it works in a sandbox only.
const Secret = "whsec_a2FyZXogc2FuZGJveCBzZWNyZXQgMDAwMQ==" //nolint:gosec // works in a sandbox only

// maxRequest bounds the body of a request.
const maxRequest = 8 << 20

// Settings are the receiver's switches. Their JSON names are the names for Set.
type Settings struct {
	// Signed asks for a signature, ClockSeconds is how far its moment may be off; the
	// reference implementations take five minutes.
	Signed       bool `json:"signed"`
	ClockSeconds int  `json:"clockSeconds"`
	// Authorization is the header that callers have to send; "" asks for none.
	Authorization string `json:"authorization"`
	// Status, unless 0, answers the next Times messages, which are not kept;
	// RetryAfter goes with it unless it is "".
	Status     int    `json:"status"`
	Times      int    `json:"times"`
	RetryAfter string `json:"retryAfter"`
	// Answer is the body of good answers.
	Answer string `json:"answer"`
}

// Vendor is the receiver. It is safe for concurrent use.
type Vendor struct {
	clock func() time.Time

	mu       sync.Mutex
	set      Settings
	seen     map[string]int
	kept     []json.RawMessage
	refusals map[string]int
}

// New makes a receiver; clock tells its time.
func New(clock func() time.Time) *Vendor {
	v := &Vendor{clock: clock}
	v.Reset()
	return v
}

// Reset forgets all messages and settings.
func (v *Vendor) Reset() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.set = Settings{Signed: true, ClockSeconds: 300, Answer: `{"ok":true}`}
	v.seen, v.kept, v.refusals = map[string]int{}, nil, map[string]int{}
}

// Credentials gives the settings of a connection that works, without the address.
func (v *Vendor) Credentials() map[string]string { return map[string]string{"secret": Secret} }

// State counts messages, how often each id came, and refusals by status.
func (v *Vendor) State() map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	return map[string]any{
		"objects": map[string]int{"message": len(v.kept)}, "writeCalls": map[string]int{"message.send": len(v.kept)},
		"ids": maps.Clone(v.seen), "refusals": maps.Clone(v.refusals), "settings": v.set,
	}
}

// Objects gives the messages, the bodies as they came.
func (v *Vendor) Objects(kind string) ([]json.RawMessage, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]json.RawMessage{}, v.kept...), kind == "message"
}

// Set changes one of the settings.
func (v *Vendor) Set(name string, value json.RawMessage) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	changed, err := sandboxkit.With(v.set, name, value)
	if err != nil {
		return err
	}
	if changed.Status != 0 && (changed.Status < 200 || changed.Status > 599) {
		return fmt.Errorf("status is an HTTP status, not %d", changed.Status)
	}
	v.set = changed
	return nil
}

// Handler serves the receiver at any path.
func (v *Vendor) Handler() http.Handler { return v }

// ServeHTTP takes a message.
func (v *Vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "request too large", http.StatusRequestEntityTooLarge)
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	status, words := v.take(r, body)
	if status >= http.StatusMultipleChoices {
		v.refusals[strconv.Itoa(status)]++
		if v.set.RetryAfter != "" {
			w.Header().Set("Retry-After", v.set.RetryAfter)
		}
		http.Error(w, words, status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, v.set.Answer) // a client that has gone cannot be told
}

// take judges a message and keeps it. The caller holds mu.
func (v *Vendor) take(r *http.Request, body []byte) (status int, words string) {
	id := r.Header.Get("Webhook-Id")
	switch {
	case v.set.Authorization != "" && r.Header.Get("Authorization") != v.set.Authorization:
		return http.StatusUnauthorized, "authorization is refused"
	case id == "" || r.Header.Get("Webhook-Timestamp") == "":
		return http.StatusBadRequest, "webhook-id and webhook-timestamp are missing"
	case v.set.Signed && !v.verified(r, id, body):
		return http.StatusUnauthorized, "the signature is refused"
	case r.Method == http.MethodHead:
		return http.StatusOK, ""
	case r.Method != http.MethodPost:
		return http.StatusMethodNotAllowed, "POST only"
	case v.set.Status != 0 && v.set.Times > 0:
		v.set.Times--
		return v.set.Status, "as told"
	case !json.Valid(body):
		return http.StatusUnprocessableEntity, "the body is not JSON"
	}
	v.seen[id]++
	if v.seen[id] == 1 {
		v.kept = append(v.kept, append(json.RawMessage{}, body...))
	}
	return http.StatusOK, ""
}

func (v *Vendor) verified(r *http.Request, id string, body []byte) bool {
	moment := r.Header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(moment, 10, 64)
	if err != nil || v.clock().Sub(time.Unix(seconds, 0)).Abs() > time.Duration(v.set.ClockSeconds)*time.Second {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(Secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, moment, body)
	for given := range strings.FieldsSeq(r.Header.Get("Webhook-Signature")) {
		version, text, _ := strings.Cut(given, ",")
		signature, err := base64.StdEncoding.DecodeString(text)
		if version == "v1" && err == nil && hmac.Equal(signature, mac.Sum(nil)) {
			return true
		}
	}
	return false
}
