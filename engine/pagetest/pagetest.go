// Package pagetest keeps pages of the help equal to the tables that they are rendered from.
//
// It may import the standard library only.
package pagetest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Equal fails when a page of server/help/pages is not what was rendered. With update it is
// written anew first.
func Equal(tb testing.TB, file string, rendered []byte, update bool) {
	tb.Helper()
	path := filepath.Join(root(tb), "server", "help", "pages", file)
	if update {
		if err := os.WriteFile(path, rendered, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	page, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(rendered, page) {
		tb.Errorf("%s is not what the table says (%v): run the test with -update", file, err)
	}
}

// root gives the folder that go.mod is in.
func root(tb testing.TB) string {
	tb.Helper()
	folder, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		if filepath.Dir(folder) == folder {
			tb.Fatal("this test stands in no module")
		}
		folder = filepath.Dir(folder)
	}
}
