package problem_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/api/problem"
)

func words(t *testing.T) *problem.Words {
	t.Helper()
	w, err := problem.LoadWords()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestStatus(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err    error
		status int
	}{
		{fault.New("auth.login_required", "m").Classed(fault.Auth), http.StatusUnauthorized},
		{fault.New("auth.forbidden", "m").Classed(fault.Auth), http.StatusForbidden},
		{fault.New("auth.throttled", "m").Classed(fault.Rate), http.StatusTooManyRequests},
		{fault.New("object.missing", "m").Classed(fault.Config), http.StatusNotFound},
		{fault.New("flow.conflict", "m").Classed(fault.Config), http.StatusConflict},
		{fault.New("document.changed", "m").Classed(fault.Data), http.StatusConflict},
		{fault.New("request.unreadable", "m").Classed(fault.Config), http.StatusBadRequest},
		{fault.New("a.b", "m").Classed(fault.Config), http.StatusUnprocessableEntity},
		{fault.New("a.b", "m").Classed(fault.Data), http.StatusUnprocessableEntity},
		{fault.New("a.b", "m").Classed(fault.Auth), http.StatusUnprocessableEntity},
		{fault.New("a.b", "m").Classed(fault.Duplicate), http.StatusConflict},
		{fault.New("a.b", "m").Classed(fault.Rate), http.StatusTooManyRequests},
		{fault.New("a.b", "m").Classed(fault.Transient), http.StatusServiceUnavailable},
		{fault.New("a.b", "m").Classed(fault.Internal), http.StatusInternalServerError},
		{fault.New("a.b", "m"), http.StatusInternalServerError},
		{errors.New("plain"), http.StatusInternalServerError},
	}
	for _, tt := range tests {
		if p, internal := problem.Of(tt.err, words(t), problem.English); p.Status != tt.status || internal != (tt.status == 500) {
			t.Errorf("%v: status %d, internal %t", tt.err, p.Status, internal)
		}
	}
}

// What is ours to mend is not the reader's to read.
func TestInternalFailuresSayNothingOfTheInside(t *testing.T) {
	t.Parallel()
	cause := errors.New("no such table: secret_table at /var/lib/karez/karez.db")
	for _, err := range []error{cause, fault.Wrap(cause, "store.write_failed", "writing"), fault.New("x.y", "in /etc/passwd").Classed(fault.Internal)} {
		p, _ := problem.Of(err, words(t), problem.English)
		text, merr := json.Marshal(p)
		if merr != nil {
			t.Fatal(merr)
		}
		for _, inside := range []string{"secret_table", "/var", "/etc"} {
			if strings.Contains(string(text), inside) {
				t.Errorf("%s tells %s", text, inside)
			}
		}
		if p.Code != "internal.unexpected" || p.Hint == "" {
			t.Errorf("%+v", p)
		}
	}
}

type listed struct{ *fault.Fault }

func (l listed) Unwrap() error { return l.Fault }
func (listed) ListProblems() []flow.Problem {
	return []flow.Problem{
		{Path: "spec", Code: "route.unknown", Message: "there is no x", Args: map[string]string{"0": "x"}, Blocking: true},
		{Path: "a", Code: "acme.own", Message: "物料不存在"},
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	f := fault.New("route.unknown", "there is no %s", "/x{1}").At("p").Hinted("look").Classed(fault.Config)
	p, _ := problem.Of(listed{f}, words(t), problem.Chinese)
	want := &problem.Problem{
		Type: "about:blank", Title: "Not Found", Status: 404, Code: "route.unknown", Path: "p", Args: map[string]string{"0": "/x{1}"},
		Message: "没有这个地址：/x{1}", Hint: "look",
		Problems: []flow.Problem{
			{Path: "spec", Code: "route.unknown", Message: "没有这个地址：x", Args: map[string]string{"0": "x"}, Blocking: true},
			{Path: "a", Code: "acme.own", Message: "物料不存在"},
		},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if p, _ = problem.Of(f, words(t), problem.English); p.Message != "there is no /x{1}" {
		t.Errorf("English: %s", p.Message)
	}
	// A sentence whose argument is missing is not said half.
	if p, _ = problem.Of(&fault.Fault{Code: "route.unknown", Message: "there is nothing", Class: fault.Config}, words(t), problem.Chinese); p.Message != "there is nothing" {
		t.Errorf("without arguments: %s", p.Message)
	}
}

// What was kept with a document has lost its arguments; the original has them still.
func TestShortSentences(t *testing.T) {
	t.Parallel()
	w := words(t)
	tests := []struct {
		name, code, message, hint string
		args                      map[string]string
		wantMessage, wantHint     string
	}{
		{"whole", "delivery.key_taken", "m", "h", map[string]string{"0": "A-1"}, "目标主键 A-1 已被另一张单据占用", "请比对两张单据，跳过其中一张，或者换一个主键"},
		{"kept", "delivery.key_taken", "the target key A-1 belongs", "", nil, "目标主键已被另一张单据占用（the target key A-1 belongs）", ""},
		{"without an original", "delivery.key_taken", "", "", nil, "目标主键已被另一张单据占用", ""},
		{"differs from place to place", "script.error", "line 2, column 5: boom", "", map[string]string{"0": "2"}, "脚本出错（line 2, column 5: boom）", ""},
		{"its place once", "script.error", "line 2, column 5: boom", "", map[string]string{"line": "2", "column": "5", "message": "boom"}, "脚本第 2 行第 5 列出错：boom", ""},
		{"no arguments", "delivery.key_empty", "the target key is empty", "map it", nil, "目标主键为空", "请为主键所取的字段设置映射"},
		{"an argument of the hint is lost", "plugin.identity", "m", "name it", nil, "文件名与其中的连接器插件不符（m）", "name it"},
		{"the value language", "source.key_missing", "m", "give {{id}}", nil, "请指明用什么识别一张单据（主键）", "请填写值唯一的字段，例如 {{id}}"},
		{"an argument is not read again", "value.not_a_number", "m", "", map[string]string{"sample": "{0}", "0": "x"}, "{0} 不是数字", ""},
		{"the vendor's own", "vendor.500012", "物料不存在", "", nil, "物料不存在", ""},
		{"a manifest's hint", "vendor.500013", "没有权限", "grant it", map[string]string{fault.HintZH: "请授权"}, "没有权限", "请授权"},
		{"a manifest's hint for one of ours", "delivery.key_empty", "m", "grant it", map[string]string{fault.HintZH: "请授权"}, "目标主键为空", "请授权"},
	}
	for _, tt := range tests {
		message, hint := w.Say(problem.Chinese, tt.code, tt.message, tt.hint, tt.args)
		if message != tt.wantMessage || hint != tt.wantHint {
			t.Errorf("%s: %q, %q", tt.name, message, hint)
		}
		if message, hint = w.Say(problem.English, tt.code, tt.message, tt.hint, tt.args); message != tt.message || hint != tt.hint {
			t.Errorf("%s in English: %q, %q", tt.name, message, hint)
		}
		if known := !strings.HasPrefix(tt.code, "vendor.5"); w.Has(tt.code) != known {
			t.Errorf("%s: has %t", tt.code, !known)
		}
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"": problem.Chinese, "zh-CN,zh;q=0.9,en;q=0.8": problem.Chinese, "en-US,en;q=0.9,zh;q=0.8": problem.English,
		"fr, en": problem.English, "fr": problem.Chinese, " EN": problem.English, ",,,": problem.Chinese,
	} {
		if got := problem.Language(header); got != want {
			t.Errorf("%q gives %s", header, got)
		}
	}
}
