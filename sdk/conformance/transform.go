package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

// Transform is a node of the plugin with settings, and records for it.
type Transform struct {
	// Name tells trials of one node apart; the node's name by default.
	Name, Node string
	// Settings are a JSON object; Bad are some that the declaration or the node refuses.
	Settings []byte
	Bad      [][]byte
	// Records are taken, two at least. Refused are answered with a fault of their own.
	Records, Refused [][]byte
}

func (n *Transform) name() string {
	if n.Name != "" {
		return n.Name
	}
	return n.Node
}

// marker is a member that no node knows: whoever keeps it keeps its bytes.
const marker = `"zz_conformance":12345678901234567890.10`

// ofNode lists the behaviours of a node.
func (x *exam) ofNode(n *Transform) []behaviour {
	named := func(what string, check func(*nodeTrial, T)) behaviour {
		return behaviour{n.name() + ": " + what, func(t T) {
			t.Helper()
			if c := x.onTrial(t, n); c != nil {
				check(c, t)
			}
		}}
	}
	return []behaviour{
		named("settings are told apart", (*nodeTrial).settings),
		named("each record becomes records on declared ports, or is refused", (*nodeTrial).results),
		named("equal batches give equal results, at the same time too", (*nodeTrial).again),
		named("however a batch is split, the same comes of its records", (*nodeTrial).split),
		named("a refused record hurts none beside it", (*nodeTrial).beside),
		named("records of any form are borne", (*nodeTrial).garbage),
		named("a batch that nobody waits for ends", (*nodeTrial).cancelled),
	}
}

// nodes asks for a trial of each node that the manifest declares.
func (x *exam) nodes(t T) {
	t.Helper()
	for i := range x.manifest.Nodes {
		name := x.manifest.Nodes[i].Name
		if !slices.ContainsFunc(x.Nodes, func(n Transform) bool { return n.Node == name }) {
			t.Errorf("the manifest declares the node %s, and the harness does not try it", name)
		}
	}
}

// examples tries those of the manifest's nodes.
func (x *exam) examples(t T) {
	t.Helper()
	for i := range x.manifest.Nodes {
		n := &x.manifest.Nodes[i]
		for at, e := range n.Examples {
			results, err := x.Code(t).Apply(t.Context(), n.Name, manifest.WithDefaults(n.Settings, []byte(e.Settings)), []item.Item{{Raw: []byte(e.Document), Facts: &item.Facts{Key: "example", Revision: 1}}})
			switch {
			case err != nil || len(results) != 1:
				t.Errorf("nodes[%d].examples[%d] failed: %v", i, at, err)
			case results[0].Fault != nil:
				t.Errorf("nodes[%d].examples[%d] is refused: %v", i, at, results[0].Fault)
			case len(results[0].Outputs) != 1 || plain(results[0].Outputs[0].Item.Raw) != plain([]byte(e.Result)):
				t.Errorf("nodes[%d].examples[%d] gives something else: %+v", i, at, results[0].Outputs)
			}
		}
	}
}

// plain is JSON without the space between its parts.
func plain(raw []byte) string {
	var out bytes.Buffer
	if json.Compact(&out, raw) != nil {
		return string(raw)
	}
	return out.String()
}

// nodeTrial is a node under trial.
type nodeTrial struct {
	*Transform

	declared node.Declaration
	filled   []byte
	code     node.Code
	plugin   string
}

func (x *exam) onTrial(t T, n *Transform) *nodeTrial {
	t.Helper()
	at := slices.IndexFunc(x.manifest.Nodes, func(d manifest.Node) bool { return d.Name == n.Node })
	if at < 0 {
		t.Errorf("the harness tries the node %s, which the manifest does not declare", n.Node)
		return nil
	}
	if len(n.Records) < 2 {
		t.Errorf("the harness has %d records for the node %s: two at least tell whether they are told apart", len(n.Records), n.Node)
		return nil
	}
	c := &nodeTrial{Transform: n, declared: x.manifest.Declarations()[at], code: x.Code(t), plugin: x.manifest.ID}
	c.filled = manifest.WithDefaults(c.declared.Settings, n.Settings)
	return c
}

// settings tries those that are right and those that are not.
func (c *nodeTrial) settings(t T) {
	t.Helper()
	if found := c.wrong(t, c.Settings); len(found) > 0 {
		t.Errorf("the settings are refused: %v", found[0])
	}
	for _, bad := range c.Bad {
		found := c.wrong(t, bad)
		if len(found) == 0 {
			t.Errorf("the settings %s are accepted", bad)
		}
		for _, f := range found {
			c.sound(t, f)
		}
	}
}

// wrong gives what the declaration and the node say of settings, as the engine asks them.
func (c *nodeTrial) wrong(t T, settings []byte) []*fault.Fault {
	t.Helper()
	if found := field.Check(c.declared.Settings, settings); len(found) > 0 {
		return found
	}
	found, err := c.code.CheckSettings(t.Context(), c.Node, manifest.WithDefaults(c.declared.Settings, settings))
	if err != nil {
		t.Errorf("CheckSettings: %v", err)
	}
	return append(found, c.declared.CheckPorts(settings)...)
}

// sound reports a fault that people could do nothing with.
func (c *nodeTrial) sound(t T, f *fault.Fault) {
	t.Helper()
	if !strings.Contains(f.Code, ".") || f.Message == "" {
		t.Errorf("a fault has a dotted code and a sentence: %q, %q", f.Code, f.Message)
	}
}

// batch makes items of records, each with the marker.
func batch(records [][]byte) []item.Item {
	items := make([]item.Item, len(records))
	for i, raw := range records {
		items[i] = item.Item{Raw: marked(raw), Facts: &item.Facts{Key: fmt.Sprint("key-", i), Number: fmt.Sprint("NO-", i), Revision: 1}}
	}
	return items
}

func marked(raw []byte) []byte {
	raw = bytes.TrimSpace(raw)
	if len(raw) < 2 || raw[0] != '{' {
		return raw
	}
	separator := ","
	if len(bytes.TrimSpace(raw[1:len(raw)-1])) == 0 {
		separator = ""
	}
	return slices.Concat(raw[:len(raw)-1], []byte(separator+marker+"}"))
}

// apply gives what becomes of records, as texts that can be compared.
func (c *nodeTrial) apply(t T, items []item.Item) []string {
	t.Helper()
	results, err := c.code.Apply(t.Context(), c.Node, c.filled, items)
	if err != nil {
		t.Fatalf("the batch failed as a whole: %v", err)
	}
	if len(results) != len(items) {
		t.Fatalf("%d results for %d records", len(results), len(items))
	}
	told := make([]string, len(results))
	for i, r := range results {
		told[i] = c.told(t, i, r)
	}
	return told
}

// told says what a result is, and reports what it may not be.
func (c *nodeTrial) told(t T, i int, r node.Result) string {
	t.Helper()
	if r.Fault != nil {
		c.sound(t, r.Fault)
		if len(r.Outputs) > 0 {
			t.Errorf("record %d has outputs and a fault", i)
		}
		return refusedMark + r.Fault.Code + " " + r.Fault.Path
	}
	var b strings.Builder
	for _, o := range r.Outputs {
		ports := c.declared.OutputsOf(c.filled)
		if o.Port != "" && !slices.ContainsFunc(ports, func(p node.Port) bool { return p.Name == o.Port }) {
			t.Errorf("record %d leaves by %q, which is no port of the node", i, o.Port)
		}
		if item.Check(o.Item.Raw) != nil || item.Of(o.Item.Raw).Kind() != item.Object {
			t.Errorf("record %d becomes what is no JSON object", i)
		}
		if kept := item.Of(o.Item.Raw).Field("zz_conformance"); kept.Kind() != item.None && !strings.HasSuffix(marker, string(kept.Raw())) {
			t.Errorf("record %d: a field that the node does not know changed to %s", i, kept.Raw())
		}
		fmt.Fprintf(&b, "%s %s %s %s\n", o.Port, o.Route, o.Item.Raw, o.Item.Vars)
	}
	return b.String()
}

// refusedMark begins what told says of a refused record.
const refusedMark = "refused: "

func (c *nodeTrial) results(t T) {
	t.Helper()
	for i, got := range c.apply(t, batch(c.Records)) {
		if strings.HasPrefix(got, refusedMark) {
			t.Errorf("record %d is %s", i, got)
		}
	}
	for i, got := range c.apply(t, batch(c.Refused)) {
		if !strings.HasPrefix(got, refusedMark) {
			t.Errorf("the bad record %d is taken", i)
		}
	}
}

func (c *nodeTrial) all() [][]byte { return slices.Concat(c.Records, c.Refused) }

func (c *nodeTrial) again(t T) {
	t.Helper()
	want := c.apply(t, batch(c.all()))
	const callers = 4
	got := make([][]node.Result, callers)
	errs := make([]error, callers)
	var wait sync.WaitGroup
	for n := range callers {
		wait.Go(func() { got[n], errs[n] = c.code.Apply(t.Context(), c.Node, c.filled, batch(c.all())) })
	}
	wait.Wait()
	for n := range callers {
		same := errs[n] == nil && len(got[n]) == len(want)
		for i := 0; same && i < len(want); i++ {
			same = c.told(t, i, got[n][i]) == want[i]
		}
		if !same {
			t.Errorf("the same batch once more gives other results (%v)", errs[n])
		}
	}
}

func (c *nodeTrial) split(t T) {
	t.Helper()
	items := batch(c.all())
	want := c.apply(t, items)
	for _, most := range []int{1, 2, len(items)/2 + 1} {
		var got []string
		for part := range slices.Chunk(items, most) {
			got = append(got, c.apply(t, part)...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("by %d at a time other records come of the batch", most)
		}
	}
	backward := slices.Clone(items)
	slices.Reverse(backward)
	got := c.apply(t, backward)
	slices.Reverse(got)
	if !slices.Equal(got, want) {
		t.Errorf("in another order other records come of the batch")
	}
}

func (c *nodeTrial) beside(t T) {
	t.Helper()
	want := c.apply(t, batch(c.Records))
	for _, bad := range append(c.Refused, []byte(`{}`)) {
		mixed := slices.Insert(batch(c.Records), 1, batch([][]byte{bad})...)
		if got := slices.Delete(c.apply(t, mixed), 1, 2); !slices.Equal(got, want) {
			t.Errorf("beside %s other records come of the batch", bad)
		}
	}
}

// garbage tries records that no author thinks of: they may be refused, never more.
func (c *nodeTrial) garbage(t T) {
	t.Helper()
	odd := []string{
		`{}`, `{"a":` + strings.Repeat(`[`, 90) + strings.Repeat(`]`, 90) + `}`, `{"":"","\u0000":"\ud800","é":"😀"}`, `{"a":1e999,"b":-0,"c":123456789012345678901234567890}`,
		`{"a":1,"a":2}`, `{"long":"` + strings.Repeat("x", 1<<20) + `"}`,
	}
	// Every field of the good records with values of another kind.
	for name := range item.Of(c.Records[0]).Fields() {
		for _, value := range []string{`null`, `""`, `"text"`, `1e99`, `true`, `[]`, `[1,{}]`, `{}`} {
			raw, err := item.Put(c.Records[0], name, []byte(value))
			if err == nil {
				odd = append(odd, string(raw))
			}
		}
	}
	for _, raw := range odd {
		c.apply(t, []item.Item{{Raw: []byte(raw), Facts: &item.Facts{Key: "odd", Revision: 1}}})
	}
}

func (c *nodeTrial) cancelled(t T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.code.Apply(ctx, c.Node, c.filled, batch(c.Records)); err == nil {
		t.Errorf("a batch that was given up before it began was worked on")
	}
	c.apply(t, batch(c.Records))
}
