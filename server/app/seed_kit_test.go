package app_test

import (
	"encoding/json"
	"io/fs"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/market"
)

// seedNow is when the simulated systems of the shipped templates begin.
const seedNow = "2026-03-05T12:00:00+08:00"

// seeded is a server into which a person brought a shipped template: its connections lead to
// simulated systems, its flows are published.
type seeded struct {
	*served

	docs []*flow.Document
	// boxes are the simulated systems by their connectors, flows the ids by the names of the flows.
	boxes, flows map[string]string
}

// bring starts the systems of a template and a server, and imports the template as a person
// does: connections by their names, then its flows, each under an id of its own, so that what
// they use of each other is chosen anew. edits change the text, as a person changes settings.
func bring(t *testing.T, name string, edits ...string) *seeded {
	t.Helper()
	turn(t)
	text, err := fs.ReadFile(market.Templates(), name+".yaml")
	if err != nil {
		t.Fatal(err)
	}
	changed := string(text)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(changed, edits[i]) {
			t.Fatalf("the template does not say %q", edits[i])
		}
		changed = strings.ReplaceAll(changed, edits[i], edits[i+1])
	}
	docs, err := flow.Parse([]byte(changed))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, data: t.TempDir(), env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}}
	b := &seeded{docs: docs, boxes: map[string]string{}, flows: map[string]string{}}
	for _, doc := range docs {
		for _, inline := range doc.Spec.Connections {
			if b.boxes[inline.Connector] == "" {
				b.boxes[inline.Connector] = w.simulated(inline.Connector, "--now", seedNow)
			}
		}
	}
	b.served = w.serve()
	b.ask("POST", "/setup", map[string]string{"token": b.token, "name": "amy", "password": "correct horse"}, &ignored{})
	return b
}

// connect makes the connections that the flows name, with what the simulated systems give out.
func (b *seeded) connect() {
	b.t.Helper()
	made := map[string]bool{}
	for _, doc := range b.docs {
		for name, inline := range doc.Spec.Connections {
			if made[name] {
				continue
			}
			made[name] = true
			var given map[string]string
			b.get(b.boxes[inline.Connector]+"/_sandbox/credentials", &given)
			given["address"] = b.boxes[inline.Connector]
			settings, secrets := map[string]string{}, map[string]string{}
			for key, v := range item.Of(inline.Settings).Fields() {
				if settings[key] = v.Text(); strings.HasPrefix(v.Text(), flow.EnvPrefix) {
					settings[key] = given[key]
				}
			}
			for key := range inline.Secrets {
				secrets[key] = given[key]
			}
			b.ask("POST", "/connections", map[string]any{"name": name, "connector": inline.Connector, "settings": settings, "secrets": secrets}, &ignored{})
			var checked struct {
				OK      bool   `json:"ok"`
				Message string `json:"message"`
			}
			b.ask("POST", "/connections/"+name+"/check", nil, &checked)
			if !checked.OK {
				b.t.Fatalf("the connection %s does not work: %s", name, checked.Message)
			}
		}
	}
}

// publish makes the flows, those that others use first, and lets them go.
func (b *seeded) publish() {
	b.t.Helper()
	ids := map[string]string{}
	for _, doc := range slices.Backward(b.docs) {
		was := doc.Metadata.ID
		doc.Spec.Connections = nil
		for alias, use := range doc.Spec.Uses {
			if use.Flow = ids[use.Flow]; use.Flow == "" {
				b.t.Fatalf("%s uses %s before it is there", doc.Metadata.Name, alias)
			}
			doc.Spec.Uses[alias] = use
		}
		var made struct {
			ID       string         `json:"id"`
			Problems []flow.Problem `json:"problems"`
		}
		b.ask("POST", "/flows", map[string]any{"document": json.RawMessage(doc.JSON())}, &made)
		if flow.Blocking(made.Problems) {
			b.t.Fatalf("%s: %+v", doc.Metadata.Name, made.Problems)
		}
		ids[was], b.flows[doc.Metadata.Name] = made.ID, made.ID
		b.ask("POST", "/flows/"+made.ID+"/publish", map[string]string{"note": "模板"}, &ignored{})
	}
}

// table makes a code table; pairs are sources and targets in turn.
func (b *seeded) table(name string, pairs ...string) string {
	b.t.Helper()
	var made struct {
		ID string `json:"id"`
	}
	b.ask("POST", "/code-tables", map[string]string{"name": name}, &made)
	b.translate(made.ID, pairs...)
	return made.ID
}

// translate adds rows to a code table.
func (b *seeded) translate(id string, pairs ...string) {
	b.t.Helper()
	var rows []map[string]string
	for i := 0; i < len(pairs); i += 2 {
		rows = append(rows, map[string]string{"source": pairs[i], "target": pairs[i+1]})
	}
	b.ask("PUT", "/code-tables/"+id+"/rows", map[string]any{"rows": rows}, &ignored{})
}

// told is a document with what its flow says of it.
type told struct {
	ID         string          `json:"id"`
	Key        string          `json:"key"`
	Number     string          `json:"number"`
	State      string          `json:"state"`
	Code       string          `json:"code"`
	Message    string          `json:"message"`
	Source     json.RawMessage `json:"source"`
	Deliveries []struct {
		State        string          `json:"state"`
		TargetID     string          `json:"targetId"`
		TargetNumber string          `json:"targetNumber"`
		Mapped       json.RawMessage `json:"mapped"`
	} `json:"deliveries"`
}

// all gives all documents of a flow by their keys.
func (b *seeded) all(name string) map[string]told {
	b.t.Helper()
	all := map[string]told{}
	for cursor := ""; ; {
		var page struct {
			Items []told `json:"items"`
			Next  string `json:"next"`
		}
		b.ask("GET", "/documents?limit=200&flow="+b.flows[name]+"&after="+cursor, nil, &page)
		for _, d := range page.Items {
			all[d.Key] = d
		}
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

// document reads one document wholly.
func (b *seeded) document(id string) (d told) {
	b.t.Helper()
	b.ask("GET", "/documents/"+id, nil, &d)
	return d
}

// objects gives what a simulated system holds of a kind.
func (b *seeded) objects(connector, kind string) []item.Value {
	b.t.Helper()
	var raw []json.RawMessage
	b.get(b.boxes[connector]+"/_sandbox/objects/"+kind, &raw)
	list := make([]item.Value, len(raw))
	for i, r := range raw {
		list[i] = item.Of(r)
	}
	return list
}

// calls gives how often a simulated system was called at a path that holds a word.
func (b *seeded) calls(connector, word string) (n int) {
	b.t.Helper()
	var state struct {
		Calls map[string]int `json:"calls"`
	}
	b.get(b.boxes[connector]+"/_sandbox/state", &state)
	for path, times := range state.Calls {
		if strings.Contains(path, word) {
			n += times
		}
	}
	return n
}

// exact reads a decimal as it is, for amounts must be equal, however they are written.
func exact(t *testing.T, v item.Value) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(v.Text())
	if !ok {
		t.Fatalf("%s is no number", v.Raw())
	}
	return r
}

// eventually asks until something holds.
func (s *served) eventually(what string, holds func() bool) {
	s.t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for range 600 {
		if holds() {
			return
		}
		<-ticker.C
	}
	s.t.Fatalf("not in time: %s", what)
}

// pairs gives the sources and targets of a table in turn.
func pairs(of map[string]string) (list []string) {
	for source, target := range of {
		list = append(list, source, target)
	}
	return list
}

// in counts the documents of a flow that are in a state.
func (b *seeded) in(name, state string) (n int) {
	b.t.Helper()
	for _, d := range b.all(name) {
		if d.State == state {
			n++
		}
	}
	return n
}
