package robotbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/robotbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

var _ sandboxkit.Vendor = (*robotbox.Box)(nil)

func box(clock *clocktest.Clock, set robotbox.Settings) *robotbox.Box {
	set.RefusalStatus = http.StatusOK
	return robotbox.New(clock.Now, robotbox.Vendor{
		Credentials: map[string]string{"key": "k"}, Settings: set,
		Admit: func(c robotbox.Call) *robotbox.Refusal {
			switch {
			case c.URL.Path == "/unknown":
				return robotbox.Refuse(1, "unknown")
			case !c.Allowed():
				return robotbox.Refuse(5, "from "+c.From())
			}
			return nil
		},
		Content: func(c robotbox.Call) *robotbox.Refusal {
			if c.Fields == nil || !c.Worded(string(c.Body)) || c.Stale(time.Unix(1000, 0)) {
				return robotbox.Refuse(2, "bad content")
			}
			return nil
		},
		TooFast: *robotbox.Refuse(3, "too fast"), Busy: *robotbox.Refuse(-1, "busy"),
		Answer: func(code int, message string) any { return map[string]any{"code": code, "msg": message} },
	})
}

func post(t *testing.T, b *robotbox.Box, path, body string, status, code int) {
	t.Helper()
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
	var answer struct {
		Code int `json:"code"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); w.Code != status || err != nil || answer.Code != code {
		t.Errorf("%s %s: %d %s, want %d with code %d", path, body, w.Code, w.Body, status, code)
	}
}

func set(t *testing.T, b *robotbox.Box, name, value string) {
	t.Helper()
	if err := b.Set(name, json.RawMessage(value)); err != nil {
		t.Fatal(err)
	}
}

func TestBoxKeepsWhatItTakes(t *testing.T) {
	t.Parallel()
	b := box(clocktest.New(time.Unix(1000, 0)), robotbox.Settings{})
	post(t, b, "/unknown", `{}`, 200, 1)
	post(t, b, "/", `[]`, 200, 2)
	set(t, b, "refusalStatus", "418")
	post(t, b, "/", `x`, 418, 2)
	post(t, b, "/", `{"a":1}`, 200, 0)
	kept, ok := b.Objects("message")
	if !ok || len(kept) != 1 || string(kept[0]) != `{"a":1}` {
		t.Errorf("%s", kept)
	}
	if _, ok := b.Objects("order"); ok {
		t.Error("it keeps orders")
	}
	state, err := json.Marshal(b.State())
	if err != nil || !strings.Contains(string(state), `"objects":{"message":1},"refusals":{"1":1,"2":2}`) {
		t.Errorf("%s %v", state, err)
	}
	b.Reset()
	if kept, _ := b.Objects("message"); len(kept) != 0 {
		t.Errorf("after a reset: %s", kept)
	}
	post(t, b, "/unknown", `{}`, 200, 1)
}

func TestBoxLimits(t *testing.T) {
	t.Parallel()
	clock := clocktest.New(time.Unix(1000, 0))
	b := box(clock, robotbox.Settings{PerMinute: 3, PerSecond: 2, ClockSeconds: 3600})
	post(t, b, "/", `{}`, 200, 0)
	post(t, b, "/", `{}`, 200, 0)
	post(t, b, "/", `{}`, 200, 3)
	clock.Pass(time.Second)
	post(t, b, "/", `{}`, 200, 0)
	clock.Pass(58 * time.Second)
	post(t, b, "/", `{}`, 200, 3)
	clock.Pass(time.Second)
	post(t, b, "/", `{}`, 200, 0)
	set(t, b, "blockSeconds", "100")
	set(t, b, "perSecond", "1")
	post(t, b, "/", `{}`, 200, 3)
	clock.Pass(99 * time.Second)
	post(t, b, "/", `{}`, 200, 3)
	clock.Pass(time.Second)
	post(t, b, "/", `{}`, 200, 0)
}

func TestBoxSettings(t *testing.T) {
	t.Parallel()
	b := box(clocktest.New(time.Unix(1000, 0)), robotbox.Settings{})
	set(t, b, "keywords", `["red","green"]`)
	post(t, b, "/", `{"a":"blue"}`, 200, 2)
	set(t, b, "busy", "1")
	post(t, b, "/", `{"a":"green"}`, 200, -1)
	post(t, b, "/", `{"a":"green"}`, 200, 0)
	set(t, b, "ips", `["203.0.113.1"]`)
	post(t, b, "/", `{"a":"green"}`, 200, 5)
	set(t, b, "ips", `["192.0.2.1"]`) // where httptest's requests come from
	post(t, b, "/", `{"a":"blue"}`, 200, 2)
	post(t, b, "/", `{"a":"red"}`, 200, 0)
	for name, value := range map[string]string{"unknown": "1", "busy": `"x"`, "refusalStatus": "0", "keywords": "{"} {
		if b.Set(name, json.RawMessage(value)) == nil {
			t.Errorf("%s = %s is accepted", name, value)
		}
	}
	if got := b.Credentials(); got["key"] != "k" {
		t.Errorf("%v", got)
	}
}
