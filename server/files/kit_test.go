package files_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/files"
	"github.com/karezflow/karez/server/usage"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// shelf is a files.Store in memory.
type shelf struct {
	mu    sync.Mutex
	files []files.File
	docs  []usage.Document
	last  ledger.ID
	fail  error
}

func (s *shelf) found(match func(files.File) bool) (files.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.files, match); i >= 0 {
		return s.files[i], nil
	}
	return files.File{}, ledger.ErrNotFound
}

func (s *shelf) Files(_ context.Context, ws ledger.ID) ([]files.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.files), func(f files.File) bool { return f.Workspace != ws }), nil
}

func (s *shelf) File(_ context.Context, ws, id ledger.ID) (files.File, error) {
	return s.found(func(f files.File) bool { return f.Workspace == ws && f.ID == id })
}

func (s *shelf) Named(_ context.Context, ws ledger.ID, name string) (files.File, error) {
	return s.found(func(f files.File) bool { return f.Workspace == ws && f.Name == name })
}

func (s *shelf) Put(_ context.Context, f files.File, replace bool) (files.File, string, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return f, "", false, s.fail
	}
	for i, old := range s.files {
		if old.Workspace == f.Workspace && old.Name == f.Name {
			if f.ID = old.ID; replace {
				s.files[i] = f
			}
			return s.files[i], old.Sum, replace, nil
		}
	}
	s.last++
	f.ID = s.last
	s.files = append(s.files, f)
	return f, "", true, nil
}

func (s *shelf) Delete(_ context.Context, ws, id ledger.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files = slices.DeleteFunc(s.files, func(f files.File) bool { return f.Workspace == ws && f.ID == id })
	return nil
}

func (s *shelf) Holds(_ context.Context, ws ledger.ID, sum string) (bool, error) {
	_, err := s.found(func(f files.File) bool { return f.Workspace == ws && f.Sum == sum })
	return err == nil, nil
}

func (s *shelf) Documents(context.Context, ledger.ID) ([]usage.Document, error) { return s.docs, nil }

// rig is a service over a folder, and a ledger in memory into which its files are pulled.
type rig struct {
	*files.Service

	t     testing.TB
	shelf *shelf
	dir   string
	now   time.Time
	store *runtest.Memory
	runs  int
	// wrap takes the place of the session, where it is set.
	wrap func(*files.Session) connector.Session
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t, shelf: &shelf{}, dir: t.TempDir(), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), store: runtest.NewStore()}
	r.Service = files.New(files.Config{Store: r.shelf, Dir: r.dir, Clock: func() time.Time { return r.now }, Log: slog.New(slog.DiscardHandler), MaxBytes: 1 << 20})
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) as(role access.Role) context.Context {
	return access.With(r.t.Context(), access.Principal{Workspace: 1, Name: "amy", Role: role})
}

func (r *rig) upload(name, content string) files.File {
	r.t.Helper()
	f, err := r.Upload(r.as(access.Editor), name, strings.NewReader(content), true)
	r.must(err)
	return f
}

// path is where a file of a folder lies.
func (r *rig) path(folder, name string) string { return filepath.Join(r.FolderPath(1, folder), name) }

// put writes a file into a folder, as if it had been there for a while.
func (r *rig) put(folder, name, content string, age time.Duration) {
	r.t.Helper()
	r.must(os.MkdirAll(r.FolderPath(1, folder), 0o700))
	r.must(os.WriteFile(r.path(folder, name), []byte(content), 0o600))
	r.must(os.Chtimes(r.path(folder, name), r.now.Add(-age), r.now.Add(-age)))
	r.must(os.Chtimes(r.FolderPath(1, folder), r.now.Add(-age), r.now.Add(-age)))
}

// there lists the files below the folder in.
func (r *rig) there() []string {
	const folder = "in"
	r.t.Helper()
	found := []string{}
	r.must(filepath.WalkDir(r.FolderPath(1, folder), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(r.FolderPath(1, folder), path)
			found = append(found, filepath.ToSlash(name))
		}
		return err
	}))
	return found
}

// source compiles a file node with settings.
func source(t testing.TB, settings string) *plan.Source {
	t.Helper()
	docs, err := flow.Parse(fmt.Appendf(nil, `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"title":"t"},"spec":{"nodes":[{"id":"rows","type":"file","settings":%s},
{"id":"kept","type":"discard"}],"edges":[{"from":"rows","to":"kept"}]}}`, settings))
	if err != nil {
		t.Fatal(err)
	}
	compiled, problems := compile.Flow(t.Context(), docs[0], compile.Options{Types: flow.NewTypes(nodes.All()...)})
	if compiled == nil {
		t.Fatalf("%+v", problems)
	}
	return compiled.Sources[0]
}

// run pulls once and gives the counts of the run.
func (r *rig) run(settings string) (ledger.Counts, error) {
	r.t.Helper()
	r.runs++
	r.now = r.now.Add(time.Minute)
	run, _, err := r.store.OpenRun(r.t.Context(), ledger.Run{Workspace: 1, Flow: 2, Version: 3, Trigger: "test", FireAt: ledger.Millis(r.runs)}, 1)
	r.must(err)
	ctx, end := context.WithCancel(r.t.Context())
	defer end()
	opened := r.Open(ctx, 1)
	session := connector.Session(opened)
	if r.wrap != nil {
		session = r.wrap(opened)
	}
	p := pull.New(pull.Config{Store: r.store, Clock: func() time.Time { return r.now }, Log: slog.New(slog.DiscardHandler), FirstWait: time.Microsecond, Tries: 2})
	pulled := p.Run(ctx, pull.Job{Workspace: 1, Flow: 2, Run: run.ID, Version: 3, Source: source(r.t, settings), Session: session})
	_, counts, err := r.store.Run(r.t.Context(), run.ID)
	r.must(err)
	if !counts.Balanced() {
		r.t.Errorf("the balance does not hold: %v", counts)
	}
	return counts, pulled
}

// documents gives what is stored, by key: the body, with the problem's code before it.
func (r *rig) documents() map[string]string {
	r.t.Helper()
	stream, err := r.store.OpenStream(r.t.Context(), 1, 2, "rows")
	r.must(err)
	docs, err := r.store.Documents(r.t.Context(), stream.ID, 0, 1_000_000)
	r.must(err)
	found := map[string]string{}
	for _, d := range docs {
		body, err := r.store.Body(r.t.Context(), d.ID)
		r.must(err)
		text := string(body)
		if p, has, err := r.store.Problem(r.t.Context(), d.ID); err != nil || has {
			text = p.Code + " at " + p.Path + " " + text
		}
		found[d.Key] = text
	}
	return found
}

func codeOf(err error) string { return fault.CodeOf(err) }
