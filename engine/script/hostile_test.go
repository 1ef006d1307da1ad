package script_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/script"
	"github.com/karezflow/karez/sdk/fault"
)

// hostile makes a script that misbehaves on {"n":1} only.
func hostile(statement string) string {
	return "function transform(doc, ctx) {\n  if (doc.n === 1) { " + statement + " }\n  return doc\n}"
}

// Every program of the corpus fails on its own document; its neighbours and the
// next call go on, in bounded time and without growing the engine.
func TestHostileScripts(t *testing.T) {
	t.Parallel()

	const stopped, crashed = "script.timeout", "script.crashed"
	// How an allocation that is refused kills the process depends on the build.
	eaten := []string{"script.memory", stopped, crashed}
	cases := []struct {
		name, statement string
		codes           []string
	}{
		{"endless loop", `while (true) {}`, []string{stopped}},
		{"loop that catches", `for (;;) { try { for (;;) {} } catch (e) {} finally { continue } }`, []string{stopped}},
		{"recursion", `(function f() { f() })()`, []string{"script.error"}},
		{"back-reference", `/^(?:(a+)+)\1$/.test("a".repeat(40) + "b")`, []string{stopped}},
		{"fill", `Array(2e8).fill(1)`, eaten},
		{"join", `Array(3e8).join("x")`, eaten},
		{"power", `const b = 2n; b ** b ** 33n`, eaten},
		{"replace", `let s = "a".repeat(1e6); for (;;) s = s.replace(/a/g, "aa")`, eaten},
		{"repeat", `"x".repeat(1e9).split("")`, eaten},
		{"doubling", `let s = "x"; for (;;) s += s + s`, eaten},
		{"pushing", `const a = []; for (;;) a.push({a})`, eaten},
		{"deep JSON", `JSON.parse("[".repeat(1e7) + "]".repeat(1e7), (k, v) => v)`, eaten},
		{"deep source", `new Function("return " + "[".repeat(4e5) + "]".repeat(4e5))()`, eaten},
		{"deep unary source", `new Function("return " + "!".repeat(4e6) + "1")()`, eaten},
		{"sort", `const a = Array.from({length: 3e6}, (_, i) => -i); for (;;) a.sort(() => 1)`, eaten},
		{"exports itself", `const o = {}; o.o = o; return o`, []string{"script.bad_result"}},
		{"thrown loop", `throw {toString() { for (;;) {} }, toJSON() { for (;;) {} }}`, []string{stopped}},
		{"slow toPrimitive", `const d = ctx.decimal("9".repeat(500)); for (;;) d.mul(d)`, []string{stopped}},
		{"proxy chain", `let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); return {v: p.x}`, append(eaten, "")},
	}
	p := newPool(t, func(c *script.Config) {
		c.Size, c.Wall, c.Kill, c.Memory = 2, 600*time.Millisecond, 900*time.Millisecond, 256<<20
	})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			s := compile(t, p, hostile(c.statement))
			results := run(t, s, numbered(3))
			code := ""
			if f := results[1].Fault; f != nil {
				code = f.Code
				if f.Args["document"] != "D2" || f.Class != fault.Data {
					t.Errorf("the fault does not name its document: %+v", f)
				}
			}
			found := false
			for _, want := range c.codes {
				found = found || code == want
			}
			if !found {
				t.Errorf("got %q, want one of %q: %v", code, c.codes, results[1].Fault)
			}
			if got := show(results); got[0] != `{"n":0}` || got[2] != `{"n":2}` {
				t.Errorf("the neighbours: %q", got)
			}
			if got := show(run(t, s, items(`{"n":5}`))); got[0] != `{"n":5}` {
				t.Errorf("the next call: %q", got)
			}
		})
	}
}

// The compiler computes constants, so a source can hang it.
func TestHostileSources(t *testing.T) {
	t.Parallel()

	p := newPool(t, func(c *script.Config) { c.Wall, c.Kill, c.Memory = 300*time.Millisecond, 600*time.Millisecond, 128<<20 })
	for _, expression := range []string{"2n ** 2n ** 33n", strings.Repeat("!", 60000) + "1", strings.Repeat("a?b:", 15000) + "1"} {
		_, err := p.Compile(t.Context(), "function transform(doc) { return "+expression+" }")
		if code := fault.CodeOf(err); err != nil && code != "script.crashed" {
			t.Errorf("%.20s: %v", expression, err)
		}
	}
	if got := show(run(t, compile(t, p, `function transform(doc) { return doc }`), numbered(1))); got[0] != `{"n":0}` {
		t.Errorf("the next script: %q", got)
	}
}

// Not parallel: the tests beside it would allocate too.
func TestHostileScriptsDoNotGrowTheEngine(t *testing.T) {
	var before, after runtime.MemStats
	p := newPool(t, func(c *script.Config) { c.Memory, c.Wall, c.Kill = 128<<20, time.Minute, 2*time.Minute })
	s := compile(t, p, hostile(`let s = "x"; for (;;) s += s + s`))
	runtime.ReadMemStats(&before)
	results := run(t, s, numbered(3))
	runtime.ReadMemStats(&after)
	// The race detector has words of its own for memory it does not get.
	if f := results[1].Fault; f == nil || f.Code != "script.memory" && !raceDetector {
		t.Errorf("got %v", f)
	}
	if grown := int64(after.Sys) - int64(before.Sys); grown > 32<<20 {
		t.Errorf("the engine grew by %d MiB", grown>>20)
	}
}

// A loop uses up the time of its batch; the documents behind it get new time.
func TestDocumentsAreNotBlamedForTheirNeighbours(t *testing.T) {
	t.Parallel()

	p := newPool(t, func(c *script.Config) { c.Wall, c.Kill = time.Second, 20*time.Second })
	s := compile(t, p, `function transform(doc) {
		if (doc.n === 3) for (;;) {}
		return {n: doc.n}
	}`)
	results := run(t, s, numbered(12))
	for i, line := range show(results) {
		if want := `{"n":` + strconv.Itoa(i) + `}`; i == 3 && line != "script.timeout" || i != 3 && line != want {
			t.Errorf("document %d: %s", i, line)
		}
	}
	if f := results[3].Fault; f.Args["line"] != "2" {
		t.Errorf("the loop is not located: %+v", f)
	}
}

// When every document hangs, Run gives up early and says so.
func TestStrikes(t *testing.T) {
	t.Parallel()

	p := newPool(t, func(c *script.Config) { c.Wall, c.Kill, c.Strikes = 40*time.Millisecond, 20*time.Second, 2 })
	results := run(t, compile(t, p, "function transform(doc) { for (;;) {} }"), numbered(5))
	want := []string{"script.timeout", "script.timeout", "script.not_run", "script.not_run", "script.not_run"}
	if diff := cmp.Diff(want, show(results)); diff != "" {
		t.Error(diff)
	}
	if results[4].Fault.Class != fault.Transient {
		t.Errorf("documents that were not tried are %s", results[4].Fault.Class)
	}

	killed := newPool(t, func(c *script.Config) { c.Wall, c.Kill, c.Strikes = 200*time.Millisecond, 400*time.Millisecond, 2 })
	s := compile(t, killed, hostile(`/^(?:(a+)+)\1$/.test("a".repeat(40) + "b")`))
	results = run(t, s, items(`{"n":1}`, `{"n":1}`, `{"n":1}`))
	if diff := cmp.Diff([]string{"script.timeout", "script.timeout", "script.not_run"}, show(results)); diff != "" {
		t.Error(diff)
	}
}

// Documents that only throw do not end the search for the one that kills.
func TestTheSearchGoesOnToTheKiller(t *testing.T) {
	t.Parallel()

	var log bytes.Buffer
	p := newPool(t, func(c *script.Config) {
		c.Wall, c.Kill, c.Log = 200*time.Millisecond, 400*time.Millisecond, slog.New(slog.NewTextHandler(&log, nil))
	})
	s := compile(t, p, `function transform(doc) {
		if (doc.n < 4) throw new Error("small")
		if (doc.n === 4) /^(?:(a+)+)\1$/.test("a".repeat(40) + "b")
		return doc
	}`)
	want := []string{"script.error", "script.error", "script.error", "script.error", "script.timeout", `{"n":5}`}
	if diff := cmp.Diff(want, show(run(t, s, numbered(6)))); diff != "" {
		t.Error(diff)
	}
	if deaths := strings.Count(log.String(), "a script worker died"); deaths != 2 {
		t.Errorf("%d workers died", deaths)
	}
}

// One bad document in a batch script is found by itself.
func TestHostileBatchScripts(t *testing.T) {
	t.Parallel()

	p := newPool(t, func(c *script.Config) { c.Wall, c.Kill = 200*time.Millisecond, 400*time.Millisecond })
	for _, statement := range []string{`for (;;) {}`, `/^(?:(a+)+)\1$/.test("a".repeat(40) + "b")`} {
		s := compile(t, p, `function transformBatch(docs) { if (docs.some(d => d.n === 1)) { `+statement+` } return docs }`)
		if diff := cmp.Diff([]string{`{"n":0}`, "script.timeout", `{"n":2}`, `{"n":3}`}, show(run(t, s, numbered(4)))); diff != "" {
			t.Error(diff)
		}
	}
}

func TestCancelledRun(t *testing.T) {
	t.Parallel()

	p := newPool(t, func(c *script.Config) { c.Wall, c.Kill = time.Minute, time.Hour })
	s := compile(t, p, `function transform(doc, ctx) { if (doc.n === 1) for (;;) {} return doc }`)
	why := errors.New("the run was cancelled")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(why) })
	if _, err := s.Run(ctx, numbered(3)); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Run(ctx, numbered(3)); !errors.Is(err, why) {
		t.Errorf("a call that begins cancelled: %v", err)
	}
	if got := show(run(t, s, items(`{"n":2}`))); got[0] != `{"n":2}` {
		t.Errorf("the next call: %q", got)
	}
}

func TestCloseEndsCalls(t *testing.T) {
	t.Parallel()

	p := newPool(t, func(c *script.Config) { c.Wall, c.Kill = time.Minute, time.Hour })
	s := compile(t, p, `function transform(doc, ctx) { for (;;) {} }`)
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			if _, err := s.Run(t.Context(), numbered(1)); fault.CodeOf(err) != "script.closed" {
				t.Errorf("got %v", err)
			}
		})
	}
	time.AfterFunc(100*time.Millisecond, p.Close)
	wait.Wait()
	p.Close()
	if _, err := p.Compile(t.Context(), "function transform() {}"); fault.CodeOf(err) != "script.closed" {
		t.Errorf("after Close: %v", err)
	}
}

func TestCommandsThatAreNoWorkers(t *testing.T) {
	t.Parallel()

	for name, command := range map[string][]string{
		"none":    nil,
		"missing": {"/nonexistent/karez"},
		"other":   {os.Args[0], "no-worker"},
	} {
		p := newPool(t, func(c *script.Config) { c.Command = command })
		_, err := p.Compile(t.Context(), "function transform(doc) {}")
		if fault.CodeOf(err) != "script.worker_unavailable" {
			t.Errorf("%s: %v", name, err)
		}
		if name == "other" && !strings.Contains(err.Error(), "usage: something else") {
			t.Errorf("the reason is missing: %v", err)
		}
	}
}

func TestRunWorkerRefusesNonsense(t *testing.T) {
	t.Parallel()

	// None of these reaches the point where the process is locked in.
	for input, code := range map[string]int{
		"":                             0,
		"\x01":                         1,
		"\xff\xff\xff\xff":             1,
		"\x01\x00\x00\x00\x80":         1,
		"\x03\x00\x00\x00\x01\x01\x01": 1,
	} {
		var out bytes.Buffer
		if got := script.RunWorker(strings.NewReader(input), &out); got != code || out.Len() != 0 {
			t.Errorf("%q: exit code %d, output %q", input, got, out.String())
		}
	}
}

// More scripts than a worker keeps, from several sides at once.
func TestConcurrentScripts(t *testing.T) {
	t.Parallel()

	p := newPool(t, func(c *script.Config) { c.Size = 2 })
	scripts := make([]*script.Script, 70)
	for i := range scripts {
		scripts[i] = compile(t, p, "function transform(doc) { return {v: doc.n + "+strconv.Itoa(i)+"} }")
	}
	var wait sync.WaitGroup
	for side := range 4 {
		wait.Go(func() {
			for i := range scripts {
				i = (i*7 + side) % len(scripts)
				results, err := scripts[i].Run(t.Context(), items(`{"n":1}`))
				if err != nil || show(results)[0] != `{"v":`+strconv.Itoa(i+1)+`}` {
					t.Errorf("script %d: %v %v", i, show(results), err)
				}
			}
		})
	}
	wait.Wait()
}
