package trouble_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/limit"
	"github.com/karezflow/karez/server/trouble"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func lines(store trouble.Store) *trouble.Lines {
	return trouble.NewLines(trouble.Config{Store: store, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
}

func cut() *fault.Fault {
	return fault.New("vendor.cut", "the connection was cut").Classed(fault.Transient)
}

// waits tells how long calls are held, -1 when they are not.
func waits(l *trouble.Line) time.Duration {
	f := l.Held()
	if f == nil {
		return -1
	}
	return f.RetryAfter
}

func TestALineIsInterruptedByFailuresInARow(t *testing.T) {
	t.Parallel()
	refusal := fault.New("vendor.data", "the amount is missing").Classed(fault.Data)
	for name, tt := range map[string]struct {
		heard []*fault.Fault
		held  bool
	}{
		"five in a row":              {[]*fault.Fault{cut(), cut(), cut(), cut(), cut()}, true},
		"four":                       {[]*fault.Fault{cut(), cut(), cut(), cut()}, false},
		"an answer among them":       {[]*fault.Fault{cut(), cut(), cut(), nil, cut(), cut(), cut(), cut()}, false},
		"refusals are answers":       {[]*fault.Fault{refusal, refusal, refusal, refusal, refusal, refusal}, false},
		"a refusal among them":       {[]*fault.Fault{cut(), cut(), cut(), cut(), refusal, cut(), cut()}, false},
		"what never left":            {[]*fault.Fault{notSent(), notSent(), notSent(), notSent(), notSent()}, false},
		"what never left among them": {[]*fault.Fault{cut(), cut(), notSent(), cut(), notSent(), cut(), cut()}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := lines(limit.NewMemory(time.Now))
				l := s.Line("a", nil)
				for _, f := range tt.heard {
					l.Heard(t.Context(), f)
				}
				f := l.Held()
				if (f != nil) != tt.held {
					t.Fatalf("held: %v", f)
				}
				if f != nil && (f.Code != trouble.CodeInterrupted || f.Class != fault.Transient || !f.NotApplied || f.RetryAfter != 10*time.Second) {
					t.Errorf("held by %+v", f)
				}
				s.Close()
			})
		})
	}
}

func notSent() *fault.Fault {
	return fault.New("connection.not_sent", "given up").Classed(fault.Transient).Unapplied()
}

// A call that we cut says nothing about the system.
func TestWhatWeCutSaysNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := lines(limit.NewMemory(time.Now))
		l := s.Line("a", nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 9 {
			l.Heard(ctx, cut())
		}
		if f := l.Held(); f != nil {
			t.Errorf("held by %v", f)
		}
		s.Close()
	})
}

// One call at a time tries, ever more rarely; its answer, whatever it says, ends it.
func TestOneCallTries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, woken := lines(limit.NewMemory(time.Now)), 0
		l := s.Line("a", func(context.Context) { woken++ })
		for range 12 { // some were under way
			l.Heard(t.Context(), cut())
		}
		for _, pause := range []int{10, 20, 40, 80, 120, 120} {
			if got, want := waits(l), time.Duration(pause)*time.Second; got != want {
				t.Errorf("held for %s, want %s", got, want)
			}
			time.Sleep(time.Duration(pause) * time.Second)
			if got := waits(l); got != -1 {
				t.Errorf("nobody may try: held for %s", got)
			}
			if got := waits(l); got <= 0 {
				t.Error("two may try")
			}
			l.Heard(t.Context(), cut())
		}
		time.Sleep(2 * time.Minute)
		_ = l.Held()
		l.Heard(t.Context(), fault.New("vendor.login", "who are you").Classed(fault.Auth))
		synctest.Wait()
		if got := waits(l); got != -1 || woken != 1 {
			t.Errorf("after an answer held for %s, woken %d times", got, woken)
		}
		if tr, err := s.Interruption(t.Context(), "a"); err != nil || tr != nil {
			t.Errorf("it still shows %+v, %v", tr, err)
		}
		s.Close()
	})
}

// What one process found the others take over, and so its end.
func TestProcessesShareWhatTheyFind(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"an answer", "a person"} {
		synctest.Test(t, func(t *testing.T) {
			store := limit.NewMemory(time.Now)
			one, other := lines(store), lines(store)
			here, there := one.Line("a", nil), other.Line("a", nil)
			for range 5 {
				here.Heard(t.Context(), cut())
			}
			synctest.Wait()
			_ = there.Held() // looks
			synctest.Wait()
			if got := waits(there); got != 10*time.Second {
				t.Errorf("the other process holds for %s", got)
			}
			tr, err := other.Interruption(t.Context(), "a")
			if err != nil || tr == nil || tr.Failures != 5 || !tr.Next.Equal(time.Now().Add(10*time.Second)) || tr.Fault.Code != trouble.CodeInterrupted {
				t.Errorf("it shows %+v, %v", tr, err)
			}
			time.Sleep(5 * time.Second)
			if end == "an answer" {
				here.Heard(t.Context(), nil)
			} else if err := one.Resume(t.Context(), "a"); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			if got := waits(here); got != -1 {
				t.Errorf("after %s this process holds for %s", end, got)
			}
			waits(there) // looks
			synctest.Wait()
			if got := waits(there); got != -1 {
				t.Errorf("after %s the other holds for %s", end, got)
			}
			one.Close()
			other.Close()
		})
	}
}

// No number of failures and answers of any order holds a line whose last call was answered.
func TestAnAnswerAlwaysEndsIt(t *testing.T) {
	t.Parallel()
	for seed := range 64 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := lines(limit.NewMemory(time.Now))
				l := s.Line("a", nil)
				for i := range 6 {
					for range 1 + (seed>>i&1)*6 {
						_ = l.Held()
						l.Heard(t.Context(), cut())
						time.Sleep(time.Second)
					}
				}
				l.Heard(t.Context(), nil)
				synctest.Wait()
				if f := l.Held(); f != nil {
					t.Errorf("held by %v", f)
				}
				s.Close()
			})
		})
	}
}
