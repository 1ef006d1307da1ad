package asking_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/script/internal/asking"
	"github.com/karezflow/karez/sdk/item"
)

func questions(onMiss, onMany string, answers map[string][]string) *asking.Questions {
	l := asking.Lookup{Name: "shop", Ask: item.Lookup{Table: "shops", Where: []item.Equal{{}}}, OnMiss: onMiss, OnMany: onMany}
	q := &asking.Questions{Lookups: []asking.Lookup{l, {Name: "bank", Ask: item.Lookup{From: "f.s", Where: []item.Equal{{Path: "no"}}}}}, Answers: map[string][]string{}}
	for code, values := range answers {
		q.Answers[item.Lookup{Table: "shops", Where: []item.Equal{{Value: code}}}.Key()] = values
	}
	return q
}

func TestAsk(t *testing.T) {
	t.Parallel()
	answers := map[string][]string{"none": nil, "one": {"1"}, "two": {"2", "3"}}
	for _, c := range []struct {
		onMiss, onMany, code string
		want                 asking.Outcome
		value                string
	}{
		{"park", "newest", "one", asking.Found, "1"},
		{"park", "newest", "two", asking.Found, "2"},
		{"park", "all", "two", asking.Found, "[2,3]"},
		{"empty", "all", "none", asking.Found, "[]"},
		{"park", "error", "two", asking.Several, ""},
		{"park", "error", "one", asking.Found, "1"},
		{"park", "newest", "none", asking.Stands, ""},
		{"park", "all", "none", asking.Stands, ""},
		{"empty", "newest", "none", asking.None, ""},
		{"error", "newest", "none", asking.Nothing, ""},
		{"error", "all", "none", asking.Nothing, ""},
		{"error", "newest", "", asking.NothingAsked, ""},
		{"park", "newest", "", asking.None, ""},
		{"error", "newest", "later", asking.Stands, ""},
	} {
		q := questions(c.onMiss, c.onMany, answers)
		outcome, value := q.Ask(asking.Asked{Values: []string{c.code}})
		if outcome != c.want || value != c.value || q.Open() != (c.want == asking.Stands) {
			t.Errorf("%+v gives %d %q, open %v", c, outcome, value, q.Open())
		}
	}
}

// What a run asks again is asked once; without end it is ended.
func TestAskingIsBounded(t *testing.T) {
	t.Parallel()
	q := questions("park", "", map[string][]string{"none": nil})
	for range 2 {
		q.Ask(asking.Asked{Values: []string{"a"}})
		q.Ask(asking.Asked{Values: []string{"none"}})
	}
	if diff := cmp.Diff([]asking.Asked{{Values: []string{"a"}}}, q.Needs); diff != "" || len(q.Missing) != 1 || q.Exhausted() {
		t.Error(diff, q.Missing)
	}
	for i := range 2 * asking.MaxAsked {
		q.Ask(asking.Asked{Values: []string{strconv.Itoa(i)}})
	}
	if len(q.Needs) != asking.MaxAsked || !q.Exhausted() {
		t.Errorf("%d are asked for", len(q.Needs))
	}
	// While it stands still, what depends on an answer is not refused.
	if outcome, _ := questions("error", "", nil).Ask(asking.Asked{Values: []string{""}}); outcome != asking.NothingAsked {
		t.Error("an empty value is asked with")
	}
	open := questions("error", "", nil)
	open.Ask(asking.Asked{Values: []string{"a"}})
	if outcome, _ := open.Ask(asking.Asked{Values: []string{""}}); outcome != asking.None {
		t.Errorf("what has no answer yet gives %d", outcome)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	q := questions("", "", nil)
	if no, _ := q.Find("bank"); no != 1 {
		t.Errorf("bank is number %d", no)
	}
	if no, known := q.Find("x"); no >= 0 || known != "shop, bank" {
		t.Errorf("x is number %d of %s", no, known)
	}
	if _, known := (&asking.Questions{}).Find("x"); known != "none" {
		t.Errorf("known: %s", known)
	}
	if diff := cmp.Diff([]string{"code"}, q.Lookups[0].Conditions()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"no"}, q.Lookups[1].Conditions()); diff != "" {
		t.Error(diff)
	}
}
