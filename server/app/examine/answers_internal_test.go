package examine

import (
	"slices"
	"testing"

	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/item"
)

// What is wanted has to be there, with every digit; what is there besides may be.
func TestUnlike(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		want, is string
		problems []string
	}{
		"the same":         {`{"a":[{"b":1}],"c":"x"}`, `{"c":"x","a":[{"b":1,"d":2}]}`, nil},
		"a number as text": {`{"a":"7"}`, `{"a":7}`, nil},
		"digits":           {`{"a":12345678901234567.89}`, `{"a":12345678901234567.88}`, []string{"it.a is 12345678901234567.88, not 12345678901234567.89"}},
		"nothing":          {`{"a":{"b":1}}`, `{"a":{}}`, []string{"it.a.b is nothing, not 1"}},
		"another kind":     {`{"a":[]}`, `{"a":{}}`, []string{"it.a is {}, not []"}},
		"a text for it":    {`{"a":{}}`, `{"a":"{}"}`, []string{`it.a is "{}", not {}`}},
		"fewer":            {`[1,2]`, `[1]`, []string{"it has 1 elements, not 2"}},
		"more":             {`[]`, `[1]`, []string{"it has 1 elements, not 0"}},
		"inside a list":    {`[1,{"b":false}]`, `[1,{"b":true}]`, []string{"it[1].b is true, not false"}},
	} {
		if got := unlike(item.Of([]byte(tt.want)), item.Of([]byte(tt.is)), "it"); !slices.Equal(got, tt.problems) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

const depot = `
id: depot
version: 1.0.0
title: {zh: 仓库, en: Depot}
timeZone: Asia/Shanghai
noSandbox: true
settings:
  - {key: address, kind: url, required: true, title: {zh: 地址, en: Address}}
  - {key: host, kind: text, default: api.example.com, title: {zh: 主机, en: Host}}
  - {key: key, kind: text, required: true, secret: true, title: {zh: 密钥, en: Key}}
operations:
  - {name: goods, kind: query, title: {zh: 货品, en: Goods}, object: goods, paging: {strategy: none, defaultSize: 1, maxSize: 1}, request: []}
`

// An invented connection never leads to a real system.
func TestReaches(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"{{settings.address}}": true, "{{settings.address}}/v2": true, "{{settings.address}}.example.com": false,
		"https://api.example.com": false, "https://{{settings.host}}": false, "http://127.0.0.1:1": false,
	} {
		d, err := declarative.Parse([]byte(depot), []byte("definition: 1\naddress: \""+address+"\"\nrequest: {method: GET}\ncheck: {operation: goods}\noperations: {goods: {answer: {rows: .}}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		settings, account := Kept{}.account(d, "http://127.0.0.1:1234")
		if reaches(d, settings, "http://127.0.0.1:1234") != want {
			t.Errorf("%s is reached otherwise", address)
		}
		if string(settings) != `{"address":"http://127.0.0.1:1234","host":"api.example.com"}` || account.Secrets["key"] != "example-key" {
			t.Errorf("%s %v", settings, account.Secrets)
		}
	}
}
