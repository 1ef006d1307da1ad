// Package planstest is a shelf of published versions for tests.
//
// It is for tests only. It may import engine/flow and engine/ledger only.
package planstest

import (
	"context"
	"sync"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
)

// Versions holds documents by version and counts how often they are loaded. It
// implements plans.Versions.
type Versions struct {
	// Workspace is that of all versions, Texts their documents, YAML.
	Workspace ledger.ID
	Texts     map[ledger.ID]string
	// Fails is the failure of every load, nil for none.
	Fails error

	mu    sync.Mutex
	loads int
}

// Put gives a version a document.
func (v *Versions) Put(id ledger.ID, text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.Texts = map[ledger.ID]string{id: text}
}

// Loads tells how often a document was asked for.
func (v *Versions) Loads() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.loads
}

// Load implements plans.Versions: the nodes of a document are numbered from 10.
func (v *Versions) Load(_ context.Context, id ledger.ID) (ledger.ID, *flow.Document, map[string]int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.loads++
	if v.Fails != nil {
		return 0, nil, nil, v.Fails
	}
	text, ok := v.Texts[id]
	if !ok {
		return 0, nil, nil, ledger.ErrNotFound
	}
	docs, err := flow.Parse([]byte(text))
	if err != nil {
		return 0, nil, nil, err
	}
	numbers := map[string]int{}
	for i, n := range docs[0].Spec.Nodes {
		numbers[n.ID] = 10 + i
	}
	return v.Workspace, docs[0], numbers, nil
}
