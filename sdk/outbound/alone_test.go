package outbound_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNobodyElseDials looks through the connectors for ways out that pass by this package.
// Simulated systems only listen.
func TestNobodyElseDials(t *testing.T) {
	t.Parallel()
	ways := regexp.MustCompile(`(?:^|[^.\w])(?:(?:net|tls)\.Dial\w*|http\.(?:Get|Head|Post|PostForm|DefaultClient|DefaultTransport)|smtp\.(?:Dial\w*|SendMail))\b`)
	if !ways.MatchString("x := &net.Dialer{}") || !ways.MatchString("http.Get(url)") || ways.MatchString("http.GetBody") || ways.MatchString("s.http.Get(x)") {
		t.Fatal("the ways out are not recognised")
	}
	looked := 0
	err := filepath.WalkDir("../../plugins", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			strings.Contains(path, "sandbox") || strings.Contains(path, "/outbound/") || strings.HasPrefix(path, "outbound") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		looked++
		for n, line := range strings.Split(string(text), "\n") {
			code, _, _ := strings.Cut(line, "//")
			if found := ways.FindString(code); found != "" {
				t.Errorf("%s:%d dials by %s", path, n+1, found)
			}
		}
		return nil
	})
	if err != nil || looked < 40 {
		t.Errorf("%d files were looked at: %v", looked, err)
	}
}
