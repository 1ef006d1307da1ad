package hook

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/fault"
)

func TestRecords(t *testing.T) {
	t.Parallel()
	many := `[` + strings.TrimSuffix(strings.Repeat(`{},`, MaxRecords), ",") + `]`
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
		got, err := records([]byte(tt.body), tt.path)
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
	if got, err := records([]byte(many), "$"); err != nil || len(got) != MaxRecords {
		t.Errorf("%d, %v", len(got), err)
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":                      `{}`,
		"b=2&a=1&b=%E7%8E%8B":   `{"a":"1","b":["2","王"]}`,
		"a=%22%0A%5C&a%22=":     `{"a":"\"\n\\","a\"":""}`,
		"amount=0001.10&id=007": `{"amount":"0001.10","id":"007"}`,
	} {
		got, err := read(Request{ContentType: "application/x-www-form-urlencoded; charset=UTF-8", Body: []byte(body)})
		if err != nil || string(got) != want {
			t.Errorf("%s: %s %v, want %s", body, got, err, want)
		}
	}
	for _, body := range []string{"a=%ff", "a=%", "a;b=1"} {
		if _, err := read(Request{ContentType: "application/x-www-form-urlencoded", Body: []byte(body)}); fault.CodeOf(err) != "webhook.form_invalid" {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// Whatever is let in is one JSON value in which no object has a member twice.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `{"a":1,"\u0061":2}`, `[{"x":{"y":[1,{"z":1,"z":2}]}}]`, `{"":0,"":0}`, "{}", "", `{"a":"\ud800"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := read(Request{ContentType: "application/json", Body: body})
		if err != nil {
			return
		}
		if !json.Valid(got) || string(got) != string(body) {
			t.Fatalf("%q is let in as %q", body, got)
		}
		decoder := json.NewDecoder(strings.NewReader(string(got)))
		if err := unique(decoder); err != nil {
			t.Fatalf("%q is let in: %v", body, err)
		}
	})
}

// unique reads one value and reports a member that an object has twice.
func unique(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	switch token {
	case json.Delim('{'):
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return err
			}
			text, _ := name.(string)
			if seen[text] {
				return errors.New(text + " is there twice")
			}
			seen[text] = true
			if err := unique(d); err != nil {
				return err
			}
		}
		_, err = d.Token()
	case json.Delim('['):
		for d.More() {
			if err := unique(d); err != nil {
				return err
			}
		}
		_, err = d.Token()
	}
	return err
}
