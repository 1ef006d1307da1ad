package inlet_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/inlet"
	"github.com/karezflow/karez/sdk/fault"
)

func TestPosted(t *testing.T) {
	t.Parallel()
	many := `[` + strings.TrimSuffix(strings.Repeat(`{},`, inlet.MaxRecords), ",") + `]`
	for name, tt := range map[string]struct {
		body, path string
		want       []string
		code       string
	}{
		"the body":           {` {"a":1.10, "b":12345678901234567890} `, "", []string{`{"a":1.10, "b":12345678901234567890}`}, ""},
		"a list for a body":  {`[{"a":1},2]`, "$", []string{`{"a":1}`, `2`}, ""},
		"a list deep inside": {`{"data":{"list":[{"a":1}]}}`, "data.list", []string{`{"a":1}`}, ""},
		"an empty list":      {`[]`, "$", []string{}, ""},
		"no list there":      {`{"data":{}}`, "data.list", nil, "webhook.no_records"},
		"an object there":    {`{"data":{}}`, "data", nil, "webhook.no_records"},
		"an object for $":    {`{}`, "$", nil, "webhook.no_records"},
		"a list as document": {`[{}]`, "", nil, "webhook.not_object"},
		"a text as document": {`"x"`, "", nil, "webhook.not_object"},
		"too many":           {`[{},` + many[1:], "$", nil, "webhook.too_many_records"},
	} {
		got, err := inlet.Posted([]byte(tt.body), tt.path)
		var texts []string
		if got != nil {
			texts = []string{}
		}
		for _, one := range got {
			texts = append(texts, string(one))
		}
		if diff := cmp.Diff(tt.want, texts); diff != "" || fault.CodeOf(err) != tt.code {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	if got, err := inlet.Posted([]byte(many), "$"); err != nil || len(got) != inlet.MaxRecords {
		t.Errorf("%d, %v", len(got), err)
	}
}
