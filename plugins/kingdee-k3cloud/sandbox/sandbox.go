// Package sandbox is 金蝶云星空's WebAPI simulated: logins and sessions, bills and
// base data in memory, queries, saving with the server's checks, and its refusals
// in the server's own words. It speaks to clients as the real server does and
// serves tests, demos and connector authors on loopback.
//
// What is known and what is inferred about the vendor is listed in the README of
// the plugin. The package may import the standard library, sdk/item and its own
// books only.
package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/books"
)

// Sandbox is one simulated server. It is safe for concurrent use.
type Sandbox struct {
	clock func() time.Time

	mu          sync.Mutex
	set         settings
	books       *books.Books
	sessions    map[string]time.Time
	lastSession int
	failures    int
	lockedUntil time.Time
	writers     int
	spanBegan   time.Time
	spanCalls   int
	counts      map[string]int
	writeCalls  map[string]int
}

// New makes a server with its initial data; clock tells its time.
func New(clock func() time.Time) *Sandbox {
	s := &Sandbox{clock: clock}
	s.Reset()
	return s
}

// Handler serves the WebAPI.
func (s *Sandbox) Handler() http.Handler { return s }

// Credentials gives the settings of a connection that works, without the address.
func (s *Sandbox) Credentials() map[string]string {
	return map[string]string{
		"acctId": acctID, "username": username, "login": "password", "password": password,
		"appId": appID, "appSecret": appSecret, "lcid": "2052", "orgNum": "100",
	}
}

// State counts objects by form, calls and rows by what became of them, and shows the settings.
func (s *Sandbox) State() map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := s.set
	shown.RefuseRows = slices.Clone(shown.RefuseRows) // its counters move under mu
	state := map[string]any{
		"objects": s.books.Sizes(), "writeCalls": maps.Clone(s.writeCalls), "refused": maps.Clone(s.books.Refused),
		"sessions": len(s.sessions), "locked": s.lockedUntil.After(s.clock()), "settings": shown,
		"creates": s.books.Creates, "updates": s.books.Updates,
	}
	for _, name := range []string{"logins", "loginsRefused", "signedCalls", "sessionsLost", "limited", "busy"} {
		state[name] = s.counts[name]
	}
	return state
}

// Objects gives the bills of a form in the order in which they were saved first.
// Every member that a client sent has the bytes it was sent with.
func (s *Sandbox) Objects(kind string) ([]json.RawMessage, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.books.Objects(kind)
}

// Reset goes back to the initial data and settings; every session ends.
func (s *Sandbox) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set = defaults()
	s.books = books.New(s.clock, &s.set.Rules)
	s.sessions = map[string]time.Time{}
	s.lastSession, s.failures, s.lockedUntil = 0, 0, time.Time{}
	s.spanBegan, s.spanCalls = time.Time{}, 0
	s.counts, s.writeCalls = map[string]int{}, map[string]int{}
}

// Set changes one of the settings; see the README for their names.
func (s *Sandbox) Set(name string, value json.RawMessage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed, err := s.set.with(name, value)
	if err != nil {
		return err
	}
	if name == "baseData" {
		for _, b := range changed.BaseData {
			if err := s.books.AddBaseData(b.Form, b.Number, b.Name); err != nil {
				return err
			}
		}
	}
	s.set = changed
	return nil
}
