package declarative_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/declarative"
)

// What proves who calls and is written down is found wherever a request is told; words of the
// interface with such names are none.
func TestExposed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ old, now, path string }{
		"a variable":        {"vars:\n", "vars:\n  appKey: 0123456789abcdef\n", "vars.appKey"},
		"a number":          {"vars:\n", "vars:\n  appKey: 1234567890123\n", "vars.appKey"},
		"a header":          {"request: {method: POST", "request: {header: {Authorization: Basic YWNtZTphY21l}, method: POST", "request.header.Authorization"},
		"a member inside":   {`json: "{{row}}"`, `json: {head: {access_token: abcdefgh12}}`, "operations.push.request.json.head.access_token"},
		"a form":            {`json: "{{row}}"`, `form: {password: correct-horse}`, "operations.push.request.form.password"},
		"an own variable":   {"  goods: {", "  goods: {vars: {session: abcdefgh12}, ", "operations.goods.vars.session"},
		"the check":         {"params: {size: 1}", "params: {size: 1, token: abcdefgh12}", "check.params.token"},
		"a token":           {"check:", "token: {request: {method: POST, path: /t, json: {appSecret: abcdefgh12}}, value: \"{{answer.t}}\"}\ncheck:", "token.request.json.appSecret"},
		"its renewal":       {"check:", "token: {request: {method: POST}, renew: {method: POST, query: {api-key: abcdefgh12}}, value: \"{{answer.t}}\"}\ncheck:", "token.renew.query.api-key"},
		"a setting":         {"vars:\n", "vars:\n  appKey: \"{{secrets.key}}\"\n", ""},
		"a word":            {"vars:\n", "vars:\n  sign_method: hmac-sha256-of-all\n  authType: \"2\"\n  token: none\n", ""},
		"nothing of a name": {"vars:\n", "vars:\n  greeting: 0123456789abcdef\n", ""},
	} {
		d, err := declarative.Parse([]byte(declared), []byte(strings.Replace(defined, tt.old, tt.now, 1)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := d.Exposed(); tt.path == "" && len(got) > 0 || tt.path != "" && !slices.Contains(got, tt.path) {
			t.Errorf("%s: %q, want %q", name, got, tt.path)
		}
	}
	for _, id := range []string{"guanyi", "kuaidi100", "lingxing", "wangdiantong-ultimate"} {
		d, err := declarative.Load(filepath.Join("..", "..", "plugins", id))
		if err != nil || len(d.Exposed()) > 0 {
			t.Errorf("%s: %q %v", id, d.Exposed(), err)
		}
	}
}
