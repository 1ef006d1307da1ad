package app_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

// reader takes the rows of the files in a folder and only collects them.
const reader = `
apiVersion: karez/v1
kind: Flow
metadata: {id: files, title: Files}
spec:
  nodes:
    - {id: rows, type: file, settings: {from: folder, folder: in, key: "{{no}}", columns: [{column: amount, type: decimal}]}}
    - {id: kept, type: discard}
  edges: [{from: rows, to: kept}]
`

// Killed at any place where files are read, the program that is started again has every
// row once, and only then moves the files away.
func TestKilledWhileFilesAreRead(t *testing.T) {
	t.Parallel()
	for _, point := range points(false, "after_page:4", "before_fetch:2", "after_window:2", "after_fetch:1", "after_page:1", "after_window:1", "after_pulling:1", "after_claim:1") {
		for _, onServer := range []bool{false, true} {
			if onServer && point != "after_page:4" && point != "after_window:2" {
				continue // the places are the same; two show that this ledger is one, too
			}
			t.Run(fmt.Sprint(point, onServer), func(t *testing.T) {
				t.Parallel()
				turn(t)
				w := &world{t: t, data: t.TempDir(), flow: filepath.Join(t.TempDir(), "files.yaml"), env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}}
				if onServer {
					w.db = storetest.MySQL(t)
				}
				w.must(os.WriteFile(w.flow, []byte(reader), 0o600))
				want := w.files(3, 1100)
				if _, err := w.run("KAREZ_FAILPOINT=" + point); !errors.Is(err, errKilled) {
					t.Fatalf("the crash point was never passed: %v", err)
				}
				w.unmoved(want)
				got, err := w.run()
				if err != nil || !got.Balanced || got.State != "done" {
					t.Errorf("%+v, %v", got, err)
				}
				found := w.collected()
				for key, body := range want {
					if found[key] != body {
						t.Errorf("%s is %q, want %q", key, found[key], body)
					}
				}
				if len(found) != len(want) {
					t.Errorf("%d documents of %d rows", len(found), len(want))
				}
				left, err := os.ReadDir(filepath.Join(w.data, "files", "1", "folders", "in"))
				w.must(err)
				done, err := os.ReadDir(filepath.Join(w.data, "files", "1", "folders", "in", "done"))
				w.must(err)
				reading, err := os.ReadDir(filepath.Join(w.data, "files", ".reading"))
				w.must(err)
				if len(left) != 1 || len(done) != 3 || len(reading) != 0 {
					t.Errorf("%d files stay, %d are done, %d halves", len(left)-1, len(done), len(reading))
				}
			})
		}
	}
}

// files puts files into the folder, an hour old, and gives their rows by key.
func (w *world) files(count, rows int) map[string]string {
	w.t.Helper()
	dir := filepath.Join(w.data, "files", "1", "folders", "in")
	w.must(os.MkdirAll(dir, 0o700))
	want := map[string]string{}
	for f := range count {
		var content strings.Builder
		content.WriteString("no,amount\n")
		for i := range rows {
			key, amount := fmt.Sprintf("%d-%05d", f, i), fmt.Sprintf("%d.%02d", i, f)
			fmt.Fprintf(&content, "%s,%s\n", key, amount)
			want[key] = fmt.Sprintf(`{"no":%q,"amount":%s}`, key, amount)
		}
		name := filepath.Join(dir, fmt.Sprintf("%d.csv", f))
		w.must(os.WriteFile(name, []byte(content.String()), 0o600))
		before := time.Now().Add(-time.Hour).Add(time.Duration(f) * time.Minute)
		w.must(os.Chtimes(name, before, before))
	}
	return want
}

// unmoved fails where a file was moved before all of its rows were stored.
func (w *world) unmoved(want map[string]string) {
	w.t.Helper()
	done, err := os.ReadDir(filepath.Join(w.data, "files", "1", "folders", "in", "done"))
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	w.must(err)
	found := w.collected()
	for _, d := range done {
		for key := range want {
			if strings.HasPrefix(key, strings.TrimSuffix(d.Name(), ".csv")+"-") && found[key] == "" {
				w.t.Fatalf("%s is moved and %s is not stored", d.Name(), key)
			}
		}
	}
}

// collected gives the bodies of the stored documents by key.
func (w *world) collected() map[string]string {
	w.t.Helper()
	address := w.db
	if address == "" {
		address = "sqlite:" + filepath.Join(w.data, "karez.db")
	}
	ctx := w.t.Context()
	db, err := store.Open(ctx, store.Config{URL: address, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	w.must(err)
	defer func() { w.must(db.Close()) }() // the program is started again
	var stream ledger.ID
	w.must(db.Read(ctx).Raw("SELECT id FROM stream").Scan(&stream).Error)
	documents, err := ledgerstore.New(db).Documents(ctx, stream, 0, 10000)
	w.must(err)
	found := map[string]string{}
	for _, d := range documents {
		body, err := ledgerstore.New(db).Body(ctx, d.ID)
		w.must(err)
		found[d.Key] = string(body)
	}
	return found
}
