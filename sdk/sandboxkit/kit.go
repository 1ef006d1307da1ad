// Package sandboxkit is what every vendor's sandbox shares: its clock, the
// control endpoints under /_sandbox/, injected faults and call counters. The
// vendor's own behaviour lives in plugins/<vendor>/sandbox.
//
// It may import the standard library only.
package sandboxkit

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Clock tells the sandbox's time.
type Clock func() time.Time

// Vendor is a simulated system.
type Vendor interface {
	// Handler serves the vendor's protocol.
	Handler() http.Handler
	// Credentials gives invented settings and secrets with which a connection works.
	Credentials() map[string]string
	// State gives counts of objects and anything a test wants to look at.
	State() map[string]any
	// Objects gives the stored objects of a type in a stable order; false when the type is unknown.
	Objects(kind string) ([]json.RawMessage, bool)
	// Reset goes back to the initial data.
	Reset()
	// Set changes an uncertain fact of the vendor, for example how a duplicate is answered.
	Set(name string, value json.RawMessage) error
}

// Kit serves a Vendor with its control endpoints.
type Kit struct {
	vendor Vendor
	clock  Clock

	mu     sync.Mutex
	faults []*Fault
	calls  map[string]int
	// made are the last calls, in the order in which they came.
	made []Call
}

// Call is a call to the vendor, whatever came of it.
type Call struct {
	Path string    `json:"path"`
	At   time.Time `json:"at"`
}

// mostCalls is how many calls are remembered with their times.
const mostCalls = 100_000

// New wraps a vendor.
func New(vendor Vendor, clock Clock) *Kit {
	return &Kit{vendor: vendor, clock: clock, calls: map[string]int{}}
}

// ServeHTTP serves /_sandbox/ itself and hands the rest to the vendor, through the faults.
func (k *Kit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", k.clock().UTC().Format(http.TimeFormat))
	if rest, ok := strings.CutPrefix(r.URL.Path, "/_sandbox/"); ok {
		k.control(w, r, rest)
		return
	}
	k.mu.Lock()
	k.calls[r.URL.Path]++
	if len(k.made) == mostCalls {
		k.made = k.made[mostCalls/2:]
	}
	k.made = append(k.made, Call{r.URL.Path, k.clock().UTC()})
	hit := k.match(r.URL.Path)
	k.mu.Unlock()
	if hit == nil {
		k.vendor.Handler().ServeHTTP(w, r)
		return
	}
	hit.serve(w, r, k.vendor.Handler())
}

func (k *Kit) control(w http.ResponseWriter, r *http.Request, name string) {
	kind, isObjects := strings.CutPrefix(name, "objects/")
	switch {
	case r.Method == http.MethodGet && name == "credentials":
		reply(w, http.StatusOK, k.vendor.Credentials())
	case r.Method == http.MethodGet && name == "state":
		state := maps.Clone(k.vendor.State())
		if state == nil {
			state = map[string]any{}
		}
		k.mu.Lock()
		state["calls"] = maps.Clone(k.calls)
		k.mu.Unlock()
		reply(w, http.StatusOK, state)
	case r.Method == http.MethodGet && name == "calls":
		k.mu.Lock()
		made := append([]Call{}, k.made...)
		k.mu.Unlock()
		reply(w, http.StatusOK, made)
	case r.Method == http.MethodGet && isObjects:
		if objects, ok := k.vendor.Objects(kind); ok {
			reply(w, http.StatusOK, objects)
			return
		}
		reply(w, http.StatusNotFound, map[string]string{"error": "no objects of type " + kind})
	case r.Method == http.MethodPost && name == "faults":
		k.setFaults(w, r)
	case r.Method == http.MethodPost && name == "reset":
		k.mu.Lock()
		k.faults, k.calls, k.made = nil, map[string]int{}, nil
		k.mu.Unlock()
		k.vendor.Reset()
		reply(w, http.StatusOK, map[string]bool{"ok": true})
	default:
		reply(w, http.StatusNotFound, map[string]string{"error": "no such control: " + r.Method + " " + name})
	}
}

// setFaults applies settings in the order of their names and, when faults are
// named, replaces the injected ones: {"faults":[…], "set":{"name":value}}.
// Nothing is injected when a setting is refused.
func (k *Kit) setFaults(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Faults []Fault                    `json:"faults"`
		Set    map[string]json.RawMessage `json:"set"`
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	faults := make([]*Fault, len(body.Faults))
	for i := range body.Faults {
		faults[i] = &body.Faults[i]
		if err := faults[i].check(); err != nil {
			reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
	}
	for _, name := range slices.Sorted(maps.Keys(body.Set)) {
		if err := k.vendor.Set(name, body.Set[name]); err != nil {
			reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
	}
	if body.Faults != nil {
		k.mu.Lock()
		k.faults = faults
		k.mu.Unlock()
	}
	reply(w, http.StatusOK, map[string]bool{"ok": true})
}

// match gives the first fault that fires for a call to path. The caller holds mu.
func (k *Kit) match(path string) *Fault {
	for _, f := range k.faults {
		if strings.Contains(strings.ToLower(path), strings.ToLower(f.Path)) && f.fires() {
			return f
		}
	}
	return nil
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone; nobody is left to tell
}
