package app

import (
	"io"
	"os"
	"strconv"
	"sync"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
)

// progress shows how far a run is: a bar on a terminal, a line now and then elsewhere.
type progress struct {
	c *cli

	mu       sync.Mutex
	bar      *progressbar.ProgressBar
	accepted int
	pulled   int
	said     int
	prepared int
}

func (c *cli) newProgress(title string) *progress {
	p := &progress{c: c}
	if c.json {
		return p
	}
	if f, ok := c.Err.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(io.Writer(f)), progressbar.OptionSetDescription(title),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionClearOnFinish())
		return p
	}
	c.say("%s", title)
	return p
}

// indexed tells how much of what the flow looks up is indexed, in percent.
func (p *progress) indexed(percent int) {
	const step = 20
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.c.json && p.bar == nil && percent < 100 && percent-p.prepared >= step {
		p.prepared = percent
		p.c.say("  %d %% of the documents that are looked up are indexed", percent)
	}
}

// read counts what a page brought.
func (p *progress) read(page pull.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pulled += page.Rows
	p.accepted += page.Page.Accepted
	if p.bar != nil {
		p.bar.ChangeMax(max(p.accepted, 1))
	}
}

// settled shows how many documents are settled.
func (p *progress) settled(counts ledger.Counts) {
	p.mu.Lock()
	defer p.mu.Unlock()
	done := counts[ledger.SlotAccepted] - counts[ledger.SlotOf(ledger.Waiting)] - counts[ledger.SlotClaimed]
	if p.bar != nil {
		_ = p.bar.Set(done) // a bar that can't be drawn is no failure of the run
		return
	}
	const step = 500
	if !p.c.json && done-p.said >= step {
		p.said = done
		p.c.say("  %d of %d documents settled", done, counts[ledger.SlotAccepted])
	}
}

func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Finish() // a bar that can't be drawn is no failure of the run
	}
}

func idText(id ledger.ID) string { return strconv.FormatInt(int64(id), 10) }

func itoa(n int) string { return strconv.Itoa(n) }

func stateNames() []string {
	states := ledger.States()
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = s.String()
	}
	return names
}
