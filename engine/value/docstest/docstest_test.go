package docstest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/value/docstest"
)

const sound = "# Page\n```value\ndoc: {\"a\": 1,\n  \"b\": 2}\n{{a}}{{b}} => \"12\"\n```\ntext\n```mapping\ntable t: {\"1\": \"x\"}\ndoc: {\"a\": 1}\nrows: [{\"field\": \"f\",\n  \"value\": \"{{a}}\", \"table\": \"t\"}]\nresult: {\n  \"f\": \"x\"}\n```\n" +
	"```conditions\ndoc: {\"a\": 1}\n[[{\"field\": \"a\", \"logic\": \"gt\", \"value\": \"0\"}]] => true\n```\n```text\nleft alone\n```\n"

func problems(page string) (all []string) {
	for _, b := range docstest.Blocks(page) {
		if docstest.Runs(b.Kind) {
			all = append(all, docstest.Problems(b)...)
		}
	}
	return all
}

func TestSoundExamplesHaveNoProblems(t *testing.T) {
	t.Parallel()
	if got := problems(sound); len(got) > 0 {
		t.Error(got)
	}
	var kinds []string
	for _, b := range docstest.Blocks(sound) {
		kinds = append(kinds, b.Kind)
	}
	if diff := cmp.Diff([]string{"value", "mapping", "conditions", "text"}, kinds); diff != "" {
		t.Error(diff)
	}
}

// Whatever is wrong in an example is told: nothing passes because it was not looked at.
func TestWrongExamplesAreTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ right, wrong string }{
		{`=> "12"`, `=> 12`},
		{`=> "12"`, `=> nothing`},
		{`=> "12"`, `=> error value.syntax 1:1`},
		{`=> true`, `=> false`},
		{`  "f": "x"}`, `  "f": "y"}`},
		{"result: {\n  \"f\": \"x\"}", "result: waits"},
		{"result: {\n  \"f\": \"x\"}\n", ""},
		{`"table": "t"`, `"table": "u"`},
		{`{"a": 1}` + "\nrows", `{"a": }` + "\nrows"},
		{`{{a}}{{b}} => "12"`, `{{a}}{{b}}`},
		{"{{a}}{{b}} => \"12\"\n", ""},
	} {
		page := strings.Replace(sound, c.right, c.wrong, 1)
		if page == sound || len(problems(page)) == 0 {
			t.Errorf("%q in the place of %q is not told", c.wrong, c.right)
		}
	}
}
