package trial_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/script"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/trial"
)

func TestEvaluate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tests := []struct {
		text, source, kind, value string
		code                      string
		position, line, column    int
	}{
		{"{{a}}", `{"a":12345678901234567.89}`, "number", "12345678901234567.89", "", 0, 0, 0},
		{"{{a}}", `{"a":"x"}`, "string", `"x"`, "", 0, 0, 0},
		{"{{a}}", `{"a":true}`, "bool", "true", "", 0, 0, 0},
		{"{{a}}", `{"a":null}`, "null", "null", "", 0, 0, 0},
		{"{{a}}", `{"a":[1,{"b":2}]}`, "array", `[1,{"b":2}]`, "", 0, 0, 0},
		{"{{a}}", `{"a":{"b":2}}`, "object", `{"b":2}`, "", 0, 0, 0},
		{"{{a}}", `{}`, "null", "null", "", 0, 0, 0},
		{"{{a}}", ``, "null", "null", "", 0, 0, 0},
		{"no {{a}} {{source.a}}", `{"a":1}`, "string", `"no 1 1"`, "", 0, 0, 0},
		{"{{WINDOW_END|datetime}}", `{}`, "string", `"2026-01-01 12:00:00"`, "", 0, 0, 0},
		{"ab\n单{{a|nonsense}}", `{}`, "", "", "value.syntax", 10, 2, 6},
		{"{{a", `{}`, "", "", "value.syntax", 0, 0, 0},
	}
	for _, tt := range tests {
		got, err := r.service.Evaluate(as(t, access.Viewer), tt.text, []byte(tt.source), nil)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		switch {
		case tt.code == "" && (got.Type != tt.kind || string(got.Value) != tt.value || got.Fault != nil):
			t.Errorf("%q on %s: %+v", tt.text, tt.source, got)
		case tt.code != "" && (got.Fault == nil || got.Fault.Code != tt.code || got.Type != "" || got.Value != nil || got.Position < 0):
			t.Errorf("%q: %+v", tt.text, got)
		case tt.line > 0 && (got.Position != tt.position || got.Line != tt.line || got.Column != tt.column):
			t.Errorf("%q: offset %d, line %d, column %d", tt.text, got.Position, got.Line, got.Column)
		}
	}
}

func TestEvaluateThatFailsOnTheDocument(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got, err := r.service.Evaluate(as(t, access.Viewer), "{{a|datetime}}", []byte(`{"a":"next Tuesday"}`), nil)
	if err != nil || got.Fault == nil || got.Position != -1 || got.Line != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := r.service.Evaluate(as(t, access.Viewer), "{{a}}", []byte(`{"a":`), nil); fault.From(err) == nil || fault.From(err).Path != "source" {
		t.Errorf("half a document: %v", err)
	}
}

// pool lets the real workers compile.
type pool struct{ *script.Pool }

func (p pool) Compile(ctx context.Context, source string, params []byte, zone string) (node.Script, error) {
	s, err := p.Pool.Compile(ctx, source)
	if err != nil {
		return nil, err
	}
	return s.With(script.Env{Params: params, Zone: zone}), nil
}

func TestCheckScript(t *testing.T) {
	t.Parallel()
	workers := script.NewPool(script.Config{
		Command: []string{os.Args[0], "script-worker"}, Size: 1, Wall: 10 * time.Second, Kill: 20 * time.Second, Memory: 4 << 30, Log: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(workers.Close)
	s := trial.New(trial.Config{Scripts: pool{workers}, Clock: time.Now})
	tests := map[string]struct {
		source       string
		code         string
		line, column int
	}{
		"good":         {"function transform(doc, ctx) { return doc }", "", 0, 0},
		"syntax":       {"function transform(doc) {\n  return doc +;\n}", "script.syntax", 2, 15},
		"no transform": {"var x = 1", "script.no_transform", 0, 0},
		"empty":        {"", "script.no_transform", 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := s.CheckScript(as(t, access.Viewer), tt.source)
			switch {
			case err != nil:
				t.Fatal(err)
			case tt.code == "" && (got == nil || len(got) != 0):
				t.Errorf("%+v", got)
			case tt.code != "" && (len(got) != 1 || got[0].Fault.Code != tt.code || got[0].Line != tt.line || got[0].Column != tt.column):
				t.Errorf("%+v at %d:%d", got[0].Fault, got[0].Line, got[0].Column)
			}
		})
	}
}

func TestWithoutWorkersNothingIsSaidOfAScript(t *testing.T) {
	t.Parallel()
	if got, err := newRig(t).service.CheckScript(as(t, access.Viewer), "var x"); fault.CodeOf(err) != "script.worker_unavailable" || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestWhoMayTry(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	calls := map[string]struct {
		call func(context.Context) error
		need access.Role
	}{
		"Evaluate":    {func(ctx context.Context) error { _, err := r.service.Evaluate(ctx, "a", nil, nil); return err }, access.Viewer},
		"CheckScript": {func(ctx context.Context) error { _, err := r.service.CheckScript(ctx, ""); return err }, access.Viewer},
		"Sample":      {func(ctx context.Context) error { _, err := r.service.Sample(ctx, job(), "orders", 1); return err }, access.Editor},
		"Test": {func(ctx context.Context) error {
			_, err := r.service.Test(ctx, job(), "orders", "", []byte(`{}`))
			return err
		}, access.Editor},
	}
	calls["RunCases"] = struct {
		call func(context.Context) error
		need access.Role
	}{func(ctx context.Context) error { _, err := r.service.RunCases(ctx, job(), ""); return err }, access.Editor}
	for name, tt := range calls {
		if err := tt.call(t.Context()); fault.CodeOf(err) != "auth.login_required" {
			t.Errorf("%s by nobody: %v", name, err)
		}
		if err := tt.call(as(t, "guest")); fault.CodeOf(err) != "auth.forbidden" {
			t.Errorf("%s by a guest: %v", name, err)
		}
		if tt.need == access.Editor {
			if err := tt.call(as(t, access.Operator)); fault.CodeOf(err) != "auth.forbidden" {
				t.Errorf("%s by an operator: %v", name, err)
			}
		}
	}
	if r.compiled > 0 {
		t.Error("something was compiled for somebody who may not try")
	}
	r.unopened()
	for name, tt := range calls {
		if err := tt.call(as(t, tt.need)); fault.CodeOf(err) == "auth.forbidden" {
			t.Errorf("%s by a %s: %v", name, tt.need, err)
		}
	}
}

// staff knows one clerk by number.
type staff struct{ fail error }

func (s staff) Answer(_ context.Context, in ledger.ID, asked []item.Lookup) (map[string]lookup.Found, error) {
	out := map[string]lookup.Found{}
	for _, l := range asked {
		if in == workspace && l.From == "id-1." && l.Where[0].Value == "7" {
			out[l.Key()] = lookup.Found{Values: []item.Value{item.Of([]byte(`{"name":"Li"}`)).Field(l.Find)}}
		} else {
			out[l.Key()] = lookup.Found{}
		}
	}
	return out, s.fail
}

// TestEvaluateLooksUp what a text asks of stored documents.
func TestEvaluateLooksUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	evaluate := func(text string, answers staff) (trial.Evaluated, error) {
		s := trial.New(trial.Config{Compiler: r, Connections: r, Lookups: answers, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
		return s.Evaluate(as(t, access.Viewer), text, []byte(`{"no":7}`), map[string]flow.Use{"staff": {Flow: "id-1"}, "open": {}})
	}
	const find = "_findCollection find name from "
	for text, want := range map[string]string{
		find + "staff where no={{no}}": `"Li"`, find + "staff where no=8": "null", find + "staff where no={{none}}": "null",
		"_function CONCAT('<', " + find + "staff where no={{no}} _endFind, '>')": `"<Li>"`,
	} {
		if got, err := evaluate(text, staff{}); err != nil || got.Fault != nil || string(got.Value) != want {
			t.Errorf("%s: %s %v, %v", text, got.Value, got.Fault, err)
		}
	}
	if got, err := evaluate(find+"open where no=7", staff{}); err != nil || got.Fault == nil || got.Fault.Code != "lookup.flow_unbound" || got.Position < 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := evaluate(find+"staff where no=7", staff{fault.New("lookup.untried", "too many")}); err != nil || got.Fault == nil || got.Fault.Code != "lookup.untried" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := evaluate(find+"staff where no=7", staff{errors.New("the disk is full")}); err == nil {
		t.Error("what broke is told as a fault of the text")
	}
}
