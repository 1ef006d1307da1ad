package pinstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/pin"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/pinstore"
	"github.com/karezflow/karez/server/store/storetest"
)

// bench is the service over a database with the flow "job" of a workspace of its own.
type bench struct {
	*pin.Service

	t  *testing.T
	ws ledger.ID
}

func newBench(t *testing.T, db *store.DB, ws ledger.ID) *bench {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO flow (id,workspace_id,public_id,name,title,draft,updated_at) VALUES (?,?,'job','job','退货','{}',1)", ws*10, ws).Error
	}); err != nil {
		t.Fatal(err)
	}
	return &bench{&pin.Service{Store: pinstore.New(db), Clock: func() time.Time { return time.UnixMilli(5000) }, Log: slog.New(slog.DiscardHandler)}, t, ws}
}

func (b *bench) as(role access.Role) context.Context {
	return access.With(b.t.Context(), access.Principal{Workspace: b.ws, User: 3, Name: "小李", Role: role})
}

func sample(node string, items ...string) pin.Sample {
	s := pin.Sample{Node: node, Origin: pin.Taken, Basis: "b1", Content: pin.Content{Request: json.RawMessage(`{"page":1}`), Total: 42}}
	for _, one := range items {
		s.Items = append(s.Items, json.RawMessage(one))
	}
	return s
}

func TestPins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		t.Run("kept", func(t *testing.T) { t.Parallel(); kept(newBench(t, db, 100)) })
		t.Run("bounded", func(t *testing.T) { t.Parallel(); bounded(newBench(t, db, 200)) })
		t.Run("who may", func(t *testing.T) { t.Parallel(); whoMay(newBench(t, db, 300)) })
	})
}

func (b *bench) pins() []pin.Sample {
	b.t.Helper()
	got, err := b.Pins(b.as(access.Viewer), "job")
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// kept: everybody of the workspace sees what was pinned last, byte for byte.
func kept(b *bench) {
	ctx := b.as(access.Editor)
	first, second := sample("refunds", `{"no":1}`), sample("refunds", `{"no":12345678901234567.890,"note":"<中文> & 😀"}`, `{"no":2}`)
	for _, s := range []pin.Sample{first, second, sample("orders", `{"a":null}`)} {
		if got, err := b.Put(ctx, "job", s); err != nil || got.By != "小李" || got.At != 5000 {
			b.t.Fatalf("%+v, %v", got, err)
		}
	}
	if err := b.Choose(ctx, "job", "refunds", 1); err != nil {
		b.t.Fatal(err)
	}
	second.By, second.At, second.Chosen = "小李", 5000, 1
	other := sample("orders", `{"a":null}`)
	other.By, other.At = "小李", 5000
	if diff := cmp.Diff([]pin.Sample{other, second}, b.pins()); diff != "" {
		b.t.Errorf("put (-), kept (+): %s", diff)
	}
	for _, n := range []int{-1, 2} {
		if err := b.Choose(ctx, "job", "refunds", n); fault.CodeOf(err) != "object.missing" {
			b.t.Errorf("item %d: %v", n, err)
		}
	}
	for range 2 {
		if err := b.Remove(ctx, "job", "refunds"); err != nil {
			b.t.Fatal(err)
		}
	}
	if got := b.pins(); len(got) != 1 || got[0].Node != "orders" {
		b.t.Errorf("left are %+v", got)
	}
}

// bounded: neither a sample nor a flow's samples grow without end.
func bounded(b *bench) {
	ctx := b.as(access.Editor)
	large := sample("a", `{"x":"`+strings.Repeat("x", pin.MaxBytes-30)+`"}`)
	if _, err := b.Put(ctx, "job", large); err != nil {
		b.t.Errorf("the largest: %v", err)
	}
	many := make([]string, pin.MaxItems+1)
	for i := range many {
		many[i] = "{}"
	}
	chosen := sample("a", "{}")
	chosen.Chosen = 1
	request := sample("a", "{}")
	request.Request = json.RawMessage(`{"page":`)
	for name, tt := range map[string]struct {
		s          pin.Sample
		code, path string
	}{
		"too large":      {sample("a", `{"x":"`+strings.Repeat("x", pin.MaxBytes)+`"}`), "sample.too_large", "items"},
		"too many":       {sample("a", many...), "sample.count", "items"},
		"none":           {sample("a"), "sample.count", "items"},
		"no document":    {sample("a", "{}", "[]"), "sample.not_a_record", "items[1]"},
		"no JSON":        {sample("a", "{"), "item.syntax", "items[0]"},
		"no node":        {sample("A b", "{}"), "sample.node_invalid", "node"},
		"not the chosen": {chosen, "sample.not_chosen", "chosen"},
		"bad request":    {request, "item.syntax", "request"},
	} {
		if _, err := b.Put(ctx, "job", tt.s); tt.code == "item.syntax" && err == nil || tt.code != "item.syntax" && fault.CodeOf(err) != tt.code || fault.From(err).Path != tt.path {
			b.t.Errorf("%s: %v at %q", name, err, fault.From(err).Path)
		}
	}
	for i := range pin.MaxPins {
		_, err := b.Put(ctx, "job", sample("n"+strings.Repeat("x", i), "{}"))
		if last := i == pin.MaxPins-1; last != (fault.CodeOf(err) == "sample.too_many_pins") || !last && err != nil {
			b.t.Fatalf("sample %d: %v", i, err)
		}
	}
	if _, err := b.Put(ctx, "job", sample("a", "{}")); err != nil {
		b.t.Errorf("in place of one: %v", err)
	}
}

func whoMay(b *bench) {
	stranger := access.With(b.t.Context(), access.Principal{Workspace: b.ws + 1, User: 3, Role: access.Admin})
	for name, call := range map[string]func(context.Context, string) error{
		"Pins":   func(ctx context.Context, f string) error { _, err := b.Pins(ctx, f); return err },
		"Put":    func(ctx context.Context, f string) error { _, err := b.Put(ctx, f, sample("a", "{}")); return err },
		"Choose": func(ctx context.Context, f string) error { return b.Choose(ctx, f, "a", 0) },
		"Remove": func(ctx context.Context, f string) error { return b.Remove(ctx, f, "a") },
	} {
		if err := call(b.t.Context(), "job"); fault.CodeOf(err) != "auth.login_required" {
			b.t.Errorf("%s by nobody: %v", name, err)
		}
		if err := call(b.as(access.Operator), "job"); name != "Pins" && fault.CodeOf(err) != "auth.forbidden" {
			b.t.Errorf("%s by an operator: %v", name, err)
		}
		if err := call(stranger, "job"); fault.CodeOf(err) != "object.missing" {
			b.t.Errorf("%s by a stranger: %v", name, err)
		}
		if err := call(b.as(access.Editor), "nowhere"); fault.CodeOf(err) != "object.missing" {
			b.t.Errorf("%s of no flow: %v", name, err)
		}
		over, cancel := context.WithCancel(b.as(access.Editor))
		cancel()
		if err := call(over, "job"); !errors.Is(err, context.Canceled) {
			b.t.Errorf("%s in a context that is over: %v", name, err)
		}
	}
}
