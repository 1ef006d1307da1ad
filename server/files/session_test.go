package files_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/server/files"
)

const inFolder = `{"from":"folder","folder":"in","key":"{{no}}"`

func TestAnUpload(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	settings := `{"file":"a.csv","key":"{{no}}","columns":[{"column":"n","type":"int"}]}`
	if _, err := r.run(settings); codeOf(err) != "file.missing" {
		t.Errorf("%v", err)
	}
	r.upload("a.csv", "no,n\n1,5\n2,x\n,7\n")
	counts, err := r.run(settings)
	r.must(err)
	if counts[ledger.SlotPulled] != 3 || counts[ledger.SlotAccepted] != 3 || counts[ledger.SlotOf(ledger.Rejected)] != 2 {
		t.Errorf("%v", counts)
	}
	found := r.documents()
	if found["1"] != `{"no":"1","n":5}` || found["2"] != `source.type_mismatch at n {"no":"2","n":"x"}` || len(found) != 3 {
		t.Errorf("%v", found)
	}
	for key, body := range found {
		if strings.HasPrefix(key, "!") != strings.HasPrefix(body, "source.key_invalid") {
			t.Errorf("%s: %s", key, body)
		}
	}
	// The same again is unchanged but for the row without a name, which is another row each time.
	if counts, err := r.run(settings); err != nil || counts[ledger.SlotUnchanged] != 2 || counts[ledger.SlotAccepted] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
	if len(r.documents()) != 4 {
		t.Error("a window of its own")
	}
	r.upload("a.csv", "no,n\n1,5\n2,6\n")
	if _, err := r.run(settings); err != nil || r.documents()["2"] != `{"no":"2","n":6}` {
		t.Errorf("%v, %v", r.documents(), err)
	}
}

// Pages that are equal to the byte are rows like others.
func TestEqualRows(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.upload("a.csv", "no\n"+strings.Repeat("1\n", 2000))
	if counts, err := r.run(`{"file":"a.csv","key":"{{no}}"}`); err != nil || counts[ledger.SlotPulled] != 2000 || counts[ledger.SlotUnchanged] != 1999 {
		t.Errorf("%v, %v", counts, err)
	}
	if counts, err := r.run(`{"file":"a.csv","position":true,"key":"{{_file}}-{{_row}}"}`); err != nil || counts[ledger.SlotAccepted] != 2000 {
		t.Errorf("%v, %v", counts, err)
	}
}

func TestLinesBecomeDocuments(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	settings := inFolder + `,"columns":[{"column":"qty","type":"decimal"}],"regroup":{"by":["no"],"lines":{"into":"lines","rest":true}}}`
	r.put("in", "a.csv", "no,qty\n1,1\n1,2\n2,3\n", time.Hour)
	r.put("in", "b.csv", "no,qty\n2,3\n3,4\n3,x\n", time.Minute)
	counts, err := r.run(settings)
	r.must(err)
	if counts[ledger.SlotPulled] != 4 || counts[ledger.SlotUnchanged] != 1 {
		t.Errorf("%v", counts)
	}
	want := map[string]string{
		"1": `{"no":"1","lines":[{"qty":1},{"qty":2}]}`, "2": `{"no":"2","lines":[{"qty":3}]}`, // in both, and not twice as long
		"3": `source.type_mismatch at lines[1].qty {"no":"3","lines":[{"qty":4},{"qty":"x"}]}`,
	}
	if diff := cmp.Diff(want, r.documents()); diff != "" {
		t.Error(diff)
	}
}

// Each file is read by itself: those that are good are stored and moved, those that are
// broken, or still being written, stay where they are, and the run tells of them.
func TestAFolder(t *testing.T) {
	t.Parallel()
	for after, want := range map[string][]string{
		"move": {"bad.csv", "done/a-20260301-120100.csv", "done/a.csv", "done/c.json", "no.txt", "old.csv.part", "worse.csv"}, "delete": {"bad.csv", "done/a.csv", "no.txt", "old.csv.part", "worse.csv"},
		"keep": {"a.csv", "bad.csv", "c.json", "done/a.csv", "no.txt", "old.csv.part", "worse.csv"},
	} {
		t.Run(after, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.put("in", "a.csv", "no\n1\n2\n", time.Hour)
			r.put("in/done", "a.csv", "no\nold\n", time.Hour)
			r.put("in", "bad.csv", "no\n3\n\"4\n", 50*time.Minute)
			r.put("in", "worse.csv", "no\n5,6\n", 40*time.Minute)
			r.put("in", "c.json", `[{"no":"7"}]`, 30*time.Minute)
			r.put("in", "no.txt", "no\n8\n", time.Hour)
			r.put("in", "old.csv.part", "no\n9\n", time.Hour)
			counts, err := r.run(inFolder + `,"pattern":"*.[cj]s*","after":"` + after + `"}`)
			if codeOf(err) != "sheet.quotes" || !strings.Contains(err.Error(), "bad.csv: on line 3") || counts[ledger.SlotAccepted] != 3 {
				t.Errorf("%v, %v", err, counts)
			}
			if diff := cmp.Diff(map[string]string{"1": `{"no":"1"}`, "2": `{"no":"2"}`, "7": `{"no":"7"}`}, r.documents()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(want, r.there()); diff != "" {
				t.Error(diff)
			}
			// Mended, they are read.
			r.put("in", "bad.csv", "no\n3\n", time.Minute)
			r.put("in", "worse.csv", "no\n5\n", 30*time.Second)
			r.put("in", "fresh.csv", "no\n10\n", -time.Minute)
			if _, err := r.run(inFolder + `,"pattern":"*.[cj]s*","after":"` + after + `"}`); err != nil || len(r.documents()) != 5 {
				t.Errorf("%v, %v", err, r.documents())
			}
			r.now = r.now.Add(time.Hour)
			if _, err := r.run(inFolder + `}`); err != nil || r.documents()["10"] == "" {
				t.Errorf("%v, %v", err, r.documents())
			}
		})
	}
}

func TestAnEmptyFolder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if counts, err := r.run(inFolder + `}`); err != nil || counts[ledger.SlotPulled] != 0 {
		t.Errorf("%v, %v", counts, err)
	}
	r.put("in", "bad.csv", "", time.Hour)
	if _, err := r.run(inFolder + `}`); codeOf(err) != "file.header_missing" {
		t.Errorf("%v", err)
	}
	r.put("in", "big.csv", strings.Repeat("x", 1<<20+1), time.Hour)
	if _, err := r.run(inFolder + `,"pattern":"big*"}`); codeOf(err) != "file.too_large" {
		t.Errorf("%v", err)
	}
}

// Nothing outside of the workspace's folders is read, moved or deleted, whatever a
// folder is called and wherever links lead.
func TestTheWayOutIsShut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	outside := t.TempDir()
	r.must(os.WriteFile(outside+"/secret.csv", []byte("no\n1\n"), 0o600))
	r.put("in", "good.csv", "no\n2\n", time.Hour)
	r.must(os.Symlink(outside, r.path("", "linked")))
	r.must(os.Symlink(outside+"/secret.csv", r.path("in", "link.csv")))
	r.must(os.Symlink(outside, r.path("in", "done")))
	for _, folder := range []string{"linked", "in/../../../..", "/etc", "../../2/folders/in", "in/done"} {
		session := r.Open(t.Context(), 1)
		_, err := session.Query(t.Context(), connector.QueryRequest{Params: fmt.Appendf(nil, `{"from":"folder","folder":%q}`, folder)})
		if codeOf(err) != "file.folder_unreadable" {
			t.Errorf("%s: %v", folder, err)
		}
		if _, err := r.Stamp(t.Context(), 1, fmt.Appendf(nil, `{"from":"folder","folder":%q}`, folder)); codeOf(err) != "file.folder_unreadable" {
			t.Errorf("%s: %v", folder, err)
		}
		r.must(session.Close(t.Context()))
	}
	if _, err := r.run(inFolder + `}`); codeOf(err) != "file.not_moved" {
		t.Errorf("a file is moved through a link: %v", err)
	}
	if diff := cmp.Diff(map[string]string{"2": `{"no":"2"}`}, r.documents()); diff != "" {
		t.Error(diff)
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

// meddler does something when a page is asked for, or before it is said to be stored.
type meddler struct {
	*files.Session

	query, done func()
}

func (m meddler) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	page, err := m.Session.Query(ctx, req)
	if m.query != nil {
		m.query()
	}
	return page, err
}

func (m meddler) Done(ctx context.Context) (bool, error) {
	if m.done != nil {
		m.done()
	}
	return m.Session.Done(ctx)
}

// A file that changes after it was read is not moved away before what changed is stored.
func TestAFileThatChanges(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("in", "a.csv", "no,v\n1,a\n", time.Hour)
	changes := 0
	r.wrap = func(s *files.Session) connector.Session {
		return meddler{Session: s, done: func() {
			if changes++; changes == 1 {
				r.put("in", "a.csv", "no,v\n1,b\n", time.Hour) // of the same size, at the same time
			}
		}}
	}
	counts, err := r.run(inFolder + `,"onSeen":"revise"}`)
	r.must(err)
	if counts[ledger.SlotAccepted] != 2 || counts[ledger.SlotOf(ledger.Superseded)]+counts[ledger.SlotOf(ledger.Waiting)] != 2 || cmp.Diff([]string{"done/a.csv"}, r.there()) != "" {
		t.Errorf("%v, %v", r.documents(), r.there())
	}
	// One that never stands still stays, and is read again another time.
	r.put("in", "b.csv", "no,v\n2,0\n", time.Hour)
	r.wrap = func(s *files.Session) connector.Session {
		return meddler{Session: s, done: func() {
			changes++
			r.put("in", "b.csv", fmt.Sprintf("no,v\n2,%d\n", changes), time.Hour)
		}}
	}
	if _, err := r.run(inFolder + `}`); err != nil || cmp.Diff([]string{"b.csv", "done/a.csv"}, r.there()) != "" {
		t.Errorf("%v, %v", r.there(), err)
	}
	// One that somebody takes away was read all the same.
	r.wrap = func(s *files.Session) connector.Session {
		return meddler{Session: s, done: func() { _ = os.Remove(r.path("in", "b.csv")) }}
	}
	if _, err := r.run(inFolder + `}`); err != nil || r.documents()["2"] == "" {
		t.Errorf("%v, %v", r.documents(), err)
	}
}

// errCut stands for the end of the process.
var errCut = errors.New("cut off")

// Cut off at any page, and run again, a file comes whole and once; what was committed
// before is unchanged, and it is moved when all of it is there.
func TestCutOffAtAnyPage(t *testing.T) {
	t.Parallel()
	for _, cut := range []int{1, 2, 4, 5} {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			var content strings.Builder
			content.WriteString("no\n")
			for i := range 2200 {
				fmt.Fprintf(&content, "%05d\n", i)
			}
			r.put("in", "a.csv", content.String(), time.Hour)
			r.wrap = func(s *files.Session) connector.Session { return &cutter{Session: s, left: cut} }
			if _, err := r.run(inFolder + `}`); !errors.Is(err, errCut) {
				t.Fatalf("%v", err)
			}
			if got := r.there(); len(got) != 1 || got[0] != "a.csv" {
				t.Errorf("%v", got)
			}
			r.wrap = nil
			before := len(r.documents())
			counts, err := r.run(inFolder + `}`)
			if found := r.documents(); err != nil || len(found) != 2200 || counts[ledger.SlotAccepted] != 2200-before {
				t.Errorf("%d documents, %v, %v", len(found), counts, err)
			}
			if got := r.there(); len(got) != 1 || got[0] != "done/a.csv" {
				t.Errorf("%v", got)
			}
		})
	}
}

type cutter struct {
	*files.Session

	left int
}

func (c *cutter) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	if c.left--; c.left < 0 {
		return connector.Page{}, errCut
	}
	return c.Session.Query(ctx, req)
}

func (c *cutter) Done(ctx context.Context) (bool, error) {
	if c.left--; c.left < 0 {
		return false, errCut
	}
	return c.Session.Done(ctx)
}

// Whatever rows files hold, each is a document or a rejected one, and the total of
// their amounts is that of the files, to the last digit.
func TestRowsInAreDocuments(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(outer)
		want, no := map[string]string{}, 0
		for i := range rapid.IntRange(1, 3).Draw(t, "files") {
			var content strings.Builder
			content.WriteString("no,amount\n")
			for range rapid.IntRange(0, 1200).Draw(t, "rows") {
				no++
				amount := rapid.StringMatching(`-?[1-9][0-9]{0,20}\.[0-9]{2}`).Draw(t, "amount")
				if rapid.IntRange(0, 9).Draw(t, "bad") == 0 {
					amount += "x"
				}
				fmt.Fprintf(&content, "%06d,%s\n", no, amount)
				body := fmt.Sprintf(`{"no":"%06d","amount":%s}`, no, amount)
				if strings.HasSuffix(amount, "x") {
					body = fmt.Sprintf(`source.type_mismatch at amount {"no":"%06d","amount":%q}`, no, amount)
				}
				want[fmt.Sprintf("%06d", no)] = body
			}
			r.put("in", fmt.Sprintf("%d.csv", i), content.String(), time.Duration(i+1)*time.Hour)
		}
		settings := inFolder + `,"columns":[{"column":"amount","type":"decimal"}]}`
		counts, err := r.run(settings)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, r.documents()); diff != "" || counts[ledger.SlotPulled] != no {
			t.Fatalf("%d of %d: %s", counts[ledger.SlotPulled], no, diff)
		}
	})
}

func TestStamp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	stamp := func(settings string) time.Time {
		t.Helper()
		at, err := r.Stamp(t.Context(), 1, []byte(settings))
		r.must(err)
		return at
	}
	const watched = `{"from":"folder","folder":"in","pattern":"*.csv"}`
	for _, settings := range []string{`{"file":"a.csv"}`, `{"from":"folder"}`, watched} {
		if at := stamp(settings); !at.IsZero() {
			t.Errorf("%s: %s", settings, at)
		}
	}
	r.put("in", "a.csv", "x", time.Hour)
	r.put("in", "b.csv", "x", 2*time.Hour)
	r.must(os.Chtimes(r.FolderPath(1, "in"), r.now.Add(-time.Hour), r.now.Add(-time.Hour)))
	if at := stamp(watched); !at.Equal(r.now.Add(-time.Hour)) {
		t.Errorf("%s", at)
	}
	r.put("in", "b.csv", "y", time.Second) // just now
	if at := stamp(watched); !at.IsZero() {
		t.Errorf("%s", at)
	}
	r.now = r.now.Add(time.Minute)
	if at := stamp(watched); !at.Equal(r.now.Add(-time.Minute - time.Second)) {
		t.Errorf("%s", at)
	}
	r.must(os.Rename(r.path("in", "a.csv"), r.path("in", "c.csv"))) // older than the others, and new here
	r.must(os.Chtimes(r.FolderPath(1, "in"), r.now.Add(-30*time.Second), r.now.Add(-30*time.Second)))
	if at := stamp(watched); !at.Equal(r.now.Add(-30 * time.Second)) {
		t.Errorf("%s", at)
	}
	if at := stamp(`{"from":"folder","folder":"in","pattern":"*.xlsx"}`); !at.IsZero() {
		t.Errorf("%s", at)
	}
	if _, err := r.Stamp(t.Context(), 1, []byte(`{"from":"folder","folder":"in","pattern":"[x"}`)); codeOf(err) != "file.pattern_invalid" {
		t.Errorf("%v", err)
	}
}

// A session that ended reads no more, and leaves nothing on the disk.
func TestASessionEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.upload("a.csv", "no\n1\n")
	session := r.Open(t.Context(), 1)
	ask := connector.QueryRequest{Params: []byte(`{"file":"a.csv","header":1}`), Page: connector.PageRef{Size: 1}}
	page, err := session.Query(t.Context(), ask)
	if err != nil || string(page.Rows) != `[{"no":"1"}]` || page.Total != 1 || page.More {
		t.Errorf("%+v, %v", page, err)
	}
	if entries, err := os.ReadDir(r.dir + "/.reading"); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
	first, err := session.Check(t.Context())
	r.must(err)
	second, err := session.Check(t.Context())
	r.must(err)
	if !second.SourceTime.After(first.SourceTime) {
		t.Error("its time stands still")
	}
	for _, token := range []string{"x", "99"} {
		if _, err := session.Query(t.Context(), connector.QueryRequest{Page: connector.PageRef{Token: token}}); codeOf(err) != "file.token_invalid" {
			t.Errorf("%s: %v", token, err)
		}
	}
	r.must(session.Close(t.Context()))
	r.must(session.Close(t.Context()))
	if _, err := session.Query(t.Context(), ask); codeOf(err) != "file.closed" {
		t.Errorf("%v", err)
	}
	fresh := r.Open(t.Context(), 1)
	if _, err := fresh.Done(t.Context()); codeOf(err) != "file.not_due" {
		t.Errorf("%v", err)
	}
	r.must(fresh.Close(t.Context()))
}
