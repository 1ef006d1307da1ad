// Package decision shows what a person needs to decide about a document that waits for
// them, and what people did about it before: what was sent and what the target holds, who
// owns a taken key, who did what when and why, and of an edit both texts.
//
// It may import server/access, engine/ledger and sdk/fault: never a database, HTTP or
// another service.
package decision

import (
	"context"
	"errors"
	"strconv"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
)

// Question is a write of which a person must say what became of it.
type Question struct {
	Node                      string
	Part, Attempt             int
	Connection, Resource, Key string
	State, Code, Message      string
	Args                      map[string]string
	// Sent is the body on record, SentAt when its last attempt began.
	Sent   []byte
	SentAt ledger.Millis
	// Answer is what the target answered to that attempt, nil where nothing came.
	Answer []byte
	// Asked says that the target was looked at, at AskedAt; Found is the object that it
	// showed under the key, nil for none.
	Asked                  bool
	AskedAt                ledger.Millis
	Found                  []byte
	TargetID, TargetNumber string
	// Owner is the document that owns the key, nil where it is this one or nobody.
	Owner *Owner
	// Sendable and Acceptable say which answers are possible.
	Sendable, Acceptable bool
}

// Owner is a document that owns a key in the target.
type Owner struct {
	ID                            ledger.ID
	Key, Number, FlowTitle, State string
}

// Sheet is what there is to decide about a document.
type Sheet struct {
	// Newer is how many revisions were read since and wait.
	Newer     int
	Questions []Question
	// Updated is when the document changed last: what an answer tells, so that it is about
	// what was seen.
	Updated ledger.Millis
}

// Event is something that a person did about a document.
type Event struct {
	ID          ledger.ID
	Action      string
	Actor, Note string
	// Job is the job that did it, 0 for none.
	Job ledger.ID
	Rev int
	// Node and Part are those of a delivery, "" where it was about the document.
	Node string
	Part int
	// Version is the number of the flow version that the document was pinned to by it, 0 where it kept its own.
	Version int
	// Code is that of the problem at that time.
	Code string
	// Edited says that there are a text before and one after it.
	Edited bool
	At     ledger.Millis
}

// Change is the two texts of an edit; one that was purged is nil.
type Change struct{ Before, After []byte }

// Store reads the ledger.
type Store interface {
	// Sheet gives what there is to decide about a document; ledger.ErrNotFound.
	Sheet(ctx context.Context, workspace, document ledger.ID) (Sheet, error)
	// History gives what people did about a document, the oldest first; ledger.ErrNotFound.
	History(ctx context.Context, workspace, document ledger.ID) ([]Event, error)
	// Change gives the texts of one edit of a document; ledger.ErrNotFound.
	Change(ctx context.Context, workspace, document, event ledger.ID) (Change, error)
}

// Service shows decisions.
type Service struct{ Store Store }

// New makes a Service.
func New(store Store) *Service { return &Service{store} }

// Of gives what there is to decide about a document.
func (s *Service) Of(ctx context.Context, document string) (Sheet, error) {
	return look(ctx, document, s.Store.Sheet)
}

// History gives what people did about a document, the oldest first.
func (s *Service) History(ctx context.Context, document string) ([]Event, error) {
	return look(ctx, document, s.Store.History)
}

// Change gives the two texts of an edit.
func (s *Service) Change(ctx context.Context, document, event string) (Change, error) {
	return look(ctx, document, func(ctx context.Context, workspace, id ledger.ID) (Change, error) {
		return s.Store.Change(ctx, workspace, id, number(event))
	})
}

func look[T any](ctx context.Context, document string, read func(ctx context.Context, workspace, id ledger.ID) (T, error)) (T, error) {
	var none T
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return none, err
	}
	found, err := read(ctx, p.Workspace, number(document))
	if errors.Is(err, ledger.ErrNotFound) {
		return none, access.Missing()
	}
	return found, err
}

// number reads an id, 0 when it is none.
func number(text string) ledger.ID {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return ledger.ID(id)
}
