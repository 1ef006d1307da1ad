package terminal

import (
	"io"
	"os"
	"sync"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
)

// Progress shows how far a run is: a bar on a terminal, a line now and then elsewhere.
type Progress struct {
	t *Terminal

	mu       sync.Mutex
	bar      *progressbar.ProgressBar
	accepted int
	pulled   int
	said     int
	prepared int
}

// NewProgress begins to show a run.
func (t *Terminal) NewProgress(title string) *Progress {
	p := &Progress{t: t}
	if t.JSON {
		return p
	}
	if f, ok := t.err.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(io.Writer(f)), progressbar.OptionSetDescription(title),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionClearOnFinish())
		return p
	}
	t.Say("%s", title)
	return p
}

// Indexed tells how much of what the flow looks up is indexed, in percent.
func (p *Progress) Indexed(percent int) {
	const step = 20
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.t.JSON && p.bar == nil && percent < 100 && percent-p.prepared >= step {
		p.prepared = percent
		p.t.Say("  %d %% of the documents that are looked up are indexed", percent)
	}
}

// Read counts what a page brought.
func (p *Progress) Read(page pull.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pulled += page.Rows
	p.accepted += page.Page.Accepted
	if p.bar != nil {
		p.bar.ChangeMax(max(p.accepted, 1))
	}
}

// Settled shows how many documents are settled.
func (p *Progress) Settled(counts ledger.Counts) {
	p.mu.Lock()
	defer p.mu.Unlock()
	done := counts[ledger.SlotAccepted] - counts[ledger.SlotOf(ledger.Waiting)] - counts[ledger.SlotClaimed]
	if p.bar != nil {
		_ = p.bar.Set(done) // a bar that can't be drawn is no failure of the run
		return
	}
	const step = 500
	if !p.t.JSON && done-p.said >= step {
		p.said = done
		p.t.Say("  %d of %d documents settled", done, counts[ledger.SlotAccepted])
	}
}

// End clears the bar.
func (p *Progress) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Finish() // a bar that can't be drawn is no failure of the run
	}
}
