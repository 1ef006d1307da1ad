package pull_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// shelf answers look-ups by what they ask for.
type shelf struct {
	held  map[string]string
	asked []string
	fail  error
}

// Answer implements lookup.Answerer.
func (s *shelf) Answer(_ context.Context, _ ledger.ID, asked []item.Lookup) (map[string]lookup.Found, error) {
	out := map[string]lookup.Found{}
	for _, l := range asked {
		key := fmt.Sprint(l.From, l.Table, "/", l.Where[0].Value)
		s.asked = append(s.asked, key)
		found := lookup.Found{}
		if v, ok := s.held[key]; ok {
			found.Values = []item.Value{item.Of([]byte(v))}
		}
		out[l.Key()] = found
	}
	return out, s.fail
}

// overheard keeps a parameter of what the shop is asked.
type overheard struct {
	connector.Session

	shops []string
}

func (o *overheard) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	o.shops = append(o.shops, string(item.Of(req.Params).Field("shop").Raw()))
	return o.Session.Query(ctx, req)
}

// looking is a rig whose requests look a parameter up.
func looking(t *testing.T, row string, held map[string]string) (*rig, *shelf, *overheard) {
	t.Helper()
	r := newRig(t, `operation: orders, startFrom`, `operation: orders, params: [`+row+`], startFrom`)
	s := &shelf{held: held}
	o := &overheard{Session: r.shop}
	r.lookups, r.session = s, o
	return r, s, o
}

// TestARequestLooksUp what it asks with, once for all pages.
func TestARequestLooksUp(t *testing.T) {
	t.Parallel()
	r, s, o := looking(t, `{field: shop, value: "_findCollection find id from shops.rows where code=_findCollection find code from main.rows where main=yes _endFind"}`,
		map[string]string{"main.rows/yes": `"m1"`, "shops.rows/m1": `77`})
	r.orders(25, day(1, 1))
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	if len(o.shops) < 3 || slices.ContainsFunc(o.shops, func(shop string) bool { return shop != "77" }) {
		t.Errorf("asked for shops %v", o.shops)
	}
	if want := []string{"main.rows/yes", "shops.rows/m1"}; !slices.Equal(s.asked, want) {
		t.Errorf("looked up %v", s.asked)
	}
	if len(r.keys()) != 25 {
		t.Errorf("read %d", len(r.keys()))
	}
}

// TestARequestThatFindsNothing is not made, unless it may do without.
func TestARequestThatFindsNothing(t *testing.T) {
	t.Parallel()
	const find = `{field: shop, value: "_findCollection find id from shops.rows where code=A"`
	for name, c := range map[string]struct {
		row   string
		held  map[string]string
		fails error
		code  string
		shop  string
	}{
		"found":         {find + "}", map[string]string{"shops.rows/A": `"S"`}, nil, "", `"S"`},
		"missing":       {find + "}", nil, nil, "source.lookup_missed", ""},
		"must be there": {find + ", onMiss: error}", nil, nil, "source.lookup_missed", ""},
		"may be empty":  {find + ", onMiss: empty}", nil, nil, "", ""},
		"a code":        {`{field: shop, value: A, table: codes}`, map[string]string{"codes/A": `"S"`}, nil, "", `"S"`},
		"no code":       {`{field: shop, value: A, table: codes}`, nil, nil, "source.lookup_missed", ""},
		"preparing":     {find + "}", nil, fault.New("lookup.preparing", "not yet").Classed(fault.Transient), "lookup.preparing", ""},
		"broken":        {find + "}", nil, errors.New("the disk is full"), "internal.unexpected", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s, o := looking(t, c.row, c.held)
			s.fail = c.fails
			r.orders(1, day(1, 1))
			_, err := r.run()
			if c.code != "" {
				if f := fault.From(err); f.Code != c.code || len(o.shops) > 0 || len(r.keys()) > 0 {
					t.Errorf("%v after %d calls", err, len(o.shops))
				}
				if f := fault.From(err); c.code == "source.lookup_missed" && (f.Path != "shop" || f.Class != fault.Config) {
					t.Errorf("%+v", f)
				}
				return
			}
			if err != nil || len(o.shops) == 0 || o.shops[0] != c.shop || len(r.keys()) != 1 {
				t.Errorf("%v, asked for %v, read %d", err, o.shops, len(r.keys()))
			}
		})
	}
}
