package plugins

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/sdk/fault"
)

// A body is there while it is used and nowhere afterwards; one that is longer than any
// package, or cut, is told as that.
func TestSpool(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	look := func(f *os.File, size int64) error {
		_, err := plugpack.Open(f, size)
		return err
	}
	var read string
	err := spool(strings.NewReader("words"), func(f *os.File, size int64) error {
		text, err := io.ReadAll(io.NewSectionReader(f, 0, size))
		read = string(text)
		return err
	})
	if err != nil || read != "words" {
		t.Errorf("%q, %v", read, err)
	}
	for code, body := range map[string]io.Reader{
		"request.invalid": nil, plugpack.CodeUnreadable: strings.NewReader("words"), "request.unreadable": iotest.ErrReader(errors.New("cut")),
		plugpack.CodeTooLarge: iotest.ErrReader(&http.MaxBytesError{Limit: MaxBytes}),
	} {
		if err := spool(body, look); fault.CodeOf(err) != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
