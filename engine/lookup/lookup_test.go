package lookup_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// shelf is a store that counts what it is asked.
type shelf struct {
	mu      sync.Mutex
	stream  lookup.Stream
	table   lookup.Table
	rows    map[int]map[string][][]byte
	targets map[string][]string
	asked   []string
	refuse  error
}

func newShelf() *shelf {
	return &shelf{
		stream: lookup.Stream{ID: 7, Version: 1, Fields: map[string]int{"no": 1, "org": 2, "name": 3, "new": 4}, Building: []string{"new"}},
		table:  lookup.Table{ID: 8, Version: 1},
		rows: map[int]map[string][][]byte{
			1: {"1": {[]byte(`{"no":"1","org":"100","name":"one"}`)}, "2": {[]byte(`{"no":"2","org":"200","name":"two"}`)}},
			2: {"100": {[]byte(`{"no":"1","org":"100","name":"one"}`)}, "200": {[]byte(`{"no":"2","org":"200","name":"two"}`), []byte(`{"no":"3","org":"200","name":"three"}`)}},
		},
		targets: map[string][]string{"a": {"A"}, "b": {"B\""}},
	}
}

func (s *shelf) note(format string, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, fmt.Sprintf(format, args...))
	return s.refuse
}

func (s *shelf) LookupStream(_ context.Context, _ ledger.ID, flow, node string) (lookup.Stream, bool, error) {
	return s.stream, flow == "f" && node == "n", s.note("stream")
}

func (s *shelf) LookupRows(_ context.Context, stream ledger.ID, field int, values []string) (map[string][][]byte, error) {
	out := map[string][][]byte{}
	for _, v := range values {
		out[v] = s.rows[field][v]
	}
	return out, s.note("rows %d/%d %s", stream, field, strings.Join(slices.Sorted(slices.Values(values)), " "))
}

func (s *shelf) LookupCount(_ context.Context, stream ledger.ID, field int, value string, most int) (int, error) {
	return min(len(s.rows[field][value]), most), s.note("count %d/%d %s", stream, field, value)
}

func (s *shelf) CodeTable(_ context.Context, _ ledger.ID, name string) (lookup.Table, bool, error) {
	return s.table, name == "t", s.note("table")
}

func (s *shelf) Codes(_ context.Context, table ledger.ID, reverse bool, codes []string) (map[string][]string, error) {
	if reverse {
		return map[string][]string{"A": {"a", "a2"}}, s.note("codes %d reversed %s", table, strings.Join(codes, " "))
	}
	return maps.Clone(s.targets), s.note("codes %d %s", table, strings.Join(slices.Sorted(slices.Values(codes)), " "))
}

func in(find string, where ...string) item.Lookup {
	l := item.Lookup{From: "f.n", Find: find}
	for i := 0; i < len(where); i += 2 {
		l.Where = append(l.Where, item.Equal{Path: where[i], Value: where[i+1]})
	}
	return l
}

func code(table, code string, reverse bool) item.Lookup {
	return item.Lookup{Table: table, Reverse: reverse, Where: []item.Equal{{Value: code}}}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	wait := func(kind ledger.WaitKind, ref ledger.ID, value string) ledger.Wait {
		return ledger.Wait{Kind: kind, Ref: ref, Value: value, Version: 1}
	}
	cases := map[string]struct {
		asked []item.Lookup
		found []string
		waits []ledger.Wait
		reads []string
	}{
		"nothing":               {},
		"no condition":          {[]item.Lookup{in("name")}, []string{""}, []ledger.Wait{{}}, nil},
		"a field":               {[]item.Lookup{in("name", "no", "1")}, []string{`"one"`}, []ledger.Wait{wait(ledger.StreamWait, 7, "1:1")}, []string{"stream", "rows 7/1 1"}},
		"what there is not":     {[]item.Lookup{in("name", "no", "9")}, []string{""}, []ledger.Wait{wait(ledger.StreamWait, 7, "1:9")}, []string{"stream", "rows 7/1 9"}},
		"the whole":             {[]item.Lookup{in("", "no", "2")}, []string{`{"no":"2","org":"200","name":"two"}`}, nil, []string{"stream", "rows 7/1 2"}},
		"several documents":     {[]item.Lookup{in("no", "org", "200")}, []string{`"2" "3"`}, nil, []string{"stream", "rows 7/2 200"}},
		"many in one read":      {[]item.Lookup{in("name", "no", "1"), in("name", "no", "2"), in("org", "no", "1")}, []string{`"one"`, `"two"`, `"100"`}, nil, []string{"stream", "rows 7/1 1 2"}},
		"by what tells apart":   {[]item.Lookup{in("name", "org", "200", "no", "1"), in("name", "org", "200", "no", "2")}, []string{"", `"two"`}, []ledger.Wait{wait(ledger.StreamWait, 7, "1:1")}, []string{"stream", "rows 7/1 1 2"}},
		"by what has few":       {[]item.Lookup{in("name", "org", "200", "no", "2")}, []string{`"two"`}, []ledger.Wait{wait(ledger.StreamWait, 7, "1:2")}, []string{"stream", "count 7/2 200", "count 7/1 2", "rows 7/1 2"}},
		"a code":                {[]item.Lookup{code("t", "a", false), code("t", "x", false), code("t", "b", false)}, []string{`"A"`, "", `"B\""`}, []ledger.Wait{wait(ledger.CodeWait, 8, "a"), wait(ledger.CodeWait, 8, "x")}, []string{"table", "codes 8 a b x"}},
		"the codes of a target": {[]item.Lookup{code("t", "A", true)}, []string{`"a" "a2"`}, []ledger.Wait{wait(ledger.CodeWait, 8, "\x01A")}, []string{"table", "codes 8 reversed A"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShelf()
			r := lookup.New(s)
			for round, reads := range [][]string{c.reads, nil} {
				s.asked = nil
				found, err := r.Answer(t.Context(), 1, c.asked)
				if err != nil || len(found) != len(c.asked) {
					t.Fatalf("%d answers, %v", len(found), err)
				}
				for i, l := range c.asked {
					f, ok := found[l.Key()]
					var texts []string
					for _, v := range f.Values {
						texts = append(texts, string(v.Raw()))
					}
					if got := strings.Join(texts, " "); !ok || got != c.found[i] {
						t.Errorf("%v found %s, want %s", l, got, c.found[i])
					}
					if i < len(c.waits) && f.Wait != c.waits[i] {
						t.Errorf("%v waits for %+v, want %+v", l, f.Wait, c.waits[i])
					}
				}
				if round == 0 && !slices.Equal(s.asked, reads) {
					t.Errorf("read %q, want %q", s.asked, reads)
				}
				for _, read := range s.asked {
					if round == 1 && (strings.HasPrefix(read, "rows") || strings.HasPrefix(read, "codes")) {
						t.Errorf("%s is read again", read)
					}
				}
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	gone := in("name", "no", "1")
	gone.From = "g.n"
	for want, asked := range map[string]item.Lookup{
		"lookup.stream_gone": gone, "lookup.table_gone": code("u", "a", false), "lookup.preparing": in("name", "new", "1"),
	} {
		if _, err := lookup.New(newShelf()).Answer(t.Context(), 1, []item.Lookup{in("name", "no", "1"), asked}); fault.CodeOf(err) != want {
			t.Errorf("%v: %v, want %s", asked, err, want)
		}
	}
	for _, l := range []item.Lookup{in("new", "no", "1"), in("colour", "no", "1"), in("name", "no", "1", "colour", "red")} {
		if _, err := lookup.New(newShelf()).Answer(t.Context(), 1, []item.Lookup{l}); fault.CodeOf(err) != "lookup.preparing" {
			t.Errorf("%v: %v", l, err)
		}
	}
	broken := newShelf()
	broken.refuse = errors.New("the database is gone")
	for _, l := range []item.Lookup{in("name", "no", "1"), code("t", "a", false)} {
		if _, err := lookup.New(broken).Answer(t.Context(), 1, []item.Lookup{l}); !errors.Is(err, broken.refuse) {
			t.Errorf("%v: %v", l, err)
		}
	}
}

// TestAnotherVersionIsReadAnew proves that what changed is never answered from what
// was kept.
func TestAnotherVersionIsReadAnew(t *testing.T) {
	t.Parallel()
	s := newShelf()
	r := lookup.New(s)
	ask := func(l item.Lookup) string {
		found, err := r.Answer(t.Context(), 1, []item.Lookup{l})
		if err != nil {
			t.Fatal(err)
		}
		if values := found[l.Key()].Values; len(values) > 0 {
			return values[0].Text()
		}
		return ""
	}
	if got := ask(in("name", "no", "9")) + ask(code("t", "z", false)); got != "" {
		t.Fatalf("found %s", got)
	}
	s.rows[1]["9"], s.targets["z"] = [][]byte{[]byte(`{"no":"9","name":"nine"}`)}, []string{"Z"}
	if got := ask(in("name", "no", "9")) + ask(code("t", "z", false)); got != "" {
		t.Errorf("without another version found %s", got)
	}
	s.stream.Version++
	s.table.Version++
	if got := ask(in("name", "no", "9")) + ask(code("t", "z", false)); got != "nineZ" {
		t.Errorf("with another version found %s", got)
	}
}

// TestKeptIsBounded asks for far more than is kept, and for rows too large to be kept.
func TestKeptIsBounded(t *testing.T) {
	t.Parallel()
	s := newShelf()
	r := lookup.New(s)
	ask := func(no string) {
		if _, err := r.Answer(t.Context(), 1, []item.Lookup{in("name", "no", no)}); err != nil {
			t.Fatal(err)
		}
	}
	reads := func(no string) int {
		n := 0
		for _, read := range s.asked {
			if read == "rows 7/1 "+no {
				n++
			}
		}
		return n
	}
	row := []byte(`{"no":"x","name":"` + strings.Repeat("x", 100_000) + `"}`)
	const many = 400 // of 100 KB, which are 40 MB
	for i := range many {
		s.rows[1][fmt.Sprint("big", i)] = [][]byte{row}
		ask(fmt.Sprint("big", i))
		ask("1")
	}
	s.rows[1]["huge"] = [][]byte{row, row}
	for range 2 {
		ask("huge")
		ask("big0")
		ask(fmt.Sprint("big", many-1))
	}
	for no, want := range map[string]int{"1": 1, "huge": 2, "big0": 2, fmt.Sprint("big", many-1): 1} {
		if got := reads(no); got != want {
			t.Errorf("%s was read %d times, want %d", no, got, want)
		}
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, v := range []string{"", "a", strings.Repeat("a", 166), strings.Repeat("a", 167), strings.Repeat("a", 168), strings.Repeat("长", 55), strings.Repeat("长", 56), strings.Repeat("长", 57), "\xff"} {
		place := lookup.Place(v)
		if other, ok := seen[place]; ok {
			t.Errorf("%q and %q have one place", v, other)
		}
		seen[place] = v
		if again := lookup.Place(place); again != place || strings.ToValidUTF8(place, "") != place {
			t.Errorf("the place of %q is %q", place, again)
		}
		for _, long := range []string{lookup.StreamPlace(99999, v), lookup.CodePlace(v, true)} {
			if len(long) > ledger.MaxKey {
				t.Errorf("%q has %d bytes", long, len(long))
			}
		}
	}
}
