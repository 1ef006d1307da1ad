package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/karezflow/karez/plugins/http/internal/api"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/item"
)

// FuzzNext: wherever an interface says the next page is, what is asked for next stands below
// the connection's address, or nothing is.
func FuzzNext(f *testing.F) {
	for _, seed := range []string{`</v1/o?p=2>; rel="next"`, `<http://127.0.0.1:1/v1/x>;rel=next`, `<//evil.example/v1/>; rel=next`, `<../../x>; rel=next`, `<http://a@127.0.0.1:1/v1>; rel=next`, `</v1/../../etc>; rel=next`, `<>; rel=next`, `<`, `</v1/%2e%2e/x?{a}>; rel=next`} {
		f.Add(seed)
	}
	base, err := url.Parse("http://127.0.0.1:1/v1")
	if err != nil {
		f.Fatal(err)
	}
	s := &session{api: &api.API{Base: base}}
	f.Fuzz(func(t *testing.T, link string) {
		p := params{item.Of([]byte(`{"cursorFrom":"link"}`))}
		token, err := s.next(api.Answer{Header: http.Header{"Link": {link}}}, p)
		if err != nil || token == "" {
			return
		}
		c := api.Call{Method: http.MethodGet}
		if err := s.paged(&c, p, connector.QueryRequest{Operation: readCursor, Page: connector.PageRef{Token: token}}); err != nil {
			return
		}
		if strings.Contains(c.Path, "://") || c.Query != nil {
			t.Fatalf("%q leads to %q", link, c.Path)
		}
	})
}
