package frontend_test

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/karezflow/karez/frontend"
)

func TestPage(t *testing.T) {
	t.Parallel()

	page, err := fs.ReadFile(frontend.FS(), "index.html")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "Karez") {
		t.Error("the page does not name the product")
	}
	if strings.Contains(string(page), "nonce=\"\"") {
		t.Error("the page has an empty nonce")
	}
	if !frontend.Built() {
		if strings.Contains(string(page), "<script") {
			t.Error("the placeholder runs a script that does not exist")
		}
		return
	}
	if !strings.Contains(string(page), "__CSP_NONCE__") {
		t.Error("the page has no place for the nonce")
	}
	for _, ref := range regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(string(page), -1) {
		if _, err := fs.Stat(frontend.FS(), path.Clean(ref[1][1:])); err != nil {
			t.Errorf("the page refers to a file that is not embedded: %v", err)
		}
	}
}
