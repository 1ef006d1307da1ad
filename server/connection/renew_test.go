package connection_test

import (
	"errors"
	"testing"

	"github.com/karezflow/karez/sdk/connector"
)

// What another version serves is opened anew by whoever asks next; the session that is
// in somebody's hands stays open.
func TestRenew(t *testing.T) {
	t.Parallel()
	installed := newPlugins(t)
	s := newService(t, &database{}, installed)
	give(t, s, account())
	session := func() connector.Session {
		t.Helper()
		_, session, err := s.Open(t.Context(), 1, account().Name)
		if err != nil {
			t.Fatal(err)
		}
		return session
	}
	first := session()
	s.Renew(t.Context())
	if session() != first {
		t.Error("nothing changed and the session is another one")
	}
	next := *installed.manifest
	next.Version = "1.3.0"
	installed.manifest = &next
	if session() != first {
		t.Error("the session changes before anybody says so")
	}
	s.Renew(t.Context())
	second := session()
	if second == first {
		t.Error("the old version serves on")
	}
	if _, err := first.Check(t.Context()); err != nil || installed.sessions[0].closed != 0 {
		t.Errorf("the session in use was closed: %v", err)
	}
	installed.missing = errors.New("gone")
	s.Renew(t.Context())
	if _, _, err := s.Open(t.Context(), 1, account().Name); err == nil {
		t.Error("a connector that is gone serves on")
	}
	installed.missing = nil
	if session() == second {
		t.Error("the session of a connector that was gone is the same")
	}
}
