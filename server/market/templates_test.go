package market_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/ledger"
)

var update = flag.Bool("update", false, "write the expected files anew")

// outcome is what came of a template's sample.
type outcome struct {
	// Warnings are what the flows are warned of; Requests the pages that were asked
	// for; Writes the calls that were made; Documents what the flows hold at the end.
	Warnings  []string  `json:"warnings"`
	Requests  []request `json:"requests"`
	Writes    []write   `json:"writes"`
	Documents []stored  `json:"documents"`
}

type stored struct {
	Flow   string `json:"flow"`
	Key    string `json:"key"`
	Number string `json:"number"`
	State  string `json:"state"`
	// Body is shown of documents that another flow handed over.
	Body json.RawMessage `json:"body,omitempty"`
}

// TestTemplates: every template compiles, and what its flows ask for and write for its
// sample is what the expected file says, to the byte.
func TestTemplates(t *testing.T) {
	t.Parallel()
	for _, name := range templates(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, name)
			w.load(name)
			for at := range w.plans {
				if len(w.plans[at].Sources) > 0 {
					w.pull(at)
				}
			}
			w.push()
			got := written(t, outcome{w.warnings, w.requests, w.writes, w.documents()})
			file := filepath.Join("samples", name+".expected.json")
			if *update {
				must(t, os.WriteFile(file, got, 0o600))
			}
			want, err := os.ReadFile(file)
			must(t, err)
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("wanted (-), got (+):\n%s", diff)
			}
		})
	}
}

// written gives a readable form that keeps every digit.
func written(t *testing.T, o outcome) []byte {
	t.Helper()
	var compact, out bytes.Buffer
	encoder := json.NewEncoder(&compact)
	encoder.SetEscapeHTML(false)
	must(t, encoder.Encode(o))
	must(t, json.Indent(&out, compact.Bytes(), "", "  "))
	return out.Bytes()
}

// documents gives what the flows hold, in order.
func (w *world) documents() []stored {
	w.t.Helper()
	var all []stored
	for i, p := range w.plans {
		entries := map[string]bool{}
		for _, s := range p.Sources {
			entries[s.NodeID] = false
		}
		for _, in := range p.Inlets {
			entries[in.NodeID] = true
		}
		for id, handed := range entries {
			stream, err := w.store.OpenStream(w.t.Context(), workspace, w.flows[i], id)
			must(w.t, err)
			docs, err := w.store.Documents(w.t.Context(), stream.ID, 0, 1000)
			must(w.t, err)
			for _, d := range docs {
				one := stored{Flow: w.docs[i].Metadata.Name, Key: d.Key, Number: d.Number, State: d.State.String()}
				if handed {
					one.Body, err = w.store.Body(w.t.Context(), d.ID)
					must(w.t, err)
				}
				all = append(all, one)
			}
		}
	}
	slices.SortFunc(all, func(a, b stored) int { return strings.Compare(fmt.Sprint(a.Flow, a.Key), fmt.Sprint(b.Flow, b.Key)) })
	return all
}

// TestSamplesReachTheirTargets: no sample's document is left unwritten for a reason
// that the template did not mean.
func TestSamplesReachTheirTargets(t *testing.T) {
	t.Parallel()
	for _, name := range templates(t) {
		text, err := os.ReadFile(filepath.Join("samples", name+".expected.json"))
		must(t, err)
		var got outcome
		must(t, json.Unmarshal(text, &got))
		ends := []string{ledger.Delivered.String(), ledger.Collected.String(), ledger.Filtered.String()}
		for _, d := range got.Documents {
			if !slices.Contains(ends, d.State) {
				t.Errorf("%s: %s is %s", name, d.Key, d.State)
			}
		}
		collects := !slices.ContainsFunc(got.Documents, func(d stored) bool { return d.State != ledger.Collected.String() })
		if len(got.Writes) == 0 && !collects || len(got.Requests) == 0 || len(got.Documents) == 0 {
			t.Errorf("%s asks for %d pages and makes %d writes", name, len(got.Requests), len(got.Writes))
		}
	}
}
