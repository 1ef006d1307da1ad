package files_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/files"
	"github.com/karezflow/karez/server/usage"
)

// contents are the sums for which the workspace holds content.
func (r *rig) contents() []string {
	r.t.Helper()
	entries, err := os.ReadDir(filepath.Join(r.dir, "1", "uploads"))
	r.must(err)
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestUploads(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	editor := r.as(access.Editor)
	first := r.upload("a.csv", "no\n1\n")
	if first.By != "amy" || first.Size != 5 || first.Name != "a.csv" || len(first.Sum) != 64 || !first.Uploaded.Time().Equal(r.now) {
		t.Errorf("%+v", first)
	}
	second := r.upload("b.csv", "no\n1\n")
	if second.Sum != first.Sum || second.ID == first.ID {
		t.Errorf("%+v", second)
	}
	if _, err := r.Upload(editor, "a.csv", strings.NewReader("x"), false); codeOf(err) != "file.exists" {
		t.Errorf("%v", err)
	}
	replaced := r.upload("a.csv", "no\n2\n")
	if replaced.ID != first.ID || len(r.contents()) != 2 {
		t.Errorf("%+v, %v", replaced, r.contents())
	}
	f, in, err := r.Content(r.as(access.Viewer), "1")
	r.must(err)
	text, err := io.ReadAll(in)
	r.must(errors.Join(err, in.Close()))
	if f.Name != "a.csv" || string(text) != "no\n2\n" {
		t.Errorf("%+v %q", f, text)
	}
	r.must(r.Delete(editor, "2"))
	if diff := cmp.Diff([]string{replaced.Sum}, r.contents()); diff != "" {
		t.Error(diff)
	}
	r.must(os.Remove(filepath.Join(r.dir, "1", "uploads", replaced.Sum)))
	if _, _, err := r.Content(editor, "1"); codeOf(err) != "file.content_missing" {
		t.Errorf("%v", err)
	}
}

// What does not arrive whole leaves nothing behind.
func TestUploadsThatFail(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	editor := r.as(access.Editor)
	cut := io.MultiReader(strings.NewReader("no\n1"), errReader{})
	if _, err := r.Upload(editor, "a.csv", cut, false); codeOf(err) != "file.not_taken" {
		t.Errorf("%v", err)
	}
	if _, err := r.Upload(editor, "a.csv", strings.NewReader(strings.Repeat("x", 1<<20+1)), false); codeOf(err) != "file.too_large" {
		t.Errorf("%v", err)
	}
	r.shelf.fail = errors.New("the database is gone")
	if _, err := r.Upload(editor, "a.csv", strings.NewReader("x"), false); !errors.Is(err, r.shelf.fail) {
		t.Errorf("%v", err)
	}
	r.shelf.fail = nil
	for _, name := range []string{"", "../a", "a/b", `a\b`, ".a", " a", strings.Repeat("长", 64), "a\x00", "\xff"} {
		if _, err := r.Upload(editor, name, strings.NewReader("x"), false); codeOf(err) != "file.name_invalid" {
			t.Errorf("%q: %v", name, err)
		}
	}
	if left := r.contents(); len(left) > 0 || len(r.shelf.files) > 0 {
		t.Errorf("%v is left", left)
	}
}

type errReader struct{}

// Read implements io.Reader.
func (errReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestAFileInUseStays(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	f := r.upload("a.csv", "x")
	r.upload("b.csv", "x")
	r.shelf.docs = []usage.Document{
		{Flow: usage.Flow{ID: "f1", Title: "对账"}, Text: []byte(`{"spec":{"nodes":[{"id":"x","type":"file","settings":{"file":"a.csv"}},{"type":"file","settings":5},{"type":"map","settings":{"file":"b.csv"}}]}}`)},
		{Flow: usage.Flow{ID: "f1", Title: "对账"}, Text: []byte(`{"spec":{"nodes":[{"type":"file","settings":{"from":"folder","file":"b.csv","folder":"in"}},{"type":"file","settings":{"file":"a.csv"}}]}}`)},
		{Flow: usage.Flow{ID: "f2", Title: "broken"}, Text: []byte(`{"spec":[`)},
	}
	if err := r.Delete(r.as(access.Editor), "1"); codeOf(err) != "file.in_use" || !strings.Contains(err.Error(), "1 flows") {
		t.Errorf("%v", err)
	}
	list, err := r.List(r.as(access.Viewer))
	r.must(err)
	if len(list) != 2 || len(list[0].UsedBy) != 1 || list[0].UsedBy[0] != (usage.Flow{ID: "f1", Title: "对账"}) || len(list[1].UsedBy) != 0 || list[0].ID != f.ID {
		t.Errorf("%+v", list)
	}
	r.must(r.Delete(r.as(access.Editor), "2"))
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.upload("a.csv", "x")
	viewer, stranger := r.as(access.Viewer), access.With(t.Context(), access.Principal{Workspace: 2, Role: access.Admin})
	_, err := r.Upload(viewer, "b", strings.NewReader("x"), false)
	_, preview := r.Preview(viewer, []byte(`{}`))
	for _, err := range []error{err, preview, r.Delete(viewer, "1")} {
		if codeOf(err) != "auth.forbidden" {
			t.Errorf("%v", err)
		}
	}
	_, _, err = r.Content(stranger, "1")
	for _, err := range []error{err, r.Delete(stranger, "1"), r.Delete(viewer, "x"), r.Delete(viewer, "-1")} {
		if codeOf(err) != "object.missing" {
			t.Errorf("%v", err)
		}
	}
	if list, err := r.List(stranger); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := r.List(t.Context()); codeOf(err) != "auth.login_required" {
		t.Errorf("%v", err)
	}
}

// However uploads and deletions meet, a file that is there has its content.
func TestUploadsMeetDeletions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	editor := r.as(access.Editor)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 25 {
				if f, err := r.Upload(editor, string(rune('a'+i)), strings.NewReader("the same"), true); err != nil {
					t.Error(err)
				} else if i%2 == 0 {
					if err := r.Delete(editor, idText(f)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	if all, err := r.List(editor); err != nil || len(all) != 4 || len(r.contents()) != 1 {
		t.Errorf("%+v, %v, %v", all, r.contents(), err)
	}
}

func idText(f files.File) string { return strconv.FormatInt(int64(f.ID), 10) }

func TestPreview(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := r.as(access.Editor)
	r.upload("a.csv", "no\n"+strings.Repeat("007\n", 30))
	look := func(settings string) files.Preview {
		t.Helper()
		p, err := r.Preview(ctx, []byte(settings))
		r.must(err)
		return p
	}
	if p := look(`{"file":"a.csv"}`); p.Name != "a.csv" || p.Format != "csv" || p.Encoding != "utf-8" || p.Delimiter != "," || len(p.Rows) != 20 || !p.More || string(p.Rows[0]) != `{"no":"007"}` || p.Fault != nil {
		t.Errorf("%+v", p)
	}
	if p := look(`{"file":"a.csv","header":"x","columns":[{"column":"no","type":"int"}]}`); string(p.Rows[0]) != `{"no":7}` {
		t.Errorf("a setting that does not fit spoils the others: %+v", p)
	}
	if p := look(`{}`); p.Name != "" || p.Fault != nil {
		t.Errorf("%+v", p)
	}
	if p := look(`{"file":"b.csv"}`); p.Fault == nil || p.Fault.Code != "file.missing" {
		t.Errorf("%+v", p)
	}
	r.upload("b.csv", "no\n1\n\"2\n")
	if p := look(`{"file":"b.csv"}`); p.Fault == nil || p.Fault.Code != "sheet.quotes" || len(p.Rows) != 1 || p.Format != "csv" {
		t.Errorf("%+v", p)
	}
	if p := look(`{"from":"folder","folder":"in"}`); p.Folder != r.FolderPath(1, "in") || p.Name != "" || len(p.Files) != 0 {
		t.Errorf("%+v", p)
	}
	r.put("in", "new.json", `[{"a":1}]`, time.Second)
	r.put("in", "old.csv", "a\n2\n", time.Hour)
	if p := look(`{"from":"folder","folder":"in"}`); p.Name != "old.csv" || len(p.Rows) != 1 || len(p.Files) != 2 || p.Files[0].Fresh || !p.Files[1].Fresh {
		t.Errorf("%+v", p)
	}
	if p := look(`{"from":"folder","folder":"../1"}`); p.Fault == nil || p.Fault.Code != "file.folder_unreadable" {
		t.Errorf("%+v", p)
	}
}
