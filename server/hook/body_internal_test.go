package hook

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/fault"
)

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
