// Package attempt shows every attempt to write a document: when, in which call, what was
// sent, what was answered and what became of it. What it gives out is covered where it
// holds a secret of the connection.
//
// It may import server/access, engine/ledger and sdk/fault only: never a database, HTTP or
// another service.
package attempt

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// The kinds of attempts.
const (
	// Send wrote, Probe looked whether an earlier attempt was applied, Adopt found an equal
	// object before anything was sent.
	Send  = "send"
	Probe = "probe"
	Adopt = "adopt"
)

// Attempt is one call to the target in which a delivery of a document took part.
type Attempt struct {
	Place

	// Node is the target node; No counts the attempts of its delivery from 1, and is for a
	// Probe that of the attempt whose answer was lost.
	Node string
	No   int
	// Rev is the document's revision, 0 where it is not on record.
	Rev int
	// Recorded is false for an attempt of which nothing is known but that it was made.
	Recorded              bool
	Kind                  string
	Connection, Operation string
	// Started and Ended are 0 where the call itself is not on record any more.
	Started, Ended         ledger.Millis
	Outcome, Code, Message string
	Args                   map[string]string
	// Line is the place of the document among the Rows of the call, from 1; both are 0 for
	// one that was left out of the call because another document owns its key.
	Line, Rows int
	Trace      string
	// Request is the row as it was handed to the connector, Response what the target said
	// of it, Answer the target's answer to the whole call.
	Request, Response, Answer Kept
}

// Place names an attempt: the call and the delivery.
type Place struct {
	Call         ledger.ID
	NodeNo, Part int
}

// String is what people's programs name an attempt by.
func (p Place) String() string { return fmt.Sprintf("%d.%d.%d", p.Call, p.NodeNo, p.Part) }

// ReadPlace reads what String wrote; what is none names nothing.
func ReadPlace(text string) Place {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return Place{}
	}
	var n [3]int64
	for i, part := range parts {
		var err error
		if n[i], err = strconv.ParseInt(part, 10, 64); err != nil || n[i] < 0 {
			return Place{}
		}
	}
	return Place{Call: ledger.ID(n[0]), NodeNo: int(n[1]), Part: int(n[2])}
}

// Kept says whether a content is there.
type Kept string

// What may have become of a content.
const (
	// None there never was, or nobody kept it; Purged was removed because of its age.
	None   Kept = "none"
	There  Kept = "kept"
	Purged Kept = "purged"
)

// The contents of an attempt.
const (
	Request  = "request"
	Response = "response"
	Answer   = "answer"
)

// Store reads the ledger.
type Store interface {
	// Attempts gives those of all deliveries of a document, by delivery and then as they
	// were made; ledger.ErrNotFound. An attempt without a record is among them.
	Attempts(ctx context.Context, workspace, document ledger.ID) ([]Attempt, error)
	// Content gives one content of an attempt of a document, nil where it is not there, and
	// the name of the connection; ledger.ErrNotFound.
	Content(ctx context.Context, workspace, document ledger.ID, at Place, content string) (text []byte, connection string, err error)
}

// Veils cover the secrets of connections.
type Veils interface {
	// Veil gives a text in which the connection's secrets are covered, and whether one was there.
	Veil(ctx context.Context, workspace ledger.ID, connection string, text []byte) ([]byte, bool, error)
}

// Service shows attempts. Its faults: "auth.…", "object.missing", "attempt.content_unknown",
// "attempt.content_purged".
type Service struct {
	store Store
	veils Veils
}

// New makes a Service.
func New(store Store, veils Veils) *Service { return &Service{store, veils} }

// Of gives the attempts of all deliveries of a document, by delivery and then as they were made.
func (s *Service) Of(ctx context.Context, document string) ([]Attempt, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	id, err := strconv.ParseInt(document, 10, 64)
	if err != nil {
		return nil, access.Missing()
	}
	list, err := s.store.Attempts(ctx, p.Workspace, ledger.ID(id))
	return list, missing(err)
}

// Text is a content as it is shown.
type Text struct {
	Body []byte
	// Covered says that a secret was covered: the bytes are not those that were sent.
	Covered bool
}

// Content gives a content of an attempt.
func (s *Service) Content(ctx context.Context, document, at, content string) (Text, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return Text{}, err
	}
	if content != Request && content != Response && content != Answer {
		return Text{}, fault.New("attempt.content_unknown", "an attempt has a request, a response and an answer, no %q", content).At("content").Classed(fault.Data).Arg("content", content)
	}
	id, err := strconv.ParseInt(document, 10, 64)
	place := ReadPlace(at)
	if err != nil || place.Call == 0 {
		return Text{}, access.Missing()
	}
	body, connection, err := s.store.Content(ctx, p.Workspace, ledger.ID(id), place, content)
	if err != nil {
		return Text{}, missing(err)
	}
	if body == nil {
		return Text{}, fault.New("attempt.content_purged", "this content is not there: it was never kept, or it was removed because it is old").Classed(fault.Data)
	}
	var t Text
	t.Body, t.Covered, err = s.veils.Veil(ctx, p.Workspace, connection, body)
	return t, err
}

func missing(err error) error {
	if errors.Is(err, ledger.ErrNotFound) {
		return access.Missing()
	}
	return err
}
