package item_test

import (
	"testing"

	"github.com/karezflow/karez/sdk/item"
)

func TestDiffer(t *testing.T) {
	t.Parallel()
	paths := []string{"no", "at", "ref.FNumber", "lines.qty", "lines.ref.FNumber"}
	const sent = `{"no":"5000","at":"2021-05-27 18:30:11","ref":{"FNumber":"100"},"lines":[{"qty":1.50,"ref":{"FNumber":"A"}},{"qty":12345678901234567.89,"ref":{"FNumber":"B"}}]}`
	cases := map[string]struct{ found, want string }{
		"itself":               {sent, ""},
		"other forms":          {`{"no":5000,"at":"2021-05-27T18:30:11","ref":{"FNumber":"100"},"lines":[{"qty":"12345678901234567.8900","ref":{"FNumber":"B"}},{"qty":"1.5","ref":{"FNumber":"A"}}]}`, ""},
		"another number":       {`{"no":"5001"}`, "no"},
		"nothing":              {`{}`, "no"},
		"another second":       {`{"no":"5000","at":"2021-05-27T18:30:12"}`, "at"},
		"last digit":           {`{"no":"5000","at":"2021-05-27 18:30:11","ref":{"FNumber":"100"},"lines":[{"qty":1.5},{"qty":12345678901234567.88}]}`, "lines.qty"},
		"a line too many":      {`{"no":"5000","at":"2021-05-27 18:30:11","ref":{"FNumber":"100"},"lines":[{"qty":1.5},{"qty":12345678901234567.89},{"qty":1.5}]}`, "lines.qty"},
		"a code is no number":  {`{"no":"05000"}`, "no"},
		"an exponent is text":  {`{"no":"5e3"}`, "no"},
		"a date without clock": {`{"no":"5000","at":"2021-05-27"}`, "at"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := item.Differ(item.Of([]byte(sent)), item.Of([]byte(c.found)), paths); got != c.want {
				t.Errorf("differs at %q, want %q", got, c.want)
			}
		})
	}
	if got := item.Differ(item.Of([]byte(`{"no":"","at":null}`)), item.Of([]byte(`{"no":"7","at":"2021-01-01"}`)), paths); got != "" {
		t.Errorf("what was left out differs at %q", got)
	}
	for _, pair := range [][2]string{{"0", "-0"}, {"0.0", "0"}, {"-1.10", "-1.1"}} {
		sent, found := item.Of([]byte(`{"no":`+pair[0]+`}`)), item.Of([]byte(`{"no":"`+pair[1]+`"}`))
		if got := item.Differ(sent, found, []string{"no"}); got != "" {
			t.Errorf("%s and %s differ", pair[0], pair[1])
		}
	}
}
