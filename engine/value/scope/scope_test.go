package scope_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/engine/value/scope"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func of(raw string) item.Value { return item.Of([]byte(raw)) }

func name(t *testing.T, text string) *scope.Ref {
	t.Helper()
	r, want := scope.Name(text)
	if want != "" {
		t.Fatalf("%s: expected %s", text, want)
	}
	return r
}

const doc = `{"no":"H","shop":{"id":1},"items":[{"no":"A","lots":[{"no":"A1"},{"no":"A2"}]},{"no":"B"}],"one":{"no":"S"},"word":"w","deep":{"rows":[{"x":1},{"x":2}]}}`

func TestNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ system, parameter bool }{
		"a":               {},
		"a.b":             {},
		"source.a":        {},
		"source":          {},
		"params":          {},
		"params.a":        {parameter: true},
		"vars.a":          {},
		"answer.a":        {},
		"Id":              {},
		"LAST_SYNC_TIME":  {system: true},
		"CURRENT_TIME":    {system: true},
		"DAYS_AGO_30":     {system: true},
		"MINUTES_AGO_5":   {system: true},
		"last_sync_time":  {},
		"LAST_SYNC_TIMES": {},
	} {
		r := name(t, text)
		if r.System() != want.system || r.Parameter() != want.parameter || r.String() != text || scope.IsSystem(text) != want.system {
			t.Errorf("%s is taken for system %v, parameter %v", text, r.System(), r.Parameter())
		}
	}
	for _, text := range []string{"", ".", "a.", ".a", "a..b", "DAYS_AGO_", "DAYS_AGO_1.5", "DAYS_AGO_99999999999", "MINUTES_AGO_x", "PAGINATION_X"} {
		if r, want := scope.Name(text); r != nil || want == "" {
			t.Errorf("%q is a name", text)
		}
	}
}

func TestBoundNames(t *testing.T) {
	t.Parallel()
	levels := scope.Document()
	array, no, shop := name(t, "items"), name(t, "no"), name(t, "shop.id")
	levels.Bind(array)
	inner := levels.Within(array)
	if diff := cmp.Diff([]string{"items"}, inner[1].Names); diff != "" {
		t.Error(diff)
	}
	lots := name(t, "items.lots")
	inner.Bind(lots)
	deepest := inner.Within(lots)
	if diff := cmp.Diff([]string{"items.lots", "lots"}, deepest[2].Names); diff != "" {
		t.Error(diff)
	}
	levels.Bind(no)
	inner.Bind(shop)
	lineNo, lotNo := name(t, "items.no"), name(t, "lots.no")
	inner.Bind(lineNo)
	deepest.Bind(lotNo)

	s := &scope.Scope{Doc: of(doc)}
	var got []string
	for range 2 {
		s.Enter(levels[0].Pick)
		got = append(got, no.Value(s).Text())
		other := s.EachLine(array, inner[1].Pick, func() bool {
			got = append(got, lineNo.Value(s).Text()+shop.Value(s).Text())
			s.EachLine(lots, deepest[2].Pick, func() bool {
				got = append(got, lotNo.Value(s).Text())
				return true
			})
			return true
		})
		if other.Kind() != item.None {
			t.Errorf("the lines are %s", other.Raw())
		}
	}
	want := []string{"H", "A1", "A1", "A2", "B1"}
	if diff := cmp.Diff(append(want, want...), got); diff != "" {
		t.Error(diff)
	}
}

func TestEachLineOfOtherValues(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		array string
		seen  []string
		other string
	}{
		{array: "one", seen: []string{"S"}},
		{array: "word", other: `"w"`},
		{array: "missing"},
		{array: "deep.rows", seen: []string{"1", "2"}},
		{array: "source.rows", seen: []string{"7"}},
	} {
		levels := scope.Document()
		array := name(t, tt.array)
		levels.Bind(array)
		inner := levels.Within(array)
		x, no := name(t, tt.array+".x"), name(t, tt.array+".no")
		inner.Bind(x)
		inner.Bind(no)
		s := &scope.Scope{Doc: of(doc), Source: of(`{"rows":[{"x":7}]}`)}
		s.Enter(levels[0].Pick)
		var seen []string
		other := s.EachLine(array, inner[1].Pick, func() bool {
			seen = append(seen, x.Value(s).Text()+no.Value(s).Text())
			return true
		})
		if !cmp.Equal(seen, tt.seen) || string(other.Raw()) != tt.other {
			t.Errorf("%s gives %v and %s", tt.array, seen, other.Raw())
		}
	}
}

func TestEachLineStops(t *testing.T) {
	t.Parallel()
	for _, array := range []string{"items", "deep.rows"} {
		levels, r, count := scope.Document(), name(t, array), 0
		levels.Bind(r)
		inner := levels.Within(r)
		s := &scope.Scope{Doc: of(doc)}
		s.Enter(levels[0].Pick)
		s.EachLine(r, inner[1].Pick, func() bool { count++; return false })
		if count != 1 {
			t.Errorf("%s goes on %d times", array, count)
		}
	}
}

func TestEach(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"items.no":      {"A", "B"},
		"items.lots.no": {"A1", "A2", ""},
		"items.0.no":    {"A"},
		"deep.rows.x":   {"1", "2"},
		"no":            {"H"},
		"items.none":    {"", ""},
		"source.l.v":    {"1", "2"},
		"missing":       {""},
		"word.x":        {""},
		"vars.x":        {""},
		"WINDOW_END":    nil,
	} {
		s := &scope.Scope{Doc: of(doc), Source: of(`{"l":[{"v":1},[{"v":2}]]}`)}
		var got []string
		name(t, text).Each(s, func(v item.Value) bool {
			got = append(got, v.Text())
			return true
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	stopped := 0
	name(t, "items.lots.no").Each(&scope.Scope{Doc: of(doc)}, func(item.Value) bool { stopped++; return false })
	if stopped != 1 {
		t.Errorf("a walk that stops goes on %d times", stopped)
	}
	s := &scope.Scope{Doc: of(doc), Lines: []scope.Line{{Array: "items", Value: of(`{"lots":[]}`)}}}
	name(t, "items.no").Each(s, func(v item.Value) bool {
		t.Errorf("inside a line another line's %s is seen", v.Raw())
		return true
	})
}

func TestEval(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("CST", 8*3600)
	s := &scope.Scope{
		Doc:    of(`{"at":"2026-11-21 10:30:00","n":"x"}`),
		System: scope.System{To: time.Unix(1795228200, 0), PageSize: 20, Token: "t", FlowID: "f", TargetNumber: "n"},
	}
	parse := func(texts ...string) []format.Format {
		var out []format.Format
		for _, text := range texts {
			f, err := format.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, f)
		}
		return out
	}
	for _, tt := range []struct {
		name    string
		formats []format.Format
		want    string
	}{
		{"at", parse("unix", "amount"), `"￥1,795,228,200.00"`},
		{"WINDOW_END", parse("date", "longText(4)"), `"2026..."`},
		{"PAGINATION_PAGE_SIZE", parse("round(1)"), `20.0`},
		{"LAST_SYNC_TIME", parse("date", "longText(4)"), ``},
		{"n", nil, `"x"`},
		{"n", parse("round"), `value.not_a_number`},
		{"FLOW_ID", parse("intval"), `value.not_a_number`},
		{"missing", parse("date"), ``},
	} {
		v, err := name(t, tt.name).Eval(s, tt.formats, zone)
		got := string(v.Raw())
		if err != nil {
			got = fault.CodeOf(err)
		}
		if got != tt.want {
			t.Errorf("%s gives %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	at := time.Unix(1795228200, 0)
	s := &scope.Scope{Params: of(`{"a":1}`), Lines: []scope.Line{{Array: "x"}}}
	s.SetItem(item.Item{Raw: []byte(`1`), Source: []byte(`2`), Vars: []byte(`3`), Facts: &item.Facts{From: at, To: at, FlowID: "f", RunID: "r"}})
	if s.Doc.Text()+s.Source.Text()+s.Vars.Text()+s.Params.Text()+s.System.FlowID+s.System.RunID != `123{"a":1}fr` || !s.System.From.Equal(at) || !s.Env(time.UTC).Now.Equal(at) {
		t.Errorf("the item's parts are %+v", s)
	}
	s.Reset()
	if s.Doc.Kind()+s.Source.Kind()+s.Vars.Kind()+s.Params.Kind() != 0 || s.System != (scope.System{}) || len(s.Lines) != 0 {
		t.Errorf("after a reset there is %+v", s)
	}
}

// A scope outlives the mappings of many flow versions; it keeps few of their buffers.
func TestBuffersAreBounded(t *testing.T) {
	t.Parallel()
	s := &scope.Scope{Doc: of(doc)}
	for range 300 {
		levels, r := scope.Document(), name(t, "no")
		levels.Bind(r)
		s.Enter(levels[0].Pick)
		if r.Value(s).Text() != "H" {
			t.Fatal("the name is lost")
		}
	}
	if n := s.Buffers(); n > 64 {
		t.Errorf("%d buffers are kept", n)
	}
}
