package problem_test

import (
	"go/ast"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/manifest"
)

// atCheck are codes of a connection that is asked for: none leaves a person without a next
// step. Those of calls that are about documents are not among them.
func atCheck(code string) bool {
	_, what, _ := strings.Cut(code, ".")
	if what == "table_refused" || what == "path_refused" || strings.HasPrefix(code, "message.") { // of documents
		return false
	}
	for _, word := range []string{"refused", "unreachable", "timeout", "cut", "certificate", "not_tls", "status", "html", "empty", "not_json", "authorised", "token_missing", "interrupted", "missing_login", "login_missing", "unencrypted", "bad_url", "host_key"} {
		if strings.Contains(what, word) {
			return true
		}
	}
	return false
}

// advice gives the word by which the call chain that makes a fault gives its hint, and
// whether its class is that of a refused account.
func advice(chain ast.Expr) (code, hinted string, auth bool) {
	for {
		call, ok := chain.(*ast.CallExpr)
		if !ok {
			return code, hinted, auth
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return code, hinted, auth
		}
		switch sel.Sel.Name {
		case "Hinted", "Advised":
			hinted = sel.Sel.Name
		case "Classed":
			if arg, ok := call.Args[0].(*ast.SelectorExpr); ok && arg.Sel.Name == "Auth" {
				auth = true
			}
		case "New", "Wrap":
			at := map[string]int{"New": 0, "Wrap": 1}[sel.Sel.Name]
			if from, ok := sel.X.(*ast.Ident); ok && from.Name == "fault" && len(call.Args) > at {
				if lit, ok := call.Args[at].(*ast.BasicLit); ok {
					code = strings.Trim(lit.Value, `"`)
				}
			}
			return code, hinted, auth
		}
		chain = sel.X
	}
}

// Every refusal of an account and every failed connection that a shipped connector can
// answer a check with has a hint, in both languages.
func TestWhatACheckCanAnswerHasAHint(t *testing.T) {
	t.Parallel()
	sentences := catalogue(t)
	found := map[string]bool{}
	for _, u := range collect(t, root).units {
		if !strings.HasPrefix(u.dir, "plugins/") && u.dir != "sdk/erphttp" || strings.Contains(u.dir, "sandbox") || strings.Contains(u.dir, "box") {
			continue
		}
		within := map[ast.Node]bool{}
		ast.Inspect(u.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || within[call] {
				return true
			}
			for next := ast.Expr(call); ; { // only the outermost call of a chain is judged
				c, ok := next.(*ast.CallExpr)
				if !ok {
					break
				}
				within[c] = true
				sel, ok := c.Fun.(*ast.SelectorExpr)
				if !ok {
					break
				}
				next = sel.X
			}
			code, hinted, auth := advice(call)
			if code == "" || strings.HasPrefix(code, "vendor.") || !auth && !atCheck(code) {
				return true
			}
			found[code] = true
			if varies := []string{"http.status", "http.unreachable", "http.certificate"}; slices.Contains(varies, code) {
				return true // what to do depends on the cause: sdk/erphttp has a table of them
			}
			if hinted == "" {
				t.Errorf("%s: %s has no hint", u.dir, code)
			} else if hinted == "Hinted" && sentences[code].Hint == "" {
				t.Errorf("%s: %s has no hint in Chinese", u.dir, code)
			}
			return true
		})
	}
	if len(found) < 15 {
		t.Errorf("only %d codes were found", len(found))
	}
}

// The rules of manifests name what vendors answer: those that a check can meet say in both
// languages what to do.
func TestRulesOfManifestsAdvise(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, "plugins/*/manifest.yaml"))
	if err != nil || len(files) < 15 {
		t.Fatalf("%d manifests, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := manifest.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range m.Rules {
			if r.Class != "data" && r.Class != "duplicate" && r.Class != "business_wait" && (r.Hint.ZH == "" || r.Hint.EN == "") {
				t.Errorf("%s: rule %d (%s) has no hint in both languages", file, i, r.Class)
			}
		}
	}
}
