package connectortest

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"testing"
)

// SVG wants a file to be a picture without a script.
func SVG(t testing.TB, name string) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	elements := 0
	for decoder := xml.NewDecoder(file); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			elements++
			if e.Name.Local == "script" {
				t.Error("an icon carries no script")
			}
		}
	}
	if elements < 2 {
		t.Errorf("%d elements", elements)
	}
}
