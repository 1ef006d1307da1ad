package value_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// flows knows the streams banks.rows and shops.list and the table skus, and keeps
// what is looked into.
type flows struct{ read map[string][]string }

// Stream implements value.Finder.
func (f *flows) Stream(name string, paths []string) (string, *fault.Fault) {
	if name != "banks" && name != "shops.list" {
		return "", fault.New("lookup.flow_missing", "there is no flow %s to look into", name).Classed(fault.Config)
	}
	if f.read == nil {
		f.read = map[string][]string{}
	}
	f.read[name] = append(f.read[name], paths...)
	return "id-of-" + name, nil
}

// Table implements value.Finder.
func (*flows) Table(name string) *fault.Fault {
	if name != "skus" {
		return fault.New("lookup.table_missing", "there is no code table %s", name).Classed(fault.Config)
	}
	return nil
}

// answering evaluates a mapping like the engine does: what it asks for is answered,
// from what is known, until it asks no more.
func answering(t *testing.T, m *value.Mapping, s *value.Scope, known map[string][]string) (out string, rounds int, err error) {
	t.Helper()
	s.Answers = item.Answers{}
	for rounds = 1; rounds < 10; rounds++ {
		raw, err := m.Append(nil, s)
		var open *node.UnansweredError
		if !errors.As(err, &open) || len(open.Needs) == 0 {
			return string(raw), rounds, err
		}
		for _, l := range open.Needs {
			if _, twice := s.Answers[l.Key()]; twice {
				t.Fatalf("asked again for %+v", l)
			}
			values := []item.Value{}
			for _, v := range known[asked(l)] {
				values = append(values, item.Of([]byte(v)))
			}
			s.Answers[l.Key()] = values
		}
	}
	t.Fatal("it never ends")
	return "", rounds, nil
}

// asked writes a look-up in a line.
func asked(l item.Lookup) string {
	text := l.From + l.Table
	if l.Reverse {
		text += " back"
	}
	for _, w := range l.Where {
		text += " " + strings.TrimPrefix(w.Path+"="+w.Value, "=")
	}
	if l.Find == "" {
		return text
	}
	return text + " " + l.Find
}

func looking(t *testing.T, rows string, declared []field.Field) (*value.Mapping, *flows) {
	t.Helper()
	f := &flows{}
	m, faults := value.CompileMapping([]byte(rows), declared, value.Options{Finder: f})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return m, f
}

const payment = `{"bank":"6222","shop":7,"lines":[{"sku":"a","qty":1},{"sku":"b","qty":2},{"sku":"","qty":3}]}`

func TestLookups(t *testing.T) {
	t.Parallel()
	known := map[string][]string{
		"id-of-banks FNumber=6222 org":                        {`"100"`, `"200"`},
		"id-of-banks FNumber=6222 FStatus=A kind":             {`"1"`},
		"id-of-shops.list id=7 name":                          {`12345678901234567.890`},
		"id-of-shops.list owner=100 name":                     {`"owned"`},
		"id-of-banks items.sku=a items.price":                 {`1.10`},
		"skus a":                                              {`"M-A"`},
		"skus b":                                              {`"M-B"`},
		"skus back 6222":                                      {`"x"`, `"y"`},
		"id-of-banks FNumber=it's {{not}} 6222 _function org": {`"odd"`},
	}
	cases := map[string]struct {
		rows   string
		want   string
		rounds int
	}{
		"the newest":                  {`[{"field":"o","value":"_findCollection find org from banks where FNumber={{bank}}"}]`, `{"o":"100"}`, 2},
		"digits are kept":             {`[{"field":"o","type":"decimal","value":"_findCollection find name from shops.list where id={{shop}}"}]`, `{"o":12345678901234567.890}`, 2},
		"several conditions":          {`[{"field":"o","value":"_function case _findCollection find kind from banks where FNumber={{bank}} FStatus='A' _endFind when '1' then 'one' else 'other' end"}]`, `{"o":"one"}`, 2},
		"inside each other":           {`[{"field":"o","value":"_findCollection find name from shops.list where owner=_findCollection find org from banks where FNumber={{bank}} _endFind"}]`, `{"o":"owned"}`, 3},
		"inside a text literal":       {`[{"field":"o","value":"_function CONCAT('<_findCollection find org from banks where FNumber={{bank}} _endFind>', {{shop}})"}]`, `{"o":"<100>7"}`, 2},
		"for every line":              {`[{"field":"l","type":"array","value":"lines","children":[{"field":"p","type":"decimal","value":"_findCollection find items.price from banks where items.sku={{lines.sku}}"}]}]`, `{"l":[{"p":1.10},{},{}]}`, 2},
		"a table for every line":      {`[{"field":"l","type":"array","value":"lines","children":[{"field":"m","value":"{{lines.sku}}","table":"skus"}]}]`, `{"l":[{"m":"M-A"},{"m":"M-B"},{}]}`, 2},
		"a value is no program":       {`[{"field":"o","value":"_findCollection find org from banks where FNumber='it''s {{vars.odd}} {{bank}} _function'"}]`, `{"o":"odd"}`, 2},
		"nothing is asked of nothing": {`[{"field":"o","value":"_findCollection find org from banks where FNumber={{blank}}"},{"field":"p","value":"{{blank}}","table":"skus"}]`, `{}`, 1},
		"what is missing is empty":    {`[{"field":"o","value":"_findCollection find org from banks where FNumber={{shop}}"},{"field":"x","value":"1"}]`, `{"x":"1"}`, 2},
		"a code is kept":              {`[{"field":"o","value":"{{shop}}","table":{"table":"skus","onMiss":"keep"}}]`, `{"o":7}`, 2},
		"a code may be left out":      {`[{"field":"o","value":"{{shop}}","table":"skus","onMiss":"empty"}]`, `{}`, 2},
		"a condition of a line":       {`[{"field":"l","type":"array","value":"lines","children":[{"field":"q","value":"{{lines.qty}}"}],"extra":[{"when":[[{"field":"bank","logic":"eq","value":"_findCollection find org from banks where FNumber={{bank}}"}]],"children":[{"field":"q","value":"9"}]}]}]`, `{"l":[{"q":1},{"q":2},{"q":3}]}`, 2},
		"the other side, the newest":  {`[{"field":"o","value":"{{bank}}","table":"skus","direction":"reverse","onMany":"newest"}]`, `{"o":"x"}`, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _ := looking(t, c.rows, nil)
			s := &value.Scope{Doc: item.Of([]byte(payment)), Vars: item.Of([]byte(`{"odd":"{{not}}"}`))}
			out, rounds, err := answering(t, m, s, known)
			if err != nil || out != c.want || rounds != c.rounds {
				t.Errorf("%s in %d rounds, %v; want %s in %d", out, rounds, err, c.want, c.rounds)
			}
		})
	}
}

// Everything that is missing is told at once, whatever fails besides.
func TestMissesAreCollected(t *testing.T) {
	t.Parallel()
	m, f := looking(t, `[
		{"field":"org","value":"_findCollection find org from banks where FNumber={{bank}}"},
		{"field":"amount","type":"int","value":"_function CONCAT('x', {{shop}})"},
		{"field":"shop","value":"{{shop}}","table":"skus"},
		{"field":"note","value":"_findCollection find org from banks where FNumber={{shop}}"},
		{"field":"l","type":"array","value":"lines","children":[{"field":"m","value":"{{lines.sku}}","table":"skus"},{"field":"q","required":true,"value":"{{lines.none}}"}]}
	]`, []field.Field{{Name: "org", Required: true}, {Name: "amount"}, {Name: "shop"}, {Name: "note"}, {Name: "l"}})
	known := map[string][]string{"skus a": {`"M-A"`}}
	s := &value.Scope{Doc: item.Of([]byte(payment))}
	_, _, err := answering(t, m, s, known)
	var open *node.UnansweredError
	if !errors.As(err, &open) {
		t.Fatal(err)
	}
	var missing []string
	for _, l := range open.Missing {
		missing = append(missing, asked(l))
	}
	if diff := cmp.Diff([]string{"id-of-banks FNumber=6222 org", "skus 7", "skus b"}, missing); diff != "" {
		t.Error(diff)
	}
	if got := f.read["banks"]; !slices.Equal(got, []string{"FNumber", "org", "FNumber", "org"}) {
		t.Errorf("read are %v", got)
	}
	known["id-of-banks FNumber=6222 org"], known["skus 7"], known["skus b"] = []string{`"1"`}, []string{`"S"`}, []string{`"M-B"`}
	_, _, err = answering(t, m, s, known)
	if g := fault.From(err); g.Path != "amount" || g.Class != fault.Data {
		t.Errorf("with everything there it gives %v at %s", err, g.Path)
	}
}

func TestWhatAFieldWantsOfItsLookups(t *testing.T) {
	t.Parallel()
	known := map[string][]string{"id-of-banks FNumber=6222 org": {`"1"`, `"2"`}, "skus back 6222": {`"x"`, `"y"`}}
	cases := map[string]struct{ row, want string }{
		"a fault for nothing":       {`"value":"_findCollection find org from banks where FNumber={{shop}}","onMiss":"error"`, "lookup.nothing_found at a"},
		"a fault for no code":       {`"value":"{{shop}}","table":"skus","onMiss":"error"`, "lookup.code_missing at a"},
		"a fault for several":       {`"value":"_findCollection find org from banks where FNumber={{bank}}","onMany":"error"`, "lookup.several_found at a"},
		"several on the other side": {`"value":"{{bank}}","table":"skus","direction":"reverse"`, "lookup.several_codes at a"},
		"parked":                    {`"value":"_findCollection find org from banks where FNumber={{shop}}","onMiss":"park"`, "0 look-ups to be answered, 1 found nothing"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _ := looking(t, `[{"field":"a",`+c.row+`}]`, nil)
			_, _, err := answering(t, m, &value.Scope{Doc: item.Of([]byte(payment))}, known)
			got := ""
			var open *node.UnansweredError
			switch {
			case errors.As(err, &open):
				got = open.Error()
			case err != nil:
				got = fault.CodeOf(err) + " at " + fault.From(err).Path
			}
			if got != c.want {
				t.Errorf("gives %s (%v)", got, err)
			}
		})
	}
}

func TestLookupProblemsSayWhere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"_findCollection find a from banks where b={{c":                        "value.syntax 1:43",
		"_findCollection find a from odd where b=1":                            "lookup.flow_missing 1:29",
		"_findCollection find a from banks where b=1 _endFind more":            "value.syntax 1:53",
		"_function IF(1,\n _findCollection find a from banks where b=1 ,2)":    "value.syntax 2:49",
		"_function 1 + _findCollection find a from banks _endFind":             "value.syntax 1:49",
		"_function _findCollection find a from odd where b=1 _endFind":         "lookup.flow_missing 1:39",
		"_function 1 + _findCollection find a from banks where b=1 _endFind +": "function.syntax 1:69",
	} {
		_, err := value.Compile(text, value.Options{Finder: &flows{}})
		f := fault.From(err)
		if got := f.Code + " " + f.Args["line"] + ":" + f.Args["column"]; err == nil || got != want {
			t.Errorf("%q gives %s (%v), want %s", text, got, err, want)
		}
	}
	if p, err := value.Compile("_findCollection find a from banks where b=1", value.Options{Finder: &flows{}}); err != nil || p.Constant() {
		t.Errorf("a look-up is no constant: %v", err)
	}
}

func TestConditionsLookUp(t *testing.T) {
	t.Parallel()
	c, faults := value.CompileConditions([]byte(`[[{"field":"shop","logic":"eq","value":"_findCollection find id from shops.list where bank={{bank}}"}]]`), value.Options{Finder: &flows{}})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	in := item.Item{Raw: []byte(payment)}
	_, err := c.Match(in)
	var open *node.UnansweredError
	if !errors.As(err, &open) || len(open.Needs) != 1 || !strings.Contains(asked(open.Needs[0]), "bank=6222") {
		t.Fatalf("%v", err)
	}
	in.Answers = item.Answers{open.Needs[0].Key(): {item.Of([]byte("7"))}}
	if ok, err := c.Match(in); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}
