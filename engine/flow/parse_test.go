package flow_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/nodetest"
)

// TestSavedForm pins the canonical form of every file in testdata: a member that
// is dropped, renamed or rounded shows as a difference.
func TestSavedForm(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"refund.yaml", "everything.json", "several.yaml", "scalars.yaml", "unreadable.yaml"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			docs, err := flow.Parse(read(t, file))
			if err != nil {
				t.Fatal(err)
			}
			saved := make([]json.RawMessage, len(docs))
			for i, d := range docs {
				saved[i] = d.JSON()
				again := one(t, string(saved[i]))
				if diff := cmp.Diff(string(saved[i]), string(again.JSON())); diff != "" {
					t.Errorf("reading the saved form changes it (-saved +again):\n%s", diff)
				}
				if diff := cmp.Diff(d, again); diff != "" {
					t.Errorf("reading the saved form gives another document (-want +got):\n%s", diff)
				}
			}
			nodetest.Golden(t, filepath.Join("testdata", file+".golden"), saved)
		})
	}
}

func TestSettingsKeepTheirBytes(t *testing.T) {
	t.Parallel()
	d := one(t, string(read(t, "everything.json")))
	const want = `{"z":1,"a":[12345678901234567890.1200,1E+3,"\u4e2d<b>"],"nested":{"k":null}}`
	if got := string(d.Spec.Nodes[0].Settings); got != want {
		t.Errorf("settings are %s, want %s", got, want)
	}
}

func TestDocumentInsideOtherJSON(t *testing.T) {
	t.Parallel()
	var body struct {
		Flow flow.Document `json:"Flow"`
	}
	if err := json.Unmarshal([]byte(`{"Flow":`+string(read(t, "everything.json"))+`}`), &body); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(&body.Flow)
	if err != nil {
		t.Fatal(err)
	}
	var plain strings.Builder
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&body.Flow); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(plain.String()); got != string(body.Flow.JSON()) {
		t.Errorf("encoding/json gives %s, want the saved form", got)
	}
	if got := one(t, string(raw)); got.Metadata.Title != "Everything" {
		t.Errorf("title is %q", got.Metadata.Title)
	}
	if err := json.Unmarshal([]byte(`{"Flow":[]}`), &body); fault.CodeOf(err) != "flow.not_an_object" {
		t.Errorf("got %v, want flow.not_an_object", err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, code, says string }{
		{"nothing", "", "flow.syntax", "no flow document"},
		{"comments only", "# nothing\n---\n# nothing\n", "flow.syntax", "no flow document"},
		{"a list", "[]", "flow.not_an_object", ""},
		{"a word", "Flow", "flow.not_an_object", ""},
		{"JSON with a comma too many", "{\"kind\":\n  \"Flow\",}", "flow.syntax", "line 2, column 10"},
		{"JSON cut off", `{"kind"`, "flow.syntax", "line 1, column 7"},
		{"JSON with something behind it", `{"kind":"Flow"} {}`, "flow.syntax", "line 1, column 17"},
		{"columns count characters", "{\"标题\": x}", "flow.syntax", "line 1, column 8"},
		{"YAML that is indented wrongly", "spec:\n\tnodes: []\n", "flow.syntax", "line 2, column 1"},
		{"the second YAML document", "kind: Flow\n---\nkind: [Flow\n", "flow.syntax", "line 3, column 7"},
		{"an anchor", "kind: &k Flow\n", "flow.yaml_unsupported", "line 1, column 7"},
		{"an alias", "metadata: {title: *t}\n", "flow.yaml_unsupported", "line 1"},
		{"a merge key", "metadata:\n  <<: {title: a}\n", "flow.yaml_unsupported", "line 2, column 3"},
		{"a tag", "kind: !!str Flow\n", "flow.yaml_unsupported", "line 1, column 7"},
		{"a name with a question mark", "? a\n: b\n", "flow.yaml_unsupported", "line 1"},
		{"a name twice in YAML", "kind: a\n'kind': b\n", "flow.duplicate_member", "line 2, column 1"},
		{"a name twice in JSON", `{"metadata":{"title":"a","title":"b"}}`, "flow.duplicate_member", "written twice"},
		{"a name twice, written differently", `{"spec":{"nodes":[{"settings":{"a":1,"\u0061":2}}]}}`, "flow.duplicate_member", "written twice"},
		{"nested too deep", `{"spec":` + strings.Repeat("[", 101) + strings.Repeat("]", 101) + `}`, "item.too_deep", ""},
		{"nested too deep in YAML", "a: " + strings.Repeat("[", 200) + strings.Repeat("]", 200), "flow.syntax", "nested too deep"},
		{"too many brackets", "a: " + strings.Repeat("{a: ", 100_000), "flow.syntax", "line 1: nested too deep"},
		{"brackets over many lines", "kind: Flow\n---\na:\n" + strings.Repeat(" [\n", 2000), "flow.syntax", "line 1004: nested too deep"},
		{"too many dashes", strings.Repeat("- ", 100_000), "flow.syntax", "line 1: nested too deep"},
		{"too many names", "# c\n" + strings.Repeat("x: 1\n", 5001), "flow.syntax", "line 5002: more than 5000 names"},
		{"too many names with a question mark", strings.Repeat("? x\n", 5001), "flow.syntax", "more than 5000 names"},
		{"bytes that are no text", "{\"kind\":\"\xff\"}", "item.invalid_utf8", ""},
		{"too long", strings.Repeat(" ", flow.MaxSize+1), "flow.too_large", "4 MiB"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			docs, err := flow.Parse([]byte(c.text))
			f := fault.From(err)
			if f == nil || f.Code != c.code || !strings.Contains(f.Message, c.says) {
				t.Errorf("got %v and %v, want %s saying %q", docs, err, c.code, c.says)
			}
		})
	}
}

func TestDuplicateMembersAreNamedByPath(t *testing.T) {
	t.Parallel()
	_, err := flow.Parse([]byte(`{"spec":{"nodes":[{},{"settings":{"a":{"b":1,"b":1}}}]}}`))
	if f := fault.From(err); f.Path != "spec.nodes[1].settings.a.b" {
		t.Errorf("path is %q", f.Path)
	}
}

func TestManyBracketsSideBySideAreFine(t *testing.T) {
	t.Parallel()
	d := one(t, "spec: {nodes: [], layout: {a: ["+strings.Repeat("{}, ", 3000)+"{}]}}")
	if n := strings.Count(string(d.Spec.Layout), "{}"); n != 3001 {
		t.Errorf("%d of 3001 objects were read", n)
	}
}

func TestManyNamesInManyObjectsAreFine(t *testing.T) {
	t.Parallel()
	d := one(t, "spec:\n  nodes:\n"+strings.Repeat("  - id: a\n    type: map\n", 6000))
	if n := len(d.Spec.Nodes); n != 6000 {
		t.Errorf("%d of 6000 nodes were read", n)
	}
}

func TestByteOrderMarkIsPassedOver(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"\ufeff{\"kind\":\"Flow\"}", "\ufeffkind: Flow\r\nmetadata:\r\n  title: a\r\n"} {
		if d := one(t, text); d.Kind != "Flow" {
			t.Errorf("%q: kind is %q", text, d.Kind)
		}
	}
}

func TestYAMLInBracesIsYAML(t *testing.T) {
	t.Parallel()
	if d := one(t, "{kind: Flow, metadata: {title: a}}"); d.Metadata.Title != "a" {
		t.Errorf("title is %q", d.Metadata.Title)
	}
}
