package examine

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/sdk/conformance"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

// bench is a connector's process with its sandbox.
type bench struct {
	plan     *Plan
	programs *pluginhost.Host
	id       string
	said     *conformance.Host
	pid      *atomic.Int64
	url      string
	settings []byte
	secrets  map[string]string
	// stop ends the sandbox where it does not end with the programs.
	stop func()
}

// harness is what the suite needs of the bench.
func (b *bench) harness(m *manifest.Manifest) conformance.Harness {
	h := conformance.Harness{
		Declared: m, Host: b.said, Secrets: slices.Concat(b.plan.Secrets, slices.Collect(maps.Values(b.secrets)), b.badSecrets()), Prompt: 5 * time.Second,
		Open:    func(t conformance.T) connector.Session { return b.open(t, nil) },
		OpenBad: func(t conformance.T) connector.Session { return b.open(t, b.plan.Bad) },
		Stall:   b.stall, Leaks: b.leaks, Code: func(conformance.T) node.Code { return b },
	}
	for _, n := range b.plan.Nodes {
		h.Nodes = append(h.Nodes, n.trial())
	}
	if b.plan.NoHTTP {
		h.Stall = nil
	}
	for _, q := range b.plan.Queries {
		h.Queries = append(h.Queries, b.query(q, m))
	}
	if len(b.plan.Expire) > 0 {
		h.Expire = func(t conformance.T) { b.set(t, b.plan.Expire) }
	}
	for _, w := range b.plan.Writes {
		h.Writes = append(h.Writes, b.write(w))
	}
	return h
}

// query makes the suite's query of a plan's.
func (b *bench) query(q Query, m *manifest.Manifest) conformance.Query {
	c := conformance.Query{
		Name: q.Name, Operation: q.Operation, Size: q.Size, Rows: q.Rows, Malformed: ofPage(connector.PageRef{Size: q.Size}).fill(q.Malformed),
		Params: func(page connector.PageRef) []byte { return ofPage(page).fill(q.Params) },
	}
	if o, ok := m.Operation(q.Operation); ok && o.Window != nil && q.Range != nil {
		moment := inFormat(o.Window.Format, m.TimeZone)
		c.Range = &conformance.Range{From: q.Range.From, To: q.Range.To, Params: func(page connector.PageRef, from, to time.Time) []byte {
			v := ofPage(page)
			v["from"], v["to"] = moment(from), moment(to)
			return v.fill(q.Params)
		}}
		c.Params = func(page connector.PageRef) []byte { return c.Range.Params(page, q.Range.From, q.Range.To) }
	}
	if len(q.Shift) > 0 {
		c.Shift = func(t conformance.T) { b.set(t, q.Shift) }
	}
	return c
}

// inFormat writes moments as an operation wants them.
func inFormat(name, zone string) func(time.Time) string {
	f, err := format.Parse(name)
	place, zoneErr := time.LoadLocation(zone)
	if err != nil || zoneErr != nil {
		return func(t time.Time) string { return t.Format(time.RFC3339) } // the manifest's own check has told
	}
	return func(t time.Time) string {
		out, err := f.Append(nil, item.Of(strconv.AppendInt(nil, t.Unix(), 10)), format.Env{Zone: place})
		if err != nil {
			return err.Error() // the vendor refuses it, and its words are shown
		}
		return item.Of(out).Text()
	}
}

// set switches something at the sandbox.
func (b *bench) set(t conformance.T, switches map[string]json.RawMessage) {
	t.Helper()
	if err := control(context.WithoutCancel(t.Context()), b.url, map[string]any{"set": switches}); err != nil {
		t.Fatalf("the sandbox refuses a switch: %v", err)
	}
}

func (b *bench) write(w Write) conformance.Write {
	c := conformance.Write{
		Name: w.Name, Operation: w.Operation, Form: w.Form, Mode: w.Mode, Params: w.Params,
		Row: func(n int) ([]byte, string) {
			v := ofRow(n)
			b.exists(w, v)
			return v.fill(w.Row), v.text(w.Key)
		},
		LoseAnswer: func(t conformance.T) {
			if len(w.Lose) > 0 {
				b.set(t, w.Lose)
				return
			}
			b.inject(t, []map[string]any{{"path": w.LoseAt, "kind": "lost_answer", "times": 1}})
		},
	}
	if len(w.BadRow) > 0 {
		c.BadRow = func(n int) ([]byte, string) {
			v := ofRow(n)
			return v.fill(w.BadRow), v.text(w.Key)
		}
	}
	if w.Count != nil {
		c.Count = func(t conformance.T, key string) int { return b.count(t, *w.Count, key) }
	}
	return c
}

// exists makes the object that a row changes, and notes what it is called.
func (b *bench) exists(w Write, v values) {
	if w.Existing == nil {
		return
	}
	ctx := context.Background()
	s, err := b.session(ctx, nil)
	if err != nil {
		return // the write that changes nothing tells
	}
	defer func() { _ = s.Close(ctx) }()
	writer, ok := s.(connector.Writer)
	if !ok {
		return
	}
	try := func(e Existing, mode connector.Mode) (connector.Answer, bool) {
		row := append(append([]byte{'['}, v.fill(e.Row)...), ']')
		answers, err := writer.Write(ctx, connector.Batch{
			Operation: e.Operation, Mode: mode, Params: e.Params, Rows: row, Keys: []string{v.text(w.Key)},
			Meta: connector.Meta{TraceID: "conformance", RunID: "conformance", Attempt: 1},
		})
		if err != nil || len(answers.Rows) != 1 {
			return connector.Answer{}, false
		}
		return answers.Rows[0], true
	}
	made, ok := try(*w.Existing, connector.Create)
	if !ok {
		return
	}
	v["id"], v["number"] = made.ID, made.Number
	for _, then := range w.Existing.Then {
		try(then, connector.Update)
	}
}

// badSecrets are those in bad credentials.
func (b *bench) badSecrets() (list []string) {
	for key, value := range b.plan.Bad {
		if _, secret := b.secrets[key]; secret {
			list = append(list, value)
		}
	}
	return list
}

// session opens a session with some settings and secrets changed.
func (b *bench) session(ctx context.Context, changed map[string]string) (connector.Session, error) {
	settings, secrets, err := b.with(changed)
	if err != nil {
		return nil, err
	}
	// An account is known by its id: bad credentials must not meet the state of good ones.
	account := connector.Account{ID: "good", Settings: settings, Secrets: secrets}
	if len(changed) > 0 {
		account.ID = "bad"
	}
	return b.programs.Session(ctx, b.id, "", account)
}

// with gives the settings and secrets with some changed.
func (b *bench) with(changed map[string]string) (settings []byte, secrets map[string]string, err error) {
	secrets = maps.Clone(b.secrets)
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(b.settings, &members); err != nil {
		return nil, nil, err
	}
	for key, value := range changed {
		if _, secret := secrets[key]; secret {
			secrets[key] = value
		} else {
			members[key] = item.AppendText(nil, value)
		}
	}
	settings, err = json.Marshal(members)
	return settings, secrets, err
}

func (b *bench) open(t conformance.T, changed map[string]string) connector.Session {
	t.Helper()
	s, err := b.session(t.Context(), changed)
	if err != nil {
		t.Fatalf("the session cannot be opened: %v", err)
	}
	return s
}

// inject sets the sandbox's faults.
func (b *bench) inject(t conformance.T, faults []map[string]any) {
	t.Helper()
	if err := control(context.WithoutCancel(t.Context()), b.url, map[string]any{"faults": faults}); err != nil {
		t.Fatalf("the sandbox takes no fault: %v", err)
	}
}

// control changes a sandbox.
func control(ctx context.Context, url string, body map[string]any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return exchange(ctx, http.MethodPost, url+"/_sandbox/faults", raw, nil)
}

// exchange asks a sandbox.
func exchange(ctx context.Context, method, url string, body []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fault.New("sandbox.refused", "the sandbox answered HTTP %d to %s", res.StatusCode, url)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(into)
}

// calls tells how many calls the sandbox got.
func (b *bench) calls(ctx context.Context) (int, error) {
	var state struct {
		Calls map[string]int `json:"calls"`
	}
	n := 0
	err := exchange(ctx, http.MethodGet, b.url+"/_sandbox/state", nil, &state)
	for _, calls := range state.Calls {
		n += calls
	}
	return n, err
}

// refusals gives what the sandbox refused, by code; nil where it does not count them.
func (b *bench) refusals(ctx context.Context) map[string]int {
	var state struct {
		Refusals json.RawMessage `json:"refusals"`
		Refused  json.RawMessage `json:"refused"`
	}
	if exchange(ctx, http.MethodGet, b.url+"/_sandbox/state", nil, &state) != nil {
		return nil
	}
	counted, all := map[string]int{}, 0
	for _, raw := range []json.RawMessage{state.Refusals, state.Refused} {
		if json.Unmarshal(raw, &counted) == nil && len(counted) > 0 {
			return counted
		}
		if json.Unmarshal(raw, &all) == nil && all > 0 {
			return map[string]int{"": all} // its vendor has no codes
		}
	}
	return nil
}

// count tells how many objects of the sandbox have a key.
func (b *bench) count(t conformance.T, c Count, key string) int {
	t.Helper()
	var objects []json.RawMessage
	if err := exchange(t.Context(), http.MethodGet, b.url+"/_sandbox/objects/"+c.Objects, nil, &objects); err != nil {
		t.Fatalf("the sandbox shows no objects: %v", err)
	}
	n := 0
	for _, o := range objects {
		if item.Of(o).Field(c.Key).Text() == key {
			n++
		}
	}
	return n
}

// stall has the sandbox hold its answers, and tells of each call that is held.
func (b *bench) stall(t conformance.T) <-chan struct{} {
	t.Helper()
	b.inject(t, []map[string]any{{"path": "", "kind": "delay", "delayMs": 600_000}})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	held, ended := make(chan struct{}), make(chan struct{})
	known, err := b.calls(ctx)
	if err != nil {
		t.Fatalf("the sandbox does not count calls: %v", err)
	}
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			n, err := b.calls(ctx)
			for ; err == nil && known < n; known++ {
				select {
				case held <- struct{}{}:
				case <-ctx.Done():
				}
			}
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		b.inject(t, []map[string]any{})
	})
	return held
}
