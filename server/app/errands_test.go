package app_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/storetest"
)

// submitting lets the shipped flow submit, by a writeback, every bill that it saved,
// and tell people of what was written.
func (w *world) submitting() *world {
	w.t.Helper()
	w.recent()
	w.ding = w.simulated("dingtalk-robot") // messages are signed by the time of the day
	var ding map[string]string
	w.get(w.ding+"/_sandbox/credentials", &ding)
	w.env = append(w.env, "DING_ADDRESS="+w.ding, "DING_TOKEN="+ding["accessToken"], "DING_SECRET="+ding["secret"])
	w.rewrite(
		"  nodes:\n", `    ding:
      connector: dingtalk-robot
      settings: {address: env:DING_ADDRESS}
      secrets: {accessToken: env:DING_TOKEN, secret: env:DING_SECRET}
  nodes:
`,
		"    - id: mark\n", `    - id: submit
      type: writeback
      connection: k3
      settings:
        operation: submit
        fields:
          - {field: FormId, value: SAL_RETURNSTOCK}
          - {field: Number, value: "{{Number}}"}
    - id: tell
      type: notify
      connection: ding
      settings:
        title: "单据 {{document.number}}"
        text: "{{document.key}} {{error.code}}"
        when: digest
    - id: mark
`,
		"    - {from: k3.done, to: mark}\n", "    - {from: k3.done, to: mark}\n    - {from: k3.done, to: submit}\n    - {from: k3.done, to: tell}\n",
	)
	return w
}

// rewrite changes the flow's file; every change must be one.
func (w *world) rewrite(changes ...string) {
	w.t.Helper()
	raw, err := os.ReadFile(w.flow)
	w.must(err)
	text := string(raw)
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			w.t.Fatalf("the flow has no %q", changes[i])
		}
		text = strings.Replace(text, changes[i], changes[i+1], 1)
	}
	w.must(os.WriteFile(w.flow, []byte(text), 0o600))
}

// submitted gives the bills by their numbers, and whether each is submitted.
func (w *world) submitted() (bills, submitted int) {
	w.t.Helper()
	for no, raw := range w.bills() {
		var bill struct {
			Status string `json:"FDocumentStatus"`
		}
		w.must(json.Unmarshal(raw, &bill))
		bills++
		switch bill.Status {
		case "B":
			submitted++
		case "A":
		default:
			w.t.Errorf("bill %s has the status %q", no, bill.Status)
		}
	}
	return bills, submitted
}

// errands gives how many calls after walks the ledger has, by node and state.
func (w *world) errands() map[string]int {
	w.t.Helper()
	address := w.db
	if address == "" {
		address = "sqlite:" + filepath.Join(w.data, "karez.db")
	}
	db, err := store.Open(w.t.Context(), store.Config{URL: address, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	w.must(err)
	defer func() { w.must(db.Close()) }() // the next run wants the folder for itself
	rows, err := db.Read(w.t.Context()).Raw("SELECT node_id, state, code, COALESCE(message, '') FROM errand").Rows()
	w.must(err)
	defer func() { _ = rows.Close() }()
	out := map[string]int{}
	for rows.Next() {
		var node, code, message string
		var state errand.State
		w.must(rows.Scan(&node, &state, &code, &message))
		if out[node+" "+state.String()]++; code != "" && out[node+" "+state.String()] == 1 {
			w.t.Logf("%s %s: %s %s", node, state, code, message)
		}
	}
	w.must(rows.Err())
	return out
}

// told gives how many messages people got.
func (w *world) told() int {
	w.t.Helper()
	var messages []json.RawMessage
	w.get(w.ding+"/_sandbox/objects/message", &messages)
	return len(messages)
}

// allSubmitted checks that every bill was submitted by one call, and told of.
func (w *world) allSubmitted() {
	w.t.Helper()
	bills, submitted := w.submitted()
	errands := w.errands()
	if bills == 0 || submitted != bills || errands["submit done"] != bills {
		w.t.Errorf("%d bills, %d submitted; calls: %v", bills, submitted, errands)
	}
	if n := errands["tell done"] + errands["tell told"]; n != bills || errands["tell done"] == 0 {
		w.t.Errorf("%d bills, calls: %v", bills, errands)
	}
}

// resumed runs the engine again and checks that every call was made.
func (w *world) resumed() {
	w.t.Helper()
	got, err := w.run()
	w.must(err)
	if !got.Balanced {
		w.t.Errorf("the balance does not hold: %+v", got)
	}
	w.allSubmitted()
	compare(w.t, w, since)
	w.sentOnce()
	w.audit()
}

// TestCallsAfterWalks: what was saved in 金蝶 is submitted by a writeback, once each, and
// people get one message about all of it.
func TestCallsAfterWalks(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t).submitting()
	got, err := w.run()
	w.must(err)
	if !got.Balanced || got.Counts["delivered"] == 0 {
		t.Errorf("the run is %+v", got)
	}
	w.allSubmitted()
	if n := w.told(); n != 1 {
		t.Errorf("%d messages for one run", n)
	}
	_, err = w.run()
	w.must(err)
	w.allSubmitted()
	if n := w.told(); n != 1 {
		t.Errorf("%d messages, the second run had nothing to tell", n)
	}
	w.sentOnce()
}

// TestCallsThatTheSystemRefuses: a call that is refused leaves the document and what was
// written alone, and stands by itself for a person to see.
func TestCallsThatTheSystemRefuses(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t).submitting()
	w.rewrite("        operation: submit\n", "        operation: audit\n") // of bills that nobody submitted
	got, err := w.run()
	w.must(err)
	bills, submitted := w.submitted()
	if got.Counts["delivered"] != bills || bills == 0 || submitted != 0 {
		t.Errorf("%d bills, %d submitted, the run is %+v", bills, submitted, got)
	}
	if errands := w.errands(); errands["submit rejected"] != bills {
		t.Errorf("%d bills, calls: %v", bills, errands)
	}
	w.sentOnce()
}

// TestPeopleAreToldOfFailures: what a target refuses leaves by its error port, and the
// message behind it says of which document and why.
func TestPeopleAreToldOfFailures(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t).submitting()
	w.rewrite(
		"    - {from: k3.done, to: tell}\n", "    - {from: k3.error, to: tell}\n",
		`"{{document.key}} {{error.code}}"`, `"{{document.key}} {{error.node}} {{error.message}}"`,
		"        when: digest\n", "",
	)
	refused := w.taken()[0]
	w.control(w.k3+"/_sandbox/faults", `{"set":{"refuseRows":[{"number":"`+refused.Field("o_id").Text()+`","field":"FDate","message":"会计期间已关闭","msgCode":11}]}}`)
	for range 2 { // the second walks nothing again, and tells nobody twice
		got, err := w.run()
		w.must(err)
		if !got.Balanced {
			t.Errorf("the run is %+v", got)
		}
		var messages []json.RawMessage
		w.get(w.ding+"/_sandbox/objects/message", &messages)
		if len(messages) != 1 {
			t.Fatalf("%d messages of %s, calls: %v, the run is %+v", len(messages), refused.Field("o_id").Text(), w.errands(), got)
		}
		for _, part := range []string{refused.Field("as_id").Text(), "k3", "会计期间已关闭"} {
			if !strings.Contains(string(messages[0]), part) {
				t.Errorf("the message says %q, without %q", messages[0], part)
			}
		}
	}
	if errands := w.errands(); errands["tell done"] != 1 || errands["submit done"] == 0 {
		t.Errorf("calls: %v", errands)
	}
}

// TestKilledAroundCalls ends the engine between the commit of a walk and the call, between
// the call and its record, and starts it again.
func TestKilledAroundCalls(t *testing.T) {
	t.Parallel()
	for _, point := range points(false, append(failpoint.Errands(), "after_outcome", "after_send:2", "after_send:9")...) {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			turn(t)
			w := newWorld(t).submitting()
			if _, err := w.run("KAREZ_FAILPOINT=" + point); !errors.Is(err, errKilled) {
				t.Errorf("the crash point was never passed: %v", err)
			}
			w.resumed()
		})
	}
}

// TestKilledAroundCallsOnMariaDB is a part of the above with the ledger in MySQL/MariaDB,
// where a claim outlives its courier until its lease ends.
func TestKilledAroundCallsOnMariaDB(t *testing.T) {
	t.Parallel()
	for _, point := range points(true, failpoint.Errands()...) {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			turn(t)
			w := newWorld(t).submitting()
			w.db = storetest.MySQL(t)
			if _, err := w.run("KAREZ_FAILPOINT=" + point); !errors.Is(err, errKilled) {
				t.Errorf("the crash point was never passed: %v", err)
			}
			w.resumed()
		})
	}
}
