package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/deploy/ledgerspike/database"
	"github.com/karezflow/karez/deploy/ledgerspike/databasetest"
	"github.com/karezflow/karez/deploy/ledgerspike/payload"
)

func settingsFor(t *testing.T, args ...string) settings {
	t.Helper()
	s, err := parse(append([]string{"-dir", t.TempDir()}, args...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func loaded(t *testing.T, s settings, pages int) *load {
	t.Helper()
	l, err := newLoad(t.Context(), s, s.variants[0], time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	})
	if err := l.fill(t.Context(), pages); err != nil {
		t.Fatal(err)
	}
	return l
}

// TestEveryVariantBalances fills a small ledger in every variant; fill and
// audit fail on any row that is missing, double or in the wrong state.
func TestEveryVariantBalances(t *testing.T) { //nolint:tparallel // on MariaDB the variants share a database name
	t.Parallel()
	all := append(variantNames(), "chosen:owned", "chosen:outcome=values", "chosen:outcome=put", "chosen:covered=run", "chosen:send=text", "chosen:group=4", "chosen:writers=3",
		"chosen:bad=0", "chosen:keys=uuid", "hash:keys=random", "keypk:keys=random")
	for _, db := range databasetest.All(t) {
		dialect := dialectName(db)
		for _, name := range all {
			t.Run(dialect+"/"+name, func(t *testing.T) {
				l := loaded(t, settingsFor(t, "-db", db, "-variant", name), 7)
				if err := l.fill(t.Context(), 3); err != nil {
					t.Fatal(err)
				}
				if err := l.audit(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestAuditSeesALostRow(t *testing.T) {
	t.Parallel()
	for _, damage := range []string{
		"DELETE FROM document WHERE id = 5",
		"UPDATE document SET state = 1 WHERE id = 5",
		"UPDATE delivery SET target_number = NULL WHERE document_id = 5",
		"DELETE FROM problem",
		"UPDATE run_count SET n = n + 1 WHERE slot = 'delivered'",
		"INSERT INTO work (id, workspace_id, kind, ref_id, flow_id, priority, due_at) VALUES (999, 1, 'page', 1, 1, 1, 1)",
	} {
		l := loaded(t, settingsFor(t), 2)
		if _, err := l.writers[0].s.Exec(t.Context(), damage); err != nil {
			t.Fatal(err)
		}
		if err := l.audit(t.Context()); err == nil {
			t.Errorf("the audit passes after %s", damage)
		}
	}
}

// TestSecondReadIsNotNew: T1 must find what an earlier page stored.
func TestSecondReadIsNotNew(t *testing.T) {
	t.Parallel()
	l := loaded(t, settingsFor(t), 1)
	w := l.writers[0]
	err := w.write(t.Context(), []*page{w.newPage(0)})
	if err == nil || !strings.Contains(err.Error(), "exist already") {
		t.Errorf("page 0 was admitted twice: %v", err)
	}
	if err := l.audit(t.Context()); err != nil {
		t.Errorf("the refused page left something behind: %v", err)
	}
}

// TestTail runs every question; re-reads compare hashes and the claims prove
// that a claimed row can't be claimed again.
func TestTail(t *testing.T) {
	t.Parallel()
	for _, db := range databasetest.All(t) {
		l := loaded(t, settingsFor(t, "-db", db, "-keys", "random"), 3)
		var out bytes.Buffer
		if err := l.tail(t.Context(), &printer{to: &out}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(out.String(), "\n"); got != 7 {
			t.Errorf("%d answers in place of 7:\n%s", got, out.String())
		}
	}
}

func TestRereadSeesAChange(t *testing.T) {
	t.Parallel()
	l := loaded(t, settingsFor(t), 2)
	if _, err := l.writers[0].s.Exec(t.Context(), "UPDATE document SET src_hash = src_hash + 1 WHERE id = 150"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.reread(t.Context(), l.writers[0]); err == nil {
		t.Error("a changed document passed for unchanged")
	}
}

func TestRunPrints(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"one ledger", []string{"-docs", "500", "-step", "200", "-flat", "1"}, []string{"1 rounds of", "| 200 |", "| 400 |", "| 500 |", "| all |", "wall µs/doc", "search document by number"}},
		{"comparison", []string{"-docs", "300", "-rounds", "2", "-variant", "chosen,hash"}, []string{"2 rounds", "| chosen | asc |", "| hash | asc |"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var out bytes.Buffer
			if err := run(t.Context(), append(c.args, "-dir", dir), &out, time.Now); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s", want, out.String())
				}
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestRunStopsWhenCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, []string{"-docs", "1000", "-dir", t.TempDir()}, &bytes.Buffer{}, time.Now); err == nil {
		t.Error("a cancelled run reports success")
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-docs", "150"},
		{"-docs", "0"},
		{"-step", "0"},
		{"-rounds", "0"},
		{"-flat", "-1"},
		{"-keys", "sideways"},
		{"-variant", "no-such"},
		{"-variant", "chosen:group=many"},
		{"-variant", "chosen:group=0"},
		{"-variant", "chosen:writers=0"},
		{"-variant", "chosen:bad=100"},
		{"-variant", "chosen:outcome=guess"},
		{"-variant", "chosen:speed=1"},
	} {
		if _, err := parse(args); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
	s, err := parse([]string{"-keys", "uuid", "-variant", "chosen,state:keys=random:group=4:owned"})
	if err != nil {
		t.Fatal(err)
	}
	if s.variants[0].keys != payload.UUIDKeys || s.variants[1].keys != payload.AllRandom || s.variants[1].group != 4 || !s.variants[1].owned {
		t.Errorf("variants %+v", s.variants)
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	at := time.Unix(100, 0)
	a := database.Reading{At: at, Client: time.Second, Server: 2 * time.Second}
	b := database.Reading{At: at.Add(10 * time.Second), Client: 3 * time.Second, Server: 3 * time.Second, Size: 42}
	got := between(a, b, 1000)
	if diff := cmp.Diff(figures{rate: 100, client: 2000, server: 1000, size: 42}, got, cmp.AllowUnexported(figures{})); diff != "" {
		t.Error(diff)
	}
	all := []figures{{rate: 3}, {rate: 1}, {rate: 2}}
	if m := medians(all).rate; m != 2 {
		t.Errorf("median %v", m)
	}
	if lo, hi := spread(all); lo != 1 || hi != 3 {
		t.Errorf("spread %v–%v", lo, hi)
	}
}
