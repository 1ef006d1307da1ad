package lookup_test

import (
	"testing"

	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/sdk/item"
)

const order = `{"no":"A1","shop":"s1","a.b":"dotted","amount":12345678901234567.89,"lines":[
  {"sku":"x","qty":1,"lots":[{"no":"l1","wh":"w1"},{"no":"l2","wh":"w2"}]},
  {"sku":"y","qty":2.50,"lots":[{"no":"l1","wh":"w3"}]}],"none":null}`

func TestMatch(t *testing.T) {
	t.Parallel()
	eq := func(pairs ...string) (out []item.Equal) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, item.Equal{Path: pairs[i], Value: pairs[i+1]})
		}
		return out
	}
	cases := map[string]struct {
		where []item.Equal
		find  string
		want  string
		ok    bool
	}{
		"a field":                       {eq("no", "A1"), "shop", `"s1"`, true},
		"another value":                 {eq("no", "A2"), "shop", "", false},
		"all must hold":                 {eq("no", "A1", "shop", "s2"), "amount", "", false},
		"digits are kept":               {eq("no", "A1", "shop", "s1"), "amount", "12345678901234567.89", true},
		"a name with a dot":             {eq("a.b", "dotted"), "no", `"A1"`, true},
		"a field of a line":             {eq("lines.sku", "y"), "no", `"A1"`, true},
		"the line's own field":          {eq("lines.sku", "y"), "lines.qty", "2.50", true},
		"within one line":               {eq("lines.sku", "x", "lines.qty", "2.50"), "no", "", false},
		"line and header":               {eq("no", "A1", "lines.sku", "x"), "lines.qty", "1", true},
		"a line of a line":              {eq("lines.sku", "y", "lines.lots.no", "l1"), "lines.lots.wh", `"w3"`, true},
		"the inner line in the outer":   {eq("lines.sku", "y", "lines.lots.no", "l2"), "lines.lots.wh", "", false},
		"the first line without ifs":    {eq("no", "A1"), "lines.sku", `"x"`, true},
		"a field that is not there":     {eq("no", "A1"), "colour", "", true},
		"a number compares as text":     {eq("lines.qty", "2.50"), "lines.sku", `"y"`, true},
		"a condition on what's missing": {eq("colour", "red"), "no", "", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole, ok := lookup.Match(item.Of([]byte(order)), c.where, c.find)
			if ok != c.ok || string(whole.Raw()) != c.want {
				t.Errorf("found %s, %v; want %s, %v", whole.Raw(), ok, c.want, c.ok)
			}
			paths := []string{c.find}
			for _, w := range c.where {
				paths = append(paths, w.Path)
			}
			pruned := lookup.Prune(item.Of([]byte(order)), paths)
			if err := item.Check(pruned); err != nil {
				t.Fatalf("%s: %v", pruned, err)
			}
			part, ok := lookup.Match(item.Of(pruned), c.where, c.find)
			if ok != c.ok || string(part.Raw()) != c.want {
				t.Errorf("in what is kept, %s, found %s, %v", pruned, part.Raw(), ok)
			}
		})
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"no": "A1,", "lines.sku": "x,y,", "lines.lots.no": "l1,l2,l1,", "amount": "12345678901234567.89,", "none": "", "lines.colour": "", "a.b": "dotted,",
	} {
		got := ""
		lookup.Values(item.Of([]byte(order)), path, func(text string) { got += text + "," })
		if got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
