package jsttable_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/jsttable"
)

func TestTextsAreWrittenAsJSON(t *testing.T) {
	t.Parallel()
	const text = "引号\"与\\，换行\n\r\t，控制符\x01，😀"
	w := &jsttable.Writer{}
	w.Open()
	w.Text("raw", text)
	w.Escaped("escaped", text)
	w.Number("n", "12345678901234567.89")
	w.Time("none", time.Time{})
	w.Time("at", time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC))
	w.List("list")
	w.Open()
	w.Bool("yes", true)
	w.Null("nothing")
	w.Close('}')
	w.Close(']')
	w.Close('}')
	var got struct {
		Raw     string           `json:"raw"`
		Escaped string           `json:"escaped"`
		None    string           `json:"none"`
		At      string           `json:"at"`
		N       json.Number      `json:"n"`
		List    []map[string]any `json:"list"`
	}
	if err := json.Unmarshal(w.Buf, &got); err != nil {
		t.Fatalf("%v in %s", err, w.Buf)
	}
	if got.Raw != text || got.Escaped != text || got.N != "12345678901234567.89" || got.None != "" || got.At != "2024-05-01 12:00:00" || len(got.List) != 1 {
		t.Errorf("%+v", got)
	}
	for _, c := range w.Buf[len(`{"raw":"`)+len(text)+20:] {
		if c > 127 {
			t.Fatalf("an escaped text is ASCII: %s", w.Buf)
		}
	}
}

func TestWhatIsNotAnObjectIsNoCall(t *testing.T) {
	t.Parallel()
	for _, biz := range []string{``, `[]`, `null`, `{} {}`, `{"a":`, `7`} {
		if _, no := jsttable.Parse([]byte(biz)); no == nil || no.Reason != jsttable.Value {
			t.Errorf("%q: %+v", biz, no)
		}
	}
	p, no := jsttable.Parse([]byte(`{"n":12345678901234567.89,"t":"7","b":false,"e":[],"x":null}`))
	if no != nil || p.Text("n") != "12345678901234567.89" || p.Text("b") != "false" || p.Has("e") || p.Has("x") || p.Has("none") || !p.Has("b") {
		t.Fatalf("%+v %+v", p, no)
	}
	if n, no := p.Int("t", 1); no != nil || n != 7 {
		t.Errorf("a number as a text: %d %v", n, no)
	}
	if _, no := p.Int("n", 1); no == nil {
		t.Error("a decimal is no whole number")
	}
}
