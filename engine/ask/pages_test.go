package ask_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ask"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// shelf holds rows that it gives page by page.
type shelf struct {
	carrier

	paging manifest.Paging
	rows   int
	// stuck gives the first page always; quiet does not say that there is more.
	stuck, quiet bool
	asked        []string
}

func (s *shelf) Open(context.Context, ledger.ID, string) (ledger.ID, connector.Session, error) {
	return 1, s, nil
}

func (s *shelf) Manifest(context.Context, ledger.ID, string) (*manifest.Manifest, error) {
	return &manifest.Manifest{Operations: []manifest.Operation{{Name: "stock", Paging: &s.paging}}}, nil
}

func (s *shelf) Query(_ context.Context, req connector.QueryRequest) (connector.Page, error) {
	s.asked = append(s.asked, string(req.Params))
	params := item.Of(req.Params)
	size, start := req.Page.Size, 0
	switch s.paging.Strategy {
	case manifest.ByPage:
		_, _ = fmt.Sscan(params.Field("page").Text(), &start)
		start = (start - s.paging.First) * size
	case manifest.ByOffset:
		_, _ = fmt.Sscan(params.Field("from").Text(), &start)
	default:
		_, _ = fmt.Sscan(params.Field("token").Text(), &start)
	}
	if s.stuck {
		start = 0
	}
	var rows []string
	for i := start; i < min(start+size, s.rows); i++ {
		rows = append(rows, fmt.Sprintf(`{"no":%d}`, i))
	}
	page := connector.Page{Rows: []byte("[" + strings.Join(rows, ",") + "]"), More: start+size < s.rows && !s.quiet, Total: -1}
	if start+size < s.rows {
		page.NextToken = fmt.Sprint(start + size)
	}
	return page, nil
}

// TestPages: a question is asked until there is no other page, and not for ever.
func TestPages(t *testing.T) {
	t.Parallel()
	byPage := manifest.Paging{Strategy: manifest.ByPage, Number: "page", Size: "size", First: 1, DefaultSize: 10}
	byOffset := manifest.Paging{Strategy: manifest.ByOffset, Offset: "from", DefaultSize: 10}
	byToken := manifest.Paging{Strategy: manifest.ByCursor, Token: "token", DefaultSize: 10}
	for name, c := range map[string]struct {
		shelf  *shelf
		params string
		most   int
		found  int
		fault  string
		asked  []string
	}{
		"one page":             {&shelf{paging: byPage, rows: 3}, `{"page":1,"size":10}`, 0, 3, "", []string{`{"page":1,"size":10}`}},
		"nothing":              {&shelf{paging: byPage}, `{"page":1,"size":10}`, 0, 0, "", []string{`{"page":1,"size":10}`}},
		"by page":              {&shelf{paging: byPage, rows: 25}, `{"page":1,"size":10,"sku":"A"}`, 0, 25, "", []string{`{"page":1,"size":10,"sku":"A"}`, `{"page":2,"size":10,"sku":"A"}`, `{"page":3,"size":10,"sku":"A"}`}},
		"a number as text":     {&shelf{paging: byPage, rows: 15}, `{"page":"1","size":"10"}`, 0, 15, "", []string{`{"page":"1","size":"10"}`, `{"page":"2","size":"10"}`}},
		"a size of the flow":   {&shelf{paging: byPage, rows: 5}, `{"page":1,"size":4}`, 0, 5, "", []string{`{"page":1,"size":4}`, `{"page":2,"size":4}`}},
		"a full page at last":  {&shelf{paging: byPage, rows: 20, quiet: true}, `{"page":1,"size":10}`, 0, 20, "", []string{`{"page":1,"size":10}`, `{"page":2,"size":10}`, `{"page":3,"size":10}`}},
		"by offset":            {&shelf{paging: byOffset, rows: 15}, `{"from":0}`, 0, 15, "", []string{`{"from":0}`, `{"from":10}`}},
		"by token":             {&shelf{paging: byToken, rows: 15}, `{}`, 0, 15, "", []string{`{}`, `{"token":"10"}`}},
		"the newest only":      {&shelf{paging: byPage, rows: 25}, `{"page":1,"size":10}`, 1, 10, "", []string{`{"page":1,"size":10}`}},
		"as many as there may": {&shelf{paging: byPage, rows: 195}, `{"page":1,"size":10}`, 0, 195, "", nil},
		"more than there may":  {&shelf{paging: byPage, rows: 201}, `{"page":1,"size":10}`, 0, 0, "lookup.too_many_pages data", nil},
		"the same page":        {&shelf{paging: byPage, rows: 25, stuck: true}, `{"page":1,"size":10}`, 0, 0, "lookup.page_repeated config", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := item.Lookup{Connection: "kd", Operation: "stock", Params: c.params, Find: "no", Most: c.most}
			found, err := ask.New(tables{}, c.shelf, time.Now).Answer(t.Context(), 1, []item.Lookup{l})
			if err != nil {
				t.Fatal(err)
			}
			got := found[l.Key()]
			if c.fault != "" {
				if shown(got) != c.fault {
					t.Errorf("gives %s, want %s", shown(got), c.fault)
				}
				return
			}
			if len(got.Values) != c.found || got.Fault != nil {
				t.Errorf("found %d, %v", len(got.Values), got.Fault)
			}
			if c.asked != nil && !slices.Equal(c.shelf.asked, c.asked) {
				t.Errorf("asked %v", c.shelf.asked)
			}
			for i, v := range got.Values {
				if v.Text() != fmt.Sprint(i) {
					t.Fatalf("value %d is %s", i, v.Raw())
				}
			}
		})
	}
}
