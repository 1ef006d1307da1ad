package pagelog_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/pagelog"
)

var errDown = errors.New("the store is down")

// kept is a store in memory with one content.
type kept struct {
	all  []pull.Asked
	old  ledger.Millis
	down bool
}

func (k *kept) Keep(_ context.Context, all []pull.Asked, _ int, old ledger.Millis) error {
	if k.down {
		return errDown
	}
	k.all, k.old = append(k.all, all...), old
	return nil
}

func (k *kept) Of(_ context.Context, workspace ledger.ID, _ string, limit int) ([]pagelog.Request, error) {
	if workspace != 1 {
		return nil, ledger.ErrNotFound
	}
	return make([]pagelog.Request, min(limit, len(k.all))), nil
}

func (k *kept) Content(_ context.Context, workspace ledger.ID, _ string, id ledger.ID) (pagelog.Content, string, error) {
	if workspace != 1 || id != 5 {
		return pagelog.Content{}, "", ledger.ErrNotFound
	}
	return pagelog.Content{Request: []byte(`{"token":"CANARY-1"}`)}, "shop", nil
}

func (k *kept) Veil(_ context.Context, _ ledger.ID, _ string, text []byte) ([]byte, bool, error) {
	return bytes.ReplaceAll(text, []byte("CANARY-1"), []byte("***")), bytes.Contains(text, []byte("CANARY-1")), nil
}

func open(k *kept) *pagelog.Service {
	return pagelog.New(pagelog.Config{Store: k, Veils: k, Clock: func() time.Time { return time.UnixMilli(0).Add(48 * time.Hour) }, Log: slog.New(slog.DiscardHandler)})
}

// TestHeardNeverWaits: what is heard is written later and at once, also what is said while all
// ends, and what is too much is left out.
func TestHeardNeverWaits(t *testing.T) {
	t.Parallel()
	k := &kept{down: true}
	s := open(k)
	s.Heard(pull.Asked{Page: 1})
	s.Flush(t.Context()) // is lost, and nobody is held up
	k.down = false
	for n := range 1000 {
		s.Heard(pull.Asked{Page: n})
	}
	s.Flush(t.Context())
	ending, end := context.WithCancel(t.Context())
	s.Start(ending)
	end()
	s.Heard(pull.Asked{Page: 1001})
	s.Stop()
	s.Stop()
	if len(k.all) < 100 || len(k.all) == 1000 || k.all[0].Page != 0 || k.all[len(k.all)-1].Page != 1001 || k.old != ledger.Millis(24*time.Hour/time.Millisecond) {
		t.Errorf("%d written, those before %d removed", len(k.all), k.old)
	}
}

// TestSecretsAreCovered: and nothing is given to another workspace, or to nobody.
func TestSecretsAreCovered(t *testing.T) {
	t.Parallel()
	s := open(&kept{all: make([]pull.Asked, 3)})
	as := func(workspace ledger.ID) context.Context {
		return access.With(t.Context(), access.Principal{Workspace: workspace, Role: access.Viewer})
	}
	c, err := s.Content(as(1), "f", "5")
	if err != nil || !c.Covered || string(c.Request) != `{"token":"***"}` {
		t.Errorf("%s, %v", c.Request, err)
	}
	if all, err := s.Of(as(1), "f", 2); err != nil || len(all) != 2 {
		t.Errorf("%v, %v", all, err)
	}
	for i, err := range []error{last(s.Content(as(1), "f", "6")), last(s.Content(as(1), "f", "x")), last(s.Content(as(2), "f", "5")), last(s.Of(as(2), "f", 2))} {
		if fault.CodeOf(err) != access.Missing().Code {
			t.Errorf("%d: %v", i, err)
		}
	}
	if err := last(s.Of(t.Context(), "f", 2)); err == nil {
		t.Error("nobody is given requests")
	}
}

func TestCutKeepsWholeCharacters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.Repeat("x", rapid.IntRange(0, 3).Draw(rt, "before")) + strings.Repeat(rapid.SampledFrom([]string{"a", "é", "单", "𠀀"}).Draw(rt, "character"), rapid.IntRange(0, 2*pagelog.MaxBody).Draw(rt, "length"))
		cut := pagelog.Cut([]byte(text))
		if !utf8.Valid(cut) || len(cut) > pagelog.MaxBody || !strings.HasPrefix(text, string(cut)) || len(cut) < min(len(text), pagelog.MaxBody-3) {
			rt.Errorf("%d of %d bytes", len(cut), len(text))
		}
	})
}

func last[A any](_ A, err error) error { return err }
