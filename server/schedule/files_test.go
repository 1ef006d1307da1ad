package schedule_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/schedule"
)

// folders are when folders last changed, by their names.
type folders struct {
	mu      sync.Mutex
	changed map[string]time.Time
	fail    error
	asked   []string
}

// Stamp implements schedule.Folders.
func (f *folders) Stamp(_ context.Context, workspace ledger.ID, settings []byte) (time.Time, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := item.Of(settings).Field("folder").Text()
	f.asked = append(f.asked, name)
	if workspace != 1 {
		return time.Time{}, errors.New("another workspace")
	}
	return f.changed[name], f.fail
}

func (f *folders) put(name string, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed[name] = at
}

// watch gives a flow a new version that reads folders and enables it.
func (w *world) watch(name string, settings ...string) {
	w.publish(name, `[{"manual":true}]`)
	w.mu.Lock()
	defer w.mu.Unlock()
	version := w.flows[name].Version
	nodes := ""
	for i, s := range settings {
		nodes += `,{"id":"n` + string(rune('a'+i)) + `","type":"file","settings":` + s + `}`
	}
	w.documents[version] = strings.Replace(w.documents[version], `"nodes":[]`, `"nodes":[{"id":"x","type":"discard"}`+nodes+`]`, 1)
}

// A flow that reads a folder runs when files come in or change, once for each change,
// also for what lay there before; what did not begin yet is not fired again.
func TestFilesFire(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-01T12:00:00Z")
	there := &folders{changed: map[string]time.Time{"old": at(t, "2026-01-01T10:00:00Z")}}
	start := func() *schedule.Service {
		return schedule.New(schedule.Config{Store: w, Runs: w, Folders: there, Clock: w.clock.Now, Log: slog.New(slog.DiscardHandler)})
	}
	s := start()
	w.watch("f", `{"from":"folder","folder":"in","pattern":"*.csv"}`, `{"from":"folder","folder":"old"}`, `{"from":"upload","file":"a"}`)
	w.tick(s, 3, time.Second)
	w.firedAre("f files:old/* 10:00")
	there.put("in", at(t, "2026-01-01T11:30:00Z"))
	w.tick(s, 3, time.Second)
	w.firedAre("f files:old/* 10:00", "f files:in/*.csv 11:30")
	s = start() // another process knows by the stored firings
	w.tick(s, 3, time.Second)
	w.firedAre("f files:old/* 10:00", "f files:in/*.csv 11:30")

	w.busy = true
	there.put("in", at(t, "2026-01-01T11:40:00Z"))
	w.tick(s, 3, time.Second)
	w.firedAre("f files:old/* 10:00", "f files:in/*.csv 11:30")
	w.busy = false
	there.put("in", time.Time{}) // somebody writes there just now
	w.tick(s, 3, time.Second)
	there.put("in", at(t, "2026-01-01T11:50:00Z"))
	w.tick(s, 3, time.Second)
	w.firedAre("f files:old/* 10:00", "f files:in/*.csv 11:30", "f files:in/*.csv 11:50")

	there.fail = errors.New("the disk is gone")
	if err := s.Tick(t.Context()); !errors.Is(err, there.fail) {
		t.Errorf("%v", err)
	}
	there.fail = nil
	w.watch("f", `{"from":"folder","folder":"in","pattern":"*.csv"}`, `{"from":"folder","folder":"new"}`)
	there.put("new", at(t, "2026-01-01T09:00:00Z"))
	w.tick(s, 3, time.Second)
	w.firedAre("f files:old/* 10:00", "f files:in/*.csv 11:30", "f files:in/*.csv 11:50", "f files:new/* 09:00")
	w.disable("f")
	asked := len(there.asked)
	there.put("in", at(t, "2026-01-01T11:55:00Z"))
	w.tick(s, 3, time.Second)
	if len(there.asked) != asked {
		t.Error("a flow that is off is watched")
	}
	without := w.scheduler()
	w.watch("g", `{"from":"folder","folder":"in"}`)
	w.tick(without, 2, time.Second)
	w.firedAre("f files:old/* 10:00", "f files:in/*.csv 11:30", "f files:in/*.csv 11:50", "f files:new/* 09:00")
}
