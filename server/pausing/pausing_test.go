package pausing_test

import (
	"fmt"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/pausing"
)

// TestEveryWishInEveryStanding is the whole state machine of a run for people: each
// transition that is granted and each that is refused.
func TestEveryWishInEveryStanding(t *testing.T) {
	t.Parallel()
	const (
		queued, running  = ledger.RunQueued, ledger.RunRunning
		read, rests      = true, true
		unread, goesOn   = false, false
		over, everything = "run.ended", "run.pulling_ended"
	)
	type standing = pausing.Standing
	tests := []struct {
		from standing
		// pause, resume and cancel are where it goes, or the code of the refusal.
		pause, resume, cancel any
	}{
		{standing{queued, unread, goesOn}, standing{queued, unread, rests}, standing{queued, unread, goesOn}, standing{ledger.RunCancelled, read, goesOn}},
		{standing{queued, unread, rests}, standing{queued, unread, rests}, standing{queued, unread, goesOn}, standing{ledger.RunCancelled, read, goesOn}},
		{standing{running, unread, goesOn}, standing{running, unread, rests}, standing{running, unread, goesOn}, standing{running, read, goesOn}},
		{standing{running, unread, rests}, standing{running, unread, rests}, standing{running, unread, goesOn}, standing{running, read, goesOn}},
		{standing{running, read, goesOn}, standing{running, read, rests}, standing{running, read, goesOn}, everything},
		{standing{running, read, rests}, standing{running, read, rests}, standing{running, read, goesOn}, everything},
		{standing{ledger.RunDone, read, goesOn}, over, over, over},
		{standing{ledger.RunDone, read, rests}, over, over, over},
		{standing{ledger.RunFailed, read, goesOn}, over, over, over},
		{standing{ledger.RunFailed, read, rests}, over, over, over},
		{standing{ledger.RunCancelled, read, goesOn}, over, over, over},
		{standing{ledger.RunCancelled, read, rests}, over, over, over},
		{standing{ledger.RunCancelled + 1, read, goesOn}, over, over, over},
		{standing{0, unread, goesOn}, over, over, over},
	}
	for _, tt := range tests {
		for wish, want := range map[pausing.Wish]any{pausing.ToPause: tt.pause, pausing.ToResume: tt.resume, pausing.ToCancel: tt.cancel} {
			next, f := tt.from.After(wish)
			var got any = next
			if f != nil {
				if got = fault.CodeOf(f); next != tt.from {
					t.Errorf("%+v moved to %+v though the wish %d was refused", tt.from, next, wish)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%+v, wish %d: %v, want %v", tt.from, wish, got, want)
			}
		}
	}
}

// TestCancelIsTheLedgers: what the table says of a cancelled run is what the ledger does.
func TestCancelIsTheLedgers(t *testing.T) {
	t.Parallel()
	for _, state := range []ledger.RunState{ledger.RunQueued, ledger.RunRunning, ledger.RunDone, ledger.RunFailed, ledger.RunCancelled} {
		for _, read := range []bool{false, true} {
			if state == ledger.RunQueued && read {
				continue
			}
			run, cancelled := ledger.Run{State: state, PullingEnded: read}.Cancel("who", 1)
			next, f := pausing.Standing{State: state, PullingEnded: read, Paused: true}.After(pausing.ToCancel)
			if cancelled != (f == nil) || cancelled && (run.State != next.State || run.PullingEnded != next.PullingEnded) {
				t.Errorf("%s, read %t: the ledger says %t %s %t, the table %v %+v", state, read, cancelled, run.State, run.PullingEnded, f, next)
			}
		}
	}
}
