package connection_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/connection"
)

func newSeal(t *testing.T, first byte) *connection.Seal {
	t.Helper()
	key := bytes.Repeat([]byte{7}, connection.KeySize)
	key[0] = first
	seal, err := connection.NewSeal(key)
	if err != nil {
		t.Fatal(err)
	}
	return seal
}

// clock is moved by hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newHost(t *testing.T, store *database, id string) (connector.State, *clock) {
	t.Helper()
	c := &clock{time.UnixMilli(1_760_000_000_000)}
	return connection.NewHost(store, newSeal(t, 1), c.now, slog.New(slog.DiscardHandler), id).State(), c
}

func swap(t *testing.T, state connector.State, value string, lease time.Duration) connector.Snapshot {
	t.Helper()
	old, err := state.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next, err := state.CompareAndSwap(t.Context(), old, []byte(value), lease)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func TestStateIsSealedAtRest(t *testing.T) {
	t.Parallel()
	store := &database{}
	state, _ := newHost(t, store, "41")
	if got, err := state.Get(t.Context()); err != nil || got.Version != 0 || got.Value != nil || got.Leased {
		t.Fatalf("nothing stored gives %+v, %v", got, err)
	}
	var ciphers [][]byte
	for range 2 {
		swap(t, state, canary, 0)
		at := store.states[41].Sealed
		if bytes.Contains(at, []byte(canary)) || len(at) <= len(canary) {
			t.Errorf("stored: %q", at)
		}
		ciphers = append(ciphers, at)
	}
	if bytes.Equal(ciphers[0], ciphers[1]) {
		t.Error("the same value is sealed twice alike, which tells that it did not change")
	}
	got, err := state.Get(t.Context())
	if err != nil || string(got.Value) != canary || got.Version != 2 {
		t.Errorf("%q at version %d, %v", got.Value, got.Version, err)
	}
}

func TestStateDoesNotOpenElsewhere(t *testing.T) {
	t.Parallel()
	store := &database{}
	state, c := newHost(t, store, "41")
	swap(t, state, canary, 0)
	store.states[42] = store.states[41] // moved to another connection's row
	wounded := store.states[41]
	wounded.Sealed = slices.Clone(wounded.Sealed)
	wounded.Sealed[len(wounded.Sealed)-1] ^= 1
	store.states[43] = wounded
	short := store.states[41]
	short.Sealed = short.Sealed[:5]
	store.states[44] = short
	other := connection.NewHost(store, newSeal(t, 2), c.now, slog.New(slog.DiscardHandler), "41")
	for name, get := range map[string]func(context.Context) (connector.Snapshot, error){
		"in another row": mustHost(t, store, "42").Get, "changed": mustHost(t, store, "43").Get, "cut": mustHost(t, store, "44").Get,
		"with another key": other.Get,
	} {
		got, err := get(t.Context())
		f := fault.From(err)
		if f == nil || f.Code != "secret.sealed_otherwise" || f.Class != fault.Config || f.Hint == "" || len(got.Value) != 0 {
			t.Errorf("%s: %q, %v", name, got.Value, err)
		}
		silent(t, name, err)
	}
}

func mustHost(t *testing.T, store *database, id string) connector.State {
	t.Helper()
	state, _ := newHost(t, store, id)
	return state
}

func TestSwapAndLease(t *testing.T) {
	t.Parallel()
	store := &database{}
	state, c := newHost(t, store, "41")
	empty := connector.Snapshot{}
	first := swap(t, state, "1", 0)
	if _, err := state.CompareAndSwap(t.Context(), empty, []byte("x"), 0); !errors.Is(err, connector.ErrStateConflict) {
		t.Errorf("an old snapshot: %v", err)
	}
	held, err := state.CompareAndSwap(t.Context(), first, first.Value, time.Minute)
	if err != nil || held.Leased {
		t.Fatalf("%+v, %v: the lease is the caller's own, not another's", held, err)
	}
	seen, err := state.Get(t.Context())
	if err != nil || !seen.Leased || string(seen.Value) != "1" {
		t.Fatalf("others see %+v, %v", seen, err)
	}
	for _, lease := range []time.Duration{0, time.Minute} {
		if _, err := state.CompareAndSwap(t.Context(), seen, []byte("stolen"), lease); !errors.Is(err, connector.ErrStateConflict) {
			t.Errorf("under another's lease, lease %s: %v", lease, err)
		}
	}
	done, err := state.CompareAndSwap(t.Context(), held, []byte("2"), 0)
	if err != nil || string(done.Value) != "2" {
		t.Fatalf("the holder: %+v, %v", done, err)
	}
	if seen, err = state.Get(t.Context()); err != nil || seen.Leased || string(seen.Value) != "2" {
		t.Errorf("given back: %+v, %v", seen, err)
	}

	// A lease that ran out is nobody's; its holder comes too late.
	late := swap(t, state, "2", time.Minute)
	c.at = c.at.Add(time.Minute)
	taken := swap(t, state, "3", time.Minute)
	if _, err := state.CompareAndSwap(t.Context(), late, []byte("late"), 0); !errors.Is(err, connector.ErrStateConflict) {
		t.Errorf("too late: %v", err)
	}
	if _, err := state.CompareAndSwap(t.Context(), taken, []byte("4"), 0); err != nil {
		t.Error(err)
	}
}

// Accounts that are no stored connections must not share a state, nor store one.
func TestStateWithoutAConnection(t *testing.T) {
	t.Parallel()
	store := &database{fails: errors.New("nobody may ask the database")}
	for _, id := range []string{"", "sandbox", "0", "-1", "4x", "9999999999999999999999"} {
		state, c := newHost(t, store, id)
		if got, err := state.Get(t.Context()); err != nil || len(got.Value) > 0 || got.Version != 0 {
			t.Errorf("%q: %q, %v", id, got.Value, err)
		}
		swap(t, state, canary, 0)
		held := swap(t, state, canary, time.Minute)
		seen, err := state.Get(t.Context())
		if err != nil || string(seen.Value) != canary || !seen.Leased {
			t.Errorf("%q: %+v, %v", id, seen, err)
		}
		for _, old := range []connector.Snapshot{{}, seen} {
			if _, err := state.CompareAndSwap(t.Context(), old, []byte("x"), time.Minute); !errors.Is(err, connector.ErrStateConflict) {
				t.Errorf("%q: %v", id, err)
			}
		}
		c.at = c.at.Add(time.Second)
		if _, err := state.CompareAndSwap(t.Context(), held, []byte("x"), 0); err != nil {
			t.Errorf("%q: the holder: %v", id, err)
		}
	}
	if len(store.states) > 0 {
		t.Error("a state was stored")
	}
}

func TestStateOfABrokenDatabase(t *testing.T) {
	t.Parallel()
	down := fault.New("store.write_failed", "the database could not be written")
	store := &database{fails: down}
	state, _ := newHost(t, store, "41")
	if _, err := state.Get(t.Context()); !errors.Is(err, down) {
		t.Errorf("%v", err)
	}
	_, err := state.CompareAndSwap(t.Context(), connector.Snapshot{}, []byte(canary), 0)
	if !errors.Is(err, down) {
		t.Errorf("%v", err)
	}
	silent(t, "swap", err)
}

func TestLinesOfAConnector(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	host := connection.NewHost(&database{}, newSeal(t, 1), time.Now, log, "41")
	host.Log(t.Context(), connector.Warn, "token is old", map[string]string{"age": "2h"})
	host.Log(t.Context(), connector.Level("loud"), "unknown level", nil)
	host.Trace(t.Context(), connector.Exchange{
		Method: "POST", URL: "https://depot.example/v1", Status: 200, RequestBody: []byte(strings.Repeat("q", 2000)), ResponseBody: []byte(strings.Repeat("r", 2001)),
	})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines: %s", len(lines), out.String())
	}
	for line, want := range map[int][]string{
		0: {"level=WARN", "token is old", "connection=41", "age=2h"},
		1: {"level=INFO", "unknown level", "connection=41"},
		2: {"level=DEBUG", "method=POST", "status=200", "request=" + strings.Repeat("q", 2000) + " ", "response=" + strings.Repeat("r", 2000) + "…"},
	} {
		for _, part := range want {
			if !strings.Contains(lines[line], part) {
				t.Errorf("line %d has no %.30s: %.200s", line, part, lines[line])
			}
		}
	}
}

func TestSeal(t *testing.T) {
	t.Parallel()
	seal := newSeal(t, 1)
	rapid.Check(t, func(t *rapid.T) {
		value, place := rapid.SliceOf(rapid.Byte()).Draw(t, "value"), rapid.String().Draw(t, "place")
		sealed := seal.Close(place, value)
		if got, err := seal.Open(place, sealed); err != nil || !bytes.Equal(got, value) {
			t.Fatalf("%q, %v", got, err)
		}
		if _, err := seal.Open(place+"x", sealed); fault.CodeOf(err) != "secret.sealed_otherwise" {
			t.Fatalf("elsewhere: %v", err)
		}
		sealed[rapid.IntRange(0, len(sealed)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := seal.Open(place, sealed); fault.CodeOf(err) != "secret.sealed_otherwise" {
			t.Fatalf("changed: %v", err)
		}
	})
	for _, size := range []int{0, 16, 24, 31, 33} {
		_, err := connection.NewSeal(bytes.Repeat([]byte(canary), 4)[:size])
		if f := fault.From(err); f == nil || f.Code != "secret.key_invalid" || f.Hint == "" {
			t.Errorf("a key of %d bytes: %v", size, err)
		}
		silent(t, "key", err)
	}
}

func TestLoadKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "secret.key")
	// Programs that start at once on one folder agree on one key.
	keys := make([][]byte, 8)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			key, err := connection.LoadKey(path)
			if err != nil {
				t.Error(err)
			}
			keys[i] = key
		})
	}
	group.Wait()
	for _, key := range keys {
		if len(key) != connection.KeySize || !bytes.Equal(key, keys[0]) || bytes.Equal(key, make([]byte, connection.KeySize)) {
			t.Errorf("keys %x", keys)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("left behind: %v, %v", files, err)
	}

	for _, mode := range []fs.FileMode{0o640, 0o604, 0o666, 0o620} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := connection.LoadKey(path)
		if f := fault.From(err); f == nil || f.Code != "secret.key_exposed" || f.Class != fault.Config || !strings.Contains(f.Hint, "chmod 600") {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if key, err := connection.LoadKey(path); err != nil || !bytes.Equal(key, keys[0]) {
		t.Errorf("read-only: %x, %v", key, err)
	}
}

func TestKeysThatCannotBeLoaded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	for path, code := range map[string]string{
		folder:                               "secret.key_unreadable",
		loop:                                 "secret.key_unreadable",
		filepath.Join(dir, "missing", "key"): "secret.key_unwritable",
	} {
		if f := fault.From(errorOf(connection.LoadKey(path))); f == nil || f.Code != code || f.Class != fault.Config {
			t.Errorf("%s: %v, want %s", path, f, code)
		}
	}
}

func errorOf(_ []byte, err error) error { return err }
