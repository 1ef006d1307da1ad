package fault_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/fault"
)

// TestTheEndOfAContextIsToldInWords: what was cancelled or took too long says nothing of contexts.
func TestTheEndOfAContextIsToldInWords(t *testing.T) {
	t.Parallel()
	for code, cause := range map[string]error{"internal.interrupted": context.Canceled, "internal.timeout": context.DeadlineExceeded} {
		f := fault.From(fmt.Errorf("deep down: %w", cause))
		if f.Code != code || strings.Contains(f.Error(), "context") || f.Class != fault.Transient || !errors.Is(f, cause) {
			t.Errorf("%v becomes %v of class %s", cause, f, f.Class)
		}
	}
	if f := fault.From(fault.New("vendor.closed", "closed").Because(context.Canceled)); f.Code != "vendor.closed" {
		t.Errorf("a fault that knows why becomes %v", f)
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	cause := errors.New("connection reset")
	tests := []struct {
		name string
		f    *fault.Fault
		want string
	}{
		{"code and message", fault.New("source.key_invalid", "the key of row %d is blank", 3), "source.key_invalid: the key of row 3 is blank"},
		{"path", fault.New("a.b", "m").At("nodes[2].key"), "a.b at nodes[2].key: m"},
		{"wrapped", fault.Wrap(cause, "call.failed", "calling %s", "save"), "call.failed: calling save: connection reset"},
		{"hidden cause", fault.New("a.b", "m").Because(cause), "a.b: m"},
		{"a percent sign in an argument", fault.New("a.b", "%s", "100%d"), "a.b: 100%d"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.f.Error(); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// A translated sentence uses the arguments by their place.
func TestArgsByPlace(t *testing.T) {
	t.Parallel()
	want := map[string]string{"0": "3", "1": "shop", "key": "o_id"}
	for _, f := range []*fault.Fault{
		fault.New("a.b", "row %d of %s", 3, "shop").Arg("key", "o_id"),
		fault.Wrap(errors.New("cut"), "a.b", "row %d of %s", 3, "shop").Arg("key", "o_id"),
	} {
		if diff := cmp.Diff(want, f.Args); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f, diff)
		}
	}
	plain := fault.New("a.b", "m of %s", "x")
	hinted := plain.Hinted("ask %s or %d", "amy", 2)
	if diff := cmp.Diff(map[string]string{"0": "x", "hint0": "amy", "hint1": "2"}, hinted.Args); diff != "" || len(plain.Args) != 1 {
		t.Errorf("of a hint (-want +got):\n%s, the fault before: %v", diff, plain.Args)
	}
	if f := fault.New("a.b", "m").Hinted("look"); f.Args != nil {
		t.Errorf("no arguments give %v", f.Args)
	}
}

// A hint in two languages is replaced as a whole.
func TestAdvised(t *testing.T) {
	t.Parallel()
	advised := fault.New("a.b", "m").Advised("ask", "请询问")
	if diff := cmp.Diff(map[string]string{fault.HintZH: "请询问"}, advised.Args); diff != "" || advised.Hint != "ask" {
		t.Errorf("%+v (-want +got):\n%s", advised, diff)
	}
	if again := advised.Hinted("look"); again.Hint != "look" || len(again.Args) != 0 || advised.Args[fault.HintZH] == "" {
		t.Errorf("%+v after %+v", again, advised)
	}
}

func TestUnder(t *testing.T) {
	t.Parallel()
	tests := []struct{ path, prefix, want string }{
		{"", "fields", "fields"},
		{"value", "fields[0]", "fields[0].value"},
		{"[2].value", "fields", "fields[2].value"},
	}
	for _, tt := range tests {
		if got := fault.New("a.b", "m").At(tt.path).Under(tt.prefix).Path; got != tt.want {
			t.Errorf("%q under %q is %q, want %q", tt.path, tt.prefix, got, tt.want)
		}
	}
}

// A package keeps one template and varies it for every document.
func TestMethodsGiveCopies(t *testing.T) {
	t.Parallel()
	template := fault.New("a.b", "m").Arg("kept", "1")
	before, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	varied := template.At("p").Under("q").Hinted("do %s", "that").Classed(fault.Rate).Arg("added", "2").Arg("kept", "3").
		After(time.Second).Unapplied().Because(errors.New("why"))
	after, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) || errors.Unwrap(template) != nil {
		t.Errorf("the template became %s", after)
	}
	want := &fault.Fault{
		Code: "a.b", Message: "m", Path: "q.p", Hint: "do that", Class: fault.Rate,
		Args: map[string]string{"kept": "3", "added": "2", "hint0": "that"}, RetryAfter: time.Second, NotApplied: true,
	}
	got, err := json.Marshal(varied)
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(wanted), string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestMatching(t *testing.T) {
	t.Parallel()
	io := errors.New("broken pipe")
	f := fault.New("call.cut", "m").Because(io).Classed(fault.Transient)
	wrapped := fmt.Errorf("page 3: %w", f)
	if !errors.Is(wrapped, fault.New("call.cut", "other words")) {
		t.Error("a fault is not found by its code")
	}
	if errors.Is(wrapped, fault.New("call.refused", "m")) || errors.Is(f, errors.New("call.cut")) {
		t.Error("a fault matches another code")
	}
	if !errors.Is(wrapped, io) {
		t.Error("the cause is lost")
	}
	if got := fault.From(wrapped); got != f {
		t.Errorf("From gives %v, want the fault itself", got)
	}
	if fault.CodeOf(wrapped) != "call.cut" || fault.ClassOf(wrapped) != fault.Transient {
		t.Errorf("code %q class %q", fault.CodeOf(wrapped), fault.ClassOf(wrapped))
	}
}

func TestForeignErrors(t *testing.T) {
	t.Parallel()
	if fault.From(nil) != nil || fault.CodeOf(nil) != "" {
		t.Error("no error has a fault")
	}
	foreign := errors.New("index out of range")
	got := fault.From(foreign)
	if got.Code != "internal.unexpected" || got.Class != fault.Internal || !errors.Is(got, foreign) {
		t.Errorf("a foreign error becomes %+v", got)
	}
	if fault.CodeOf(foreign) != "" || fault.ClassOf(foreign) != fault.Internal || fault.ClassOf(fault.New("a.b", "m")) != fault.Internal {
		t.Error("an error without a class is not internal")
	}
}

func TestSurvivesJSON(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`[a-z.]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		f := &fault.Fault{
			Code: text.Draw(t, "code"), Message: text.Draw(t, "message"), Path: text.Draw(t, "path"), Hint: text.Draw(t, "hint"),
			Class:      fault.Class(text.Draw(t, "class")),
			RetryAfter: time.Duration(rapid.Int64().Draw(t, "wait")), NotApplied: rapid.Bool().Draw(t, "unapplied"),
		}
		if name := text.Draw(t, "arg"); name != "" {
			f = f.Arg(name, "v")
		}
		raw, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var back fault.Fault
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(&back)
		if err != nil {
			t.Fatal(err)
		}
		if string(raw) != string(again) || back.Error() != f.Error() {
			t.Fatalf("%s comes back as %s", raw, again)
		}
	})
}

// An answer is bounded, whole characters, no part of the message, and kept by what changes the fault.
func TestAnswered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		body := strings.Repeat(rapid.SampledFrom([]string{"a", "é", "单", "𠀀"}).Draw(rt, "character"), rapid.IntRange(0, 2*fault.MaxAnswer).Draw(rt, "length"))
		body = strings.Repeat("x", rapid.IntRange(0, 4).Draw(rt, "before")) + body
		plain := fault.New("vendor.7", "no")
		f := plain.Answered([]byte(body)).Classed(fault.Data).At("row")
		kept, cut := strings.CutSuffix(string(f.Answer()), "…")
		switch {
		case plain.Answer() != nil:
			rt.Fatal("the fault was changed in place")
		case len(body) <= fault.MaxAnswer && string(f.Answer()) != body, !strings.HasPrefix(body, kept):
			rt.Fatalf("%d bytes became %d", len(body), len(f.Answer()))
		case cut && (len(kept) > fault.MaxAnswer || len(kept) < fault.MaxAnswer-3 || !utf8.ValidString(kept)):
			rt.Fatalf("%d bytes were cut at %d", len(body), len(kept))
		}
		text, err := json.Marshal(f)
		if err != nil || strings.Contains(string(text)+f.Error(), "xx") || strings.Contains(string(text)+f.Error(), "单") {
			rt.Fatalf("%s, %v", text, err)
		}
	})
}
