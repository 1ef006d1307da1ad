package draft_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/flowstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

// bench is a service over a database, with two workspaces.
type bench struct {
	t     *testing.T
	clock *clocktest.Clock
	db    *store.DB
	store *flowstore.Store
	// checker is what the drafts are checked by.
	checker *checker
	*draft.Service
}

func newBench(t *testing.T) *bench {
	t.Helper()
	db := storetest.Migrated(t, storetest.SQLite(t))
	b := &bench{t: t, clock: clocktest.New(time.UnixMilli(1_760_000_000_000)), db: db, store: flowstore.New(db), checker: &checker{}}
	b.Service = b.over(b.store)
	return b
}

// over makes a service over a store that may differ from the bench's.
func (b *bench) over(s draft.Store) *draft.Service {
	fresh := 0
	return draft.New(s, b.clock.Now, func() string {
		fresh++
		return fmt.Sprint("flow-", fresh)
	}).With(b.checker)
}

// as gives a context in which somebody with a role calls.
func (b *bench) as(workspace ledger.ID, role access.Role) context.Context {
	return access.With(b.t.Context(), access.Principal{Workspace: workspace, User: 3, Name: "Ada", Role: role})
}

func (b *bench) editor() context.Context { return b.as(1, access.Editor) }

// create makes a flow that must be in order.
func (b *bench) create(title string) draft.Flow {
	b.t.Helper()
	f, err := b.Create(b.editor(), title, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return f
}

// checker blocks documents whose title says so, and warns of those that say that.
type checker struct {
	mu sync.Mutex
	// all are found in every document.
	all        []flow.Problem
	workspaces []ledger.ID
}

func (c *checker) Check(_ context.Context, workspace ledger.ID, doc *flow.Document) []flow.Problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workspaces = append(c.workspaces, workspace)
	found := c.all
	for _, word := range []string{"bad", "warned"} {
		for range strings.Count(doc.Metadata.Title, word) {
			found = append(found, flow.Problem{Path: "metadata.title", Code: "test." + word, Message: "the title says " + word, Blocking: word == "bad"})
		}
	}
	return found
}

func (c *checker) finds(problems ...flow.Problem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = problems
}

// titled makes a document with a title.
func titled(title string) []byte {
	return []byte(`{"apiVersion":"karez/v1","kind":"Flow","metadata":{"title":` + fmt.Sprintf("%q", title) + `},"spec":{"nodes":[],"edges":[]}}`)
}

// is fails unless err has a code and, but for codes of access, a hint.
func is(t *testing.T, what string, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); got != code || (err == nil) != (code == "") {
		t.Errorf("%s: %v, want %q", what, err, code)
	}
}
