package versions_test

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"
)

// unzipped gives all parts of a workbook in a row.
func unzipped(t *testing.T, file []byte) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, f := range r.File {
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
		_ = part.Close() // read to its end
	}
	return all
}
