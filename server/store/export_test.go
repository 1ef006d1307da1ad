package store

import (
	"context"
	"time"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"
)

// What the tests see of the package's inside.
const (
	BlockSize     = blockSize
	MaxRepeats    = maxRepeats
	MaxText       = maxText
	MigrationLock = migrationLock
)

// Older compares dotted versions.
func Older(have, want string) bool { return older(have, want) }

// Hide takes a password out of a text.
func Hide(text, password string) string { return hide(text, password) }

// Provider gives the tool that Migrate uses.
func Provider(ctx context.Context, db *DB) (*goose.Provider, error) {
	p, _, err := db.provider(ctx)
	return p, err
}

// Change is one of a group that CommitTogether commits.
type Change struct {
	Ctx context.Context //nolint:containedctx // stands for a caller's
	Do  func(tx *gorm.DB) error
}

// CommitTogether carries changes out as one group of a SQLite database that
// nobody else writes to, and gives what each caller is told.
func CommitTogether(db *DB, changes ...Change) []error {
	w := db.write.(*groupWriter)
	group := make([]*job, len(changes))
	for i, c := range changes {
		group[i] = &job{ctx: c.Ctx, change: c.Do, ready: make(chan struct{})}
	}
	w.commit(group)
	errs := make([]error, len(group))
	for i, j := range group {
		<-j.ready
		errs[i] = j.err
	}
	return errs
}

// Gather offers n jobs to a group writer without a loop and gives how many it takes at once.
func Gather(n int) int {
	w := &groupWriter{jobs: make(chan *job, n)}
	for range n {
		w.jobs <- &job{}
	}
	return len(w.gather(<-w.jobs))
}

// MaxPrepared is how many statements the writing connection keeps prepared.
const MaxPrepared = maxPrepared

// Prepared tells how many statements the writing connection of a SQLite database keeps,
// and the length of their texts together. Nobody else writes meanwhile.
func Prepared(db *DB) (statements, size int) {
	s := db.write.(*groupWriter).to.statements
	if len(s.known) != s.recent.Len() {
		return -1, s.size
	}
	return len(s.known), s.size
}

// Rests gives the rests of a transaction that meets others at every try, each of which takes
// so long; random decides about each.
func Rests(try time.Duration, duplicate bool, random func(int64) int64) (rests []time.Duration) {
	var now time.Time
	r := &repeats{clock: func() time.Time { return now }, random: random}
	for {
		now = now.Add(try)
		rest, more := r.next(duplicate)
		if !more {
			return rests
		}
		rests, now = append(rests, rest), now.Add(rest)
	}
}
