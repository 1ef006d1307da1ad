package compile_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

func TestCompile(t *testing.T) {
	t.Parallel()
	p := enginetest.Compile(t, enginetest.Job)

	var order []string
	for _, s := range p.Steps {
		order = append(order, s.NodeID)
	}
	if got := strings.Join(order, " "); got != "live check bill erp mark" {
		t.Errorf("steps are %s", got)
	}
	src := p.Sources[0]
	want := plan.Window{
		Ranged: true, Span: 24 * time.Hour, Granularity: time.Second, Lag: time.Minute, LookBack: 10 * time.Minute,
		StartFrom: time.Date(2026, 1, 1, 0, 0, 0, 0, src.Window.StartFrom.Location()), Zone: src.Window.Zone,
	}
	if src.Window != want || src.Window.StartFrom.UTC().Hour() != 16 {
		t.Errorf("window is %+v", src.Window)
	}
	if src.Page.Strategy != manifest.ByPage || src.Page.Direction != manifest.Backward || src.Page.Size != 10 || src.Page.First != 1 {
		t.Errorf("page is %+v", src.Page)
	}
	if len(src.Next) != 1 || p.Steps[src.Next[0]].NodeID != "live" {
		t.Errorf("the source leads to %v", src.Next)
	}
	if p.Steps[0].DefaultPort != "true" || p.Steps[3].DefaultPort != "done" {
		t.Errorf("default ports are %q and %q", p.Steps[0].DefaultPort, p.Steps[3].DefaultPort)
	}
	target := p.Steps[3].Target
	if target.Rows != 5 || target.Key.String() != "{{no}}" || !target.Owned || target.Resource(item.Of([]byte(`{"form":"F1"}`))) != "bill" {
		t.Errorf("target is %+v", target)
	}
}

func TestRequestFillsWindowAndPage(t *testing.T) {
	t.Parallel()
	src := enginetest.Compile(t, enginetest.Job).Sources[0]
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, enginetest.Zone())
	got, err := src.Request(from, from.Add(time.Hour), connector.PageRef{Number: 3, Offset: 20, Size: 10}, item.Value{}, nil, "f", "r")
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"from":"2026-01-01 00:00:00","to":"2026-01-01 01:00:00","page":3,"size":10}`; string(got) != want {
		t.Errorf("request is %s, want %s", got, want)
	}
}

// compileWith compiles a flow against a system.
func compileWith(t *testing.T, text, system string) (*plan.Plan, []flow.Problem) {
	t.Helper()
	docs, err := flow.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse([]byte(system))
	if err != nil {
		t.Fatal(err)
	}
	return compile.Flow(t.Context(), docs[0], compile.Options{Types: enginetest.Types(), Catalogue: only{m}})
}

// only gives every connection one manifest, but for the one that is missing.
type only struct{ manifest *manifest.Manifest }

// Manifest implements compile.Catalogue.
func (o only) Manifest(name string) (*manifest.Manifest, error) {
	if name == "missing" {
		return nil, fault.New("connection.unknown", "there is no connection named %s", name)
	}
	return o.manifest, nil
}

// TestProblems edits the job and expects exactly these problems, by code and path.
func TestProblems(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		old, new string
		code     string
		path     string
		warning  bool
	}{
		"unknown operation":       {"operation: orders", "operation: refunds", "operation.unknown", "spec.nodes[2].settings.operation", false},
		"write where query":       {"operation: orders", "operation: bills", "operation.unknown", "spec.nodes[2].settings.operation", false},
		"unknown connection":      {"connection: shop", "connection: missing", "connection.unknown", "spec.nodes[2].connection", false},
		"no start":                {`, startFrom: "2026-01-01 00:00:00"`, "", "source.start_missing", "spec.nodes[2].settings.startFrom", false},
		"bad start":               {`2026-01-01 00:00:00`, "soon", "value.not_a_date", "spec.nodes[2].settings.startFrom", false},
		"page too large":          {"pageSize: 10", "pageSize: 101", "paging.size_too_large", "spec.nodes[1].settings.pageSize", false},
		"span too long":           {"lag: 1m", "lag: 1m, span: 48h", "window.span_too_long", "spec.nodes[0].settings.span", false},
		"never advances":          {"lookBack: 10m", "lookBack: 24h", "window.never_advances", "spec.nodes[2].settings", false},
		"constant window":         {"operation: orders", `operation: orders, params: [{field: to, value: "2021-05-28 00:00:00"}]`, "source.param_constant", "spec.nodes[2].settings.params[0].value", false},
		"window end unused":       {"operation: orders", `operation: orders, params: [{field: to, value: "{{LAST_SYNC_TIME}}"}]`, "source.window_end_unused", "spec.nodes[2].settings.params", true},
		"too many rows":           {"operation: bills", "operation: bills, rows: 51", "target.rows_too_many", "spec.nodes[6].settings.rows", false},
		"no update":               {"operation: bills", "operation: slips, onRevised: update", "target.update_unavailable", "spec.nodes[6].settings.onRevised", false},
		"no update of another's":  {"operation: bills", "operation: slips, onConflict: update", "target.update_unavailable", "spec.nodes[6].settings.onConflict", false},
		"no such step":            {"operation: bills", "operation: bills, lastStep: print", "target.step_unknown", "spec.nodes[6].settings.lastStep", false},
		"bad mapping text":        {`"{{amount}}"`, `"{{amount"`, "value.syntax", "spec.nodes[5].settings.fields[1].value", false},
		"unknown mapped field":    {"{field: amount", "{field: amuont", "mapping.unknown_field", "spec.nodes[5].settings.fields[1].field", true},
		"required field unmapped": {`{field: "no", value: "{{no}}"}, {field: amount`, "{field: amount", "mapping.required_missing", "spec.nodes[5].settings.fields", true},
		"span eaten by rounding":  {"lag: 1m", "lag: 1m, span: 1h, granularity: 1h", "window.never_advances", "spec.nodes[2].settings", false},
		"span of look-back":       {"lag: 1m, lookBack: 10m", "span: 10m, lookBack: 10m", "window.never_advances", "spec.nodes[2].settings", false},
		"another strategy":        {"pageSize: 10", "pageSize: 10, strategy: cursor", "paging.not_offered", "spec.nodes[1].settings.strategy", false},
		"pages not wanted":        {"pageSize: 10", "strategy: none", "paging.not_offered", "spec.nodes[1].settings.strategy", false},
		"a pin of no connector":   {"spec:\n", "spec:\n  connectors: {other: \"1.2\"}\n", "flow.connector_pin_unused", "spec.connectors.other", true},
		"another version pinned":  {"spec:\n", "spec:\n  connectors: {acme: \"1.2\"}\n", "flow.connector_version", "spec.nodes[2].connection", false},
		"bad condition":           {"logic: neq", "logic: nope", "", "spec.nodes[3].settings.conditions[0][0].logic", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(enginetest.Job, c.old, c.new, 1)
			if text == enginetest.Job {
				t.Fatalf("the job has no %q", c.old)
			}
			p, problems := compileWith(t, text, enginetest.System)
			if (p != nil) != c.warning {
				t.Errorf("compiled: %v, problems %+v", p != nil, problems)
			}
			if len(problems) == 0 || problems[0].Path != c.path || c.code != "" && problems[0].Code != c.code || problems[0].Blocking == c.warning {
				t.Errorf("problems are %+v", problems)
			}
		})
	}
}

// TestWritebackComesBeforeTheNextTarget: what a target answered is written back
// before another target is called.
func TestWritebackComesBeforeTheNextTarget(t *testing.T) {
	t.Parallel()
	text := strings.Replace(enginetest.Job, "  edges:", "    - {id: second, type: target, connection: erp, settings: {operation: bills, params: [{field: form, value: F2}]}}\n  edges:\n    - {from: bill, to: second}", 1)
	var order []string
	for _, s := range enginetest.Compile(t, text).Steps {
		if s.Role == node.Target || s.Role == node.Writeback {
			order = append(order, s.NodeID)
		}
	}
	if got := strings.Join(order, " "); got != "erp mark second" {
		t.Errorf("order is %s", got)
	}
}

// TestProblemsWithTheSystem edits the job and the system, and expects exactly these problems.
func TestProblemsWithTheSystem(t *testing.T) {
	t.Parallel()
	const (
		window = "    window: {from: from, to: to, format: datetime, span: 24h, granularity: 1s, lag: 1m, lookBack: 10m}\n"
		paging = "    paging: {strategy: page, number: page, size: size, first: 1, defaultSize: 10, maxSize: 100, total: true, direction: backward}\n"
		from   = "{field: from, title: {zh: 起}, group: other}"
		form   = "{field: form, title: {zh: 表单}, group: other}"
	)
	cases := map[string]struct {
		flow, system []string
		want         []string
	}{
		"as they are": {nil, nil, nil},
		"a window node before what does not select by time": {
			nil, []string{window, ""}, []string{"window.not_offered spec.nodes[0]"},
		},
		"no window node either": {
			[]string{"    - {id: span, type: window, settings: {lag: 1m, lookBack: 10m}}\n", "", "    - {from: span, to: pages}\n", ""}, []string{window, ""}, nil,
		},
		"pages of what does not page": {nil, []string{paging, "    paging: {strategy: none}\n"}, []string{"paging.not_offered spec.nodes[1].settings.pageSize"}},
		"a strategy of what does not page": {
			[]string{"pageSize: 10", "strategy: page"}, []string{paging, "    paging: {strategy: none}\n"}, []string{"paging.not_offered spec.nodes[1].settings.strategy"},
		},
		"no pages of what does not page": {[]string{"pageSize: 10", "strategy: none"}, []string{paging, "    paging: {strategy: none}\n"}, nil},
		"keyset": {
			[]string{"pageSize: 10", "strategy: keyset, keyField: id"},
			[]string{paging, "    paging: {strategy: keyset, size: size, defaultSize: 10, maxSize: 100}\n"},
			nil,
		},
		"backward by offset": {
			[]string{"pageSize: 10", "direction: backward"},
			[]string{paging, "    paging: {strategy: offset, offset: page, size: size, defaultSize: 10, maxSize: 100, total: true}\n"},
			[]string{"paging.no_total spec.nodes[1].settings.direction"},
		},
		"a parameter of the window is given by the engine": {nil, []string{from, "{field: from, title: {zh: 起}, group: other, required: true}"}, nil},
		"a required parameter of a source": {
			nil, []string{from, from + "\n      - {field: shop, title: {zh: 店铺}, group: other, required: true}"}, []string{"param.required_missing spec.nodes[2].settings.params"},
		},
		"a required parameter of a source with a default": {
			nil, []string{from, from + "\n      - {field: shop, title: {zh: 店铺}, group: other, required: true, default: \"7\"}"}, nil,
		},
		"a required parameter of a target": {
			[]string{", params: [{field: form, value: F1}]", ""},
			[]string{form, "{field: form, title: {zh: 表单}, group: other, required: true}"},
			[]string{"param.required_missing spec.nodes[6].settings.params"},
		},
		"a required parameter of a target without a value": {
			[]string{"value: F1", `value: ""`},
			[]string{form, "{field: form, title: {zh: 表单}, group: other, required: true}"},
			[]string{"param.required_missing spec.nodes[6].settings.params"},
		},
		"a required parameter of a target that is given": {nil, []string{form, "{field: form, title: {zh: 表单}, group: other, required: true}"}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, system := strings.NewReplacer(c.flow...).Replace(enginetest.Job), strings.NewReplacer(c.system...).Replace(enginetest.System)
			if text == enginetest.Job && c.flow != nil || system == enginetest.System && c.system != nil {
				t.Fatal("nothing was edited")
			}
			p, problems := compileWith(t, text, system)
			var got []string
			for _, problem := range problems {
				got = append(got, problem.Code+" "+problem.Path)
			}
			if !slices.Equal(got, c.want) || (p != nil) != (c.want == nil) {
				t.Errorf("problems are %v, want %v", got, c.want)
			}
		})
	}
}

// TestKeyFieldReachesThePages: the key by which pages follow each other is the node's.
func TestKeyFieldReachesThePages(t *testing.T) {
	t.Parallel()
	keyset := strings.Replace(enginetest.System, "strategy: page, number: page, size: size, first: 1, defaultSize: 10, maxSize: 100, total: true, direction: backward",
		"strategy: keyset, size: size, defaultSize: 10, maxSize: 100", 1)
	p, problems := compileWith(t, strings.Replace(enginetest.Job, "pageSize: 10", "strategy: keyset, keyField: id", 1), keyset)
	if p == nil || p.Sources[0].Page.KeyField != "id" || p.Sources[0].Page.Strategy != manifest.ByKeyset {
		t.Fatalf("problems %+v", problems)
	}
}

// TestZoneOfTheWindow: the ends are written in the window node's zone, and a step
// of a day begins at midnight there.
func TestZoneOfTheWindow(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{
		"":                   `{"from":"2026-01-01 08:30:00","to":"2026-01-02 00:00:00","page":1,"size":10}`,
		", zone: UTC":        `{"from":"2026-01-01 00:30:00","to":"2026-01-02 00:00:00","page":1,"size":10}`,
		", zone: Asia/Tokyo": `{"from":"2026-01-01 09:30:00","to":"2026-01-02 00:00:00","page":1,"size":10}`,
	} {
		src := enginetest.Compile(t, strings.Replace(enginetest.Job, "lookBack: 10m", "lookBack: 0s, granularity: 24h"+zone, 1)).Sources[0]
		from := time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC)
		end := src.Window.End(time.Date(2026, 1, 2, 3, 0, 0, 0, src.Window.Zone))
		got, err := src.Request(from, end, connector.PageRef{Number: 1, Size: 10}, item.Value{}, nil, "f", "r")
		if err != nil || string(got) != want {
			t.Errorf("zone %q: request is %s %v, want %s", zone, got, err, want)
		}
	}
}

// TestWhatIsUsualIsNoProblem: settings that say what happens anyway are not worth a warning.
func TestWhatIsUsualIsNoProblem(t *testing.T) {
	t.Parallel()
	usual := strings.Replace(enginetest.Job, "spec:\n", "spec:\n  settings: {priority: high, timezone: Asia/Shanghai, concurrency: 8}\n", 1)
	if p, problems := compileWith(t, usual, enginetest.System); p == nil || len(problems) != 0 {
		t.Errorf("problems are %+v", problems)
	}
}

// TestRepeatedIDsAreReportedOnce: what a node means that shares its id with another
// nobody can say, so nothing else is said of such a flow.
func TestRepeatedIDsAreReportedOnce(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("{id: check,", "{id: live,", "startFrom:", "startFromm:", "operation: bills", "operation: bill").Replace(enginetest.Job)
	_, problems := compileWith(t, text, enginetest.System)
	if !slices.ContainsFunc(problems, func(p flow.Problem) bool { return p.Code == flow.CodeIDRepeated }) ||
		slices.ContainsFunc(problems, func(p flow.Problem) bool { return p.Code == "operation.unknown" }) {
		t.Errorf("problems are %+v", problems)
	}
}

// TestRowsThatSelectFields are no unknown parameters where the operation says so.
func TestRowsThatSelectFields(t *testing.T) {
	t.Parallel()
	const rows = `params: [{field: number, value: FBillNo}, {field: org, value: FSaleOrgId.FNumber}, {field: odd, value: "{{FLOW_ID}}"}, {field: filter, value: "FDate > 1"}, {field: blank, value: ""}]`
	for selects, want := range map[bool][]string{
		false: {"number", "org", "odd", "filter", "blank"},
		true:  {"odd", "filter", "blank"},
	} {
		docs, err := flow.Parse([]byte(strings.Replace(enginetest.Job, "operation: orders,", "operation: orders, "+rows+",", 1)))
		if err != nil {
			t.Fatal(err)
		}
		opts := enginetest.Options(t)
		opts.Catalogue = changed{opts.Catalogue, func(op *manifest.Operation) { op.Selects = selects }}
		_, problems := compile.Flow(t.Context(), docs[0], opts)
		var unknown []string
		for _, p := range problems {
			if p.Code == "mapping.unknown_field" {
				unknown = append(unknown, p.Args["field"])
			}
		}
		if !slices.Equal(unknown, want) {
			t.Errorf("selecting %t: unknown are %v, want %v", selects, unknown, want)
		}
	}
}

// TestRowsThatGiveValues are no unknown parameters where the operation takes values by
// name, of a source and of a target.
func TestRowsThatGiveValues(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("operation: orders,", `operation: orders, params: [{field: shop, value: "{{params.shop}} and more"}],`,
		"params: [{field: form, value: F1}]", `params: [{field: form, value: F1}, {field: odd, value: "{{id}}"}]`).Replace(enginetest.Job)
	for named, want := range map[bool][]string{false: {"shop", "odd"}, true: nil} {
		docs, err := flow.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		opts := enginetest.Options(t)
		opts.Catalogue = changed{opts.Catalogue, func(op *manifest.Operation) { op.Named = named }}
		_, problems := compile.Flow(t.Context(), docs[0], opts)
		var unknown []string
		for _, p := range problems {
			if p.Code == "mapping.unknown_field" {
				unknown = append(unknown, p.Args["field"])
			}
		}
		if !slices.Equal(unknown, want) {
			t.Errorf("named %t: unknown are %v, want %v", named, unknown, want)
		}
	}
}

// TestProgramTextsTakeNoPlaceholders, whoever gives them.
func TestProgramTextsTakeNoPlaceholders(t *testing.T) {
	t.Parallel()
	system := strings.Replace(enginetest.System, "{field: nos, title: {zh: 单号}, type: array, group: other}", "{field: nos, title: {zh: 单号}, type: array, group: other}\n      - {field: sql, title: {zh: 语句}, group: other, constant: true}", 1)
	for value, blocked := range map[string]bool{"SELECT 1 WHERE a = :a": false, "SELECT '{{params.a}}'": true, "{{params.sql}}": true, "_function CONCAT('a', 'b')": true} {
		p, problems := compileWith(t, strings.Replace(enginetest.Job, "operation: orders,", `operation: orders, params: [{field: sql, value: "`+strings.ReplaceAll(value, `"`, `\"`)+`"}],`, 1), system)
		refused := slices.ContainsFunc(problems, func(p flow.Problem) bool { return p.Code == "mapping.not_constant" && p.Blocking })
		if refused != blocked || (p == nil) != blocked {
			t.Errorf("%s: %+v", value, problems)
		}
	}
}

// changed are connections whose operations are changed.
type changed struct {
	compile.Catalogue

	change func(op *manifest.Operation)
}

func (c changed) Manifest(name string) (*manifest.Manifest, error) {
	m, err := c.Catalogue.Manifest(name)
	if err != nil {
		return nil, err
	}
	other := *m
	other.Operations = slices.Clone(m.Operations)
	for i := range other.Operations {
		c.change(&other.Operations[i])
	}
	return &other, nil
}
