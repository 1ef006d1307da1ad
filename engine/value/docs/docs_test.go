package docs_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/value/docs"
	"github.com/karezflow/karez/engine/value/docstest"
	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/engine/value/logic"
)

func page(t *testing.T, language string) string {
	t.Helper()
	raw, err := fs.ReadFile(docs.FS(), "language."+language+".md")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// What the page says, the language does.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"zh", "en"} {
		ran := 0
		for _, b := range docstest.Blocks(page(t, language)) {
			if !docstest.Runs(b.Kind) {
				continue
			}
			ran++
			for _, problem := range docstest.Problems(b) {
				t.Errorf("language.%s.md:%d: %s", language, b.Line, problem)
			}
		}
		if ran < 60 {
			t.Errorf("the page in %s has only %d examples", language, ran)
		}
	}
}

// Both pages have the same examples, so that neither language says less.
func TestBothLanguagesHaveTheSameExamples(t *testing.T) {
	t.Parallel()
	examples := func(language string) (texts []string) {
		for _, b := range docstest.Blocks(page(t, language)) {
			if docstest.Runs(b.Kind) {
				texts = append(texts, b.Kind+"\n"+b.Text)
			}
		}
		return texts
	}
	if diff := cmp.Diff(examples("zh"), examples("en")); diff != "" {
		t.Error(diff)
	}
}

// Every function that is compared with a server has an example, and so has every
// format and every comparison.
func TestThePageIsComplete(t *testing.T) {
	t.Parallel()
	compared, err := os.ReadFile("../function/mysqltest/templates_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var examples strings.Builder
	for _, b := range docstest.Blocks(page(t, "en")) {
		examples.WriteString(b.Text)
	}
	call := regexp.MustCompile(`\b([A-Z][A-Z0-9_]+)\(`)
	for _, found := range call.FindAllStringSubmatch(string(compared), -1) {
		if !strings.Contains(examples.String(), found[0]) {
			t.Errorf("there is no example of %s", found[1])
		}
	}
	for _, name := range format.Names() {
		name, _, _ = strings.Cut(name, "(")
		if !strings.Contains(examples.String(), "|"+name) {
			t.Errorf("there is no example of |%s", name)
		}
	}
	for _, l := range logic.All() {
		if !strings.Contains(examples.String(), `"logic": "`+string(l)+`"`) {
			t.Errorf("there is no example of %s", l)
		}
	}
}
