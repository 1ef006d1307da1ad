package retry_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/retry"
	"github.com/karezflow/karez/sdk/fault"
)

// TestTable: every case has one rule, and what is never given up has no budget.
func TestTable(t *testing.T) {
	t.Parallel()
	var seen []retry.Case
	for _, r := range retry.Default() {
		if slices.Contains(seen, r.Case) {
			t.Errorf("%s is there twice", r.Case)
		}
		seen = append(seen, r.Case)
		if r.End == retry.GoesOn && (r.Tries > 0 || r.Within > 0 || r.First == 0) {
			t.Errorf("%s goes on for ever and has %+v", r.Case, r)
		}
		if r.Most > 0 && r.First > r.Most {
			t.Errorf("%s begins with its longest wait", r.Case)
		}
	}
	for _, class := range []fault.Class{"", fault.Transient, fault.Rate, fault.Auth, fault.Data, fault.Config, fault.BusinessWait, fault.Duplicate, fault.Internal} {
		if c := retry.CaseOf(fault.New("x.y", "z").Classed(class)); !slices.Contains(seen, c) {
			t.Errorf("a failure of class %q is a case %q without a rule", class, c)
		}
	}
	if got := (retry.Table{{Case: retry.Rate, Tries: 3}}); got.Of(retry.Rate).Tries != 3 || got.Of(retry.Lost) != retry.Default().Of(retry.Lost) {
		t.Error("a rule that is given is not taken, or another one is not that of the default")
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	grows := retry.Rule{First: 2 * time.Second, Most: time.Minute}
	for tries, want := range map[int]time.Duration{1: 2 * time.Second, 2: 4 * time.Second, 5: 32 * time.Second, 6: time.Minute, 500: time.Minute} {
		if got := grows.Wait(tries, 7, 0); got < want || got > want+want/4 {
			t.Errorf("after %d tries it waits %s, want %s and up to a quarter more", tries, got, want)
		}
	}
	if got := grows.Wait(1, 7, time.Minute); got < time.Minute || got > 75*time.Second {
		t.Errorf("asked for a minute it waits %s", got)
	}
	if got := grows.Wait(6, 7, time.Second); got < time.Minute {
		t.Errorf("asked for a second it waits only %s", got)
	}
	steady := retry.Rule{First: 10 * time.Minute}
	if steady.Wait(1, 7, 0) != 10*time.Minute || steady.Wait(9, 8, 0) != 10*time.Minute || steady.Wait(9, 8, time.Minute) != time.Minute {
		t.Error("a steady wait changes")
	}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	const now = ledger.Millis(10_000_000)
	r := retry.Rule{Tries: 3, Within: time.Hour}
	hour := ledger.Millis(time.Hour.Milliseconds())
	for name, c := range map[string]struct {
		spent int
		since ledger.Millis
		over  bool
		next  ledger.Millis
	}{
		"fresh":               {0, now, false, now.Add(10 * time.Minute)},
		"nearly spent":        {2, now, false, now.Add(10 * time.Minute)},
		"spent":               {3, now, true, now.Add(10 * time.Minute)},
		"shortly before":      {0, now - hour + 5000, false, now + 5000},
		"just over":           {0, now - hour, true, now.Add(10 * time.Minute)},
		"begun nobody knows":  {0, 0, false, now.Add(10 * time.Minute)},
		"spent, nobody knows": {3, 0, true, now.Add(10 * time.Minute)},
	} {
		if got := r.Over(c.spent, c.since, now); got != c.over {
			t.Errorf("%s: over is %t", name, got)
		}
		if got := r.Next(10*time.Minute, c.since, now); got != c.next {
			t.Errorf("%s: the next is at %d, want %d", name, got, c.next)
		}
	}
	if (retry.Rule{}).Over(1000, 1, now) {
		t.Error("a rule without a budget is over")
	}
}

func TestOverride(t *testing.T) {
	t.Parallel()
	got := retry.Override{First: 5 * time.Second, Most: time.Minute, Tries: 4, Business: time.Hour, GiveUpAfter: 24 * time.Hour}.Table()
	for _, want := range []retry.Rule{
		{Case: retry.Unreached, First: 5 * time.Second, Most: time.Minute, End: retry.GoesOn},
		{Case: retry.Mending, First: 5 * time.Second, Most: time.Minute, End: retry.GoesOn},
		{Case: retry.Transient, First: 5 * time.Second, Most: time.Minute, Tries: 4, Within: 24 * time.Hour, End: retry.Rejects},
		{Case: retry.BusinessWait, First: time.Hour, Within: 24 * time.Hour, End: retry.Rejects},
		{Case: retry.Lost, First: 5 * time.Second, Most: time.Minute, Tries: 4, Within: 24 * time.Hour, End: retry.Asks},
		retry.Default().Of(retry.Data), retry.Default().Of(retry.Duplicate), retry.Default().Of(retry.Flow), retry.Default().Of(retry.Store),
	} {
		if is := got.Of(want.Case); is != want {
			t.Errorf("%+v, want %+v", is, want)
		}
	}
	if got := (retry.Override{}).Table(); !slices.Equal(got, retry.Default()) {
		t.Errorf("overriding nothing gives %+v", got)
	}
	// One alone moves the other bound along.
	if r := (retry.Override{First: time.Hour}).Table().Of(retry.Rate); r.First != time.Hour || r.Most != time.Hour {
		t.Errorf("%+v", r)
	}
	if r := (retry.Override{Most: time.Second}).Table().Of(retry.Rate); r.First != time.Second || r.Most != time.Second {
		t.Errorf("%+v", r)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]retry.Override{
		"":                                           {First: time.Second, Most: time.Hour, Tries: 5, Business: time.Minute, GiveUpAfter: time.Hour},
		"retry.out_of_range at first":                {First: time.Millisecond},
		"retry.out_of_range at most":                 {Most: -time.Second},
		"retry.out_of_range at business":             {Business: 1000 * time.Hour},
		"retry.out_of_range at giveUpAfter":          {GiveUpAfter: 31 * 24 * time.Hour},
		"retry.first_over_most at first":             {First: time.Minute, Most: time.Second},
		"retry.gives_up_first at giveUpAfter":        {GiveUpAfter: time.Minute},
		"retry.gives_up_first at giveUpAfter, first": {First: time.Hour, GiveUpAfter: 30 * time.Minute},
	} {
		var got string
		for _, f := range o.Check() {
			got += f.Code + " at " + f.Path
		}
		if want, _, _ := strings.Cut(want, ","); got != want {
			t.Errorf("%+v: %q, want %q", o, got, want)
		}
	}
}
