package compile_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/item"
)

// sweeping gives the job with a sweep, and with rows of the source's own request.
func sweeping(sweep, params string) string {
	settings := `startFrom: "2026-01-01 00:00:00"`
	if sweep != "" {
		settings += ", sweep: " + sweep
	}
	if params != "" {
		settings += ", params: " + params
	}
	return strings.Replace(enginetest.Job, `startFrom: "2026-01-01 00:00:00"`, settings, 1)
}

// TestSweepSettings: what can't work is refused where it is written, with a code of its own.
func TestSweepSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sweep, params, code, path string }{
		"none":                    {"", "", "", ""},
		"a schedule":              {`{schedule: "30 2 * * *", lookBack: 48h}`, "", "", ""},
		"no schedule":             {`{lookBack: 48h}`, "", "", ""},
		"not a schedule":          {`{schedule: "at night"}`, "", "trigger.schedule", "sweep.schedule"},
		"a minute that is none":   {`{schedule: "61 2 * * *"}`, "", "trigger.schedule", "sweep.schedule"},
		"back by nothing":         {`{lookBack: 0s}`, "", "sweep.look_back", "sweep.lookBack"},
		"back into the future":    {`{lookBack: -1h}`, "", "sweep.look_back", "sweep.lookBack"},
		"rows of its own":         {`{params: [{field: from, value: "{{DAYS_AGO_3|datetime}}"}]}`, "", "", ""},
		"a constant for the page": {`{params: [{field: page, value: "1"}]}`, "", "source.param_constant", "sweep.params[0].value"},
		"a constant behind a row": {`{params: [{field: from, value: "{{DAYS_AGO_3|datetime}}"}, {field: to, value: "2026-02-01"}]}`, "", "source.param_constant", "sweep.params[1].value"},
		"a value that is broken":  {`{params: [{field: from, value: "{{LAST_SYNC_TIME"}]}`, "", "value.", "sweep.params[0].value"},
		"what is wrong elsewhere": {`{params: [{field: from, value: "{{DAYS_AGO_3|datetime}}"}]}`, `[{field: nos, value: "{{unclosed"}]`, "value.", "params[0].value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, problems := compileWith(t, sweeping(c.sweep, c.params), enginetest.System)
			problems = slices.DeleteFunc(problems, func(p flow.Problem) bool { return !p.Blocking })
			if c.code == "" {
				if p == nil || len(problems) > 0 {
					t.Fatalf("problems are %+v", problems)
				}
				return
			}
			if p != nil || len(problems) != 1 || !strings.HasPrefix(problems[0].Code, c.code) || !strings.HasSuffix(problems[0].Path, ".settings."+c.path) {
				t.Errorf("problems are %+v, want %s at %s alone", problems, c.code, c.path)
			}
		})
	}
}

// TestASweepOfWhatHasNoTime: a source that every run reads whole misses nothing.
func TestASweepOfWhatHasNoTime(t *testing.T) {
	t.Parallel()
	system := strings.Replace(enginetest.System, "    window: {from: from, to: to, format: datetime, span: 24h, granularity: 1s, lag: 1m, lookBack: 10m}\n", "", 1)
	job := strings.NewReplacer("    - {id: span, type: window, settings: {lag: 1m, lookBack: 10m}}\n", "", "    - {from: span, to: pages}\n", "").Replace
	for sweep, code := range map[string]string{"": "", `{schedule: "30 2 * * *"}`: "sweep.not_offered"} {
		p, problems := compileWith(t, job(sweeping(sweep, "")), system)
		if got := codesOf(slices.DeleteFunc(problems, func(p flow.Problem) bool { return !p.Blocking })); got != code {
			t.Errorf("problems are %q, want %q", got, code)
		}
		if code == "" && (p == nil || p.Sources[0].Sweep != nil) {
			t.Error("there is a sweep")
		}
	}
}

// TestWhatASweepAsks: rows of its own stand in for the source's of the same name, and a
// request that does not tell where a window begins is one window.
func TestWhatASweepAsks(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 1, 9, 0, 0, 0, 0, enginetest.Zone())
	for name, c := range map[string]struct {
		sweep, params, want string
		back                time.Duration
		whole               bool
	}{
		"as the source":      {`{schedule: "30 2 * * *"}`, "", `{"from":"2026-01-09 00:00:00","to":"2026-01-09 01:00:00","page":2,"size":10}`, 72 * time.Hour, false},
		"from elsewhere":     {`{lookBack: 24h, params: [{field: from, value: "{{DAYS_AGO_2|datetime}}"}]}`, "", `{"from":"2026-01-07 01:00:00","to":"2026-01-09 01:00:00","page":2,"size":10}`, 24 * time.Hour, true},
		"for its own":        {`{params: [{field: nos, value: "a,b", parser: {name: StringToArray, params: ","}}]}`, "", `{"nos":["a","b"],"from":"2026-01-09 00:00:00","to":"2026-01-09 01:00:00","page":2,"size":10}`, 72 * time.Hour, false},
		"in place of a row":  {`{params: [{field: from, value: "{{LAST_SYNC_TIME|datetime}}"}]}`, `[{field: from, value: "{{DAYS_AGO_1|datetime}}"}]`, `{"from":"2026-01-09 00:00:00","to":"2026-01-09 01:00:00","page":2,"size":10}`, 72 * time.Hour, false},
		"as the source says": {"", `[{field: from, value: "{{DAYS_AGO_1|datetime}}"}]`, `{"from":"2026-01-08 01:00:00","to":"2026-01-09 01:00:00","page":2,"size":10}`, 72 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, problems := compileWith(t, sweeping(c.sweep, c.params), enginetest.System)
			if p == nil {
				t.Fatalf("problems are %+v", problems)
			}
			src := p.Sources[0]
			got, err := src.Sweeping().Request(from, from.Add(time.Hour), connector.PageRef{Number: 2, Offset: 10, Size: 10}, item.Value{}, nil, "f", "r")
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want || src.Sweep.LookBack != c.back || src.Sweep.Whole != c.whole {
				t.Errorf("asks %s, %+v", got, src.Sweep)
			}
		})
	}
}
